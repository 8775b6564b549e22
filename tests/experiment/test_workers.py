"""Worker processes that start before the first fit needs them."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import psutil
import pytest
from joblib import Parallel, delayed

from imbsuite.experiment.workers import early_workers


def _loaded(name: str, folder: Path) -> tuple[int, bool]:
    """Return the process, and whether it has the module, once two processes are here."""
    (folder / str(os.getpid())).touch()
    end = time.monotonic() + 60
    while len([*folder.iterdir()]) < 2 and time.monotonic() < end:
        time.sleep(0.05)
    return os.getpid(), name in sys.modules


def _where_loaded(folder: Path) -> dict[int, bool]:
    tasks = [delayed(_loaded)("imbsuite.experiment.running", folder) for _ in range(2)]
    return dict(Parallel(n_jobs=2)(tasks))


@pytest.mark.filterwarnings("ignore:.*worker stopped:UserWarning")
def test_workers_have_loaded_what_fits_need_and_are_used_again(tmp_path) -> None:
    with early_workers(2) as wait:
        wait()
        loaded = _where_loaded(tmp_path)
        assert len(loaded) == 2
        assert all(loaded.values())
        assert os.getpid() not in loaded
    assert not [pid for pid in loaded if psutil.pid_exists(pid)]


def test_one_job_needs_no_worker() -> None:
    before = psutil.Process().children()
    with early_workers(1) as wait:
        wait()
        assert psutil.Process().children() == before


@pytest.mark.parametrize("ready", [True, False])
def test_workers_end_with_an_error(ready: bool) -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}

    def interrupted() -> None:
        with early_workers(2) as wait:
            if ready:
                wait()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    left = [
        child
        for child in psutil.Process().children(recursive=True)
        if child.pid not in before and "resource_tracker" not in str(child.cmdline())
    ]
    assert not left
