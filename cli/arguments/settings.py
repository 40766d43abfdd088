"""The settings of `Context` as command-line options; kinds and defaults come from there."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

import typer
from pydantic.fields import FieldInfo

from ...core.context import Context
from ...core.policy_forms import listed
from ...rewards.specs import REWARDS
from ..input.typed_values import OWN, number, schema_file

SEARCH, MODELS, SAMPLING, PERSON = "Search", "Models", "Sampling", "Human in the loop"
REWARD, STOP, REQUESTS, OUTPUT = "Reward", "Stop rules and budget", "Requests", "Output"
FROM_ENVIRONMENT = {"policy": "TPO_POLICY", "critic": "TPO_CRITIC", "reward": "TPO_REWARD"}
SEVERAL = (
    "One of several models that divide the first samples, in place of --policy; to be repeated. "
    "The one whose answer is the best of these writes all that follows."
)


@dataclass(frozen=True)
class Setting:
    """How one setting of `Context` is typed.

    Attributes:
        name: Its name in `Context`.
        panel: Where the help lists it.
        short: A one-letter name, or "".
        flags: How it is typed, if not as `--name`.
        help: What the help says, if not the setting's own description.
        default: Its default in the help, if another.
    """

    name: str
    panel: str
    short: str = ""
    flags: str = ""
    help: str = ""
    default: object = None

    @property
    def field(self) -> FieldInfo:
        """Its field in `Context`."""
        return Context.model_fields[self.name]

    def parameter(self, environment: bool) -> inspect.Parameter:
        """Return the parameter of a command that typer makes an option of."""
        kind: Any = self.field.annotation
        parser: Any = None
        kind = list[str] if get_origin(kind) is tuple else kind
        if self.name == "answer_schema":
            kind, parser = str, schema_file
        elif type(None) in get_args(kind):
            kind = get_args(kind)[0]
            if self.field.default is not None:  # so that it can be set to nothing
                kind, parser = str, number
        flag = self.flags or "--" + self.name.replace("_", "-")
        default = self.field.default if self.default is None else self.default
        text = self.help or self.field.description or ""
        if default not in (None, "", ()) and not isinstance(default, bool):
            shown = f"{default:g}" if isinstance(default, float) else default
            text += f" [dim]Default: {shown}.[/dim]"
        option: Any = typer.Option(
            *([flag, f"-{self.short}"] if self.short else [flag]),
            help=text,
            rich_help_panel=self.panel,
            show_default=False,
            envvar=FROM_ENVIRONMENT.get(self.name) if environment else None,
            parser=parser,
            metavar="FILE" if self.name == "answer_schema" else _metavar(self.field),
        )
        return inspect.Parameter(
            self.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[kind | None, option],
        )


def _metavar(field: FieldInfo) -> str | None:
    """Return what the help shows for the value: its range, if it has one; flags have none."""
    if field.annotation is bool:
        return " "
    low = next((m.ge for m in field.metadata if hasattr(m, "ge")), 0)
    high = next((m.le for m in field.metadata if hasattr(m, "le")), None)
    if high is not None:
        return f"{low}-{high}"
    if numeric := {int, float} & {field.annotation, *get_args(field.annotation)}:
        return "N" if int in numeric else "X"
    return "TEXT" if field.annotation is str or get_origin(field.annotation) is tuple else None


SETTINGS = (
    Setting("depth", SEARCH, "d", help="Rounds of improvement, D; 0 is best-of-N."),
    Setting("width", SEARCH, "w"),
    Setting("mode", SEARCH, "m"),
    Setting("answer_schema", SEARCH, flags="--schema"),
    Setting("seed", SEARCH),
    Setting("fusion", SEARCH, flags="--fusion/--no-fusion"),
    Setting("critiques", SEARCH),
    Setting("policy", MODELS, "p"),
    Setting("policies", MODELS, help=SEVERAL),
    Setting("reward", MODELS, "r", help=f"What ranks the candidates: {listed(REWARDS)}."),
    Setting("critic", MODELS, help="Another model for loss and gradient. Default: the policy."),
    Setting("prompts", MODELS),
    Setting("on_reward_failure", REWARD),
    Setting("fallback_reward", REWARD),
    Setting("feedback", REWARD),
    Setting("ratings", REWARD),
    Setting("heldout", REWARD),
    Setting("guard", REWARD),
    Setting("guard_tolerance", REWARD),
    Setting("temperature", SAMPLING, help=f"Of answers; {OWN}: the model's own."),
    Setting("top_p", SAMPLING, help=f"Of all texts; {OWN}: the model's own."),
    Setting("max_tokens", SAMPLING),
    Setting("critique_temperature", SAMPLING),
    Setting("critique_max_tokens", SAMPLING),
    Setting("sampling", SAMPLING),
    Setting("stop_sequences", SAMPLING, help="An answer ends before this text; may be repeated."),
    Setting("update_format", SAMPLING),
    Setting("reasoning", SAMPLING),
    Setting("clip_tokens", SAMPLING),
    Setting("target_reward", STOP),
    Setting("patience", STOP),
    Setting("round_price", STOP),
    Setting("min_spread", STOP),
    Setting("on_tie", STOP),
    Setting("budget_requests", STOP),
    Setting("budget_tokens", STOP),
    Setting("budget_seconds", STOP),
    Setting("budget_usd", STOP),
    Setting("price", STOP),
    Setting("max_concurrency", REQUESTS),
    Setting("timeout", REQUESTS),
    Setting("retries", REQUESTS),
    Setting("parameters", REQUESTS),
    Setting("live", REQUESTS, flags=" /--no-live", help="Do not stream text as it is written."),
    Setting("human_pick", PERSON, flags="--human-pick/--no-human-pick"),
)
