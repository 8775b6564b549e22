"""One fit, timed and scored: a strategy around a model, on one fold."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from threadpoolctl import ThreadpoolController

from imbsuite._classes import Labels
from imbsuite._random import seeded_folds
from imbsuite._table import scaled_weight
from imbsuite._types import Floats, Positions
from imbsuite.experiment.class_changes import describe, describe_labels
from imbsuite.experiment.encoding import share_encoder
from imbsuite.experiment.evidence import ClassChange, kept_classes
from imbsuite.experiment.positive import with_class
from imbsuite.experiment.strategies import NOTHING, TUNED
from imbsuite.folds.in_time import Times
from imbsuite.folds.stratified import Fold
from imbsuite.inference.influence import by_block
from imbsuite.meta import ResampledEnsembleClassifier
from imbsuite.meta.pseudo_labels_inside import only_beside
from imbsuite.meta.unlabeled_rows import UnlabeledRows
from imbsuite.probability.units import Units
from imbsuite.scoring.fold_predictions import FoldPredictions, fit_rows
from imbsuite.scoring.label_metrics import EACH, scores_by_label
from imbsuite.scoring.label_predictions import LabelPredictions, kinds_of
from imbsuite.scoring.memo import CachedDraw, FoldCache, MemoizedSampler
from imbsuite.scoring.metrics import Metric
from imbsuite.scoring.scorers import ScorerError

# Encoders warn about categories that occur only in the test fold. This is expected, and
# happens in most folds of most tables.
_EXPECTED = "Found unknown categories in columns"


@dataclass(frozen=True)
class Setting:
    """The data that all fits share: rows, units that folds keep together, and metrics.

    ``blocks``: the block of each row; see
    :func:`~imbsuite.inference.influence.by_block`. ``weight``: the weights of rows;
    rows of weight 0 are in no fold. ``others``: the unlabeled rows. Estimators hold
    them, too; here they are a part of cache keys.
    """

    X: Any
    labels: Labels
    units: Units
    metrics: tuple[Metric, ...]
    blocks: Positions
    times: Times | None = None
    weight: Floats | None = None
    others: UnlabeledRows | None = None

    def weight_of(self, rows: Positions) -> Floats | None:
        """Return the weights of these rows."""
        return None if self.weight is None else self.weight[rows]


@dataclass(frozen=True)
class Task:
    """One fit: a model with a strategy on a fold."""

    model: str
    strategy: str
    number: int
    estimator: Any
    fold: Fold
    seed: int
    moves_prior: bool
    keeps_proba: bool = False


@dataclass(frozen=True)
class FitOutcome:
    """The scores of one fit, its warnings, and the error if it failed.

    ``by_scorer``: whether the model was fitted, but a scorer of the user failed.
    ``of``: the strategy that was fitted, because a tuned threshold shares the fits of
    another. ``proba`` and ``corrected``: see :class:`Predictions`; None if they are not
    kept. ``influences``: the influences of blocks of test rows, by metric, if they are
    known. ``by_label``: for multilabel targets, each metric for all labels,
    (n_labels,).
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
    influences: Mapping[str, Floats] = field(default_factory=dict)
    by_label: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def place(self) -> dict[str, Any]:
        """Model, strategy and fold, as the columns of tables of scores."""
        return {"model": self.model, "strategy": self.strategy, "fold": self.number}


