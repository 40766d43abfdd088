"""Served rewards against servers of their protocols: what is asked, and what is made of it."""

from __future__ import annotations

import math

import pytest
from langchain_core.messages import HumanMessage
from reward_servers import LlamaCppServer, SglangServer, TeiServer, VllmServer, score_of
from served_cases import CASES, HISTORY, ONE_TURN, chat_text, install_tokenizer, pair_text

from tpo.core.errors import RewardError
from tpo.rewards.base import Reward, checked
from tpo.rewards.served.doubtful_scores import ANSWERS as PROBES
from tpo.rewards.served.doubtful_scores import QUESTION
from tpo.rewards.served.llamacpp import LlamaCppReward
from tpo.rewards.served.sglang import SglangReward
from tpo.rewards.served.tei import TeiReward
from tpo.rewards.served.vllm import VllmReward

pytestmark = pytest.mark.loopback
ANSWERS = ["Rayleigh scattering.", "It is not.", "Because.", "Rayleigh scattering!", "¿Qué? 🌿"]


@pytest.fixture(autouse=True)
def _tokenizer(monkeypatch: pytest.MonkeyPatch) -> None:
    install_tokenizer(monkeypatch)


@pytest.fixture(params=CASES.values(), ids=CASES)
def case(request):
    return request.param


@pytest.mark.parametrize("messages", [ONE_TURN, HISTORY], ids=["one turn", "system and history"])
async def test_the_scores_are_the_models_own_raw_and_in_order(case, messages):
    with case.server() as server:
        reward = case.at(server)
        scores = await checked(reward, messages, ANSWERS)
        alone = [await reward.score(messages, [answer]) for answer in ANSWERS]
    assert scores == case.scores(messages, ANSWERS)
    assert [one for [one] in alone] == scores
    assert any(not 0 <= s["reward"] <= 1 for s in scores)


async def test_they_are_rewards(case):
    with case.server() as server:
        reward = case.at(server)
        assert isinstance(reward, Reward)
        assert (reward.batch_size, reward.notice) == (1 if case.reward is VllmReward else 32, "")
        assert await reward.score(ONE_TURN, []) == []
        assert server.asked == []


async def test_a_model_that_scores_everything_right_is_not_doubted(case):
    """The probe's answers: sound ones up to 3, degenerate ones at most -3."""

    def score(text: str) -> float:
        return -3.0 if "egg egg egg" in text or "xq zzv" in text else len(text) / 100

    with case.server(score) as server:
        assert await case.at(server).probe() == ""


async def test_squashed_scores_are_detected_and_the_remedy_is_named(case):
    with case.server(squashed=True) as server:
        reward = case.at(server)
        if case.server is SglangServer:  # it squashes nothing, so a head or a proxy would
            server.score = lambda text: abs(score_of(text)) / 8
        said = await reward.probe()
    assert said.startswith(f"reward {reward.name}: scores look squashed")
    assert reward.raw_advice in said


@pytest.mark.parametrize(
    ("score", "said"),
    [
        (lambda _: 1.0, "every probe answer scores 1"),
        (lambda text: 5.0 if "egg egg egg" in text else -5.0, "degenerate text scores 5"),
    ],
)
async def test_the_probe_says_what_else_is_wrong(case, score, said):
    with case.server(score) as server:
        assert said in await case.at(server).probe()


async def test_the_probe_counts_answers_without_a_score(case):
    longest = max(len(case.text([HumanMessage(QUESTION)], answer)) for answer in PROBES)
    with case.server(longest=longest - 1) as server:
        assert "1 of 8 probe answers have no score: the reward" in await case.at(server).probe()


async def test_the_probe_pays_once_and_never_raises(case):
    with case.server() as server:
        reward = case.at(server)
        first = await reward.probe()
        paid = len(server.bodies)
        assert await reward.probe() == first
        assert len(server.bodies) == paid
    assert "the probe failed" in await case.at(server, retries=0).probe()


async def test_vllm_is_asked_in_the_chat_form_for_raw_scores():
    with VllmServer() as server:
        await VllmReward(server.url).score(HISTORY, ["Chlorophyll."])
        [body] = server.bodies
    assert body == {
        "model": "reward-model",
        "use_activation": False,
        "messages": [
            {"role": "system", "content": HISTORY[0].text},
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": "Hi!"},
            {"role": "user", "content": "Why is grass green?"},
            {"role": "assistant", "content": "Chlorophyll."},
        ],
    }


async def test_vllm_asks_for_the_model_once_and_not_at_all_when_it_is_named():
    with VllmServer() as server:
        reward = VllmReward(server.url)
        await reward.score(ONE_TURN, ANSWERS)
        await reward.score(ONE_TURN, ANSWERS)
        assert [a.path for a in server.asked].count("/v1/models") == 1
        server.asked.clear()
        await VllmReward(server.url, model="reward-model").score(ONE_TURN, ANSWERS)
        assert {a.path for a in server.asked} == {"/classify"}


async def test_vllm_with_several_models_has_to_be_told_which():
    with VllmServer(models=("one", "two")) as server:
        with pytest.raises(RewardError, match=r"serves 2 models \(one, two\): name one"):
            await VllmReward(server.url).score(ONE_TURN, ANSWERS)
        assert (await VllmReward(server.url, model="two").score(ONE_TURN, ["a"]))[0]["reward"]


