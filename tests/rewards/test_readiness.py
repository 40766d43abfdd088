"""What can be known of a reward is known before the first answer is paid for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fake_judge import fair, obey
from langgraph.cache.memory import InMemoryCache
from reward_servers import VllmServer
from scripted_model import ScriptedModel
from steps import says

import tpo
from tpo.core.context import Context
from tpo.core.errors import ConfigError, RewardError
from tpo.core.look_into import doctor_reward
from tpo.core.usage import cost
from tpo.rewards.judging.groupwise import GroupwiseJudge
from tpo.rewards.judging.pairwise import PairwiseJudge
from tpo.rewards.judging.pointwise import Judge
from tpo.rewards.planned_reward import Job, planned
from tpo.rewards.readiness import beside, make_ready

NOTHING = Job([], [])
DOWN = "vllm:http://127.0.0.1:9"  # nothing listens there; sockets beyond the loopback are off
JUDGES: Any = [Judge, PairwiseJudge, GroupwiseJudge]


def length(query: str, answer: str) -> float:
    return float(len(answer))


class Own:
    """A reward of a user's, which says whether it is ready."""

    name, batch_size, notice = "own", None, ""

    def __init__(self, fault: BaseException | None = None) -> None:
        self.fault = fault

    async def ready(self, job: Job) -> None:
        if self.fault:
            raise self.fault

    async def score(self, messages, answers):
        return [tpo.scored(length("", answer)) for answer in answers]


def run(policy: Any, **settings: Any) -> tuple[Any, list[str]]:
    events: list[Any] = []
    knobs = {"depth": 0, "width": 2, "retries": 0, "on_event": events.append, **settings}
    result = tpo.align("Why?", policy=policy, **knobs)
    return result, [e["message"] for e in events if e["type"] == "tpo.notice"]


@pytest.mark.loopback
@pytest.mark.parametrize("inside", ["alone", "a part", "a constraint", "kept"])
def test_a_server_that_is_away_is_found_out_before_the_first_request(inside):
    served = tpo.resolve_reward(f"{DOWN}?retries=0")
    reward = {
        "alone": served,
        "a part": tpo.Mix([tpo.Part(served)]),
        "a constraint": tpo.Mix([tpo.Part(length)], [served]),
        "kept": tpo.cached(served, InMemoryCache()),
    }[inside]
    policy = ScriptedModel(script=[])
    with pytest.raises(RewardError, match=r"nothing was asked of the policy: .*is it running\?"):
        run(policy, reward=reward)
    assert policy.asked == []


@pytest.mark.loopback
def test_a_server_that_went_away_is_found_out_too():
    with VllmServer() as server:
        reward = tpo.resolve_reward(f"vllm:{server.url}?retries=0")
        run(says(), reward=reward)
        asked = len(server.asked)
        run(says(), reward=reward)
        assert len(server.asked) == asked + 1 + 2  # one built-in answer, then the candidates
    policy = ScriptedModel(script=[])
    with pytest.raises(RewardError, match="nothing was asked of the policy"):
        run(policy, reward=reward)
    assert policy.asked == []


@pytest.mark.parametrize("settings", [{"heldout": Own(OSError("away"))}, {"degrade": True}])
def test_where_the_run_can_go_on_it_is_only_said(settings):
    if settings.pop("degrade", False):
        away = Own(OSError("away"))
        settings = {"reward": away, "fallback": length, "on_reward_failure": "degrade"}
    result, notices = run(says(), **{"reward": length, **settings})
    assert result["answer"]
    assert notices[0] == "reward 'own' cannot score for now: OSError: away"


@pytest.mark.parametrize("role", ["reward", "heldout", "fallback"])
def test_what_cannot_be_right_is_refused_in_every_role(role):
    policy, wrong = ScriptedModel(script=[]), Own(ConfigError("no such model"))
    with pytest.raises(ConfigError, match="no such model"):
        run(policy, **{"reward": length, role: wrong})
    assert policy.asked == []


@pytest.mark.parametrize("judge", JUDGES)
def test_a_judge_that_does_not_reply_in_the_form_is_found_out_first(judge):
    policy, prose = ScriptedModel(script=[]), ScriptedModel(script=lambda *_: "All are fine.")
    with pytest.raises(RewardError, match=r"nothing was asked of the policy: judge .*no verdict"):
        run(policy, reward=judge(prose))
    assert policy.asked == []
    assert len(prose.asked) == 2 * 2  # two calls, each of which asks in two forms


