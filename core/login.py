"""A spec without the login that its URL may hold, so that it can be shown and saved."""

from __future__ import annotations

import re

_LOGIN = re.compile(r"//[^/@\s]*@")


def without_login(spec: str) -> str:
    """Return a spec without the user and password of its URL.

    Example:
        >>> without_login("openai:m@http://me:secret@host/v1")
        'openai:m@http://host/v1'
    """
    return _LOGIN.sub("//", spec)
