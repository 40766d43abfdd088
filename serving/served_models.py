"""The models that are served: graphs, and the settings that clients may change."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Self

from langgraph.graph.state import CompiledStateGraph
from pydantic import create_model, model_validator
from pydantic.fields import FieldInfo

from ..core.context import Context
from ..core.errors import ConfigError
from ..core.settings import context_with, make_context
from ..core.state import InputState, State
from ..graphs.loop import TPOGraph, build_tpo
from ..models.policy import resolve_policy
from ..rewards.resolve import resolve_reward
from .error_responses import Refusal
from .settings import Settings

App = CompiledStateGraph[State, Context, InputState, State]
Fields = dict[str, Any]
"""Changed settings, as `create_model` takes them."""

ABOUT = {
    "tpo": "Test-time Preference Optimization: sample, rank, textual loss, gradient, update.",
    "best_of_n": "Baseline: sample N answers once and return the best.",
    "revision": "Baseline: the same loop, critiquing the best answer alone.",
}

POLICY_ALONE = "One answer of the policy, as it is: to compare with, and for titles and tags."


@dataclass(frozen=True)
class ServedModel:
    """One model: its name, what it does, its graph and the class of its settings."""

    name: str
    about: str
    schema: type[Context]

    @cached_property
    def graph(self) -> TPOGraph:
        """The graph, uncompiled."""
        return build_tpo(context_schema=self.schema)

    @cached_property
    def app(self) -> App:
        """The graph without a saver, for runs that are not resumed."""
        return self.graph.compile(name=self.name)

    def context(self, **settings: object) -> Context:
        """Return the settings of a run.

        Raises:
            ConfigError: a setting is wrong; the message says what is allowed.
        """
        return make_context(self.schema(), **settings)


class ServedModels:
    """All models of a server.

    Args:
        settings: The policies and rewards, and how many texts a run may ask for.

    Raises:
        ConfigError: a model is given the name of one that is always there.
    """

    def __init__(self, settings: Settings) -> None:
        defaults = {n: v for n in ("policy", "critic", "reward") if (v := getattr(settings, n))}
        self._base = _bounded(settings, context_with("Context", **defaults))
        self.policies = _policies(settings)
        self.graphs = {name: self._served(name, about, mode=name) for name, about in ABOUT.items()}
        always = {
            **self.graphs,
            "policy": self._served("policy", POLICY_ALONE, mode="best_of_n", width=1),
        }
        if taken := sorted(always.keys() & settings.models):
            raise ConfigError(f"{', '.join(taken)} is the name of a model that is always there")
        others = {f"tpo/{_name(self.policies[0])}": self.policies[0]} | settings.models
        self._models = {
            **always,
            **{
                n: self._served(n, f"TPO with {_name(spec)}.", policy=spec)
                for n, spec in others.items()
            },
        }

    async def check(self) -> None:
        """Load what the settings name, so that a wrong name is found before the first client comes.

        Raises:
            ConfigError: a name is wrong.
            MissingDependencyError: a package is not installed.
        """
        defaults = self.graphs["tpo"].schema()
        for spec in filter(None, [*self.policies, defaults.critic]):
            await resolve_policy(spec)
        await asyncio.to_thread(resolve_reward, defaults.reward, policy=defaults.policy)

    @property
    def names(self) -> list[str]:
        """The names of all models."""
        return list(self._models)

    def __getitem__(self, name: str) -> ServedModel:
        """Return a model.

        Raises:
            Refusal: there is no model of this name (404).
        """
        if name not in self._models:
            raise Refusal(
                404,
                f"there is no model {name!r}; the models are {', '.join(self._models)}",
                param="model",
                code="model_not_found",
            )
        return self._models[name]

    def _served(self, name: str, about: str, **defaults: str | int) -> ServedModel:
        fields: Fields = {}
        for setting, value in defaults.items():
            field = self._base.model_fields[setting]
            fields[setting] = (field.annotation, _with_default(field, value))
        return ServedModel(name, about, create_model("Context", __base__=self._base, **fields))


def _with_default(field: FieldInfo, value: object) -> FieldInfo:
    changed = type(field).merge_field_infos(field)
    changed.default = value
    return changed


def _name(spec: str) -> str:
    """Return the name of a policy without its address, which clients must not see."""
    return spec.partition("@http")[0]


def _policies(settings: Settings) -> list[str]:
    named = [settings.policy or Context.model_fields["policy"].default, *settings.models.values()]
    return list(dict.fromkeys(named))


def _bounded(settings: Settings, base: type[Context]) -> type[Context]:
    """Return a class of settings with the bounds of this server.

    The bounds are in the class, so they hold for every route, and forms show them.
    """

    class Bounded(base):  # type: ignore[valid-type, misc]
        @model_validator(mode="after")
        def _within_max_calls(self) -> Self:
            texts = self.width * (self.rounds + 1) + 2 * self.rounds
            if texts > settings.max_calls:
                raise ValueError(
                    f"width {self.width} and depth {self.depth} take {texts} texts, and this "
                    f"server allows {settings.max_calls} per run; take less of either"
                )
            return self

    if settings.any_spec:
        return Bounded
    default = {name: base.model_fields[name].default for name in ("critic", "reward")}
    policies, rewards = _policies(settings), [default["reward"], "heuristic"]
    fields: Fields = {}
    for name, allowed in {
        "policy": policies,
        "critic": ["", default["critic"], *policies],
        "reward": rewards,
        "heldout": ["", *rewards],
        "fallback_reward": ["", *rewards],
    }.items():
        choices = tuple(dict.fromkeys(allowed))
        field = base.model_fields[name]
        shown = _with_default(field, field.default)
        shown.json_schema_extra = {"enum": list(choices)}  # a list, even of one
        fields[name] = (Literal[choices], shown)
    return create_model("Context", __base__=Bounded, **fields)
