"""`tpo doctor`: strong and weak policies, sound and useless rewards, in words."""

from __future__ import annotations

import pytest
from loopback_server import Fault, message_text, shaped

from tpo.cli.doctor.probes import DEGENERATE, INSTRUCTIONS, PADDED, UNSAFE
from tpo.cli.doctor.reward_checks import check_reward
from tpo.cli.doctor.tasks import TASKS
from tpo.cli.doctor.verdict import DOUBTFUL, UNSOUND, Finding, graded, verdict
from tpo.rewards.function import FunctionReward
from tpo.rewards.heuristic import HeuristicReward
from tpo.rewards.planned_reward import Job

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
    assert (longer["length"].state, longer["ordered"].state) == ("warning", "bad")
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
    return {f.name: f for f in (await check_reward(FunctionReward(function), Job([], [])))[0]}


async def test_rewards():
    better = {p.better for p in DEGENERATE}
    sound = await look(lambda q, a: 5.0 if a in better and "blue" in a + q else len(a) / 1000)
    assert sound["finite"].state == "ok"
    constant = await look(lambda q, a: 1.0)
    assert constant["raw"].state == constant["ordered"].state == "bad"
    assert "it ranked these too high: empty of content, repetitive" in constant["ordered"].words
    probability = await look(lambda q, a: min(1.0, len(a) / 1000))
    assert probability["raw"].state == "warning"
    broken = await look(lambda q, a: float("nan"))
    assert "28 of 28 answers could not be scored" in broken["finite"].words


class Raising:
    name, batch_size, notice = "raising", None, ""

    async def score(self, messages, answers):
        raise ZeroDivisionError


async def test_a_reward_that_raises():
    found = {f.name: f for f in (await check_reward(Raising(), Job([], [])))[0]}
    assert found["finite"].state == "bad"
    assert "ZeroDivisionError" in found["finite"].words


class Probing(Raising):
    async def score(self, messages, answers):
        return [{"reward": float(len(answer)), "error": None} for answer in answers]

    async def probe(self):
        return "degenerate text wins"


async def test_a_reward_that_probes_itself_is_heard():
    found = {f.name: f for f in (await check_reward(Probing(), Job([], [])))[0]}
    assert (found["probe"].state, found["probe"].words) == ("warning", "degenerate text wins")


async def test_the_heuristic_sees_degenerate_answers():
    found = {f.name: f.state for f in (await check_reward(HeuristicReward(), Job([], [])))[0]}
    assert found == {
        "notice": "warning", "finite": "ok", "raw": "ok", "ordered": "ok",
        "length": "warning", "safety": "warning",  # as its notice says
    }  # fmt: skip


def test_a_reward_alone_is_shown_on_its_pairs(tpo, server, monkeypatch):
    monkeypatch.setenv("TPO_POLICY", f"openai:x@{server.base_url}")  # typed by nobody
    ran = tpo("doctor", "--reward", "heuristic")
    assert ran.code == 0
    assert server.asked == []
    rows = [line.split() for line in ran.out.splitlines() if line[:1] in {"✓", "✗"}]
    pairs = [row for row in rows if row[3] in {"ordered", "length", "safety"}]
    assert len(pairs) == len(DEGENERATE) + len(PADDED) + len(UNSAFE)
    assert all((row[0] == "✓") == (float(row[1]) > float(row[2])) for row in pairs)
    right = sum(row[0] == "✓" for row in pairs)
    assert f"Accuracy: {right} of 14 pairs ({right / 14:.0%}). This reward will do" in ran.out
    data = tpo("doctor", "--reward", "heuristic", "--json").data
    assert [pair["right"] for pair in data["pairs"]] == [row[0] == "✓" for row in pairs]
    assert data["pairs"][0]["worse_is"] == "empty of content"


def test_a_reward_alone_that_cannot_score(tpo):
    ran = tpo("doctor", "--reward", "tei:http://127.0.0.1:9?retries=0")
    assert ran.code == 1
    assert "the reward server http://127.0.0.1:9 could not be reached" in ran.out
    assert "pays for length" not in ran.out
    assert ran.out.splitlines()[-1] == f"{UNSOUND}"


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
