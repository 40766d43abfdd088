"""The report of a comparison: one HTML file, and the same as Markdown."""
