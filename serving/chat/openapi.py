"""The description of `/v1`, for people and for programs that make clients or test servers."""

from __future__ import annotations

from typing import Any

from ..catalogue import Catalogue
from ..settings import Settings
from .request import ChatRequest

REF = "#/components/schemas/"
ERRORS = {
    "400": "The request is wrong: the message says what.",
    "401": "The API key is missing or wrong.",
    "403": "A web page of an unknown origin.",
    "404": "There is no such model.",
    "408": "The body did not come in time.",
    "413": "The body is too large.",
    "429": "As many runs as this server takes are at work; Retry-After says when to come back.",
    "502": "The policy or the reward failed.",
    "503": "The server stops, or lacks a package.",
    "504": "The run took too long.",
}


def description(settings: Settings, catalogue: Catalogue) -> dict[str, Any]:
    """Return the OpenAPI description."""
    request = ChatRequest.model_json_schema(ref_template=REF + "{model}")
    context = catalogue["tpo"].schema.model_json_schema(ref_template=REF + "{model}")
    parts = {**request.pop("$defs", {}), **context.pop("$defs", {})}
    request["properties"]["tpo"] = {"$ref": REF + "Context"}
    request["properties"]["model"]["enum"] = catalogue.names
    schemas = {
        **parts,
        "ChatRequest": request,
        "Context": context,
        "Error": _ERROR,
        "Model": _MODEL,
    }
    schemas |= {"ChatCompletion": _COMPLETION}
    keyed: dict[str, Any] = {"security": [{"key": []}]} if settings.keys else {}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "tpo",
            "version": "1",
            "description": "Test-time Preference Optimization as a chat model.",
        },
        "paths": _paths(),
        "components": {
            "schemas": schemas,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        **keyed,
    }


def _paths() -> dict[str, Any]:
    name = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
    models = {
        "type": "object",
        "required": ["object", "data"],
        "properties": {
            "object": {"const": "list"},
            "data": {"type": "array", "items": {"$ref": REF + "Model"}},
        },
    }
    done = _said("The answer; with stream, server-sent events.", {"$ref": REF + "ChatCompletion"})
    done["content"]["text/event-stream"] = {}
    body = {"application/json": {"schema": {"$ref": REF + "ChatRequest"}}}
    return {
        "/v1/models": {
            "get": _operation("listModels", "List the models.", _said("The models.", models))
        },
        "/v1/models/{name}": {
            "get": {
                **_operation(
                    "getModel", "Describe a model.", _said("The model.", {"$ref": REF + "Model"})
                ),
                "parameters": [name],
            }
        },
        "/v1/chat/completions": {
            "post": {
                **_operation("complete", "Answer a conversation.", done),
                "requestBody": {"required": True, "content": body},
            }
        },
    }


def _operation(name: str, summary: str, done: dict[str, Any]) -> dict[str, Any]:
    failed = {status: _said(why, {"$ref": REF + "Error"}) for status, why in ERRORS.items()}
    return {"operationId": name, "summary": summary, "responses": {"200": done, **failed}}


def _said(what: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": what, "content": {"application/json": {"schema": schema}}}


_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}
_MODEL = {
    "type": "object",
    "required": ["id", "object", "created", "owned_by"],
    "properties": {
        "id": {"type": "string"},
        "object": {"const": "model"},
        "created": {"type": "integer"},
        "owned_by": {"type": "string"},
    },
}
_COMPLETION = {
    "type": "object",
    "required": ["id", "object", "created", "model", "choices", "usage"],
    "properties": {
        "id": {"type": "string"},
        "object": {"const": "chat.completion"},
        "created": {"type": "integer"},
        "model": {"type": "string"},
        "choices": {"type": "array", "minItems": 1, "maxItems": 1, "items": {"type": "object"}},
        "usage": {"type": "object"},
        "tpo": {"type": "object"},
    },
}
