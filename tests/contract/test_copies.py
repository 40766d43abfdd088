"""What users hold can be copied, pickled and sent to another process."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_openai import ChatOpenAI
from langgraph.cache.memory import InMemoryCache
from scripted_model import ScriptedModel
from steps import prefer_later, run

import tpo
from tpo.core import errors
from tpo.core.usage import cost
from tpo.integrations.agent.middleware import TPOMiddleware
from tpo.models.request import RequestError
from tpo.nodes.paid.saved_request import UnusableError
from tpo.rewards.resolve import resolve_reward

pytestmark = pytest.mark.loopback
WAYS: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda thing: pickle.loads(pickle.dumps(thing)),
}
SPECS = [
    "heuristic",
    "hf:org/name",
    "vllm:http://127.0.0.1:8000",
    "sglang:http://127.0.0.1:30000?tokenizer=org/name",
    "tei:http://127.0.0.1:8080",
    "llamacpp:http://127.0.0.1:8080",
    "judge:openai:m@http://127.0.0.1:1/v1",
    "pairwise:openai:m@http://127.0.0.1:1/v1",
    "groupwise:openai:m@http://127.0.0.1:1/v1",
    "verify:exact:4",
    "verify:json:SCHEMA",
    "verify:math:1/2",
    "mix:MIX",
    "rubric:RUBRIC",
    "cached:heuristic",
]


def polite(query: str, answer: str) -> float:
    return 1.0


@pytest.fixture(params=WAYS)
def again(request) -> Callable[[Any], Any]:
    return WAYS[request.param]


@pytest.fixture
def files(tmp_path, monkeypatch) -> dict[str, str]:
    monkeypatch.setenv("TPO_SCORE_CACHE", str(tmp_path / "scores.db"))
    (tmp_path / "schema.json").write_text("{}", encoding="utf-8")
    mix = "[[parts]]\nreward = 'heuristic'\nweight = 1.0\n"
    (tmp_path / "mix.toml").write_text(mix, encoding="utf-8")
    (tmp_path / "rubric.toml").write_text('[[criteria]]\nname = "brief"\n', encoding="utf-8")
    return {
        "RUBRIC": str(tmp_path / "rubric.toml"),
        "SCHEMA": str(tmp_path / "schema.json"),
        "MIX": str(tmp_path / "mix.toml"),
    }


@pytest.mark.parametrize("spec", SPECS)
def test_a_reward(again, files, spec):
    for name, path in files.items():
        spec = spec.replace(name, path)
    reward = resolve_reward(spec, policy="openai:m")
    copied = again(reward)
    assert type(copied) is type(reward)
    assert (copied.name, copied.notice) == (reward.name, reward.notice)


@pytest.mark.parametrize(
    "make",
    [
        lambda: resolve_reward(prefer_later),
        lambda: tpo.Mix([tpo.Part(prefer_later, weight=2.0)], constraints=[polite]),
        lambda: tpo.cached(prefer_later, InMemoryCache(), identity="later"),
        lambda: tpo.Mix([tpo.Part(resolve_reward(prefer_later), weight=1.0)]),
    ],
)
def test_a_reward_that_works_still_does(again, make):
    copied = again(make())
    assert copied.name == make().name
    assert run(reward=copied)["answer"] == "better 2"


def test_the_settings(again):
    context = tpo.Context(depth=3, width=7, seed=1)
    assert again(context) == context


def test_the_tool(again):
    tool = again(tpo.tpo_tool("openai:m@http://127.0.0.1:1/v1", prefer_later, depth=1, width=2))
    assert "could not be written" in tool.invoke({"task": "Write."})


async def test_the_middleware(again):
    middleware = again(TPOMiddleware(prefer_later, depth=0, width=3))
    script = ["first 0", "first 1", "first 2"]
    agent = create_agent(ScriptedModel(script=script), middleware=[middleware])
    result = await agent.ainvoke({"messages": [("user", "q")]})
    assert result["messages"][-1].text == "first 2"
    assert middleware is not copy.copy(middleware)


MODEL: Any = {"model": "m", "api_key": "x", "base_url": "http://127.0.0.1:1/v1"}


@pytest.mark.parametrize(
    "make",
    [
        lambda model: TPOMiddleware("heuristic", policy=model),
        lambda model: tpo.tpo_tool(model, "heuristic"),
        tpo.Judge,
    ],
)
def test_what_holds_a_model_can_be_copied_deep(make):
    thing = make(ChatOpenAI(**MODEL))
    assert type(copy.deepcopy(thing)) is type(thing)


ERRORS = {
    "RequestError": lambda: RequestError("it failed", cost(requests=2), "refused"),
    "UnusableError": lambda: UnusableError(
        [{"error": "empty", "failure": "empty"}], cost(requests=1)
    ),
}


@pytest.mark.parametrize(
    "kind",
    [k for _, k in inspect.getmembers(errors, inspect.isclass) if issubclass(k, errors.TPOError)],
)
def test_an_error(again, kind):
    error = kind("what happened")
    error.partial = {"candidates": [1]}
    copied = again(error)
    assert (type(copied), copied.args, copied.partial) == (kind, error.args, error.partial)
    assert str(copied) == "what happened"


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_with_more_to_say(again, name):
    error = ERRORS[name]()
    copied = again(error)
    assert (type(copied), str(copied)) == (type(error), str(error))
    assert vars(copied) == vars(error)
