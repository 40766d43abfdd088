"""Scores kept across runs: what is paid, what is not, and what is never kept."""

from __future__ import annotations

import asyncio
import stat
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest
from fake_judge import fair, judging
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langgraph.cache.memory import InMemoryCache
from langgraph.cache.sqlite import SqliteCache
from steps import prefer_later, run, says

import tpo
from tpo.core.reference_mark import named_by
from tpo.rewards.base import Reward, Score, scored, unscored
from tpo.rewards.caching.cached import cached
from tpo.rewards.caching.score_cache import default_cache, open_cache
from tpo.rewards.function import FunctionReward
from tpo.rewards.heuristic import HeuristicReward
from tpo.rewards.huggingface.reward import HfReward
from tpo.rewards.judging.groupwise import GroupwiseJudge
from tpo.rewards.judging.pairwise import PairwiseJudge
from tpo.rewards.judging.pointwise import Judge
from tpo.rewards.mixing.mix import Mix, Part
from tpo.rewards.planned_reward import score_now
from tpo.rewards.resolve import resolve_reward
from tpo.rewards.served.sglang import SglangReward

TALK: Any = [HumanMessage("one")]


class Counting:
    """Scores by length, fails where told, and counts what it was asked."""

    notice = "mind this"

    def __init__(self, name: str = "counting", batch_size: int | None = None) -> None:
        self.name, self.batch_size = name, batch_size
        self.asked, self.calls = Counter[str](), list[list[str]]()
        self.wrong: dict[str, Any] = {}

    async def score(self, messages: Any, answers: Any) -> list[Score]:
        self.calls.append(list(answers))
        self.asked.update(answers)
        for text in answers:
            if isinstance(self.wrong.get(text), Exception):
                raise self.wrong[text]
        return [scored(self.wrong.get(text, float(len(text)))) for text in answers]


async def rewards(reward: Reward, *texts: str, talk: Any = TALK) -> list[float | None]:
    return [s["reward"] for s in await reward.score(talk, texts)]


async def test_only_misses_are_asked_and_equal_texts_once():
    inner = Counting()
    reward = cached(inner, InMemoryCache())
    assert await rewards(reward, "a", "bb", "a") == [1, 2, 1]
    assert await rewards(reward, "bb", "ccc", "a") == [2, 3, 1]
    assert inner.calls == [["a", "bb"], ["ccc"]]
    assert await rewards(reward, "a", "ccc") == [1, 3]
    assert len(inner.calls) == 2  # not even an empty one
    assert (reward.name, reward.batch_size, reward.notice) == ("counting", None, "mind this")
    assert isinstance(reward, Reward)


@pytest.mark.parametrize(
    "talk",
    [
        [HumanMessage("two")],
        [SystemMessage("Be brief."), HumanMessage("one")],
        [HumanMessage("one"), AIMessage("x"), HumanMessage("one")],
        [AIMessage("one")],
    ],
)
async def test_another_conversation_is_another_score(talk):
    inner = Counting()
    reward = cached(inner, InMemoryCache())
    await rewards(reward, "a")
    await rewards(reward, "a", talk=talk)
    assert inner.asked["a"] == 2
    await rewards(reward, "a", talk=[m.model_copy(update={"id": "other"}) for m in talk])
    assert inner.asked["a"] == 2  # an id is no part of what was said


async def test_another_reward_is_another_score():
    cache, first, second = InMemoryCache[Any](), Counting("one"), Counting("two")
    for reward in (first, second):
        await rewards(cached(reward, cache), "a")
    assert first.asked == second.asked == {"a": 1}
    await rewards(cached(first, cache, identity="one, version 2"), "a")
    assert first.asked["a"] == 2


