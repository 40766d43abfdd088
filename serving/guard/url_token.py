"""The token in the address that is shown at the start, for a server that nothing else guards."""

from __future__ import annotations

import secrets

from pydantic import SecretStr

from ..server_settings import Settings

TOKEN_BYTES = 24


def with_token(settings: Settings) -> tuple[Settings, str]:
    """Return settings in which a random token is the key, and what follows the page's address.

    It is another one at each start, and written nowhere: if a stranger listens on the port
    after the server has ended, a page that is still open sends it, and it opens nothing.
    The part of an address after # stays in the browser: no log and no proxy sees it.

    Args:
        settings: With keys, a file of keys, a proxy's login or `token=False` they stay as they are.

    Example:
        >>> with_token(Settings(token=False))[1]
        ''
    """
    if settings.is_guarded or not settings.token:
        return settings, ""
    token = secrets.token_hex(TOKEN_BYTES)
    return settings.model_copy(update={"keys": (SecretStr(token),)}), f"#token={token}"
