"""docs/events.md names every event and every field there is, and its snippets run."""

from __future__ import annotations

import re
from typing import Any, get_args, get_type_hints

import pytest
import synthetic_task
from doc_page import Page
from scripted_model import ScriptedModel

from tpo.core import events, state, usage
from tpo.models.policy import Policy

PAGE = Page("events.md")
KINDS = {
    name: kind
    for kind in get_args(events.AnyEvent)
    for name in get_args(get_type_hints(kind)["type"])
}
COMMON = {*get_type_hints(events.Event), "type"}
RECORDS = {
    "Candidate": state.Candidate,
    "Round": state.Round,
    "Usage": usage.Usage,
    "Cost": usage.Cost,
}
OFFLINE = [s for s in PAGE.snippets if "langgraph_sdk" not in s]


def test_the_fields_of_every_event_are_told():
    assert set(PAGE.rows("Fields of every event")) == COMMON


def test_every_event_has_a_row():
    assert set(PAGE.rows("Events")) == set(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_the_row_of_an_event_names_its_fields(name):
    _, fields = PAGE.rows("Events")[name]
    outside_brackets = re.sub(r"\([^()]*(\([^()]*\))?[^()]*\)", "", fields)
    assert (
        set(re.findall(r"`(\w+)`", outside_brackets)) == set(get_type_hints(KINDS[name])) - COMMON
    )


@pytest.mark.parametrize("name", RECORDS)
def test_the_records_inside_events_are_told(name):
    assert set(PAGE.rows(name)) == set(get_type_hints(RECORDS[name]))


@pytest.mark.parametrize("words", [state.StopReason, usage.Phase], ids=["reasons", "phases"])
def test_all_words_of_a_field_are_told(words: Any):
    assert [w for w in get_args(words) if f"`{w}`" not in PAGE.text] == []


def test_the_version_is_told():
    assert f"now {events.VERSION}." in PAGE.text


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> ScriptedModel:
    """Whatever policy a snippet names is this model; nothing leaves the machine."""
    model = synthetic_task.model()
    monkeypatch.setattr("tpo.models.policy.build_policy", lambda spec: Policy(model, spec))
    monkeypatch.setattr("tpo.models.policy._shared", {})
    return model


@pytest.mark.parametrize("snippet", OFFLINE, ids=range(len(OFFLINE)))
def test_its_snippets_run(snippet, scripted, capsys):
    PAGE.run(snippet)
    assert len(scripted.asked) >= 4
    said = capsys.readouterr().out
    assert len(said.splitlines()) >= 1
    last = said.splitlines()[-1].partition(": ")[2]
    assert synthetic_task.held(last), said  # the answer


def test_there_are_snippets_for_python_and_for_a_server():
    assert len(OFFLINE) == 2
    assert len(PAGE.snippets) == 3
