"""One fit, timed and scored: a strategy around a model, on one fold."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from imbsuite._classes import Labels
from imbsuite._table import take
from imbsuite.experiment.answers import Answers, Training
from imbsuite.experiment.class_changes import describe
from imbsuite.experiment.evidence import ClassChange, spoken_of
from imbsuite.experiment.folds import Fold
from imbsuite.experiment.memo import Drawn, Once
from imbsuite.experiment.metrics import Metric, ScorerError
from imbsuite.experiment.positive import with_class
from imbsuite.experiment.strategies import NOTHING, TUNED

__all__ = ["Outcome", "Setting", "Task", "run"]

# A category that only the test fold has is encoded as none of the known ones. That is
# what should happen, in most folds of most tables.
_EXPECTED = "Found unknown categories in columns"


@dataclass(frozen=True)
class Setting:
    """What all fits have in common: the rows, and what is measured."""

    X: Any
    labels: Labels
    groups: Any
    metrics: tuple[Metric, ...]


@dataclass(frozen=True)
class Task:
    """What to fit, and where."""

    model: str
    strategy: str
    number: int
    estimator: Any
    fold: Fold
    seed: int
    moves_prior: bool
    keeps_proba: bool = False


@dataclass(frozen=True)
class Outcome:
    """The scores of one fit, what it warned of, and the error if it failed.

    ``by_scorer``: whether the model was fitted, and a scorer of the user's failed.
    ``of``: the strategy whose fits these are; a tuned threshold is read off another's.
    ``proba`` and ``corrected``: see :class:`Predictions`; None where they are not kept.
    """

    model: str
    strategy: str
    number: int
    values: dict[str, float]
    of: str = ""
    remarks: tuple[str, ...] = ()
    failure: str | None = None
    by_scorer: bool = False
    proba: NDArray[np.float32] | None = None
    corrected: NDArray[np.float32] | None = None
    class_changes: tuple[ClassChange, ...] = ()


def run(
    task: Task, setting: Setting, drawn: dict[str, Drawn] | None = None
) -> list[Outcome]:
    """Fit and score, keeping warnings and errors for the summary.

    ``drawn`` is what samplers made of these rows so far: see :class:`Once`. Where nothing
    was done, a tuned threshold is scored too, from the same fits. One
    strategy that fails in one fold must not throw away an hour of others, and a hundred
    fits must not say the same thing a hundred times.
    """
    metrics = setting.metrics
    none = dict.fromkeys([metric.name for metric in metrics], np.nan)
    found = {task.strategy: none}
    kept: dict[str, Any] = {}
    failure, by_scorer = None, False
    # One core for each fit: threads that wait for each other on a busy machine made the
    # boosting of 100 rows take 26 seconds for 0.1. More cores are a matter of n_jobs.
    with threadpool_limits(1), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        # Meant for the developers of the packages involved; Python hides them too.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.filterwarnings("ignore", message=_EXPECTED)
        try:
            answers = _answers(task, setting, {} if drawn is None else drawn)
            found = {task.strategy: {m.name: m.score(answers) for m in metrics}}
            if task.strategy == NOTHING and tuning_shows(answers.model, metrics):
                found[TUNED] = _with_threshold(answers, metrics)
            kept = _evidence(task, answers)
        except ScorerError as error:
            failure, by_scorer = str(error), True
        except Exception as error:  # noqa: BLE001 - any estimator, any error: reported
            failure = f"{type(error).__name__}: {error}"
    remarks = tuple(str(warning.message) for warning in caught)
    outcomes = [
        Outcome(
            task.model,
            strategy,
            task.number,
            values,
            task.strategy,
            failure=failure,
            by_scorer=by_scorer,
        )
        for strategy, values in found.items()
    ]
    # What was warned of is said once, with the first.
    return [replace(outcomes[0], remarks=remarks, **kept), *outcomes[1:]]


def _evidence(task: Task, answers: Answers) -> dict[str, Any]:
    """Return what is kept of the model before it is thrown away."""
    kept: dict[str, Any] = {}
    if task.keeps_proba and hasattr(answers.model, "predict_proba"):
        columns = spoken_of(answers.labels)
        training = answers.training
        known = training is None or not training.moves_prior or training.is_timed
        kept["proba"] = answers.proba[:, columns].astype(np.float32)
        kept["corrected"] = (
            answers.corrected[:, columns].astype(np.float32)
            if known
            else np.full_like(kept["proba"], np.nan)
        )
    if task.number == 0 and answers.drawn is not None:
        before = answers.labels.codes[task.fold[0]]
        after = np.searchsorted(answers.labels.classes, answers.drawn.y)
        sampler = answers.drawn.sampler
        told = describe(task.strategy, sampler, before, after, answers.labels)
        kept["class_changes"] = tuple(told)
    return kept


def tuning_shows(model: Any, metrics: Sequence[Metric]) -> bool:
    """Whether a threshold can be tuned, and something would tell."""
    tells = any(metric.tunes is not None for metric in metrics)
    return tells and hasattr(model, "predict_proba")


def _with_threshold(answers: Answers, metrics: Sequence[Metric]) -> dict[str, float]:
    values = {metric.name: metric.with_threshold(answers) for metric in metrics}
    spent = 0.0 if answers.training is None else answers.training.timed[1]
    return values | {"fit_time": answers.fit_time + spent}


def _answers(task: Task, setting: Setting, drawn: dict[str, Drawn]) -> Answers:
    train, test = task.fold
    X_train, X_test = take(setting.X, train), take(setting.X, test)
    y_train, groups = _labels_of(setting.labels, train, X_train), setting.groups
    model = with_class(seeded(task.estimator, task.seed), setting.labels)
    sampler = model.sampler
    if sampler is not None:
        model.sampler = Once(sampler, drawn)
    started = time.perf_counter()
    model.fit(X_train, y_train)
    seconds = time.perf_counter() - started
    groups = None if groups is None else groups[train]
    training = Training(
        clone(model), X_train, y_train, task.seed, groups, moves_prior=task.moves_prior
    )
    answers = Answers(model, X_test, setting.labels, test, seconds, training)
    return answers if sampler is None else _without_once(answers, sampler)


def _labels_of(labels: Labels, rows: NDArray[np.intp], X: Any) -> Any:
    """Return the labels of rows, under the same pandas index if they come as a Series."""
    y = labels.with_order(labels.codes[rows])
    return y.set_axis(X.index) if hasattr(y, "index") and hasattr(X, "index") else y


def _without_once(answers: Answers, sampler: Any) -> Answers:
    """Return the answers of the model as its user would have made it."""
    model = answers.model
    once = model.sampler_
    model.sampler, model.sampler_ = sampler, once.found_.sampler
    spent = answers.fit_time + once.spared_
    return replace(answers, fit_time=spent, drawn=once.found_)


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
