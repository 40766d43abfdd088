"""Rows on a Ray cluster: parts of a batch, batch folders that any node goes on with."""
