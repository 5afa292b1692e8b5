"""What HTTP itself asks for: sizes, pauses, many calls at a time."""
