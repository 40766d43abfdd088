"""Results as other programs read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ...core.errors import ConfigError, MissingDependencyError
from ...core.private_files import replaced_file
from ..records import RowResult
from .benchmark_files import alpaca_eval, arena_hard, mt_bench
from .inspect_log import inspect_log
from .parquet_file import to_parquet


@dataclass(frozen=True)
class Format:
    """A form of results.

    Attributes:
        file: What the file is called.
        write: Writes rows, with the name of the model, to a file that is then moved into the
            folder of the batch.
        package: What it needs, if anything.
        install: How that is installed.
        failed: Whether rows without an answer have a place in it.
    """

    file: str
    write: Callable[[Sequence[RowResult], str, Path], None]
    package: str = ""
    install: str = ""
    failed: bool = False


FORMATS = {
    "alpaca-eval": Format("alpaca-eval.json", alpaca_eval),
    "arena-hard": Format("arena-hard.jsonl", arena_hard),
    "mt-bench": Format("mt-bench.jsonl", mt_bench),
    "inspect": Format(
        "inspect.eval", inspect_log, "inspect_ai", "pip install 'tpo[inspect]'", failed=True
    ),
    "parquet": Format("results.parquet", to_parquet, "pyarrow", "pip install pyarrow"),
}


def require_formats(names: Iterable[str]) -> None:
    """Refuse formats that cannot be written, before anything is paid.

    Raises:
        ConfigError: there is no such format.
        MissingDependencyError: what one needs is not installed.
    """
    for name in names:
        if name not in FORMATS:
            raise ConfigError(f"--format {name} is not one of {', '.join(FORMATS)}")
        package = FORMATS[name].package
        if package and find_spec(package) is None:
            raise MissingDependencyError(
                f"--format {name} needs {package.replace('_', '-')}: {FORMATS[name].install}"
            )


def write_format(name: str, rows: Iterable[RowResult], generator: str, folder: Path) -> Path:
    """Write rows in a format; return the file. An old one stands until the new one is whole.

    Args:
        name: One of `FORMATS`.
        rows: The results.
        generator: What the format calls the model.
        folder: The folder of the batch, where the file is put.

    Raises:
        ConfigError: there is no such format.
        MissingDependencyError: what it needs is not installed.
        StoreError: the file cannot be written.
    """
    require_formats([name])
    form = FORMATS[name]
    taken = [row for row in rows if form.failed or row["error"] is None]
    with replaced_file(folder / form.file) as new:
        form.write(taken, generator, new)
    return folder / form.file
