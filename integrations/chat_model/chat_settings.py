"""What the chat model is made of, and what LangChain asks of it beside answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import ConfigurableField, RunnableSerializable
from langchain_core.runnables.configurable import RunnableConfigurableFields
from langchain_core.runnables.utils import AnyConfigurableField
from pydantic import Field

from ...core.context import Context
from ...graphs.background import result_of
from ...models.policy import resolve_policy
from ...models.several_policies import policies_of
from ...models.unwrap import unwrap
from ..inner_run.run_summary import Detail


class ChatSettings(BaseChatModel):
    """The fields of `ChatTPO`: its parts, and its settings, which are configurable one by one."""

    policy: Any = None
    policies: Any = None
    reward: Any = None
    critic: Any = None
    heldout: Any = None
    fallback: Any = None
    prompts: Any = None
    context: Context = Field(default_factory=Context)
    trace: Detail = "full"
    """How much of a run its message holds: `brief` leaves the texts of the pool and the
    critiques out, so that a conversation that is saved does not carry every pool."""
    streaming: bool | None = None
    """`True` streams inside `invoke` too, for handlers that want tokens."""

    def configurable_fields(
        self, **kwargs: AnyConfigurableField
    ) -> RunnableSerializable[LanguageModelInput, AIMessage]:
        """Let a caller's config choose fields, or single settings (`depth`, `temperature`, ...).

        Args:
            **kwargs: For each name, how the config calls it.

        Raises:
            ValueError: an unknown name, as LangChain has it.
        """
        fields = {name: described(name, field) for name, field in kwargs.items()}
        others = {name: field for name, field in fields.items() if name not in Context.model_fields}
        super().configurable_fields(**others)  # refuses unknown names
        return RunnableConfigurableFields(default=self, fields=fields)

    def get_num_tokens(self, text: str) -> int:
        """Count tokens as the policy does."""
        return self._policy().get_num_tokens(text)

    def get_token_ids(self, text: str) -> list[int]:
        """Split a text as the policy does."""
        return self._policy().get_token_ids(text)

    def get_num_tokens_from_messages(
        self, messages: list[BaseMessage], tools: Sequence[object] | None = None
    ) -> int:
        """Count the tokens of messages as the policy does."""
        more = {"tools": tools} if tools else {}
        return self._policy().get_num_tokens_from_messages(messages, **more)

    def _policy(self) -> BaseChatModel:
        policy = policies_of(self.policy, self.policies, self.context)[0]
        return (
            result_of(resolve_policy(policy)).model
            if isinstance(policy, str)
            else unwrap(policy)[0]
        )

    if not TYPE_CHECKING:  # a type checker would take every name for a setting

        def __getattr__(self, name: str) -> object:
            if name in Context.model_fields:
                return getattr(self.context, name)
            return super().__getattr__(name)


def described(name: str, field: AnyConfigurableField) -> AnyConfigurableField:
    """Return how a field is called, with what `Context` says of it if it is a setting.

    Example:
        >>> described("depth", ConfigurableField("depth")).annotation
        <class 'int'>
    """
    setting = Context.model_fields.get(name)
    if setting is None or not isinstance(field, ConfigurableField):
        return field
    return ConfigurableField(
        id=field.id,
        name=field.name,
        description=field.description or setting.description,
        annotation=field.annotation or setting.annotation,
        is_shared=field.is_shared,
    )
