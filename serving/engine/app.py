"""What an engine serves beside its own routes: `/v1`, the page, and the checks in front of all."""

from __future__ import annotations

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.middleware import Middleware

from ...core.errors import ConfigError
from ..app import guarded_app, metrics_under_v1
from ..error_responses import Refusal
from ..guard.api_keys import Keyring
from ..guard.hosts_and_origins import STUDIO
from ..guard.run_limit import RunLimit
from ..openai_api.routes import ChatRoutes
from ..operations.watch_requests import WatchRequests
from ..page_files import page_routes
from ..reports.routes import ReportRoutes
from ..served_models import ServedModels
from ..server_settings import Settings

ITSELF = "api"  # the host name under which `langgraph dev` sends requests to itself


def engine_app(
    settings: Settings,
    keyring: Keyring,
    served_models: ServedModels,
    run_limit: RunLimit,
    kind: Callable[..., Starlette] = Starlette,
) -> Starlette:
    """Return the `http.app` of an engine: LangGraph's Agent Server, or aegra.

    The checks stand in front of the engine's own routes too. CORS is the engine's: its
    configuration file sets it.

    Args:
        settings: Of the server; `host` says whether others can reach it, the engine listens.
        keyring: Who may come in.
        served_models: The models of `/v1`.
        run_limit: Of the runs under `/v1`, in this process.
        kind: Makes the app; aegra takes `FastAPI` alone.

    Raises:
        ConfigError: strangers could come in; or the settings name a proxy's login, and an engine
            does not tell its login whose connection a header came over.
    """
    if settings.trusted_header:
        raise ConfigError(
            "a proxy's login (TPO_SERVE_TRUSTED_HEADER) works with tpo serve only: an engine does "
            "not say who sent a header, so anyone could; give people keys (tpo serve keys add NAME)"
        )
    chat = ChatRoutes(settings, keyring, served_models, run_limit)
    metrics = metrics_under_v1(settings, keyring, run_limit)
    # Further routes of ours belong in this list: they come before the engine's of the same path.
    reports = ReportRoutes(settings, keyring).routes()
    routes = [*page_routes(), *metrics, *reports, *chat.routes()]
    origins = [STUDIO, *settings.origins]
    watch = Middleware(WatchRequests, operations=run_limit.operations, under="/v1")
    return guarded_app(settings, routes, ITSELF, origins, watch, handled=(Refusal,), kind=kind)
