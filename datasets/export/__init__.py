"""What trainers read: preference pairs and texts from saved runs and batches."""
