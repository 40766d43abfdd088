"""A ChatTPO written down: loaded again where all parts have names; never a secret."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.globals import set_llm_cache
from langchain_core.load import dumpd, dumps, load
from langchain_openai import ChatOpenAI
from steps import QUERY, prefer_later, says
from tool_model import ToolModel

import tpo
from tpo.integrations.chat_model.chat_tpo import ChatTPO

pytestmark = pytest.mark.filterwarnings("ignore:The function `load` is in beta")
KEY = "sk-secret-1234567890"


class KeyedReward:
    """A reward that shows its key to whoever prints it."""

    name, batch_size, notice = "keyed", None, ""

    def __repr__(self) -> str:
        return f"KeyedReward({KEY})"

    async def score(self, messages: Any, answers: Any) -> list[tpo.Score]:
        return [tpo.scored(len(answer)) for answer in answers]


def openai(**options: Any) -> ChatOpenAI:
    return ChatOpenAI(model="gpt-5-mini", api_key=KEY, **options)


def everywhere(chat: ChatTPO) -> str:
    """Return all that may be seen of a model: printed, serialised, traced, hashed for a cache."""
    seen: list[Any] = [repr(chat), str(chat), dumps(chat), chat._get_llm_string()]

    class Trace(BaseCallbackHandler):
        def on_chat_model_start(self, serialized: Any, messages: Any, **kwargs: Any) -> None:
            seen.append(f"{serialized} {kwargs}")

    alone = {"policy": says(), "policies": None}
    chat.model_copy(update=alone).invoke(QUERY, {"callbacks": [Trace()]}, depth=0)
    return "\n".join(map(str, seen))


@pytest.mark.parametrize(
    "parts",
    [
        {"policy": openai(), "reward": "heuristic"},
        {"policy": openai(), "critic": openai(), "reward": KeyedReward()},
        {"policies": [openai(), f"openai:x@http://me:{KEY}@host/v1"], "reward": "heuristic"},
        {"policy": openai(), "reward": prefer_later, "prompts": {}},
        {"policy": f"openai:x@http://me:{KEY}@host/v1", "reward": "heuristic"},
        {"policy": f"openai:x@http://me:{KEY}@host/v1", "reward": KeyedReward()},
    ],
)
def test_no_secret_is_seen(parts):
    chat = ChatTPO(**parts, depth=1, width=2)
    seen = everywhere(chat.model_copy(update={"reward": parts.get("reward")}))
    seen += repr(chat)
    assert KEY not in seen
    assert "gpt-5-mini" in seen or "openai:x@http://host/v1" in seen


@pytest.mark.parametrize(
    "parts",
    [
        {"policy": "openai:gpt-5-mini", "reward": "heuristic"},
        {"policy": openai(temperature=0.5), "reward": "judge:openai:gpt-5-mini"},
        {"policies": ["openai:gpt-5-mini", openai()], "reward": "heuristic"},
        {"policy": openai(), "critic": "openai:x", "prompts": "shared-prefix", "trace": "brief"},
    ],
)
def test_it_is_loaded_again(monkeypatch, parts):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    chat = ChatTPO(**parts, depth=1, temperature=None, stop=["END"])
    written = json.loads(json.dumps(dumpd(chat)))
    again = load(
        written,
        allowed_objects=[ChatTPO, ChatOpenAI],
        valid_namespaces=["tpo"],
        secrets_from_env=True,
    )
    assert isinstance(again, ChatTPO)
    assert (again.context, again.trace) == (chat.context, chat.trace)
    assert again._identifying_params == chat._identifying_params
    assert dumpd(again) == dumpd(chat)


def test_what_has_no_name_is_not_written_down():
    written = dumpd(ChatTPO(policy="openai:x", reward=lambda query, answer: 1.0))
    assert written["type"] == "not_implemented"
    assert "reward='<lambda>'" in written["repr"]


def test_it_can_be_pickled():
    chat = ChatTPO(policy=ToolModel(), reward=prefer_later, depth=0, width=1)
    again = pickle.loads(pickle.dumps(chat))
    assert again.context == chat.context
    assert again.invoke("x", reward="heuristic").text == chat.invoke("x", reward="heuristic").text


def test_a_cache_never_confuses_two_rewards():
    """Functions have no names to tell them apart, so their answers are not cached."""
    set_llm_cache(InMemoryCache())
    try:
        longest = ChatTPO(policy=says(), reward=lambda query, answer: 1.0, depth=0, width=1)
        made = [longest.invoke(QUERY).text, longest.invoke(QUERY).text]
        named = ChatTPO(policy=says(), reward="heuristic", depth=0, width=1)
        cached = [named.invoke(QUERY).text, named.invoke(QUERY).text]
        other = named.invoke(QUERY, temperature=0.1).text
    finally:
        set_llm_cache(None)
    assert made == ["first 0", "first 1"]
    assert cached == ["first 0", "first 0"]
    assert other == "first 1"
