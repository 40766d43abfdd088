"""A reverse proxy on 127.0.0.1 that serves another server under a path, unbuffered."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Mount, Route

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
START_WITHIN = 20.0
HOPS = {"connection", "keep-alive", "transfer-encoding", "content-encoding", "content-length"}


class PrefixProxy:
    """To be used as a context manager: `url` is the target's, under the prefix.

    Args:
        target: The server's address.
        prefix: The path it is to be found at; taken off again before it is asked.
    """

    def __init__(self, target: str, prefix: str) -> None:
        self.target, self.prefix = target, prefix
        routes = [Mount(prefix, routes=[Route("/{path:path}", self._pass_on, methods=METHODS)])]
        app = Starlette(routes=routes, lifespan=self._connected)
        config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", ws="none")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        end = time.monotonic() + START_WITHIN
        while not self._server.started and time.monotonic() < end:
            time.sleep(0.01)
        assert self._server.started, "the proxy did not start"
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}{self.prefix}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(START_WITHIN)

    @asynccontextmanager
    async def _connected(self, app: Starlette) -> AsyncIterator[None]:
        async with httpx.AsyncClient(base_url=self.target, timeout=None) as self._client:
            yield

    async def _pass_on(self, request: Request) -> StreamingResponse:
        url = httpx.URL(path="/" + request.path_params["path"], query=request.url.query.encode())
        headers: Any = [(k, v) for k, v in request.headers.raw if k.decode() not in HOPS]
        asked = self._client.build_request(
            request.method, url, headers=headers, content=await request.body()
        )
        reply = await self._client.send(asked, stream=True)
        kept = {k: v for k, v in reply.headers.items() if k not in HOPS}
        return StreamingResponse(
            reply.aiter_bytes(), reply.status_code, kept, background=BackgroundTask(reply.aclose)
        )
