"""The agent's door: a middleware that drafts, decides (`conditions`, `allowance`), and searches."""
