"""Garbage collection is rare while libraries load, and disabled at exit."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from imbsuite._garbage import few_collections


def test_thresholds_are_restored_after_an_error():
    before = gc.get_threshold()
    with few_collections():
        assert gc.get_threshold()[0] > before[0]
    assert gc.get_threshold() == before
    with pytest.raises(ZeroDivisionError), few_collections():
        _ = 1 / 0
    assert gc.get_threshold() == before


def test_objects_are_frozen_at_exit():
    code = (
        "import atexit, gc\n"
        "atexit.register(lambda: print(gc.get_freeze_count() > 10_000))\n"
        "from imbsuite.cli import main\n"
        "main(['--version'])\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines()[-1] == "True"
