"""What is printed of a run: its answer, tables, course and checkpoints."""
