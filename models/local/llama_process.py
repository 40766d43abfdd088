"""A llama.cpp server in a process of its own: start it, wait until it listens, end it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ...core.errors import MissingDependencyError, PolicyError, evidence
from ...core.json_types import JsonObject

_CHILD = Path(__file__).with_name("llama_child.py")
_SECONDS_TO_END = 5.0


@dataclass(frozen=True)
class LlamaProcess:
    """A server that listens.

    Attributes:
        process: The child.
        base_url: Where it listens, with `/v1`.
        context_tokens: Tokens each of its slots holds; the model may allow fewer than asked.
    """

    process: subprocess.Popen[str]
    base_url: str
    context_tokens: int


def start_process(
    path: Path, *, alias: str, key: str, slots: int, context_tokens: int
) -> LlamaProcess:
    """Start a server and wait until it has loaded the model and listens.

    Args:
        path: The GGUF file.
        alias: What requests call the model.
        key: The key that requests have to carry.
        slots: Texts it writes at once.
        context_tokens: Tokens per slot.

    Raises:
        MissingDependencyError: a system library is missing.
        PolicyError: no process could be started, or the model could not be loaded.
    """
    wanted = {
        "path": str(path),
        "alias": alias,
        "key": key,
        "slots": slots,
        "context_tokens": context_tokens,
    }
    with tempfile.TemporaryFile() as log:
        process = _spawn(log)
        try:
            answer = _ask(process, wanted)
        except BaseException:  # Ctrl-C while it loads
            process.kill()
            end_process(process)
            raise
        if answer is None:
            end_process(process)
            log.seek(0)
            raise _load_error(path, log.read().decode(errors="replace"), process.returncode)
    return LlamaProcess(process, answer["base_url"], answer["context_tokens"])


def end_process(process: subprocess.Popen[str]) -> None:
    """End a server, whether or not requests are in flight; they lose their connection."""
    with contextlib.suppress(OSError):  # already gone
        _pipe(process.stdin).close()  # which is its sign to end
    try:
        process.wait(_SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    _pipe(process.stdout).close()


def _spawn(log: IO[bytes]) -> subprocess.Popen[str]:
    # libgomp's own spinning ruins the speed whenever anything else uses the cores.
    less = {} if "OMP_WAIT_POLICY" in os.environ else {"GOMP_SPINCOUNT": "10000"}
    try:
        return subprocess.Popen(  # noqa: S603  our own file
            # -P: the child's folder holds our modules, which must not shadow anyone's.
            [sys.executable, "-P", str(_CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**less, **os.environ},
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C in the terminal is for us, and we end the child
        )
    except OSError as error:
        raise PolicyError(
            f"the embedded model runs in a Python process of its own, and none could be "
            f"started with {sys.executable!r}: {evidence(error)}"
        ) from error


def _ask(process: subprocess.Popen[str], wanted: JsonObject) -> JsonObject | None:
    with contextlib.suppress(OSError):  # it ended at once; its log says why
        _pipe(process.stdin).write(json.dumps(wanted) + "\n")
        _pipe(process.stdin).flush()
    line = _pipe(process.stdout).readline()
    answer: JsonObject | None = json.loads(line) if line else None
    return answer


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None  # _spawn asks for both pipes
    return stream


def _load_error(path: Path, log: str, status: int) -> MissingDependencyError | PolicyError:
    # Of a traceback only the last line says something, and it is the one not indented.
    lines = [line for line in log.splitlines() if not line.startswith((" ", "Traceback"))]
    reason = evidence("; ".join(lines) or f"exit status {status}")
    if "libgomp" in log:
        return MissingDependencyError(
            f"the embedded model needs the system library libgomp; on Debian or Ubuntu, type: "
            f"apt-get install libgomp1 ({reason})"
        )
    return PolicyError(
        f"llama.cpp could not load {path}: the file is damaged, of a kind it does not know, or "
        f"too big for the memory; fetch it again or try another ({reason})"
    )
