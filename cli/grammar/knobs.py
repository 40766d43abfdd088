"""The settings of `Context` as command-line options: names, kinds, defaults come from there."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

import typer
from pydantic.fields import FieldInfo

from ...core.context import Context

SEARCH, MODELS, SAMPLING, PERSON = "Search", "Models", "Sampling", "Human in the loop"
REWARD = "Reward"
STOP, REQUESTS, OUTPUT = "Stop rules and budget", "Requests", "Output"
FROM_ENVIRONMENT = {"policy": "TPO_POLICY", "critic": "TPO_CRITIC", "reward": "TPO_REWARD"}
OWN = "none"  # what to type for: leave the model's own


def number(text: str) -> float | int | str:
    """Read a number, or `none`."""
    if text.strip().lower() == OWN:
        return OWN
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    raise typer.BadParameter(f"{text!r} is neither a number nor {OWN!r}")


@dataclass(frozen=True)
class Knob:
    """How one setting of `Context` is typed.

    Attributes:
        name: Its name in `Context`.
        panel: Where the help lists it.
        short: A one-letter name, or "".
        flags: How it is typed, where that is not `--name`.
        help: What the help says, where that is not the setting's own description.
    """

    name: str
    panel: str
    short: str = ""
    flags: str = ""
    help: str = ""

    @property
    def field(self) -> FieldInfo:
        """The setting itself."""
        return Context.model_fields[self.name]

    def parameter(self, environment: bool) -> inspect.Parameter:
        """Return the parameter of a command that typer makes an option of."""
        kind, parser = self.field.annotation, None
        if get_origin(kind) is tuple:
            kind = list[str]
        if type(None) in get_args(kind):
            kind = get_args(kind)[0]
            if self.field.default is not None:  # so it can be set to nothing
                kind, parser = str, number
        flag = self.flags or "--" + self.name.replace("_", "-")
        option: Any = typer.Option(
            *([flag, f"-{self.short}"] if self.short else [flag]),
            help=(self.help or self.field.description or "") + _default(self.field),
            rich_help_panel=self.panel,
            show_default=False,
            envvar=FROM_ENVIRONMENT.get(self.name) if environment else None,
            parser=parser,
            metavar=_metavar(self.field),
        )
        return inspect.Parameter(
            self.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[kind | None, option],  # type: ignore[operator]
        )


def _default(field: FieldInfo) -> str:
    default = field.default
    if default in (None, "", ()) or isinstance(default, bool):
        return ""
    shown = f"{default:g}" if isinstance(default, float) else default
    return f" [dim]Default: {shown}.[/dim]"


def _metavar(field: FieldInfo) -> str | None:
    """Return what stands for the value: its range, where it has one; flags have none."""
    if field.annotation is bool:
        return " "
    low = next((m.ge for m in field.metadata if hasattr(m, "ge")), 0)
    high = next((m.le for m in field.metadata if hasattr(m, "le")), None)
    if high is not None:
        return f"{low}-{high}"
    numeric = {int, float} & {field.annotation, *get_args(field.annotation)}
    if numeric:
        return "N" if int in numeric else "X"
    return "TEXT" if field.annotation is str or get_origin(field.annotation) is tuple else None


KNOBS = (
    Knob("depth", SEARCH, "d", help="Rounds of improvement, D; 0 is best-of-N."),
    Knob("width", SEARCH, "w"),
    Knob("mode", SEARCH, "m"),
    Knob("seed", SEARCH),
    Knob("policy", MODELS, "p"),
    Knob("reward", MODELS, "r"),
    Knob("critic", MODELS, help="Another model for loss and gradient. Default: the policy."),
    Knob("prompts", MODELS),
    Knob("on_reward_failure", REWARD),
    Knob("fallback_reward", REWARD),
    Knob("heldout", REWARD),
    Knob("guard", REWARD),
    Knob("guard_tolerance", REWARD),
    Knob("temperature", SAMPLING, help=f"Of answers; {OWN}: the model's own."),
    Knob("top_p", SAMPLING, help=f"Of all texts; {OWN}: the model's own."),
    Knob("max_tokens", SAMPLING),
    Knob("critique_temperature", SAMPLING),
    Knob("critique_max_tokens", SAMPLING),
    Knob("sampling", SAMPLING),
    Knob("stop_sequences", SAMPLING, help="An answer ends before this text; may be repeated."),
    Knob("update_format", SAMPLING),
    Knob("clip_tokens", SAMPLING),
    Knob("target_reward", STOP),
    Knob("patience", STOP),
    Knob("min_spread", STOP),
    Knob("budget_requests", STOP),
    Knob("budget_tokens", STOP),
    Knob("budget_seconds", STOP),
    Knob("max_concurrency", REQUESTS),
    Knob("timeout", REQUESTS),
    Knob("retries", REQUESTS),
    Knob("live", REQUESTS, flags=" /--no-live", help="Do not stream text as it is written."),
    Knob("human_pick", PERSON, flags="--human-pick/--no-human-pick"),
)
