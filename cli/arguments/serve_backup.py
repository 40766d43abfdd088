"""`tpo serve backup`: what can be typed, and the help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .serve import serve_app
from .serve_keys import Data, File

To = Annotated[
    Path, typer.Option("--to", metavar="DIR", help="The folder of the copy: new, or empty.")
]


@serve_app.command("backup")
def backup(*, to: To, data: Data = None, keys_file: File = None) -> int:
    """Copy the server's folder, even while the server is running.

    The copy is a folder that tpo serve --data DIR starts from. Each database is copied as it is
    at one moment.
    """
    from ..commands.serve_backup import make_backup as work  # --help stays fast

    return work(data, to, keys_file)
