"""One fit, timed and scored: a strategy around a model, on one fold."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from imbsuite._table import take
from imbsuite.explore.folds import Fold
from imbsuite.explore.labels import Labels
from imbsuite.explore.metrics import Answers, Metric

__all__ = ["Outcome", "Task", "run"]

# A category that only the test fold has is encoded as none of the known ones. That is
# what should happen, in most folds of most tables.
_EXPECTED = "Found unknown categories in columns"


@dataclass(frozen=True)
class Task:
    """What to fit, and where."""

    model: str
    strategy: str
    number: int
    estimator: Any
    fold: Fold
    seed: int


@dataclass(frozen=True)
class Outcome:
    """The scores of one fit, what it warned of, and the error if it failed."""

    model: str
    strategy: str
    number: int
    values: dict[str, float]
    remarks: tuple[str, ...] = ()
    failure: str | None = None


def run(task: Task, X: Any, labels: Labels, metrics: Sequence[Metric]) -> Outcome:
    """Fit and score, keeping warnings and errors for the summary.

    One strategy that fails in one fold must not throw away an hour of others, and a
    hundred fits must not say the same thing a hundred times.
    """
    values = dict.fromkeys([metric.name for metric in metrics], np.nan)
    failure = None
    # One core for each fit: threads that wait for each other on a busy machine made the
    # boosting of 100 rows take 26 seconds for 0.1. More cores are a matter of n_jobs.
    with threadpool_limits(1), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        # Meant for the developers of the packages involved; Python hides them too.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.filterwarnings("ignore", message=_EXPECTED)
        try:
            answers = _answers(task, X, labels)
            values = {metric.name: metric.score(answers) for metric in metrics}
        except Exception as error:  # noqa: BLE001 - any estimator, any error: reported
            failure = f"{type(error).__name__}: {error}"
    remarks = tuple(str(warning.message) for warning in caught)
    return Outcome(task.model, task.strategy, task.number, values, remarks, failure)


def _answers(task: Task, X: Any, labels: Labels) -> Answers:
    train, test = task.fold
    X_train, X_test = take(X, train), take(X, test)
    model = seeded(task.estimator, task.seed)
    started = time.perf_counter()
    model.fit(X_train, labels.values[train])
    seconds = time.perf_counter() - started
    return Answers(model, X_test, labels, test, seconds)


def seeded(estimator: Any, seed: int) -> Any:
    """Return a clone whose free ``random_state`` parameters, nested ones too, are set.

    All strategies of a fold get the same seed, so that chance in the model itself
    drops out of their difference. Seeds that the user has set stay.
    """
    free = [
        name
        for name, value in estimator.get_params().items()
        if name.rpartition("__")[2] == "random_state" and value is None
    ]
    return clone(estimator).set_params(**dict.fromkeys(free, seed))
