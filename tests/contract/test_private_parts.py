"""Whatever the package uses of LangGraph and others beyond their documented interface.

One row per thing: what, where, why, and its canary, the test that fails when an upgrade
changes it. A new use needs a row and a canary first.
"""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from private_parts import known_names, private_parts
from source_tree import ROOT, modules


class Use(NamedTuple):
    """A private thing; `words` are spelled as if they were public, and so have to be listed."""

    words: str
    modules: str
    why: str
    canary: str


LANGGRAPH, LANGCHAIN = "contract/test_langgraph.py::", "contract/test_langchain.py::"
USES = [
    Use(
        "langgraph.pregel._write.ChannelWrite langgraph.pregel._write.ChannelWriteEntry",
        "nodes.paid.durable",
        "a task writes its texts to a channel itself (ADR-0002)",
        LANGGRAPH + "test_a_task_s_own_write_is_applied",
    ),
    Use(
        "langgraph.constants.CONFIG_KEY_CHECKPOINTER",
        "nodes.paid.durable integrations.inner_run.run_inside",
        "the saver of the graph around a node",
        LANGGRAPH + "test_a_node_finds_the_saver_and_the_stream_of_its_graph",
    ),
    Use(
        "langgraph._internal._constants.CONFIG_KEY_DURABILITY",
        "integrations.inner_run.callbacks_and_saver",
        "a run that is not saved does not wait for its checkpoints",
        LANGGRAPH + "test_a_graph_without_a_saver_waits_for_the_checkpoints_of_its_parent_s_kind",
    ),
    Use(
        "StreamProtocol",
        "integrations.inner_run.silent_graph",
        "a run inside a node stays off the streams of the graph around it",
        LANGGRAPH + "test_a_node_finds_the_saver_and_the_stream_of_its_graph",
    ),
    Use(
        "__pregel_runtime",
        "cli.saved.branch",
        "the edges after `update_state` need the settings of the run",
        LANGGRAPH + "test_edges_after_an_update_see_the_settings_they_are_given",
    ),
    Use(
        "__copy__",
        "cli.saved.branch serving.agent_server.execute_run",
        "a checkpoint of the past is made the present one, as it is",
        LANGGRAPH + "test_a_checkpoint_can_be_copied",
    ),
    Use(
        "__interrupt__",
        "serving.agent_server.state_json",
        "a paused run's result has the Agent Server's key",
        "serving/test_agent_contract.py::test_a_person_picks",
    ),
    Use(
        "__metadata__",
        "serving.operations.run_record",
        "what a step wrote before the run was stopped is not paid for again",
        LANGGRAPH + "test_updates_say_what_was_written_before_a_run_was_stopped",
    ),
    Use(
        "__error__",
        "serving.agent_server.live_run serving.agent_server.run_responses "
        "serving.agent_server.run_routes serving.agent_server.worker",
        "a failed run's result has the Agent Server's key, on which langgraph_sdk raises",
        "serving/test_agent_contract.py::test_a_run_that_fails_says_why",
    ),
    Use(
        "writes",
        "cli.saved.store serving.agent_server.thread_routes",
        "the tables of the SQLite saver are read: the latest runs, a copy of a thread",
        LANGGRAPH + "test_the_sqlite_saver_has_the_tables_that_are_read",
    ),
    Use(
        "var_child_runnable_config",
        "integrations.inner_run.callbacks_and_saver",
        "what runs inside a call inherits its callbacks and its saver",
        LANGCHAIN + "test_a_config_set_in_a_context_is_inherited",
    ),
    Use(
        "set_config_context",
        "graphs.nodes_and_edges",
        "a router finds its run's settings, without being a run of its own",
        LANGCHAIN + "test_a_function_finds_the_config_it_is_run_with",
    ),
    Use(
        "_serialized",
        "models.hide_from_traces",
        "tracers get a model's manifest without keys and addresses",
        LANGCHAIN + "test_tracers_get_the_manifest_that_is_set",
    ),
    Use(
        "_create_chat_result _convert_chunk_to_generation_chunk",
        "models.compatible_chat",
        "fields that ChatOpenAI drops are kept; langchain-deepseek and -xai override the same two",
        LANGCHAIN + "test_chat_openai_reads_replies_with_the_methods_that_are_overridden",
    ),
    Use(
        "_transport _mounts _pool _connections _network_backend __pydantic_private__",
        "models.loop_transport",
        "a model's HTTP client (httpx) has connections of each event loop",
        "models/test_loop_transport.py::test_a_client_has_connections_of_each_loop",
    ),
    Use(
        "_transport",
        "models.wire.recorded_stream",
        "a plain connection (httpcore, anyio) reads replies into a file: a kill leaves them",
        "models/test_wire.py::test_a_plain_connection_reads_into_the_file_itself",
    ),
    Use(
        "_get_invocation_params",
        "integrations.chat_model.chat_tpo",
        "traces show tools as schemas",
        LANGCHAIN + "test_tracers_get_the_parameters_that_the_model_returns",
    ),
    Use(
        "langchain.agents.middleware.types.PrivateStateAttr",
        "integrations.agent.middleware",
        "what a turn has spent stays out of an agent's input and output",
        LANGCHAIN + "test_a_private_channel_is_neither_input_nor_output",
    ),
    Use(
        "H11Protocol their_state",
        "serving.guard.slow_clients",
        "a connection that says nothing is closed",
        "serving/test_hostile.py::test_a_thousand_slow_clients",
    ),
    Use(
        "handle_exit should_exit force_exit",
        "serving.uvicorn_server",
        "a signal drains the runs before uvicorn ends",
        "serving/test_restart.py::test_a_stopping_server_tells_its_chat_clients",
    ),
]
# What LangChain's guide tells implementers of chat models to define.
HOOKS = {
    "_agenerate",
    "_astream",
    "_generate",
    "_get_ls_params",
    "_identifying_params",
    "_llm_type",
    "_resolve_model_profile",
    "_stream",
}


