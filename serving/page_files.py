"""The page under `/app/`: no build, nothing from elsewhere.

Its modules are joined when they are asked for; `/app/?apart` loads them one by one, as they are.
"""

from __future__ import annotations

import hashlib
import logging
import mimetypes
from collections.abc import Sequence
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from ..core.look.folder import LOOK
from .page_joined import Joined, Stamp, join_page, stamp_of

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


FOR_EVER = {"cache-control": "public, max-age=31536000, immutable", "vary": "accept-encoding"}
APART = b"apart"  # the query that asks for the files one by one
log = logging.getLogger("tpo.serving")


class Page(StaticFiles):
    """Static files that can load nothing from elsewhere, joined where that can be done.

    Args:
        folders: Where they are; the first has `index.html`.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        super().__init__(directory=folders[0], html=True)
        self.all_directories += folders[1:]
        self._folders, self._stamp = folders, Stamp()
        self._joined: Joined | None = None

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file with the headers of a page that trusts no one."""
        response = await self._of_joined(path, scope) or await super().get_response(path, scope)
        response.headers.update({**HEADERS, **(FOR_EVER if _is_joined(path) else {})})
        return response

    async def _of_joined(self, path: str, scope: Scope) -> Response | None:
        """Return one of the joined files, or the page that names them, if it is asked for."""
        index = path in {".", "index.html"} and APART not in scope["query_string"].split(b"&")
        if scope["method"] not in {"GET", "HEAD"} or not (index or _is_joined(path)):
            return None
        whole = await run_in_threadpool(self.newest)
        if not whole or not (index or path in whole.files):
            return None
        asked = Headers(scope=scope)
        if index:
            tag = f'"{hashlib.sha256(whole.index).hexdigest()[:16]}"'
            known = asked.get("if-none-match") == tag
            content = b"" if known else whole.index
            return Response(content, 304 if known else 200, {"etag": tag}, "text/html")
        kind = mimetypes.guess_type(path)[0]
        if "gzip" in asked.get("accept-encoding", ""):
            return Response(whole.packed[path], 200, {"content-encoding": "gzip"}, kind)
        return Response(whole.files[path], 200, None, kind)

    def newest(self) -> Joined | None:
        """Return the joined page; joined again if a file has changed since."""
        stamp = stamp_of(self._folders)
        if stamp != self._stamp:
            try:
                self._joined = join_page(self._folders)
            except (OSError, ValueError) as error:  # then they are loaded one by one
                log.warning("the page is served file by file: %s", error)
                self._joined = None
            self._stamp = stamp
        return self._joined


def _is_joined(path: str) -> bool:
    return path.startswith("joined-")


def page_routes() -> list[BaseRoute]:
    """Return the routes of the page."""
    page = Page([FOLDER, LOOK])  # the second: what reports look like too
    return [
        Route("/", redirect_to_page),
        Route("/app", redirect_to_page),
        Mount("/app", page, name="page"),
    ]


async def redirect_to_page(_request: Request) -> Response:
    """Redirect to the page; the URL is relative, so it also works behind a proxy."""
    return RedirectResponse("app/")
