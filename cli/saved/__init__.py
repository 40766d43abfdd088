"""Saved runs: their file, one of them, its branches, whose it is."""
