"""What an error shows: short, one line, and no key in it."""

from __future__ import annotations

import pytest

from tpo.core import errors
from tpo.core.errors import EVIDENCE_CHARS, SyncCallError, TPOError, evidence

KEY = "Zx81-Spectrum48k_QL"


@pytest.mark.parametrize(
    "text",
    [
        f"Incorrect API key provided: {KEY}. Find yours at https://example.org",
        f"Incorrect API key provided: sk-proj-{KEY}",
        f"bad key sk-{KEY}",
        f"token hf_{KEY}",
        f"headers: Authorization: Bearer {KEY}",
        f"{{'authorization': 'bearer {KEY}'}}",
        f"gsk_{KEY} was rejected",
        f"https://example.org/v1/models?key={KEY}&alt=sse",
        f'{{"api_key": "{KEY}"}}',
        f"api-key: {KEY}",
        f"x-api-key={KEY}",
        f"Authorization: Basic {KEY}",
        f"{{'authorization': 'Basic {KEY}'}}",
        f"https://example.org/v1?token={KEY}&alt=sse",
        f"https://example.org/v1?X-Amz-Signature={KEY}&sig={KEY}",
        f"password={KEY} is wrong",
        f'{{"access_token": "{KEY}"}}',
        f"client_secret={KEY}",
    ],
)
def test_keys_never_appear(text):
    for shown in (evidence(text), evidence(ValueError(text))):
        assert KEY not in shown
        assert "[redacted]" in shown


@pytest.mark.parametrize(
    "text",
    [
        "the key is missing: set OPENAI_API_KEY",
        "max_tokens must be positive",
        "the api key option must be set",
        "see http://127.0.0.1:8080/v1/chat/completions",
        "unknown setting key_words_here",
        "unexpected token: 5 in max_tokens=5",
        "a basic check of design=plain",
        "the password is missing: set it",
    ],
)
def test_plain_words_stay(text):
    assert evidence(text) == text


def test_evidence_is_one_short_line_led_by_the_class():
    assert evidence(ValueError("a\n  b\tc")) == "ValueError: a b c"
    assert evidence(TimeoutError()) == "TimeoutError"
    long = evidence("x" * 5000)
    assert len(long) == EVIDENCE_CHARS
    assert long.endswith("…")


def test_a_key_is_blanked_before_the_text_is_cut():
    assert KEY[:5] not in evidence("x" * (EVIDENCE_CHARS - 12) + f" sk-{KEY}")


def test_every_error_is_a_runtime_error_so_that_servers_pass_its_message_on():
    kinds = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, Exception)]
    assert len(kinds) > 10
    assert all(issubclass(e, TPOError) and issubclass(e, RuntimeError) for e in kinds)
    assert issubclass(SyncCallError, TypeError)
    assert TPOError("x").partial is None
