"""The tables beside the repository, where they are; tests skip where they are not."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(
    os.environ.get("IMBSUITE_SHARED", Path(__file__).parents[2] / "shared")
).resolve()


def load_shared(name: str) -> tuple[Any, ...]:
    """Return X, y, groups, weights and the description of a table, or skip."""
    path = SHARED / "data" / "load.py"
    if not path.exists():
        pytest.skip(f"the tables of {path.parent} are not here")
    spec = importlib.util.spec_from_file_location("shared_load", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    loaded: tuple[Any, ...] = module.load(name)
    return loaded
