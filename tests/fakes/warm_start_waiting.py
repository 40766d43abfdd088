"""The process that `warm_start` forks: it has imported what `tpo` needs, and waits."""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
import sys
import threading

IMPORTED = (
    "anyio._backends._asyncio",
    "langgraph.checkpoint.sqlite.aio",
    "openai.resources.chat",
    "tpo.cli.app",
    "tpo.cli.commands.batch",
    "tpo.cli.commands.compare",
    "tpo.cli.commands.resume",
    "tpo.cli.commands.run",
    "tpo.cli.commands.serve",
    "tpo.models.compatible_chat",
    "tpo.rewards.heuristic",
    "tpo.serving.app",
    "tpo.serving.uvicorn_server",
)


def started(control: socket.socket) -> list[str]:
    """Wait for orders, and fork for each. Return, in the new process, what follows `tpo`."""
    while True:
        order, files, *_ = socket.recv_fds(control, 1, 4)
        if not order:
            os._exit(0)
        if not os.fork():
            control.close()
            return kept(files)
        for file in files:
            os.close(file)


def kept(files: list[int]) -> list[str]:
    """Fork once more: one process becomes `tpo`, this one tells how it ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with socket.socket(fileno=files[3]) as asker:
        with asker.makefile("rb") as said:
            args, folder, environment = json.loads(said.readline())
        pid = os.fork()
        if pid:
            asker.sendall(b"%12d" % pid)
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            asker.sendall(b"%12d" % code)
            os._exit(0)
    for number, file in enumerate(files[:3]):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    return args


if __name__ == "__main__":
    for name in IMPORTED:
        importlib.import_module(name)
    assert threading.active_count() == 1, "a process with threads cannot be forked"
    gc.collect()
    gc.freeze()  # what is never touched stays shared
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those in between
    control = socket.socket(fileno=int(sys.argv[1]))
    control.sendall(b"!")
    sys.argv = ["tpo", *started(control)]
    from tpo.cli.app import main

    sys.exit(main())
