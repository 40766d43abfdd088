"""What Studio draws before anything runs: the list of graphs, their forms, their picture."""

from __future__ import annotations

import pytest

import tpo

pytestmark = pytest.mark.loopback

STEPS = {"sample", "rank", "choose", "loss", "gradient", "update", "finish"}
FIXED = {
    ("__start__", "sample"),
    ("sample", "rank"),
    ("update", "rank"),
    ("finish", "__end__"),
}
CHOSEN = {
    ("rank", "choose"),
    ("rank", "loss"),
    ("rank", "update"),  # a round that is planned without a critique
    ("rank", "finish"),
    ("choose", "loss"),
    ("choose", "update"),
    ("choose", "finish"),
    ("loss", "gradient"),
    ("loss", "finish"),
    ("gradient", "update"),
    ("gradient", "finish"),
}


async def test_the_server_starts_and_lists_the_graphs(client, dev, assistants):
    assert set(assistants) == {"tpo", "best_of_n", "revision", "answer"}
    print(f"langgraph dev started in {dev.seconds_to_start:.1f} s")  # shown by pytest -s
    described = {a["graph_id"]: a["description"] for a in await client.assistants.search()}
    assert all(described.values())


async def test_the_context_form_is_readable(client, assistants, models):
    schema = (await client.assistants.get_schemas(assistants["tpo"]))["context_schema"]
    fields = schema["properties"]
    assert list(fields) == list(tpo.Context.model_fields)
    for name, field in fields.items():
        known = tpo.Context.model_fields[name]
        assert field["title"] == known.title
        assert field["description"] == known.description
        assert "default" in field
    assert (fields["depth"]["minimum"], fields["depth"]["maximum"]) == (0, 20)
    assert (fields["depth"]["default"], fields["width"]["default"]) == (2, 5)
    assert fields["mode"]["enum"] == ["tpo", "adaptive", "best_of_n", "revision"]
    assert {"type": "null"} in fields["seed"]["anyOf"]
    assert fields["policy"]["default"] == f"openai:x@{models.base_url}"  # from TPO_POLICY
    assert fields["critic"]["default"] == f"openai:critic@{models.base_url}"  # from .env
    assert fields["reward"]["default"] == "heuristic"
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("mode", ["tpo", "best_of_n", "revision"])
async def test_each_graph_has_its_own_default_mode_and_takes_messages(client, assistants, mode):
    schemas = await client.assistants.get_schemas(assistants[mode])
    assert schemas["context_schema"]["properties"]["mode"]["default"] == mode
    assert list(schemas["input_schema"]["properties"]) == ["messages", "drafts"]
    assert schemas["input_schema"]["required"] == ["messages"]
    # No narrow output schema: it would blank the server's `updates`.
    assert {"answer", "candidates", "rounds", "usage"} <= set(
        schemas["output_schema"]["properties"]
    )


async def test_the_picture_is_the_papers_loop(client, assistants):
    drawn = await client.assistants.get_graph(assistants["tpo"])
    assert {node["id"] for node in drawn["nodes"]} == STEPS | {"__start__", "__end__"}
    edges = {(e["source"], e["target"]): bool(e.get("conditional")) for e in drawn["edges"]}
    assert {edge for edge, conditional in edges.items() if not conditional} == FIXED
    assert {edge for edge, conditional in edges.items() if conditional} == CHOSEN
