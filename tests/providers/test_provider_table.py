"""How every setting reaches every provider, with its real package: the table of docs/models.md.

The servers are on 127.0.0.1 and speak their protocol (tests/fakes/provider_wires.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from generated import check_generated
from langchain_core.messages import HumanMessage
from provider_wires import Body, WireServer
from providers import PROVIDERS, Provider

import tpo
from tpo.models.ask import ask
from tpo.models.policy import resolve_policy
from tpo.models.request import Request, Response

pytestmark = [
    pytest.mark.loopback,
    # Packages warn of what they themselves do: unclosed clients, old names.
    pytest.mark.filterwarnings("ignore:::(?!tpo)"),
]
IDS = [provider.name for provider in PROVIDERS]
SEED, TOP_P, TEMPERATURE = 5, 0.95, 0.7
SETTINGS: dict[str, set[str]] = {  # what the protocols call them
    "temperature": {"temperature"},
    "top_p": {"top_p", "topP"},
    "max_tokens": {
        "max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens",
        "maxTokens", "num_predict",
    },
    "seed": {"seed", "random_seed"},
    "stop_sequences": {"stop", "stop_sequences", "stopSequences"},
    "N texts": {"n", "candidateCount"},
}  # fmt: skip
SCHEMA = {
    "title": "update",
    "description": "The improved answer.",
    "type": "object",
    "properties": {"improved_answer": {"type": "string", "description": "The whole answer."}},
    "required": ["improved_answer"],
    "additionalProperties": False,
}
FORMATS = {
    "response_format": "`response_format`",
    "tools": "a tool",
    "toolConfig": "a tool",
    "generationConfig.responseJsonSchema": "`responseJsonSchema`",
    "generationConfig.responseSchema": "`responseSchema`",
    "format": "`format`",
    "text": "`text.format`",
}


def leaves(body: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the path and the value of everything that a body holds beside its messages."""
    for name, value in body.items():
        if name in {"messages", "contents", "input", "system"} or value is None:
            continue
        yield f"{path}{name}", value
        if isinstance(value, dict):
            yield from leaves(value, f"{path}{name}.")


def found(body: Body, setting: str) -> tuple[str, Any] | None:
    named = SETTINGS[setting]
    hits = [(path, v) for path, v in leaves(body) if path.rpartition(".")[2] in named]
    return hits[0] if hits else None


def preference(query: str, answer: str) -> float:
    return float(sum(answer.encode()) % 97)


def accepted(server: WireServer) -> list[Body]:
    return [body for _, body, status in server.asked if status == 200]


async def draw(provider: Provider, server: WireServer, **knobs: Any) -> tpo.Aligned:
    knobs = {"width": 3, "seed": SEED, "stop_sequences": ("END",), "retries": 0, **knobs}
    knobs.setdefault("policy", provider.make(server.url))
    return await tpo.aalign("Why?", reward=preference, depth=0, **knobs)


async def one(provider: Provider, server: WireServer, **asks: Any) -> Response:
    policy = await resolve_policy(provider.make(server.url))
    return await ask(Request(policy, [HumanMessage("Why?")], retries=0, **asks))


@pytest.mark.parametrize("provider", PROVIDERS, ids=IDS)
async def test_it_answers_and_every_request_is_counted(provider):
    with WireServer(provider.wire, provider.rules) as server:
        result = await draw(provider, server)
    assert [c["error"] for c in result["candidates"]] == [None] * 3
    assert len({c["text"] for c in result["candidates"]}) == 3
    total = result["usage"]["total"]
    assert total["requests"] == len(server.asked)
    assert total["input_tokens"] == 7 * len(accepted(server))


@pytest.mark.parametrize("provider", PROVIDERS, ids=IDS)
async def test_a_live_text_is_streamed(provider):
    with WireServer(provider.wire, provider.rules) as server:
        response = await one(provider, server, live=True)
    assert response.replies[0].text.startswith("text 1.0")
    ((path, body, _),) = server.asked
    assert body.get("stream") or "stream" in path


