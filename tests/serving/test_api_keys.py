"""Keys: which are taken, and that nothing empty ever is one."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from tpo.cli.app import main
from tpo.core.errors import ConfigError
from tpo.serving.engine.app import engine_app
from tpo.serving.environment import make_settings
from tpo.serving.error_responses import Refusal, handle_error
from tpo.serving.guard.api_keys import Keyring, NeedsKey, make_keyring
from tpo.serving.guard.run_limit import make_run_limit
from tpo.serving.served_models import ServedModels
from tpo.serving.server_settings import Settings

LONG = "0123456789abcdef"
SHORT = "squeamish"
NO_KEY: list[dict[str, str]] = [
    {}, {"authorization": ""}, {"authorization": "Bearer"}, {"authorization": "Bearer "},
    {"authorization": "Basic"}, {"x-api-key": ""}, {"x-api-key": " "},
]  # fmt: skip


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
@pytest.mark.parametrize("key", ["", " ", "\t"])
def test_an_empty_key_is_refused(capsys, tmp_path, host, key):
    args = ["serve", "--data", str(tmp_path), "--port", "0", "--host", host]
    assert main([*args, "--key", LONG, "--key", key]) == 2
    assert "a key is empty" in (said := capsys.readouterr().err)
    assert LONG not in said


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
@pytest.mark.parametrize("keys", ["", " ", ",", " , ", f"{LONG},", f",{LONG}"])
def test_a_variable_that_is_set_and_holds_an_empty_key(monkeypatch, host, keys):
    monkeypatch.setenv("TPO_SERVE_KEYS", keys)
    with pytest.raises(ConfigError, match="a key is empty") as caught:
        make_settings({"host": host})
    assert LONG not in str(caught.value)
    assert make_settings({"host": host, "keys": [LONG]}).keys == (SecretStr(LONG),)
    monkeypatch.delenv("TPO_SERVE_KEYS")
    assert make_settings({"host": host}).keys == ()


def test_keys_are_stripped(monkeypatch):
    monkeypatch.setenv("TPO_SERVE_KEYS", f" {LONG} , b ")
    assert make_settings({}).keys == (SecretStr(LONG), SecretStr("b"))
    assert Settings(keys=(SecretStr(f"\n{LONG} "),)).keys == (SecretStr(LONG),)


@pytest.mark.parametrize("key", ["a\nb", "a\0b", "schlüssel", "ключ", "a\u2028b"])
def test_a_key_that_does_not_fit_into_a_header(key):
    with pytest.raises(ConfigError, match="not every client can send") as caught:
        make_settings({"keys": [key]})
    assert key not in str(caught.value)


@pytest.mark.parametrize("wrong", [[SHORT, ""], [SHORT, 7], [SHORT, "é"], SHORT, {SHORT: 1}])
def test_values_of_keys_are_in_no_message(wrong):
    with pytest.raises(ValidationError) as caught:
        Settings(keys=wrong)
    assert SHORT not in str(caught.value)
    with pytest.raises(ConfigError) as told:
        make_settings({"keys": wrong})
    assert SHORT not in str(told.value)


def test_a_public_address_wants_a_long_key():
    for keys in ([SHORT], [LONG, SHORT], [LONG[:-1], LONG], [f"{SHORT}{' ' * 20}"]):
        with pytest.raises(ConfigError, match=r"shorter than 16.*openssl rand -hex 16") as caught:
            Settings(host="0.0.0.0", keys=keys).check()
        assert SHORT not in str(caught.value)
    Settings(host="0.0.0.0", keys=[LONG]).check()
    Settings(keys=[SHORT]).check()


@pytest.mark.parametrize("keys", [[], [SHORT]])
def test_no_app_is_made_that_is_unsafe(keys):
    """Also without the command: `langgraph dev` takes in the app alone."""
    with pytest.raises(ConfigError, match="can be reached from other machines"):
        app_of_an_engine(Settings(host="0.0.0.0", keys=keys))


def app_of_an_engine(settings: Settings) -> Starlette:
    keyring = make_keyring(settings)
    return engine_app(settings, keyring, ServedModels(settings), make_run_limit(settings, keyring))


def client_of(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")


@pytest.mark.parametrize("keys", [[""], [" "], ["", LONG], [LONG]])
async def test_no_header_is_never_a_key(keys):
    """However the guard is made: it does not rely on settings that were checked."""

    async def inside(_: Any) -> PlainTextResponse:
        return PlainTextResponse("in")

    guard = Middleware(NeedsKey, keyring=Keyring([SecretStr(key) for key in keys]))
    app = Starlette(
        routes=[Route("/", inside, middleware=[guard])], exception_handlers={Refusal: handle_error}
    )
    async with client_of(app) as client:
        for headers in NO_KEY:
            assert (await client.get("/", headers=headers)).status_code == 401, headers
        wanted = 200 if LONG in keys else 401
        for headers in ({"authorization": f"bearer {LONG} "}, {"x-api-key": LONG}):
            assert (await client.get("/", headers=headers)).status_code == wanted


async def test_beside_an_engine_the_same_keys_hold():
    async with client_of(app_of_an_engine(Settings(keys=[LONG]))) as client:
        for headers in NO_KEY:
            assert (await client.get("/v1/models", headers=headers)).status_code == 401
        right = {"authorization": f"Bearer {LONG}"}
        assert (await client.get("/v1/models", headers=right)).status_code == 200
