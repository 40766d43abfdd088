"""The page under `/app/`: files as they are, no build, nothing from elsewhere."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from ..core.look.folder import LOOK

FOLDER = Path(__file__).parent / "page"
# Some systems register text/plain for it, and browsers then refuse the module.
mimetypes.add_type("text/javascript", ".js")
HEADERS = {
    "content-security-policy": "default-src 'self'; img-src 'self' data:; "
    "style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}


class Page(StaticFiles):
    """Static files that can load nothing from elsewhere."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file with the headers of a page that trusts no one."""
        response = await super().get_response(path, scope)
        response.headers.update(HEADERS)
        return response


def page_routes() -> list[BaseRoute]:
    """Return the routes of the page."""
    page = Page(directory=FOLDER, html=True)
    page.all_directories.append(LOOK)  # what reports look like too
    return [
        Route("/", redirect_to_page),
        Route("/app", redirect_to_page),
        Mount("/app", page, name="page"),
    ]


async def redirect_to_page(_request: Request) -> Response:
    """Redirect to the page; the URL is relative, so it also works behind a proxy."""
    return RedirectResponse("app/")