@pytest.mark.parametrize("within", ["cached:", "mix:"])
async def test_a_schema_that_says_something_else_is_another_score(within, tmp_path, monkeypatch):
    pytest.importorskip("jsonschema")
    cache = InMemoryCache[Any]()

    async def score_by(kind: str, folder: str) -> float | None:
        place = tmp_path / folder
        place.mkdir(exist_ok=True)
        monkeypatch.chdir(place)
        (place / "schema.json").write_text(f'{{"type": "{kind}"}}', encoding="utf-8")
        plain: Any = resolve_reward("verify:json:schema.json")
        reward = cached(Mix([Part(plain)]) if within == "mix:" else plain, cache)
        assert within == "mix:" or reward.name == "verify:json:schema.json"
        (score,) = await score_now(reward, TALK, ["7"])
        return score["reward"]

    assert await score_by("integer", "one") == 1
    assert await score_by("string", "one") == 0
    assert await score_by("integer", "other") == 1
    assert await score_by("string", "third") == 0


@pytest.mark.parametrize(
    ("kind", "rest"),
    [(HfReward, "some/model?template={}"), (SglangReward, "http://h:1?template={}")],
)
def test_a_template_that_says_something_else_is_another_reward(kind, rest, tmp_path):
    path, seen = tmp_path / "chat.jinja", set()
    for text in ("one", "two", "one"):
        path.write_text(text, encoding="utf-8")
        kept: Any = cached(kind.from_spec(rest.format(path)), InMemoryCache())
        seen.add(kept.identity)
    assert len(seen) == 2


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), None, "five"])
async def test_what_is_no_finite_score_is_not_kept(bad):
    inner, cache = Counting(), InMemoryCache[Any]()
    inner.wrong["a"] = bad
    reward = cached(inner, cache)
    assert await rewards(reward, "a", "bb") == [None, 2]
    del inner.wrong["a"]
    assert await rewards(reward, "a", "bb") == [1, 2]
    assert inner.asked == {"a": 2, "bb": 1}


async def test_a_call_that_fails_raises_or_keeps_what_is_known():
    inner = Counting()
    reward = cached(inner, InMemoryCache())
    inner.wrong["bb"] = ConnectionError("no route")
    with pytest.raises(ConnectionError):
        await reward.score(TALK, ["a", "bb"])
    assert await rewards(reward, "a") == [1]
    known, failed = await reward.score(TALK, ["a", "bb"])
    assert (known["reward"], failed) == (1, unscored("ConnectionError: no route"))


class Spoiling(InMemoryCache[Any]):
    """Keeps something else than it is given."""

    def __init__(self, instead: object) -> None:
        super().__init__()
        self.instead = instead

    async def aset(self, pairs: Any) -> None:
        await super().aset({key: (self.instead, ttl) for key, (_, ttl) in pairs.items()})


@pytest.mark.parametrize("stored", ["nonsense", float("nan"), None, [1]])
async def test_a_spoiled_entry_is_asked_again(stored):
    inner = Counting()
    reward = cached(inner, Spoiling(stored))
    for _ in range(2):
        assert await rewards(reward, "a") == [1]
    assert inner.asked == {"a": 2}


class Broken(InMemoryCache[Any]):
    async def aget(self, keys: Any) -> Any:
        raise OSError("disk full")

    async def aset(self, keys: Any) -> None:
        raise OSError("disk full")


async def test_a_broken_cache_costs_what_it_would_have_saved():
    inner = Counting()
    assert await rewards(cached(inner, Broken()), "a", "bb") == [1, 2]


class Planned:
    """A planned reward of somebody else: what its calls depend on is not known."""

    name, notice = "planned", ""
    plan = settled = combine = lambda *_: []

    async def call(self, job, call): ...


def test_what_cannot_be_cached_is_refused():
    def rated(query: str, answer: str) -> float:
        return 1.0

    with pytest.raises(tpo.ConfigError, match=r"'rated' does not tell .* give it an identity"):
        cached(FunctionReward(rated), InMemoryCache())
    with pytest.raises(tpo.ConfigError, match="'judge:ScriptedModel' does not tell"):
        cached(Judge(fair()), InMemoryCache())
    with pytest.raises(tpo.ConfigError, match="what Planned says cannot be kept"):
        cached(Planned(), InMemoryCache())  # type: ignore[arg-type]
    cached(FunctionReward(rated), InMemoryCache(), identity="mine, version 1")
    cached(FunctionReward(rated, title="mine"), InMemoryCache())
    once = cached(HeuristicReward(), InMemoryCache())
    assert cached(once, InMemoryCache()) is once


