"""A proxy with a login of its own says who asks, in a header; nobody else may send it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.types import Scope

from ..error_responses import Refusal
from .callers import NAME
from .proxies import Proxies


class TrustedHeader:
    """Reads the name that a proxy puts into a header.

    Only the address of the connection itself counts, never one that a header names.

    Args:
        header: Its name.
        proxies: Addresses or networks that may send it; none: this machine.
    """

    def __init__(self, header: str, proxies: Sequence[str]) -> None:
        self.header = header.lower().encode("latin-1")
        self.proxies = Proxies(proxies)

    def name(self, scope: Scope) -> str:
        """Return who asks, or "" if no proxy says so; a header from anyone else is ignored.

        Raises:
            Refusal: the header is there twice, or holds no name (400): a proxy that adds its own
                beside the client's would let anyone in under any name.
        """
        sent = [value for name, value in scope["headers"] if name == self.header]
        if not sent or not self.proxies.sent(scope):
            return ""
        name: str = sent[0].decode("latin-1").strip()
        if len(sent) > 1 or (name and not re.fullmatch(NAME, name)):
            raise Refusal(
                400,
                f"{self.header.decode('latin-1')} has to hold one name, of letters, digits and "
                "_.@+-: let the proxy set it, in place of what the client sent",
                code="bad_trusted_header",
            )
        return name
