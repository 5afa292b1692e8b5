"""Tests of the checks of who may call."""
