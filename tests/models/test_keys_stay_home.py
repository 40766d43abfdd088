"""Whatever the form of a spec, a key goes to the host it is meant for, or nowhere."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_openai import ChatOpenAI

from tpo.core.errors import TPOError
from tpo.models.policy import build_policy

OPENAI, OWN = "sk-key-of-openai-1234", "key-for-my-own-server-5678"
HOSTS = ["gpu-box:8000", "gpu-box", "10.0.0.7:8000", "[::1]:8000", "user:secret@gpu-box", "host/v1"]
FORMS = [
    "openai:m@{}",
    "openai:m@{}/v1",
    "openai:m@http://{}/v1",
    "openai:m@HTTP://{}/v1",
    "openai:m@https://{}/v1",
    "openai:m@http:{}/v1",
    "openai:m@http:/{}/v1",
    "openai:m@ftp://{}/v1",
    "openai:m@//{}/v1",
    "openai: m @ http://{}/v1 ",
    "openai:http://{}/v1",
    "openai://{}/v1",
    "openai:org/m@a@http://{}/v1",
    "openai:m@http://api.openai.com@{}/v1",
    "OpenAI:m@{}/v1",
    "http://{}/v1",
    "{}/v1",
    "azure_openai:m@http://{}/v1",
    "anthropic:m@http://{}/v1",
    "anthropic:m@{}",
]


def host_of(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def built(spec: str) -> tuple[BaseChatModel | None, str]:
    """Return the model of a spec, or why there is none."""
    try:
        return build_policy(spec).model, ""
    except TPOError as error:
        return None, str(error)


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("form", FORMS)
def test_a_spec_with_a_host_is_refused_or_asks_that_host_without_the_key_of_openai(
    form, host, monkeypatch
):
    monkeypatch.setenv("OPENAI_API_KEY", OPENAI)
    monkeypatch.setenv("ANTHROPIC_API_KEY", OPENAI)
    monkeypatch.setenv("TPO_POLICY_API_KEY", OWN)
    spec = form.format(host)
    model, said = built(spec)
    assert OPENAI not in said
    assert OWN not in said
    if model is None:
        return
    assert isinstance(model, ChatOpenAI), spec
    assert model.openai_api_base is not None, spec
    meant = host_of("//" + host.partition("/")[0])
    assert host_of(model.openai_api_base) == meant, spec
    key = model.openai_api_key
    assert not callable(key)
    assert key is not None
    assert key.get_secret_value() == OWN, spec
    assert model.openai_organization in {None, ""}


def test_a_spec_without_a_host_asks_openai_with_its_own_key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", OPENAI)
    monkeypatch.setenv("TPO_POLICY_API_KEY", OWN)
    model = build_policy("openai:m").model
    assert isinstance(model, ChatOpenAI)
    assert model.openai_api_base in {None, "https://api.openai.com/v1"}
    key = model.openai_api_key
    assert not callable(key)
    assert key is not None
    assert key.get_secret_value() == OPENAI
