"""The app: what is served, and the checks in front of it."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Route

from .agent_server.server import AgentServer
from .error_responses import Refusal, handle_error
from .guard.access_settings import LOOPBACK
from .guard.accounts import Accounts
from .guard.api_keys import make_keyring
from .guard.hosts_and_origins import LOCAL_ORIGIN, STUDIO, KnownHost, KnownOrigin
from .guard.run_limit import RunLimit
from .openai_api.routes import ChatRoutes
from .page_files import page_routes
from .served_models import ServedModels
from .server_settings import Settings

EXPOSED_HEADERS = ("content-location", "location", "retry-after")


def app_for_langgraph_dev(settings: Settings) -> Starlette:
    """Return the `http.app` of `langgraph dev`: `/v1`, the page, and the checks in front of them.

    The checks stand in front of the routes of `langgraph dev` too. Its CORS is set in
    langgraph.json, and it sends requests to itself under the host name `api`.
    """
    keyring, most = make_keyring(settings), settings.max_concurrent
    limit = RunLimit(most, Accounts(keyring.person, most))
    chat = ChatRoutes(settings, keyring, ServedModels(settings), limit)
    return _app(settings, [*page_routes(), *chat.routes()], "api", handled=(Refusal,))


def app_of_tpo_serve(
    settings: Settings, served_models: ServedModels, run_limit: RunLimit, agent: AgentServer
) -> Starlette:
    """Return the whole server."""
    chat = ChatRoutes(settings, agent.keyring, served_models, run_limit)
    cors = Middleware(
        CORSMiddleware,
        allow_origins=[STUDIO, *settings.origins],
        allow_origin_regex=LOCAL_ORIGIN,
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=EXPOSED_HEADERS,
    )
    openapi = Route("/openapi.json", chat.openapi)
    routes = [*page_routes(), openapi, *chat.routes(), *agent.routes()]
    return _app(settings, routes, settings.host, cors)


def _app(
    settings: Settings,
    routes: list[BaseRoute],
    host: str,
    *inner: Middleware,
    handled: Sequence[type[Exception]] = (HTTPException, Exception),
) -> Starlette:
    settings.check()
    names = [*LOOPBACK, host, *settings.hosts]
    if settings.is_public and not settings.hosts:
        names = ["*"]  # its names are not known; the key protects it
    return Starlette(
        routes=routes,
        middleware=[
            Middleware(KnownHost, names=names),
            Middleware(KnownOrigin, origins=[STUDIO, *settings.origins]),
            *inner,
        ],
        exception_handlers=dict.fromkeys(handled, handle_error),
    )
