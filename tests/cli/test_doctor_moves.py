"""`tpo doctor` on the moves of a search: what mends, what breaks, and which mode it recommends."""

from __future__ import annotations

import sys
from dataclasses import replace
from types import ModuleType

import pytest
from loopback_server import Fault, message_text, shaped

from tpo.cli.doctor.forecast import forecast
from tpo.cli.doctor.forecast_findings import command, less, reason
from tpo.cli.doctor.mode_plans import Prices, Shown
from tpo.cli.doctor.move_findings import likely
from tpo.cli.doctor.tasks import TASKS
from tpo.cli.doctor.width_curve import HELDOUT, picked, width_finding

pytestmark = pytest.mark.loopback
GOOD = {
    "a list": "* a towel\n* a hat\n* water\n* a book\n\nHave a sunny day!",
    "small letters": "they save water: in the cold, roots take up little of it.",
    "JSON": '{"name": "Mia", "age": 3, "likes": ["milk", "mice", "sun"]}',
    "a count": "Come on Saturday to celebrate my birthday with us at my place!",
    "short lines": "\n".join(f"{n}. Read a calm book" for n in range(1, 6)),
    "a note": "Dear Ann, the garden looks fine.\n***\nThanks from me and the garden.",
}
SOME = {
    **{name: f"{text}, and no bed, party or leaves! A" for name, text in GOOD.items()},
    "JSON": '{"name": "Mia"}',
}
WORST = "Oh no, a bed party for all of the leaves! " * 9


def answer_by(fresh, rewrite, advised):
    """Return a model whose moves give good, bad or other texts: functions of task and index."""

    def answer(body, index):
        asked = message_text(body["messages"][-1])
        task = next((t for t in TASKS if t.request in asked), None)
        if task is None:
            return shaped(body, "ready")
        updates = "improved_answer" in asked
        move = rewrite if updates else advised if "not mention earlier answers" in asked else fresh
        return shaped(body, move(task.name, index))

    return answer


def good(name, index):
    return GOOD[name]


def some(name, index):
    return SOME[name]


def worst(name, index):
    return WORST


def now_and_then(name, index):
    return GOOD[name] if index == 2 else SOME[name]


def words_of(ran):
    return {finding["name"]: finding["words"] for finding in ran.data["findings"]}


def states_of(ran):
    return {finding["name"]: finding["state"] for finding in ran.data["findings"]}


def test_the_tasks_are_passed_and_failed():
    for task in TASKS:
        assert task.failed(GOOD[task.name]) == []
        assert 0 <= task.share(WORST) < task.share(SOME[task.name]) < 1
        assert task.failed("")
        assert all(check["criterion"] for check in task.checks(""))
    assert [t.name for t in TASKS] == list(GOOD)


def test_a_policy_that_mends_when_it_is_sent_what_failed(tpo, policy, server):
    server.answer = answer_by(some, good, some)
    ran = tpo("doctor", "-p", policy, "--json")
    found = words_of(ran)
    assert found["first answers"].startswith("0 of 18 (likely 0 to 18 %) pass all checks of 6")
    assert "18 of 18 (likely 82 to 100 %) pass all; 18 mend, 0 break" in found["rewrites"]
    assert "0 of 18" in found["advised answers"]
    mode = ran.data["forecast"]["recommended"]  # not best-of-N; adaptive finds rewrites too
    assert mode in {"tpo", "adaptive"}
    assert f'tpo run "..." --policy {policy} --mode {mode}' in found["recommended"]
    assert ran.data["moves"][0]["rewrite"] == [1.0] * 3
    prompts = [message_text(one.body["messages"][-1]) for one in server.asked]
    rewrites = [p for p in prompts if "You answered a request" in p and "birthday" in p]
    assert "failed: the word 'party' does not occur" in rewrites[0]


def test_advice_that_pays_recommends_the_mode_that_has_it(tpo, policy, server):
    server.answer = answer_by(some, some, good)
    ran = tpo("doctor", "-p", policy, "--json")
    assert ran.data["forecast"]["recommended"] == "adaptive"
    assert ran.data["forecast"]["clear"]


def test_a_policy_that_copies_is_sampled_more(tpo, policy, server):
    server.answer = answer_by(now_and_then, some, now_and_then)
    ran = tpo("doctor", "-p", policy, "--json")
    found = words_of(ran)
    assert "0 of 18 (likely 0 to 18 %) pass all; 0 mend, 0 break" in found["rewrites"]
    assert ran.data["forecast"]["recommended"] == "best_of_n"
    assert "--mode best_of_n --width " in found["recommended"]


def test_a_policy_that_breaks_is_told_so(tpo, policy, server):
    server.answer = answer_by(now_and_then, worst, some)
    ran = tpo("doctor", "-p", policy, "--json")
    assert "0 mend, 18 break" in words_of(ran)["rewrites"]
    assert states_of(ran)["rewrites"] == "warning"
    assert ran.data["forecast"]["recommended"] == "best_of_n"


