"""What is built and shipped: the root is the package (ADR-0001), and these are its fences."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Collection
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

import pytest
from source_tree import PACKAGES, PRODUCTS, PYPROJECT, ROOT, files, folder, imports, modules

import tpo

NOT_SHIPPED = {"tests", "docs", "examples", "benchmarks"}
PROJECT = PYPROJECT["project"]
DATA = PYPROJECT["tool"]["setuptools"]["package-data"]


def test_packages_are_the_folders_with_an_init():
    """The list is written by hand; a forgotten one works in development and is not shipped."""
    folders = {
        ".".join(["tpo", *path.parent.relative_to(ROOT).parts])
        for path in files("__init__.py")
        if path.relative_to(ROOT).parts[0] not in NOT_SHIPPED
    }
    assert sorted(folders) == PACKAGES


def test_no_folder_of_modules_is_forgotten():
    """A folder without an __init__.py would be importable here and missing in the wheel."""
    stray = {
        path.relative_to(ROOT).as_posix()
        for path in files("*.py")
        if path.relative_to(ROOT).parts[0] not in NOT_SHIPPED
        and path.parent not in {folder(p) for p in PACKAGES}
    }
    assert stray == set()


def test_the_root_holds_one_module():
    """Every other Python file there would be shipped inside the package."""
    assert [path.name for path in ROOT.glob("*.py")] == ["__init__.py"]


def test_tests_are_no_package():
    assert list((ROOT / "tests").rglob("__init__.py")) == []
    assert not (ROOT / "conftest.py").exists()


def test_no_module_shadows_the_package_or_the_standard_library():
    taken = sys.stdlib_module_names | {"tpo"}
    own = {name for module in modules() if module != "tpo" for name in module.split(".")[1:]}
    assert own & taken == set()


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(extras: Collection[str]) -> set[str]:
    """Return the distributions that the project or some of its extras name."""
    named = PROJECT["optional-dependencies"]
    listed = [*PROJECT["dependencies"], *(line for extra in extras for line in named[extra])]
    return {canonical(re.split(r"[\[<>=!~ ;]", line)[0]) for line in listed}


def imported_beside(installed: set[str]) -> set[tuple[str, str]]:
    """Return what modules import, beside the standard library and these distributions."""
    homes = packages_distributions()
    return {
        (module, top)
        for module, path in modules().items()
        for name, _ in imports(module, path)
        if (top := name.split(".")[0]) not in {*sys.stdlib_module_names, "tpo"}
        and not {canonical(d) for d in homes.get(top, [top])} & installed
    }


def test_every_import_is_declared():
    """What is imported is named in pyproject, not left to come with something else."""
    assert imported_beside(declared(PROJECT["optional-dependencies"])) == set()


def test_make_fast_installs_what_it_reads():
    """Else mypy fails in a fresh clone: it follows every import that is not listed for it."""
    (line,) = re.findall(r"-e '\.\[(.+)\]' --group fast", (ROOT / "Makefile").read_text("utf-8"))
    (override,) = PYPROJECT["tool"]["mypy"]["overrides"]
    untyped = {name.split(".")[0] for name in override["module"]}
    found = imported_beside(declared(line.split(",")))
    assert {(module, top) for module, top in found if top not in untyped} == set()


def test_every_dependency_has_a_lower_bound():
    extras = PROJECT["optional-dependencies"].values()
    listed = [*PROJECT["dependencies"], *(line for extra in extras for line in extra)]
    assert [line for line in listed if not re.search(r">=\d", line)] == []


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build sdist and wheel (from that sdist) of a copy in a folder of another name."""
    copy = tmp_path_factory.mktemp("packaging") / "another-name"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*PRODUCTS, "*.gguf"))
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(copy / "out"), "."]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "Warning" not in said, said  # setuptools': a folder that is not declared, and the like
    return copy / "out"


def test_the_wheel_holds_the_package_and_nothing_else(built: Path):
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        shipped = {n for n in archive.namelist() if not n.endswith("/")}
    code = {
        Path("tpo", path.relative_to(ROOT)).as_posix()
        for package in PACKAGES
        for path in folder(package).glob("*.py")
    }
    data = {
        Path("tpo", path.relative_to(ROOT)).as_posix()
        for package, patterns in DATA.items()
        for pattern in patterns
        for path in folder(package).glob(pattern)
        if path.is_file()
    }
    info = f"tpo-{PROJECT['version']}.dist-info"
    records = ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "top_level.txt")
    about = {f"{info}/{name}" for name in (*records, "licenses/LICENSE")}
    assert "tpo/py.typed" in data
    assert shipped == code | data | about


def test_the_sdist_holds_what_the_tests_need(built: Path):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    needed = {"pyproject.toml", "langgraph.json", "Makefile", "LICENSE", "MANIFEST.in"}
    needed |= {"README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md"}
    for pattern in ("tests/**/*", "docs/**/*", "benchmarks/*", "examples/**/*"):
        needed |= {
            path.relative_to(ROOT).as_posix()
            for path in ROOT.glob(pattern)
            if path.is_file() and path.suffix != ".pyc" and "node_modules" not in path.parts
        }
    assert {"tests/conftest.py", "docs/how-it-works.md"} <= needed
    assert needed - names == set()
    assert [n for n in names if n.endswith((".pyc", ".db", ".gguf")) or "node_mod" in n] == []


def test_the_tests_run_against_what_is_installed():
    """Where the package is installed (make test), this very copy is what is tested."""
    try:
        installed = distribution("tpo")
    except PackageNotFoundError:
        pytest.skip("tpo is not installed: these tests see the folder itself")
    if '"editable": true' in (installed.read_text("direct_url.json") or ""):
        pytest.skip("tpo is installed editable")
    assert Path(tpo.__file__).resolve() == Path(str(installed.locate_file("tpo/__init__.py")))
    assert tpo.__version__ == PROJECT["version"] == installed.version
