"""Rows in and out: files of prompts, and the formats that results are written in."""