async def test_a_server_that_came_back_with_another_model_is_asked_anew():
    with VllmServer() as server:
        reward = VllmReward(server.url)
        await reward.score(ONE_TURN, ["a"])
        server.models = ("another",)
        with pytest.raises(RewardError, match="does not exist"):
            await reward.score(ONE_TURN, ["a"])
        assert (await reward.score(ONE_TURN, ["a"]))[0]["error"] is None


@pytest.mark.parametrize(
    ("server_class", "reward_class", "options"),
    [(VllmServer, VllmReward, {}), (SglangServer, SglangReward, {"tokenizer": "chars"})],
)
async def test_a_head_with_several_numbers_needs_a_label(server_class, reward_class, options):
    with server_class(others=(0.25, 70.0)) as server:
        reward = reward_class(server.url, **options)
        with pytest.raises(RewardError, match=r"gives 3 numbers .* label=NUMBER, 0 to 2"):
            await reward.score(ONE_TURN, ANSWERS)
        [score] = await reward_class(server.url, label=2, **options).score(ONE_TURN, ["a"])
        assert score["reward"] == 70.0
        with pytest.raises(RewardError, match="0 to 2"):
            await reward_class(server.url, label=3, **options).score(ONE_TURN, ["a"])


async def test_sglang_is_sent_a_list_of_texts_with_no_second_bos():
    with SglangServer() as server:
        await SglangReward(server.url, tokenizer="chars").score(HISTORY, ["Chlorophyll."])
        assert server.bodies == [{"text": [chat_text(HISTORY, "Chlorophyll.")]}]


async def test_tei_pairs_are_reranked_raw_and_never_cut():
    with TeiServer() as server:
        await TeiReward(server.url).score(HISTORY, ["one", "two"])
        [body] = server.bodies
    assert body["texts"] == ["one", "two"]
    assert body["query"].startswith("System: Be brief")
    assert body["query"].endswith("User: Why is grass green?")
    assert (body["raw_scores"], body["truncate"]) == (True, False)


async def test_tei_texts_are_one_list_each_so_that_two_are_no_pair():
    with TeiServer() as server:
        await TeiReward(server.url, tokenizer="chars").score(ONE_TURN, ["one", "two"])
        [body] = server.bodies
    assert body["inputs"] == [[chat_text(ONE_TURN, "one")], [chat_text(ONE_TURN, "two")]]
    assert (body["raw_scores"], body["truncate"]) == (True, False)


async def test_tei_batches_are_no_larger_than_the_server_takes():
    with TeiServer(most=2) as server:
        for options in ({}, {"tokenizer": "chars"}):
            reward = TeiReward(server.url, **options)
            scores = await reward.score(ONE_TURN, ANSWERS)
            case = CASES["tei-text" if options else "tei-pair"]
            assert scores == case.scores(ONE_TURN, ANSWERS)
        sizes = [len(body.get("texts") or body.get("inputs")) for body in server.bodies]
        assert sizes == [2, 2, 1] * 2


async def test_a_tei_classifier_needs_a_template_and_a_label():
    with TeiServer(labels=("good", "bad", "ugly")) as server:
        with pytest.raises(RewardError, match="classifier of texts, so say how"):
            await TeiReward(server.url).score(ONE_TURN, ANSWERS)
        with pytest.raises(RewardError, match="labels good, bad, ugly: say which"):
            await TeiReward(server.url, tokenizer="chars").score(ONE_TURN, ANSWERS)
        for place, label in enumerate(server.labels):
            reward = TeiReward(server.url, tokenizer="chars", label=label)
            [score] = await reward.score(ONE_TURN, ["a"])
            right = CASES["tei-text"].scores(ONE_TURN, ["a"])[0]["reward"] + place
            assert math.isclose(score["reward"], right)


async def test_a_tei_embedding_model_is_refused():
    with TeiServer() as server:
        server.spoil = lambda info: {**info, "model_type": {"embedding": {"pooling": "cls"}}}
        with pytest.raises(RewardError, match="with a sequence classification model"):
            await TeiReward(server.url).score(ONE_TURN, ANSWERS)


async def test_llama_cpp_gets_the_conversation_as_the_query():
    with LlamaCppServer() as server:
        await LlamaCppReward(server.url, model="m").score(HISTORY, ["one", "two"])
        [body] = server.bodies
    assert body.keys() == {"model", "query", "documents"}
    assert pair_text(HISTORY, "one") == f"{body['query']}<sep>one"
    assert body["documents"] == ["one", "two"]


async def test_llama_cpps_mark_of_a_failure_is_no_score():
    with LlamaCppServer(lambda text: -1e6 if text.endswith("bad") else 1.5) as server:
        good, bad = await LlamaCppReward(server.url).score(ONE_TURN, ["good", "bad"])
    assert good["reward"] == 1.5
    assert bad["reward"] is None
    assert "could not evaluate" in bad["error"]


async def test_half_characters_do_not_stop_a_request(case):
    with case.server() as server:
        [score] = await case.at(server).score(ONE_TURN, ["half \ud83d a smile"])
    assert score == case.scores(ONE_TURN, ["half � a smile"])[0]
