"""The steps of the paper, one per file; `parts`, `draw` and `critique` are what they share."""
