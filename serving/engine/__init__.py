"""For an engine with `/threads` and `/runs` of its own: our keys as its login, `/v1`, the page."""
