"""Run all fits of a comparison, in parallel, with a cache, until they are stopped."""

from __future__ import annotations

import math
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import chain, groupby
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import uuid4

import numpy as np
from joblib import effective_n_jobs, parallel_config
from joblib.parallel import get_active_backend
from sklearn.utils.parallel import Parallel, delayed

from imbsuite._keys import digest
from imbsuite.experiment.budget import Budget
from imbsuite.experiment.fit_task import FitOutcome, Setting, Task, labels_at, run
from imbsuite.experiment.recipe import versions
from imbsuite.experiment.signals import signals_wait
from imbsuite.experiment.store import Store
from imbsuite.scoring.memo import EncoderTrial, FoldCache

if TYPE_CHECKING:
    from imbsuite.experiment.setup import Experiment

FitProgress: TypeAlias = Callable[[int, int], object]
# Tasks and their cache keys.
Batch: TypeAlias = "Sequence[tuple[Task, str]]"

# With several batches per process at the end, no process waits long for the last ones.
_BATCHES_PER_JOB = 3


@dataclass(frozen=True)
class FitJob:
    """The data that all fits share, the store of finished fits, and the end time."""

    setting: Setting
    store: Store | None = None
    ends: float = math.inf
    # Tells a process that the job of the next batch is the same.
    key: str = field(default_factory=lambda: uuid4().hex)

    def __sizeof__(self) -> int:
        """Include the table, so that joblib's Dask backend sends it to each worker once."""
        return object.__sizeof__(self) + 8 * math.prod(self.setting.X.shape)

    def run(self, tasks: Batch) -> Iterator[tuple[int, list[FitOutcome]]]:
        """Run tasks of one fold, and yield the number of fits and outcomes by strategy.

        The models of a strategy share its resampled rows, and all strategies share
        encoders.
        """
        cache = FoldCache(trial=self._trial)
        for _, of_strategy in groupby(tasks, lambda pair: pair[0].strategy):
            done = [
                self._one(task, key, cache)
                for task, key in of_strategy
                if time.time() < self.ends
            ]
            yield len(done), [*chain.from_iterable(done)]
            cache.draws.clear()

    @cached_property
    def _trial(self) -> EncoderTrial:
        X, labels = self.setting.X, self.setting.labels
        y = labels_at(labels, np.arange(len(labels.codes)), X)
        return EncoderTrial.of(X, y, self.answers)

    @property
    def answers(self) -> dict[str, bool]:
        """Answers of encoder trials, which all copies of the job in a process share."""
        return _answers(self.key)

    def _one(self, task: Task, key: str, cache: FoldCache) -> list[FitOutcome]:
        if self.store is None:
            return run(task, self.setting, cache)
        stored: list[FitOutcome] | None = self.store.get(key)
        if stored is not None:
            return stored
        outcomes = run(task, self.setting, cache)
        # Failures are not stored: memory may have been short, or a file missing.
        if not any(outcome.failure for outcome in outcomes):
            self.store.put(key, outcomes)
        return outcomes

    def keys(self, tasks: Sequence[Task]) -> list[str]:
        """Return the cache key of each task; the table is hashed once for all."""
        if self.store is None:
            return [""] * len(tasks)
        common = digest(self.setting)
        return [digest(common, task, versions([task.estimator])) for task in tasks]


@lru_cache(maxsize=1)
def _answers(key: str) -> dict[str, bool]:  # noqa: ARG001 (of the job)
    return {}


@dataclass(frozen=True)
class FinishedFits:
    """The outcomes of fits in the order of their tasks, and how the fits ended."""

    outcomes: list[FitOutcome]
    seconds: float
    interrupted: bool


def run_all(
    experiment: Experiment,
    store: Store | None = None,
    *,
    n_jobs: int | None,
    progress: FitProgress | None,
) -> FinishedFits:
    """Run all fits of an experiment; Ctrl-C or the budget may end them early.

    Tasks of one fold and strategy run in one process, where they share resampled rows.
    As many strategies of a fold as possible also run in one process, where they share
    encoders.
    """
    tasks, clock = experiment.tasks, Budget(experiment.options.budget)
    job = FitJob(experiment.setting, store, clock.ends)
    pairs = list(zip(tasks, job.keys(tasks), strict=True))
    batches = clock.affordable(_batches(pairs, effective_n_jobs(n_jobs)))
    outcomes: list[FitOutcome] = []
    interrupted = False
    # Not with scikit-learn's callbacks: only estimators that declare them report, and
    # users may pass any estimator.
    progress = progress or (lambda *_: None)
    progress(0, len(tasks))
    coming: Any = None
    try:
        # Around the assignment: if a signal ended it, nothing could be closed.
        with signals_wait():
            coming = _coming(job, batches, n_jobs)
        for size, of_strategy in chain.from_iterable(coming):
            outcomes += of_strategy
            clock.done += size
            progress(clock.done, len(tasks))
    except KeyboardInterrupt:
        interrupted = True  # an hour of fits is worth more than a traceback
    finally:
        if coming is not None:
            _end(coming)
    return FinishedFits(_in_order(outcomes, tasks), clock.seconds, interrupted)


