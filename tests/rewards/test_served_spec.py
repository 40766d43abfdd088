"""The specs of served rewards, and their names."""

from __future__ import annotations

import pytest
from served_cases import CASES

from tpo.core.errors import ConfigError, SpecError
from tpo.rewards.served.llamacpp import LlamaCppReward
from tpo.rewards.served.sglang import SglangReward
from tpo.rewards.served.tei import TeiReward
from tpo.rewards.served.vllm import VllmReward


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("http://h:8000", "vllm:http://h:8000"),
        (" http://h:8000/v1/ ", "vllm:http://h:8000"),
        ("https://h/a/b", "vllm:https://h/a/b"),
        ("http://[::1]:80?model=a%20b+c/d:e", "vllm:http://[::1]?model=a b+c/d:e"),
        ("http://h?model=m&label=2&timeout=1.5&retries=0", "vllm:http://h?model=m&label=2"),
    ],
)
def test_the_name_is_the_spec_without_what_changes_no_score(text, name):
    assert VllmReward.from_spec(text).name == name


def test_options_arrive():
    reward = VllmReward.from_spec("http://h?model=org/m&label=2&timeout=1.5&retries=0")
    assert (reward.model, reward.label, reward.timeout, reward.retries) == ("org/m", 2, 1.5, 0)
    assert TeiReward.from_spec("http://h?label=good").label == "good"
    assert LlamaCppReward.from_spec("http://h?model=m").model == "m"
    assert SglangReward.from_spec("http://h?tokenizer=a/b").tokenizer == "a/b"


@pytest.mark.parametrize("reward", [c.reward for c in CASES.values()], ids=CASES)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "host:8000",
        "ftp://h",
        "http://",
        "/path",
        "http://h:99999999",
        "http://h:port",
        "http://h#part",
        "http://h?colour=red",
        "http://h?model",
        "http://h?timeout=0",
        "http://h?timeout=nan",
        "http://h?timeout=long",
        "http://h?retries=-1",
        "http://h?retries=1.5",
        "http://h?timeout=1&timeout=2",
    ],
)
def test_a_malformed_spec_is_refused_in_a_sentence(reward, text):
    with pytest.raises(SpecError, match=f"^{reward.protocol}") as raised:
        reward.from_spec(text)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("reward", [c.reward for c in CASES.values()], ids=CASES)
@pytest.mark.parametrize(
    "text",
    [
        "http://user:hunter2@h",
        "http://hunter2@h",
        "http://u:hunter2@h:x",
        "http://h?key=hunter2",
        "http://h?API_KEY=hunter2",
        "http://h?model=m&token=hunter2",
    ],
)
def test_secrets_are_refused_and_not_repeated(reward, text):
    with pytest.raises(SpecError) as raised:
        reward.from_spec(text)
    assert "hunter2" not in str(raised.value)
    if "@h:x" not in text:
        assert "TPO_REWARD_API_KEY" in str(raised.value)


def test_sglang_must_be_told_how_a_conversation_is_written():
    with pytest.raises(SpecError, match="say how a conversation is written: tokenizer=MODEL"):
        SglangReward.from_spec("http://h")


@pytest.mark.parametrize("reward", [VllmReward, SglangReward])
def test_labels_are_numbers_from_0(reward):
    for label in ("-1", "good"):
        with pytest.raises(SpecError, match="label"):
            reward.from_spec(
                f"http://h?tokenizer=t&label={label}".replace(
                    "tokenizer=t&", "" if reward is VllmReward else "tokenizer=t&"
                )
            )


def test_a_tokenizer_or_a_template_but_not_both():
    with pytest.raises(ConfigError, match="not both"):
        TeiReward("http://h", tokenizer="a", template="b")


def test_instances_are_built_like_specs():
    assert (
        VllmReward("http://h/v1", model="m").name == VllmReward.from_spec("http://h?model=m").name
    )
    with pytest.raises(ConfigError, match="no secrets"):
        VllmReward("http://a:b@h")
