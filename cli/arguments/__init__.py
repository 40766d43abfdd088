"""What can be typed: the commands with their help, arguments and options."""
