"""What a person gives: a prompt, answers to score, edits for a fork, a choice."""
