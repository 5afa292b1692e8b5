"""A replacement for a retired web service, with one mistake in it. See README.md."""
