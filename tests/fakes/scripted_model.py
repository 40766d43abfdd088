"""A chat model that says what it is told, remembers what it was asked, and fails when dry."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import ConfigDict, PrivateAttr

Said = str | AIMessage | BaseException
Script = Callable[[Sequence[BaseMessage], int, int | None], Said] | Sequence[Said]


def tokens(text: str) -> int:
    """Count a text as this model bills it: four characters a token."""
    return max(1, -(-len(text) // 4))


def ending(message: AIMessage) -> str:
    """Return why a reply ended: "stop", unless its script says otherwise."""
    return str(message.response_metadata.get("finish_reason", "stop"))


class Ask:
    """One request as the model saw it."""

    def __init__(self, messages: Sequence[BaseMessage], n: int, parameters: dict[str, Any]) -> None:
        self.messages = list(messages)
        self.n = n
        self.parameters = parameters

    @property
    def text(self) -> str:
        return "\n".join(m.text for m in self.messages)

    @property
    def step(self) -> str:
        """Which step of the loop asked, told by our prompts."""
        last = self.messages[-1].text
        if "improved_answer" in last:
            return "update"
        if "the changes that would make" in last:
            return "gradient"
        if "Do not write a new answer" in last:
            return "loss"
        return "sample"


class Asked(list[Ask]):
    """The requests so far."""

    def of(self, step: str) -> list[Ask]:
        return [a for a in self if a.step == step]

    @property
    def sequences(self) -> int:
        return sum(a.n for a in self)


class ScriptedModel(BaseChatModel):
    """Answers from a script: a function (messages, index, seed) -> reply, or a list in order.

    `n > 1` gives several generations in one request. Usage is four characters a token, for
    all texts together, on every generation, as OpenAI's adapter does.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    script: Any
    n: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    delay: float = 0.0
    reports_usage: bool = True
    hangs_at: str = ""  # a step that gets no answer
    _asked: Asked = PrivateAttr(default_factory=Asked)
    _used: list[int] = PrivateAttr(default_factory=lambda: [0])

    @property
    def asked(self) -> Asked:
        return self._asked

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _say(self, messages: Sequence[BaseMessage], index: int) -> AIMessage:
        if callable(self.script):
            said = self.script(messages, index, self.seed)
        else:
            if self._used[0] >= len(self.script):
                raise AssertionError(f"the script ran out after {self._used[0]} replies")
            said = self.script[self._used[0]]
            self._used[0] += 1
        if isinstance(said, BaseException):
            raise said
        return said if isinstance(said, AIMessage) else AIMessage(said)

    def _result(self, messages: Sequence[BaseMessage]) -> ChatResult:
        n = self.n or 1
        parameters = {k: getattr(self, k) for k in ("temperature", "top_p", "max_tokens", "seed")}
        self._asked.append(Ask(messages, n, parameters))
        said = [self._say(messages, i).model_copy() for i in range(n)]
        words = sum(tokens(m.text) for m in messages)
        spoken = sum(tokens(m.text) for m in said)
        usage = {"input_tokens": words, "output_tokens": spoken, "total_tokens": words + spoken}
        for message in said if self.reports_usage else ():
            message.usage_metadata = usage  # type: ignore[assignment]
        return ChatResult(
            generations=[
                ChatGeneration(message=m, generation_info={"finish_reason": ending(m)})
                for m in said
            ]
        )

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return self._result(messages)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        if self.delay:
            await asyncio.sleep(self.delay)
        if Ask(messages, 1, {}).step == self.hangs_at:
            await asyncio.Event().wait()
        return self._result(messages)

    def _stream(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> Iterator[Any]:
        raise AssertionError("only the async stream is used")

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        assert not (self.n and self.n > 1), "n > 1 must never be streamed"
        message = (await self._agenerate(messages)).generations[0].message
        assert isinstance(message, AIMessage)
        words = message.text.split(" ")
        for i, word in enumerate(words):
            last = i == len(words) - 1
            chunk = AIMessageChunk(
                word if last else word + " ",
                usage_metadata=message.usage_metadata if last else None,
                response_metadata={"finish_reason": ending(message)} if last else {},
                chunk_position="last" if last else None,
            )
            if run_manager:
                generation = ChatGenerationChunk(message=chunk)
                await run_manager.on_llm_new_token(chunk.text, chunk=generation)
            yield ChatGenerationChunk(message=chunk)
