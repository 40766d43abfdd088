"""A single batch as a comparison of one arm, so that its report is drawn like any other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...core.json_types import JsonObject
from ...core.number_format import count
from ..batch.metadata import read_metadata, timestamp
from ..compare.arm_folder import read_arm
from ..compare.comparison import ArmSummary, Comparison
from ..records import METADATA, RowResult
from .batch_arm import batch_arm, batch_row
from .wording import figure, integer, percent, usd, with_sign
from .writing import write_report


def write_batch_report(folder: Path) -> Path:
    """Write `report.html`, `.md` and `.json` into the folder of a batch, done or under way.

    Args:
        folder: What `tpo batch -o` wrote.

    Returns:
        The path of `report.html`.

    Raises:
        InputError: the folder is not one of a batch.
        StoreError: it cannot be read or written.

    Example:
        >>> write_batch_report(Path("answers"))  # doctest: +SKIP
        PosixPath('answers/report.html')
    """
    return write_report(batch_record(folder), folder)


def batch_record(folder: Path) -> Comparison:
    """Return a batch as the comparison of one arm with nothing.

    Args:
        folder: What `tpo batch -o` wrote.

    Raises:
        InputError: the folder is not one of a batch.
        StoreError: it cannot be read.
    """
    name, about = folder.resolve().name, read_metadata(folder / METADATA) or {}
    batch = read_arm(name, folder)
    results = [*batch.results.values()]
    done = [row for row in results if row["answer"] is not None]
    rows = [batch_row(name, row, batch.pools.get(row["id"])) for row in done]
    arms = [batch_arm(done, rows, len(results) - len(done))] if rows else []
    return Comparison(
        title=name,
        created=timestamp(),
        equal="nothing",
        arms=arms,
        differences=[],
        win_rates=[],
        smaller=[],
        recommended="",
        sentences=[*so_far(about, len(results)), *batch_sentences(arms, len(results))],
        rows=rows,
        left_out={row["id"]: why_unanswered(row) for row in results if row["answer"] is None},
        metadata=about,
    )


def so_far(about: JsonObject, ended: int) -> list[str]:
    """Return how far a batch had come that is not done, if it is not."""
    rows = about.get("rows", {}).get("count", 0)
    when = timestamp().replace("T", " ").removesuffix("+00:00")
    return [f"{ended:,} of {count(rows, 'row')} had ended at {when} UTC."] if ended < rows else []


def why_unanswered(row: RowResult) -> str:
    """Return why a row has no answer."""
    return row["error"]["message"] if row["error"] else "it has no answer"


def batch_sentences(arms: Sequence[ArmSummary], rows: int) -> list[str]:
    """Return what a batch came to, in words.

    Args:
        arms: Its means; none if no row was answered.
        rows: How many rows were tried.
    """
    if not arms:
        return ["No row was answered."]
    (arm,), curve = arms, arms[0]["curve"]
    answered = f"{arm['rows']:,} of {count(rows, 'row')} answered"
    said = [f"{answered}; mean reward {figure(arm['reward'])}."]
    if len(curve) > 1:
        gain = with_sign(figure(curve[-1]["reward"] - curve[0]["reward"]))
        later = percent(1 - arm["from_first"])
        said.append(
            f"{gain} over the best first sample; {later} of the answers come from later rounds."
        )
    tokens, texts = integer(arm["tokens"]), integer(arm["texts"])
    said.append(f"For each row: {usd(arm['cost_usd'])}, {tokens} tokens, {texts} texts.")
    return said
