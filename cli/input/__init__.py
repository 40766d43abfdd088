"""What a person gives: a prompt, answers to score, edits, a choice."""
