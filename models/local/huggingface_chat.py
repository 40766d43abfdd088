"""A chat model on a local pipeline of langchain-huggingface.

Its own `ChatHuggingFace` is made for endpoints: on a local model the async calls raise,
temperature, top_p, n and seed go nowhere, the prompt gets a second BOS token and comes
back with the answer, and nothing is counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from threading import Event

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from ...core.errors import PolicyError
from .huggingface_generate import read_messages, sampling, write_on
from .huggingface_result import chat_result, last_chunk
from .huggingface_worker import by_worker, worker
from .import_torch import Untyped

MOST_TOKENS = 2048  # if neither the caller nor the model names a limit


class HuggingFaceChat(BaseChatModel):
    """A chat model that runs in this process, one request at a time.

    Attributes:
        llm: The `HuggingFacePipeline`.
        model_id: Hub id or folder.
        temperature: 0 is greedy; `None` the model's own.
        top_p: `None` is the model's own.
        max_tokens: Most new tokens per text; never more than the model has room for.
        seed: The same seed, prompt and `n` give the same texts on the same machine.
        n: Texts per request; their prompt is computed once.
    """

    llm: Untyped
    model_id: str
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    n: int | None = None

    @property
    def _llm_type(self) -> str:
        return "tpo-huggingface"

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, *_: object, **__: object
    ) -> ChatResult:
        given_up = Event()
        try:
            return worker().submit(self._write, messages, stop, given_up).result()
        finally:
            given_up.set()

    async def _agenerate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, *_: object, **__: object
    ) -> ChatResult:
        given_up = Event()
        try:
            return await by_worker(self._write, messages, stop, given_up)
        finally:
            given_up.set()

    async def _astream(
        self, messages: list[BaseMessage], stop: list[str] | None = None, *_: object, **__: object
    ) -> AsyncIterator[ChatGenerationChunk]:
        loop, given_up = asyncio.get_running_loop(), Event()
        pieces: asyncio.Queue[str | None] = asyncio.Queue()

        def say(piece: str | None) -> None:
            with suppress(RuntimeError):  # the loop was closed meanwhile: nobody listens
                loop.call_soon_threadsafe(pieces.put_nowait, piece)

        one = self.model_copy(update={"n": None})  # several texts cannot be one stream
        job = worker().submit(one._write, messages, stop, given_up, say)  # noqa: SLF001  same class
        job.add_done_callback(lambda _: say(None))
        try:
            while (piece := await pieces.get()) is not None:
                yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
            yield last_chunk(job.result())
        finally:
            given_up.set()
            job.cancel()

    def _write(
        self,
        messages: Sequence[BaseMessage],
        stop: list[str] | None,
        given_up: Event,
        say: Callable[[str], None] | None = None,
    ) -> ChatResult:
        """Write `n` texts in the worker's thread, until they end or nobody waits for them."""
        if stop:
            raise ValueError("huggingface: policies do not support stop sequences")
        tokenizer, model = self.llm.pipeline.tokenizer, self.llm.pipeline.model
        prompt = read_messages(tokenizer, messages)
        length, shown = prompt["input_ids"].shape[1], ""

        def watch(ids: list[int]) -> bool:
            nonlocal shown
            text = tokenizer.decode(ids, skip_special_tokens=True) if say else ""
            if say and len(text) > len(shown) and not text.endswith("\ufffd"):  # half a character
                say(text[len(shown) :])
                shown = text
            return given_up.is_set()

        options = sampling(model.generation_config, self.temperature, self.top_p)
        options["max_new_tokens"] = self._most_tokens(length)
        texts = write_on(model, prompt, self.n or 1, self.seed, options, watch)
        result = chat_result(self.llm.pipeline, texts, length)
        if say:
            say(result.generations[0].text[len(shown) :])
        return result

    def _most_tokens(self, length: int) -> int:
        own = self.llm.pipeline.model.generation_config.max_new_tokens
        limit = self.max_tokens or own or MOST_TOKENS
        if holds := (self.profile or {}).get("max_input_tokens"):
            limit = min(limit, holds - length)
        if limit < 1:
            raise PolicyError(
                f"{self.model_id} holds {holds} tokens, and the prompt alone has {length}: "
                "shorten it, or lower clip_tokens"
            )
        return limit
