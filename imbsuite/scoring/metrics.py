"""Metrics of a test fold: ranking, probabilities, labels, costs and time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from operator import attrgetter
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from imbsuite._types import Floats
from imbsuite.decision import TunedThresholdClassifier
from imbsuite.decision.costs import Costs, cheapest
from imbsuite.decision.metrics import METRICS as TUNABLE
from imbsuite.inference.influence import (
    on_average_precision,
    on_macro_mean,
    on_mean,
    on_roc_auc,
)
from imbsuite.ordinal import macro_averaged_absolute_error, ranked_probability_score
from imbsuite.probability.calibration import calibration_intercept, calibration_slope
from imbsuite.scoring.fold_predictions import FoldPredictions

# log(0) is minus infinity; scikit-learn's log_loss clips at the same value.
_SMALLEST = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Metric:
    """A metric of one test fold, and its names in texts and tables.

    ``greater_is_better``: None for metrics such as a slope, which should be 1.
    ``tunes``: the metric for which thresholds are tuned; None if predicted labels do
    not matter. ``of_one_class``: whether the choice of the positive class matters with
    two classes. ``by_name``: whether it is a scikit-learn scorer passed by name, which
    is not averaged over classes. ``asks``: whether it depends only on labels and
    predictions, as scikit-learn's scorers do. ``limits``: the smallest and the largest
    possible value. ``limits_by_classes``: the same by the number of classes, if they
    depend on it. ``losses``: returns the loss of each test row, if the score is their
    mean. ``influence``: returns the influence of each test row on the score, if the
    score is another function of rows. Both are None for scorers. ``finish``: returns
    the predictions that are measured instead. ``takes_weight``: whether rows can have
    weights, which some scorers of users do not support.
    """

    name: str
    label: str
    header: str
    score: Callable[[FoldPredictions], float]
    greater_is_better: bool | None = True
    needs_proba: bool = False
    tunes: Any = None
    of_one_class: bool = False
    by_name: bool = False
    asks: bool = False
    limits: tuple[float, float] = (-math.inf, math.inf)
    limits_by_classes: Callable[[int], tuple[float, float]] | None = None
    losses: Callable[[FoldPredictions], Floats] | None = None
    influence: Callable[[FoldPredictions], Floats] | None = None
    finish: Callable[[FoldPredictions], FoldPredictions] | None = None
    takes_weight: bool = True

    @property
    def sign(self) -> int:
        """The factor that makes greater differences better, or 0."""
        return {True: 1, False: -1, None: 0}[self.greater_is_better]

    def limits_with(self, n_classes: int) -> tuple[float, float]:
        """Return the smallest and the largest possible value for this many classes."""
        by_classes = self.limits_by_classes
        return self.limits if by_classes is None else by_classes(n_classes)

    def measure(self, predictions: FoldPredictions) -> tuple[float, Floats | None]:
        """Return the score and, if it is known, the influence of each test row on it."""
        predictions = predictions if self.finish is None else self.finish(predictions)
        if self.losses is not None:
            losses = self.losses(predictions)
            weight = predictions.weight
            return float(np.average(losses, weights=weight)), on_mean(losses, weight)
        score = self.score(predictions)
        return score, None if self.influence is None else self.influence(predictions)

    def called(self, name: str) -> Metric:
        """Return the metric under a name that a user has chosen."""
        if name == self.name:
            return self
        return replace(self, name=name, label=name, header=name)

    def with_threshold(self, predictions: FoldPredictions) -> FoldPredictions:
        """Return the predictions with a tuned threshold, if that changes the score."""
        if self.tunes is None:
            return predictions
        return predictions.with_tuned_threshold(self.tunes)


def _intercept(predictions: FoldPredictions) -> float:
    # Over several classes, the mean distance from 0, because signs would cancel.
    if predictions.labels.positive is not None:
        return _mean(calibration_intercept, predictions)
    return _mean(
        lambda *args, **kw: abs(calibration_intercept(*args, **kw)), predictions
    )


def _mean(score: Callable[..., float], predictions: FoldPredictions) -> float:
    """Return the mean over the classes for which the score is defined."""
    weight = predictions.weight
    values = [score(*pair, sample_weight=weight) for pair in predictions.one_vs_rest()]
    defined = [value for value in values if not np.isnan(value)]
    return float(np.mean(defined)) if defined else np.nan


def _influence_of_ranking(
    influence: Callable[..., Floats], predictions: FoldPredictions
) -> Floats:
    weight = predictions.weight
    of_classes = [influence(*pair, weight) for pair in predictions.one_vs_rest()]
    if not of_classes:
        return np.full(len(predictions.truth), np.nan)
    return np.asarray(np.mean(of_classes, axis=0))


def of_rows(losses: Callable[[FoldPredictions], Floats]) -> dict[str, Any]:
    """Return the fields of a metric that is the mean loss per row."""
    return {"score": partial(_mean_loss, losses), "losses": losses}


def _mean_loss(
    losses: Callable[[FoldPredictions], Floats], predictions: FoldPredictions
) -> float:
    return float(np.average(losses(predictions), weights=predictions.weight))


def _log_losses(which: str, predictions: FoldPredictions) -> Floats:
    """Return the log-loss of each row, for "proba" or "corrected"."""
    proba = getattr(predictions, which)
    of_truth = proba[np.arange(len(predictions.truth)), predictions.truth]
    return np.asarray(-np.log(of_truth.clip(_SMALLEST, 1)))


def _squares(predictions: FoldPredictions) -> Floats:
    # Summed over classes as in scikit-learn; halved for two classes, whose terms are
    # equal, which gives the usual (p - y) ** 2.
    truth = np.eye(predictions.proba.shape[1])[predictions.truth]
    total = np.square(predictions.proba - truth).sum(axis=1)
    return np.asarray(total / 2 if len(predictions.labels.classes) == 2 else total)


def limits_of_brier(n_classes: int) -> tuple[float, float]:
    """Return the limits of the Brier score, which is halved for two classes."""
    return 0.0, (1.0 if n_classes == 2 else 2.0)


def _balanced_accuracy(predictions: FoldPredictions) -> float:
    counts = _counts(predictions)
    present = counts[-1] > 0  # the recall of other classes is undefined
    return float(TUNABLE["balanced_accuracy"](*(n[present] for n in counts)))


def _influence_on_balanced_accuracy(predictions: FoldPredictions) -> Floats:
    hits = predictions.chosen == predictions.truth
    return on_macro_mean(hits.astype(np.float64), predictions.truth, predictions.weight)


def _mcc(predictions: FoldPredictions) -> float:
    if len(np.unique(predictions.truth)) < 2:
        return np.nan
    return float(TUNABLE["matthews_corrcoef"](*_counts(predictions)))


def _counts(predictions: FoldPredictions) -> tuple[Floats, Floats, Floats]:
    """Return the numbers of hits, predicted rows and true rows per class, (n_classes,).

    scikit-learn's metrics validate the labels at every call, which takes longer.
    """
    truth, chosen, weight = predictions.truth, predictions.chosen, predictions.weight
    n_classes, hit = len(predictions.labels.classes), truth == chosen
    own = np.ones(len(truth)) if weight is None else weight
    hits, predicted, true = (
        np.bincount(codes, w, n_classes).astype(np.float64)
        for codes, w in ((truth[hit], own[hit]), (chosen, own), (truth, own))
    )
    return hits, predicted, true


def _costs(costs: Costs, predictions: FoldPredictions) -> Floats:
    """Return the cost of each row, for the decisions with the least expected cost."""
    # A model with its own threshold is scored on its own decisions.
    if isinstance(predictions.model, TunedThresholdClassifier):
        chosen = predictions.chosen
    else:
        chosen = cheapest(predictions.corrected, costs.table(predictions.X))
    losses = costs.losses(predictions.X, predictions.truth)
    return np.asarray(losses[np.arange(len(chosen)), chosen])


def tuned(metric: Metric, which: str, **names: Any) -> Metric:
    """Return the metric measured on every model with tuned thresholds.

    ``which``: the attribute that holds the predictions with these thresholds.
    """
    return replace(
        metric,
        score=partial(_part_of_tuned, which, metric.score),
        influence=partial(_part_of_tuned, which, metric.influence),
        needs_proba=True,
        tunes=None,
        **names,
    )


def _part_of_tuned(which: str, function: Any, predictions: FoldPredictions) -> Any:
    return function(getattr(predictions, which))


def _of_order(
    score: Callable[..., float], which: str, predictions: FoldPredictions
) -> float:
    """Return a score of ordered classes, for "proba" or "chosen"."""
    return score(
        predictions.truth,
        getattr(predictions, which),
        categories=predictions.labels.order,
        sample_weight=predictions.weight,
    )


def _limits_of_steps(n_classes: int) -> tuple[float, float]:
    return 0.0, n_classes - 1.0


_SHARE = (0.0, 1.0)
_POSITIVE = (0.0, math.inf)
# Shared fields of metrics of probabilities: greater, smaller, or neither is better.
_ranking = partial(Metric, needs_proba=True, limits=_SHARE)
_loss = partial(Metric, needs_proba=True, greater_is_better=False, limits=_POSITIVE)
_calibration = partial(Metric, needs_proba=True, greater_is_better=None)

_BALANCED = Metric(
    "balanced_accuracy",
    "balanced accuracy",
    "bal. acc.",
    _balanced_accuracy,
    tunes="balanced_accuracy",
    limits=_SHARE,
    influence=_influence_on_balanced_accuracy,
)
_MEASURED = (
    _ranking(
        "average_precision",
        "average precision",
        "AP",
        partial(_mean, average_precision_score),
        of_one_class=True,
        influence=partial(_influence_of_ranking, on_average_precision),
    ),
    _ranking(
        "roc_auc",
        "ROC AUC",
        "ROC AUC",
        partial(_mean, roc_auc_score),
        influence=partial(_influence_of_ranking, on_roc_auc),
    ),
    _loss("log_loss", "log-loss", "log-loss", **of_rows(partial(_log_losses, "proba"))),
    _loss(
        "log_loss_corrected",
        "log-loss of corrected probabilities",
        "corrected",
        **of_rows(partial(_log_losses, "corrected")),
    ),
    _loss(
        "brier",
        "Brier score",
        "Brier",
        **of_rows(_squares),
        limits=(0.0, 2.0),
        limits_by_classes=limits_of_brier,
    ),
    _calibration(
        "calibration_intercept",
        "calibration intercept",
        "intercept",
        _intercept,
        of_one_class=True,
    ),
    _calibration(
        "calibration_slope",
        "calibration slope",
        "slope",
        partial(_mean, calibration_slope),
    ),
    _BALANCED,
    tuned(_BALANCED, "balanced", name="balanced_accuracy_tuned", header="tuned"),
    Metric("mcc", "MCC", "MCC", _mcc, tunes="matthews_corrcoef", limits=(-1.0, 1.0)),
)
OF_RANKS = ("average_precision", "roc_auc")
METRICS = {metric.name: metric for metric in _MEASURED}
FIT_TIME = Metric(
    "fit_time",
    "fit time in seconds",
    "fit s",
    attrgetter("fit_time"),
    greater_is_better=False,
    limits=_POSITIVE,
)
ORDINAL = (
    _loss(
        "ranked_probability",
        "ranked probability score",
        "RPS",
        partial(_of_order, ranked_probability_score, "proba"),
        limits=_SHARE,
    ),
    Metric(
        "macro_absolute_error",
        "macro-averaged absolute error",
        "MAE",
        partial(_of_order, macro_averaged_absolute_error, "chosen"),
        greater_is_better=False,
        tunes="balanced_accuracy",
        limits=_POSITIVE,
        limits_by_classes=_limits_of_steps,
    ),
)


def finished(metric: Metric, decision: Any, correction: str | None) -> Metric:
    """Return a metric of the whole classifier: model, correction and decision.

    Parameters
    ----------
    metric : Metric
    decision : threshold classifier without an estimator, or None
    correction : {"offset", "prior"} or None

    Returns
    -------
    Metric
        ``metric`` itself if it measures ranking, which a correction does not change for
        two classes, or the fit time.
    """
    if metric.name in OF_RANKS or metric is FIT_TIME:
        return metric
    return replace(
        metric,
        tunes=None,
        needs_proba=metric.needs_proba or decision is not None,
        finish=partial(_finish, decision, correction),
    )


def _finish(
    decision: Any, correction: str | None, predictions: FoldPredictions
) -> FoldPredictions:
    if not hasattr(predictions.model, "predict_proba"):
        return predictions
    return predictions.finished(decision, correction)


def _range(costs: Costs) -> tuple[float, float]:
    """Return the smallest and the largest cost, if these are the same for all rows."""
    if not costs.is_fixed:
        return (-math.inf, math.inf)
    return float(costs.fixed.min()), float(costs.fixed.max())


def cost_metric(costs: Costs) -> Metric:
    """Return the mean cost per row of the decisions with the least expected cost."""
    return Metric(
        "cost",
        "the cost of a row",
        "cost",
        greater_is_better=False,
        needs_proba=True,
        tunes=costs,
        limits=_range(costs),
        **of_rows(partial(_costs, costs)),
    )