async def settings_of(provider: Provider) -> list[str]:
    """Return what each setting is called in a request, or that it is not sent."""
    with WireServer(provider.wire, provider.rules) as server:
        await draw(provider, server)
    asked, body, cells = server.asked[0][1], accepted(server)[0], []
    for setting in SETTINGS:
        path, value = found(body, setting) or ("", None)
        alone = setting == "N texts" and value in {None, 1}
        none = "refused" if found(asked, setting) else "not sent"
        cells.append("one each" if alone else f"`{path}`" if path else none)
        if path and setting in {"temperature", "top_p"}:
            assert value == {"temperature": TEMPERATURE, "top_p": TOP_P}[setting]
    return cells


async def format_of(provider: Provider) -> str:
    """Return how structured output is asked for."""
    with WireServer(provider.wire, provider.rules) as server:
        response = await one(provider, server, schema=SCHEMA)
    if not server.asked:
        return "tags"
    paths = {path for path, _ in leaves(server.asked[0][1])}
    asked = next((said for path, said in FORMATS.items() if path in paths), "tags")
    return f"{asked}, else tags" if "response_format" in response.refused else asked


async def after_no_n(provider: Provider) -> str:
    """Return how the N texts are asked for once a server has refused them."""
    if not provider.no_n:
        return "does not arise"

    def refuse(body: Body) -> str | None:
        return provider.no_n if provider.wire.texts(body) > 1 else provider.rules(body)

    with WireServer(provider.wire, refuse) as server:
        policy = provider.make(server.url)
        result = await draw(provider, server, policy=policy)
        await draw(provider, server, policy=policy)
    assert not any(c["error"] for c in result["candidates"])
    asked = [provider.wire.texts(body) for _, body, _ in server.asked]
    assert asked == [3, 1, 1, 1, 1, 1, 1]  # learnt: the second run does not ask for three
    return "3, then 1 each"


async def after_no_temperature(provider: Provider) -> str:
    """Return what is sent for the temperature once a server has refused ours."""

    def refuse(body: Body) -> str | None:
        hit = found(body, "temperature")
        refused = hit and hit[1] == TEMPERATURE
        return provider.no_temperature if refused else provider.rules(body)

    with WireServer(provider.wire, refuse) as server:
        result = await draw(provider, server, sampling="parallel")
    assert not any(c["error"] for c in result["candidates"])
    refused = [status for _, _, status in server.asked].count(400)
    if not refused:
        return "does not arise"
    assert refused == 1  # the others heard of it
    assert result["usage"]["total"]["requests"] == 4
    return "left out" if found(server.asked[-1][1], "temperature") is None else "the model's own"


async def row(provider: Provider) -> str:
    cells = [
        provider.name,
        *await settings_of(provider),
        await format_of(provider),
        await after_no_n(provider),
        await after_no_temperature(provider),
    ]
    return f"| {' | '.join(cells)} |"


async def test_snapshot_of_the_table_of_providers(monkeypatch):
    monkeypatch.setattr("tpo.models.asking.learnt.HEAD_START", 60.0)
    head = ["provider", *SETTINGS, "structured output", "`n` refused", "temperature refused"]
    rows = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    rows += [await row(provider) for provider in PROVIDERS]
    check_generated("docs/models.md", "providers", "\n".join(rows))


async def test_thinking_has_its_budget_and_the_text_its_room():
    provider = next(p for p in PROVIDERS if p.name == "Anthropic, thinking")
    with WireServer(provider.wire, provider.rules) as server:
        await draw(provider, server, width=1)
        await draw(provider, server, width=1, max_tokens=1000)
    sent = [body["max_tokens"] for _, body, _ in server.asked]
    assert sent == [16000, 5000]
    assert all(body["thinking"]["budget_tokens"] == 4000 for _, body, _ in server.asked)


async def test_what_only_one_provider_does_is_not_lost_on_the_others():
    """The user's own settings: a limit, a header and a body, in one request."""
    openai = PROVIDERS[0]
    mine = replace(
        openai,
        make=lambda url: openai.make(url, max_tokens=99, extra_body={"top_k": 3}),
    )
    with WireServer(openai.wire) as server:
        await draw(mine, server, width=1)
        await draw(mine, server, width=1, max_tokens=50)
    assert [body["max_completion_tokens"] for _, body, _ in server.asked] == [99, 50]
    assert all(body["top_k"] == 3 for _, body, _ in server.asked)
