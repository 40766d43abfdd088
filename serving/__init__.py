"""HTTP: the OpenAI-compatible routes, the page, and the part of the Agent Server API it needs."""
