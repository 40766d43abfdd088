"""Rewards in this process against the oracle of tiny_rewards: one text, unpadded, by hand."""

from __future__ import annotations

import json
import random
from importlib import import_module

import pytest
from langchain_core.messages import HumanMessage, SystemMessage
from tiny_huggingface import NO_SYSTEM, need_extra
from tiny_rewards import (
    ANSWERS,
    CONVERSATIONS,
    FAMILIES,
    HISTORY,
    LLAMA,
    ONE_TURN,
    ROOM,
    Oracle,
    near,
    rewards,
    save_reward,
)

from tpo.rewards.base import checked
from tpo.rewards.chat import chat_of
from tpo.rewards.huggingface.model import load
from tpo.rewards.huggingface.reward import HfReward
from tpo.rewards.huggingface.spec import HfSource
from tpo.rewards.resolve import close_rewards

LONG = "Blue light is scattered \N{HERB} more than red light is. " * 5


@pytest.fixture(autouse=True)
def _closed():
    need_extra()
    yield
    close_rewards()


@pytest.fixture(params=[*FAMILIES, "Llama without a padding token", "Qwen3 padding with its end"])
def case(request, tmp_path):
    """Return a reward and its oracle."""
    family, _, special = request.param.partition(" ")
    pad = {"": "<pad>", "without a padding token": None, "padding with its end": "<|stop|>"}
    folder = save_reward(tmp_path, family, pad=pad[special])
    return HfReward.from_spec(folder), Oracle(folder, family)


@pytest.mark.parametrize("messages", CONVERSATIONS.values(), ids=CONVERSATIONS)
async def test_scores_are_the_models_own(case, messages):
    reward, oracle = case
    answers = [*ANSWERS, LONG]
    wanted = oracle.scores(messages, answers)
    assert len({round(w, 3) for w in wanted}) == len(answers)
    assert rewards(await checked(reward, messages, answers)) == near(wanted)
    alone = [await checked(reward, messages, [answer]) for answer in answers]
    assert rewards([one for [one] in alone]) == near(wanted)


def test_a_score_does_not_depend_on_the_batch(case):
    reward, oracle = case
    model = load(reward.source)
    pairs = [(m, a) for m in CONVERSATIONS.values() for a in [*ANSWERS, LONG]]
    texts = [model.renderer.tokens(chat_of(*pair)) for pair in pairs]
    wanted = [oracle.scores(m, [a])[0] for m, a in pairs]
    order = random.Random(0)
    for size in (1, 2, 3, 7, len(texts)):
        places = order.sample(range(len(texts)), size)
        assert model.forward([texts[i] for i in places]) == near(wanted[i] for i in places)


def test_an_answer_too_long_loses_its_end_and_keeps_its_end_of_turn(case):
    reward, oracle = case
    renderer = load(reward.source).renderer
    for messages in CONVERSATIONS.values():
        wanted = oracle.fitted(messages, LONG)
        assert len(wanted) == ROOM < len(oracle.ids(LONG))
        assert renderer.tokens(chat_of(messages, LONG))["input_ids"] == wanted
    fits = oracle.fitted(ONE_TURN, LONG, 90)
    short = load(HfSource(reward.source.model, max_tokens=90)).renderer
    assert short.tokens(chat_of(ONE_TURN, LONG))["input_ids"] == fits
    assert len(fits) == 90


@pytest.mark.parametrize("family", FAMILIES)
def test_every_length_around_the_limit_is_right(family, tmp_path):
    folder = save_reward(tmp_path, family)
    renderer, oracle = load(HfSource(folder)).renderer, Oracle(folder, family)
    frame = len(oracle.fitted(ONE_TURN, ""))
    for length in range(ROOM - frame - 2, ROOM - frame + 3):
        answer = "x" * length
        tokens = renderer.tokens(chat_of(ONE_TURN, answer))
        assert tokens["input_ids"] == oracle.fitted(ONE_TURN, answer)
        assert tokens["attention_mask"] == [1] * min(ROOM, frame + length)


