"""The settings that a client may give a run, within the bounds of the server."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, create_model, field_validator, model_validator
from pydantic.fields import FieldInfo

from ..core.context import Context
from ..core.settings.parameters import parameters_by_name
from .guard.run_account import MEASURES
from .hidden_parts import by_short_name
from .server_settings import Settings

Fields = dict[str, Any]
"""Changed settings, as `create_model` takes them."""


def policy_specs(settings: Settings) -> list[str]:
    """Return the policies of a server, the default one first."""
    named = [settings.policy or Context.model_fields["policy"].default, *settings.models.values()]
    return list(dict.fromkeys(named))


def with_default(field: FieldInfo, value: object) -> FieldInfo:
    """Return a copy of a field with another default."""
    changed = type(field).merge_field_infos(field)
    changed.default = value
    return changed


def bounded_context(settings: Settings, base: type[Context]) -> type[Context]:
    """Return a class of run settings with the bounds of this server.

    The bounds are in the class, so they hold for every route, and forms show them.

    Args:
        settings: Of the server.
        base: The class to bound; its defaults stay.
    """

    class Bounded(base):  # type: ignore[valid-type, misc]
        @model_validator(mode="after")
        def _within_max_calls(self) -> Self:
            texts = self.width * (self.rounds + 1) + self.critique_texts * self.rounds
            if texts > settings.max_calls:
                raise ValueError(
                    f"width {self.width} and depth {self.depth} take {texts} texts, and this "
                    f"server allows {settings.max_calls} per run; take less of either"
                )
            return self

        @field_validator("parameters")
        @classmethod
        def _allowed(cls, given: tuple[str, ...]) -> tuple[str, ...]:
            for name in parameters_by_name(given).keys() - set(settings.allow_parameters):
                raise ValueError(
                    f"{name} is not passed on to the model: leave it out, or ask the "
                    f"server's operator to allow it (tpo serve --allow-parameter {name})"
                )
            return given

    bounded = create_model("Context", __base__=Bounded, **bounded_numbers(settings, base))
    if settings.any_spec:
        return bounded
    full = by_short_name(policy_specs(settings))
    as_spec = BeforeValidator(
        lambda given: full.get(given, given) if isinstance(given, str) else given
    )
    default = {name: base.model_fields[name].default for name in ("critic", "reward")}
    policies, rewards = policy_specs(settings), [default["reward"], "heuristic"]
    fields: Fields = {}
    several = base.model_fields["policies"]
    one_of: Any = Annotated[Literal[tuple(policies)], as_spec]
    fields["policies"] = (tuple[one_of, ...], with_default(several, several.default))
    for name, allowed in {
        "policy": policies,
        "critic": ["", default["critic"], *policies],
        "reward": rewards,
        "heldout": ["", *rewards],
        "fallback_reward": ["", *rewards],
    }.items():
        choices = tuple(dict.fromkeys(allowed))
        field = base.model_fields[name]
        shown = with_default(field, field.default)
        shown.json_schema_extra = {"enum": list(choices)}  # a list, even of one
        fields[name] = (Annotated[Literal[choices], as_spec], shown)
    return create_model("Context", __base__=bounded, **fields)


def bounded_numbers(settings: Settings, base: type[Context]) -> Fields:
    """Return the sizes and budgets that a client may lower, and not raise above the server's."""
    tokens = dict.fromkeys(("max_tokens", "critique_max_tokens"), settings.max_tokens)
    budgets = {f"budget_{name}": getattr(settings, f"run_{name}") for name in MEASURES}
    fields: Fields = {}
    for name, most in {**tokens, **budgets}.items():
        field, kind = base.model_fields[name], float if name == "budget_usd" else int
        default = min(field.default or most, most)
        if most:  # none at all (null, or a budget of 0) would be beyond it
            number = Annotated[kind, Field(gt=0, le=most)]  # type: ignore[valid-type]
            fields[name] = (number, with_default(field, default))
    return fields
