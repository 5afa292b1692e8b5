"""Servers that keep the contract, each in a way of its own: none may raise an alarm."""
