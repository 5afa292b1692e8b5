"""What a gateway in front promises, where there is one."""
