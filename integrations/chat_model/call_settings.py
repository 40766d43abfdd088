"""The settings of one call: those the model was made with, changed by the call's own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from langchain_core.language_models import BaseChatModel

from ...core.context import Context
from ...core.login import without_logins
from ...core.make_context import chosen_context
from ...core.provenance import settings_shown
from ...graphs.aligned import part_name
from ...graphs.loop import TPOGraph, build_graph
from ...models.hide_from_traces import is_open
from ...models.policy import PolicyLike, check_policy, model_name
from ...models.several_policies import policies_of
from ...nodes.paid.run_models import GivenModels
from ...prompts.prompt_set import PromptSet
from ..inner_run.run_summary import Detail

Keywords = Mapping[str, Any]
"""Arguments by their names."""
PARTS = ("policy", "policies", "reward", "critic", "heldout", "fallback", "prompts")
ONE_OR_SEVERAL = ("policy", "policies")  # a call that names either takes the place of both


@dataclass(frozen=True)
class CallSettings:
    """The arguments of `tpo.align`, and the options that only the policy gets.

    Attributes:
        given: Models, rewards and prompts.
        context: The settings of a run.
        trace: How much of a run its message holds.
        options: `tools`, `response_format` and what goes with them; empty if the turn has
            neither.
    """

    given: GivenModels
    context: Context = field(default_factory=Context)
    trace: Detail = "full"
    options: Keywords = field(default_factory=dict)

    def changed(self, changes: Keywords) -> CallSettings:
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
        if any(name in parts for name in ONE_OR_SEVERAL):
            parts = {**dict.fromkeys(ONE_OR_SEVERAL), **parts}
        base = left.pop("context", self.context)
        options: Keywords = {}
        if left.get("tools") or "response_format" in left:
            options = {k: v for k, v in left.items() if k not in _NAMES}
        settings = {k: v for k, v in left.items() if k not in {"tools", "tool_choice", *options}}
        return replace(
            self,
            given=replace(self.given, **parts) if parts else self.given,
            context=_context(base, settings),
            options=options,
        )

    @property
    def answers_in_words(self) -> bool:
        """Whether a text is wanted, not an object."""
        return "response_format" not in self.options

    @property
    def name(self) -> str:
        """What the policies are called."""
        return ", ".join(map(model_name, self.policies))

    @property
    def specs(self) -> list[str]:
        """What the models and the rewards of a run are called, or the specs that name them."""
        given, context = self.given, self.context
        rewards = (given.reward or context.reward, given.heldout or context.heldout)
        others = (given.fallback or context.fallback_reward, given.critic or context.critic)
        parts = (*rewards, *others, *self.policies)
        return [part if isinstance(part, str) else part_name(part) for part in parts if part]

    @property
    def policies(self) -> Sequence[PolicyLike]:
        """The policies of a run, at least one; the first replies with tools and the like."""
        return policies_of(self.given.policy, self.given.policies, self.context)

    @property
    def by_name(self) -> bool:
        """Whether the settings can be written down: parts have names, and models no secrets."""
        given, texts = self.given, (str, type(None))
        return (
            isinstance(given.prompts, (*texts, dict))
            and all(
                isinstance(part, texts) or (isinstance(part, BaseChatModel) and is_open(part))
                for part in (given.policy, *(given.policies or ()), given.critic)
            )
            and all(isinstance(r, texts) for r in (given.reward, given.heldout, given.fallback))
        )

    @property
    def described(self) -> Keywords:
        """The settings as text: models and rewards by their names."""
        described = settings_shown(self.context)
        for name, part in self._parts.items():
            if not part:
                continue
            if name == "policies":
                described[name] = [model_name(policy) for policy in part]
            elif isinstance(part, PromptSet | Mapping):
                described[name] = "own"
            else:
                described[name] = part_name(part)
        return described

    @property
    def written(self) -> Keywords:
        """The arguments that make the same settings again; only if `by_name`."""
        parts = {name: part for name, part in self._parts.items() if part is not None}
        return _open({**self.context.model_dump(mode="json", exclude_unset=True), **parts})

    @property
    def _parts(self) -> Keywords:
        return {name: getattr(self.given, name) for name in PARTS}

    def graph(self) -> TPOGraph:
        """Return the graph; the caller makes a message of the answer."""
        return build_graph(self.given, speak=False)

    def check(self) -> None:
        """Refuse what cannot run, without asking anything.

        Raises:
            ConfigError: a part is not what it should be; SpecError, PromptError if it is a text.
        """
        for policy in (*self.policies, self.given.critic or self.context.critic):
            if policy:
                check_policy(policy)
        self.given.checked()


_NAMES = frozenset({*PARTS, *Context.model_fields, "context", "stop"})


def given_settings(values: Keywords, fields: Collection[str]) -> Keywords:
    """Sort the arguments of a constructor: what is not its field is a setting of `Context`.

    `model` is the policy by the name that LangChain's chat models have for it.

    Raises:
        ConfigError: an unknown setting, or a value out of bounds.
    """
    values = {"policy" if name == "model" else name: value for name, value in values.items()}
    own = {name: value for name, value in values.items() if name in fields}
    settings = {name: value for name, value in values.items() if name not in fields}
    return {**own, "context": _context(own.get("context"), settings)}


def _context(base: object, settings: Keywords) -> Context:
    settings = dict(settings)
    if stop := settings.pop("stop", None):
        settings["stop_sequences"] = [stop] if isinstance(stop, str) else stop
    return chosen_context(base, settings)


def _open(values: Keywords) -> Keywords:
    """Return values without the logins in their specs."""
    return {name: without_logins(value) for name, value in values.items()}
