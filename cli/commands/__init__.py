"""What each command does, one per file."""
