"""The agent's door: a middleware that improves the final answer."""
