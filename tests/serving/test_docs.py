"""docs/serving.md runs as it is, and tells the truth; the container's recipe too."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from doc_page import Page

from tpo.cli.app import main
from tpo.cli.arguments.serve import OPTIONS
from tpo.serving.error_responses import refusal_of
from tpo.serving.server_settings import Settings

ROOT = Path(__file__).parents[2]
PAGE = Page("serving.md")
ADDRESS = "http://127.0.0.1:8000"
RECIPE = (ROOT / "examples/docker/Dockerfile").read_text(encoding="utf-8")
LINTER = Path(os.environ.get("TPO_CLIENTS", "none")).with_name("hadolint")


@pytest.mark.loopback
@pytest.mark.parametrize("snippet", PAGE.snippets, ids=["openai", "responses", "langgraph_sdk"])
def test_the_snippets_run(serve, models, capsys, snippet):
    models.forget()
    assert ADDRESS in snippet
    PAGE.run(snippet.replace(ADDRESS, serve.url))
    said = capsys.readouterr().out
    assert models.asked
    assert any(text in said for text in models.texts) or "tpo.final" in said or "custom" in said


@pytest.mark.loopback
def test_curl(serve, models):
    models.forget()
    (command,) = PAGE.blocks("bash")
    done = subprocess.run(
        ["bash", "-c", command.replace(ADDRESS, serve.url).replace("curl ", "curl -sS --fail ")],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert any(text in done.stdout for text in models.texts)


def test_options_exist_and_defaults_are_right(capsys):
    flags = {flag.removesuffix("/ ") for _, flags, _, _ in OPTIONS.values() for flag in flags}
    named = set(re.findall(r"(--[a-z][a-z-]*)(?![\w-])", PAGE.text))
    foreign = {"--model-base-url", "--tasks", "--help"}
    for name in ("add", "list", "revoke"):
        assert main(["serve", "keys", name, "--help"]) == 0
    of_keys = set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out))
    flags |= {"--no-token", "--model"}
    assert named - foreign <= flags | of_keys
    limits = PAGE.text.partition("### Limits")[2]
    for name in ("max_concurrent", "max_waiting", "max_calls", "max_connections"):
        default = Settings.model_fields[name].default
        flag = f"--{name.replace('_', '-')}`"
        row = next(line for line in limits.splitlines() if flag in line)
        assert str(default) in row
    assert f"{Settings().max_tokens:,}" in limits
    assert f"{Settings().max_prompt_chars:,} and {Settings().max_body_bytes:,}" in PAGE.text


def test_statuses_are_told():
    told = {int(status) for status in re.findall(r"\b([45]\d\d)\b", PAGE.text)}
    assert refusal_of(TimeoutError()).status_code in told
    assert {400, 401, 403, 404, 408, 409, 413, 422, 429, 502, 503, 504} <= told


def test_the_recipe_s_variables_and_extra_exist():
    for name in re.findall(r"TPO_SERVE_([A-Z_]+)=", RECIPE):
        assert name.lower() in Settings.model_fields
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for extra in re.findall(r"\[(\w+)\]\"", RECIPE):
        assert extra in project["optional-dependencies"]
    assert 'ENTRYPOINT ["tpo", "serve"]' in RECIPE


@pytest.mark.skipif(not LINTER.exists(), reason="hadolint is not installed beside: make test")
def test_the_recipe_is_linted():
    recipe = ROOT / "examples/docker/Dockerfile"
    done = subprocess.run([LINTER, recipe], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
