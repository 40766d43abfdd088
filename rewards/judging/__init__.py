"""What the judges share: asking for a verdict, reading it, rating by wins."""
