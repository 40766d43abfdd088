"""`tpo serve`: one server for chat clients, the page and `langgraph_sdk`."""

from __future__ import annotations

import asyncio
from typing import Any

from ...core.errors import MissingDependencyError
from ..console import say


def serve(given: dict[str, Any]) -> int:
    """Serve until Ctrl-C; return the exit code.

    Raises:
        MissingDependencyError: the extra `serve` is not installed.
        ConfigError: a setting is wrong, or unsafe.
    """
    try:
        from ...serving.environment import (  # needs the extra
            make_settings,
            named_models,
        )
        from ...serving.uvicorn_server import serve as work
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in {"aiosqlite", "h11", "prometheus_client", "starlette", "uvicorn"}:
            raise
        message = f"tpo serve needs {package}: pip install 'tpo[serve]'"
        raise MissingDependencyError(message) from None
    typed = {name: value for name, value in given.items() if value not in (None, [])}
    if "models" in typed:
        typed["models"] = named_models(typed["models"])
    settings = make_settings(typed)
    asyncio.run(work(settings, say))
    return 0
