"""Tests of the rules of a job's life, and of the machine that tries them."""
