"""What holds for every single reply, whoever asked for it."""
