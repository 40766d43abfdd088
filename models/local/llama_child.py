"""The child process that serves a GGUF file with llama.cpp; run by its path, not imported.

A process of its own, because inside the caller's (tried, xllamacpp 2026.10.11549) a request
in flight makes closing hang for good and leaving the interpreter crash now and then.

It reads one line of JSON from stdin (`path`, `alias`, `key`, `slots`, `context_tokens`),
answers one line on stdout when it listens (`base_url`, `context_tokens`), and ends when
stdin does: when the parent closes it, or is gone. It imports nothing of `tpo`.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

CACHE_MIB = 256  # of remembered prompts; llama.cpp's default is 8 GiB


def main() -> None:
    """Serve until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    # Whatever the library prints while loading goes to stderr, which the parent keeps as
    # evidence; the real stdout carries the answer only.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    wanted = json.loads(sys.stdin.readline())
    server = _serve(wanted)
    # Read back: a model trained on less than the context asked for gets less.
    address, key = server.listening_address, wanted["key"]
    request = Request(f"{address}/props", headers={"Authorization": f"Bearer {key}"})  # noqa: S310  our own loopback
    with build_opener(ProxyHandler({})).open(request, timeout=30) as response:
        room = int(json.load(response)["default_generation_settings"]["n_ctx"])
    silence = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(silence, stream)
    with answer:
        answer.write(json.dumps({"base_url": f"{address}/v1", "context_tokens": room}) + "\n")
    sys.stdin.read()
    os._exit(0)  # no destructors: they wait for requests in flight


def _serve(wanted: dict[str, Any]) -> Any:
    xllamacpp = importlib.import_module("xllamacpp")  # optional, and without types
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    params = xllamacpp.CommonParams()
    params.model.path = wanted["path"]
    params.model_alias = {wanted["alias"]}
    params.hostnames = ["127.0.0.1"]
    params.port = 0  # the kernel picks a free one
    params.api_keys = [wanted["key"]]
    params.cors_origins = ""  # the default lets any web page call
    params.ui = False
    params.endpoint_slots = False
    params.offline = True
    params.verbosity = 1  # errors only
    params.n_parallel = wanted["slots"]
    params.n_ctx = wanted["context_tokens"] * wanted["slots"]
    params.cache_ram_mib = CACHE_MIB
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = cpus or 1
    return xllamacpp.Server(params)


if __name__ == "__main__":
    main()
