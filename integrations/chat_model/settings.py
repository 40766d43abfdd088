"""What a call runs with: what the model was made with, changed by what the call says."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from langchain_core.language_models import BaseChatModel

from ...core.context import Context
from ...core.settings import make_context
from ...graphs.loop import TPOGraph, build_graph
from ...models.policy import check_policy, model_name
from ...nodes.paid.run_models import GivenModels
from ...prompts.prompt_set import PromptSet
from ..inner_run.run_trace import Detail

PARTS = ("policy", "reward", "critic", "heldout", "fallback", "prompts")


@dataclass(frozen=True)
class Settings:
    """The arguments of `tpo.align`, and what is meant for the policy only.

    Attributes:
        given: Models, rewards and prompts.
        context: The settings of a run.
        trace: How much of a run its message tells.
        options: `tools`, `response_format` and what goes with them; empty where the turn is
            to be answered in words.
    """

    given: GivenModels
    context: Context = field(default_factory=Context)
    trace: Detail = "full"
    options: Mapping[str, Any] = field(default_factory=dict)

    def changed(self, changes: Mapping[str, Any]) -> Settings:
        """Return the settings of one call.

        Args:
            changes: Any of our settings, `context` for all at once; `stop` and `model`, as
                LangChain calls stop sequences and policy; `tools` or `response_format` and
                what goes with them.

        Raises:
            ConfigError: an unknown setting, or a value out of bounds.
        """
        left = {name: value for name, value in changes.items() if value is not None}
        if "model" in left:
            left["policy"] = left.pop("model")
        parts = {name: left.pop(name) for name in PARTS if name in left}
        base = left.pop("context", self.context)
        options: dict[str, Any] = {}
        if left.get("tools") or "response_format" in left:
            options = {k: v for k, v in left.items() if k not in _NAMES}
        knobs = {k: v for k, v in left.items() if k not in {"tools", "tool_choice", *options}}
        return replace(
            self,
            given=replace(self.given, **parts) if parts else self.given,
            context=_context(base, knobs),
            options=options,
        )

    @property
    def answers_in_words(self) -> bool:
        """Whether a text is wanted, not an object."""
        return "response_format" not in self.options

    @property
    def name(self) -> str:
        """What the policy is called."""
        return model_name(self.given.policy or self.context.policy)

    @property
    def by_name(self) -> bool:
        """Whether every part is named by text, so that the settings can be written down."""
        given, texts = self.given, (str, type(None))
        models = (*texts, BaseChatModel)
        return (
            isinstance(given.prompts, (*texts, dict))
            and all(isinstance(model, models) for model in (given.policy, given.critic))
            and all(isinstance(r, texts) for r in (given.reward, given.heldout, given.fallback))
        )

    @property
    def described(self) -> dict[str, Any]:
        """The settings in words: the names of models and rewards, never what they hold."""
        given = {name: getattr(self.given, name) for name in PARTS}
        parts = {name: _named(part) for name, part in given.items() if part}
        return {**self.context.model_dump(mode="json"), **parts}

    @property
    def written(self) -> dict[str, Any]:
        """The arguments that make the same settings again; to be asked for where `by_name`."""
        given = {name: getattr(self.given, name) for name in PARTS}
        parts = {name: part for name, part in given.items() if part is not None}
        texts = {k: self.described[k] for k, part in parts.items() if isinstance(part, str)}
        return {**self.context.model_dump(mode="json", exclude_unset=True), **parts, **texts}

    def graph(self) -> TPOGraph:
        """Return the graph; the answer is left to whoever asked."""
        return build_graph(self.given, speak=False)

    def check(self) -> None:
        """Refuse what cannot run, without asking anything.

        Raises:
            ConfigError: a part that is none; SpecError, PromptError where it is a text.
        """
        given, context = self.given, self.context
        for policy in (given.policy or context.policy, given.critic or context.critic):
            if policy:
                check_policy(policy)
        given.checked()


_NAMES = frozenset({*PARTS, *Context.model_fields, "context", "stop"})


def given_settings(values: Mapping[str, Any], fields: Collection[str]) -> dict[str, Any]:
    """Sort the arguments of a constructor: what is no field of it is a setting of `Context`.

    Raises:
        ConfigError: an unknown setting, or a value out of bounds.
    """
    own = {name: value for name, value in values.items() if name in fields}
    knobs = {name: value for name, value in values.items() if name not in fields}
    return {**own, "context": _context(own.get("context"), knobs)}


def _context(base: Context | None, knobs: Mapping[str, Any]) -> Context:
    knobs = dict(knobs)
    if stop := knobs.pop("stop", None):
        knobs["stop_sequences"] = [stop] if isinstance(stop, str) else stop
    return make_context(base, **knobs) if knobs or base is None else base


def _named(part: Any) -> str:
    if isinstance(part, BaseChatModel):
        return model_name(part)
    if isinstance(part, str):
        return re.sub(r"//[^/@]*@", "//", part)  # a login is no part of the name
    if isinstance(part, PromptSet | Mapping):
        return "own"
    return str(getattr(part, "name", None) or getattr(part, "__name__", type(part).__name__))
