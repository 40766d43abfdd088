"""How a run that ended early passes on its id, so that the last line can say how to resume it."""

from __future__ import annotations


class Interrupted(Exception):  # noqa: N818  this is not an error
    """The run was interrupted; `run_of` returns its id, if it can be resumed."""

    def __init__(self, run_id: str | None = None) -> None:
        super().__init__("interrupted")
        remember_run(self, run_id)


def remember_run(error: BaseException, run_id: str | None) -> None:
    """Attach the id of the run that an error ended."""
    error.__dict__["run"] = run_id


def run_of(error: BaseException) -> str | None:
    """Return the id of the run that an error ended, if there is something to resume."""
    run: str | None = error.__dict__.get("run")
    return run
