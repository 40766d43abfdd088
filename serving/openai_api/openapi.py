"""The OpenAPI description of `/v1`, for people, and for programs that generate clients."""

from __future__ import annotations

from ...core.json_types import JsonObject
from ..hidden_parts import without_specs
from ..served_models import ServedModels
from ..server_settings import Settings
from .request import ChatRequest
from .responses.openapi import response_paths, response_schemas

REF = "#/components/schemas/"
ERRORS = {
    "400": "The request is wrong: the message says what.",
    "401": "The API key is missing or wrong.",
    "403": "A web page of an unknown origin.",
    "404": "There is no such model, or no such response.",
    "409": "The thread of a response cannot be read.",
    "408": "The body did not come in time.",
    "413": "The body is too large.",
    "429": "As many runs as this server takes are at work, or the policy's own server takes no "
    "more requests (rate_limit_exceeded); Retry-After says when to come back.",
    "502": "The policy or the reward failed.",
    "503": "The server stops, or lacks a package.",
    "504": "The run took too long.",
}


def description(
    settings: Settings, served_models: ServedModels, *, responses: bool = False
) -> JsonObject:
    """Return the OpenAPI description; `responses` says whether they are kept here."""
    request = ChatRequest.model_json_schema(ref_template=REF + "{model}")
    context = without_specs(
        served_models["tpo"].schema.model_json_schema(ref_template=REF + "{model}")
    )
    parts = {**request.pop("$defs", {}), **context.pop("$defs", {})}
    request["properties"]["tpo"] = {"$ref": REF + "Context"}
    request["properties"]["model"]["enum"] = served_models.chosen_names
    schemas = {
        **parts,
        "ChatRequest": request,
        "Context": context,
        "Error": _ERROR,
        "Model": _MODEL,
        "ChatCompletion": _COMPLETION,
    }
    paths = dict(_PATHS)
    if responses:
        more, parts = response_schemas(served_models.chosen_names)
        schemas |= {**parts, **more}
        paths |= response_paths(_operation, _response)
    keyed: JsonObject = {"security": [{"key": []}]} if settings.is_guarded else {}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "tpo",
            "version": "1",
            "description": "Test-time Preference Optimization as a chat model.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        **keyed,
    }


def _operation(name: str, summary: str, success: JsonObject) -> JsonObject:
    failed = {status: _response(why, {"$ref": REF + "Error"}) for status, why in ERRORS.items()}
    return {"operationId": name, "summary": summary, "responses": {"200": success, **failed}}


def _response(what: str, schema: JsonObject) -> JsonObject:
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
_MODELS = {
    "type": "object",
    "required": ["object", "data"],
    "properties": {
        "object": {"const": "list"},
        "data": {"type": "array", "items": {"$ref": REF + "Model"}},
    },
}
_MODEL_NAME = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
_ANSWER = _response(
    "The answer; with stream, server-sent events.", {"$ref": REF + "ChatCompletion"}
)
_ANSWER["content"]["text/event-stream"] = {}
_PATHS = {
    "/v1/models": {
        "get": _operation("listModels", "List the models.", _response("The models.", _MODELS))
    },
    "/v1/models/{name}": {
        "get": {
            **_operation(
                "getModel", "Describe a model.", _response("The model.", {"$ref": REF + "Model"})
            ),
            "parameters": [_MODEL_NAME],
        }
    },
    "/v1/chat/completions": {
        "post": {
            **_operation("complete", "Answer a conversation.", _ANSWER),
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"$ref": REF + "ChatRequest"}}},
            },
        }
    },
}
