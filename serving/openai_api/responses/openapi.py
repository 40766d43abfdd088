"""The OpenAPI description of `/v1/responses`."""

from __future__ import annotations

from collections.abc import Callable

from ....core.json_types import JsonObject
from .request import ResponseRequest
from .routes import PATH

REF = "#/components/schemas/"
TEXT: JsonObject = {"type": "string"}
STATUSES = ["in_progress", "completed", "incomplete", "failed", "cancelled"]
RESPONSE: JsonObject = {
    "type": "object",
    "required": ["id", "object", "created_at", "status", "model", "output"],
    "properties": {
        "id": TEXT,
        "object": {"const": "response"},
        "created_at": {"type": "integer"},
        "status": {"type": "string", "enum": STATUSES},
        "model": TEXT,
        "output": {"type": "array", "items": {"type": "object"}},
        "usage": {"type": ["object", "null"]},
        "error": {"type": ["object", "null"]},
        "tpo": {"type": "object"},
    },
}
DELETED: JsonObject = {
    "type": "object",
    "required": ["id", "object", "deleted"],
    "properties": {"id": TEXT, "object": {"const": "response"}, "deleted": {"const": True}},
}
LINKS: JsonObject = {
    name: {"operationId": name, "parameters": {"response_id": "$response.body#/id"}}
    for name in ("getResponse", "deleteResponse")
}
NAMED = [{"name": "response_id", "in": "path", "required": True, "schema": TEXT}]


def response_schemas(names: list[str]) -> tuple[JsonObject, JsonObject]:
    """Return the schemas of requests and responses, and those that they refer to.

    Args:
        names: Of the models.
    """
    request = ResponseRequest.model_json_schema(ref_template=REF + "{model}")
    parts = request.pop("$defs", {})
    request["properties"]["model"]["enum"] = names
    tpo = request["properties"]["tpo"]
    tpo["anyOf"] = [{"$ref": REF + "Context"}, {"type": "null"}]
    return {"ResponseRequest": request, "Response": RESPONSE, "DeletedResponse": DELETED}, parts


def response_paths(
    operation: Callable[[str, str, JsonObject], JsonObject],
    answer: Callable[[str, JsonObject], JsonObject],
) -> JsonObject:
    """Return the paths.

    Args:
        operation: Makes an operation of a name, a summary and what it returns.
        answer: Makes what it returns, of words and a schema.
    """
    whole = answer("The response; with stream, its events.", {"$ref": REF + "Response"})
    whole["content"]["text/event-stream"] = {}
    whole["links"] = LINKS
    found = answer("The response as it is now.", {"$ref": REF + "Response"})
    gone = answer("The response is deleted.", {"$ref": REF + "DeletedResponse"})
    body = {"application/json": {"schema": {"$ref": REF + "ResponseRequest"}}}
    create = operation("respond", "Answer as a turn of a saved thread.", whole)
    read = operation("getResponse", "Read a response.", found)
    delete = operation("deleteResponse", "Delete a response.", gone)
    return {
        PATH: {"post": {**create, "requestBody": {"required": True, "content": body}}},
        f"{PATH}/{{response_id}}": {
            "get": {**read, "parameters": NAMED},
            "delete": {**delete, "parameters": NAMED},
        },
    }
