"""The address of a PostgreSQL database, as it is typed and as it may be shown."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from ...core.errors import ConfigError

SCHEMES = ("postgresql", "postgres")
WANTED = "--checkpoints wants postgresql://HOST/DATABASE"


def shown_address(typed: str) -> str:
    """Return the address of a database without its login; "" stays as it is.

    Args:
        typed: A URL. The password may be in it, in PGPASSWORD or in ~/.pgpass.

    Raises:
        ConfigError: it is something else; the message holds nothing of it.

    Example:
        >>> shown_address("postgresql://user:key@db.local:5432/runs")
        'postgresql://db.local:5432/runs'
        >>> shown_address("postgresql://user@/runs?host=/run/postgresql")
        'postgresql:///run/postgresql/runs'
    """
    if not typed:
        return ""
    try:
        parts = urlsplit(typed)
        given = parse_qs(parts.query)
        host, port = parts.hostname or "".join(given.get("host", [])), parts.port
    except ValueError:
        raise ConfigError(f"{WANTED}; this cannot be read as a URL") from None
    if parts.scheme not in SCHEMES or parts.fragment:
        raise ConfigError(f"{WANTED}; what was typed is not such a URL")
    if given.keys() & {"password", "user", "sslpassword"}:
        raise ConfigError(
            f"{WANTED}; user and password go before the @, or into PGUSER and PGPASSWORD"
        )
    return f"postgresql://{host}{f':{port}' if port else ''}{parts.path}"
