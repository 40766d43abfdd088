"""How many texts a server gives for one request, as its refusals say it."""

from __future__ import annotations

import pytest

from tpo.models.failures.fewer_texts import at_most, limit_among, refused_texts


class RefusedError(Exception):
    """A refusal with a body, as openai's client raises it."""

    def __init__(self, said: str, body: object = None) -> None:
        super().__init__(said)
        self.body = body


SAID = [
    ("Range of n should be [1, 4]", "n>4"),
    ("n must be between 1 and 8", "n>8"),
    ("The candidate count must be in the range [1, 8].", "n>8"),
    ("candidateCount: the supported range is from 1 (inclusive) to 9 (exclusive)", "n>8"),
    ("Invalid 'n': integer above maximum value. Expected a value <= 8, but got 16.", "n>8"),
    ("n: Input should be less than or equal to 5", "n>5"),
    ("n: Input should be less than 5", "n>4"),
    ("You may ask for at most 4 completions", "n>4"),
    ("up to 4 choices", "n>4"),
    # What cannot be the limit, and what may be one of two.
    ("n must be between 1 and 128", "n"),
    ("n is not supported", "n"),
    ("only 1 candidate is allowed", "n"),
    ("n: at most 1", "n"),
    ("at most 4 choices with at most 8 tools", "n"),
]


@pytest.mark.parametrize(("said", "known"), SAID)
def test_a_limit_is_read_only_if_one_alone_explains_the_refusal(said, known):
    assert refused_texts(RefusedError(said), 16, set()) == known
    assert refused_texts(RefusedError("422", [{"loc": ["n"], "msg": said}]), 16, set()) == known


def test_it_is_believed_once():
    assert refused_texts(RefusedError("n must be between 1 and 2"), 4, {"n>4"}) == "n"


def test_limits_among_what_is_refused():
    assert limit_among({"temperature"}) is None
    assert limit_among({"seed", at_most(8), at_most(4)}) == 4
    assert limit_among({at_most(4), "n"}) == limit_among({at_most(1)}) == 1
