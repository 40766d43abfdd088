"""`tpo doctor`: strong and weak policies, sound and useless rewards, in words."""

from __future__ import annotations

import pytest
from loopback_server import Fault, message_text, shaped

from tpo.cli.doctor.probes import DEGENERATE, INSTRUCTIONS, PADDED, UNSAFE
from tpo.cli.doctor.reward_checks import check_reward, may_be_probabilities
from tpo.cli.doctor.tasks import TASKS
from tpo.cli.doctor.verdict import (
    DOUBTFUL,
    UNKNOWN,
    UNSOUND,
    Finding,
    graded,
    verdict,
    verdict_on_reward,
)
from tpo.rewards.function import FunctionReward
from tpo.rewards.heuristic import HeuristicReward
from tpo.rewards.judging.criteria import Criterion
from tpo.rewards.judging.groupwise import GroupwiseJudge
from tpo.rewards.judging.rubric import Rubric

pytestmark = pytest.mark.loopback
GOOD = {
    "Basel": "Take the train; or, slower, a boat on the Rhine.",
    "houseplant": "A spider plant: it forgives missed watering.",
    "egg": "1. Boil water.\n2. Put the egg in for eight minutes.\n3. Cool it.",
}


def obedient(body, index):
    asked = message_text(body["messages"][-1])
    return shaped(body, next((text for key, text in GOOD.items() if key in asked), "ready"))


def states(data):
    return {finding["name"]: finding["state"] for finding in data["findings"]}


def test_a_strong_policy_is_fit(tpo, policy, server):
    server.answer = obedient
    ran = tpo("doctor", "-p", policy, "--json")
    assert ran.code == 0
    assert ran.data["fit"]
    found = states(ran.data)
    assert found["follows critiques"] == found["update format"] == found["reachable"] == "ok"
    assert found["notice"] == "warning"  # the heuristic reward says what it is
    assert len(server.asked) == 2 + 3 * len(INSTRUCTIONS) + 3 * len(TASKS)


def test_a_weak_policy_is_told_so(tpo, policy, server):
    ran = tpo("doctor", "-p", policy, "--tries", "1")
    assert ran.code == 1
    assert "✗ follows critiques: 1 of 3 updates did what the critique asked" in ran.out
    assert "this policy is too weak" in ran.out
    assert "best-of-N" in ran.out


def test_a_policy_that_cannot_keep_the_format(tpo, policy, server):
    server.answer = lambda body, i: "no tags at all"
    ran = tpo("doctor", "-p", policy, "--json")
    assert ran.code == 1
    found = {f["name"]: f for f in ran.data["findings"]}
    assert found["update format"]["state"] == "bad"
    assert "malformed: no <improved_answer> in the reply" in found["update format"]["words"]


def test_updates_are_asked_for_as_a_run_asks_for_them(tpo, policy, server):
    server.answer = obedient
    args = ("doctor", "-p", policy, "--update-format", "json", "--tries", "1", "--json")
    known = {f["name"]: f["words"] for f in tpo(*args).data["findings"]}
    assert known["update format"].endswith("could be read (asked for as JSON)")
    server.refuse = {"response_format"}
    refused = {f["name"]: f["words"] for f in tpo(*args).data["findings"]}
    assert refused["update format"].endswith("could be read (between our tags)")


def test_an_unreachable_policy(tpo, policy, server):
    server.script = [Fault(status=401, times=None)]
    ran = tpo("doctor", "-p", policy)
    assert ran.code == 1
    assert "✗ reachable" in ran.out
    assert "TPO will not work like this" in ran.out


@pytest.mark.parametrize(
    ("supports", "words"),
    [
        (True, "one request returns all answers"),
        (False, "it refuses n, so each answer"),
        ("ignored", "it ignores n (asked for 3, it sent 1)"),
    ],
)
def test_n(supports, words, tpo, policy, server):
    server.supports_n = supports
    ran = tpo("doctor", "-p", policy, "--tries", "1")
    assert f"✓ n: {words}" in ran.out


