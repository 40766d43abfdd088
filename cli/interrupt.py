"""How a run that ended early names itself, so that the last line can say how to go on."""

from __future__ import annotations


class Interrupted(Exception):  # noqa: N818  it is no error
    """The run was interrupted; `run_of` tells its id, if it can be resumed."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__("interrupted")
        remember_run(self, id)


def remember_run(error: BaseException, id: str | None) -> None:
    """Attach the id of the run that an error ended."""
    error.__dict__["run"] = id


def run_of(error: BaseException) -> str | None:
    """Return the id of the run that an error ended, if there is something to resume."""
    run: str | None = error.__dict__.get("run")
    return run
