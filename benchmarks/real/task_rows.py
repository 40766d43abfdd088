"""The tasks of benchmarks/real_model.py: prompts whose answers a program can check.

A row knows its prompt and how to check an answer; what a check expects (a reference) stays here
and never reaches a prompt.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import random
import re
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ifeval_whys import why

# Checks that need NLTK's punkt, which does not come with the package.
NEEDS_PUNKT = {"length_constraints:number_sentences", "change_case:capital_word_frequency"}
WORDS = re.compile(r"\b(\d[\d,]*)\s*(?:\+|or more)?[- ]*words?\b", re.IGNORECASE)


@dataclass(frozen=True)
class Check:
    """One thing that an answer has to do.

    Attributes:
        criterion: In words; quoted to the model, so it holds no reference.
        passes: Whether an answer does it.
        why: What to say if it does not.
    """

    criterion: str
    passes: Callable[[str], bool]
    why: Callable[[str], str] = lambda answer: ""


@dataclass(frozen=True)
class Row:
    """One prompt with its checks."""

    key: str
    prompt: str
    checks: tuple[Check, ...]

    def passed(self, answer: str) -> list[bool]:
        """Return which checks an answer passes, in their order."""
        return [check.passes(answer) for check in self.checks]


def read_rows(task: str, path: Path, *, seed: int, most_words: int) -> list[Row]:
    """Return a task's rows in a seeded order, without those that cannot be used.

    Args:
        task: `ifeval` or `gsm8k`.
        path: The JSONL file.
        seed: Of the order.
        most_words: Rows whose prompt demands a longer answer are left out.
    """
    text = path.read_text(encoding="utf-8")
    lines = [{"key": nth, **json.loads(line)} for nth, line in enumerate(text.splitlines())]
    order = random.Random(seed).sample(lines, len(lines))
    return list({"ifeval": ifeval, "gsm8k": gsm8k}[task](order, most_words))


def ifeval(lines: Sequence[dict[str, Any]], most_words: int) -> Iterator[Row]:
    """Yield IFEval's rows: its checks, each with its own description."""
    registry = ifeval_registry()
    for line in lines:
        names = line["instruction_id_list"]
        if NEEDS_PUNKT & set(names) or words_demanded(line) > most_words:
            continue
        if not all(given.get("letter", "a").isalpha() for given in line["kwargs"]):
            continue  # the checker draws another letter by chance
        made = []
        for name, given in zip(names, line["kwargs"], strict=True):
            checker = registry[name](name)
            said = checker.build_description(**{k: v for k, v in given.items() if v is not None})
            made.append(Check(said.strip(), strict(checker), partial(saw, name, given)))
        yield Row(str(line["key"]), line["prompt"], tuple(made))


def saw(name: str, given: dict[str, Any], answer: str) -> str:
    """Return what a check saw in an answer that fails it."""
    return why(name, answer, given)


def strict(checker: Any) -> Callable[[str], bool]:
    """Return IFEval's strict check: of the answer as it is."""
    return lambda answer: bool(answer.strip() and checker.check_following(answer))


def words_demanded(line: dict[str, Any]) -> int:
    """Return how long an answer has to be, by its checks and by the numbers in its prompt."""
    checked = [
        int(given["num_words"])
        for given in line["kwargs"]
        if given.get("num_words") and given.get("relation") == "at least"
    ]
    asked = [int(found.replace(",", "")) for found in WORDS.findall(line["prompt"])]
    less = {
        int(given["num_words"])
        for given in line["kwargs"]
        if given.get("num_words") and given.get("relation") == "less than"
    }
    return max([*checked, *(n for n in asked if n not in less)], default=0)


def ifeval_registry() -> dict[str, Any]:
    """Return the checkers of `if-verifiable`, with a language detector that repeats itself.

    The top of that package loads the data from a hub, so it is stepped over.
    """
    found = importlib.util.find_spec("if_verifiable")
    if not found or not found.submodule_search_locations:
        sys.exit("pip install --no-deps if-verifiable langdetect nltk immutabledict six")
    top = types.ModuleType("if_verifiable")
    top.__path__ = list(found.submodule_search_locations)
    sys.modules["if_verifiable"] = top
    importlib.import_module("langdetect").DetectorFactory.seed = 0
    registry = importlib.import_module("if_verifiable.ifeval.instructions_registry")
    checkers: dict[str, Any] = registry.INSTRUCTION_DICT
    return checkers


ASKED_LAST = "\n\nThink step by step. End with a line of the form: The answer is NUMBER."
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")


def gsm8k(lines: Sequence[dict[str, Any]], most_words: int) -> Iterator[Row]:
    """Yield GSM8K's rows: the last number of an answer has to be the reference."""
    for line in lines:
        expected = line["answer"].rpartition("####")[2]
        check = Check(
            "The last number of the answer is the right one.",
            lambda answer, expected=expected: last_number(answer) == last_number(expected),
            lambda answer: (
                f"the answer ends with {last_number(answer)}, which is wrong"
                if last_number(answer) is not None
                else "there is no number in it"
            ),
        )
        yield Row(str(line["key"]), line["question"] + ASKED_LAST, (check,))


def last_number(text: str) -> float | None:
    """Return the last number of a text."""
    found = NUMBER.findall(text)
    return float(found[-1].replace(",", "")) if found else None
