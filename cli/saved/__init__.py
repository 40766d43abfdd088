"""Saved runs: their file, one run, its status, its branches, its lock."""