class Later(Counting):
    async def score(self, messages: Any, answers: Any) -> list[Score]:
        await super().score(messages, answers)
        await asyncio.sleep(0)
        return [scored(prefer_later("", text)) for text in answers]


@pytest.mark.parametrize("batch_size", [None, 1, 2])
def test_a_second_run_on_the_same_file_pays_nothing(tmp_path, batch_size):
    path, outcome = str(tmp_path / "scores.db"), list[Any]()
    inner = Later(batch_size=batch_size)
    for _ in range(2):
        cache = SqliteCache[Any](path=path)  # as another process would open it
        outcome.append(run(reward=cached(inner, cache)))
        cache._conn.close()
    first, second = outcome
    assert [c["reward"] for c in first["candidates"]] == [0, 1, 2, 10, 11, 12]
    assert second["candidates"] == first["candidates"]
    assert (second["answer"], set(inner.asked.values())) == ("better 2", {1})


async def test_concurrent_runs_share_a_cache_and_agree(tmp_path):
    inner, cache = Later(batch_size=1), SqliteCache[Any](path=str(tmp_path / "scores.db"))
    reward = cached(inner, cache)
    talks = [[HumanMessage(f"query {i % 2}")] for i in range(8)]
    texts = [f"first {i}" for i in range(6)]
    found = await asyncio.gather(*[rewards(reward, *texts, talk=talk) for talk in talks])
    assert found == [[0, 1, 2, 3, 4, 5]] * 8
    paid = inner.asked.total()
    assert paid >= 12
    assert await rewards(reward, *texts, talk=talks[0]) == [0, 1, 2, 3, 4, 5]
    assert inner.asked.total() == paid
    cache._conn.close()


# --- judges -----------------------------------------------------------------

JUDGES = {"judge": Judge, "pairwise": PairwiseJudge, "groupwise": GroupwiseJudge}


def clever(judge: Any) -> Any:
    """Return a judge that prefers `better` to `first`, and later to earlier."""
    return judge(fair(lambda text: 1.0 + prefer_later("", text) % 8))


@pytest.mark.parametrize("kind", JUDGES)
def test_a_second_run_asks_a_judge_nothing(tmp_path, kind):
    outcome, asked = list[Any](), list[int]()
    for number in range(2):
        judge = clever(JUDGES[kind])
        cache = SqliteCache[Any](path=str(tmp_path / "scores.db"))
        outcome.append(run(reward=cached(judge, cache, identity=kind), depth=2))
        asked.append(len(judge.model.asked))
        cache._conn.close()
        requests = outcome[number]["usage"]["phases"]["rank"]["requests"]
        assert requests == asked[number]  # what was not paid does not count as paid
    first, second = outcome
    assert (asked[0] > 0, asked[1]) == (True, 0)
    assert [c["reward"] for c in second["candidates"]] == [c["reward"] for c in first["candidates"]]
    assert second["answer"] == first["answer"]
    assert second["rounds"][0]["ranked_by"] == f"{kind}:ScriptedModel"


async def test_a_verdict_is_that_of_its_own_question():
    """Another rubric, conversation, order or judge is another verdict."""
    cache, model = InMemoryCache[Any](), fair()

    async def paid(reward: Any, *texts: str, talk: Any = TALK) -> int:
        before = len(model.asked)
        await score_now(reward, talk, texts)
        return len(model.asked) - before

    pairs = cached(PairwiseJudge(model), cache, identity="pairs")
    assert await paid(pairs, "a", "b", "c") == 6
    assert await paid(pairs, "c", "a") == 0  # both orders of the pair are known
    assert await paid(pairs, "c", "a", "d") == 4
    assert await paid(pairs, "a", "b", talk=[HumanMessage("two")]) == 2
    strict = PairwiseJudge(model, rubric="- Is it short?")
    assert await paid(cached(strict, cache, identity="pairs"), "a", "b") == 2
    group = cached(GroupwiseJudge(model), cache, identity="group")
    assert await paid(group, "a", "b", "c") == 6
    assert await paid(group, "b", "c", "a") == 0  # as places they are other orders, as texts not
    assert await paid(group, "a", "b") == 2
    assert pairs.relative
    assert group.relative