def test_the_critic_is_checked_too(tpo, policy, server):
    ran = tpo("doctor", "-p", policy, "--critic", policy, "--tries", "1")
    assert "✓ critic reachable" in ran.out


async def test_each_kind_of_pair_has_its_own_accuracy():
    longer = await look(lambda q, a: len(a))
    assert (longer["length"].state, longer["ordered"].state) == ("warning", "warning")
    assert "3 of 5 pairs in the right order" in longer["ordered"].words  # one is as long
    assert "0 of 4 pairs in the right order (short before the same" in longer["length"].words
    assert "It pays for length, so answers will grow" in longer["length"].words
    shorter = await look(lambda q, a: -len(a))
    assert (shorter["length"].state, shorter["ordered"].state) == ("ok", "bad")
    refusing = await look(lambda q, a: a.startswith("I can't") + len(a) / 10_000)
    assert refusing["safety"].state == "ok"
    assert refusing["safety"].words == (
        "4 of 4 pairs in the right order (refusal before help to do harm)"
    )
    complying = await look(lambda q, a: -a.startswith("I can't") + len(a) / 10_000)
    assert complying["safety"].state == "warning"
    assert "0 of 4 pairs" in complying["safety"].words
    assert "It does not keep answers safe" in complying["safety"].words


def test_padded_answers_begin_with_the_short_ones():
    assert all(p.worse.startswith(p.better) for p in PADDED)
    assert all(p.better.startswith("I can't help") for p in UNSAFE)


async def look(function):
    return {f.name: f for f in (await check_reward(FunctionReward(function)))[0]}


async def test_rewards():
    better = {p.better for p in DEGENERATE}
    sound = await look(lambda q, a: 5.0 if a in better and "blue" in a + q else len(a) / 1000)
    assert sound["finite"].state == "ok"
    constant = await look(lambda q, a: 5.0)
    assert constant["raw"].state == "bad"
    upside_down = await look(lambda q, a: float((q, a) in DEGENERATED))
    assert upside_down["ordered"].state == "bad"
    assert "it ranked these too high: empty of content, repetitive" in upside_down["ordered"].words
    probability = await look(lambda q, a: min(1.0, len(a) / 1000))
    assert probability["raw"].state == "warning"
    broken = await look(lambda q, a: float("nan"))
    assert "28 of 28 answers could not be scored" in broken["finite"].words


class Raising:
    name, batch_size, notice = "raising", None, ""

    async def score(self, messages, answers):
        raise ZeroDivisionError


async def test_a_reward_that_raises():
    found = {f.name: f for f in (await check_reward(Raising()))[0]}
    assert found["finite"].state == "bad"
    assert "ZeroDivisionError" in found["finite"].words


class Probing(Raising):
    async def score(self, messages, answers):
        return [{"reward": float(len(answer)), "error": None} for answer in answers]

    async def probe(self):
        return "degenerate text wins"


async def test_a_reward_that_probes_itself_is_heard():
    found = {f.name: f for f in (await check_reward(Probing()))[0]}
    assert (found["probe"].state, found["probe"].words) == ("warning", "degenerate text wins")


async def test_the_heuristic_sees_degenerate_answers():
    found = {f.name: f.state for f in (await check_reward(HeuristicReward()))[0]}
    assert found == {
        "notice": "warning", "finite": "ok", "raw": "ok", "ordered": "ok",
        "length": "warning", "safety": "warning",  # as its notice says
    }  # fmt: skip


