"""Checks by program."""
