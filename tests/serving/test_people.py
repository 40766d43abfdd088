"""People with keys of their own: the file, the command, and a proxy with a login of its own."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tpo.cli.app import main
from tpo.core.errors import ConfigError, StoreError
from tpo.serving.environment import make_settings
from tpo.serving.error_responses import Refusal
from tpo.serving.guard.api_keys import Keyring, make_keyring
from tpo.serving.guard.callers import OPERATOR, Caller, KeyLimits
from tpo.serving.guard.key_records import KeyRecord, key_digest
from tpo.serving.guard.keys_file import KeysFile, read_keys
from tpo.serving.guard.trusted_header import TrustedHeader

HEADER = "X-Forwarded-User"


@pytest.fixture
def keys(tmp_path, capsys):
    """Run `tpo serve keys`, and return what it printed."""

    def run(*args: str, code: int = 0) -> tuple[str, str]:
        assert main(["serve", "keys", *args, "--data", str(tmp_path)]) == code
        said = capsys.readouterr()
        return said.out.strip(), said.err

    return run


def test_a_key_is_printed_once_and_its_digest_kept(keys, tmp_path):
    key, about = keys("add", "ann", "--max-usd-per-day", "2.5", "--max-concurrent", "2")
    assert re.fullmatch(r"sk-tpo-[0-9a-f]{48}", key)
    assert key not in about
    file = tmp_path / "keys.json"
    assert (key in file.read_text(), file.stat().st_mode & 0o777) == (False, 0o600)
    (record,) = read_keys(file)
    assert record.matches(key.encode())
    assert record.digest == key_digest(record.salt, key.encode())
    assert not record.matches(key[:-1].encode())
    assert not record.matches(b"")
    limits = KeyLimits(max_usd_per_day=2.5, max_concurrent=2)
    assert record.caller == Caller("ann", "user", limits)


def test_list_and_revoke(keys):
    key, _ = keys("add", "ann")
    keys("add", "bob@example.org", "--role", "admin", "--max-tokens-per-day", "1000")
    keys("add", "cy", "--by-header")
    shown, _ = keys("list")
    assert [line.split()[0] for line in shown.splitlines()] == ["ann", "bob@example.org", "cy"]
    assert key not in shown
    rows = [json.loads(line) for line in keys("list", "--json")[0].splitlines()]
    assert [row["role"] for row in rows] == ["user", "admin", "user"]
    assert (rows[1]["max_tokens_per_day"], rows[2]["by_header"]) == (1000, True)
    assert {"salt", "digest"} & {name for row in rows for name in row} == set()
    keys("revoke", "ann")
    assert "ann" not in keys("list")[0]
    again, _ = keys("add", "ann")
    assert again != key


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["add", "ann"], "ann has a key already: tpo serve keys revoke ann"),
        (["add", "a b"], "name: string should match"),
        (["add", ""], "name: string should match"),
        (["add", "x", "--role", "root"], "role: input should be 'user' or 'admin'"),
        (
            ["add", "x", "--max-usd-per-day", "inf"],
            "max_usd_per_day: input should be a finite number",
        ),
        (["revoke", "nobody"], "is called 'nobody'"),
    ],
)
def test_what_is_wrong_is_told(keys, args, said):
    keys("add", "ann")
    assert said in keys(*args, code=2)[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("[]", "is wrong"),
        ('{"keys": [{"name": "a", "digest": "secret"}]}', "is wrong: keys.0.digest"),
        ('{"keys": [{"name": "a", "what": 1}]}', "is wrong: keys.0.what"),
        ('{"keys": [{"name": "a"}, {"name": "a"}]}', "a stands there twice"),
        ('{"keys": [{"name": "a", "max_usd_per_day": 1e400}]}', "is not JSON"),
    ],
)
def test_a_file_that_is_wrong(tmp_path, text, said):
    file = tmp_path / "keys.json"
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(StoreError, match=re.escape(said)) as caught:
        KeysFile(file)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_file_that_others_may_open_is_refused(keys, tmp_path, mode):
    keys("add", "ann")
    file = tmp_path / "keys.json"
    file.chmod(mode)
    with pytest.raises(StoreError, match="is open to others: chmod 600"):
        make_keyring(make_settings({"data": tmp_path}))


def scope(peer: str = "127.0.0.1", **headers: str) -> dict:
    sent = [(k.replace("_", "-").encode(), v.encode("latin-1")) for k, v in headers.items()]
    return {"type": "http", "headers": sent, "client": (peer, 1)}


def test_a_file_that_is_gone_lets_nobody_in(keys, tmp_path):
    ring = make_keyring(make_settings({"data": tmp_path}))
    assert ring.caller(scope()) == OPERATOR  # no keys at all
    key, _ = keys("add", "ann")
    assert ring.caller(scope(x_api_key=key)).name == "ann"
    for wrong in (scope(), scope(x_api_key=f"{key}0"), scope(authorization=f"Basic {key}")):
        with pytest.raises(Refusal, match="needs its API key"):
            ring.caller(wrong)
    (tmp_path / "keys.json").unlink()
    with pytest.raises(Refusal, match="needs its API key"):
        ring.caller(scope(x_api_key=key))


def test_a_named_file_has_to_be_there(tmp_path):
    settings = make_settings({"keys_file": tmp_path / "none.json", "data": tmp_path})
    with pytest.raises(ConfigError, match=r"there is no keys file .* tpo serve keys add NAME"):
        settings.check()


@pytest.mark.parametrize(
    ("peer", "proxies", "known"),
    [
        ("127.0.0.1", (), True),
        ("::1", (), True),
        ("::ffff:127.0.0.1", (), True),
        ("10.0.0.7", (), False),
        ("10.0.0.7", ("10.0.0.7",), True),
        ("10.0.0.8", ("10.0.0.7",), False),
        ("10.0.0.8", ("10.0.0.0/24",), True),
        ("127.0.0.1", ("10.0.0.7",), False),
        ("", (), False),
    ],
)
def test_only_a_proxy_may_say_who_asks(peer, proxies, known):
    ring = Keyring(header=TrustedHeader(HEADER, proxies))
    asked = scope(peer, x_forwarded_user="ann", x_forwarded_for="10.0.0.7")
    if known:
        assert ring.caller(asked) == Caller("ann")
    else:
        with pytest.raises(Refusal, match="needs its API key"):
            ring.caller(asked)
    with pytest.raises(Refusal, match="needs its API key"):
        ring.caller(scope(peer))


@pytest.mark.parametrize("sent", ["ann, root", "a b", "ann\x00", "änn", "-x"])
def test_a_name_that_no_proxy_should_send(sent):
    ring = Keyring(header=TrustedHeader(HEADER, ()))
    with pytest.raises(Refusal, match="has to hold one name"):
        ring.caller(scope(x_forwarded_user=sent))


def test_a_header_sent_twice_is_refused():
    ring = Keyring(header=TrustedHeader(HEADER, ()))
    asked = scope(x_forwarded_user="root")
    asked["headers"].append((b"x-forwarded-user", b"ann"))
    with pytest.raises(Refusal, match="in place of what the client sent"):
        ring.caller(asked)


def test_the_file_says_more_of_those_who_come_through_a_proxy(keys, tmp_path: Path):
    keys("add", "ann", "--by-header", "--role", "admin", "--max-concurrent", "1")
    ring = make_keyring(make_settings({"data": tmp_path, "trusted_header": HEADER}))
    found = ring.caller(scope(x_forwarded_user="ann"))
    assert found == Caller("ann", "admin", KeyLimits(max_concurrent=1))
    assert ring.caller(scope(x_forwarded_user="cy")) == Caller("cy")
    assert KeyRecord(name="ann").matches(b"") is False


def test_a_public_address_names_its_proxies(tmp_path):
    public = {"host": "0.0.0.0", "data": tmp_path, "trusted_header": HEADER}
    with pytest.raises(ConfigError, match="any of them could send X-Forwarded-User"):
        make_settings(public).check()
    make_settings({**public, "trusted_proxies": ["10.0.0.7"]}).check()
    with pytest.raises(ConfigError, match="trusted_proxies"):
        make_settings({**public, "trusted_proxies": ["proxy.example.org"]})
