"""A login in the URL of a spec is seen nowhere: no name, error, event, trace or written form."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from langchain_core.load import dumpd
from langchain_core.tracers.run_collector import RunCollectorCallbackHandler
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from langsmith._internal._serde import dumps_json
from loopback_server import LoopbackServer
from pydantic import ValidationError

import tpo
from tpo.core.errors import SpecError, TPOError
from tpo.core.make_context import make_context
from tpo.integrations.chat_model.chat_tpo import ChatTPO
from tpo.models.policy import build_policy, check_policy, model_name

USER, KEY, HOST = "ursula", "s3cr3t", "127.0.0.1:1"
# Every URL as a person may type it; HOST stands for a server's host and port.
WORKING = [
    f"http://{USER}:{KEY}@HOST/v1",
    f"http://{KEY}@HOST/v1",
    f"http://{KEY}:@HOST/v1",
    f"http://:{KEY}@HOST/v1",
    f"HTTP://{USER}:{KEY}@HOST/v1",
    f"http://{USER}:a%2F{KEY}%40b%3Ac@HOST/v1",
    f"http://{USER}:a@{KEY}@HOST/v1",
    f"http://{USER}:'{KEY}'@HOST/v1",
]
# No client takes these for an address with a login, but a message might show them.
BROKEN = [
    f"http://{USER}:a/{KEY}@HOST/v1",
    f"http://{USER}:1/{KEY}@HOST/v1",
    f"http://{KEY}/a@HOST/v1",
    f"http://{USER}:a?{KEY}@HOST/v1",
    f"http://{USER}:a#{KEY}@HOST/v1",
    f"http://{USER}:{KEY}%40HOST/v1",
    f"http://{USER}:a {KEY}@HOST/v1",
    f'http://{USER}:"{KEY}"@HOST/v1',
    f"http://{USER}:{KEY}@[::1/v1",
    f"http://{USER}:{KEY}@HOST:99999/v1",
    f"http://{USER}:{KEY}@",
    f"//{USER}:{KEY}@HOST/v1",
]
NO_SCHEME = [f"{USER}:{KEY}@HOST/v1", f"{KEY}@HOST/v1"]
NAMED = ["openai:NAME@{}", "openai:m@2@{}", "groq:NAME@{}"]
POLICIES = [*NAMED, "openai:{}", "huggingface:{}", "{}"]
SERVED = [
    "judge:openai:NAME@{}",
    "pairwise:openai:NAME@{}",
    "groupwise:openai:NAME@{}",
    "cached:judge:openai:NAME@{}",
    "vllm:{}",
    "sglang:{}?tokenizer=t",
    "tei:{}?token={}",
    "llamacpp:{}",
    "cached:vllm:{}",
]
OTHERS = ["hf:{}", "verify:exact:{}", "verify:json:{}", "verify:{}", "mix:{}", "{}"]


def is_seen(*things: Any) -> bool:
    seen = "\n".join(f"{thing} {thing!r}" for thing in things)
    return any(part in seen for part in (KEY, USER, "%40"))


def specs_of(forms: list[str], *urls: str) -> list[str]:
    return [form.replace("{}", url.replace("HOST", HOST)) for form in forms for url in urls]


def test_no_policy_shows_it():
    specs = specs_of(POLICIES, *WORKING, *BROKEN)
    seen = []
    for spec in [*specs, *specs_of(NAMED, *NO_SCHEME)]:
        try:
            policy = build_policy(spec)
            shown = (policy, policy.name, policy.model, model_name(spec))
        except TPOError as error:
            shown = (error,)
        seen += [spec] if is_seen(*shown) else []
    assert seen == []


def test_a_policy_that_no_client_could_reach_is_refused_before_it_is_named():
    accepted = []
    for spec in specs_of(["openai:NAME@{}"], *BROKEN, *NO_SCHEME):
        with suppress(SpecError):
            check_policy(spec)
            accepted.append(spec)
    assert accepted == []


def test_no_reward_shows_it(monkeypatch, tmp_path):
    monkeypatch.setenv("TPO_SCORE_CACHE", str(tmp_path / "scores.db"))
    seen = []
    for spec in [
        *specs_of(SERVED, *WORKING, *BROKEN, *NO_SCHEME),
        *specs_of(OTHERS, *WORKING),
    ]:
        try:
            shown: Any = tpo.resolve_reward(spec).name
        except TPOError as error:
            shown = error
        seen += [spec] if is_seen(shown) else []
    assert seen == []


def test_no_settings_show_it():
    """Nor does what pydantic says of them."""
    (spec,) = specs_of(["openai:NAME@{}"], WORKING[0])
    for wrong in ({"polici": "x"}, {"depth": -1}, {"policy": spec, "width": spec}):
        with pytest.raises(TPOError) as caught:
            make_context(None, **{"critic": spec, **wrong})
        assert not is_seen(caught.value)
        with pytest.raises(ValidationError) as raw:
            tpo.Context(critic=spec, **wrong)
        assert not is_seen(raw.value)
    assert not is_seen(tpo.Context(policy=spec, critic=spec, reward=f"judge:{spec}"))
    assert not is_seen(tpo.Context(policies=[spec, spec]))


@pytest.mark.parametrize("url", WORKING)
def test_no_chat_model_shows_it(url):
    (spec,) = specs_of(["openai:NAME@{}"], url)
    model = ChatOpenAI(model="x", api_key="k", base_url=spec.partition("@")[2].lower())
    headed = ChatOpenAI(model="x", api_key="k", default_headers={"X-Login": KEY})
    settings = {"policy": spec, "critic": spec, "reward": f"judge:{spec}"}
    named = dict.fromkeys(("heldout", "fallback"), f"judge:{spec}")
    inside = {"policy": spec, "critic": spec, "heldout": spec, "fallback_reward": spec}
    for chat in (
        ChatTPO(**settings, **named),
        ChatTPO(context=tpo.Context(**inside)),
        ChatTPO(policies=[spec, spec], reward="heuristic"),
        ChatTPO(context=tpo.Context(policies=[spec, spec])),
        ChatTPO(policy=model, reward="heuristic"),
        ChatTPO(policy=headed, critic=model, reward="heuristic"),
    ):
        assert not is_seen(chat, dumpd(chat), chat._get_llm_string(), chat._get_ls_params())


@pytest.mark.loopback
@pytest.mark.parametrize("url", WORKING)
async def test_no_run_shows_it(url):
    """Not one that ends well, and not one whose server refuses."""
    with LoopbackServer() as server:
        host = server.base_url.removeprefix("http://").removesuffix("/v1")
        spec = f"openai:x@{url.replace('HOST', host)}"
        context = {"policy": spec, "critic": spec, "reward": f"judge:{spec}", "retries": 0}
        saver, recorder = InMemorySaver(), RunCollectorCallbackHandler()
        app = tpo.build_tpo().compile(checkpointer=saver)
        seen: list[Any] = []
        for thread in ("answered", "refused"):
            config = {"configurable": {"thread_id": thread}, "callbacks": [recorder]}
            try:
                async for part in app.astream(
                    {"messages": [("user", "Why?")]},
                    config,
                    context={**context, "depth": 1, "width": 2, "seed": 1, "max_tokens": 40},
                    stream_mode=["custom", "updates", "values", "messages", "tasks", "debug"],
                    version="v2",
                ):
                    seen.append(part)
            except TPOError as error:
                seen += [error, error.partial]
            seen += [saved async for saved in saver.alist(config)]
            server.api_key = "another"
        logins = {asked.headers["authorization"] for asked in server.asked}
    assert [login.split()[0] for login in logins] == ["Basic"]  # so it was used all the same
    runs = recorder.traced_runs
    for run in runs:
        runs += run.child_runs
        told = (run.name, run.inputs, run.outputs, run.extra, run.serialized, run.tags, run.events)
        seen += [told, dumps_json(told).decode(), run.error if run.run_type == "llm" else ""]
    assert len(seen) > 40
    assert not is_seen(*seen)
