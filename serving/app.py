"""The app: what is served, and the checks in front of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Route

from .agent_server.server import AgentServer
from .error_responses import handle_error
from .guard.access_settings import LOOPBACK
from .guard.api_keys import Keyring
from .guard.forwarded_scheme import ForwardedScheme
from .guard.hosts_and_origins import LOCAL_ORIGIN, STUDIO, KnownHost, KnownOrigin
from .guard.proxies import Proxies
from .guard.run_limit import RunLimit
from .guard.safe_headers import SafeHeaders
from .hidden_parts import for_clients
from .openai_api.responses.new_response import ResponseStarter
from .openai_api.responses.routes import ResponseRoutes
from .openai_api.responses.stored import StoredResponses
from .openai_api.routes import ChatRoutes
from .operations.metrics_route import MetricsRoute
from .operations.routes import operation_routes
from .operations.watch_requests import WatchRequests
from .page_files import page_routes
from .reports.routes import ReportRoutes
from .served_models import ServedModels
from .server_settings import Settings

EXPOSED_HEADERS = ("content-location", "location", "retry-after", "x-request-id")


def app_of_tpo_serve(
    settings: Settings, served_models: ServedModels, run_limit: RunLimit, agent: AgentServer
) -> Starlette:
    """Return the whole server."""
    starter = ResponseStarter(StoredResponses(agent), served_models, run_limit)
    responses = ResponseRoutes(starter)
    chat = ChatRoutes(settings, agent.keyring, served_models, run_limit, responses)
    origins = [STUDIO, *settings.origins] if settings.studio else [*settings.origins]
    cors = cors_for(origins)
    openapi = Route("/openapi.json", chat.openapi)
    ours = [*operation_routes(settings, agent), *ReportRoutes(settings, agent.keyring).routes()]
    metrics = metrics_under_v1(settings, agent.keyring, run_limit)
    routes = [*page_routes(), openapi, *ours, *metrics, *chat.routes(), *agent.routes()]
    watch = Middleware(WatchRequests, operations=run_limit.operations)
    scheme = Middleware(ForwardedScheme, proxies=Proxies(settings.trusted_proxies))
    return guarded_app(settings, routes, settings.host, origins, watch, cors, scheme)


def cors_for(origins: list[str]) -> Middleware:
    """Return what answers browsers that ask whether a page of another origin may come."""
    return Middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_origin_regex=LOCAL_ORIGIN,
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=EXPOSED_HEADERS,
        allow_private_network=True,  # browsers ask before a page may reach this machine
    )


def metrics_under_v1(settings: Settings, keyring: Keyring, run_limit: RunLimit) -> list[Route]:
    """Return the route of the metrics where an engine has all paths but those under /v1."""
    return MetricsRoute(settings, keyring, run_limit.operations.metrics).routes("/v1/metrics")


def guarded_app(
    settings: Settings,
    routes: list[BaseRoute],
    host: str,
    origins: list[str],
    watch: Middleware,
    *inner: Middleware,
    handled: Sequence[type[Exception]] = (HTTPException, Exception),
    kind: Callable[..., Starlette] = Starlette,
) -> Starlette:
    """Return an app of these routes, with the checks in front of them.

    Raises:
        ConfigError: strangers could come in.
    """
    settings.check()
    handler = partial(handle_error, shown=partial(for_clients, settings=settings))
    return kind(
        routes=routes,
        middleware=[watch, *checks(settings, host, origins), *inner],
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
