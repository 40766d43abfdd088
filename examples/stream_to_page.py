"""A web page that shows a run as it happens: the whole server, in one file.

    pip install starlette uvicorn
    python examples/stream_to_page.py                              # offline, a canned model
    python examples/stream_to_page.py --policy openai:gpt-5-mini   # for real

Then open http://127.0.0.1:8080. The page is stream_to_page.html beside this file.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import uvicorn
from offline import QUESTION, options
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, StreamingResponse
from starlette.routing import Route

import tpo

PAGE = Path(__file__).with_suffix(".html")


def web_app(graph: Any, settings: dict[str, Any]) -> Starlette:
    """Return the app: the page, and a run as server-sent events."""

    async def events(question: str) -> AsyncIterator[str]:
        # The run is a task of its own, so that it ends at once when the page is closed;
        # the queue is bounded, so that a slow page slows the run and not the memory.
        queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(100)

        async def run() -> None:
            try:
                given = {"messages": [("user", question)]}
                async for event in graph.astream(given, context=settings, stream_mode="custom"):
                    await queue.put(event)
            except Exception as error:  # noqa: BLE001  whatever it is, the page is told
                told = str(error) if isinstance(error, tpo.TPOError) else "The run failed."
                await queue.put({"type": "failed", "message": told})
            await queue.put(None)

        task = asyncio.create_task(run())
        try:
            while (event := await queue.get()) is not None:
                yield f"data: {json.dumps(event)}\n\n"
        finally:
            task.cancel()

    async def answer(request: Request) -> StreamingResponse:
        asked = request.query_params.get("question") or QUESTION
        return StreamingResponse(events(asked), media_type="text/event-stream")

    async def page(_: Request) -> FileResponse:
        return FileResponse(PAGE)

    return Starlette(routes=[Route("/", page), Route("/events", answer)])


def main() -> None:
    """Serve on this machine only."""
    chosen = options(__doc__, ("--port", {"type": int, "default": 8080}))
    graph = tpo.build_tpo(chosen.policy, chosen.reward).compile()
    uvicorn.run(web_app(graph, chosen.settings), host="127.0.0.1", port=chosen.port)


if __name__ == "__main__":
    main()
