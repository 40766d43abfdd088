"""What went wrong with a request, in the words of every provider."""
