"""The part of the Agent Server API that the page and `langgraph_sdk` need, on SQLite."""
