"""The judges of single replies: what each finds, and what it lets pass."""
