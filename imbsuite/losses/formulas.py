"""Metrics of soft counts, with their derivatives."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from imbsuite._types import Floats


def _divided(above: Any, below: Any) -> Floats:
    """Return the ratio; 0/0 is 0."""
    above, below = np.broadcast_arrays(above, below)
    zeros = np.zeros(above.shape)
    return np.asarray(np.divide(above, below, out=zeros, where=below != 0))


class Formula(ABC):
    """A metric of ``hits``, ``predicted`` and ``true``, the sums over rows by class.

    ``hits`` (..., K): rows of class k that are predicted as k; ``predicted`` (..., K):
    rows that are predicted as k; ``true`` (K,): rows of class k.
    """

    @abstractmethod
    def value(self, hits: Floats, predicted: Floats, true: Floats) -> Any:
        """Return the metric of each table of counts, (...)."""

    @abstractmethod
    def gradient(
        self, hits: Floats, predicted: Floats, true: Floats
    ) -> tuple[Floats, Floats]:
        """Return the derivatives with respect to ``hits`` and ``predicted``, (K,)."""


class Ratios(Formula):
    """A weighted mean over classes of a · hits / (b · hits + c · predicted + d · true).

    ``share``: the weight of each class; None: classes are weighted by their rows.
    """

    def __init__(
        self, parts: tuple[float, float, float, float], share: Floats | None
    ) -> None:
        self._parts = parts
        self._share = share

    def _weights(self, true: Floats) -> Floats:
        return true / true.sum() if self._share is None else self._share

    def _below(self, hits: Floats, predicted: Floats, true: Floats) -> Floats:
        _, b, c, d = self._parts
        return b * hits + c * predicted + d * true

    def value(self, hits: Floats, predicted: Floats, true: Floats) -> Any:
        """Return the metric of each table of counts."""
        above = self._parts[0] * hits
        return _divided(above, self._below(hits, predicted, true)) @ self._weights(true)

    def gradient(
        self, hits: Floats, predicted: Floats, true: Floats
    ) -> tuple[Floats, Floats]:
        """Return the derivatives with respect to ``hits`` and ``predicted``."""
        a, b, c, _ = self._parts
        below = self._below(hits, predicted, true)
        ratio = _divided(a * hits, below)
        scale = _divided(self._weights(true), below)
        return scale * (a - b * ratio), scale * (-c * ratio)


class GeometricMean(Formula):
    """The geometric mean of the recalls of all classes."""

    def value(self, hits: Floats, predicted: Floats, true: Floats) -> Any:
        """Return the metric of each table of counts."""
        return np.prod(_divided(hits, true) ** (1 / len(true)), axis=-1)

    def gradient(
        self, hits: Floats, predicted: Floats, true: Floats
    ) -> tuple[Floats, Floats]:
        """Return the derivatives with respect to ``hits`` and ``predicted``."""
        mean = self.value(hits, predicted, true)
        return _divided(mean / len(true), hits), np.zeros(len(true))


class Kappa(Formula):
    """Cohen's kappa: agreement beyond chance."""

    def _shares(self, hits: Floats, predicted: Floats, true: Floats) -> tuple[Any, Any]:
        n = true.sum()
        return hits.sum(axis=-1) / n, predicted @ true / n**2

    def value(self, hits: Floats, predicted: Floats, true: Floats) -> Any:
        """Return the metric of each table of counts."""
        agreed, chance = self._shares(hits, predicted, true)
        return _divided(agreed - chance, 1 - chance)

    def gradient(
        self, hits: Floats, predicted: Floats, true: Floats
    ) -> tuple[Floats, Floats]:
        """Return the derivatives with respect to ``hits`` and ``predicted``."""
        n = true.sum()
        _, chance = self._shares(hits, predicted, true)
        scale = _divided(1.0, n * (1 - chance))
        kappa = self.value(hits, predicted, true)
        return np.full(len(true), scale), scale * (kappa - 1) * true / n


class Correlation(Formula):
    """Matthews's correlation coefficient."""

    def _spreads(self, predicted: Floats, true: Floats) -> tuple[Any, Any]:
        n = true.sum()
        return n**2 - (predicted**2).sum(axis=-1), n**2 - (true**2).sum()

    def value(self, hits: Floats, predicted: Floats, true: Floats) -> Any:
        """Return the metric of each table of counts."""
        of_predicted, of_true = self._spreads(predicted, true)
        across = hits.sum(axis=-1) * true.sum() - predicted @ true
        return _divided(across, np.sqrt(np.maximum(of_predicted * of_true, 0.0)))

    def gradient(
        self, hits: Floats, predicted: Floats, true: Floats
    ) -> tuple[Floats, Floats]:
        """Return the derivatives with respect to ``hits`` and ``predicted``."""
        of_predicted, of_true = self._spreads(predicted, true)
        scale = _divided(1.0, np.sqrt(np.maximum(of_predicted * of_true, 0.0)))
        value = self.value(hits, predicted, true)
        by_predicted = -scale * true + _divided(value * predicted, of_predicted)
        return np.full(len(true), scale * true.sum()), by_predicted


# a, b, c, d of Ratios.
_RECALL = (1.0, 0.0, 0.0, 1.0)
PER_CLASS: dict[str, tuple[float, float, float, float]] = {
    "f1": (2.0, 0.0, 1.0, 1.0),
    "jaccard": (1.0, -1.0, 1.0, 1.0),
    "precision": (1.0, 0.0, 1.0, 0.0),
    "recall": _RECALL,
}
OF_ONE_CLASS = (*PER_CLASS, "fbeta")
_OF_ALL: dict[str, type[Formula]] = {
    "cohen_kappa": Kappa,
    "gmean": GeometricMean,
    "matthews_corrcoef": Correlation,
}
_AVERAGES = ("macro", "weighted")
METRIC_NAMES = sorted(
    [
        "accuracy",
        "balanced_accuracy",
        *_OF_ALL,
        *OF_ONE_CLASS,
        *(f"{name}_{average}" for name in OF_ONE_CLASS for average in _AVERAGES),
    ]
)


def _of_beta(beta: float) -> tuple[float, float, float, float]:
    """Return a, b, c, d of F_b = (1 + b²) hits / (predicted + b² true).

    They are divided by 1 + b², because b² may be infinite.
    """
    length = math.hypot(1.0, beta)
    return 1.0, 0.0, (1.0 / length) ** 2, (beta / length) ** 2


def formula_of(name: str, beta: float, n_classes: int, positive: int) -> Formula:
    """Return the formula of a metric of ``METRIC_NAMES``.

    Parameters
    ----------
    name : str
    beta : float
        b of "fbeta".
    n_classes : int
    positive : int
        The class of a metric of one class.
    """
    if name in _OF_ALL:
        return _OF_ALL[name]()
    if name == "accuracy":
        return Ratios(_RECALL, None)
    if name == "balanced_accuracy":
        name = "recall_macro"
    base, _, average = name.partition("_")
    parts = PER_CLASS[base] if base in PER_CLASS else _of_beta(beta)
    if average == "weighted":
        return Ratios(parts, None)
    even = np.full(n_classes, 1 / n_classes)
    return Ratios(parts, even if average else np.eye(n_classes)[positive])
