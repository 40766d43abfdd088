"""Models whose user wants every reply streamed: `streaming=True`, with their real packages."""

from __future__ import annotations

from typing import Any

import pytest
from provider_wires import CHAT, USAGE, Body, Wire, WireServer, as_events
from providers import PROVIDERS, Provider

import tpo

pytestmark = [
    pytest.mark.loopback,
    # Packages warn of what they themselves do: unclosed clients, old names.
    pytest.mark.filterwarnings("ignore:::(?!tpo)"),
]
STREAMING = [p for p in PROVIDERS if p.name in {"OpenAI, chat", "DeepSeek", "xAI"}]
THINKS, WIDTH = "The sky, hm.", 3


def length(query: str, answer: str) -> float:
    return float(sum(answer.encode()) % 97)


async def run(provider: Provider, server: WireServer, **knobs: Any) -> tpo.Aligned:
    policy = provider.make(server.url, streaming=True)
    knobs = {"depth": 1, "width": WIDTH, "seed": 5, "retries": 1, **knobs}
    return await tpo.aalign("Why?", policy=policy, reward=length, **knobs)


def in_pieces(*deltas: Body, end: str | None = "stop") -> Wire:
    """Return a server that streams these deltas, and says how it ended unless it breaks off."""

    def answer(path: str, body: Body, texts: list[str]) -> Any:
        assert body["stream"]
        head = {"id": "c1", "created": 1, "model": "m", "object": "chat.completion.chunk"}
        choices = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
        choices += [{"index": 0, "delta": {}, "finish_reason": end}] if end else []
        chunks = [{**head, "choices": [choice]} for choice in choices]
        return as_events([*chunks, {**head, "choices": [], "usage": USAGE}])

    return Wire(answer, CHAT.refusal)


@pytest.mark.parametrize("provider", STREAMING, ids=lambda provider: provider.name)
async def test_every_reply_of_a_run_is_streamed_and_is_one_text(provider):
    """Also where the server would refuse several texts in one stream, or merge them."""

    def refuse(body: Body) -> str | None:
        return "n must be 1" if (body.get("n") or 1) > 1 else provider.rules(body)

    with WireServer(provider.wire, refuse) as server:
        result = await run(provider, server)
    assert [status for _, _, status in server.asked] == [200] * (2 * WIDTH + 2)
    assert all(body["stream"] for _, body, _ in server.asked)
    first = result["candidates"][:WIDTH]
    assert [c["error"] for c in first] == [None] * WIDTH
    assert len({c["text"] for c in first}) == WIDTH
    assert {c["finish_reason"] for c in first} == {"stop"}
    total = result["usage"]["total"]
    assert (total["requests"], total["exact"]) == (len(server.asked), True)
    assert total["input_tokens"] == USAGE["prompt_tokens"] * len(server.asked)
    assert total["output_tokens"] == USAGE["completion_tokens"] * len(server.asked)


async def test_what_deepseek_thinks_in_a_stream_is_kept_beside_the_text():
    deepseek = next(p for p in STREAMING if p.name == "DeepSeek")
    thought = [{"role": "assistant", "reasoning_content": part} for part in THINKS.split(",", 1)]
    wire = in_pieces(*thought, {"content": "It "}, {"content": "scatters."})
    with WireServer(wire) as server:
        result = await run(deepseek, server, depth=0)
    for candidate in result["candidates"]:
        assert candidate["text"] == "It scatters."
        assert candidate["reasoning"] == THINKS.replace(",", "")
    assert result["usage"]["total"]["exact"]


async def test_half_a_stream_of_deepseek_is_asked_for_again_whole():
    deepseek = next(p for p in STREAMING if p.name == "DeepSeek")
    streams = in_pieces({"role": "assistant", "content": "It sc"}, end=None)

    def answer(path: str, body: Body, texts: list[str]) -> Any:
        return (streams if body.get("stream") else CHAT).answer(path, body, texts)

    with WireServer(Wire(answer, CHAT.refusal)) as server:
        result = await run(deepseek, server, depth=0, width=1)
    assert [bool(body.get("stream")) for _, body, _ in server.asked] == [True, False]
    assert result["answer"].startswith("text 2.0")
