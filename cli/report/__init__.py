"""What is printed of a run: its result, tables and spark lines."""
