"""The files of examples/aegra/ and examples/agent_server/ agree with each other and the code."""

from __future__ import annotations

import json
import re
from importlib import import_module
from typing import Any

import pytest
import yaml
from langgraph.graph.state import CompiledStateGraph
from langgraph_sdk import Auth
from source_tree import ROOT
from starlette.applications import Starlette

from tpo.serving.server_settings import MODELS, Settings

HERE = ROOT / "examples" / "aegra"
COMPOSE = yaml.safe_load((HERE / "compose.yaml").read_text(encoding="utf-8"))
KUBERNETES = list(yaml.safe_load_all((HERE / "kubernetes.yaml").read_text(encoding="utf-8")))
RECIPE = (HERE / "Dockerfile").read_text(encoding="utf-8")
KNOWN = {f"TPO_SERVE_{name.upper()}" for name in Settings.model_fields} | {*MODELS.values()}


def of_kind(kind: str, name: str = "tpo") -> Any:
    (found,) = [x for x in KUBERNETES if (x["kind"], x["metadata"]["name"]) == (kind, name)]
    return found


def test_two_workers_share_a_database_and_a_queue():
    workers = [COMPOSE["services"][name] for name in ("worker1", "worker2")]
    assert workers[0] == workers[1]
    assert of_kind("Deployment")["spec"]["replicas"] == 2
    for settings in (workers[0]["environment"], of_kind("ConfigMap")["data"]):
        assert settings["REDIS_BROKER_ENABLED"] == "true"
        assert settings["REDIS_URL"].startswith("redis://")


def test_every_setting_of_ours_exists():
    texts = [path.read_text(encoding="utf-8") for path in HERE.iterdir() if path.is_file()]
    named = {name for text in texts for name in re.findall(r"\bTPO_[A-Z_]+\b", text)}
    assert named - {"TPO_POLICY", "TPO_REWARD"} <= KNOWN
    assert "TPO_SERVE_KEYS" in named


def test_the_proxy_knows_the_workers_and_sends_events_as_they_come():
    text = (HERE / "nginx.conf").read_text(encoding="utf-8")
    assert set(re.findall(r"server (\w+):8000;", text)) == COMPOSE["services"].keys() - {
        "proxy", "postgres", "redis",
    }  # fmt: skip
    assert "proxy_buffering off" in text
    assert "--port" in RECIPE
    assert '"8000"' in RECIPE


def test_a_worker_has_time_to_hand_its_runs_over():
    drain = 30  # seconds: WORKER_DRAIN_TIMEOUT of aegra
    assert COMPOSE["x-worker"]["stop_grace_period"] == "45s"
    assert (
        of_kind("Deployment")["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > drain
    )


@pytest.mark.parametrize("file", ["aegra/aegra.json", "agent_server/langgraph.json"])
def test_what_the_configuration_names_is_there(file):
    config = json.loads((ROOT / "examples" / file).read_text(encoding="utf-8"))
    assert set(config["graphs"]) == {"tpo", "best_of_n", "revision"}
    named = import_module("tpo.serving.engine.named")
    assert isinstance(named.auth, Auth)
    assert isinstance(named.app, Starlette)
    assert config["auth"]["path"] == "tpo.serving.engine.named:auth"
    for name, place in config["graphs"].items():
        graph = getattr(named, place.rpartition(":")[2])
        assert isinstance(graph, CompiledStateGraph)
        assert graph.name == name
        assert graph.checkpointer is None  # the engine brings its own
