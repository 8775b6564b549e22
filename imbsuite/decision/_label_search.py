"""Thresholds of multilabel targets, for metrics that pool labels or rows.

Metrics by label need no special search: each label is tuned as a binary target.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from imbsuite._table import scaled_weight
from imbsuite._types import Floats, Mask
from imbsuite.decision._search import search_for
from imbsuite.decision.metrics import (
    METRICS,
    PER_CLASS,
    POOLED,
    find_metric,
    name_of_metric,
)
from imbsuite.probability.by_label import both_columns

Average = Literal["macro", "weighted", "micro", "samples"]

_ROUNDS = 100  # of Dinkelbach's iteration, which needs about five


def metric_of_labels(scoring: Any) -> tuple[Any, Average]:
    """Return the metric of a label, and how it is averaged.

    "f1_macro" is the mean of the F1 of each label. Metrics without an average in their
    name, and callables, are also computed by label.

    Raises
    ------
    ValueError
        If the metric pools labels or rows and is not the F1.
    """
    name = name_of_metric(scoring)
    if not isinstance(name, str):
        return scoring, "macro"
    metric, _, average = name.rpartition("_")
    if name in POOLED:
        return metric, "micro" if average == "micro" else "samples"
    if average in ("micro", "samples"):
        known = [*METRICS, *PER_CLASS, *POOLED]
        msg = (
            f"The 'scoring' parameter must be one of {sorted(known)} or, for "
            f"multilabel targets, a metric of single labels. Got {scoring!r} instead."
        )
        raise ValueError(msg)
    if metric in PER_CLASS and average == "macro":
        return metric, "macro"
    if metric in PER_CLASS and average == "weighted":
        return metric, "weighted"
    return name, "macro"


def pooled_thresholds(
    labels: NDArray[Any],
    probability: Floats,
    weight: Floats | None,
    *,
    average: Average,
    shared: bool,
) -> Floats:
    """Return the thresholds with the greatest F1, (n_labels,).

    Parameters
    ----------
    labels, probability : ndarray of shape (n_rows, n_labels)
        Unknown labels are -1, and are ignored.
    weight : ndarray of shape (n_rows,) or None
    average : {"micro", "samples"}
    shared : bool
        Whether all labels have the same threshold, as is always so for "samples".
    """
    n_rows, n_labels = labels.shape
    w = np.ones(n_rows) if weight is None else scaled_weight(weight)
    if average == "samples":
        return np.full(n_labels, _best_of_samples(labels, probability, w))
    if shared:
        return np.full(n_labels, _best_of_all(labels, probability, w))
    return _best_of_each(labels, probability, w)


def score_labels(
    scoring: Any,
    labels: NDArray[Any],
    probability: Floats,
    weight: Floats | None,
    threshold: Floats,
) -> tuple[float, Floats]:
    """Return the metric of all labels, and of each label, (n_labels,).

    The metric of a label is NaN if all its known values of nonzero weight are equal, and
    such labels are left out of the mean. With a metric that pools labels, the F1 of each
    label is returned.

    Parameters
    ----------
    scoring : str or callable
    labels, probability
        See ``pooled_thresholds``.
    weight : ndarray of shape (n_rows,) or None
        For metrics by label, also of shape (n_rows, n_labels).
    threshold : ndarray of shape (n_labels,)
    """
    metric, average = metric_of_labels(scoring)
    each = _weight_of_cells(labels, weight)
    scores = _of_each(metric, labels, probability, each, threshold)
    if average in ("micro", "samples"):
        known = labels >= 0
        flagged = known & (probability >= threshold)
        return _pooled(labels == 1, flagged, weight, average), scores
    there = ~np.isnan(scores)
    if not there.any():
        return np.nan, scores
    share = np.ones(len(scores))
    if average == "weighted":
        has = labels == 1
        share = (has if each is None else has * each).sum(axis=0)
    return float(np.average(scores[there], weights=share[there])), scores


def _weight_of_cells(labels: NDArray[Any], weight: Floats | None) -> Floats | None:
    """Return the weights of rows, or of cells, with a column for each label."""
    if weight is None:
        return None
    return np.broadcast_to(scaled_weight(weight).T, labels.T.shape).T


def _of_each(
    scoring: Any,
    labels: NDArray[Any],
    probability: Floats,
    weight: Floats | None,
    threshold: Floats,
) -> Floats:
    metric = find_metric(scoring, np.arange(2), 1, weighted=weight is not None)
    scores = np.full(len(threshold), np.nan)
    counted = labels >= 0 if weight is None else (labels >= 0) & (weight > 0)
    for j, theta in enumerate(threshold):
        known = counted[:, j]
        y = labels[known, j]
        if len(np.unique(y)) == 2:
            own = None if weight is None else weight[known, j]
            search = search_for(metric, both_columns(probability[known, j]), y, own)
            scores[j] = search.score(np.array([1 - theta, theta]))
    return scores


def _pooled(
    labels: NDArray[Any], flagged: Mask, weight: Floats | None, average: Average
) -> float:
    """Return the F1 of all cells, or its mean over rows ("samples"); 0/0 is 0."""
    w = np.ones(len(labels)) if weight is None else scaled_weight(weight)
    hits = (flagged * labels).sum(axis=1)
    both = flagged.sum(axis=1) + labels.sum(axis=1)
    if average == "micro":
        return float(2 * (w @ hits) / max(float(w @ both), np.finfo(float).tiny))
    return float(w @ (2 * hits / np.maximum(both, 1)) / w.sum())


def _best_of_all(labels: NDArray[Any], probability: Floats, w: Floats) -> float:
    """Return the shared threshold with the greatest micro F1, exactly."""
    f1 = find_metric("f1", np.arange(2), 1)
    known = labels >= 0
    weight = np.broadcast_to(w[:, np.newaxis], labels.shape)[known]
    p = both_columns(probability[known])
    return float(search_for(f1, p, labels[known], weight).best()[0][1])


def _best_of_samples(labels: NDArray[Any], probability: Floats, w: Floats) -> float:
    """Return the shared threshold with the greatest mean F1 of rows, exactly.

    As the threshold falls, the labels of a row are flagged one after another, so each
    adds a known amount to the F1 of its row.
    """
    # Unknown cells come last in their row.
    p = np.where(labels >= 0, probability, -1.0)
    order = np.argsort(-p, axis=1, kind="stable")
    cells = np.take_along_axis(labels, order, axis=1)
    known, has = cells >= 0, cells == 1
    n_flagged = np.arange(1, labels.shape[1] + 1)
    f1 = 2 * has.cumsum(axis=1) / (n_flagged + has.sum(axis=1, keepdims=True))
    gain = np.diff(f1, axis=1, prepend=0.0) * w[:, np.newaxis]
    p = np.take_along_axis(p, order, axis=1)
    cut, score = _cuts(p[known], gain[known])
    return float(cut[_last_best(score)])


def _best_of_each(labels: NDArray[Any], probability: Floats, w: Floats) -> Floats:
    """Return the threshold of each label for the greatest micro F1, exactly.

    Dinkelbach's iteration: for a fixed F1 of f, each label is a separate problem:
    maximize 2 TP - f (flagged + positive). Then f becomes the F1 of the solution, until
    it no longer increases.
    """
    parts = [
        _cuts_of(labels[:, j], probability[:, j], w) for j in range(labels.shape[1])
    ]
    positive = float(w @ (labels == 1).sum(axis=1))
    f = 0.0
    for _ in range(_ROUNDS):
        chosen = [_last_best(2 * hits - f * n) for _, hits, n in parts]
        hits = sum(part[1][i] for part, i in zip(parts, chosen, strict=True))
        flagged = sum(part[2][i] for part, i in zip(parts, chosen, strict=True))
        before, f = f, 2 * hits / max(flagged + positive, np.finfo(float).tiny)
        if f <= before:
            break
    return np.array([part[0][i] for part, i in zip(parts, chosen, strict=True)])


def _cuts_of(
    labels: NDArray[Any], probability: Floats, w: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return thresholds of a label, and the hits and flagged rows at each."""
    known = labels >= 0
    p, own = probability[known], w[known]
    cut, hits = _cuts(p, own * labels[known])
    return cut, hits, _cuts(p, own)[1]


def _cuts(probability: Floats, gain: Floats) -> tuple[Floats, Floats]:
    """Return descending thresholds between probabilities, and the gain at each."""
    if not len(probability):  # the label is unknown in all rows
        return np.array([0.5]), np.zeros(1)
    order = np.argsort(-probability, kind="stable")
    p = probability[order]
    ends = np.flatnonzero(np.append(p[1:] != p[:-1], [True]))
    distinct = p[ends]
    above = max((1 + distinct[0]) / 2, float(np.nextafter(distinct[0], 2.0)))
    # A threshold equal to a probability flags its row, as ``decide`` does.
    below = (distinct + np.append(distinct[1:], 0.0)) / 2
    between = np.where(below < distinct, below, distinct)
    return np.append(above, between), np.append(0.0, np.cumsum(gain[order])[ends])


def _last_best(score: Floats) -> int:
    """Return the position of the best score; ties go to the smallest threshold."""
    return int(np.flatnonzero(score == score.max())[-1])
