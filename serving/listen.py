"""The port that is listened on, and the files that the process may have open."""

from __future__ import annotations

import socket
from contextlib import suppress

from ..core.errors import ConfigError
from .server_settings import Settings

BACKLOG = 256  # connections that wait to be accepted


def listen(settings: Settings) -> socket.socket:
    """Open the port, before its address is shown.

    Raises:
        ConfigError: the port is taken, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # asyncio switches off Nagle's delay (40 ms a reply) only if the protocol is named.
    opened = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((settings.host, settings.port))
        opened.listen(BACKLOG)  # a client may come as soon as the address is shown
    except OSError as error:
        opened.close()
        raise ConfigError(
            f"cannot listen on {settings.host}:{settings.port}: {error.strerror or error}; "
            "choose another with --port"
        ) from None
    return opened


def allow_open_files(number: int) -> None:
    """Let the process open this many files, if the system allows it."""
    with suppress(ImportError, ValueError, OSError):
        import resource  # not on Windows

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = number if hard == resource.RLIM_INFINITY else min(number, hard)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
