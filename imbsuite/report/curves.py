"""The data of the charts, for one class, one model and one strategy."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, logit
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_curve

from imbsuite._types import Floats, Mask, Positions
from imbsuite.decision.metrics import PER_CLASS
from imbsuite.experiment.reliability import Reliability

if TYPE_CHECKING:
    from imbsuite.experiment.evidence import Predictions

# A panel is about 200 pixels wide, so more points would not be visible.
POINTS = 100
MEASURES = ("precision", "recall", "f1")
# Even steps of the log-odds: rare classes have probabilities near 0, and a correction
# of the prior is a shift, so readers see that resampling moves curves without raising
# them.
GRID: Floats = expit(np.linspace(logit(1e-4), logit(0.999), POINTS))
PROBABILITY_COST: Floats = np.linspace(0, 1, POINTS + 1)


@dataclass(frozen=True)
class ClassCurves:
    """The curves of one class for one model with one strategy.

    ``share``: the share of rows in the class. ``corrected``: None if probabilities were
    not corrected or the correction changes nothing. ``scores``: ``{measure: ndarray}``,
    of the shape of ``GRID``. ``cost``: of the shape of ``PROBABILITY_COST``.
    """

    strategy: str
    share: float
    recall: Floats
    precision: Floats
    area: float
    raw: Reliability
    corrected: Reliability | None
    scores: dict[str, Floats]
    cost: Floats


def class_curves(
    predictions: Predictions, column: int, code: int
) -> ClassCurves | None:
    """Return the curves of a class; None if no row or every row belongs to it.

    Parameters
    ----------
    predictions : Predictions
    column : int
        Position of the class in ``predictions.labels`` and ``proba``.
    code : int
        Code of the class in ``predictions.truth``.
    """
    p = predictions.proba[:, column].astype(np.float64)
    corrected = predictions.corrected[:, column].astype(np.float64)
    is_positive = predictions.truth == code
    if not is_positive.any() or is_positive.all():
        return None
    recall, precision = _ranking(is_positive, p)
    return ClassCurves(
        predictions.strategy,
        float(is_positive.mean()),
        recall,
        precision,
        float(average_precision_score(is_positive, p)),
        _reliability(is_positive, p),
        _reliability(is_positive, corrected) if _differs(p, corrected) else None,
        threshold_scores(is_positive, p),
        expected_cost(is_positive, p),
    )


def _ranking(is_positive: Mask, p: Floats) -> tuple[Floats, Floats]:
    precision, recall, _ = precision_recall_curve(is_positive, p)
    # At recall 0, precision is 0, or 1 by convention; instead, the curve starts with
    # the precision at the first threshold that finds a row of the class.
    defined = recall > 0
    recall, precision = recall[defined], precision[defined]
    # At recall 1, further positive predictions only lower the precision.
    full = np.flatnonzero(recall == 1)[-1]
    recall = np.append(recall[full:], 0.0)
    precision = np.append(precision[full:], precision[-1])
    kept = thin(recall, precision)
    return recall[kept], precision[kept]


def _differs(p: Floats, corrected: Floats) -> bool:
    # NaN: no metric needed the correction.
    return bool(np.isfinite(corrected).all() and (p != corrected).any())


def _reliability(is_positive: Mask, p: Floats) -> Reliability:
    with warnings.catch_warnings():
        # A slope that does not converge is only one of many numbers in the report.
        warnings.simplefilter("ignore")
        return Reliability.of(is_positive, p)


def thin(x: Floats, y: Floats, n: int = POINTS) -> Positions:
    """Return positions of at most ``n`` points, even along the line, with both ends."""
    if len(x) <= n:
        return np.arange(len(x))
    length = np.concatenate([[0.0], np.hypot(np.diff(x), np.diff(y)).cumsum()])
    wanted = np.linspace(0, length[-1], n)
    kept = np.unique(np.searchsorted(length, wanted).clip(0, len(x) - 1))
    kept[-1] = len(x) - 1
    return kept


def threshold_scores(is_positive: Mask, p: Floats) -> dict[str, Floats]:
    """Return precision, recall and F1 of the class at each threshold of ``GRID``.

    Precision is NaN if no row is predicted positive.
    """
    positives, everything = np.sort(p[is_positive]), np.sort(p)
    hits = len(positives) - np.searchsorted(positives, GRID)
    predicted = len(everything) - np.searchsorted(everything, GRID)
    counts = hits[:, np.newaxis], predicted[:, np.newaxis], [len(positives)]
    as_floats = tuple(np.asarray(part, np.float64) for part in counts)
    scores = {name: PER_CLASS[name](*as_floats)[:, 0] for name in MEASURES}
    scores["precision"] = np.where(predicted > 0, scores["precision"], np.nan)
    return scores


def expected_cost(is_positive: Mask, p: Floats) -> Floats:
    r"""Return the least normalized expected cost at each of ``PROBABILITY_COST``.

    .. math:: \min_\theta \; FNR(\theta)\,PC + FPR(\theta)\,(1 - PC)

    over all thresholds, including "never" and "always".

    References
    ----------
    Drummond, C. and Holte, R. C. (2006). "Cost curves: an improved method for
    visualizing classifier performance", Machine Learning 65, 95-130,
    :doi:`10.1007/s10994-006-8199-5`.
    """
    fpr, tpr, _ = roc_curve(is_positive, p)
    least = np.full(len(PROBABILITY_COST), np.inf)
    # In chunks, because the lines of all thresholds of a large table need much memory.
    for part in np.array_split(np.arange(len(fpr)), -(-len(fpr) // 1000)):
        lines = np.outer(1 - tpr[part], PROBABILITY_COST)
        lines += np.outer(fpr[part], 1 - PROBABILITY_COST)
        least = np.minimum(least, lines.min(axis=0))
    return least