async def test_a_verdict_that_failed_is_asked_for_again():
    said = ["no idea", "none", "7"]
    model = judging(lambda *_: said.pop(0))
    judge = cached(Judge(model), InMemoryCache(), identity="j")
    (failed,) = await score_now(judge, TALK, ["a"])
    assert "gave no verdict in two replies" in failed["error"]
    for _ in range(2):
        assert await score_now(judge, TALK, ["a"]) == [scored(7.0)]
    assert said == []


async def test_of_a_mix_the_parts_are_kept():
    inner, cache = Counting(), InMemoryCache[Any]()

    async def total(weight: float) -> list[Any]:
        mix = Mix((Part(inner, weight),), constraints=(lambda query, answer: 1.0,))
        return [s["parts"]["counting"] for s in await score_now(cached(mix, cache), TALK, ["a"])]

    assert await total(1.0) == await total(2.0) == [1.0]
    assert inner.asked == {"a": 1}


async def test_a_cached_reward_still_looks_at_its_scores():
    inner = Counting()
    inner.probe = lambda: asyncio.sleep(0, "squashed")  # type: ignore[attr-defined]
    assert await cached(inner, InMemoryCache()).probe() == "squashed"  # type: ignore[union-attr]
    assert await cached(Counting("other"), InMemoryCache()).probe() == ""  # type: ignore[union-attr]
    assert await Mix((Part(inner), Part(Counting("other")))).probe() == "squashed"


# --- the file ---------------------------------------------------------------


def test_the_spec_keeps_scores_where_the_environment_says(tmp_path, monkeypatch):
    path = tmp_path / "deep" / "scores.db"
    monkeypatch.setenv("TPO_SCORE_CACHE", str(path))
    reward = resolve_reward("cached:verify:exact:blue")
    # The same reward, so a run can go on without it.
    assert reward.name == named_by("exact", "blue")
    assert run(says(sample="blue"), "cached:verify:exact:blue", depth=0)["reward"] == 1.0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    keys = [key for (key,) in default_cache()._conn.execute("SELECT key FROM cache")]  # type: ignore[attr-defined]
    assert [len(key) for key in keys] == [64]  # no text in it, only a digest and the score


def test_the_file_is_the_owners_alone_whoever_made_it(tmp_path):
    tmp_path.chmod(0o777)
    for name in ("scores.db", "scores.db-wal"):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(0o666)
    cache = open_cache(tmp_path / "scores.db")
    cache.set({(("tpo", "rewards"), "a"): (1.0, None)})
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("TPO_SCORE_CACHE", str(tmp_path / "file" / "scores.db"))
    with pytest.raises(tpo.ConfigError, match=r"cannot be kept in .*scores\.db: name a file"):
        resolve_reward("cached:heuristic")
    monkeypatch.setenv("TPO_SCORE_CACHE", str(tmp_path / "file"))
    (tmp_path / "file").write_text("this is no database, and long enough to be seen as none" * 9)
    with pytest.raises(tpo.ConfigError, match="not a database"):
        resolve_reward("cached:heuristic")


WRITER = """
import asyncio, sys
from langchain_core.messages import HumanMessage
from tpo.rewards.caching.cached import cached
from tpo.rewards.function import FunctionReward

async def go():
    mine = FunctionReward(lambda query, answer: float(len(answer)), title=sys.argv[2])
    reward = cached(mine, sys.argv[1])
    await asyncio.gather(*[reward.score([HumanMessage("one")], ["x" * i]) for i in range(20)])

asyncio.run(go())
"""


def test_processes_share_a_file(tmp_path):
    path = tmp_path / "scores.db"
    words = [sys.executable, "-P", "-c", WRITER, str(path)]
    children = [subprocess.Popen([*words, f"process {number}"]) for number in range(3)]
    assert [child.wait(60) for child in children] == [0, 0, 0]
    ((kept,),) = open_cache(path)._conn.execute("SELECT count(*) FROM cache")  # type: ignore[attr-defined]
    assert kept == 60
