"""The process that `warm_start` forks: it has imported what `tpo` needs, and waits."""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from imported_once import OF_A_RUN, import_all

sys.path.pop(0)
IMPORTED = (
    *OF_A_RUN,
    "tpo.cli.app",
    "tpo.cli.commands.batch",
    "tpo.cli.commands.compare",
    "tpo.cli.commands.resume",
    "tpo.cli.commands.run",
    "tpo.cli.commands.serve",
    "tpo.serving.app",
    "tpo.serving.uvicorn_server",
)


def started(listening: socket.socket) -> list[str]:
    """Wait for orders, and fork for each. Return, in the new process, what follows `tpo`.

    It ends when nobody is left who could send one.
    """
    asking: set[socket.socket] = set()
    while True:
        for ready in select.select([listening, *asking], [], [])[0]:
            if ready is listening:
                asking.add(listening.accept()[0])
                continue
            order, files, *_ = socket.recv_fds(ready, 1, 4)
            if not order:
                ready.close()
                asking.discard(ready)
            elif not os.fork():
                for way in (listening, *asking):
                    way.close()
                return kept(files)
            for file in files:
                os.close(file)
        if not asking:
            Path(sys.argv[1]).unlink(missing_ok=True)
            listening.setblocking(False)
            try:  # the last one that came before that
                asking.add(listening.accept()[0])
            except BlockingIOError:
                os._exit(0)


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
    import_all(IMPORTED)
    assert threading.active_count() == 1, "a process with threads cannot be forked"
    gc.collect()
    gc.freeze()  # what is never touched stays shared
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those in between
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(sys.argv[1])
    listening.listen()
    if os.fork():
        os._exit(0)
    sys.argv = ["tpo", *started(listening)]
    from tpo.cli.app import main

    sys.exit(main())