def test_broken_replies_count_as_failures_of_their_move(tpo, policy, server):
    whole = answer_by(some, good, good)

    def without_tags(body, index):
        text = whole(body, index)
        return text.replace("improved_answer", "answer")

    server.answer = without_tags
    ran = tpo("doctor", "-p", policy, "--json")
    assert "0 of 18" in words_of(ran)["rewrites"]
    assert "(18 of them cannot be used)" in words_of(ran)["rewrites"]
    assert ran.data["moves"][0]["rewrite"] == [None] * 3
    assert ran.data["forecast"]["recommended"] == "adaptive"  # advised answers need no tags


def test_where_all_pass_there_is_nothing_to_mend_but_something_to_break(tpo, policy, server):
    server.answer = answer_by(good, some, good)
    ran = tpo("doctor", "-p", policy, "--json")
    found = words_of(ran)
    assert found["breaks"].startswith("18 of 18 rewrites of an answer that passed all")
    assert found["forecast"].startswith("there was nothing to mend")
    assert "recommended" not in found
    assert ran.data["forecast"] is None
    assert len(server.asked) == 2 + 9 + 2 * len(TASKS)  # no advised answers


def test_a_policy_that_fails_on_the_way_is_judged_by_what_came(tpo, policy, server):
    server.answer = answer_by(some, good, good)
    down = Fault(
        status=400, times=None, when=lambda body: "Do not mention earlier answers" in str(body)
    )
    server.script = [down]
    ran = tpo("doctor", "-p", policy, "--json")
    assert states_of(ran)["moves"] == "warning"
    assert words_of(ran)["moves"].startswith("6 of 6 tasks could not be finished")
    assert "18 mend" in words_of(ran)["rewrites"]
    assert ran.data["forecast"]["recommended"] in {"tpo", "adaptive"}


def test_a_policy_that_is_gone_leaves_no_forecast(tpo, policy, server):
    requests = [t.request for t in TASKS]
    gone = lambda body: message_text(body["messages"][-1]) in requests  # noqa: E731
    server.script = [Fault(status=400, times=None, when=gone)]
    ran = tpo("doctor", "-p", policy, "--json")
    assert states_of(ran)["moves"] == "warning"
    assert not {"first answers", "forecast", "recommended"} & set(states_of(ran))
    assert ran.data["forecast"] is None


def test_a_server_without_n_and_a_person_who_reads(tpo, policy, server):
    server.supports_n = False
    server.answer = answer_by(some, good, good)
    ran = tpo("doctor", "-p", policy, "--tries", "2")
    assert "6 tasks, each answered, rewritten and advised: at most 18 requests" in ran.out
    assert "✓ rewrites: sent which checks failed, 12 of 12" in ran.out
    assert len([line for line in ran.out.splitlines() if "recommended:" in line]) == 1


def test_a_model_cut_off_while_it_thinks_gets_more_room(tpo, policy, server):
    whole = answer_by(some, good, good)

    def thinks(body, index):
        limit = body.get("max_completion_tokens") or body.get("max_tokens")
        if limit < 1024 and any(t.request in str(body) for t in TASKS):
            return {"message": {"content": ""}, "finish_reason": "length"}
        return whole(body, index)

    server.answer = thinks
    ran = tpo("doctor", "-p", policy, "--json")
    assert "18 of 18" in words_of(ran)["rewrites"]


HALF = (0.5,) * 4


def test_a_forecast_is_the_same_each_time_and_counts_what_texts_cost():
    copies = [Shown((0.5, 1.0, 0.5, 0.5), HALF, HALF)] * 6
    made = forecast(copies)
    assert made == forecast(copies)
    assert made.recommended == "best_of_n"
    assert made.answers["best_of_n"] == pytest.approx(19)
    assert made.answers["tpo"] == pytest.approx(15)
    dear = forecast(copies, Prices(fresh=100, rewrite=300, advised=200, critique=800))
    assert dear.answers["best_of_n"] == pytest.approx((5 * 100 + 10 * 300 + 2 * 800) / 100)
    assert dear.chances["best_of_n"] > made.chances["best_of_n"]


def test_the_command_makes_the_answers_that_were_compared_or_says_how_many():
    copies = forecast([Shown((0.5, 1.0, 0.5, 0.5), HALF, HALF)] * 6)
    wide = replace(copies, answers={**copies.answers, "best_of_n": 126.2})
    assert command(wide, "p").endswith("--mode best_of_n --width 126")
    assert less(wide) == ""
    wider = replace(copies, answers={**copies.answers, "best_of_n": 300.0})
    assert command(wider, "p").endswith("--mode best_of_n --width 256")
    assert less(wider) == " (256 of these 300 answers: as many as a round may have)"
    advised = forecast([Shown(HALF, HALF, (0.5, 1.0, 0.5))] * 6)
    assert command(advised, "p").endswith("--mode adaptive")
    assert less(advised) == ""
    cheap = replace(advised, answers={**advised.answers, "adaptive": 87.7})
    rest = "the other 69 are first answers, for the tokens it saves"
    assert less(cheap) == f" (19 of these 88 answers: {rest})"


