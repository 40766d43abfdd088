"""The local model: llama.cpp behind an OpenAI-compatible server on 127.0.0.1.

One child process per model file serves it (`llama_child.py` says why not this process). It
prints nothing and ends with this process, however that ends.
"""

from __future__ import annotations

import atexit
import importlib.util
import secrets
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from pydantic import SecretStr

from ...core.errors import MissingDependencyError
from ...core.per_process import per_process
from .find_gguf import find_model
from .llama_process import LlamaProcess, end_process, start_process

__all__ = ["SLOTS", "EmbeddedServer", "close_embedded", "embedded_server", "find_model"]

# Texts written at once. Five is the default width; with eight slots five texts take 10 %
# longer and the default model 270 MB more.
SLOTS = 5
CONTEXT_TOKENS = 4096
ALIAS = "embedded"  # fixed: clients read meanings into names such as gpt-5 or o1


@dataclass(frozen=True)
class EmbeddedServer:
    """A running server for one model file.

    Attributes:
        base_url: Where it listens, with `/v1`.
        api_key: The key it wants; random, and known to this process only.
        model: What to call the model in requests.
        path: The GGUF file.
        context_tokens: Tokens one text may take, its prompt included.
        slots: The most texts one request may ask for (`n`).
    """

    base_url: str
    api_key: SecretStr
    model: str
    path: Path
    context_tokens: int
    slots: int


@dataclass(frozen=True)
class _Running:
    server: EmbeddedServer
    child: LlamaProcess


# Process-wide, like the memory the models take: whoever asks for a file shares its server.
_running: dict[Path, _Running] = {}
_lock = per_process(Lock)


def embedded_server(name: str = "") -> EmbeddedServer:
    """Return the server of a local model, started on first use; blocks while it loads.

    Safe to call from several threads. A server that died is started again.

    Args:
        name: What follows `embedded:` in a policy spec; see `find_model`.

    Returns:
        The server, shared by all in this process who ask for the same file.

    Raises:
        MissingDependencyError: the extra, a system library or the model file is missing;
            the sentence says what to type.
        PolicyError: the file could not be fetched or loaded.

    Example:
        >>> embedded_server().base_url  # doctest: +SKIP
        'http://127.0.0.1:40213/v1'
    """
    # Asked for before the file: it is the first thing to install.
    if importlib.util.find_spec("xllamacpp") is None:
        raise MissingDependencyError(
            "the embedded model needs the package xllamacpp: pip install 'tpo[embedded]'"
        )
    path = find_model(name)
    key = path.resolve()
    with _lock():
        running = _running.get(key)
        if running and running.child.process.poll() is None:
            return running.server
        if running:
            end_process(running.child.process)  # it died; this closes its pipes
        secret = secrets.token_urlsafe(32)
        child = start_process(
            path, alias=ALIAS, key=secret, slots=SLOTS, context_tokens=CONTEXT_TOKENS
        )
        address, room = child.base_url, child.context_tokens
        server = EmbeddedServer(address, SecretStr(secret), ALIAS, path, room, SLOTS)
        _running[key] = _Running(server, child)
        return server


def close_embedded() -> None:
    """End all local servers and free their memory; the next use starts them again.

    Close clients first: a request in flight loses its connection. Before the interpreter
    exits this happens by itself.
    """
    with _lock():
        while _running:
            end_process(_running.popitem()[1].child.process)


atexit.register(close_embedded)