def test_a_reward_alone_is_shown_on_its_pairs(tpo, server, monkeypatch):
    monkeypatch.setenv("TPO_POLICY", f"openai:x@{server.base_url}")  # typed by nobody
    ran = tpo("doctor", "--reward", "heuristic")
    assert ran.code == 1  # fewer than half are right
    assert server.asked == []
    rows = [line.split() for line in ran.out.splitlines() if line[:1] in {"✓", "✗"}]
    pairs = [row for row in rows if row[3] in {"ordered", "length", "safety"}]
    assert len(pairs) == len(DEGENERATE) + len(PADDED) + len(UNSAFE)
    assert all((row[0] == "✓") == (float(row[1]) > float(row[2])) for row in pairs)
    right = sum(row[0] == "✓" for row in pairs)
    assert (
        f"Accuracy: {right} of 14 pairs ({right / 14:.0%}). It puts fewer than half in order"
        in ran.out
    )
    data = tpo("doctor", "--reward", "heuristic", "--json").data
    assert [pair["right"] for pair in data["pairs"]] == [row[0] == "✓" for row in pairs]
    assert data["pairs"][0]["worse_is"] == "empty of content"


def test_a_reward_alone_that_cannot_score(tpo):
    ran = tpo("doctor", "--reward", "tei:http://127.0.0.1:9?retries=0")
    assert ran.code == 1
    assert "the reward server http://127.0.0.1:9 could not be reached" in ran.out
    assert "pays for length" not in ran.out
    assert ran.out.splitlines()[-1] == f"{UNSOUND}"


DEGENERATED = {(pair.query, pair.worse) for pair in DEGENERATE}
VETO = {"reward": None, "error": "vetoed by polite", "failure": "vetoed"}


async def test_a_veto_is_a_verdict_and_no_failed_score():
    """The answers that a constraint rules out come after all others; the reward is not to blame."""
    found = await look(lambda q, a: VETO if (q, a) in DEGENERATED else 1.0 + len(a))
    assert (found["vetoed"].state, found["finite"].state) == ("ok", "ok")
    assert found["vetoed"].words == (
        "6 of 28 answers, by a verdict and not a failure: vetoed by polite (6)"
    )
    assert found["finite"].words == "the other 22 scores are finite numbers"
    assert found["ordered"].words.startswith("6 of 6 pairs in the right order")
    both = await look(lambda q, a: VETO if (q, a) in DEGENERATED else float("nan"))
    assert "22 of 28 answers could not be scored" in both["finite"].words


def test_where_all_answers_are_vetoed_nothing_is_known(tpo, tmp_path):
    (tmp_path / "form.json").write_text('{"type": "object"}', encoding="utf-8")
    mix = f'constraints = ["verify:json:{tmp_path}/form.json"]\n[[parts]]\nreward = "heuristic"\n'
    (tmp_path / "mix.toml").write_text(mix, encoding="utf-8")
    ran = tpo("doctor", "--reward", f"mix:{tmp_path}/mix.toml")
    assert (ran.code, "✗" in ran.out) == (0, False)
    said = " ".join(ran.out.split())
    assert "! vetoed: 28 of 28 answers" in said
    assert "doctor's own answers tell nothing of this reward: add --prompts FILE" in said
    assert ran.out.splitlines()[-1] == UNKNOWN


def test_a_check_of_something_else_is_not_unfit_and_pays_for_nothing(tpo):
    ran = tpo("doctor", "--reward", "verify:exact:42")
    assert ran.code == 0
    said = " ".join(ran.out.split())
    assert "every answer gets 0, as from a check that none passes" in said
    assert "pays for length" not in said
    assert "does not keep answers safe" not in said
    assert "in none of 4 pairs one answer comes first (short before the same" in said
    assert ran.out.splitlines()[-1] == UNKNOWN
    data = tpo("doctor", "--reward", "verify:exact:42", "--json").data
    assert data["fit"] is None
    assert {pair["right"] for pair in data["pairs"]} == {None}


async def test_ties_are_neither_for_nor_against():
    short = {pair.better for pair in PADDED}
    found = await look(lambda q, a: 2.0 if a in short or len(a) > 400 else 1.0)
    assert "pays for length" not in found["length"].words
    few = await look(lambda q, a: 3.0 if a in {p.better for p in PADDED[:1]} else 2.0)
    assert few["length"].words == (
        "1 of 1 pairs in the right order (short before the same with padding), "
        "3 more with neither first"
    )
    assert few["length"].state == "warning"  # most of it is not known


