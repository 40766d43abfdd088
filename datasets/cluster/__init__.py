"""Rows on a Ray cluster: parts of a batch, each of them a batch folder that any node goes on with."""
