"""How a run that ended early passes on its id, so that the last line can say how to resume it."""

from __future__ import annotations


class Interrupted(Exception):  # noqa: N818  this is not an error
    """The run was interrupted; `run_of` returns its id, if it can be resumed."""

    def __init__(self, run_id: str | None = None) -> None:
        super().__init__("interrupted")
        remember_run(self, run_id)


def remember_run(error: BaseException, run_id: str | None, *, paid: bool = True) -> None:
    """Attach the id of the run that an error ended, and whether anything was paid for."""
    error.__dict__["run"], error.__dict__["paid"] = run_id, paid


def run_of(error: BaseException) -> str | None:
    """Return the id of the run that an error ended, if there is something to resume."""
    run: str | None = error.__dict__.get("run")
    return run


def how_to_go_on(error: BaseException) -> str:
    """Return how to resume the run that an error ended; "" if there is nothing to resume."""
    run = run_of(error)
    if not run:
        return ""
    paid: bool = error.__dict__.get("paid", True)
    begin = "Everything paid for is saved" if paid else "Nothing was paid for; when it is mended"
    return f"{begin}{';' if paid else ','} continue with: tpo resume {run}"
