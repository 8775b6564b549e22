"""Multilabel metrics: means of two-class metrics over labels, and pooled metrics."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, cast

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from imbsuite._labels import names_one_class
from imbsuite._types import Codes, Floats
from imbsuite.decision.metrics import METRICS as TUNABLE
from imbsuite.decision.metrics import PER_CLASS, POOLED
from imbsuite.inference.influence import on_ratio
from imbsuite.scoring.fold_predictions import FoldPredictions
from imbsuite.scoring.label_predictions import LabelPredictions
from imbsuite.scoring.metrics import METRICS as OF_CLASSES
from imbsuite.scoring.metrics import Metric, of_rows, tuned
from imbsuite.scoring.scorers import choose_metrics, metric_of

_SHARE = (0.0, 1.0)


def by_label(metric: Metric) -> Metric:
    """Return the mean of a two-class metric over labels.

    Labels for which the metric is undefined, because no test row has them, are left
    out.
    """
    # Intercepts with opposite signs would cancel.
    size = abs if metric.name == "calibration_intercept" else float
    known = metric.influence is not None or metric.losses is not None
    return replace(
        metric,
        score=partial(_mean_score, metric, size),
        influence=partial(_mean_influence, metric) if known else None,
        losses=None,
        limits=metric.limits_with(2),
        limits_by_classes=None,
        of_one_class=False,
        by_name=False,
    )


def scores_by_label(metric: Metric, predictions: FoldPredictions) -> Floats:
    """Return a two-class metric for each label, (n_labels,)."""
    parts = cast("LabelPredictions", predictions).by_label
    return np.array([metric.measure(part)[0] for part in parts])


def _mean_score(
    metric: Metric, size: Callable[[float], float], predictions: FoldPredictions
) -> float:
    scores = scores_by_label(metric, predictions)
    scores = scores[~np.isnan(scores)]
    if len(scores) > 1:
        scores = np.array([size(score) for score in scores])
    return float(scores.mean()) if len(scores) else math.nan


def _mean_influence(metric: Metric, predictions: FoldPredictions) -> Floats:
    measured = [
        metric.measure(part) for part in cast("LabelPredictions", predictions).by_label
    ]
    defined = [of_rows for score, of_rows in measured if not math.isnan(score)]
    if not defined:
        return np.full(len(predictions.test), np.nan)
    return np.asarray(np.mean(np.array(defined), axis=0))


# --- Labels and decisions


def _weighted_sum(values: Any, predictions: FoldPredictions) -> float:
    weight = predictions.weight
    return float(values.sum() if weight is None else weight @ values)


def _ratio(above: Any, below: Any, predictions: FoldPredictions) -> float:
    total = _weighted_sum(below, predictions)
    return _weighted_sum(above, predictions) / total if total else math.nan


def _f1_parts(predictions: FoldPredictions) -> tuple[Any, Any]:
    """Return 2 TP, and the number of flagged plus true labels, for each row."""
    chosen, truth = predictions.chosen, predictions.truth
    both, either = 2 * chosen * truth, chosen + truth
    return (both, either) if truth.ndim == 1 else (both.sum(axis=1), either.sum(axis=1))


def _f1(predictions: FoldPredictions) -> float:
    """Return the F1; NaN if no row has the label."""
    if not predictions.truth.any():
        return math.nan
    return _ratio(*_f1_parts(predictions), predictions)


def _influence_on_f1(predictions: FoldPredictions) -> Floats:
    return on_ratio(*_f1_parts(predictions), predictions.weight)


def _recall(predictions: FoldPredictions) -> float:
    hits = predictions.chosen * predictions.truth
    return _ratio(hits, predictions.truth, predictions)


def _precision(predictions: FoldPredictions) -> float:
    """Return the precision; NaN if no row is flagged."""
    hits = predictions.chosen * predictions.truth
    return _ratio(hits, predictions.chosen, predictions)


def _f1_of_rows(predictions: FoldPredictions) -> Floats:
    both, either = _f1_parts(predictions)
    return np.asarray(both / np.maximum(either, 1))


def _wrong_cells(predictions: FoldPredictions) -> Floats:
    return np.asarray((predictions.chosen != predictions.truth).mean(axis=1))


def _ranking_of_rows(predictions: FoldPredictions) -> Floats:
    """Return the label ranking average precision of each row."""
    truth, p = predictions.truth, predictions.proba
    total = np.zeros(len(truth))
    for place in range(truth.shape[1]):
        above = p >= p[:, [place]]
        hits = (above & (truth == 1)).sum(axis=1)
        total += truth[:, place] * hits / above.sum(axis=1)
    n_true = truth.sum(axis=1)
    # Rows without labels get 1, as in scikit-learn; rows with all labels by the
    # formula.
    return np.where(n_true > 0, total / np.maximum(n_true, 1), 1.0)


_F1 = Metric("f1", "F1", "F1", _f1, limits=_SHARE, influence=_influence_on_f1)
_F1_MACRO = replace(by_label(_F1.called("macro F1")), name="f1_macro", tunes="f1_macro")
_BALANCED = by_label(OF_CLASSES["balanced_accuracy"])
_POOLED = (
    _F1_MACRO,
    tuned(_F1_MACRO, "tuned", name="f1_macro_tuned", header="tuned"),
    tuned(_BALANCED, "balanced", name="balanced_accuracy_tuned", header="tuned"),
    replace(_F1.called("micro F1"), name="f1_micro", tunes="f1_micro"),
    Metric(
        "f1_samples",
        "mean F1 of rows",
        "rows' F1",
        tunes="f1_samples",
        limits=_SHARE,
        **of_rows(_f1_of_rows),
    ),
    Metric(
        "hamming_loss",
        "Hamming loss",
        "Hamming",
        greater_is_better=False,
        tunes="accuracy",
        limits=_SHARE,
        **of_rows(_wrong_cells),
    ),
    Metric(
        "label_ranking",
        "label ranking average precision",
        "LRAP",
        needs_proba=True,
        limits=_SHARE,
        **of_rows(_ranking_of_rows),
    ),
)
METRICS = {
    **{metric.name: by_label(metric) for metric in OF_CLASSES.values()},
    **{metric.name: metric for metric in _POOLED},
}
# The metrics of scoring=None; the others are available by name.
DEFAULT = (
    *("average_precision", "roc_auc", "log_loss", "log_loss_corrected"),
    *("f1_macro", "f1_macro_tuned", "f1_micro", "f1_samples"),
    *("balanced_accuracy", "hamming_loss", "label_ranking"),
)
# The metrics that are reported separately for each label.
EACH = {
    "f1": _F1,
    "recall": replace(_F1, name="recall", score=_recall, influence=None),
    "precision": replace(_F1, name="precision", score=_precision, influence=None),
    "average_precision": OF_CLASSES["average_precision"],
    "log_loss": OF_CLASSES["log_loss"],
}


def choose_label_metrics(
    scoring: Iterable[str] | Mapping[str, Any] | None,
) -> tuple[Metric, ...]:
    """Return the requested metrics, and the fit time.

    A scikit-learn scorer of one class that is passed by name, such as "recall", is
    averaged over labels; other scorers and callables get the labels as an array.

    Raises
    ------
    ValueError, TypeError
        As ``choose_metrics``; also for "neg_log_loss", which would assign each row to a
        single label.
    """
    return choose_metrics(
        DEFAULT if scoring is None else scoring, make=_metric, known=METRICS
    )


def _metric(name: str, scoring: Any) -> Metric:
    if isinstance(scoring, str) and scoring in METRICS:
        return METRICS[scoring].called(name)
    if scoring == "neg_log_loss":
        msg = (
            "The 'scoring' parameter of compare must not be 'neg_log_loss' for "
            "multilabel targets, because it would assign each row to a single label. "
            "Choose 'log_loss', the mean over labels."
        )
        raise ValueError(msg)
    metric = metric_of(name, scoring)
    tunes = metric.tunes
    if tunes is not None and scoring not in {*TUNABLE, *PER_CLASS, *POOLED}:
        averaged = isinstance(scoring, str) and scoring.endswith(
            ("_macro", "_weighted")
        )
        tunes = scoring if averaged else "f1_macro"
    if names_one_class(scoring):
        recorded = replace(metric, score=partial(_score_recorded, metric))
        score = partial(_mean_score, recorded, float)
        return replace(metric, score=score, tunes=tunes, of_one_class=False)
    return replace(metric, tunes=tunes)


def _score_recorded(metric: Metric, predictions: FoldPredictions) -> float:
    """Return the score of one label from its recorded labels and probabilities."""
    recorded = replace(predictions, model=_RecordedLabel(predictions), training=None)
    return metric.score(recorded)


class _RecordedLabel(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A fitted classifier of one label that returns known predictions."""

    def __init__(self, predictions: FoldPredictions) -> None:
        self.predictions = predictions
        self.classes_ = np.arange(2)

    def predict(self, _: Any) -> Codes:
        """Return the decided labels, (n_test,)."""
        return self.predictions.chosen

    def predict_proba(self, _: Any) -> Floats:
        """Return the probabilities of 0 and 1, (n_test, 2)."""
        return self.predictions.proba
