"""What a model replied, read: its text, its reasoning, why it ended."""
