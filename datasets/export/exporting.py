"""From runs to rows: which are taken, which are left out, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ...core.errors import InputError
from ...core.json_types import JsonObject
from ...core.number_format import count
from .axolotl import AXOLOTL
from .critiques import critiques_of
from .examples import TASKS, Contrast, Example, Task, examples_of
from .llama_factory import LLAMA_FACTORY
from .openrlhf import OPENRLHF
from .pairs import Pairing, pairing
from .source import Source
from .trainer import Trainer
from .trl import TRL

TRAINERS = {trainer.name: trainer for trainer in (TRL, OPENRLHF, AXOLOTL, LLAMA_FACTORY)}

BY_NAME: dict[str, Task] = {task: task for task in TASKS}


@dataclass(frozen=True)
class Wish:
    """What to export.

    Attributes:
        trainer: The family whose format is written.
        task: What is trained.
        pairing: How pairs are made.
        rewards: Names of the rewards whose runs are taken; empty: those of one reward.
        critiques: Whether the critics' texts are exported, not the answers.
    """

    trainer: Trainer
    task: Task
    pairing: Pairing
    rewards: Sequence[str] = ()
    critiques: bool = False


@dataclass
class Exported:
    """The rows; and how often what was left out: `run` or `row`, and why."""

    rows: list[JsonObject] = field(default_factory=list)
    runs: int = 0
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)


def wish_for(
    trainer: str, task: str, pairs: str, min_margin: float = 0.0, *, critiques: bool = False
) -> Wish:
    """Return what was asked for by names.

    Raises:
        InputError: an unknown name, or a task that does not go with critiques.
    """
    family = TRAINERS.get(trainer)
    kind = BY_NAME.get(task)
    if family is None or kind is None:
        raise InputError(
            f"there is no export to {trainer} for {task}; choose one of {', '.join(TRAINERS)} "
            f"for one of {', '.join(TASKS)}"
        )
    if critiques and kind in {"dpo", "reward"}:
        raise InputError(
            f"critiques cannot be paired for {kind}: no two answer one prompt; take sft or kto"
        )
    return Wish(family, kind, pairing(pairs, min_margin), critiques=critiques)


def export_rows(sources: Iterable[Source], wish: Wish) -> Exported:
    """Return the rows of some runs; the same row is never there twice.

    Raises:
        InputError: the runs are ranked by different rewards, whose scales cannot be compared.
    """
    found, seen = Exported(), set[str]()
    scales: Counter[str] = Counter()
    for source in sources:
        found.runs += 1
        examples = wished_examples(source, wish, found)
        scales[source.ranked_by] += bool(examples)
        for example in examples:
            row = wish.trainer.row(example, wish.task)
            if row is None:
                found.left_out["row", "with earlier turns, which the format has no place for"] += 1
            elif (text := repr((example.prompt, texts_of(example), row.get("label")))) not in seen:
                seen.add(text)
                found.rows.append(row)
    refuse_two_scales(+scales, wish)
    return found


def wished_examples(source: Source, wish: Wish, found: Exported) -> Sequence[Example]:
    """Return the examples of a run, or note why there are none."""
    reason = ""
    examples: Sequence[Example] = []
    if wish.rewards and source.ranked_by not in wish.rewards:
        reason = "ranked by another reward"
    elif not source.rounds:
        reason = "not ranked yet"
    elif source.prompt is None:
        reason = "with more than texts in the prompt, such as images or tool calls"
    elif wish.critiques:
        good = [c for c in critiques_of(source) if c.good or wish.task == "kto"]
        examples, reason = good, "without a critique to learn from"
    else:
        examples = list(examples_of(source, wish.task, wish.pairing))
        reason = "without two answers that are far enough apart"
    if not examples:
        found.left_out["run", reason] += 1
    return examples


def texts_of(example: Example) -> tuple[str, ...]:
    """Return the texts that a row is made of."""
    if isinstance(example, Contrast):
        return example.chosen, example.rejected
    return (example.text,)


def refuse_two_scales(scales: Counter[str], wish: Wish) -> None:
    """Refuse runs of several rewards, if their numbers would be compared.

    Raises:
        InputError: the message names the rewards.
    """
    if len(scales) < 2 or wish.critiques or (wish.rewards and not wish.pairing.min_margin):
        return
    which = ", ".join(f"{name} ({count(number, 'run')})" for name, number in scales.most_common())
    raise InputError(
        f"the runs were ranked by several rewards, whose scales differ: {which}. "
        "Choose one with --reward NAME; or name several, without --min-margin"
    )
