"""The types of JSON: what servers send, what is saved, what traces hold."""

from __future__ import annotations

from typing import Any

JsonObject = dict[str, Any]
"""An object of JSON, whatever is in it."""
