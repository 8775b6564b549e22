"""The numbers behind the charts: one class, one model, one strategy."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.metrics import (
    average_precision_score,
    precision_recall_curve,
    roc_curve,
)

from imbsuite.decision.metrics import PER_CLASS
from imbsuite.experiment.binning import binned
from imbsuite.probability.calibration import calibration_intercept, calibration_slope

if TYPE_CHECKING:
    from imbsuite.experiment.evidence import Predictions

__all__ = [
    "GRID",
    "MEASURES",
    "POINTS",
    "PROBABILITY_COST",
    "Belief",
    "ClassCurves",
    "class_curves",
    "expected_cost",
    "thin",
    "threshold_scores",
]

Floats = NDArray[np.floating[Any]]
Flags = NDArray[np.bool_]

# A panel is some 200 pixels wide: more points than this cannot be seen.
POINTS = 100
N_BINS = 10
MEASURES = ("precision", "recall", "f1")
# Even steps of the log-odds: a rare class lives near 0, a resampled one does not.
GRID: Floats = expit(np.linspace(logit(1e-4), logit(0.999), POINTS))
PROBABILITY_COST: Floats = np.linspace(0, 1, POINTS + 1)


@dataclass(frozen=True)
class Belief:
    """Probabilities against shares seen: bins as :func:`binned` has them, and a sum-up.

    ``mean``: of the probabilities.
    """

    bins: Floats
    mean: float
    intercept: float
    slope: float


@dataclass(frozen=True)
class ClassCurves:
    """What is drawn of one class, as one model with one strategy sees it.

    ``share``: of the rows that are of this class. ``corrected``: None where correcting
    changes nothing. ``scores``: ``{measure: ndarray like GRID}``. ``cost``: like
    ``PROBABILITY_COST``.
    """

    strategy: str
    share: float
    recall: Floats
    precision: Floats
    area: float
    raw: Belief
    corrected: Belief | None
    scores: dict[str, Floats]
    cost: Floats


def class_curves(
    predictions: Predictions, column: int, code: int
) -> ClassCurves | None:
    """Return the curves of a class; None where no row, or every row, is of it.

    Parameters
    ----------
    predictions : Predictions
    column : int
        Of the class in ``predictions.labels`` and ``proba``.
    code : int
        Of the class in ``predictions.truth``.
    """
    p = predictions.proba[:, column].astype(np.float64)
    corrected = predictions.corrected[:, column].astype(np.float64)
    is_it = predictions.truth == code
    if not is_it.any() or is_it.all():
        return None
    recall, precision = _ranking(is_it, p)
    return ClassCurves(
        predictions.strategy,
        float(is_it.mean()),
        recall,
        precision,
        float(average_precision_score(is_it, p)),
        _belief(is_it, p),
        _belief(is_it, corrected) if _differs(p, corrected) else None,
        threshold_scores(is_it, p),
        expected_cost(is_it, p),
    )


def _ranking(is_it: Flags, p: Floats) -> tuple[Floats, Floats]:
    precision, recall, _ = precision_recall_curve(is_it, p)
    # Where nothing is found yet, precision is 0, or 1 by convention; what is true of the
    # first row that is found is drawn there instead.
    found = recall > 0
    recall, precision = recall[found], precision[found]
    # Once all are found, more alerts are only worse.
    full = np.flatnonzero(recall == 1)[-1]
    recall = np.append(recall[full:], 0.0)
    precision = np.append(precision[full:], precision[-1])
    kept = thin(recall, precision)
    return recall[kept], precision[kept]


def _differs(p: Floats, corrected: Floats) -> bool:
    # NaN: no metric asked for the correction.
    return bool(np.isfinite(corrected).all() and (p != corrected).any())


def _belief(is_it: Flags, p: Floats) -> Belief:
    with warnings.catch_warnings():
        # A slope that does not converge is one number of many here.
        warnings.simplefilter("ignore")
        a, b = calibration_intercept(is_it, p), calibration_slope(is_it, p)
    return Belief(binned(is_it, p, N_BINS), float(p.mean()), a, b)


def thin(x: Floats, y: Floats, n: int = POINTS) -> NDArray[np.intp]:
    """Return positions of at most ``n`` points, evenly along the line, its ends too."""
    if len(x) <= n:
        return np.arange(len(x))
    gone = np.concatenate([[0.0], np.hypot(np.diff(x), np.diff(y)).cumsum()])
    wanted = np.linspace(0, gone[-1], n)
    kept = np.unique(np.searchsorted(gone, wanted).clip(0, len(x) - 1))
    kept[-1] = len(x) - 1
    return kept


def threshold_scores(is_it: Flags, p: Floats) -> dict[str, Floats]:
    """Return precision, recall and F1 of the class at each threshold of ``GRID``.

    Precision is NaN where nothing is an alert.
    """
    found = np.sort(p[is_it])
    alarmed = np.sort(p)
    hits = len(found) - np.searchsorted(found, GRID)
    given = len(alarmed) - np.searchsorted(alarmed, GRID)
    counts = hits[:, np.newaxis], given[:, np.newaxis], np.array([len(found)])
    as_floats = tuple(part.astype(np.float64) for part in counts)
    scores = {name: PER_CLASS[name](*as_floats)[:, 0] for name in MEASURES}
    scores["precision"] = np.where(given > 0, scores["precision"], np.nan)
    return scores


def expected_cost(is_it: Flags, p: Floats) -> Floats:
    r"""Return the least normalized expected cost at each of ``PROBABILITY_COST``.

    .. math:: \min_\theta \; FNR(\theta)\,PC + FPR(\theta)\,(1 - PC)

    over all thresholds, "never" and "always" among them.

    References
    ----------
    Drummond, C. and Holte, R. C. (2006). "Cost curves: an improved method for
    visualizing classifier performance", Machine Learning 65, 95-130,
    :doi:`10.1007/s10994-006-8199-5`.
    """
    fpr, tpr, _ = roc_curve(is_it, p)
    least = np.full(len(PROBABILITY_COST), np.inf)
    # In parts: a line for each threshold of a large table would not fit into memory.
    for part in np.array_split(np.arange(len(fpr)), -(-len(fpr) // 1000)):
        lines = np.outer(1 - tpr[part], PROBABILITY_COST)
        lines += np.outer(fpr[part], 1 - PROBABILITY_COST)
        least = np.minimum(least, lines.min(axis=0))
    return least
