"""`tpo score` and `doctor`: what can be typed, and the help."""

# Commands import their work when they are called: --help stays fast.

from __future__ import annotations

from typing import Annotated

import typer

from .options import Json, takes_settings
from .top_level import app


@app.command(
    epilog="Exit codes: 0 all scored or vetoed; 1 some could not be scored; "
    "2 the file or a setting is wrong."
)
@takes_settings(("reward", "policy"), environment=True)
def score(
    settings: dict[str, object],
    file: Annotated[
        str,
        typer.Argument(
            help="JSON lines, or CSV with the columns prompt and answer; - reads stdin."
        ),
    ] = "-",
) -> int:
    """Score the answers in a file: rows with prompt (or messages) and answer.

    Prints each row with its reward and error: as JSON lines, or as a table in a terminal.
    """
    from ..commands.score import score as work

    return work(file, settings)


Tries = Annotated[
    int,
    typer.Option(
        "--tries",
        min=1,
        max=20,
        help="Updates to ask for per critique, and texts per task and move.",
    ),
]
PromptsFile = Annotated[
    str | None,
    typer.Option("--prompts", metavar="FILE", help="Try a few of your own, as for tpo batch."),
]
RowsTried = Annotated[
    int, typer.Option("--rows", min=2, max=64, help="With --prompts: how many of them.")
]
MODELS_AND_REWARDS = ("policy", "critic", "reward", "heldout")


@app.command(
    epilog="Exit codes: 0 TPO will work, or it cannot be told; 1 it will not, or not well; "
    "2 a setting is wrong, or a key or a package is missing."
)
@takes_settings(
    (
        "policy",
        "reward",
        "heldout",
        "critic",
        "temperature",
        "max_tokens",
        "update_format",
        "timeout",
    ),
    environment=True,
)
def doctor(
    ctx: typer.Context,
    settings: dict[str, object],
    tries: Tries = 3,
    prompts: PromptsFile = None,
    rows: RowsTried = 8,
    json: Json = False,
) -> int:
    """Check whether policy and reward are fit for TPO, with about 30 short requests.

    TPO needs a model that follows instructions: it makes weak models worse.

    Built-in tasks with checks show how often updates mend and break, and which mode is likely
    to win. They take up to 18 of the requests, for as many texts each as --tries says; a server
    that takes no n is asked for each text.

    With --heldout it also says beyond which width that reward falls while --reward rises; --tries
    is the largest width that is looked at.

    With --reward and no --policy it checks the reward alone, and shows how it scores 14 pairs; a
    judge then names its model.

    With --prompts it tries your own prompts instead: how far rewards lie apart, what best-of-N
    gains, what TPO gains for the same tokens, and what an answer costs.
    """
    from ..commands.doctor import check, check_own_prompts

    if prompts:
        return check_own_prompts(prompts, rows, json, settings)
    sources = {name: ctx.get_parameter_source(name) for name in MODELS_AND_REWARDS}
    # Those of the environment do not count.
    typed = {name for name, source in sources.items() if source and source.name == "COMMANDLINE"}
    return check(tries, json, settings, reward_alone=typed == {"reward"})
