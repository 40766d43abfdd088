"""The `tpo` command: what can be typed, one file per command, and what they share, in rooms."""