def run(
    task: Task, setting: Setting, cache: FoldCache | None = None
) -> list[FitOutcome]:
    """Fit and score, and record warnings and errors for the summary.

    One strategy that fails on one fold must not discard an hour of other fits, and a
    hundred fits must not repeat the same warning. ``cache`` holds the results that fits
    of a fold share. The baseline is also scored with a tuned threshold, from the same
    fits.
    """
    metrics = setting.metrics
    none = dict.fromkeys([metric.name for metric in metrics], np.nan)
    fitted = FitOutcome(task.model, task.strategy, task.number, none, of=task.strategy)
    outcomes = [fitted]
    failure: dict[str, Any] = {}
    # One core for each fit; n_jobs sets the number of parallel fits. On a busy machine,
    # threads that wait for each other made boosting of 100 rows take 26 s instead of
    # 0.1 s.
    pools = _thread_pools(len(sys.modules))
    with pools.limit(limits=1), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        # These are for developers of the packages involved; Python hides them, too.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.filterwarnings("ignore", message=_EXPECTED)
        try:
            predictions = _predict(task, setting, cache or FoldCache())
            outcomes = [_measured(fitted, predictions, setting)]
            if task.strategy == NOTHING and tuning_matters(predictions.model, metrics):
                outcomes.append(_with_threshold(fitted, predictions, setting))
            outcomes[0] = replace(outcomes[0], **_evidence(task, predictions))
        except ScorerError as error:
            failure = {"failure": str(error), "by_scorer": True}
        except Exception as error:  # noqa: BLE001 - any estimator, any error: reported
            failure = {"failure": f"{type(error).__name__}: {error}"}
    # Warnings of the fits that outcomes share are recorded once, with the first one.
    outcomes[0] = replace(outcomes[0], remarks=_texts(caught))
    return [replace(outcome, **failure) for outcome in outcomes]


@lru_cache(maxsize=1)
def _thread_pools(n_modules: int) -> ThreadpoolController:  # noqa: ARG001 (the key)
    """Return the thread pools of all loaded libraries.

    Finding them takes milliseconds, as long as a fast fit. Libraries are loaded with
    modules, so the pools do not change while ``n_modules`` does not change.
    """
    return ThreadpoolController()


def _evidence(task: Task, predictions: FoldPredictions) -> dict[str, Any]:
    """Return the evidence that is kept after the model is discarded."""
    kept: dict[str, Any] = {}
    several = isinstance(predictions, LabelPredictions)
    if task.keeps_proba and hasattr(predictions.model, "predict_proba") and not several:
        columns = kept_classes(predictions.labels)
        training = predictions.training
        known = training is None or not training.moves_prior or training.is_timed
        kept["proba"] = predictions.proba[:, columns].astype(np.float32)
        kept["corrected"] = (
            predictions.corrected[:, columns].astype(np.float32)
            if known
            else np.full_like(kept["proba"], np.nan)
        )
    if task.number == 0 and predictions.drawn is not None:
        kept["class_changes"] = tuple(_changes(task, predictions, predictions.drawn))
    return kept


def _changes(
    task: Task, predictions: FoldPredictions, drawn: CachedDraw
) -> list[ClassChange]:
    if isinstance(predictions, LabelPredictions):
        of_rows = predictions.table.at(task.fold[0])
        before, after = (
            {name: frame[name].to_numpy() for name in drawn.y.columns}
            for frame in (of_rows, drawn.y)
        )
        return describe_labels(task.strategy, drawn.sampler, before, after)
    labels = predictions.labels
    codes = labels.codes[task.fold[0]]
    after = np.searchsorted(labels.classes, drawn.y)
    return describe(task.strategy, drawn.sampler, codes, after, labels)


def tuning_matters(model: Any, metrics: Sequence[Metric]) -> bool:
    """Return whether a threshold can be tuned, and some metric depends on it."""
    depends = any(metric.tunes is not None for metric in metrics)
    return depends and hasattr(model, "predict_proba")


def _measured(
    outcome: FitOutcome,
    predictions: FoldPredictions,
    setting: Setting,
    *,
    tuned: bool = False,
) -> FitOutcome:
    """Return the outcome with all scores, and the influences of test rows on them."""
    values, influences = {}, {}
    for metric in setting.metrics:
        seen = metric.with_threshold(predictions) if tuned else predictions
        values[metric.name], of_rows = metric.measure(seen)
        if of_rows is not None:
            blocks = setting.blocks[seen.test]
            influences[metric.name] = by_block(of_rows, seen.strata, blocks)
    by_label = _by_label(predictions, tuned=tuned)
    return replace(outcome, values=values, influences=influences, by_label=by_label)


