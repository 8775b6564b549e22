"""Means and covariances: estimated, borrowed from larger classes, and drawn from."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from imbsuite._kernels import threads_for

__all__ = [
    "Calibration",
    "Units",
    "Weighting",
    "borrowing_weights",
    "calibrate",
    "draw_normal",
    "estimate",
    "head_mask",
    "symmetric_root",
]

Floats: TypeAlias = NDArray[np.floating[Any]]
Positions: TypeAlias = NDArray[np.intp]
_BATCH_CELLS = 2**17  # numbers drawn at once: they stay in the processor's cache
# Products (rows x columns²) that OpenBLAS does without threads of its own, which would
# stand in the way of ours long after.
_ALONE = 2**18
_WORTH_SHARING = 4  # rows at once; with fewer, BLAS's own threads are faster
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

    def draw(
        self, mean: Floats, root: Floats, n: int, rng: np.random.Generator
    ) -> Floats:
        """Return what ``draw_normal`` does, without centring and scaling."""
        mean = mean * self.scale + self.center
        return draw_normal(mean, root * self.scale, n, rng)

    def undo_power(self, numbers: Floats) -> Floats:
        """Turn draws, in place, into the table's own numbers."""
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


def symmetric_root(covariance: Floats) -> Floats:
    """Return R with R R = ``covariance``; eigenvalues below 0 count as 0.

    Rounding leaves some of a singular covariance. Unlike other roots, this one does not
    depend on the signs that eigenvectors come with.
    """
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)


def draw_normal(mean: Floats, root: Floats, n: int, rng: np.random.Generator) -> Floats:
    """Return ``n`` draws, (n, d), from N(mean, root root); or around n means (n, d)."""
    d = len(root)
    drawn, means = np.empty((n, d)), np.broadcast_to(mean, (n, d))
    rows = max(1, _BATCH_CELLS // max(d, 1))
    alone = _ALONE // max(d, 1) ** 2
    few, threads = (alone, threads_for(n * d)) if alone >= _WORTH_SHARING else (rows, 1)

    def fill(start: int, stream: np.random.Generator) -> None:
        own = drawn[start : start + rows]
        noise = stream.standard_normal(own.shape)
        stacks = len(own) // few
        even, shape = stacks * few, (stacks, few, d)
        np.matmul(noise[:even].reshape(shape), root, out=own[:even].reshape(shape))
        np.matmul(noise[even:], root, out=own[even:])
        own += means[start : start + rows]

    starts = range(0, n, rows)
    with ThreadPoolExecutor(threads) as pool:
        # A stream for each batch: the number of these threads changes nothing.
        list(pool.map(fill, starts, rng.spawn(len(starts))))
    return drawn
