"""By default only those who know the token of the printed address come in."""

from __future__ import annotations

import re

import httpx
import pytest
from langgraph_sdk import get_sync_client
from serve_process import ServeProcess

from tpo.serving.guard.url_token import with_token
from tpo.serving.server_settings import Settings


@pytest.mark.parametrize(
    "more",
    [
        {"keys": ["k"]},
        {"token": False},
        {"trusted_header": "X-Forwarded-User"},
    ],
)
def test_what_else_guards_it_or_is_asked_for(tmp_path, more):
    settings = Settings(data=tmp_path, **more)
    assert with_token(settings) == (settings, "")


def test_keys_of_people_take_the_token_s_place(tmp_path):
    (tmp_path / "keys.json").touch()
    assert with_token(Settings(data=tmp_path))[1] == ""


def test_each_start_has_a_token_of_its_own(tmp_path):
    made = [with_token(Settings(data=tmp_path)) for _ in "12"]
    assert made[0][1] != made[1][1]
    for settings, shown in made:
        (key,) = settings.keys
        assert shown == f"#token={key.get_secret_value()}"
        assert re.fullmatch(r"#token=[0-9a-f]{48}", shown)
        assert shown[7:] not in repr(settings)


@pytest.mark.loopback
def test_the_token_opens_everything(models, tmp_path):
    options = ["-p", f"openai:x@{models.base_url}"]
    with ServeProcess(tmp_path, *options, TPO_SERVE_TOKEN="true") as server:
        first, second, *_ = server.log.read_text().splitlines()
        (token,) = re.findall(r"/app/#token=(\w+) ", first)
        assert "as their API key" in second
        with httpx.Client(base_url=server.url, timeout=30) as client:
            for path in ("/v1/models", "/assistants/tpo", "/threads/x"):
                assert client.get(path).status_code == 401
                assert client.get(path, params={"token": token}).status_code == 401
                assert client.get(path, headers={"cookie": f"token={token}"}).status_code == 401
            assert client.get("/app/").status_code == 200
            headers = {"authorization": f"Bearer {token}"}
            assert client.get("/v1/models", headers=headers).status_code == 200
        with get_sync_client(url=server.url, api_key=token) as sdk:
            assert sdk.threads.create()["thread_id"]
        assert token not in "".join(server.log.read_text().splitlines(keepends=True)[1:])
        files = [path.read_bytes() for path in (tmp_path / "data").iterdir()]
    assert not any(token.encode() in held for held in files)
