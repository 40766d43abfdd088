"""What a newcomer types wrong: one sentence that says what is right, before anything is paid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fake_judge import fair
from langchain_core.language_models import BaseChatModel
from steps import QUERY, prefer_later, says

import tpo


def trl(prompts: list[str], completions: list[str], **kwargs: Any) -> list[float]:
    return [1.0 for _ in completions]


class Own:
    def score(self, query: str, answer: str) -> float:
        return 1.0


IMAGE = {"type": "image_url", "image_url": {"url": "https://example.org/sky.png"}}
AWAY = "http://127.0.0.1:9"  # the discard port, where nobody listens
FORMS: dict[str, tuple[dict[str, Any], str]] = {
    # --- the prompt
    "an empty prompt": ({"prompt": ""}, "the prompt is empty"),
    "blanks": ({"prompt": " \n "}, "the prompt is empty"),
    "no messages": ({"prompt": []}, "there is no human turn to answer"),
    "nothing": ({"prompt": None}, "this is not a list of chat messages"),
    "a number": ({"prompt": 5}, "this is not a list of chat messages"),
    "one message": ({"prompt": {"role": "user", "content": "?"}}, "give a list of chat messages"),
    "a role of one's own": ({"prompt": [("me", "Why?")]}, "this is not a list of chat messages"),
    "no question": ({"prompt": [("assistant", "Hi")]}, "there is no human turn to answer"),
    "an answer already": (
        {"prompt": [("user", "Why?"), ("assistant", "So.")]},
        "the conversation already ends with an answer",
    ),
    "a picture alone": ({"prompt": [{"role": "user", "content": [IMAGE]}]}, "holds no text"),
    "empty drafts": ({"drafts": [""]}, "drafts: give a list of answers"),
    # --- settings
    "n": ({"n": 5}, "unknown setting n. Did you mean width?"),
    "iterations": ({"iterations": 2}, "unknown setting iterations. Did you mean depth?"),
    "a typing error": ({"temprature": 1}, "Did you mean temperature?"),
    "a word for a number": ({"depth": "two"}, "depth: input should be a valid integer"),
    "less than nothing": ({"depth": -1}, "depth: input should be greater than or equal to 0"),
    "no candidate": ({"width": 0}, "width: input should be greater than or equal to 1"),
    "too many": ({"width": 1000}, "width: input should be less than or equal to 256"),
    "not a number": ({"temperature": float("nan")}, "temperature: input should be a finite number"),
    "another name of a mode": (
        {"mode": "best-of-n"},
        "mode: input should be 'tpo', 'adaptive', 'best_of_n'",
    ),
    "a seed of -1": ({"seed": -1}, "seed: input should be greater than or equal to 0"),
    "no time": ({"timeout": 0}, "timeout: input should be greater than 0"),
    "a pause for a person": ({"human_pick": True}, "human_pick pauses the run"),
    "no fallback": ({"on_reward_failure": "degrade"}, "degrade needs a fallback_reward"),
    "a budget that pays for no score": (
        {"budget_requests": 1, "reward": tpo.Judge(fair())},
        "budget_requests=1 does not pay for one answer and its score",
    ),
    # --- prompts
    "a prompt set": ({"prompts": "nope"}, "there is no prompt set 'nope'; choose default"),
    "a prompt without its places": ({"prompts": {"loss": "Why?"}}, "lacks {query}, {chosen}"),
    "an unknown prompt": ({"prompts": {"los": "Why?"}}, "there is no prompt called los"),
    # --- the policy
    "a model's bare name": ({"policy": "gpt-5-mini"}, "Is it openai:gpt-5-mini?"),
    "a provider alone": ({"policy": "openai:"}, "policy 'openai:' names no model"),
    "a variable that is not set": ({"policy": ""}, "unknown policy ''"),
    "a provider's name": ({"policy": "opanai:gpt-5"}, "unknown provider in policy"),
    "no scheme": ({"policy": "openai:m@gpu:8000/v1"}, "http:// or https:// must follow the @"),
    "a class": ({"policy": BaseChatModel}, "cannot be a policy"),
    "a function as the policy": ({"policy": print}, "cannot be a policy"),
    "no key": ({"policy": "openai:gpt-5-mini"}, "is its API key set"),
    "a file that is not there": ({"policy": "embedded:no.gguf"}, "there is no model file"),
    # --- rewards
    "an unknown reward": ({"reward": "nonsense"}, "unknown reward 'nonsense'. Valid rewards"),
    "a reward that is not set": ({"reward": ""}, "unknown reward ''"),
    "no model": ({"reward": "hf:"}, "reward 'hf' names no model"),
    "no address": ({"reward": "vllm:"}, "vllm: this is not a server's address"),
    "a server that is down": ({"reward": f"vllm:{AWAY}"}, "is it running?"),
    "a judge that is down": ({"reward": f"judge:openai:m@{AWAY}/v1"}, "cannot score"),
    "a reward's class": ({"reward": Own}, "Own is a class: give an instance"),
    "an object without the contract": ({"reward": Own()}, "is not a reward"),
    "a function of TRL": ({"reward": trl}, "as in TRL"),
    "a function of one argument": ({"reward": lambda answer: 1.0}, "called with two texts"),
    "a number for a reward": ({"reward": 3.0}, "float is not a reward"),
    "a mix that is not there": ({"reward": "mix:no.toml"}, "mix file 'no.toml' cannot be read"),
    "a schema that is not there": ({"reward": "verify:json:no.json"}, "no.json cannot be read"),
    "somebody's file": ({"reward": "verify:mine.py:f"}, "is not allowed: list it"),
    "a comparison held out": (
        {"heldout": f"pairwise:openai:m@{AWAY}/v1"},
        "cannot be the held-out reward: it compares",
    ),
}


@pytest.mark.loopback
@pytest.mark.parametrize("name", FORMS)
def test_it_is_one_sentence_and_costs_nothing(name, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tpo.models.failures.faults.pause_before_retry", lambda error, attempt: 0.0)
    given, said = FORMS[name]
    if str(given.get("policy")).startswith("embedded:"):
        pytest.importorskip("xllamacpp")  # asked for before the file
    model = says()
    run: dict[str, Any] = {"prompt": QUERY, "policy": model, "reward": prefer_later, **given}
    with pytest.raises(tpo.TPOError) as caught:
        tpo.align(run.pop("prompt"), **run)
    told = str(caught.value).partition("\nDuring task")[0]  # LangGraph's note for developers
    assert said in told
    assert "\n" not in told
    assert "Traceback" not in told
    assert len(model.asked) == 0
    judge = run["reward"]
    assert not isinstance(judge, tpo.Judge) or len(judge.model.asked) == 0  # type: ignore[union-attr]
