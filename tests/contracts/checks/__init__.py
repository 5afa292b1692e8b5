"""Tests of the checks: each is held against what keeps its promise, and what breaks it."""