@pytest.mark.parametrize("judge", JUDGES)
async def test_a_judge_is_tried_once_per_process_and_it_is_counted(judge):
    model = ScriptedModel(script=obey(lambda text: 1.0 + len(text)))
    runs = [planned(judge(model)) for _ in range(3)]
    paid = await asyncio.gather(*[make_ready(reward, NOTHING) for reward in runs])
    assert sorted(one["requests"] for one in paid) == [0, 0, 1]
    assert len(model.asked) == 1
    result = await tpo.aalign("Why?", policy=says(), reward=judge(model), depth=0, width=2)
    requests = result["usage"]["total"]["requests"]
    assert requests == 1 + len(model.asked) - 1  # one of the policy's, for both texts


@pytest.mark.parametrize("budget", ["budget_requests", "budget_tokens", "budget_seconds"])
async def test_a_run_with_a_budget_does_not_spend_it_on_a_try(budget):
    model = ScriptedModel(script=[])
    job = Job([], [], settings=Context(**{budget: 9}))
    assert await make_ready(planned(Judge(model)), job) == cost()


def test_what_a_try_has_cost_is_in_the_error():
    prose = ScriptedModel(script=lambda *_: "All are fine.")
    with pytest.raises(RewardError) as caught:
        run(ScriptedModel(script=[]), reward=Judge(prose))
    assert caught.value.partial
    assert caught.value.partial["usage"]["total"]["requests"] == len(prose.asked) == 4


def test_a_try_is_no_text_of_the_run():
    model = ScriptedModel(script=obey(lambda text: 1.0 + len(text)))
    result, _ = run(says(), reward=Judge(model))
    phases = result["usage"]["phases"]
    assert (phases["sample"]["requests"], phases["sample"]["sequences"]) == (1 + 1, 2)


def test_the_advice_names_the_reward_and_no_reference():
    assert doctor_reward("cached:verify:exact:42", "verify:exact#73475cb4") == (
        "tpo doctor --reward 'cached:verify:exact#73475cb4'"
    )
    assert doctor_reward("vllm:http://a:b@host/v1", "vllm:http://host/v1") == (
        "tpo doctor --reward vllm:http://host/v1"
    )
    with pytest.raises(RewardError) as caught:  # an object, which the command cannot look into
        run(ScriptedModel(script=[]), reward=Own(OSError("away")))
    assert "tpo doctor" not in str(caught.value)


async def test_one_bad_reply_is_not_the_end():
    replies = ["Well.", "Hm.", "7"]
    model = ScriptedModel(script=lambda *_: replies.pop(0))
    paid = await make_ready(planned(Judge(model)), NOTHING)
    assert paid["requests"] == 3
    assert replies == []


async def test_a_kept_judge_keeps_what_it_says_there():
    cache = InMemoryCache[Any]()
    for requests in (1, 0):
        model = ScriptedModel(script=lambda *_: "7")
        kept = tpo.cached(Judge(model), cache, identity="a")
        assert (await make_ready(planned(kept), NOTHING))["requests"] == requests


def test_a_judge_without_its_key_is_found_out_first(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    policy = ScriptedModel(script=[])
    with pytest.raises(tpo.TPOError, match="OPENAI_API_KEY"):
        run(policy, reward="judge:openai:gpt-5-mini")
    assert policy.asked == []


async def test_a_look_at_the_scores_does_not_delay_the_first_request():
    asked, told = asyncio.Event(), []

    class Slow(Own):
        async def probe(self) -> str:
            await asyncio.wait_for(asked.wait(), 60)
            return "squashed"

    async def work() -> str:
        asked.set()
        return "done"

    assert await beside(work(), planned(Slow()), told.append, 60) == "done"
    assert told == ["squashed"]


async def test_a_look_that_fails_is_said_and_one_that_lasts_ends_with_the_work():
    told: list[str] = []
    over = asyncio.Event()

    class Failing(Own):
        async def probe(self) -> str:
            raise ValueError("no")

    class Endless(Own):
        async def probe(self) -> str:
            try:
                await asyncio.Event().wait()
            finally:
                over.set()
            return ""

    async def work() -> str:
        await asyncio.sleep(0)
        raise OSError("lost")

    for reward in (Failing(), Endless()):
        with pytest.raises(OSError, match="lost"):
            await beside(work(), planned(reward), told.append, 60)
    assert told == ["reward 'own' could not look at its own scores: ValueError: no"]
    assert over.is_set()


async def test_a_look_that_never_ends_does_not_keep_the_run():
    class Endless(Own):
        async def probe(self) -> str:
            await asyncio.Event().wait()
            return ""

    class Leaving(Own):
        async def probe(self) -> str:
            raise SystemExit

    told: list[str] = []
    assert await beside(asyncio.sleep(0, "done"), planned(Endless()), told.append, 0.01) == "done"
    assert await beside(asyncio.sleep(0, "done"), planned(Leaving()), told.append, 60) == "done"
    assert "SystemExit" in told[0]


def test_fair_judges_of_other_tests_count_as_seen():
    assert asyncio.run(make_ready(planned(Judge(fair())), NOTHING))["requests"] == 0
