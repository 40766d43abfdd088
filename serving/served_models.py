"""The models that are served: graphs, and the settings that clients may change."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from langgraph.graph.state import CompiledStateGraph
from pydantic import ValidationError, create_model

from ..core.context import Context
from ..core.errors import ConfigError
from ..core.make_context import context_with, explain, make_context
from ..core.state import InputState, State
from ..graphs.loop import TPOGraph, build_tpo
from ..models.policy import resolve_policy
from ..rewards.resolve import resolve_reward
from .error_responses import Refusal
from .hidden_parts import short_name
from .run_settings import Fields, bounded_context, policy_specs, with_default
from .server_settings import Settings

App = CompiledStateGraph[State, Context, InputState, State]
ABOUT = {
    "tpo": "Test-time Preference Optimization: sample, rank, textual loss, gradient, update.",
    "best_of_n": "Baseline: sample N answers once and return the best.",
    "revision": "Baseline: the same loop, critiquing the best answer alone.",
}
ADAPTIVE = "As tpo, but each round is divided by what has paid so far: fresh, rewrite, advised."
POLICY_ALONE = "One answer of the policy, as it is: to compare with, and for titles and tags."


@dataclass(frozen=True)
class ServedModel:
    """One model: its name, what it does, its graph and the class of its settings."""

    name: str
    about: str
    schema: type[Context]
    defaults: Mapping[str, str | int] = field(default_factory=dict, compare=False)
    """What its settings have in place of those of `tpo`."""

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
        self._base = bounded_context(settings, context_with("Context", **defaults))
        self.policies = policy_specs(settings)
        self.graphs = {name: self._served(name, about, mode=name) for name, about in ABOUT.items()}
        always = {
            **self.graphs,
            "adaptive": self._served("adaptive", ADAPTIVE, mode="adaptive"),
            "policy": self._served("policy", POLICY_ALONE, mode="best_of_n", width=1),
        }
        if taken := sorted(always.keys() & settings.models):
            raise ConfigError(f"{', '.join(taken)} is the name of a model that is always there")
        others = {f"tpo/{short_name(self.policies[0])}": self.policies[0]} | settings.models
        self._models = {
            **always,
            **{
                n: self._served(n, f"TPO with {short_name(spec)}.", policy=spec)
                for n, spec in others.items()
            },
        }

    async def check(self) -> None:
        """Load what the settings name, so that a wrong name is found before a client comes.

        Raises:
            ConfigError: a name is wrong.
            MissingDependencyError: a package is not installed.
        """
        try:
            defaults = self.graphs["tpo"].schema()
        except ValidationError as error:
            raise ConfigError(f"a run without settings is refused: {explain(error)}") from None
        for spec in filter(None, [*self.policies, defaults.critic]):
            await resolve_policy(spec)
        await asyncio.to_thread(resolve_reward, defaults.reward, policy=defaults.policy)

    @property
    def names(self) -> list[str]:
        """The names of all models."""
        return list(self._models)

    @property
    def chosen_names(self) -> list[str]:
        """The names that say nothing of a spec: those always there, and the operator's own."""
        return [name for name in self._models if not name.startswith("tpo/")]

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
            known = self._base.model_fields[setting]
            fields[setting] = (known.annotation, with_default(known, value))
        schema = create_model("Context", __base__=self._base, **fields)
        return ServedModel(name, about, schema, defaults)
