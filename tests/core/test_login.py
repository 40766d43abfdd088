"""A login in a URL is cut out, however it is written; whatever is not one stays."""

from __future__ import annotations

import pytest

from tpo.core.errors import ConfigError, evidence
from tpo.core.login import has_login, without_login

LOGINS = {
    "http://ursula:s3cr3t@host/v1": "http://host/v1",
    "http://s3cr3t@host/v1": "http://host/v1",
    "http://s3cr3t:@host/v1": "http://host/v1",
    "http://:s3cr3t@host/v1": "http://host/v1",
    "HTTPS://ursula:s3cr3t@host/v1": "HTTPS://host/v1",
    "//ursula:s3cr3t@host/v1": "//host/v1",
    "http://ursula:s3cr3t@host:8000/v1": "http://host:8000/v1",
    "http://ursula:s3cr3t@[::1]:8000/v1": "http://[::1]:8000/v1",
    "http://s3cr3t@[2001:db8::7]/v1": "http://[2001:db8::7]/v1",
    # What stands for itself in a login is percent-encoded: / @ :
    "http://ursula:s3cr3t%2Fs3cr3t%40s3cr3t%3As3cr3t@host/v1": "http://host/v1",
    # ... and where it is not, a client refuses the URL, and the message shows it.
    "http://ursula:x@s3cr3t@host/v1": "http://host/v1",
    "http://ursula:s3cr3t/s3cr3t@host/v1": "http://host/v1",
    "http://ursula:x?s3cr3t@host/v1": "http://host/v1",
    "http://ursula:x#s3cr3t@host/v1": "http://host/v1",
    "http://ursula:s3cr3t%40host/v1": "http://host/v1",
    "http://ursula:'s3cr3t'@host/v1": "http://host/v1",
    "openai:m@http://ursula:s3cr3t@host/v1": "openai:m@http://host/v1",
    "openai:m@2@http://ursula:s3cr3t@host/v1": "openai:m@2@http://host/v1",
    "openai:m@ursula:s3cr3t@host/v1": "openai:m@host/v1",
    "judge:openai:m@http://s3cr3t@host/v1": "judge:openai:m@http://host/v1",
    "postgresql://ursula:s3cr3t@host/db": "postgresql://host/db",
    r"{'url': 'http:\/\/ursula:s3cr3t@host'}": r"{'url': 'http:\/\/host'}",
    "from http://host:1/v1 to http://ursula:s3cr3t@host/v1, http://s3cr3t@host/": (
        "from http://host:1/v1 to http://host/v1, http://host/"
    ),
}
OTHERS = [
    "see http://127.0.0.1:8080.",
    "openai:m@http://host:8000/v1",
    "openai:m@2@http://host/v1",
    "google_vertexai:claude@20240620",
    "http://[::1]:8000/a@b",
    "https://www.npmjs.com/package/@langchain/core",
    "https://example.org/?mail=me@example.org",
    "http://host:80, me@example.org",
    "(http://host:80) me@example.org",
    '{"url":"http://host","by":"me@example.org"}',
    "http://host:80,http://other:90/a@b",
    "me@example.org",
]


@pytest.mark.parametrize(("text", "shown"), LOGINS.items())
def test_a_login_is_cut_out(text, shown):
    assert without_login(text) == shown
    assert has_login(text)
    assert not has_login(shown)


@pytest.mark.parametrize("text", OTHERS)
def test_what_is_not_a_login_stays(text):
    assert without_login(text) == text
    assert not has_login(text)


@pytest.mark.parametrize(("text", "shown"), LOGINS.items())
def test_no_error_shows_one(text, shown):
    assert evidence(text) == shown
    assert evidence(ValueError(text)) == f"ValueError: {shown}"
    assert "s3cr3t" not in str(ConfigError(f"policy {text!r} is unknown"))
    assert "s3cr3t" not in repr(ConfigError(text))


@pytest.mark.parametrize("piece", ["//a:b", "//a", "@a:b", r"\/\/", "a:", "//a:b%4", "//@", "\\"])
def test_a_hostile_text_takes_no_longer_than_its_length(piece):
    """A search that went back and forth would take minutes here."""
    text = f"//{piece * (1_000_000 // len(piece))}"
    assert len(without_login(text)) <= len(text)