def test_the_verdict_follows_the_accuracy():
    pairs = [True] * 6 + [False] * 8
    assert verdict_on_reward([], pairs) == (
        False,
        "Accuracy: 6 of 14 pairs (43%). It puts fewer than half in order, so it is not fit to "
        "rank; read the lines marked with !.",
    )
    fit, words = verdict_on_reward([], [True, True, False, None])
    assert fit
    assert words.startswith("Accuracy: 2 of 3 pairs (67%), 1 more with neither first. This reward")


async def test_only_who_can_return_raw_scores_is_told_to():
    shares = await look(lambda q, a: min(1.0, len(a) / 1000))
    assert "make it return raw scores" in shares["raw"].words
    passed = await look(lambda q, a: float(len(a) > 100))
    assert passed["raw"].state == "ok"  # pass or fail is no probability
    assert not may_be_probabilities(Rubric("openai:j", [Criterion("is polite")]))
    assert not may_be_probabilities(GroupwiseJudge("openai:j"))
    assert may_be_probabilities(FunctionReward(lambda q, a: 0.5))


@pytest.mark.parametrize(
    ("args", "named"),
    [
        (("--reward", "judge:"), "judge:openai:NAME"),
        (("--reward", "groupwise:"), "groupwise:openai:NAME"),
        (("--reward", "rubric:auto"), "rubric:auto:openai:NAME"),
        (("--reward", "heuristic", "--heldout", "judge:"), "judge:openai:NAME"),
        (("--heldout", "judge:"), "judge:openai:NAME"),
    ],
)
def test_a_judge_without_a_model_is_refused_unless_a_policy_is_named(args, named, tpo):
    ran = tpo("doctor", *args)
    assert (ran.code, ran.out) == (2, "")
    assert f"names no model to judge with: {named}; or name a policy: -p openai:NAME" in ran.err


def test_a_named_policy_judges(tpo, policy, server, monkeypatch):
    server.answer = lambda body, index: shaped(body, "5")
    monkeypatch.setenv("TPO_POLICY", policy)
    assert tpo("doctor", "--reward", "judge:").code == 1  # it says 5 to everything
    assert len(server.asked) == 1 + 28


def test_a_missing_key_is_a_matter_of_setup_for_judges_too(tpo, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    for args in (("-p", "openai:x"), ("--reward", "judge:openai:x")):
        ran = tpo("doctor", *args)
        assert (ran.code, "not fit" in ran.out) == (2, False)
        assert "OPENAI_API_KEY" in ran.err


def test_what_a_judge_lacks_is_said_before_the_policy_is_paid_for(tpo, policy, server, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    for role in ("--reward", "--heldout"):
        assert tpo("doctor", "-p", policy, role, "judge:openai:x").code == 2
    assert server.asked == []


def test_a_judge_alone_is_examined_with_the_model_it_names(tpo, server):
    server.answer = lambda body, index: shaped(body, "5")
    ran = tpo("doctor", "--reward", f"judge:openai:j@{server.base_url}")
    assert ran.code == 1
    assert "every answer gets the same score" in ran.out
    assert len(server.asked) == 1 + 28  # first of all, whether it replies in the form


def test_probes_are_passed_by_obeying_and_failed_by_keeping():
    for instruction in INSTRUCTIONS:
        assert not instruction.obeyed(instruction.critique.chosen)
        text = next(t for key, t in GOOD.items() if key in instruction.critique.query)
        assert instruction.obeyed(text)


def test_verdicts():
    assert verdict([graded("x", 1.0, "", good=0.8, fair=0.5)])[0]
    assert verdict([Finding("x", "warning", "")]) == (True, DOUBTFUL)
    assert not verdict([Finding("x", "bad", "")])[0]
