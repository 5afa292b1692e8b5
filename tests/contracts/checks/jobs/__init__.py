"""Tests of the checks of jobs; tests/contracts/broken_servers breaks each promise."""
