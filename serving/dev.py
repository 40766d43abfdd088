"""What langgraph.json names as `http.app`; set up by `TPO_SERVE_...` in the environment."""

from __future__ import annotations

from .app import app_beside
from .environment import make_settings

app = app_beside(make_settings({}))
