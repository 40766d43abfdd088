"""Arguments and options that several commands share."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Annotated, Any

import typer

from .knobs import KNOBS, OUTPUT, OWN


def _flag(*names: str, help: str) -> Any:
    return typer.Option(*names, help=help, metavar=" ", rich_help_panel=OUTPUT)


Database = Annotated[
    str | None,
    typer.Option(
        "--db",
        metavar="FILE",
        envvar="TPO_DB",
        help="SQLite file of saved runs; default: runs.db in the user's data folder.",
        rich_help_panel=OUTPUT,
    ),
]
Json = Annotated[
    bool,
    _flag("--json", help="Print one JSON object, nothing else."),
]
Quiet = Annotated[
    bool,
    _flag("--quiet", "-q", help="Print the answer, nothing else."),
]
Events = Annotated[
    bool,
    _flag("--events", help="Print every event as a line of JSON, as it happens (docs/events.md)."),
]
RunId = Annotated[str, typer.Argument(metavar="ID", help="The run's id, or the beginning of it.")]
Pick = Annotated[
    str | None,
    typer.Option("--pick", metavar="ID", help="In a paused run: the answer to improve on."),
]
Reject = Annotated[
    str | None, typer.Option("--reject", metavar="ID", help="... and the one to contrast it with.")
]
Stop = Annotated[
    bool, typer.Option("--stop", metavar=" ", help="... or end the run with the picked answer.")
]
Loss = Annotated[
    str | None,
    typer.Option(
        "--loss",
        metavar="TEXT|@FILE",
        help="... why the picked answer is the better one, in place of the critic's words.",
    ),
]
Gradient = Annotated[
    str | None,
    typer.Option(
        "--gradient",
        metavar="TEXT|@FILE",
        help="... and what to change in it, in place of the critic's words.",
    ),
]


def takes_knobs(
    only: Iterable[str] = (), *, environment: bool = False
) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Give a command the options of `Context`; it gets those that were typed as `knobs`.

    Args:
        only: Names of the settings; default: all.
        environment: Whether TPO_POLICY, TPO_CRITIC and TPO_REWARD are read. Not where a
            saved run goes on: its own settings rule.
    """
    knobs = [knob for knob in KNOBS if not only or knob.name in set(only)]

    def decorate(function: Callable[..., int]) -> Callable[..., int]:
        @wraps(function)
        def command(**given: Any) -> int:
            typed = {knob.name: given.pop(knob.name) for knob in knobs}
            values = {k: None if v == OWN else v for k, v in typed.items() if v not in (None, [])}
            return function(**given, knobs=values)

        own = inspect.signature(function, eval_str=True).parameters.values()
        kept = [p.replace(kind=p.KEYWORD_ONLY) for p in own if p.name != "knobs"]
        added = [knob.parameter(environment) for knob in knobs]
        command.__signature__ = inspect.Signature([*kept, *added])  # type: ignore[attr-defined]
        return command

    return decorate
