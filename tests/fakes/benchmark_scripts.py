"""Scripts of `benchmarks/` as modules, for tests: what they count, and what they ask."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

from source_tree import ROOT


def load(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, ROOT / f"benchmarks/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


house = load("house")
guard = load("guard")
comparison_statistics = load("comparison_statistics")
