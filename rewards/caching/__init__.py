"""Scores kept across runs."""