async def test_a_conversation_that_fills_the_model_is_no_score(tmp_path):
    reward = HfReward.from_spec(save_reward(tmp_path))
    [score] = await reward.score([HumanMessage("x" * ROOM)], ["hello"])
    assert score["reward"] is None
    said = "the reward model holds 160 tokens and the conversation alone has 165, so nothing "
    assert score["error"].startswith(said)


def test_one_bos_and_none_where_the_template_writes_none(tmp_path):
    for family, count in (("Llama", 1), ("Qwen3", 0)):
        folder = save_reward(tmp_path / family, family)
        renderer = load(HfSource(folder)).renderer
        bos = renderer.tokenizer.bos_token_id
        assert renderer.tokenizer("x")["input_ids"][0] == bos  # it would add one
        assert renderer.tokens(chat_of(HISTORY, "Yes."))["input_ids"].count(bos) == count


async def test_a_template_without_system_turns_gets_it_with_the_query(tmp_path):
    folder = save_reward(tmp_path, template=NO_SYSTEM + LLAMA)
    given = [SystemMessage("Be brief."), HumanMessage("Why?")]
    wanted = Oracle(folder).scores([HumanMessage("Be brief.\n\nWhy?")], ANSWERS)
    assert rewards(await HfReward.from_spec(folder).score(given, ANSWERS)) == near(wanted)


async def test_a_template_that_refuses_is_no_score(tmp_path):
    folder = save_reward(tmp_path, template="{{ raise_exception('not today') }}")
    [score] = await HfReward.from_spec(folder).score(ONE_TURN, ["hello"])
    assert score["error"].startswith("the reward model's chat template refuses the conversation")
    assert "not today" in score["error"]


@pytest.mark.parametrize("vocabulary", [0, 64], ids=["no room for it", "room in the vocabulary"])
def test_a_missing_padding_token_is_a_new_one_never_the_end(vocabulary, tmp_path):
    size = {"vocab_size": 265 + vocabulary} if vocabulary else {}
    folder = save_reward(tmp_path, pad=None, config=size)
    model = load(HfSource(folder))
    assert model.pad not in {model.renderer.tokenizer.eos_token_id, None}
    assert model.model.config.pad_token_id == model.pad
    rows = model.model.get_input_embeddings().num_embeddings
    assert model.pad < rows
    oracle = Oracle(folder)
    assert oracle.model.config.pad_token_id is None
    end = oracle.tokenizer.eos_token_id
    texts = [model.renderer.tokens(chat_of(ONE_TURN, answer)) for answer in ANSWERS]
    assert all(text["input_ids"][-1] == end for text in texts)
    assert model.forward(texts) == near(oracle.scores(ONE_TURN, ANSWERS))


def test_a_padding_token_that_is_only_the_tokenizers_is_used_unless_it_is_the_end(tmp_path):
    for name, pad, kept in (("a", "<pad>", True), ("b", "<|end|>", False)):
        folder = save_reward(tmp_path / name, pad=pad, config={"pad_token_id": None})
        model, own = load(HfSource(folder)), Oracle(folder).tokenizer.pad_token_id
        assert (model.pad == own) is kept
        texts = [model.renderer.tokens(chat_of(ONE_TURN, answer)) for answer in ANSWERS]
        assert model.forward(texts) == near(Oracle(folder).scores(ONE_TURN, ANSWERS))


