"""One person's record in the file of keys, with a digest in place of the key."""

from __future__ import annotations

import hmac
import secrets
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field, field_validator

from .callers import NAME, Caller, KeyLimits, Role

SALT_BYTES = 16
KEY_BYTES = 24  # of a new key: 192 random bits
HEX = r"(?:[0-9a-f]{2})"


class KeyRecord(KeyLimits):
    """One person of the file. Without a digest there is no key: a proxy has a login of its own."""

    name: str = Field(pattern=f"^{NAME}$")
    role: Role = "user"
    created: str = ""
    salt: str = Field(default="", pattern=f"^({HEX}{{16,64}})?$")
    digest: str = Field(default="", pattern=f"^({HEX}{{32}})?$")

    def matches(self, key: bytes) -> bool:
        """Return whether this is the person's key, in constant time."""
        found = key_digest(self.salt, key)
        return bool(self.salt and self.digest) and hmac.compare_digest(found, self.digest)

    @property
    def caller(self) -> Caller:
        """The person, as routes see one."""
        limits = {name: getattr(self, name) for name in KeyLimits.model_fields}
        return Caller(self.name, self.role, KeyLimits(**limits))


class KeyRecords(BaseModel):
    """What the file holds."""

    model_config = ConfigDict(extra="forbid")

    keys: list[KeyRecord] = Field(default_factory=list)

    @field_validator("keys")
    @classmethod
    def each_name_once(cls, given: list[KeyRecord]) -> list[KeyRecord]:
        """Refuse two people of one name.

        Raises:
            ValueError: there are two.
        """
        names = [record.name for record in given]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"{', '.join(twice)} stands there twice")
        return given


def key_digest(salt: str, key: bytes) -> str:
    """Return the digest of a key.

    A fast one: a random key of 192 bits cannot be guessed, so a slow one would only cost time
    at every request.
    """
    return hmac.digest(bytes.fromhex(salt), key, "sha256").hex()


def new_key(name: str, role: Role, limits: KeyLimits, *, by_header: bool) -> tuple[KeyRecord, str]:
    """Return the record of a new person, and the key, which is kept nowhere."""
    key, salt = f"sk-tpo-{secrets.token_hex(KEY_BYTES)}", secrets.token_hex(SALT_BYTES)
    secret = {} if by_header else {"salt": salt, "digest": key_digest(salt, key.encode())}
    created = datetime.now(UTC).date().isoformat()
    about = {"name": name, "role": role, "created": created, **limits.model_dump()}
    return KeyRecord.model_validate({**about, **secret}), "" if by_header else key
