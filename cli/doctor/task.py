"""A task whose answers a program can check, and the tests that checks are made of."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from ...core.feedback import Check

Test = Callable[[str], bool]


@dataclass(frozen=True)
class Task:
    """A request, and what a program can check of its answer.

    Attributes:
        name: What reports call it.
        request: The request; it asks for all that is checked.
        tests: What is asked for, in words, and the test of it.
    """

    name: str
    request: str
    tests: tuple[tuple[str, Test], ...]

    def checks(self, answer: str) -> list[Check]:
        """Return what is asked for, and whether an answer does it."""
        return [Check(criterion=asked, passed=test(answer)) for asked, test in self.tests]

    def share(self, answer: str) -> float:
        """Return the share of checks that an answer passes: its reward."""
        passed = [check["passed"] for check in self.checks(answer)]
        return sum(passed) / len(passed)

    def failed(self, answer: str) -> list[str]:
        """Return what is asked for, and an answer does not do."""
        return [check["criterion"] for check in self.checks(answer) if not check["passed"]]


def words(text: str) -> list[str]:
    """Return the words of a text."""
    return re.findall(r"[^\W_]+(?:['\u2019-][^\W_]+)*", text)


def lines(text: str) -> list[str]:
    """Return the lines that are not empty."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def without(*forbidden: str) -> Test:
    """Return a test that none of some words occurs, on its own or within another."""
    return lambda text: not any(word in text.casefold() for word in forbidden)


def mentions(word: str, times: int) -> Test:
    """Return a test that a word occurs so often."""
    return lambda text: [w.casefold() for w in words(text)].count(word) == times


def cat(text: str) -> dict[str, object]:
    """Return the object that a text is; empty if it is something else."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def three_likes(text: str) -> bool:
    """Return whether a text is an object whose `likes` are three texts."""
    likes = cat(text).get("likes")
    return isinstance(likes, list) and len(likes) == 3 and all(isinstance(x, str) for x in likes)