async def test_several_objectives_are_weighed_by_name(tmp_path):
    labels = {0: "helpful", 1: "verbose", 2: "honest, really"}
    folder = save_reward(
        tmp_path,
        config={"num_labels": 3, "id2label": labels, "label2id": {v: k for k, v in labels.items()}},
    )
    reward = HfReward.from_spec(f"{folder}?weights=honest%2C really:-0.3,helpful:0.7")
    oracle = Oracle(folder)
    wanted = []
    for answer in ANSWERS:
        helpful, _, honest = oracle.logits(oracle.fitted(HISTORY, answer))
        wanted.append(0.7 * helpful - 0.3 * honest)
    assert rewards(await reward.score(HISTORY, ANSWERS)) == near(wanted)
    assert reward.name == f"hf:{folder}?weights=honest%2C%20really:-0.3,helpful:0.7"


async def test_pairs_for_models_without_a_chat_template(tmp_path):
    folder = save_reward(tmp_path, "Bert", template=None)
    oracle = Oracle(folder)
    post = import_module("tokenizers").processors.TemplateProcessing(
        single="<s> $A <|end|>",
        pair="<s> $A <|end|> $B:1 <|end|>:1",
        special_tokens=[(t, oracle.tokenizer.convert_tokens_to_ids(t)) for t in ("<s>", "<|end|>")],
    )
    oracle.tokenizer.backend_tokenizer.post_processor = post
    oracle.tokenizer.save_pretrained(folder)
    settings = tmp_path / "tokenizer_config.json"  # where BERT's own tokenizers have it from
    names = {"model_input_names": ["input_ids", "token_type_ids", "attention_mask"]}
    settings.write_text(json.dumps(json.loads(settings.read_text()) | names))
    wanted = []
    for answer in [*ANSWERS, LONG]:
        head = oracle.ids("<s>Why?<|end|>")
        rest = oracle.ids(answer)[: ROOM - len(head) - 1] + oracle.ids("<|end|>")
        types = oracle.torch.tensor([[0] * len(head) + [1] * len(rest)])
        ids = oracle.torch.tensor([head + rest])
        wanted.append(oracle.model(input_ids=ids, token_type_ids=types).logits.item())
    reward = HfReward.from_spec(f"{folder}?input=pair")
    assert rewards(await reward.score(HISTORY, [*ANSWERS, LONG])) == near(wanted)


async def test_the_dtype_is_the_one_named(tmp_path):
    torch = need_extra()
    folder = save_reward(tmp_path)
    half = load(HfSource(folder, dtype="bfloat16"))
    assert half.model.dtype == torch.bfloat16
    assert load(HfSource(folder)).model.dtype == torch.float32
    texts = [half.renderer.tokens(chat_of(ONE_TURN, answer)) for answer in ANSWERS]
    wanted = Oracle(folder).scores(ONE_TURN, ANSWERS)
    assert half.forward(texts) != near(wanted)
    assert half.forward(texts) == pytest.approx(wanted, abs=0.2)


async def test_positions_of_the_roberta_kind_begin_after_the_padding(tmp_path):
    folder = save_reward(tmp_path, "Roberta", template=LLAMA)
    reward, oracle = HfReward.from_spec(folder), Oracle(folder)
    pad = oracle.tokenizer.pad_token_id
    assert pad > 100
    assert load(reward.source).renderer.room == ROOM
    wanted = oracle.logits(oracle.fitted(ONE_TURN, LONG))
    assert rewards(await reward.score(ONE_TURN, [LONG])) == near(wanted)


async def test_inputs_that_only_the_tokenizer_knows_are_left_out(tmp_path):
    folder = save_reward(tmp_path)
    wanted = Oracle(folder).scores(ONE_TURN, ANSWERS)
    settings = tmp_path / "tokenizer_config.json"
    names = {"model_input_names": ["input_ids", "token_type_ids", "attention_mask"]}
    settings.write_text(json.dumps(json.loads(settings.read_text()) | names))
    reward = HfReward.from_spec(folder)
    tokens = load(reward.source).renderer.tokens(chat_of(ONE_TURN, "hello"))
    assert "token_type_ids" in tokens
    assert rewards(await reward.score(ONE_TURN, ANSWERS)) == near(wanted)
