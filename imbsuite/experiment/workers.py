"""Worker processes that start before the first fit needs them."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from multiprocessing import active_children

from joblib import Parallel, delayed, effective_n_jobs
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.backend.process import LokyProcess

from imbsuite._garbage import few_collections
from imbsuite.experiment.signals import signals_wait

# The modules that fits load: they would take a worker seconds when the first fit
# arrives. skrub is an extra and may be missing.
_LOADED = ("imbsuite.experiment.running", "skrub")


@contextmanager
def early_workers(n_jobs: int | None) -> Iterator[Callable[[], None]]:
    """Start joblib's worker processes, which load libraries while this process does.

    Yield a function that waits until they are ready; joblib then reuses them. At the
    end they are killed, because loky takes a second to stop idle workers.
    """
    if effective_n_jobs(n_jobs) == 1:
        yield lambda: None
        return
    starting = threading.Thread(target=_start, args=(n_jobs,), daemon=True)
    starting.start()

    def wait() -> None:
        _load()
        starting.join()

    try:
        yield wait
    finally:
        while starting.is_alive():  # after an error
            _kill_started()
            starting.join(0.01)
        get_reusable_executor(reuse=True).shutdown(kill_workers=True)


def _kill_started() -> None:
    """Kill the workers that have been started, which makes loky give up its pool.

    A shutdown would break the thread of a pool that is still receiving its first tasks.
    """
    kill = getattr(signal, "SIGKILL", signal.SIGTERM)  # Windows has only the second
    for process in active_children():
        if process.pid is not None and isinstance(process, LokyProcess):
            with suppress(ProcessLookupError):
                os.kill(process.pid, kill)


def _start(n_jobs: int | None) -> None:
    # A worker that cannot start or is killed is reported by the fits, which need it.
    with suppress(Exception), signals_wait():
        tasks = [delayed(_load)() for _ in range(effective_n_jobs(n_jobs))]
        Parallel(n_jobs=n_jobs)(tasks)


def _load() -> None:
    with few_collections():
        for module in _LOADED:
            with suppress(ImportError):
                import_module(module)
