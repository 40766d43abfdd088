"""Replies on their way: in a file from the moment they are read, so that a kill leaves them."""
