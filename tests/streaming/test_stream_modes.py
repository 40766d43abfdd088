"""Every stream mode at once, with n > 1, against a real OpenAI-compatible server."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from event_log import check
from langchain_core.callbacks import AsyncCallbackHandler, UsageMetadataCallbackHandler
from langchain_core.outputs import LLMResult
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.stream import CustomTransformer, UpdatesTransformer

pytestmark = pytest.mark.loopback

MODES = ["values", "updates", "messages", "custom", "tasks", "checkpoints", "debug"]
NODES = {"sample", "rank", "loss", "gradient", "update", "finish"}
REQUESTS = {"request_candidates", "request_rewards"}
INPUT = {"messages": [("system", "Be brief."), ("user", "Why is the sky blue?")]}


class TokenCounter(AsyncCallbackHandler):
    """Counts the way billing tools do: once per request, from whatever carries the usage."""

    def __init__(self) -> None:
        self.requests = self.input = self.output = 0

    async def on_llm_end(self, response: LLMResult, **kwargs: Any) -> None:
        usage = response.generations[0][0].message.usage_metadata  # type: ignore[union-attr]
        self.requests += 1
        self.input += usage["input_tokens"]
        self.output += usage["output_tokens"]


async def collect(app: Any, config: Any, context: Any, version: str, subgraphs: bool) -> Any:
    """Return the chunks by mode, whatever form the version gives them."""
    parts: dict[str, list[Any]] = defaultdict(list)
    async for part in app.astream(
        INPUT, config, context=context, stream_mode=MODES, version=version, subgraphs=subgraphs
    ):
        if version == "v2":
            parts[part["type"]].append(part["data"])
        else:
            parts[part[-2]].append(part[-1])
    return parts


@pytest.mark.parametrize("subgraphs", [False, True], ids=["flat", "subgraphs"])
@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("sampling", ["native", "parallel"])
async def test_all_modes_together(server, graph, sampling, version, subgraphs):
    counter, usage = TokenCounter(), UsageMetadataCallbackHandler()
    config = {"configurable": {"thread_id": "t"}, "callbacks": [counter, usage]}
    context = {"depth": 1, "width": 4, "seed": 1, "sampling": sampling}
    app = graph.compile(checkpointer=InMemorySaver())
    parts = await collect(app, config, context, version, subgraphs)
    assert set(parts) == set(MODES)
    state = parts["values"][-1]

    # N separate candidates, each what the server said, never one merged text.
    texts = [c["text"] for c in state["candidates"]]
    assert [c["id"] for c in state["candidates"]] == [f"r{r}c{i}" for r in (0, 1) for i in range(4)]
    assert len(set(texts)) == 8
    assert {*texts, state["rounds"][0]["loss"], state["rounds"][0]["gradient"]} == set(server.texts)

    # Several texts come in one stream, each by its index.
    bodies = [asked.body for asked in server.asked]
    assert len(server.streamed_several) == (2 if sampling == "native" else 0)
    assert [b.get("n") or 1 for b in bodies] == {
        "native": [4, 1, 1, 4],
        "parallel": [1] * 10,
    }[sampling]

    # The usage is the server's own count, ours and that of other people's callbacks.
    total = state["usage"]["total"]
    assert (total["input_tokens"], total["output_tokens"]) == server.tokens
    assert (total["requests"], total["sequences"], total["exact"]) == (len(bodies), 10, True)
    assert (counter.requests, (counter.input, counter.output)) == (len(bodies), server.tokens)
    seen = sum(u["output_tokens"] for u in usage.usage_metadata.values())
    assert seen == server.tokens[1]

    # `messages`: the answer, once.
    assert [(m.type, m.text) for m, _ in parts["messages"]] == [("ai", state["answer"])]

    # `custom`: our events and nothing else; `updates`: nodes, and the requests inside them.
    check(parts["custom"])
    assert {name for update in parts["updates"] for name in update} == NODES | REQUESTS
    assert {t["name"] for t in parts["tasks"]} == NODES | REQUESTS


@pytest.mark.parametrize("sampling", ["native", "parallel"])
async def test_astream_events_v2(server, graph, sampling):
    context = {"depth": 1, "width": 4, "seed": 1, "sampling": sampling}
    events = [e async for e in graph.compile().astream_events(INPUT, context=context, version="v2")]
    state = events[-1]["data"]["output"]
    texts = {c["text"] for c in state["candidates"]}
    assert len(texts) == 8
    assert texts < set(server.texts)
    total = state["usage"]["total"]
    assert (total["input_tokens"], total["output_tokens"]) == server.tokens
    models = [e for e in events if e["event"].startswith("on_chat_model")]
    assert all("nostream" in e["tags"] for e in models)
    assert sum(e["event"] == "on_chat_model_end" for e in models) == len(server.asked)
    assert len(server.streamed_several) == (2 if sampling == "native" else 0)


@pytest.mark.parametrize("sampling", ["native", "parallel"])
@pytest.mark.filterwarnings("ignore:The v3 streaming protocol on Pregel is experimental")
async def test_astream_events_v3(server, graph, sampling):
    run = await graph.compile().astream_events(
        INPUT,
        context={"depth": 1, "width": 4, "seed": 1, "sampling": sampling},
        version="v3",
        transformers=[CustomTransformer, UpdatesTransformer],
    )
    parts: dict[str, list[Any]] = defaultdict(list)
    async for event in run:
        parts[event["method"]].append(event["params"]["data"])
    state = await run.output()
    texts = {c["text"] for c in state["candidates"]}
    assert len(texts) == 8
    assert texts < set(server.texts)
    total = state["usage"]["total"]
    assert (total["input_tokens"], total["output_tokens"]) == server.tokens
    assert len(server.streamed_several) == (2 if sampling == "native" else 0)
    check(parts["custom"])
    assert parts["custom"][-1]["answer"] == state["answer"]
    assert [(m.type, m.text) for m, _ in parts["messages"]] == [("ai", state["answer"])]
    assert {name for update in parts["updates"] for name in update} == NODES | REQUESTS