def _by_label(predictions: FoldPredictions, *, tuned: bool) -> dict[str, Floats]:
    """Return the metrics of each label of a multilabel target."""
    if not isinstance(predictions, LabelPredictions):
        return {}
    seen = predictions.tuned if tuned else predictions
    has_proba = hasattr(predictions.model, "predict_proba")
    return {
        name: scores_by_label(metric, seen)
        for name, metric in EACH.items()
        if has_proba or not metric.needs_proba
    }


def _with_threshold(
    outcome: FitOutcome, predictions: FoldPredictions, setting: Setting
) -> FitOutcome:
    with warnings.catch_warnings(record=True) as caught:
        tuned = _measured(outcome, predictions, setting, tuned=True)
    seconds = 0.0 if predictions.training is None else predictions.training.timed[1]
    values = tuned.values | {"fit_time": predictions.fit_time + seconds}
    return replace(tuned, strategy=TUNED, values=values, remarks=_texts(caught))


def _texts(caught: Sequence[warnings.WarningMessage]) -> tuple[str, ...]:
    return tuple(str(warning.message) for warning in caught)


def _predict(task: Task, setting: Setting, cache: FoldCache) -> FoldPredictions:
    train, test = task.fold
    X_train, X_test = cache.take(setting.X, train), cache.take(setting.X, test)
    y_train = labels_at(setting.labels, train, X_train)
    estimator = only_beside(task.estimator, train)
    model = with_class(seeded(estimator, task.seed), setting.labels)
    sampler = model.sampler
    if sampler is not None:
        model.sampler = MemoizedSampler(sampler, cache)
    model.estimator = share_encoder(model.estimator, cache)
    kinds = kinds_of(setting.labels)
    started = time.perf_counter()
    weight = setting.weight_of(train)
    fitted = fit_rows(model, X_train, y_train, weight)
    seconds = time.perf_counter() - started + _seconds_saved(fitted)
    training = kinds.training(
        clone(model),
        X_train,
        y_train,
        task.seed,
        setting.units.take(train),
        None if setting.times is None else setting.times.take(train),
        moves_prior=task.moves_prior,
        cache=cache,
        weight=weight,
    )
    of_test = setting.weight_of(test)
    predictions = kinds.predictions(
        fitted,
        X_test,
        setting.labels,
        test,
        seconds,
        training,
        weight=None if of_test is None else scaled_weight(of_test),
    )
    return predictions if sampler is None else _without_memo(predictions, sampler)


def _seconds_saved(model: Any) -> float:
    """Return the seconds that the cache has saved in a fit."""
    parts = (model.sampler_, model.estimator_)
    return float(sum(getattr(part, "seconds_saved_", 0.0) for part in parts))


def labels_at(labels: Labels, rows: NDArray[np.intp], X: Any) -> Any:
    """Return the labels of rows; a Series gets the pandas index of the rows."""
    y = labels.at(rows)
    return y.set_axis(X.index) if hasattr(y, "index") and hasattr(X, "index") else y


def _without_memo(predictions: FoldPredictions, sampler: Any) -> FoldPredictions:
    """Return predictions with the model's own sampler."""
    model = predictions.model
    draw = model.sampler_.draw_
    model.sampler, model.sampler_ = sampler, draw.sampler
    return replace(predictions, drawn=draw)


def seeded(estimator: Any, seed: int) -> Any:
    """Return a clone in which every ``random_state=None``, even a nested one, is set.

    All strategies of a fold get the same seed, so that the randomness of the model
    cancels in their differences. Splitters among the parameters get it, too. Seeds set
    by the user are kept, and an ensemble draws the seeds of its parts itself.
    """
    params = estimator.get_params()
    drawn = tuple(
        f"{name}__"
        for name, part in params.items()
        if isinstance(part, ResampledEnsembleClassifier)
    )
    free = {
        name: value
        for name, value in params.items()
        if not name.startswith(drawn) or name.rpartition("__")[0] + "__" in drawn
    }
    seeds = {
        name: seed
        for name, value in free.items()
        if name.rpartition("__")[2] == "random_state" and value is None
    }
    return clone(estimator).set_params(**seeds, **seeded_folds(free, seed))
