"""`benchmarks/house.py` as a module: what it counts is held, and drawn, by the contract tests."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

from source_tree import ROOT


def _load() -> Any:
    spec = importlib.util.spec_from_file_location("house", ROOT / "benchmarks/house.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


house = _load()
