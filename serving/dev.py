"""The `http.app` that langgraph.json names; its settings come from `TPO_SERVE_...` variables."""

from __future__ import annotations

from .app import app_for_langgraph_dev
from .environment import make_settings

app = app_for_langgraph_dev(make_settings({}))
