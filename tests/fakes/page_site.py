"""The page on a real server: `langgraph dev` or `tpo serve`, with an essayist for a model."""

from __future__ import annotations

import json
from pathlib import Path

from dev_server import CONFIG, DevServer
from serve_process import ServeProcess

import tpo.serving

PAGE = Path(tpo.serving.__file__).parent / "page"
APP = f"""
import mimetypes
from starlette.applications import Starlette
from starlette.staticfiles import StaticFiles
mimetypes.add_type("text/javascript", ".js")
app = Starlette()
app.mount("/app", StaticFiles(directory={str(PAGE)!r}, html=True))
"""


class DevSite(DevServer):
    """`langgraph dev`, with the page beside it where langgraph.json does not name it."""

    def _start(self) -> None:
        config = json.loads(CONFIG.read_text(encoding="utf-8"))
        if "app" not in config.get("http", {}):
            (self.folder / "page_app.py").write_text(APP, encoding="utf-8")
            config["http"] = {"app": "./page_app.py:app"}
            (self.folder / "langgraph.json").write_text(json.dumps(config), encoding="utf-8")
        super()._start()


class ServeSite(ServeProcess):
    """`tpo serve`; may be killed and started again on the same port."""

    def __init__(self, folder: Path, **settings: str) -> None:
        super().__init__(folder, "--any-spec", **settings)


SITES = {"dev": DevSite, "serve": ServeSite}
