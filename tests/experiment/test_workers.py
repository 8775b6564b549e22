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


def _process_with_module(name: str, folder: Path) -> tuple[int, bool]:
    """Return the process id, and if it has the module, once two processes are here."""
    (folder / str(os.getpid())).touch()
    end = time.monotonic() + 60
    while len([*folder.iterdir()]) < 2 and time.monotonic() < end:
        time.sleep(0.05)
    return os.getpid(), name in sys.modules


def _loaded_by_process(folder: Path) -> dict[int, bool]:
    tasks = [
        delayed(_process_with_module)("imbsuite.experiment.running", folder)
        for _ in range(2)
    ]
    return dict(Parallel(n_jobs=2)(tasks))


@pytest.mark.filterwarnings("ignore:.*worker stopped:UserWarning")
def test_workers_have_loaded_modules_and_are_reused(tmp_path) -> None:
    # On a busy machine one worker may run both loading tasks before the other starts.
    for turn in range(3):
        folder = tmp_path / str(turn)
        folder.mkdir()
        with early_workers(2) as wait:
            wait()
            loaded = _loaded_by_process(folder)
        assert len(loaded) == 2
        assert os.getpid() not in loaded
        assert not [pid for pid in loaded if psutil.pid_exists(pid)]
        if all(loaded.values()):
            return
    pytest.fail(f"no pool of three has loaded: {loaded}")


def test_one_job_starts_no_worker() -> None:
    before = psutil.Process().children()
    with early_workers(1) as wait:
        wait()
        assert psutil.Process().children() == before


def _interrupted(*, after: float | None) -> None:
    with early_workers(2) as wait:
        if after is None:
            wait()
        else:
            time.sleep(after)
        raise KeyboardInterrupt


# The pool gets its tasks in the first hundredths of a second. None waits until workers
# are ready: the test above also covers that they stop then.
@pytest.mark.parametrize(
    "after",
    [
        *[0, *[0.01] * 10, 0.02, 0.03, 0.05, 0.2],
        *(pytest.param(after, marks=pytest.mark.slow) for after in (None, 1)),
    ],
)
def test_workers_stop_after_an_error(after: float | None) -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    with pytest.raises(KeyboardInterrupt):
        _interrupted(after=after)
    left = [
        child
        for child in psutil.Process().children(recursive=True)
        if child.pid not in before and "resource_tracker" not in str(child.cmdline())
    ]
    assert not left
