"""Covariances: estimated from rows, mixed, and stored compactly.

With fewer rows than columns, a covariance is stored as factors plus a diagonal
(``LowRank``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from imbsuite._types import Floats


@dataclass(frozen=True)
class LowRank:
    r"""A covariance of d columns from fewer rows, without its d x d entries.

    It is :math:`\sum_i w_i A_i^T A_i + \mathrm{diag}(v)`.

    Attributes
    ----------
    factors : tuple of (float, ndarray of shape (n_i, d))
        The :math:`w_i` and :math:`A_i`.
    diagonal : ndarray of shape (d,)
    """

    factors: tuple[tuple[float, Floats], ...]
    diagonal: Floats

    @property
    def n_rows(self) -> int:
        """The number of rows of all factors, which bounds the rank of their sum."""
        return sum(len(factor) for _, factor in self.factors)

    def dense(self) -> Floats:
        """Return all entries, (d, d)."""
        entries = np.diag(self.diagonal)
        for weight, factor in self.factors:
            entries += weight * (factor.T @ factor)
        return entries

    def times(self, weight: float) -> LowRank:
        """Return a multiple; a weight of 0 drops the factors."""
        factors = self.factors if weight else ()
        return LowRank(
            tuple((weight * own, factor) for own, factor in factors),
            weight * self.diagonal,
        )

    def within(self, columns: NDArray[np.bool_], ridge: float) -> LowRank:
        """Return the covariance of some columns, with a ridge, and 0 elsewhere."""
        return LowRank(
            tuple((weight, factor * columns) for weight, factor in self.factors),
            (self.diagonal + ridge) * columns,
        )

    def plus(self, other: LowRank) -> LowRank:
        """Return the sum."""
        return LowRank(self.factors + other.factors, self.diagonal + other.diagonal)


Covariance: TypeAlias = Floats | LowRank


def mixture(weights: Any, covariances: list[Covariance]) -> Covariance:
    """Return a weighted sum of covariances, as ``LowRank`` if that is smaller."""
    thin = [each for each in covariances if isinstance(each, LowRank)]
    if len(thin) == len(covariances):
        total = LowRank((), np.zeros(len(thin[0].diagonal)))
        for weight, each in zip(weights, thin, strict=True):
            total = total.plus(each.times(weight))
        return _thinnest(total)
    dense = [all_entries(each) for each in covariances]
    return np.asarray(np.tensordot(weights, dense, axes=1))


def blend(
    borrowed: Covariance, known: Covariance, own: float, alpha: float
) -> Covariance:
    """Return the calibrated covariance: a share ``own`` is kept, the rest borrowed."""
    if isinstance(borrowed, LowRank) and isinstance(known, LowRank):
        blended = borrowed.times(1 - own).plus(known.times(own))
        return add_to_all(_thinnest(blended), alpha)
    return (1 - own) * all_entries(borrowed) + own * all_entries(known) + alpha


def add_to_all(covariance: Covariance, alpha: float) -> Covariance:
    """Return a covariance with ``alpha`` added to every entry: a matrix of rank one."""
    if not isinstance(covariance, LowRank):
        return covariance + alpha
    d = len(covariance.diagonal)
    ones = LowRank(((1.0, np.ones((1, d))),), np.zeros(d))
    return covariance.plus(ones.times(alpha))


def _thinnest(covariance: LowRank) -> Covariance:
    wide = covariance.n_rows < len(covariance.diagonal)
    return covariance if wide else covariance.dense()


def all_entries(covariance: Covariance) -> Floats:
    return covariance.dense() if isinstance(covariance, LowRank) else covariance


def estimate_low_rank(
    points: Floats, covariance: Any = "empirical", weight: Floats | None = None
) -> tuple[Floats, Covariance]:
    """Return the result of ``estimate``, as ``LowRank`` if rows are fewer than columns.

    The structure of a third-party estimator is unknown, so its covariance stays dense.
    """
    n, d = points.shape
    if n >= d or not isinstance(covariance, str):
        return estimate(points, covariance, weight)
    mean, size, centered = _moments(points, weight)
    none = np.zeros(d)
    if size <= 1:
        return mean, LowRank((), none)
    if covariance == "diag":
        return mean, LowRank((), (centered**2).sum(axis=0) / (size - 1))
    if covariance == "empirical":
        return mean, LowRank(((1 / (size - 1), centered),), none)
    # (1 - s) S + s m I, where S is divided by n, and m is the mean of its diagonal.
    centered = points - points.mean(axis=0)
    shrinkage = _SHRINKAGES[covariance](centered)
    level = (centered**2).sum() / (n * d)
    return mean, LowRank(
        (((1 - shrinkage) / n, centered),), np.full(d, shrinkage * level)
    )


def _ledoit_wolf_shrinkage(centered: Floats) -> float:
    from sklearn.covariance import ledoit_wolf_shrinkage

    return float(ledoit_wolf_shrinkage(centered, assume_centered=True))


def _oas_shrinkage(centered: Floats) -> float:
    """Return the shrinkage of scikit-learn's OAS towards a multiple of the identity.

    The function of scikit-learn computes all d x d entries. Their sum of squares equals
    that of the n x n products of rows.
    """
    n, d = centered.shape
    alpha = (((centered @ centered.T) / n) ** 2).sum() / d**2
    squared = ((centered**2).sum() / (n * d)) ** 2
    below = (n + 1) * (alpha - squared / d)
    return 1.0 if below == 0 else float(min((alpha + squared) / below, 1.0))


_SHRINKAGES = {"ledoit_wolf": _ledoit_wolf_shrinkage, "oas": _oas_shrinkage}


def estimate(
    points: Floats, covariance: Any = "empirical", weight: Floats | None = None
) -> tuple[Floats, Floats]:
    """Return mean (d,) and covariance (d, d) of ``points`` (n, d).

    Parameters
    ----------
    points : ndarray of shape (n, d)
        Without missing values.
    covariance : {"empirical", "diag", "ledoit_wolf", "oas"} or estimator
        "empirical" is unbiased (n - 1). An estimator is fitted on the points and has a
        ``covariance_``. The covariance of a single row is 0.
    weight : ndarray of shape (n,), default=None
        Number of copies that each row represents. "ledoit_wolf", "oas" and estimators
        do not support weights, which are then used for the mean only.
    """
    d = points.shape[1]
    mean, size, centered = _moments(points, weight)
    if size <= 1:
        return mean, np.zeros((d, d))
    if covariance == "diag":
        return mean, np.diag((centered**2).sum(axis=0) / (size - 1))
    if covariance == "empirical":
        return mean, centered.T @ centered / (size - 1)
    fitted = _estimator(covariance).fit(points)
    return mean, np.asarray(fitted.covariance_, dtype=np.float64)


def _moments(points: Floats, weight: Floats | None) -> tuple[Floats, float, Floats]:
    """Return the mean, the number of rows, and centered rows times root weights."""
    if weight is None:
        mean = points.sum(axis=0) / max(len(points), 1)
        return mean, len(points), points - mean
    size = float(weight.sum())
    mean = weight @ points / (size or 1.0)
    return mean, size, (points - mean) * np.sqrt(weight)[:, np.newaxis]


def shrink_to_pooled(
    moments: list[tuple[Floats, Covariance]], sizes: NDArray[Any]
) -> list[tuple[Floats, Covariance]]:
    r"""Return moments whose covariances are shrunk towards the pooled covariance.

    .. math::
        a_c S_c + (1 - a_c) S, \qquad S = \frac{\sum_c (n_c - 1) S_c}{\sum_c (n_c - 1)},
        \qquad a_c = \frac{n_c - 1}{n_c - 1 + d}

    Parameters
    ----------
    moments : list of (mean, covariance)
        Unbiased covariances, of d columns.
    sizes : ndarray of shape (n_classes,)
        The :math:`n_c`; values below 1 count as 1.
    """
    freedom = np.maximum(np.asarray(sizes, dtype=np.float64) - 1, 0.0)
    d = len(moments[0][0])
    if not (d and freedom.any()):
        return moments
    within = mixture(freedom / freedom.sum(), [own for _, own in moments])
    return [
        (mean, blend(within, own, n / (n + d), 0.0))
        for (mean, own), n in zip(moments, freedom.tolist(), strict=True)
    ]


# Exponent of 2 above which weights are scaled down: n - 1 and n are then equal.
_MOST = 500


def count_factor(sums: NDArray[np.longdouble], n_rows: int) -> float:
    """Return the factor by which weights become counts of rows.

    It is 1, unless no class has a weight above 1: such weights are relative, and are
    scaled to a mean of 1. Very large weights are divided by a power of 2, so that
    products do not overflow.

    Parameters
    ----------
    sums : ndarray of shape (n_classes,), longdouble
        The weight of each class.
    n_rows : int
        Number of rows with positive weight.
    """
    largest = sums.max()
    if largest <= 1:
        return float(min(n_rows / sums.sum(), np.longdouble(np.finfo(float).max)))
    return float(np.ldexp(1.0, min(0, _MOST - int(np.frexp(largest)[1]))))


def _estimator(covariance: Any) -> Any:
    from sklearn.covariance import OAS, LedoitWolf

    named = {"ledoit_wolf": LedoitWolf, "oas": OAS}
    return named[covariance]() if isinstance(covariance, str) else clone(covariance)
