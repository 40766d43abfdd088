"""What everything shown in a browser shares: colours, type and plain elements; the word diff."""