def _coming(job: FitJob, batches: Iterator[Batch], n_jobs: int | None) -> Iterator[Any]:
    """Return the results of batches: in this process, one strategy after the other."""
    if effective_n_jobs(n_jobs) == 1:
        return (job.run(batch) for batch in batches)
    # With a budget, a batch is not chosen before a process is free for it.
    ahead = "2*n_jobs" if math.isinf(job.ends) else "n_jobs"
    parallel = Parallel(
        n_jobs=n_jobs, return_as="generator_unordered", pre_dispatch=ahead
    )
    return parallel(delayed(_whole)(job, batch) for batch in batches)


def _whole(job: FitJob, batch: Batch) -> list[tuple[int, list[FitOutcome]]]:
    # On a Dask cluster (whose backend has a client) a fit would submit its own folds to
    # the workers, while it occupies the slot that they wait for.
    shared = hasattr(get_active_backend()[0], "client")
    with parallel_config("sequential") if shared else nullcontext():
        return list(job.run(batch))


def _batches(pairs: Batch, n_jobs: int) -> list[list[Batch]]:
    """Return the batches of tasks of each fold, ordered by fold and strategy.

    The first folds are therefore complete early, and an interrupted comparison uses the
    same folds for all strategies. Folds that cannot be divided evenly among the
    processes are split into enough batches to keep all processes busy until the end; a
    strategy is never split. With several processes, the first strategy of the first
    fold is a separate batch: its time tells early how long the others will take.
    """
    folds: dict[int, dict[str, list[tuple[Task, str]]]] = {}
    for task, key in sorted(pairs, key=lambda pair: pair[0].number):
        of_fold = folds.setdefault(task.number, {})
        of_fold.setdefault(task.strategy, []).append((task, key))
    parts = [
        _parts(list(of_fold.values()), n_parts)
        for of_fold, n_parts in zip(
            folds.values(), _numbers_of_parts(len(folds), n_jobs), strict=True
        )
    ]
    if n_jobs > 1:
        (first, *others), *rest = parts[0]
        parts[0] = [part for part in ([first], others, *rest) if part]
    return [[[*chain(*part)] for part in of_fold] for of_fold in parts]


def _numbers_of_parts(n_folds: int, n_jobs: int) -> list[int]:
    """Return the number of batches into which each fold is split.

    Every batch fits its own encoders, so most folds stay whole. But if there are few
    folds for the number of processes, whole folds would all be incomplete when a budget
    or Ctrl-C ends the fits.
    """
    if n_jobs == 1:
        return [1] * n_folds
    n_split = n_folds if n_folds < 2 * n_jobs else n_folds % n_jobs
    n_parts = math.ceil(_BATCHES_PER_JOB * n_jobs / n_split) if n_split else 1
    return [1] * (n_folds - n_split) + [n_parts] * n_split


def _parts(values: list[Any], n_parts: int) -> list[list[Any]]:
    """Return at most ``n_parts`` parts, all of the same length except the last one."""
    size = math.ceil(len(values) / n_parts)
    return [values[i : i + size] for i in range(0, len(values), size)]


def _in_order(outcomes: list[FitOutcome], tasks: Sequence[Task]) -> list[FitOutcome]:
    place = {(t.model, t.strategy, t.number): i for i, t in enumerate(tasks)}
    return sorted(outcomes, key=lambda o: place[o.model, o.of, o.number])


def _end(coming: Any) -> None:
    """Stop the processes that are still running."""
    report = threading.excepthook
    # joblib's own thread may look for tasks that have just been canceled.
    threading.excepthook = lambda _: None
    try:
        with warnings.catch_warnings():
            # From joblib, in British spelling.
            warnings.filterwarnings("ignore", message=".*have been cancel+ed")
            coming.close()
    finally:
        threading.excepthook = report
