"""The two sets: snapshots of what models read, replacing in part, the shared prefix."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from os.path import commonprefix
from typing import Any

import pytest

from tpo.core.errors import PromptError
from tpo.core.prompt_template import count_tokens
from tpo.prompts.feedback import FEEDBACK_TOKENS
from tpo.prompts.prompt_set import (
    DEFAULT,
    SETS,
    SHARED_PREFIX,
    Critique,
    Step,
    prompt_set,
)
from tpo.prompts.update import JSON_OUTPUT, TAGS_OUTPUT

UPDATE = "{query}{answers}{gradient}{output}"
STEPS: tuple[Step, ...] = ("loss", "gradient", "update")
CRITIQUE = Critique(
    query="Why is the sky blue?",
    chosen="Because air scatters blue light most.",
    rejected="It just is.",
    loss="The chosen answer gives a cause.",
    gradient="1. Name Rayleigh.",
)
ALONE = Critique(CRITIQUE.query, CRITIQUE.chosen, None, CRITIQUE.loss, CRITIQUE.gradient)


def markdown(title: str, messages: list[Any]) -> str:
    return f"# {title}\n\n" + "\n\n".join(f"## {m.type}\n\n{m.text}" for m in messages) + "\n\n"


@pytest.mark.parametrize("name", SETS)
def test_what_models_read(name, snapshot):
    def asks(title: str, step: Any, critique: Critique, output: str = "") -> str:
        found = SETS[name].render(step, critique, clip_tokens=999, output=output)
        return markdown(title, found)

    pages = [
        asks("loss", "loss", CRITIQUE),
        asks("loss, alone", "loss", ALONE),
        asks("gradient", "gradient", CRITIQUE),
        asks("gradient, alone", "gradient", ALONE),
        asks("update, tags", "update", CRITIQUE, TAGS_OUTPUT),
        asks("update, json", "update", CRITIQUE, JSON_OUTPUT),
    ]
    snapshot(f"prompts-{name}.md", "".join(pages).rstrip() + "\n")


@pytest.mark.parametrize("name", SETS)
def test_what_models_read_of_a_reward_that_says_why(name, snapshot):
    said = replace(
        CRITIQUE, chosen_feedback="- failed: names a law", rejected_feedback="It gives no cause."
    )
    steps: list[tuple[Step, str]] = [("loss", ""), ("gradient", ""), ("update", TAGS_OUTPUT)]
    pages = [
        markdown(step, SETS[name].render(step, said, clip_tokens=999, output=output))
        for step, output in steps
    ]
    snapshot(f"prompts-{name}-feedback.md", "".join(pages).rstrip() + "\n")


def test_feedback_costs_a_bounded_number_of_tokens():
    said = replace(CRITIQUE, chosen_feedback="word " * 5000)
    plain, longer = asked("default", CRITIQUE)[0], asked("default", said)[0]
    more = count_tokens(longer[-1].text) - count_tokens(plain[-1].text)
    assert FEEDBACK_TOKENS < more < FEEDBACK_TOKENS + 60


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("critique", [CRITIQUE, ALONE])
def test_each_step_is_shown_what_the_method_needs(name, critique):
    texts = [critique.query, critique.chosen, critique.rejected, critique.loss, critique.gradient]
    for messages, known in zip(asked(name, critique), (3, 4, 5), strict=True):
        read = "\n".join(m.text for m in messages)
        assert [t in read for t in texts if t] == [t in texts[:known] for t in texts if t]
        assert ("rejected_answer" in read) == (critique.rejected is not None)
        assert [m.type for m in messages][:2] == ["system", "human"]
        assert messages[-1].type == "human"
        assert "{" not in read


def asked(name: str, critique: Critique, clip_tokens: int = 999) -> list[list[Any]]:
    return [
        SETS[name].render(step, critique, clip_tokens=clip_tokens, output=TAGS_OUTPUT)
        for step in STEPS
    ]


def served(name: str) -> float:
    """Share of a round's prompt characters that a prefix cache can serve."""
    long = Critique("q" * 100, "c" * 1500, "r" * 1500, "l" * 1500, "g" * 1000)
    read = ["".join(f"<{m.type}>{m.text}" for m in ms) for ms in asked(name, long, 9999)]
    same = sum(len(commonprefix(pair)) for pair in pairwise(read))  # noqa: RUF071  characters
    return same / sum(map(len, read))


def test_the_shared_prefix_is_one_and_pays():
    for critique in (CRITIQUE, ALONE):
        for before, after in pairwise(asked("shared-prefix", critique)):
            assert after[: len(before)] == before
    assert served("shared-prefix") > 0.5
    assert served("default") < 0.05


@pytest.mark.parametrize("name", SETS)
def test_very_long_texts_are_clipped_visibly_each_by_itself(name):
    long = Critique(*(f"{w} " * 5000 for w in ("query", "chosen", "rejected", "loss", "gradient")))
    for number, messages in enumerate(asked(name, long, 50)):
        read = "\n".join(m.text for m in messages)
        assert read.count("tokens left out …]") == 3 + number
        assert len(read) < 9000


def test_prompts_are_replaced_in_part():
    changed = DEFAULT.with_texts(
        {"loss_system": "Be terse.", "update": "{query}{answers}{gradient}{output}"}
    )
    assert (changed.name, changed.loss) == ("default*", DEFAULT.loss)
    assert changed.render("loss", CRITIQUE, clip_tokens=99)[0].text == "Be terse."
    assert "It just is." in changed.render("update", CRITIQUE, clip_tokens=99)[1].text
    assert SHARED_PREFIX.with_texts({"update": "{output}"}).conversational


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (
            {"lose": "x"},
            r"there is no prompt called lose; the set has loss_system, loss, lo",
        ),
        ({"name": "x"}, r"there is no prompt called name"),
        (
            {"update": "{query}"},
            r"prompt 'update': the prompt lacks \{answers\}, \{gradient\},",
        ),
        ({"loss": "{query}{chosen}{rejected}{why}"}, r"prompt 'loss': nothing fills \{why\}"),
        ({"loss_system": "{query}"}, r"prompt 'loss_system': nothing fills \{query\}"),
    ],
)
def test_wrong_texts_are_named(texts, said):
    with pytest.raises(PromptError, match=said):
        prompt_set(texts)


def test_how_a_set_is_given():
    assert prompt_set(SHARED_PREFIX) is SHARED_PREFIX
    assert prompt_set("default") is DEFAULT
    assert prompt_set({"loss_system": "x"}).name == "default*"
    with pytest.raises(PromptError, match="no prompt set 'x'; choose default or shared-prefix"):
        prompt_set("x")