def test_private_parts_are_used_where_the_table_says_and_nowhere_else():
    listed = {
        (f"tpo.{m}", word) for u in USES for m in u.modules.split() for word in u.words.split()
    }
    words, known = {word for _, word in listed}, known_names()
    found = {(module, name) for module in modules() for name in private_parts(module, words, known)}
    assert found - listed == set(), "not in the table"
    assert listed - found == set(), "no longer used"


def test_private_methods_that_are_overridden_are_in_the_table():
    words = {word for use in USES for word in use.words.split()}
    overridden = {
        name
        for module in modules()
        for kind in vars(import_module(module)).values()
        if inspect.isclass(kind) and kind.__module__ == module
        for name in vars(kind)
        if re.match(r"_[a-z]", name) and not name.startswith(("_abc_", "_is_"))
        for base in kind.__mro__[1:]
        if name in vars(base) and not base.__module__.startswith("tpo.")
    }
    assert overridden - HOOKS - words == set()


def test_every_use_has_its_canary():
    missing = []
    for use in USES:
        file, _, test = use.canary.partition("::")
        if f"def {test}(" not in (ROOT / "tests" / file).read_text(encoding="utf-8"):
            missing.append(use.canary)
    assert missing == []


def test_the_check_itself_sees_imports_attributes_and_strings(monkeypatch, tmp_path: Path):
    path = tmp_path / "sample.py"
    path.write_text(
        "import langgraph._internal\n"
        "from langgraph.constants import CONFIG_KEY_CHECKPOINTER\n"
        "from uvicorn.protocols.http.h11_impl import H11Protocol\n"
        "def f(model, own):\n"
        "    own._mine = 1\n"
        "    vars(model)['_serialized'], getattr(model, '__pregel_x'), model._async_client\n"
        "    own._mine, own.__dict__, f'{own}_suffix', 'a _word in a sentence'\n",
        encoding="utf-8",
    )
    monkeypatch.setattr("private_parts.modules", lambda: {**modules(), "tpo.sample": path})
    assert private_parts("tpo.sample", {"H11Protocol"}, known_names()) == {
        "langgraph._internal",
        "langgraph.constants.CONFIG_KEY_CHECKPOINTER",
        "H11Protocol",
        "_serialized",
        "__pregel_x",
        "_async_client",
    }
