"""The settings that a client may give a run, within the bounds of the server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, create_model, field_validator, model_validator
from pydantic.fields import FieldInfo

from ..core.context import Context
from ..core.json_types import JsonObject
from ..core.settings.parameters import parameters_by_name
from .guard.run_account import MEASURES
from .hidden_parts import by_short_name, told_reward
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
    return create_model("Context", __base__=bounded, **named_specs(settings, base))


def named_specs(settings: Settings, base: type[Context]) -> Fields:
    """Return the models and rewards that a client may name, by what clients are told of them."""
    critic, reward = (base.model_fields[name].default for name in ("critic", "reward"))
    policies, rewards = policy_specs(settings), [reward, "heuristic"]
    full = by_short_name(policies) | {told_reward(reward): reward}
    as_spec = BeforeValidator(lambda one: full.get(one, one) if isinstance(one, str) else one)
    if settings.any_spec:
        return {"reward": (Annotated[str, as_spec], told_field(base.model_fields["reward"]))}
    several = base.model_fields["policies"]
    one_of: Any = Annotated[Literal[tuple(policies)], as_spec]
    fields: Fields = {"policies": (tuple[one_of, ...], with_default(several, several.default))}
    among = {"policy": policies, "critic": ["", critic, *policies], "reward": rewards}
    among |= {name: ["", *rewards] for name in ("heldout", "fallback_reward")}
    for name, allowed in among.items():
        choices = tuple(dict.fromkeys(allowed))
        field = told_field(base.model_fields[name], choices)
        fields[name] = (Annotated[Literal[choices], as_spec], field)
    return fields


def told_field(field: FieldInfo, choices: Sequence[str] = ()) -> FieldInfo:
    """Return a copy of a field whose schema shows default and choices as clients are told them."""
    shown = with_default(field, field.default)
    told: JsonObject = {"enum": [told_reward(one) for one in choices]} if choices else {}
    if (default := told_reward(field.default)) != field.default:
        told["default"] = default
    shown.json_schema_extra = told  # a list, even of one
    return shown


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
