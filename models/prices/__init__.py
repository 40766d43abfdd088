"""What requests cost in dollars: the prices given, those of a file, those of a public table."""
