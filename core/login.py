"""The login that a URL may hold: cut out of everything that is shown, stored or sent on.

Names of models and rewards, events, traces, errors and written-down settings all hold specs
such as `openai:NAME@http://user:key@host/v1`. This file is the only one that knows how a login
looks.
"""

from __future__ import annotations

import re
from typing import TypeVar, cast

T = TypeVar("T")

# What is between `//` and the last @ of the authority; an @ in a path is not a login. Slashes may
# be escaped as in JSON, the @ as in a URL. Further:
# - A login with a raw / ? or # in its password breaks the standard, and no client accepts it; but
#   what a person typed is a secret all the same. It looks like a port that is not a number.
# - A URL that was taken for a path has one slash only.
# - Behind an @, as in `openai:NAME@user:key@host`, it may lack the scheme.
_LOGIN = re.compile(
    r"""(?xi)
    (?P<start> (?:\\{0,4}/){2} | \bhttps?:/ )
    (?: [^\s/?\#"<>]* (?:@|%40)
      | (?!\[) [^\s/?\#@:"<>]* : (?! \d* (?:[/?\#\s"'<>,;)\]}]|\\|$) )
        (?: (?!//) [^\s"<>] )* (?:@|%40)
    )
    | (?<=@) [^\s/@:"<>]+ : [^\s/@"<>]* @
    """
)


def without_login(text: str) -> str:
    """Return a text with the login taken out of every URL in it.

    Args:
        text: A spec, a URL, or any text with URLs in it.

    Example:
        >>> without_login("openai:m@http://user:key@host/v1")
        'openai:m@http://host/v1'
    """
    return _LOGIN.sub(lambda found: found["start"] or "", text)


def without_logins(value: T) -> T:
    """Return the value of a setting without logins: a text, or a list that holds texts.

    Example:
        >>> without_logins(["openai:m@http://user:key@host/v1", 3])
        ['openai:m@http://host/v1', 3]
    """
    shown: object = value
    if isinstance(value, str):
        shown = without_login(value)
    elif isinstance(value, list | tuple):
        shown = type(value)(map(without_logins, value))
    return cast("T", shown)


def has_login(text: str) -> bool:
    """Return whether a URL in the text holds a login.

    Example:
        >>> has_login("vllm:http://host:8000"), has_login("vllm:http://token@host:8000")
        (False, True)
    """
    return _LOGIN.search(text) is not None
