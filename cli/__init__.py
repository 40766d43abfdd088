"""The `tpo` command: its grammar, one file per command, and what they share, in rooms."""
