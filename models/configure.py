"""The model of a policy with the parameters of one request."""

from __future__ import annotations

from langchain_core.language_models import BaseChatModel

from ..core.json_types import JsonObject
from .hide_from_traces import guarded
from .request import Request

MAX_TOKENS_FIELDS = ("max_tokens", "max_output_tokens", "num_predict", "max_new_tokens")


def sent_parameters(request: Request, refused: frozenset[str]) -> set[str]:
    """Return the names of what the request asks for beside its messages."""
    sent = {name for name, value in request.parameters.items() if value is not None}
    sent |= {"n"} if request.n > 1 else set()
    sent |= {"response_format"} if request.schema else set()
    sent |= {"stream", "stream_options"} if streamed(request, refused) else set()
    return sent - refused


def streamed(request: Request, refused: frozenset[str]) -> bool:
    """Return whether the reply is streamed; of several texts, the pieces would be mixed."""
    return request.live and request.n == 1 and "stream" not in refused


def configure(request: Request, refused: frozenset[str]) -> BaseChatModel:
    """Return a copy of the model that carries the request's parameters.

    Only fields the model declares are set, so any provider works; a copy, so that the
    caller's model stays as it is. No cache: a cached reply would repeat one sample N times.
    """
    model, live = request.policy.model, streamed(request, refused)
    fields = type(model).model_fields
    if (model.profile or {}).get("temperature") is False:  # a reasoning model
        refused |= {"temperature", "top_p"}
    limit = next((f for f in MAX_TOKENS_FIELDS if f in fields), "max_tokens")
    changes: JsonObject = {"cache": False, "disable_streaming": not live}
    for name, value in request.parameters.items():
        target = limit if name == "max_tokens" else name
        if target in fields and (value is not None or name in refused):
            changes[target] = None if name in refused else value
    if "n" in fields:
        changes["n"] = request.n if request.n > 1 else None
    if "stream_usage" in fields:
        changes["stream_usage"] = live and "stream_options" not in refused
    if "extra_body" in fields:
        changes["extra_body"] = _extra_body(request, refused)
    if "stream_chunk_timeout" in fields.keys() - model.model_fields_set:
        # On Python 3.11 it can lose a cancellation; `timeout` bounds the attempt all the same.
        changes["stream_chunk_timeout"] = None
    return guarded(model.model_copy(update=changes))


def _extra_body(request: Request, refused: frozenset[str]) -> JsonObject | None:
    own = getattr(request.policy.model, "extra_body", None) or {}
    body = {**own, **request.policy.extra_body}
    if request.parameters.get("seed") is not None:
        body |= request.policy.seeded_body
    if request.schema and "response_format" not in refused:
        # In the raw body: the SDK's own parsing raises, and loses all N paid texts,
        # when one of them is cut off.
        name = request.schema.get("title", "reply")
        schema = {"name": name, "schema": request.schema, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body or None
