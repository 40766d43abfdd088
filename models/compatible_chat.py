"""LangChain's chat model for the OpenAI protocol, for servers that keep to it in their own way.

`ChatOpenAI` is made for OpenAI: it drops the fields in which others send reasoning and usage,
and says little of a reply that is not one.
"""

from __future__ import annotations

from collections.abc import Mapping

import openai
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_openai import ChatOpenAI

from ..core.errors import evidence
from ..core.json_types import JsonObject
from .asking.choices import filing, index_of
from .failures.broken_reply import BrokenReplyError, NoReplyError, not_json

_KEPT = ("reasoning_content", "reasoning", "reasoning_details", "thinking_blocks")


class CompatibleChat(ChatOpenAI):
    """A model behind a server that speaks the OpenAI protocol."""

    def _create_chat_result(
        self, response: JsonObject | openai.BaseModel, generation_info: JsonObject | None = None
    ) -> ChatResult:
        body: object = response
        if isinstance(response, openai.BaseModel):
            body = response.model_dump(warnings=False)
        if not isinstance(body, Mapping):
            raise not_json(str(body))
        if body.get("error"):
            return super()._create_chat_result({**body}, generation_info)  # which raises it
        choices = [c for c in body.get("choices") or [] if isinstance(c, Mapping)]
        if not choices:
            raise _without_choices(body)
        said = [_message_in(choice) for choice in choices]
        if [choice.get("message") for choice in choices] != said:
            pairs = zip(choices, said, strict=True)
            response = {**body, "choices": [{**choice, "message": one} for choice, one in pairs]}
        result = super()._create_chat_result(response, generation_info)
        for generation, message in zip(result.generations, said, strict=True):
            _keep(generation.message, message)
        return result

    def _convert_chunk_to_generation_chunk(
        self,
        chunk: JsonObject,
        default_chunk_class: type[AIMessageChunk],
        base_generation_info: JsonObject | None,
    ) -> ChatGenerationChunk | None:
        filed = filing.get()
        choices = [c for c in chunk.get("choices") or [] if isinstance(c, Mapping)]
        if filed is None or not choices:
            made = self._piece(chunk, default_chunk_class, base_generation_info)
            if filed and made:
                filed.take(made, None)
            return made
        made = None
        for place, choice in enumerate(choices):
            part = {**chunk, "choices": [choice]} | ({"usage": None} if place else {})
            if piece := self._piece(part, default_chunk_class, base_generation_info):
                filed.take(piece, index_of(choice, place, len(choices)))
                made = made or piece
        return made

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> ChatResult:
        filed = filing.get()
        if filed is None:
            return await super()._agenerate(messages, stop, run_manager, **kwargs)
        async for _ in super()._astream(messages, stop, **kwargs):
            pass  # each piece is filed as it is read
        return filed.result()

    def _piece(
        self,
        chunk: JsonObject,
        default_chunk_class: type[AIMessageChunk],
        base_generation_info: JsonObject | None,
    ) -> ChatGenerationChunk | None:
        choices = [c for c in chunk.get("choices") or [] if isinstance(c, Mapping)]
        usage = chunk.get("usage") or next((c["usage"] for c in choices if c.get("usage")), None)
        deltas = [_message_in(choice) for choice in choices]
        pairs = zip(choices, deltas, strict=True)
        whole = {"usage": usage, "choices": [{**choice, "delta": one} for choice, one in pairs]}
        made = super()._convert_chunk_to_generation_chunk(
            {**chunk, **whole}, default_chunk_class, base_generation_info
        )
        if made and deltas:
            _keep(made.message, deltas[0])
        return made


def _message_in(choice: Mapping[str, object]) -> JsonObject:
    """Return what a choice says: a message, or in a stream a piece of one, or the whole of it."""
    said = next((choice[name] for name in ("message", "delta") if choice.get(name)), None)
    given = {**said} if isinstance(said, Mapping) else {"content": choice.get("text")}
    return {**given, "role": given.get("role") or "assistant"}


def _keep(message: BaseMessage, said: Mapping[str, object]) -> None:
    """Keep the fields beside the text that ChatOpenAI drops."""
    if isinstance(message, AIMessage):
        kept = {name: said[name] for name in _KEPT if said.get(name)}
        message.additional_kwargs = {**kept, **message.additional_kwargs}


def _without_choices(body: Mapping[str, object]) -> BrokenReplyError:
    """Return the error for a reply without choices: whatever it says instead."""
    for name in ("detail", "message", "msg"):
        if body.get(name):
            why = f"the server sent no reply, and says: {evidence(str(body[name]))}"
            return BrokenReplyError(why, passes=False)
    return NoReplyError("the server returned no text at all: no choices in its reply")
