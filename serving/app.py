"""The app: what is served, and the checks in front of it."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
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
        allow_private_network=True,  # browsers ask before a page from outside may reach this machine
    )
    openapi = Route("/openapi.json", chat.openapi)
    routes = [*page_routes(), openapi, *chat.routes(), *agent.routes()]
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
    names = [*LOOPBACK, host, *settings.hosts]
    if settings.is_public and not settings.hosts:
        names = ["*"]  # its names are not known; the key protects it

    async def handler(request: Request, error: Exception) -> Response:
        return await handle_error(request, error, lambda text: for_clients(text, settings))

    return Starlette(
        routes=routes,
        middleware=[
            Middleware(SafeHeaders),
            Middleware(KnownHost, names=names),
            Middleware(KnownOrigin, origins=origins),
            *inner,
        ],
        exception_handlers=dict.fromkeys(handled, handler),
    )
