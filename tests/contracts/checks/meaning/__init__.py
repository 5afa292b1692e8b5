"""Tests of the checks of what is computed; tests/contracts/broken_servers breaks each promise."""
