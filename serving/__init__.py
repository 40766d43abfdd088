"""HTTP: the OpenAI-compatible routes and the web page."""
