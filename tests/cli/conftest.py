"""What the tests of all commands share."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch) -> None:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def one_processor(monkeypatch) -> None:
    """Let comparisons run in this process, unless a test asks for more with --jobs.

    Worker processes take seconds to start, for each command, and fits of a light model
    take none.
    """
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")
