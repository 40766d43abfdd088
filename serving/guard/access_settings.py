"""Settings of who may use the server: its address, its keys, a proxy's login, its files."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

import platformdirs
from pydantic import AfterValidator, BaseModel, Field, SecretStr, field_validator

from ...core.errors import ConfigError

PREFIX = "TPO_SERVE_"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
SECRET = ("keys", "metrics_key")
MIN_PUBLIC_KEY = 16  # characters
MAKE_KEY = "openssl rand -hex 16 makes one"


def checked_network(given: str) -> str:
    """Return an address or a network as it is.

    Raises:
        ValueError: it is neither.
    """
    ip_network(given)  # such as 10.0.0.7 or 10.0.0.0/24
    return given


class AccessSettings(BaseModel):
    """Who may use the server, from where."""

    data: Path | None = Field(default=None, description="Folder of threads and runs.")
    keys: tuple[SecretStr, ...] = Field(
        default=(),
        description="API keys of yours; they open everything. On an address that others can reach, "
        f"at least {MIN_PUBLIC_KEY} characters: {MAKE_KEY}.",
    )
    token: bool = Field(
        default=True,
        description="Without keys: ask for a random token, and print an address of the page that "
        "holds it. Clients send it as their key. Without it everyone on this machine may use the "
        "server.",
    )
    keys_file: Path | None = Field(
        default=None,
        description="File of people with keys of their own (tpo serve keys); by default keys.json "
        "in the data folder.",
    )
    trusted_header: str = Field(
        default="",
        pattern=r"^[\w-]*$",
        description="Header in which a proxy with a login of its own says who asks, such as "
        "X-Forwarded-User.",
    )
    trusted_proxies: tuple[Annotated[str, AfterValidator(checked_network)], ...] = Field(
        default=(),
        description="Addresses that may send that header, and X-Forwarded-Proto; none: this "
        "machine (for the first, if it listens on 127.0.0.1).",
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port; 0 takes a free one.")
    hosts: tuple[str, ...] = Field(
        default=(), description="Further names the server answers to, behind a proxy."
    )
    origins: tuple[str, ...] = Field(
        default=(), description="Web pages of other origins that may use the server."
    )
    studio: bool = Field(
        default=False, description="Let the page of LangSmith Studio use the server."
    )

    @field_validator("keys")
    @classmethod
    def _usable_keys(cls, given: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        keys = [key.get_secret_value().strip() for key in given]
        if not all(key.strip(", ") for key in keys):
            raise ValueError(
                f"a key is empty, as an unset variable makes it: give each a value ({MAKE_KEY}), "
                f"or leave --key and {PREFIX}KEYS out: the server then makes a token"
            )
        if not all(key.isascii() and key.isprintable() for key in keys):
            raise ValueError(
                "a key holds characters that not every client can send in a header: take ASCII "
                f"letters, digits and signs ({MAKE_KEY})"
            )
        return tuple(SecretStr(key) for key in keys)

    @property
    def folder(self) -> Path:
        """The folder of threads and runs."""
        default = platformdirs.user_data_path("tpo", appauthor=False) / "serve"
        return (self.data or default).expanduser()

    @property
    def people_file(self) -> Path:
        """The file of people with keys of their own; it may be missing."""
        return self.keys_file or self.folder / "keys.json"

    @property
    def is_guarded(self) -> bool:
        """Whether it lets nobody in without a key, or a proxy's word."""
        return bool(self.keys or self.trusted_header or self.people_file.exists())

    @property
    def is_public(self) -> bool:
        """Whether other machines can reach the server."""
        return self.host not in LOOPBACK

    def check(self) -> None:
        """Refuse what would be unsafe.

        Raises:
            ConfigError: strangers could come in, or the file of keys is missing.
        """
        if self.keys_file and not self.keys_file.exists():
            raise ConfigError(
                f"there is no keys file {self.keys_file}: tpo serve keys add NAME --keys-file "
                f"{self.keys_file} makes it"
            )
        if self.is_public:
            self.check_public()

    def check_public(self) -> None:
        """Refuse what would be unsafe on an address that other machines can reach.

        Raises:
            ConfigError: everyone on the network could spend the owner's money, or guess a key.
        """
        if self.trusted_header and not self.trusted_proxies:
            raise ConfigError(
                f"{self.host} can be reached from other machines, and any of them could send "
                f"{self.trusted_header}: name the proxy's address with --trusted-proxy"
            )
        if not self.is_guarded:
            raise ConfigError(
                f"{self.host} can be reached from other machines, and there is no API key: set "
                f"{PREFIX}KEYS=... in the environment ({MAKE_KEY}), make keys with tpo serve keys "
                "add NAME, or listen on 127.0.0.1"
            )
        short = any(len(key.get_secret_value()) < MIN_PUBLIC_KEY for key in self.keys)
        if short:
            raise ConfigError(
                f"{self.host} can be reached from other machines, and an API key is shorter than "
                f"{MIN_PUBLIC_KEY} characters, so it could be guessed: take a longer one "
                f"({MAKE_KEY}), or listen on 127.0.0.1"
            )
