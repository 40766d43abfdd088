"""The `llamacpp` adapter against llama.cpp's own server, with a reranker of random weights."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from itertools import combinations
from urllib.request import Request, urlopen

import pytest
from served_cases import HISTORY, ONE_TURN
from tiny_reranker import llama_reranker

from tpo.core.conversation import read_conversation
from tpo.core.errors import RewardError
from tpo.rewards.served.llamacpp import LlamaCppReward

pytest.importorskip("xllamacpp", reason="needs the extra embedded")
pytest.importorskip("gguf")
pytestmark = [pytest.mark.embedded, pytest.mark.loopback]
KEY = "only-for-this-test"
NEAR = 0.02  # how the server batches moves scores by up to 0.005
ANSWERS = ["hi", "it is a bear", "the giant panda is a bear", "zz 99 !!", ""]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with llama_reranker(tmp_path_factory.mktemp("model"), KEY) as address:
        yield address


@pytest.fixture
def reward(address: str, monkeypatch: pytest.MonkeyPatch) -> LlamaCppReward:
    monkeypatch.setenv("TPO_REWARD_API_KEY", KEY)
    return LlamaCppReward(address)


def asked_directly(address: str, query: str, document: str) -> float:
    """Return the score of one document, without the adapter."""
    headers = {"content-type": "application/json", "authorization": f"Bearer {KEY}"}
    body = json.dumps({"query": query, "documents": [document]}).encode()
    with urlopen(Request(f"{address}/v1/rerank", body, headers)) as response:
        return json.load(response)["results"][0]["relevance_score"]


@pytest.mark.parametrize("messages", [ONE_TURN, HISTORY], ids=["one turn", "system and history"])
async def test_scores_are_the_servers_in_the_order_of_the_answers(address, reward, messages):
    scores = await reward.score(messages, ANSWERS)
    query = read_conversation(messages).text
    direct = [await asyncio.to_thread(asked_directly, address, query, a) for a in ANSWERS]
    gap = min(abs(a - b) for a, b in combinations(direct, 2))
    assert gap > 0.005
    assert [s["reward"] for s in scores] == pytest.approx(direct, abs=gap / 4)
    assert not all(0 <= s["reward"] <= 1 for s in scores)


async def test_a_text_over_the_batch_size_is_unscored_and_the_others_are_not(reward):
    """This server says so with status 500."""
    short, long, empty = await reward.score(ONE_TURN, ["hi", "word " * 100, ""])
    assert (short["error"], empty["error"]) == (None, None)
    assert long["reward"] is None
    assert "too large to process" in long["error"]


async def test_many_at_once(reward):
    alone = await reward.score(ONE_TURN, ANSWERS)
    many = await asyncio.gather(*[reward.score(ONE_TURN, ANSWERS) for _ in range(4)])
    for scores in many:
        assert [s["reward"] for s in scores] == pytest.approx(
            [s["reward"] for s in alone], abs=NEAR
        )


async def test_the_wrong_key(address, monkeypatch):
    monkeypatch.setenv("TPO_REWARD_API_KEY", "another")
    with pytest.raises(RewardError, match="HTTP 401; set the environment variable"):
        await LlamaCppReward(address).score(ONE_TURN, ["hi"])


async def test_its_probe_says_what_random_weights_are_worth(reward):
    said = await reward.probe()
    assert "squashed" not in said
    assert "no score" not in said
