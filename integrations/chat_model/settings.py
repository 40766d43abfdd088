"""What a call runs with: what the model was made with, changed by what the call says."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from langchain_core.language_models import BaseChatModel

from ...core.context import Context
from ...core.settings import make_context
from ...graphs.loop import TPOGraph, build_tpo
from ...models.policy import check_policy, model_name
from ...prompts.prompt_set import PromptSet
from ..inner_run.run_trace import Detail

PARTS = ("policy", "reward", "critic", "heldout", "fallback", "prompts")


@dataclass(frozen=True)
class Settings:
    """The arguments of `tpo.align`, and what is meant for the policy only.

    Attributes:
        trace: How much of a run its message tells.
        options: `tools`, `response_format` and what goes with them; empty where the turn is
            to be answered in words.
    """

    policy: Any = None
    reward: Any = None
    critic: Any = None
    heldout: Any = None
    fallback: Any = None
    prompts: Any = None
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
        return replace(self, **parts, context=_context(base, knobs), options=options)

    @property
    def answers_in_words(self) -> bool:
        """Whether a text is wanted, not an object."""
        return "response_format" not in self.options

    @property
    def name(self) -> str:
        """What the policy is called."""
        return model_name(self.policy or self.context.policy)

    @property
    def by_name(self) -> bool:
        """Whether every part is named by text, so that the settings can be written down."""
        texts = (str, type(None))
        models = (*texts, BaseChatModel)
        return (
            isinstance(self.prompts, (*texts, dict))
            and all(isinstance(part, models) for part in (self.policy, self.critic))
            and all(isinstance(p, texts) for p in (self.reward, self.heldout, self.fallback))
        )

    @property
    def described(self) -> dict[str, Any]:
        """The settings in words: the names of models and rewards, never what they hold."""
        parts = {name: _named(getattr(self, name)) for name in PARTS if getattr(self, name)}
        return {**self.context.model_dump(mode="json"), **parts}

    @property
    def written(self) -> dict[str, Any]:
        """The arguments that make the same settings again; to be asked for where `by_name`."""
        parts = {name: part for name in PARTS if (part := getattr(self, name)) is not None}
        texts = {k: self.described[k] for k, part in parts.items() if isinstance(part, str)}
        return {**self.context.model_dump(mode="json", exclude_unset=True), **parts, **texts}

    def graph(self) -> TPOGraph:
        """Return the graph; the answer is left to whoever asked."""
        return build_tpo(
            self.policy,
            self.reward,
            critic=self.critic,
            heldout=self.heldout,
            fallback=self.fallback,
            prompts=self.prompts,
            speak=False,
        )

    def check(self) -> None:
        """Refuse what cannot run, without asking anything.

        Raises:
            ConfigError: a part that is none; SpecError, PromptError where it is a text.
        """
        for policy in (self.policy or self.context.policy, self.critic or self.context.critic):
            if policy:
                check_policy(policy)
        self.graph()


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
