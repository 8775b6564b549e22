"""Metrics of labels, from counts: many confusion matrices at once.

Each takes ``hits`` (..., K), rows of class k that were given k; ``given`` (..., K), rows
that were given k; and ``true`` (K,), rows of class k. 0/0 is 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["METRICS", "Metric", "of_positive"]

Floats = NDArray[np.floating[Any]]
Metric = Callable[[Floats, Floats, Floats], Floats]


def _ratio(above: Any, below: Any) -> Floats:
    return np.asarray(
        np.divide(above, below, out=np.zeros_like(above), where=below != 0)
    )


def _accuracy(hits: Floats, _: Floats, true: Floats) -> Floats:
    return np.asarray(hits.sum(axis=-1) / true.sum())


def _recall(hits: Floats, _: Floats, true: Floats) -> Floats:
    return _ratio(hits, np.broadcast_to(true, hits.shape))


def _precision(hits: Floats, given: Floats, _: Floats) -> Floats:
    return _ratio(hits, given)


def _f1(hits: Floats, given: Floats, true: Floats) -> Floats:
    return _ratio(2 * hits, given + true)


def _jaccard(hits: Floats, given: Floats, true: Floats) -> Floats:
    return _ratio(hits, given + true - hits)


def _mcc(hits: Floats, given: Floats, true: Floats) -> Floats:
    n, right = true.sum(), hits.sum(axis=-1)
    across = right * n - given @ true
    spread = (n**2 - (given**2).sum(axis=-1)) * (n**2 - (true**2).sum())
    return _ratio(across, np.sqrt(np.maximum(spread, 0.0)))


def _mean(metric: Metric) -> Metric:
    return lambda hits, given, true: metric(hits, given, true).mean(axis=-1)


def _weighted(metric: Metric) -> Metric:
    return lambda hits, given, true: metric(hits, given, true) @ (true / true.sum())


def of_positive(metric: Metric, k: int) -> Metric:
    """Return the metric of class ``k`` alone."""
    return lambda hits, given, true: metric(hits, given, true)[..., k]


PER_CLASS: dict[str, Metric] = {
    "f1": _f1,
    "jaccard": _jaccard,
    "precision": _precision,
    "recall": _recall,
}
# scikit-learn's names of scorers.
METRICS: dict[str, Metric] = {
    "accuracy": _accuracy,
    "balanced_accuracy": _mean(_recall),
    "matthews_corrcoef": _mcc,
    **{f"{name}_macro": _mean(metric) for name, metric in PER_CLASS.items()},
    **{f"{name}_weighted": _weighted(metric) for name, metric in PER_CLASS.items()},
}
