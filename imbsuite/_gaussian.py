"""Means and covariances: estimated, borrowed from larger classes, and drawn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

__all__ = [
    "Calibration",
    "Units",
    "Weighting",
    "borrowing_weights",
    "calibrate",
    "draw_normal",
    "estimate",
    "head_mask",
]

Floats: TypeAlias = NDArray[np.floating[Any]]
Positions: TypeAlias = NDArray[np.intp]
_BATCH = 4_096  # draws at once: small enough for the processor's cache
Weighting: TypeAlias = Literal["paper", "inverse", "size"]


@dataclass(frozen=True)
class Units:
    """The units that Gaussians live in: powers of numbers, centred and scaled.

    ``varies`` says which columns are not constant, ``powered`` which are raised to
    ``power``: those without negative values.
    """

    center: Floats
    scale: Floats
    varies: NDArray[np.bool_]
    powered: NDArray[np.bool_]
    power: float

    def enter(self, numbers: Any) -> Floats:
        """Return dense numbers of the table, (n, d), in these units; NaN stays."""
        dense = numbers.toarray() if hasattr(numbers, "toarray") else numbers
        points = np.array(dense, dtype=np.float64)
        if self.powered.any():
            points[:, self.powered] **= self.power
        return (points - self.center) / self.scale

    def leave(self, points: Floats) -> Floats:
        """Turn points, in place, into the table's own units: the inverse of ``enter``."""
        numbers = points
        numbers *= self.scale
        numbers += self.center
        if self.powered.any():
            # A draw below 0 has no root; 0 is the nearest number that has.
            roots = np.maximum(numbers[:, self.powered], 0.0) ** (1 / self.power)
            numbers[:, self.powered] = roots
        return numbers

    def describe(self, mean: Floats, covariance: Floats) -> tuple[Floats, Floats]:
        """Return a mean and a covariance without centring and scaling."""
        return mean * self.scale + self.center, covariance * np.outer(
            self.scale, self.scale
        )


@dataclass(frozen=True)
class Calibration:
    """Gaussians of classes before and after borrowing; one entry for each class.

    ``neighbors`` and ``weights`` are empty for classes that borrow nothing.
    """

    heads: NDArray[np.bool_]
    means: list[Floats]
    covariances: list[Floats]
    calibrated_means: list[Floats]
    calibrated_covariances: list[Floats]
    neighbors: list[Positions]
    weights: list[Floats]


def calibrate(
    moments: list[tuple[Floats, Floats]],
    sizes: NDArray[np.intp],
    *,
    gamma: float,
    n_neighbors: int,
    head_fraction: float,
    alpha: float,
    weighting: Weighting,
    share_means: bool,
) -> Calibration:
    """Let tail classes borrow from the nearest heads; see :class:`RCALSampler`."""
    heads = head_mask(sizes, head_fraction)
    known = np.flatnonzero(heads)
    means, covariances = (list(part) for part in zip(*moments, strict=True))
    new_means, new_covariances = list(means), list(covariances)
    neighbors = [np.empty(0, dtype=np.intp) for _ in means]
    weights: list[Floats] = [np.empty(0) for _ in means]
    for k in np.flatnonzero(~heads):
        squared = np.array([((means[c] - means[k]) ** 2).sum() for c in known])
        near = np.argsort(squared, kind="stable")[:n_neighbors]
        chosen = neighbors[k] = known[near]
        weight = weights[k] = borrowing_weights(squared[near], sizes[chosen], weighting)
        borrowed = np.tensordot(weight, [covariances[c] for c in chosen], axes=1)
        # One row says nothing of a spread: all of it is borrowed.
        own = 1 - gamma if sizes[k] > 1 else 0.0
        new_covariances[k] = (1 - own) * borrowed + own * covariances[k] + alpha
        if share_means:
            shared = np.tensordot(weight, [means[c] for c in chosen], axes=1)
            new_means[k] = gamma * shared + (1 - gamma) * means[k]
    return Calibration(
        heads, means, covariances, new_means, new_covariances, neighbors, weights
    )


def estimate(points: Floats, covariance: Any = "empirical") -> tuple[Floats, Floats]:
    """Return mean (d,) and covariance (d, d) of ``points`` (n, d).

    Parameters
    ----------
    points : ndarray of shape (n, d)
        Without gaps.
    covariance : {"empirical", "diag", "ledoit_wolf", "oas"} or estimator
        "empirical" is unbiased (n - 1). An estimator is fitted on the points and has a
        ``covariance_``. One row has a covariance of 0.
    """
    n, d = points.shape
    mean = points.sum(axis=0) / max(n, 1)
    if n < 2:
        return mean, np.zeros((d, d))
    centred = points - mean
    if covariance == "diag":
        return mean, np.diag((centred**2).sum(axis=0) / (n - 1))
    if covariance == "empirical":
        return mean, centred.T @ centred / (n - 1)
    fitted = _estimator(covariance).fit(points)
    return mean, np.asarray(fitted.covariance_, dtype=np.float64)


def _estimator(covariance: Any) -> Any:
    from sklearn.covariance import OAS, LedoitWolf

    named = {"ledoit_wolf": LedoitWolf, "oas": OAS}
    return named[covariance]() if isinstance(covariance, str) else clone(covariance)


def head_mask(sizes: NDArray[np.intp], fraction: float) -> NDArray[np.bool_]:
    """Return which classes are heads.

    The shortest prefix of the classes, largest first, that holds ``fraction`` of the
    rows, with all classes as large as its last; never all, unless all are equal.
    """
    largest_first = np.sort(sizes)[::-1]
    held = np.cumsum(largest_first)
    # What is a rounding error below the fraction counts as having reached it.
    last = int(np.argmax(held >= fraction * held[-1] * (1 - 1e-12)))
    heads = sizes >= largest_first[last]
    if heads.all() and sizes.min() < sizes.max():
        return np.asarray(sizes > sizes.min())
    return np.asarray(heads)


def borrowing_weights(
    squared: Floats, sizes: NDArray[np.intp], weighting: Weighting
) -> Floats:
    r"""Return weights that sum to 1 for classes to borrow from.

    Parameters
    ----------
    squared : ndarray of shape (q,)
        Squared distances of the means.
    sizes : ndarray of shape (q,)
        Rows of the classes.
    weighting : {"paper", "inverse", "size"}
        In proportion to :math:`n_c d_c^2`, :math:`n_c / d_c^2` or :math:`n_c`.
    """
    n = sizes.astype(np.float64)
    if weighting == "paper":
        raw = n * squared
    elif weighting == "inverse":
        # A class at distance 0 takes all.
        at_zero = squared == 0
        raw = n * at_zero if at_zero.any() else n / np.where(at_zero, 1.0, squared)
    else:
        raw = n
    return np.asarray(raw / raw.sum() if raw.sum() > 0 else n / n.sum())


def draw_normal(
    mean: Floats, covariance: Floats, n: int, rng: np.random.Generator
) -> Floats:
    """Return ``n`` draws from N(mean, covariance), (n, d); or around n means (n, d).

    Eigenvalues below 0, which rounding leaves of a singular covariance, count as 0.
    """
    values, vectors = np.linalg.eigh(covariance)
    # The symmetric root does not depend on the signs that eigenvectors come with.
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    drawn, noise = np.empty((n, len(root))), np.empty((_BATCH, len(root)))
    for start in range(0, n, _BATCH):
        part = drawn[start : start + _BATCH]
        np.matmul(rng.standard_normal(out=noise[: len(part)]), root, out=part)
    drawn += mean
    return drawn
