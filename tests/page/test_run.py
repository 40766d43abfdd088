"""A question, watched from the form to the answer."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from essayist import GRADIENT, LOSS, QUESTION
from playwright.sync_api import expect
from visitor import ask, finished

import tpo

pytestmark = pytest.mark.loopback


def test_all_drafts_grow_at_once(window, policy):
    """In one request or in three: what is sent is up to what the server has learnt by then."""
    page = window()
    policy.supports_n, policy.slow_step = True, "sample"
    try:
        ask(page, depth=0, width=3)
        for card in page.locator(".card").all():
            expect(card.locator(".text")).not_to_be_empty()
        expect(page.locator(".card.is-writing")).to_have_count(3)
        policy.slow_step = ""
        finished(page)
    finally:
        policy.supports_n = False


def test_the_form_is_drawn_from_the_schema(window):
    page = window()
    fields = tpo.Context.model_json_schema()["properties"]
    del fields["answer_schema"]  # a schema is for programs: the form has no place for it
    page.get_by_text("All settings").click()
    for name, field in fields.items():
        assert page.locator(f"label[for=set-{name}]").inner_text() == field["title"]
        assert page.locator(f"#set-{name}-description").inner_text() == field["description"]
    depth = page.locator("#set-depth")
    assert (depth.get_attribute("min"), depth.get_attribute("max")) == ("0", "20")
    assert page.locator("#set-mode option").all_inner_texts() == [
        "tpo",
        "adaptive",
        "best_of_n",
        "revision",
    ]
    depth.fill("99")
    page.locator("#query").fill(QUESTION)
    page.get_by_role("button", name="Ask", exact=True).click()
    assert depth.evaluate("field => field.validity.rangeOverflow")
    expect(page.locator(".welcome")).to_be_visible()  # nothing was asked


def test_a_full_run(window, policy):
    policy.asked.clear()
    page = window()
    policy.slow_step = "sample"
    page.get_by_text("System prompt").first.click()
    page.locator("#system").fill("You are a patient teacher.")
    ask(page, depth=1, width=3, budget_requests=50, heldout="heuristic")
    expect(page.locator(".card.is-writing .text").first).not_to_be_empty()
    policy.slow_step = "loss"
    expect(page.locator(".note.loss .is-writing")).to_be_visible()
    policy.slow_step = ""
    finished(page)

    first, second = page.locator(".round").all()
    assert first.locator(".card").count() == second.locator(".card").count() == 3
    expect(first.locator(".card.is-chosen")).to_have_count(1)
    expect(first.locator(".card.is-rejected")).to_have_count(1)
    for note, written in (("loss", LOSS), ("gradient", GRADIENT)):
        items = re.sub(r"(?m)^\d\. ", "", written)  # the list's own numbers are drawn
        assert first.locator(f".note.{note} .markdown").inner_text() == items
    scores = first.locator(".score").evaluate_all("all => all.map(s => s.lastChild.data)")
    rewards = [float(score) for score in scores]
    assert rewards == sorted(rewards, reverse=True)

    second.locator(".comparison summary").click()
    expect(second.locator(".diff ins").first).to_be_visible()
    answer = page.locator(".answer .markdown").inner_text()
    assert page.locator(".card.is-answer .markdown").inner_text() == answer
    expect(page.locator(".answer .why")).to_have_text("The only round was run.")
    figures = page.locator(".figures")
    expect(figures).to_contain_text("price unknown")
    expect(figures.locator(".plot")).to_have_count(4)  # reward, held-out, length, reward by length
    expect(figures).to_contain_text("of 50 requests left")
    assert re.search(r"Requests\s+\d+ for 8 texts", figures.inner_text())
    assert "You are a patient teacher." in json.dumps(policy.asked[-1].body)


def test_two_settings_in_one_frame_are_both_kept(window):
    page = window()
    page.evaluate(
        """() => [["depth", 0], ["width", 2], ["seed", 7]].forEach(([name, value]) => {
          const field = document.getElementById(`set-${name}`);
          field.value = value;
          field.dispatchEvent(new Event("input"));
        })"""
    )
    ask(page)
    finished(page)
    expect(page.locator(".figures")).to_contain_text("tpo, D 0, N 2")


def test_the_answer_can_be_taken_away(window, tmp_path: Path):
    page = window()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(page, depth=1, width=2)
    finished(page)
    answer = page.locator(".answer .markdown").inner_text()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == answer
    files = {}
    for kind in ("JSON", "Markdown"):
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Download {kind}").click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        files[kind] = path.read_text(encoding="utf-8")
    run = json.loads(files["JSON"])
    assert run["answer"] == answer
    assert len(run["candidates"]) == 4
    assert run["rounds"][0]["gradient"] == GRADIENT
    assert run["settings"] == {"depth": 1, "width": 2}
    assert answer in files["Markdown"]


def test_a_loaded_thread_looks_as_it_did(window):
    page = window()
    ask(page, depth=1, width=2)
    finished(page)
    expect(page.locator(".round-figures dd").first).to_be_visible()
    seen = page.locator(".run").inner_text()
    page.reload()
    finished(page)
    assert page.locator(".run").inner_text() == seen
    page.get_by_role("button", name="New question", exact=True).click()
    expect(page.locator(".welcome")).to_be_visible()
    page.locator(".thread").first.click()
    finished(page)
    assert page.locator(".run").inner_text() == seen
    page.go_back()
    expect(page.locator(".welcome")).to_be_visible()


def test_a_follow_up_goes_on_with_the_conversation(window, policy):
    page = window()
    ask(page, depth=0, width=2)
    finished(page)
    answer = page.locator(".answer .markdown").inner_text()
    policy.asked.clear()
    page.locator("#query").fill("And at sunset?")
    page.get_by_role("button", name="Ask a follow-up").click()
    expect(page.locator("h1")).to_have_text("And at sunset?")
    finished(page)
    page.get_by_text("Earlier in this conversation").click()
    expect(page.locator(".earlier.by-answer")).to_contain_text(answer[:40])
    sent = [message["content"] for message in policy.asked[0].body["messages"]]
    assert sent == [QUESTION, answer, "And at sunset?"]
