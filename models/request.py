"""One request to a policy: its parameters, its retries, and what came back.

A request may ask for several texts at once (`n`). Such a request is never streamed,
because the choices would be merged into one text, and its usage is counted once.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration
from langchain_core.prompt_values import ChatPromptValue
from langchain_core.runnables import RunnableConfig, ensure_config
from langgraph.constants import TAG_NOSTREAM

from ..core.errors import PolicyError, evidence
from ..core.failure import FailureKind
from ..core.json_types import JsonObject
from ..core.reply import Reply, read_reply
from ..core.usage import Cost, add_costs, cost
from .faults import failure_of_request, refused_parameter, retrying
from .hide_from_traces import guarded
from .policy import Policy
from .request_cost import price_of

STRUCTURAL = frozenset({"n", "response_format"})  # without these the request itself changes
MAX_TOKENS_FIELDS = ("max_tokens", "max_output_tokens", "num_predict", "max_new_tokens")


@dataclass(frozen=True)
class Request:
    """What to ask of a policy.

    Attributes:
        policy: Whom to ask.
        messages: The prompt.
        n: Texts wanted.
        parameters: Sampling parameters by their usual names; `None` leaves the model's own.
        schema: JSON schema of the reply, or `None` for free text.
        refused: Parameters the server is known to refuse; they are left out.
        timeout: Seconds one attempt may take.
        retries: Further attempts after a fault that may pass.
        max_attempts: How often it may be sent at all, refused parameters included; `None`
            sets no limit.
        live: Whether to stream the text (only a single one can be).
        label: Names the request in traces.
        metadata: What else traces say of it; see docs/tracing.md.
    """

    policy: Policy
    messages: Sequence[BaseMessage]
    n: int = 1
    parameters: JsonObject = field(default_factory=dict)
    schema: JsonObject | None = None
    refused: frozenset[str] = frozenset()
    timeout: float = 120.0
    retries: int = 2
    max_attempts: int | None = None
    live: bool = False
    label: str = "request"
    metadata: JsonObject = field(default_factory=dict)

    @property
    def json_by_body(self) -> bool:
        """Whether a schema, if there is one, travels in the body, so that `n` may too."""
        return not self.schema or "extra_body" in type(self.policy.model).model_fields


@dataclass(frozen=True)
class Response:
    """What a request brought: its texts, its price, what the server refuses."""

    replies: list[Reply]
    cost: Cost
    refused: frozenset[str] = frozenset()


OnText = Callable[[str], None]


class RequestError(PolicyError):
    """A request failed for good.

    Attributes:
        cost: What it cost all the same.
        failure: The kind of failure.
    """

    def __init__(self, message: str, paid: Cost, failure: FailureKind = "failed") -> None:
        super().__init__(message)
        self.cost = paid
        self.failure: FailureKind = failure


async def ask(request: Request, begin: Callable[[], OnText] | None = None) -> Response:
    """Send a request, repeating it after faults that may pass.

    A parameter the server refuses is dropped and the request repeated. If that changes
    what was asked (several texts, a format), the response is empty and says so instead.

    Args:
        request: What to ask.
        begin: Called before each attempt; returns what takes the pieces of text of a live
            one. A repeated attempt starts over, so its text does too.

    Raises:
        RequestError: it failed for good, with the last cause.
    """
    refused, sent = request.refused, 0
    while True:  # ends: each further pass has one parameter less
        try:
            async for attempt in retrying(min(request.retries + 1, _left(request, sent))):
                with attempt:
                    sent += 1
                    on_text = begin() if begin else None
                    async with asyncio.timeout(request.timeout):
                        texts, price = await _send(request, refused, on_text)
                    return Response(texts, add_costs(price, cost(requests=sent - 1)), refused)
        except Exception as error:  # providers raise anything; cancellation is not an Exception
            if isinstance(error, NotImplementedError):  # LangChain's, before anything is sent
                sent -= 1
            name = refused_parameter(error, _sent_parameters(request, refused))
            if name in STRUCTURAL:
                return Response([], cost(requests=sent), refused | {name})
            if name is None or _left(request, sent) < 1:
                late = isinstance(error, TimeoutError)
                why = f"no answer within {request.timeout:g} s" if late else evidence(error)
                paid, kind = cost(requests=sent), failure_of_request(error)
                raise RequestError(f"{request.policy.name}: {why}", paid, kind) from error
            refused |= {name}


def _left(request: Request, sent: int) -> int:
    return sys.maxsize if request.max_attempts is None else request.max_attempts - sent


def _sent_parameters(request: Request, refused: frozenset[str]) -> set[str]:
    sent = {name for name, value in request.parameters.items() if value is not None}
    sent |= {"n"} if request.n > 1 else set()
    sent |= {"response_format"} if request.schema else set()
    sent |= {"stream_options"} if request.live and request.n == 1 else set()
    return sent - refused


def configure(request: Request, refused: frozenset[str]) -> BaseChatModel:
    """Return a copy of the model that carries the request's parameters.

    Only fields the model declares are set, so any provider works; a copy, so that the
    caller's model stays as it is. No cache: a cached reply would repeat one sample N times.
    """
    model, live = request.policy.model, request.live and request.n == 1
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


async def _send(
    request: Request, refused: frozenset[str], on_text: OnText | None
) -> tuple[list[Reply], Cost]:
    model, messages = configure(request, refused), list(request.messages)
    traced = RunnableConfig(
        tags=[TAG_NOSTREAM, "tpo"], run_name=request.label, metadata=request.metadata
    )
    if request.schema and not request.json_by_body:
        chain = model.with_structured_output(request.schema, include_raw=True)
        result: Any = await chain.ainvoke(messages, traced)
        raw, parsed = result["raw"], result["parsed"]
        as_json = None if parsed is None else json.dumps(parsed, ensure_ascii=False)
        replies = [read_reply(raw) if as_json is None else Reply(as_json)]
        return replies, price_of(raw, replies)
    if not request.live or request.n > 1:
        return await _send_whole(model, request, traced)
    whole: AIMessageChunk | None = None
    async for chunk in model.astream(messages, traced):
        whole = chunk if whole is None else whole + chunk
        if on_text and chunk.text:
            on_text(chunk.text)
    replies = [read_reply(whole)] if whole is not None else []
    return replies, price_of(whole, replies)


async def _send_whole(
    model: BaseChatModel, request: Request, traced: RunnableConfig
) -> tuple[list[Reply], Cost]:
    """Have whole texts written, one or several."""
    config = ensure_config(traced)
    result = await model.agenerate_prompt(
        [ChatPromptValue(messages=list(request.messages))],
        callbacks=config.get("callbacks"),
        tags=config["tags"],
        metadata=config["metadata"],
        run_name=request.label,
    )
    generations = [g for g in result.generations[0] if isinstance(g, ChatGeneration)]
    replies = [
        read_reply(g.message, (g.generation_info or {}).get("finish_reason")) for g in generations
    ]
    first = generations[0].message if generations else None
    signature = (result.llm_output or {}).get("system_fingerprint") or ""
    return replies, price_of(first, replies, signature)
