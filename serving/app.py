"""The app: what is served, and the checks in front of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Route

from .agent_server.server import AgentServer
from .error_responses import Refusal, handle_error
from .guard.access_settings import LOOPBACK
from .guard.api_keys import make_keyring
from .guard.hosts_and_origins import LOCAL_ORIGIN, STUDIO, KnownHost, KnownOrigin
from .guard.run_limit import RunLimit, make_run_limit
from .guard.safe_headers import SafeHeaders
from .hidden_parts import for_clients
from .openai_api.routes import ChatRoutes
from .page_files import page_routes
from .reports.routes import ReportRoutes
from .served_models import ServedModels
from .server_settings import Settings

EXPOSED_HEADERS = ("content-location", "location", "retry-after")


def app_for_langgraph_dev(settings: Settings) -> Starlette:
    """Return the `http.app` of `langgraph dev`: `/v1`, the page, and the checks in front of them.

    The checks stand in front of the routes of `langgraph dev` too. Its CORS is set in
    langgraph.json, and it sends requests to itself under the host name `api`.
    """
    keyring = make_keyring(settings)
    limit = make_run_limit(settings, keyring)
    chat = ChatRoutes(settings, keyring, ServedModels(settings), limit)
    origins = [STUDIO, *settings.origins]
    return _app(settings, [*page_routes(), *chat.routes()], "api", origins, handled=(Refusal,))


def app_of_tpo_serve(
    settings: Settings, served_models: ServedModels, run_limit: RunLimit, agent: AgentServer
) -> Starlette:
    """Return the whole server."""
    chat = ChatRoutes(settings, agent.keyring, served_models, run_limit)
    origins = [STUDIO, *settings.origins] if settings.studio else [*settings.origins]
    cors = Middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_origin_regex=LOCAL_ORIGIN,
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=EXPOSED_HEADERS,
        allow_private_network=True,  # browsers ask before a page may reach this machine
    )
    openapi = Route("/openapi.json", chat.openapi)
    reports = ReportRoutes(settings, agent.keyring)
    routes = [*page_routes(), openapi, *chat.routes(), *reports.routes(), *agent.routes()]
    return _app(settings, routes, settings.host, origins, cors)


def _app(
    settings: Settings,
    routes: list[BaseRoute],
    host: str,
    origins: list[str],
    *inner: Middleware,
    handled: Sequence[type[Exception]] = (HTTPException, Exception),
) -> Starlette:
    settings.check()
    handler = partial(handle_error, shown=partial(for_clients, settings=settings))
    return Starlette(
        routes=routes,
        middleware=[*checks(settings, host, origins), *inner],
        exception_handlers=dict.fromkeys(handled, handler),
    )


def checks(settings: Settings, host: str, origins: list[str]) -> list[Middleware]:
    """Return the checks in front of every route."""
    # The names of a public server may not be known; its keys protect it.
    any_name = settings.is_public and not settings.hosts
    return [
        Middleware(SafeHeaders),
        Middleware(KnownHost, names=["*"] if any_name else [*LOOPBACK, host, *settings.hosts]),
        Middleware(KnownOrigin, origins=origins),
    ]
