"""Whether what is computed agrees with itself, and with the rule where it is known."""
