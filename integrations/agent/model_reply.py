"""What the agent's model replied: whether it is a final answer, and how it is kept and replaced."""

from __future__ import annotations

from typing import Any, cast

from langchain.agents.middleware import ExtendedModelResponse, ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, message_to_dict, messages_from_dict

from ...core.context import Context
from ...core.json_types import JsonObject
from ...core.replies.finish_reason import REASONS
from ...core.replies.reply import read_reply

AgentRequest = ModelRequest[Any]  # whatever the context of the agent is
AgentReply = ModelResponse[Any]  # whatever its structured output is
AgentAnswer = AgentReply | ExtendedModelResponse[Any]


def draft_in(request: AgentRequest, response: AgentReply) -> AIMessage | None:
    """Return the reply's final answer, if it is one that may be rewritten.

    Replies with tool calls, structured output, images or cited sources may not: their other
    parts would be lost, or no longer fit. A message without an id comes from a middleware (an
    error that it reports, say), not from a model.
    """
    if request.response_format is not None or response.structured_response is not None:
        return None
    draft = response.result[0] if len(response.result) == 1 else None
    if not isinstance(draft, AIMessage) or draft.id is None:
        return None
    texts = [block for block in draft.content_blocks if block["type"] != "reasoning"]
    if any(block["type"] != "text" or block.get("annotations") for block in texts):
        return None
    return None if read_reply(draft).error else draft


def draft_text(draft: AIMessage, context: Context) -> str:
    """Return the text of a draft as it competes."""
    return read_reply(draft, keep_reasoning=context.keep_reasoning).text


def save_reply(response: AgentReply) -> list[JsonObject] | None:
    """Return a reply as plain JSON; `None` if it has structured output, whose type we do not know.

    Not as a message: LangGraph would stream one that is in the state of a graph.
    """
    if response.structured_response is not None:
        return None
    return [message_to_dict(message) for message in response.result]


def restore_reply(saved: list[JsonObject]) -> AgentReply:
    """Return the reply that `save_reply` saved."""
    return ModelResponse(result=messages_from_dict(saved))


def replaced(
    response: AgentReply, text: str | None, trace: JsonObject, finish: str | None = None
) -> AgentReply:
    """Return the reply with the trace, and with another text unless that is `None`.

    The message keeps its id, so that clients replace what they may have shown of it. It keeps
    its usage too: what the search cost is in the trace, and counted nowhere else. `finish` is
    why the other text ended.
    """
    (draft,) = response.result
    about = {**draft.response_metadata, "tpo": trace}
    changes: JsonObject = {"response_metadata": about}
    if text is not None:
        # They are of the draft, and so is its reasoning. By the id OpenAI's server would go on
        # from the draft, which nobody has seen (`use_previous_response_id`).
        for of_draft in ("logprobs", "id", *REASONS):
            about.pop(of_draft, None)
        about |= {"finish_reason": finish} if finish else {}
        changes |= {"content": text, "additional_kwargs": {}}
    message = cast("AIMessage", draft).model_copy(update=changes)
    return ModelResponse(result=[message])
