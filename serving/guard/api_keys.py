"""API keys: compared in constant time, and never shown; whose key it is, is who asks."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ..error_responses import Refusal
from ..server_settings import Settings
from .callers import OPERATOR, Caller, set_caller
from .key_records import KeyRecord
from .keys_file import KeysFile
from .trusted_header import TrustedHeader


class Keyring:
    """Knows everyone who may come in, and by which key.

    Args:
        keys: Of the one who started the server: any of these will do. An empty key never matches.
        file: The people with keys of their own.
        header: A proxy with a login of its own.
    """

    def __init__(
        self,
        keys: Sequence[SecretStr] = (),
        file: KeysFile | None = None,
        header: TrustedHeader | None = None,
    ) -> None:
        self._keys = [key.get_secret_value().strip().encode() for key in keys]
        self._file, self._header = file, header

    @property
    def people(self) -> list[KeyRecord]:
        """The people with keys of their own, as their file has them now."""
        return self._file.records if self._file else []

    @property
    def asks(self) -> bool:
        """Whether anybody is asked for a key at all."""
        return bool(self._keys or self._header or (self._file and self._file.used))

    def caller(self, scope: Scope) -> Caller:
        """Return who asks. Without keys, a file and a proxy's header it is the operator.

        Raises:
            Refusal: nobody who may come in (401).
        """
        headers, people = Headers(scope=scope), self.people
        if not self.asks:
            return OPERATOR
        sent = sent_key(headers)
        # All of them, so that the time does not show which was nearly right.
        own = [hmac.compare_digest(key, sent) for key in self._keys]
        theirs = [record for record in people if record.matches(sent)]
        if sent and any(own):
            return OPERATOR
        if sent and theirs:
            return theirs[0].caller
        if self._header and (name := self._header.name(scope)):
            return self.person(name)
        raise needs_key()

    def knows(self, name: str) -> bool:
        """Return whether a person may still come in; with a proxy's login, that proxy says so."""
        return not name or bool(self._header) or any(one.name == name for one in self.people)

    def standing(self, name: str) -> str | None:
        """Return what changes with a person's key and role; `None` if they may not come in."""
        if not self.knows(name):
            return None
        return next((one.digest + one.role for one in self.people if one.name == name), "")

    def person(self, name: str) -> Caller:
        """Return a person by name; one without a key has no limits."""
        if not name:
            return OPERATOR
        known = {record.name: record.caller for record in self.people}
        return known.get(name, Caller(name))


def make_keyring(settings: Settings) -> Keyring:
    """Return the keyring that the settings describe.

    Raises:
        StoreError: the file of keys cannot be used.
    """
    name, proxies = settings.trusted_header, settings.trusted_proxies
    header = TrustedHeader(name, proxies) if name else None
    return Keyring(settings.keys, KeysFile(settings.people_file), header)


class NeedsKey:
    """Lets a request through only if it has a key, and says whose it is.

    It comes as `Authorization: Bearer KEY` (OpenAI clients) or `X-Api-Key: KEY`
    (`langgraph_sdk`).

    Args:
        app: The app behind the check.
        keyring: Knows the keys.
    """

    def __init__(self, app: ASGIApp, keyring: Keyring) -> None:
        self.app, self.keyring = app, keyring

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the key, then pass on."""
        if scope["type"] == "http" and scope["method"] != "OPTIONS":
            set_caller(scope, self.keyring.caller(scope))
        await self.app(scope, receive, send)


def sent_key(headers: Headers) -> bytes:
    """Return the key that a request brings; a missing or empty header is never one."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    bearer = value if scheme.lower() == "bearer" else ""
    sent = bearer.strip() or headers.get("x-api-key", "").strip()
    return sent.encode("latin-1", "replace")


def needs_key() -> Refusal:
    """Return the refusal of a request without a key."""
    return Refusal(
        401,
        "this server needs its API key, as Authorization: Bearer KEY or X-Api-Key: KEY",
        kind="authentication_error",
        code="invalid_api_key",
        headers={"www-authenticate": "Bearer"},
    )
