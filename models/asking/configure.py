"""The model of a policy with the parameters of one request."""

from __future__ import annotations

from typing import get_args

from langchain_core.language_models import BaseChatModel

from ...core.json_types import JsonObject
from ..failures.fewer_texts import limit_among
from ..failures.refusals import SEVERAL
from ..hide_from_traces import guarded
from ..request import Request
from ..tolerant import tells_texts_apart
from .own_settings import field_of, own_limit, streaming_of, thinking_of, thinking_tokens
from .response_format import response_format_of

WHOLE = "whole"  # among refused parameters: the server only streams


def sent_parameters(request: Request, refused: frozenset[str]) -> set[str]:
    """Return the names of what the request asks for beside its messages."""
    model = request.policy.model
    sent = {
        name
        for name, value in request.parameters.items()
        if value is not None and name not in _left_alone(model)
    }
    sent |= {"n"} if request.n > 1 else set()
    sent |= {"response_format"} if request.schema else set()
    streams = streamed(request, refused)
    sent |= {"stream", "stream_options"} if streams else {WHOLE}
    sent |= {SEVERAL} if streams and request.n > 1 else set()
    return sent - refused


def streamed(request: Request, refused: frozenset[str]) -> bool:
    """Return whether the reply is streamed: shown live, or wanted so by user or server.

    Several texts are streamed to be shown only, and where they can be told apart.
    """
    model = request.policy.model
    wanted = streaming_of(model)
    if wanted is False:
        return False
    if request.n > 1:
        here = request.live and tells_texts_apart(model)
        return here and not refused & {"stream", SEVERAL}
    return WHOLE in refused or ("stream" not in refused and (request.live or bool(wanted)))


def most_texts(request: Request, refused: frozenset[str]) -> int | None:
    """Return the most texts that one request may ask for, or `None` without a limit.

    A model that always streams is asked for one: LangChain would merge several.
    """
    model = request.policy.model
    has_n = "n" in type(model).model_fields and request.json_by_body
    if not has_n or refused & {"n", WHOLE} or streaming_of(model):
        return 1
    limits = [one for one in (request.policy.slots, limit_among(refused)) if one]
    return min(limits, default=None)


def limit_of(request: Request, refused: frozenset[str] = frozenset()) -> int | None:
    """Return the most tokens a reply may have, as it is sent; `None` if that is not sent.

    The model's own limit wins over a default of ours. A budget for thinking comes on top of
    a limit that would leave no room beside it.
    """
    model, limit = request.policy.model, request.parameters.get("max_tokens")
    if limit is None or "max_tokens" in refused:
        return None
    if "max_tokens" in request.by_default:
        limit = own_limit(model) or limit
    thinking = thinking_tokens(model)
    return limit + thinking if limit <= thinking else limit


def configure(request: Request, refused: frozenset[str]) -> BaseChatModel:
    """Return a copy of the model that carries the request's parameters.

    Only fields the model declares are set, so any provider works; a copy, so that the
    caller's model stays as it is. What is refused goes back to the model's own value. No
    cache: a cached reply would repeat one sample N times.
    """
    model, streaming = request.policy.model, streamed(request, refused)
    fields, own = type(model).model_fields, model.model_fields_set
    changes: JsonObject = {"cache": False, "disable_streaming": not streaming or request.n > 1}
    if "streaming" in fields and not (streaming and request.live):  # else it goes by the call
        changes["streaming"] = streaming
    if "n" in fields:  # its default is a value that its client takes: `None`, or 1
        changes["n"] = request.n if request.n > 1 else fields["n"].default
    no_usage = "stream_usage" in own and getattr(model, "stream_usage", None) is False
    if "stream_usage" in fields and not no_usage:
        changes["stream_usage"] = streaming and "stream_options" not in refused
    if "extra_body" in fields:
        changes["extra_body"] = _extra_body(request, refused)
    if "stream_chunk_timeout" in fields.keys() - own:
        # On Python 3.11 it can lose a cancellation; `timeout` bounds the attempt all the same.
        changes["stream_chunk_timeout"] = None
    return guarded(model.model_copy(update=changes | _sampling_fields(request, refused)))


def _sampling_fields(request: Request, refused: frozenset[str]) -> JsonObject:
    """Return the fields of the model that say how to sample."""
    model, changes = request.policy.model, JsonObject()
    fields, more = type(model).model_fields.keys(), JsonObject()
    left_alone = refused | _left_alone(model)
    for name, value in request.parameters.items():
        field = field_of(model, name)
        if value is None:
            continue
        if name in left_alone:
            if field and name != "max_tokens" and _refused_too(model, field, value):
                changes[field] = None
        elif field:
            changes[field] = limit_of(request) if name == "max_tokens" else value
        elif name in {"top_p", "seed"} and {"n", "model_kwargs"} <= fields:
            more[name] = value  # a class for the OpenAI protocol, without a field for it
    if more:
        changes["model_kwargs"] = {**(getattr(model, "model_kwargs", None) or {}), **more}
    return changes


def _refused_too(model: BaseChatModel, field: str, value: object) -> bool:
    """Return whether the model's own value is the one refused, or only its class's default."""
    optional = type(None) in get_args(type(model).model_fields[field].annotation)
    return getattr(model, field) == value or (optional and field not in model.model_fields_set)


def _left_alone(model: BaseChatModel) -> frozenset[str]:
    """Return the parameters that this model is known not to take."""
    reasons = (model.profile or {}).get("temperature") is False
    return frozenset({"temperature", "top_p"} if reasons or thinking_of(model) else ())


def _extra_body(request: Request, refused: frozenset[str]) -> JsonObject | None:
    own = getattr(request.policy.model, "extra_body", None) or {}
    body = {**own, **request.policy.extra_body}
    if request.parameters.get("seed") is not None:
        body |= request.policy.seeded_body
    if request.schema and "response_format" not in refused:
        # In the raw body: the SDK's own parsing raises, and loses all N paid texts,
        # when one of them is cut off.
        body["response_format"] = response_format_of(request.schema)
    return body or None
