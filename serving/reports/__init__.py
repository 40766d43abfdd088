"""Reports of batches and comparisons in a folder: listed, and opened where they can do no harm."""
