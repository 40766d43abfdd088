"""`tpo serve` as a person types it: the help, the first lines, and what is refused."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from serve_process import ServeProcess

from tpo.cli.app import main
from tpo.cli.arguments.serve import OPTIONS
from tpo.core.errors import ConfigError
from tpo.serving.environment import from_environment, make_settings, named_models
from tpo.serving.listen import listen
from tpo.serving.served_models import ServedModels
from tpo.serving.server_settings import Settings

KEY = "sk-loopback-1234567890"
WITHOUT_EXTRA = """
import sys
sys.modules["starlette"] = None
from tpo.cli.app import main
sys.exit(main(["serve"]))
"""


def test_every_setting_is_an_option():
    assert set(OPTIONS) == set(Settings.model_fields)


def test_the_help_teaches(capsys):
    assert main(["serve", "--help"]) == 0
    said = " ".join(re.sub("[│╭╮╰╯─]", " ", capsys.readouterr().out).split())
    for word in (
        "tpo serve -p openai:gpt-5-mini",
        "/app/",
        "/v1",
        "TPO_SERVE_KEYS",
        "openssl rand -hex 16",
    ):
        assert word in said


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--host", "0.0.0.0"], "there is no API key: set TPO_SERVE_KEYS"),
        (["--model", "fast"], "give NAME=SPEC"),
        (["--model", "tpo=openai:x"], "always there"),
        (["--policy", f"openai:x@http://me:{KEY}@h/v1"], "no login may be in one"),
        (["--max-concurrent", "0"], "greater than or equal to 1"),
        (["--policy", "nonsense"], "unknown policy 'nonsense'"),
        (["--reward", "nonsense"], "unknown reward 'nonsense'"),
    ],
)
def test_what_is_wrong_is_said_at_once(capsys, tmp_path, args, said):
    assert main(["serve", "--data", str(tmp_path), "--port", "0", *args]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert KEY not in error


def test_a_missing_extra():
    ran = subprocess.run(
        [sys.executable, "-P", "-c", WITHOUT_EXTRA], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 2
    assert "pip install 'tpo[serve]'" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_keys_from_the_environment_are_not_shown():
    settings = Settings(**from_environment({"TPO_SERVE_KEYS": f"{KEY}, other-key"}))
    assert [key.get_secret_value() for key in settings.keys] == [KEY, "other-key"]
    assert KEY not in repr(settings)
    settings.check()


def test_the_environment(monkeypatch):
    for name, value in {
        "TPO_SERVE_MAX_CONCURRENT": "3",
        "TPO_SERVE_MODELS": "a=openai:x, b=openai:y",
        "TPO_SERVE_ORIGINS": "https://a.example,https://b.example",
        "TPO_POLICY": "openai:z",
    }.items():
        monkeypatch.setenv(name, value)
    settings = make_settings({"max_calls": 7})
    assert (settings.max_concurrent, settings.max_calls, settings.policy) == (3, 7, "openai:z")
    assert settings.models == {"a": "openai:x", "b": "openai:y"}
    assert settings.origins == ("https://a.example", "https://b.example")
    assert make_settings({"max_concurrent": 5}).max_concurrent == 5
    monkeypatch.setenv("TPO_SERVE_MAX_CONCURRENT", "many")
    with pytest.raises(ConfigError, match="max_concurrent"):
        make_settings({})


def test_named_models_may_hold_equal_signs():
    assert named_models(["a=openai:x=y"]) == {"a": "openai:x=y"}


@pytest.mark.loopback
def test_two_servers_do_not_share_a_folder_or_a_port(serve, tmp_path, capsys):
    folder, port = str(serve.folder / "data"), str(serve.port)
    for args, said in (
        (["--data", folder, "--port", "0"], "another server uses"),
        (["--data", str(tmp_path), "--port", port], "choose another with --port"),
    ):
        assert main(["serve", "-p", "openai:x@http://h/v1", *args]) == 2
        assert said in capsys.readouterr().err


@pytest.mark.loopback
def test_its_files_are_the_owner_s_alone(serve):
    folder: Path = serve.folder / "data"
    assert folder.stat().st_mode & 0o077 == 0
    assert {path.name for path in folder.iterdir()} >= {"checkpoints.db", "runs.db"}


@pytest.mark.loopback
def test_a_folder_that_everyone_may_enter(models, tmp_path):
    """Also what an older version left readable is closed, and what SQLite makes beside it."""
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o777)
    for name in ("checkpoints.db", "runs.db", "runs.db-wal", "lock"):
        (folder / name).touch()
        (folder / name).chmod(0o666)
    options = ["-p", f"openai:x@{models.base_url}"]
    before = os.umask(0)
    try:
        with ServeProcess(tmp_path, *options, cold=True) as server:  # it has our umask
            body = {
                "assistant_id": "tpo",
                "input": {"messages": [{"role": "user", "content": "x"}]},
            }
            httpx.post(f"{server.url}/runs/wait", json=body, timeout=30)
            modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    finally:
        os.umask(before)
    files = ("checkpoints.db", "checkpoints.db-shm", "checkpoints.db-wal")
    also = ("runs.db", "runs.db-shm", "runs.db-wal", "lock")
    assert modes == dict.fromkeys((*files, *also), 0o600)
    assert folder.stat().st_mode & 0o777 == 0o777


@pytest.mark.loopback
def test_the_first_line_says_where_everything_is(serve):
    first = serve.log.read_text().splitlines()[0]
    for place in ("/app/", "/v1", "langgraph_sdk"):
        assert place in first
    assert "Traceback" not in first


@pytest.mark.loopback
def test_who_comes_as_soon_as_the_address_is_said_is_let_in():
    with listen(make_settings({"port": 0})) as listening:
        socket.create_connection(listening.getsockname(), timeout=5).close()


@pytest.mark.loopback
def test_small_replies_are_sent_at_once():
    """asyncio sets TCP_NODELAY on what is accepted only where the listening socket names TCP."""
    with listen(Settings(port=0)) as listening:
        assert listening.proto == socket.IPPROTO_TCP


async def test_a_bound_below_what_a_plain_run_takes_is_refused():
    with pytest.raises(ConfigError, match=r"width 5 and depth 2 take 19 texts.* allows 5"):
        await ServedModels(Settings(max_calls=5)).check()