def test_a_reason_never_claims_more_than_the_draws_show():
    half, full = (0.5,) * 4, (1.0,) * 4
    cases = {
        "all modes do equally well": [Shown(full)],
        "ahead of both others by": [Shown(half, half, full)],
        "no clear winner, and it risks least": [
            Shown((0.5, 1.0), half, half),
            Shown(half, (1.0, 0.5), half),
        ],
    }
    for words, tasks in cases.items():
        assert words in reason(forecast(tasks * 6 if len(tasks) == 1 else tasks))


def test_where_modes_are_level_the_simplest_is_taken():
    made = forecast([Shown((1.0,) * 20)] * 6)
    assert made.level
    assert made.recommended == "best_of_n"


def test_without_a_clear_winner_the_one_that_risks_least_is_taken():
    mixed = [Shown((0.5, 1.0), (1.0, 0.5), (0.5, 0.5)), Shown(HALF, HALF, (0.5, 1.0))]
    made = forecast(mixed)
    assert not made.clear
    assert made.risk[made.recommended] == min(made.risk.values())


def test_a_share_is_shown_with_what_is_likely():
    assert likely(0, 3) == "0 of 3 (likely 0 to 56 %)"
    assert likely(3, 3) == "3 of 3 (likely 44 to 100 %)"


def test_the_width_beyond_which_a_reward_is_fooled_is_found():
    fooled = [(3.0, 0.0), (2.0, 1.0), (1.0, 0.5), (0.0, 0.0)]
    found = width_finding([fooled] * 6)
    assert found.state == "warning"
    assert "beyond width 2 it falls while the reward rises" in found.words
    assert "take --width 2" in found.words
    sound = width_finding([[(1.0, 1.0), (0.5, 0.5), (0.0, 0.0)]] * 6)
    assert (sound.state, sound.words[-21:]) == ("ok", "no fall up to width 3")
    mixed = width_finding([[(1.0, 0.0), (0.0, 1.0)], [(1.0, 0.9), (0.0, 0.0)]])
    assert mixed.state == "ok"
    assert "may be chance" in mixed.words
    for flat in ([(1.0, 0.39), (2.0, 0.39), (3.0, 0.39)], [(1.0, 0.3), (1.0, 0.3)]):
        level = width_finding([flat] * 6)
        assert level.words.endswith(f"; no fall up to width {len(flat)}")
    hardly = width_finding([[(1.0, 0.394), (2.0, 0.386)]] * 6)
    assert hardly.words.endswith("39% at 1, 39% at 2; no fall up to width 2")
    unmoved = width_finding([[(1.0, -0.001), (2.0, 0.0)]] * 6, HELDOUT)
    assert "+0.00 at 1, +0.00 at 2; no fall" in unmoved.words
    assert width_finding([]) is width_finding([[(1.0, 1.0)]]) is None


def test_the_best_of_all_is_what_the_reward_ranks_first():
    answers = [(2.0, 0.25), (2.0, 0.75), (1.0, 1.0)]
    assert picked(answers, 1) == pytest.approx(2 / 3)
    assert picked(answers, 3) == pytest.approx(0.5)  # of equals one at random


def test_a_reward_is_held_against_the_checks(tpo, policy, server):
    server.answer = answer_by(lambda name, index: (GOOD, SOME)[index % 2][name], good, good)
    ran = tpo("doctor", "-p", policy, "--json")
    assert words_of(ran)["width"].startswith("of the checks, the answer that this reward picks")


def test_the_width_beyond_which_a_heldout_reward_falls_is_said(tpo, policy, server, monkeypatch):
    """The reward likes long answers without end, the held-out one those of some words."""
    texts = ["word", "some more words", "padded words again and again " * 9, "x"]
    server.answer = answer_by(lambda name, index: texts[index % 4], good, good)
    module = ModuleType("tastes")
    module.longer = lambda query, answer: float(len(answer))
    module.three = lambda query, answer: {1: -3.0, 3: 0.0}.get(len(answer.split()), -1.5)
    monkeypatch.setitem(sys.modules, "tastes", module)
    monkeypatch.setenv("TPO_VERIFIERS", "tastes:longer,tastes:three")
    rewards = ("--reward", "verify:tastes:longer", "--heldout", "verify:tastes:three")
    ran = tpo("doctor", "-p", policy, *rewards, "--tries", "4", "--json")
    found = words_of(ran)["held-out width"]
    assert states_of(ran)["held-out width"] == "warning"
    assert "beyond width 3 it falls while the reward rises" in found
    assert "take --width 3" in found
    agreeing = ("--reward", "verify:tastes:longer", "--heldout", "verify:tastes:longer")
    ran = tpo("doctor", "-p", policy, *agreeing, "--tries", "4", "--json")
    assert words_of(ran)["held-out width"].endswith("no fall up to width 4")
    assert "held-out width" not in words_of(tpo("doctor", "-p", policy, "--json"))


def test_a_heldout_reward_that_compares_is_refused(tpo, policy):
    ran = tpo("doctor", "-p", policy, "--heldout", "pairwise:openai:x")
    assert ran.code == 2
    assert "cannot be the held-out reward" in ran.err
