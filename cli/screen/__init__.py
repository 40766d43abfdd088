"""What is shown while a run works: a view of its events, on a live screen or as lines."""
