"""The `http.app` and `auth` that langgraph.json names, for Studio: its graphs take any spec."""

from __future__ import annotations

from .engine.named import app, auth

__all__ = ["app", "auth"]
