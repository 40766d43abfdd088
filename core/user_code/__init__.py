"""Code that users bring: what it raises, blocks or hangs is kept to its own call."""
