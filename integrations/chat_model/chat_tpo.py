"""`ChatTPO`: a policy and a reward as one LangChain chat model."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, cast

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput, ModelProfile
from langchain_core.language_models.base import LangSmithParams
from langchain_core.load.serializable import SerializedConstructor, SerializedNotImplemented
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import (
    Runnable,
)
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import model_validator

from ...core.json_types import JsonObject
from ...core.make_context import make_context
from ...graphs.background import iterate, result_of
from ...nodes.paid.run_models import GivenModels
from ..inner_run.callbacks_and_saver import RunManager, Saving, inner_callbacks, saving_of_sync_call
from .answering import ChatCall, answer_pieces, whole_answer
from .call_settings import PARTS, CallSettings, Keywords, given_settings
from .chat_settings import ChatSettings
from .offered_tool import ToolLike, offered
from .structured_output import parsed_by, schema_for


class ChatTPO(ChatSettings):
    """A chat model whose answers are aligned with a reward while they are written.

    It takes the place of the chat model it is given, in a chain, an agent or a node. A reply
    that calls tools passes through unchanged; every other answer is the best of a run, structured
    output too. `response_metadata["tpo"]` of the message is the run's
    trace, `usage_metadata` the sum of its cost.

    Args:
        policy: The model that answers: any `BaseChatModel`, or a spec (`openai:gpt-5-mini`).
        policies: Several in its place: they divide the first samples, and the one whose answer is
            the best goes on. The first of them replies where nothing is searched.
        reward: A function `(query, answer) -> float`, a reward object, or a spec.
        critic: Another model for loss and gradient.
        heldout: A reward that watches the chosen answers without steering.
        fallback: What ranks when the reward failed (see `on_reward_failure`).
        prompts: Other prompts.
        context: The settings, as an object.
        trace: `brief` leaves the texts of the pool and the critiques out of the message.
        stop: The same as `stop_sequences`, by LangChain's name.
        **settings: Or one by one: any setting of `Context` (depth, width, seed, ...). A call may
            change each of them: `model.invoke(query, depth=0)`, `model.bind(width=3)`; and
            any part but the prompts, or `context=` as a whole.

    Raises:
        ConfigError: an unknown setting, or a value out of bounds.
        SpecError: an unknown spec.

    Example:
        >>> chat = ChatTPO(policy="openai:gpt-5-mini", reward=lambda query, answer: -len(answer))
        >>> message = chat.invoke("Why is the sky blue?")  # doctest: +SKIP
        >>> message.text, message.response_metadata["tpo"]["reward"]  # doctest: +SKIP
    """

    if TYPE_CHECKING:  # for editors: pydantic would show them the fields and not the settings

        def __init__(self, **settings: object) -> None: ...

    @model_validator(mode="before")
    @classmethod
    def _collect_settings(cls, values: Keywords) -> Keywords:
        return given_settings(values, cls.model_fields)

    @model_validator(mode="after")
    def _refuse_what_cannot_run(self) -> ChatTPO:
        self._settings().check()
        if self.cache is None and not self._settings().by_name:
            self.cache = False  # a cache's key could not tell this reward from another
        return self

    def _settings(self, **changes: object) -> CallSettings:
        """Return the settings of one call."""
        given = GivenModels(**{name: getattr(self, name) for name in PARTS})
        return CallSettings(given, self.context, self.trace).changed(changes)

    @property
    def _llm_type(self) -> str:
        return "tpo"

    @property
    def _identifying_params(self) -> JsonObject:
        return {**self._settings().described}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: object) -> LangSmithParams:
        settings = self._settings(stop=stop, **kwargs)
        context = settings.context
        params = LangSmithParams(
            ls_provider="tpo", ls_model_type="chat", ls_model_name=settings.name
        )
        if context.temperature is not None:
            params["ls_temperature"] = context.temperature
        if context.max_tokens is not None:
            params["ls_max_tokens"] = context.max_tokens
        if context.stop_sequences:
            params["ls_stop"] = list(context.stop_sequences)
        return params

    def _resolve_model_profile(self) -> ModelProfile | None:
        policy = self._settings().policies[0]
        return policy.profile if isinstance(policy, BaseChatModel) else None

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> ChatResult:
        call = self._call_of(messages, stop, run_manager, kwargs)
        return ChatResult(generations=[ChatGeneration(message=await whole_answer(call))])

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> ChatResult:
        call = self._call_of(messages, stop, run_manager, kwargs, saving=saving_of_sync_call())
        return ChatResult(generations=[ChatGeneration(message=result_of(whole_answer(call)))])

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> AsyncIterator[ChatGenerationChunk]:
        call = self._call_of(messages, stop, run_manager, kwargs)
        async with aclosing(answer_pieces(call)) as pieces:
            async for piece in pieces:
                yield ChatGenerationChunk(message=piece)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> Iterator[ChatGenerationChunk]:
        call = self._call_of(messages, stop, run_manager, kwargs, saving=saving_of_sync_call())
        for piece in iterate(answer_pieces(call)):
            yield ChatGenerationChunk(message=piece)

    def _call_of(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None,
        run: RunManager,
        changes: Keywords,
        *,
        saving: Saving = "own",
    ) -> ChatCall:
        settings = self._settings(stop=stop, **changes)
        return ChatCall(settings, messages, inner_callbacks(run), saving)

    def bind_tools(
        self,
        tools: Sequence[ToolLike],
        *,
        tool_choice: str | JsonObject | bool | None = None,
        **kwargs: object,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Bind tools; the policy's own `bind_tools` gets them when it is asked.

        Args:
            tools: As the policy takes them.
            tool_choice: As the policy takes it.
            **kwargs: What else its `bind_tools` takes.
        """
        if tool_choice is not None:
            kwargs["tool_choice"] = tool_choice
        return self.bind(tools=[offered(tool) for tool in tools], **kwargs)

    def with_structured_output(
        self,
        schema: JsonObject | type | None = None,
        *,
        method: str = "json_schema",
        include_raw: bool = False,
        strict: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]:
        """Return the same search for an answer that fits a schema, parsed.

        Args:
            schema: A pydantic class (the result is one), a typed dict or a JSON schema (a dict).
            method: `json_schema` and `function_calling` are the same here; `json_mode` asks for
                any object.
            include_raw: Whether the result is a dict with `raw`, `parsed` and `parsing_error`.
            strict: Whether no key may be there that the schema does not name.
            **kwargs: Settings of the calls.

        Raises:
            ConfigError: the schema cannot be used; the place in it is named.
        """
        wanted = schema_for(schema, method, strict=bool(strict))
        make_context(answer_schema=wanted)  # refused here, not by the first call
        model = self.bind(answer_schema=wanted, **kwargs)
        return parsed_by(model, schema, include_raw=include_raw)

    def _get_invocation_params(self, stop: list[str] | None = None, **kwargs: Any) -> JsonObject:
        if tools := kwargs.get("tools"):  # traces show schemas
            kwargs["tools"] = [convert_to_openai_tool(tool) for tool in tools]
        return super()._get_invocation_params(stop=stop, **kwargs)

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """Return `True`: if every part has a name, it can be loaded again."""
        return True

    @classmethod
    def get_lc_namespace(cls) -> list[str]:
        """Return where LangChain finds the class; saved chains hold this path."""
        return ["tpo", "integrations", "chat_model"]

    def to_json(self) -> SerializedConstructor | SerializedNotImplemented:
        """Return it as LangChain serialises it: without secrets, and whole or not at all."""
        settings = self._settings()
        if not settings.by_name:
            return self.to_json_not_implemented()
        written = cast("SerializedConstructor", super().to_json())
        ours = {*PARTS, "context"}
        others = {name: value for name, value in written["kwargs"].items() if name not in ours}
        return {**written, "kwargs": {**others, **settings.written}}

    def __repr_args__(self) -> Iterable[tuple[str | None, object]]:
        return self._identifying_params.items()
