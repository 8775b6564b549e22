"""Worker processes that start before the first fit needs them."""

from __future__ import annotations

import os
import sys
import time

import psutil
import pytest
from joblib import Parallel, delayed

from imbsuite.experiment.workers import early_workers


def _loaded(name: str) -> tuple[int, bool]:
    time.sleep(0.2)  # so that no worker takes both tasks
    return os.getpid(), name in sys.modules


def _where_loaded(n_jobs: int) -> dict[int, bool]:
    tasks = [delayed(_loaded)("imbsuite.experiment.running") for _ in range(2)]
    return dict(Parallel(n_jobs=n_jobs)(tasks))


@pytest.mark.filterwarnings("ignore:.*worker stopped:UserWarning")
def test_workers_have_loaded_what_fits_need_and_are_used_again() -> None:
    with early_workers(2) as wait:
        wait()
        loaded = _where_loaded(2)
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
