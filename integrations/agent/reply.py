"""What the agent's model replied: whether it is a final answer, and how it is kept and replaced."""

from __future__ import annotations

from typing import Any, cast

from langchain.agents.middleware import ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, message_to_dict, messages_from_dict

from ...core.reply import read_reply


def draft_in(request: ModelRequest[Any], response: ModelResponse[Any]) -> AIMessage | None:
    """Return the reply's final answer, if it is one that may be written anew.

    Tool calls, structured output, images and cited sources are not: their other parts
    would be lost or no longer fit. A message without an id comes from a middleware (an
    error it reports, say), not from a model.
    """
    if request.response_format is not None or response.structured_response is not None:
        return None
    said = [m for m in response.result if isinstance(m, AIMessage)]
    if len(response.result) != 1 or not said or said[0].id is None:
        return None
    draft = said[0]
    if not all(_is_prose(block) for block in draft.content_blocks):
        return None
    return None if read_reply(draft).error else draft


def _is_prose(block: Any) -> bool:
    return block["type"] == "reasoning" or (
        block["type"] == "text" and not block.get("annotations")
    )


def save(response: ModelResponse[Any]) -> list[dict[str, Any]] | None:
    """Return a reply as plain JSON; `None` with structured output, whose type is the agent's.

    Plain, because a message in the state of a graph would be streamed.
    """
    if response.structured_response is not None:
        return None
    return [message_to_dict(message) for message in response.result]


def restore(saved: list[dict[str, Any]]) -> ModelResponse[Any]:
    """Return the reply that `save` kept."""
    return ModelResponse(result=messages_from_dict(saved))


def replaced(response: ModelResponse[Any], text: str | None, trace: dict[str, Any]) -> Any:
    """Return the reply with another text, or its own where that is `None`, and the trace.

    The message keeps its id, so that clients replace what they may have shown of it, and
    its usage: what the search cost is in the trace, and counted nowhere else.
    """
    (draft,) = response.result
    about = {**draft.response_metadata, "tpo": trace}
    changes: dict[str, Any] = {"response_metadata": about}
    if text is not None:
        about.pop("logprobs", None)  # of the draft's own tokens, as its reasoning is
        changes |= {"content": text, "additional_kwargs": {}}
    message = cast("AIMessage", draft).model_copy(update=changes)
    return ModelResponse(result=[message])
