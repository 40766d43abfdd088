"""The page opens with few requests: its files are joined, and are served one by one if need be."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from tpo.serving.page_files import FOLDER, LOOK, Page
from tpo.serving.page_joined import join_page, stamp_of
from tpo.serving.page_modules import joined_modules

ONE_BY_ONE = 'src="main.js"'


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "page"))


@pytest.fixture
def client(source: Path) -> TestClient:
    return TestClient(Starlette(routes=[Mount("/app", Page([source, LOOK]))]))


def named_in(html: str) -> list[str]:
    return [part.split('"')[0] for part in html.split('="') if part.startswith("joined-")]


def test_one_script_and_one_style_sheet_hold_all_the_others(client):
    html = client.get("/app/").text
    style, script = named_in(html)
    assert (style[-4:], script[-3:]) == (".css", ".js")
    assert html.count("<script") == 2  # the other sets the light before anything is drawn
    assert "modulepreload" not in html
    for name, kind, part in (
        (script, "text/javascript", "createSession"),
        (style, "text/css", ".card"),
    ):
        got = client.get(f"/app/{name}")
        assert part in got.text
        assert got.headers["content-type"].startswith(kind)
        assert got.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert "default-src 'self'" in got.headers["content-security-policy"]
        assert got.headers["content-encoding"] == "gzip"
        plain = client.get(f"/app/{name}", headers={"accept-encoding": "identity"})
        assert (plain.text, "content-encoding" in plain.headers) == (got.text, False)


def test_the_page_itself_is_asked_for_each_time_and_sent_if_it_is_new(client):
    first = client.get("/app/")
    assert first.headers["cache-control"] == "no-cache"
    again = client.get("/app/", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.post("/app/").status_code == 405


def test_the_files_can_be_had_one_by_one(client):
    assert ONE_BY_ONE in client.get("/app/?apart").text
    assert "createSession" in client.get("/app/session.js").text


def test_a_changed_file_has_another_name_and_the_old_one_is_gone(client, source):
    before = named_in(client.get("/app/").text)
    (source / "scale.js").write_text((source / "scale.js").read_text() + "// changed\n")
    after = named_in(client.get("/app/").text)
    assert (after[0], after[1] != before[1]) == (before[0], True)
    assert client.get(f"/app/{before[1]}").status_code == 404


@pytest.mark.parametrize(
    "spoil",
    [
        lambda source: (source / "scale.js").unlink(),
        lambda source: (source / "scale.js").write_text('import * as all from "./gain.js";'),
        lambda source: (source / "gain.js").write_text('import { x } from "./main.js";'),
    ],
)
def test_what_cannot_be_joined_is_served_file_by_file(client, source, spoil, caplog):
    spoil(source)
    assert ONE_BY_ONE in client.get("/app/").text
    assert "file by file" in caplog.text


def test_a_file_that_goes_while_the_folder_is_read_is_passed_over(source, monkeypatch):
    stat, gone = Path.stat, source / "scale.js"

    def vanishing(path: Path, **options: Any) -> os.stat_result:
        if path == gone:
            raise FileNotFoundError(path)
        return stat(path, **options)

    whole = len(stamp_of([source]))
    monkeypatch.setattr(Path, "stat", vanishing)
    assert len(stamp_of([source])) == whole - 1


def test_modules_see_what_they_import_under_the_names_they_give_it(tmp_path):
    (tmp_path / "a.js").write_text("export const one = 1;\nexport async function* two() {}\n")
    (tmp_path / "b.js").write_text("const x = 2;export{x as y};")
    (tmp_path / "c.js").write_text(
        'import { one as first,\n  two } from "./a.js";\nimport { y } from "./b.js";\nfirst + y;\n'
    )
    text = joined_modules("c.js", [tmp_path])
    assert "return { one, two };" in text
    assert "return { y: x };" in text
    assert "const { first: first" not in text
    assert text.rstrip().endswith("first + y;\n}")
    assert [line for line in text.splitlines() if "one: first" in line]


def test_a_module_that_is_needed_later_is_a_file_of_its_own(client, source):
    """It comes from where the page is, under a name that is its own."""
    (source / "vendor/temml.js").write_text("export const temml = 1;\n")
    script = client.get(f"/app/{named_in(client.get('/app/').text)[1]}").text
    (name,) = re.findall(r'import\("\./(joined-\w+\.js)"\)', script)
    later = client.get(f"/app/{name}")
    assert later.text == "export const temml = 1;\n"
    assert later.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_the_whole_page_is_joined_in_every_release():
    whole = join_page([FOLDER, LOOK])
    assert len(whole.files) == 3
    at_once = [whole.packed[name] for name in named_in(whole.index.decode())]
    assert sum(map(len, at_once)) < 80_000  # bytes before anything is shown
    assert sum(map(len, whole.packed.values())) < sum(map(len, whole.files.values())) / 2
