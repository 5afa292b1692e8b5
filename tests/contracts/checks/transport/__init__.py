"""Tests of the checks of what HTTP itself asks for."""
