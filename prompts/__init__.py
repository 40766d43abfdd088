"""All text for models: one step of the paper per file, and the sets they form."""
