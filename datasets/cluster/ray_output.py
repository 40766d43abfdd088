"""What Ray itself has to say goes to stderr, and only if it matters: stdout is the result's."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any, TextIO, cast

RAYS_THREAD = "ray_listen_error_messages"  # prints the loss of a node, whatever was asked for


class ApartFromRay:
    """Stdout, but what one of Ray's threads prints goes to stderr.

    Args:
        stdout: Takes the rest.
    """

    def __init__(self, stdout: TextIO) -> None:
        self._stdout = stdout

    def write(self, text: str) -> int:
        """Write a text."""
        by_ray = threading.current_thread().name == RAYS_THREAD
        return (sys.stderr if by_ray else self._stdout).write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stdout, name)


@contextmanager
def stdout_without_ray() -> Iterator[None]:
    """Keep Ray's messages out of stdout."""
    with redirect_stdout(cast("TextIO", ApartFromRay(sys.stdout))):
        yield


def quiet_data(ray: Any) -> None:
    """Have Ray Data show no bars and no advice: a batch has its own view."""
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    ray.data.DataContext.get_current().enable_progress_bars = False
