"""The routes under `/assistants`: one assistant per graph, with the schemas for forms."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from uuid import UUID, uuid5

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.json_types import JsonObject
from ..error_responses import Refusal
from ..guard.read_body import read_json
from ..json_response import JsonResponse
from ..served_models import ServedModel, ServedModels
from ..server_settings import Settings
from .records import now

NAMESPACE = UUID("6ba7b821-9dad-11d1-80b4-00c04fd430c8")  # the Agent Server's, for the same ids


def assistant_id(graph_id: str) -> str:
    """Return the id of a graph's assistant."""
    return str(uuid5(NAMESPACE, graph_id))


class AssistantRoutes:
    """The routes under `/assistants`.

    Args:
        settings: Limits.
        served_models: The graphs.
    """

    def __init__(self, settings: Settings, served_models: ServedModels) -> None:
        self.settings, self.served_models, self.created = settings, served_models, now()

    def routes(self) -> list[Route]:
        """Return the routes."""
        one = "/assistants/{assistant_id}"
        return [
            Route("/assistants/search", self.search, methods=["POST"]),
            Route("/assistants/count", self.count, methods=["POST"]),
            Route(one, self.get),
            Route(f"{one}/graph", self.graph),
            Route(f"{one}/schemas", self.schemas),
            Route(f"{one}/subgraphs", self.subgraphs),
            Route(f"{one}/subgraphs/{{namespace}}", self.subgraphs),
        ]

    def find(self, name: str) -> ServedModel:
        """Return the graph with this name, or whose assistant has this id.

        Raises:
            Refusal: there is none (404).
        """
        for served in self.served_models.graphs.values():
            if name in {served.name, assistant_id(served.name)}:
                return served
        known = ", ".join(self.served_models.graphs)
        raise Refusal(404, f"there is no assistant {name[:80]!r}; the graphs are {known}")

    async def search(self, request: Request) -> Response:
        """List the assistants, all or those of one graph."""
        asked = await read_json(request, self.settings) or {}
        wanted = asked.get("graph_id") if isinstance(asked, dict) else None
        graphs = self.served_models.graphs.values()
        return JsonResponse([self._describe(s) for s in graphs if wanted in (None, s.name)])

    async def count(self, request: Request) -> Response:
        """Count the assistants."""
        return JsonResponse(len(self.served_models.graphs))

    async def get(self, request: Request) -> Response:
        """Describe an assistant."""
        return JsonResponse(self._describe(self._find(request)))

    async def graph(self, request: Request) -> Response:
        """Return the drawing of its graph."""
        return JsonResponse(self._find(request).app.get_graph().to_json())

    async def schemas(self, request: Request) -> Response:
        """Return the schemas of its graph."""
        served = self._find(request)
        return JsonResponse({"graph_id": served.name, **schemas_of(served)})

    async def subgraphs(self, request: Request) -> Response:
        """Answer that it has no subgraphs."""
        self._find(request)
        return JsonResponse({})

    def _find(self, request: Request) -> ServedModel:
        return self.find(request.path_params["assistant_id"])

    def _describe(self, served: ServedModel) -> JsonObject:
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
def schemas_of(served: ServedModel) -> JsonObject:
    """Return the JSON schemas of a graph; cached, as the page waits for them."""
    app = served.app
    state = None
    with suppress(Exception):  # a channel may have no schema
        state = app.get_output_jsonschema()
    return {
        "input_schema": app.get_input_jsonschema(),
        "output_schema": state,
        "state_schema": state,
        "config_schema": {"type": "object", "properties": {}},
        "context_schema": app.get_context_jsonschema(),
    }
