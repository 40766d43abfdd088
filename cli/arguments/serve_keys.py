"""`tpo serve keys add`, `list` and `revoke`: what can be typed, and the help."""

# Commands import their work when they are called: --help stays fast.

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ...serving.guard.callers import KeyLimits
from .options import Json
from .serve import serve_app

keys_app = typer.Typer(no_args_is_help=True, rich_markup_mode="rich")
serve_app.add_typer(keys_app, name="keys")
DAY = "A day begins at midnight UTC; 0 means no limit."
LIMITS = "Limits of this person"


def _limit(name: str, metavar: str, help: str) -> Any:
    return typer.Option(name, metavar=metavar, min=0, help=help, rich_help_panel=LIMITS)


Name = Annotated[str, typer.Argument(metavar="NAME", help="Whose key it is.", show_default=False)]
Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", envvar="TPO_SERVE_DATA", help="The server's folder."),
]
File = Annotated[
    Path | None,
    typer.Option(
        "--keys-file", metavar="FILE", envvar="TPO_SERVE_KEYS_FILE",
        help="The file of keys; by default keys.json in the server's folder.",
    ),
]  # fmt: skip
Role = Annotated[
    str, typer.Option(metavar="ROLE", help="user sees own threads, admin sees everyone's.")
]
ByHeader = Annotated[
    bool,
    typer.Option(
        "--by-header", metavar=" ",
        help="No key: a proxy says that it is this person (tpo serve --trusted-header).",
    ),
]  # fmt: skip
Runs = Annotated[int, _limit("--max-concurrent", "N", "Runs at the same time; 0 means no limit.")]
Requests = Annotated[int, _limit("--max-requests-per-day", "N", f"Requests to models. {DAY}")]
Tokens = Annotated[int, _limit("--max-tokens-per-day", "N", "Tokens, in and out.")]
Dollars = Annotated[
    float, _limit("--max-usd-per-day", "X", "Dollars; every model needs a known price.")
]


@keys_app.callback()
def keys() -> None:
    """Keys of people: each has a name, a role, limits and threads of its own.

    A running server takes changes at once; nobody can read a key from the file.
    """


@keys_app.command("add")
def add_key(  # noqa: PLR0913  a setting each
    name: Name,
    *,
    role: Role = "user",
    by_header: ByHeader = False,
    max_concurrent: Runs = 0,
    max_requests_per_day: Requests = 0,
    max_tokens_per_day: Tokens = 0,
    max_usd_per_day: Dollars = 0.0,
    data: Data = None,
    keys_file: File = None,
) -> int:
    """Make a key and print it, this once."""
    from ..commands.serve_keys import add_person

    days = (max_requests_per_day, max_tokens_per_day, max_usd_per_day)
    limits = dict(zip(KeyLimits.model_fields, (max_concurrent, *days), strict=True))
    about = {"name": name, "role": role, "limits": limits, "by_header": by_header}
    return add_person(about, data, keys_file)


@keys_app.command("list")
def list_keys(*, json: Json = False, data: Data = None, keys_file: File = None) -> int:
    """List who has a key, with role and limits."""
    from ..commands.serve_keys import list_people

    return list_people(data, keys_file, as_json=json)


@keys_app.command("revoke")
def revoke_key(name: Name, *, data: Data = None, keys_file: File = None) -> int:
    """Take a key away, at once. The threads stay: a new key of this name sees them."""
    from ..commands.serve_keys import revoke_person

    return revoke_person(name, data, keys_file)
