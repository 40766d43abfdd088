"""The page on a real server: `langgraph dev` or `tpo serve`, plain, locked, or under a prefix."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Self

from dev_server import DevServer
from prefix_proxy import PrefixProxy
from serve_process import ServeProcess

KEY = "sesame"
PREFIX = "/tools/tpo"


class PrefixedDevSite(DevServer):
    """`langgraph dev` with every route under a prefix, as its configuration allows."""

    def _start(self) -> None:
        file = self.folder / "langgraph.json"
        config = json.loads(file.read_text(encoding="utf-8"))
        config["http"]["mount_prefix"] = PREFIX
        file.write_text(json.dumps(config), encoding="utf-8")
        super()._start()
        self.url += PREFIX


class ServeSite(ServeProcess):
    """`tpo serve`; may be killed and started again on the same port."""

    def __init__(self, folder: Path, **settings: str) -> None:
        super().__init__(folder, "--any-spec", **settings)


class LockedServeSite(ServeSite):
    """`tpo serve` that wants a key."""

    def __init__(self, folder: Path, **settings: str) -> None:
        super().__init__(folder, TPO_SERVE_KEYS=KEY, **settings)


class TokenServeSite(ServeSite):
    """`tpo serve` as it starts by itself: with a token."""

    def __init__(self, folder: Path, **settings: str) -> None:
        super().__init__(folder, TPO_SERVE_TOKEN="true", **settings)


class PrefixedServeSite(ServeSite):
    """`tpo serve` behind a proxy that takes a prefix off."""

    def __enter__(self) -> Self:
        super().__enter__()
        self.proxy = PrefixProxy(super().url, PREFIX).__enter__()
        return self

    def __exit__(self, *exc: Any) -> None:
        self.proxy.__exit__(*exc)
        super().__exit__(*exc)

    @property
    def url(self) -> str:
        return self.proxy.url


class AegraSite:
    """Two aegra workers behind a proxy; see `make aegra`."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder, self.settings = folder, {**settings, "TPO_SERVE_ANY_SPEC": "true"}

    def __enter__(self) -> Self:
        from aegra_workers import aegra_workers  # it needs what the other sites do not

        self.workers = aegra_workers(self.folder, **self.settings)
        self.url = self.workers.__enter__().url
        return self

    def __exit__(self, *exc: Any) -> None:
        self.workers.__exit__(*exc)


SITES = {
    "aegra": AegraSite,
    "dev": DevServer,
    "serve": ServeSite,
    "serve-locked": LockedServeSite,
    "serve-token": TokenServeSite,
    "dev-prefixed": PrefixedDevSite,
    "serve-prefixed": PrefixedServeSite,
}
