"""The address of a model's server, checked before anything is sent there or shown."""

from __future__ import annotations

import re

import httpx

_NEVER_IN_A_URL = re.compile(r'[\s\x00-\x1f\x7f"<>\\^`{|}]')


def server_address(text: str) -> httpx.URL | None:
    """Return the URL of a server; `None` if no client could use it.

    That also means an @ behind the host: it may be the end of a login whose `/` should have
    been written `%2F`, and the rest of such a login must not pass for a path.

    Example:
        >>> server_address("http://127.0.0.1:8000/v1").port
        8000
        >>> server_address("http://user:a/secret@host") is None
        True
    """
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, TypeError):
        return None
    if url.scheme not in {"http", "https"} or not url.host or not 0 < (url.port or 80) < 65536:
        return None
    if "%" in url.host and ":" not in url.host:  # signs that no name has; an IPv6 zone may
        return None
    behind_host = url.raw_path.decode("ascii") + url.fragment
    return None if _NEVER_IN_A_URL.search(text) or re.search("@|%40", behind_host) else url
