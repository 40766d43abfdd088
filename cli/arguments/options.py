"""Arguments and options that several commands share."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from ...core.dollars import PRICES
from ..input.typed_values import OWN
from .settings import OUTPUT, SETTINGS, STOP, Setting


def _flag(*names: str, help: str) -> Any:
    return typer.Option(*names, help=help, metavar=" ", rich_help_panel=OUTPUT)


Database = Annotated[
    str | None,
    typer.Option(
        "--db",
        metavar="FILE",
        envvar="TPO_DB",
        help="SQLite file of saved runs. Default: runs.db in your user data folder.",
        rich_help_panel=OUTPUT,
    ),
]
DatabaseOrFolder = Annotated[
    str | None,
    typer.Option(
        "--db",
        metavar="FILE|FOLDER",
        envvar="TPO_DB",
        help="SQLite file of saved runs (default: runs.db in your user data folder), or the folder "
        "of tpo batch: its rows, done and under way, also while it works. They are only read.",
        rich_help_panel=OUTPUT,
    ),
]
CHECKPOINTS = (
    "PostgreSQL database for the rows under way, in place of a file in the folder: "
    "postgresql://HOST/NAME; the password in PGPASSWORD or ~/.pgpass."
)
Json = Annotated[
    bool,
    _flag("--json", help="Print each record as one line of JSON, and nothing else."),
]
Quiet = Annotated[
    bool,
    _flag("--quiet", "-q", help="Print the answer and nothing else."),
]
Events = Annotated[
    bool,
    _flag("--events", help="Print each event as a line of JSON, as it happens (docs/events.md)."),
]
Prices = Annotated[
    Path | None,
    typer.Option(
        "--prices",
        metavar="FILE",
        envvar=PRICES,
        help="Prices of models as JSON: litellm's, or dollars per million tokens (docs/models.md).",
        rich_help_panel=STOP,
    ),
]
RunId = Annotated[str, typer.Argument(metavar="ID", help="The run's id, or its first characters.")]
Pick = Annotated[
    str | None,
    typer.Option("--pick", metavar="ID", help="In a paused run: the answer to improve on."),
]
Reject = Annotated[
    str | None,
    typer.Option("--reject", metavar="ID", help="... and the answer to contrast it with."),
]
Stop = Annotated[
    bool, typer.Option("--stop", metavar=" ", help="... or end the run with the picked answer.")
]
Loss = Annotated[
    str | None,
    typer.Option(
        "--loss",
        metavar="TEXT|@FILE",
        help="... why the picked answer is better, in place of the critic's loss.",
    ),
]
Gradient = Annotated[
    str | None,
    typer.Option(
        "--gradient",
        metavar="TEXT|@FILE",
        help="... and what to change in it, in place of the critic's gradient.",
    ),
]


PRICES_PARAMETERS = (
    inspect.Parameter("prices", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Prices),
)


def use_prices(file: object) -> None:
    """Have the whole process take prices from a file, if one is given."""
    if file:
        os.environ[PRICES] = str(file)


def takes_settings(
    only: Iterable[str] = (), *, environment: bool = False, of: Sequence[Setting] = SETTINGS
) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Give a command the settings of `Context` as options; it gets those typed as `settings`.

    With all settings goes `--prices`, which the whole process uses.

    Args:
        only: Names of the settings; default: all.
        of: Which ones there are to choose from.
        environment: Whether TPO_POLICY, TPO_CRITIC and TPO_REWARD are read. Not for commands
            that continue a saved run: it keeps its own settings.
    """
    offered = [setting for setting in of if not only or setting.name in set(only)]

    def decorate(function: Callable[..., int]) -> Callable[..., int]:
        @wraps(function)
        def command(**given: object) -> int:
            use_prices(given.pop("prices", None))
            typed = {setting.name: given.pop(setting.name) for setting in offered}
            values = {k: None if v == OWN else v for k, v in typed.items() if v not in (None, [])}
            return function(**given, settings=values)

        own = inspect.signature(function, eval_str=True).parameters.values()
        kept = [p.replace(kind=p.KEYWORD_ONLY) for p in own if p.name != "settings"]
        added = [*(s.parameter(environment) for s in offered), *(() if only else PRICES_PARAMETERS)]
        command.__signature__ = inspect.Signature([*kept, *added])  # type: ignore[attr-defined]
        return command

    return decorate
