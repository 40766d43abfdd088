"""Comparing arms on the same rows: pairing, equal cost, statistics, and what they say in words."""
