"""The app: what is served, and what stands before it."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from .agent.server import Agent
from .catalogue import Catalogue
from .chat.routes import Chat
from .guard.gate import Gate
from .guard.origin import LOCAL_ORIGIN, STUDIO, KnownHost, KnownOrigin
from .pages import page_routes
from .refusal import Refusal, explain_error
from .settings import LOOPBACK, Settings

EXPOSED = ("content-location", "location", "retry-after")


def app_beside(settings: Settings) -> Starlette:
    """Return what `langgraph dev` takes in as its `http.app`: `/v1`, the page, the guards.

    Its own routes are behind the guards too. Its CORS is set in langgraph.json, and it asks
    itself under the name `api`.
    """
    chat = Chat(settings, Catalogue(settings), Gate(settings.max_concurrent))
    return _app(settings, [*_front(), *chat.routes()], "api", explained=(Refusal,))


def app_alone(settings: Settings, catalogue: Catalogue, gate: Gate, agent: Agent) -> Starlette:
    """Return the whole server."""
    chat = Chat(settings, catalogue, gate)
    described = Route("/openapi.json", chat.openapi)
    cors = Middleware(
        CORSMiddleware,
        allow_origins=[STUDIO, *settings.origins],
        allow_origin_regex=LOCAL_ORIGIN,
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=EXPOSED,
    )
    routes = [*_front(), described, *chat.routes(), *agent.routes()]
    return _app(settings, routes, settings.host, cors)


def _app(
    settings: Settings,
    routes: list[BaseRoute],
    host: str,
    *inner: Middleware,
    explained: Sequence[type[Exception]] = (HTTPException, Exception),
) -> Starlette:
    settings.check()
    names = [*LOOPBACK, host, *settings.hosts]
    if settings.is_public and not settings.hosts:
        names = ["*"]  # known by any name; the key guards it
    return Starlette(
        routes=routes,
        middleware=[
            Middleware(KnownHost, names=names),
            Middleware(KnownOrigin, origins=[STUDIO, *settings.origins]),
            *inner,
        ],
        exception_handlers=dict.fromkeys(explained, explain_error),
    )


def _front() -> list[BaseRoute]:
    return [Route("/", to_page), Route("/app", to_page), *page_routes()]


async def to_page(_request: Request) -> Response:
    """Lead to the page; relative, so that the path and the scheme of a proxy in front stay."""
    return RedirectResponse("app/")
