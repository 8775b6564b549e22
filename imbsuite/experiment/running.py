"""All fits of a comparison: in parallel, with a cache, and interrupted if need be."""

from __future__ import annotations

import math
import signal
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, TypeAlias

from joblib import parallel_config
from joblib.parallel import get_active_backend
from sklearn.utils.parallel import Parallel, delayed

from imbsuite._keys import digest
from imbsuite.experiment.fit_task import Outcome, Setting, Task, run
from imbsuite.experiment.memo import Drawn
from imbsuite.experiment.recipe import versions
from imbsuite.experiment.store import Store

__all__ = ["Fits", "Progress", "run_all"]

Progress: TypeAlias = Callable[[int, int], object]


@dataclass(frozen=True)
class Fits:
    """The outcomes of fits, and whether there are all of them."""

    outcomes: list[Outcome]
    complete: bool


@dataclass(frozen=True)
class FitJob:
    """What all fits have in common, and where finished ones are stored."""

    setting: Setting
    store: Store | None = None

    def __sizeof__(self) -> int:
        """Count the table: joblib's Dask backend then sends it to a worker once."""
        return object.__sizeof__(self) + 8 * math.prod(self.setting.X.shape)

    def run(self, tasks: Sequence[tuple[Task, str]]) -> list[Outcome]:
        """Fit one after the other; equal rows are resampled once for all of them."""
        drawn: dict[str, Drawn] = {}
        return [
            outcome for task, key in tasks for outcome in self._one(task, key, drawn)
        ]

    def _one(self, task: Task, key: str, drawn: dict[str, Drawn]) -> list[Outcome]:
        if self.store is None:
            return run(task, self.setting, drawn)
        kept: list[Outcome] | None = self.store.get(key)
        if kept is not None:
            return kept
        found = run(task, self.setting, drawn)
        # What failed may not fail again: memory was short, a file was missing.
        if not any(outcome.failure for outcome in found):
            self.store.put(key, found)
        return found

    def keys(self, tasks: Sequence[Task]) -> list[str]:
        """Return what each fit is known by; the table is read once for all."""
        if self.store is None:
            return [""] * len(tasks)
        common = digest(self.setting)
        return [digest(common, task, versions([task.estimator])) for task in tasks]


def run_all(
    setting: Setting,
    tasks: Sequence[Task],
    store: Store | None = None,
    *,
    n_jobs: int | None,
    progress: Progress | None,
) -> Fits:
    """Return the outcomes, in the order of the tasks; Ctrl-C ends the fits early.

    Tasks of one fold and strategy run in one process, one after the other.
    """
    job = FitJob(setting, store)
    batches = _batches(list(zip(tasks, job.keys(tasks), strict=True)))
    outcomes: list[Outcome] = []
    done, complete = 0, True
    if progress is not None:
        progress(0, len(tasks))
    with _deaf():
        parallel = Parallel(n_jobs=n_jobs, return_as="generator_unordered")
        coming = parallel(delayed(_numbered)(job, batch) for batch in batches)
    try:
        for size, found in coming:
            outcomes += found
            done += size
            if progress is not None:
                progress(done, len(tasks))
    except KeyboardInterrupt:
        complete = False
    finally:
        _end(coming)
    return Fits(_in_order(outcomes, tasks), complete)


def _numbered(
    job: FitJob, batch: Sequence[tuple[Task, str]]
) -> tuple[int, list[Outcome]]:
    # On a Dask cluster (whose backend has a client) a fit would hand its own folds to the
    # workers, and hold the place that they wait for.
    shared = hasattr(get_active_backend()[0], "client")
    with parallel_config("sequential") if shared else nullcontext():
        return len(batch), job.run(batch)


def _batches(pairs: Sequence[tuple[Task, str]]) -> list[list[tuple[Task, str]]]:
    """Return the tasks of each fold and strategy, fold by fold.

    So the first folds are complete early, and an interrupted comparison compares like
    with like.
    """
    found: dict[tuple[int, str], list[tuple[Task, str]]] = {}
    for task, key in sorted(pairs, key=lambda pair: pair[0].number):
        found.setdefault((task.number, task.strategy), []).append((task, key))
    return list(found.values())


def _in_order(outcomes: list[Outcome], tasks: Sequence[Task]) -> list[Outcome]:
    place = {(t.model, t.strategy, t.number): i for i, t in enumerate(tasks)}
    return sorted(outcomes, key=lambda o: place[o.model, o.of, o.number])


def _end(coming: Any) -> None:
    """End the processes that are still at work."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*have been canceled")
        coming.close()


@contextmanager
def _deaf() -> Iterator[None]:
    """Hold back Ctrl-C while processes are started, which inherit that.

    A terminal sends it to all of them; it is this one that ends the others. Where there
    are no signal masks, on Windows, they hear it too.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
