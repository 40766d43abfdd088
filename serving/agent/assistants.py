"""Assistants: one for every graph, with the schemas that forms are drawn from."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Any
from uuid import UUID, uuid5

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..as_json import JSON
from ..catalogue import Catalogue, Served
from ..guard.body import read_json
from ..refusal import Refusal
from ..settings import Settings
from .records import now

NAMESPACE = UUID("6ba7b821-9dad-11d1-80b4-00c04fd430c8")  # Agent Server's: the ids are the same


def assistant_id(graph_id: str) -> str:
    """Return the id of a graph's assistant."""
    return str(uuid5(NAMESPACE, graph_id))


class Assistants:
    """The routes under `/assistants`.

    Args:
        settings: Limits.
        catalogue: The graphs.
    """

    def __init__(self, settings: Settings, catalogue: Catalogue) -> None:
        self.settings, self.catalogue, self.created = settings, catalogue, now()

    def routes(self) -> list[Route]:
        """Return the routes."""
        there = "/assistants/{assistant_id}"
        return [
            Route("/assistants/search", self.search, methods=["POST"]),
            Route("/assistants/count", self.count, methods=["POST"]),
            Route(there, self.get),
            Route(f"{there}/graph", self.graph),
            Route(f"{there}/schemas", self.schemas),
            Route(f"{there}/subgraphs", self.subgraphs),
            Route(f"{there}/subgraphs/{{namespace}}", self.subgraphs),
        ]

    def find(self, name: str) -> Served:
        """Return the graph that an assistant's id, or its own name, stands for.

        Raises:
            Refusal: none (404).
        """
        for served in self.catalogue.graphs.values():
            if name in {served.name, assistant_id(served.name)}:
                return served
        known = ", ".join(self.catalogue.graphs)
        raise Refusal(404, f"there is no assistant {name[:80]!r}; the graphs are {known}")

    async def search(self, request: Request) -> Response:
        """List the assistants, all or those of one graph."""
        asked = await read_json(request, self.settings) or {}
        wanted = asked.get("graph_id") if isinstance(asked, dict) else None
        graphs = self.catalogue.graphs.values()
        return JSON([self._about(s) for s in graphs if wanted in (None, s.name)])

    async def count(self, request: Request) -> Response:
        """Count them."""
        return JSON(len(self.catalogue.graphs))

    async def get(self, request: Request) -> Response:
        """Describe one."""
        return JSON(self._about(self._asked(request)))

    async def graph(self, request: Request) -> Response:
        """Return its drawing."""
        return JSON(self._asked(request).app.get_graph().to_json())

    async def schemas(self, request: Request) -> Response:
        """Return its schemas."""
        served = self._asked(request)
        return JSON({"graph_id": served.name, **schemas_of(served)})

    async def subgraphs(self, request: Request) -> Response:
        """Return that it has none."""
        self._asked(request)
        return JSON({})

    def _asked(self, request: Request) -> Served:
        return self.find(request.path_params["assistant_id"])

    def _about(self, served: Served) -> dict[str, Any]:
        return {
            "assistant_id": assistant_id(served.name),
            "graph_id": served.name,
            "name": served.name,
            "description": served.about,
            "config": {},
            "context": {},
            "metadata": {"created_by": "system"},
            "created_at": self.created,
            "updated_at": self.created,
            "version": 1,
        }


@cache
def schemas_of(served: Served) -> dict[str, Any]:
    """Return what a graph takes and gives, as JSON schemas; the page waits for them."""
    app = served.app
    state = None
    with suppress(Exception):  # a channel without a schema of its own
        state = app.get_output_jsonschema()
    return {
        "input_schema": app.get_input_jsonschema(),
        "output_schema": state,
        "state_schema": state,
        "config_schema": {"type": "object", "properties": {}},
        "context_schema": app.get_context_jsonschema(),
    }
