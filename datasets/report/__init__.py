"""The report of a comparison: one HTML file, Markdown and JSON."""
