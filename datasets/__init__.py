"""Many prompts: rows in and out, running them, comparing ways to run them, exporting pairs."""
