"""Gaussians of small classes, calibrated by those of large ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from imbsuite._gaussian.covariance import (
    Covariance,
    add_to_all,
    all_entries,
    blend,
    mixture,
)
from imbsuite._gaussian.drawing import Root, draw_normal
from imbsuite._types import Floats, Positions

Weighting: TypeAlias = Literal["paper", "inverse", "size"]


@dataclass(frozen=True)
class Units:
    """The units of Gaussians: powers of numbers, centered and scaled.

    ``varies`` marks the columns that are not constant, ``powered`` those that are
    raised to ``power``: columns without negative values.
    """

    center: Floats
    scale: Floats
    varies: NDArray[np.bool_]
    powered: NDArray[np.bool_]
    power: float

    @classmethod
    def of(cls, center: Floats, spread: Floats, *, standardize: bool) -> Units:
        """Return units without powers, from means and standard deviations."""
        scale = np.where((spread > 0) & standardize, spread, 1.0)
        return cls(center, scale, spread > 0, np.zeros(len(scale), dtype=bool), 1.0)

    def enter(self, numbers: Floats) -> Floats:
        """Return numbers of the table, (n, d), in these units; NaN is kept."""
        points = np.array(numbers, dtype=np.float64)
        if self.powered.any():
            points[:, self.powered] **= self.power
        return (points - self.center) / self.scale

    def draw(
        self, mean: Floats, root: Root, n: int, rng: np.random.Generator
    ) -> Floats:
        """Return draws of ``draw_normal``, with centering and scaling undone."""
        mean = mean * self.scale + self.center
        return draw_normal(mean, root * self.scale, n, rng)

    def undo_power(self, numbers: Floats) -> Floats:
        """Transform draws, in place, into the units of the table."""
        if self.powered.any():
            # A draw below 0 has no root, so it is set to 0.
            roots = np.maximum(numbers[:, self.powered], 0.0) ** (1 / self.power)
            numbers[:, self.powered] = roots
        return numbers

    def describe_mean(self, mean: Floats) -> Floats:
        """Return a mean with centering and scaling undone."""
        return mean * self.scale + self.center

    def describe_covariance(self, covariance: Covariance) -> Floats:
        """Return all entries of a covariance with scaling undone."""
        return all_entries(covariance) * np.outer(self.scale, self.scale)


@dataclass(frozen=True)
class Calibration:
    """Gaussians of classes before and after borrowing; one entry for each class.

    ``neighbors`` and ``weights`` are empty for classes that borrow nothing.
    """

    heads: NDArray[np.bool_]
    means: list[Floats]
    covariances: list[Covariance]
    calibrated_means: list[Floats]
    calibrated_covariances: list[Covariance]
    neighbors: list[Positions]
    weights: list[Floats]

    def of_points(
        self, points: Floats, n_neighbors: int, *, alpha: float, share_means: bool
    ) -> Iterator[tuple[Positions, Floats, Covariance]]:
        """Yield the Gaussians of Distribution Calibration, for the given points.

        Each point has its own mean, and the mean covariance of the heads nearest to it.
        Each item is (positions of the points with the same heads, means, covariance).
        """
        heads = np.flatnonzero(self.heads)
        means = np.array([self.means[c] for c in heads])
        squared = ((points[:, np.newaxis] - means) ** 2).sum(axis=2)
        q = min(n_neighbors, len(heads))
        near = np.sort(np.argsort(squared, axis=1, kind="stable")[:, :q], axis=1)
        if share_means:
            points = (points + means[near].sum(axis=1)) / (q + 1)
        lenders, place = np.unique(near, axis=0, return_inverse=True)
        for i, lent in enumerate(lenders):
            own = np.flatnonzero(place.ravel() == i)
            covariances = [self.covariances[heads[c]] for c in lent]
            shared = mixture(np.full(q, 1 / q), covariances)
            yield own, points[own], add_to_all(shared, alpha)


def calibrate(
    moments: list[tuple[Floats, Covariance]],
    sizes: NDArray[Any],
    *,
    gamma: float,
    n_neighbors: int,
    head_fraction: float,
    alpha: float,
    weighting: Weighting,
    share_means: bool,
    has_spread: NDArray[np.bool_],
) -> Calibration:
    """Let tail classes borrow from the nearest heads; see :class:`RCALSampler`.

    ``has_spread``: the classes with a covariance of their own; others borrow all of it.
    """
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
        borrowed = mixture(weight, [covariances[c] for c in chosen])
        own = 1 - gamma if has_spread[k] else 0.0
        new_covariances[k] = blend(borrowed, covariances[k], own, alpha)
        if share_means:
            shared = np.tensordot(weight, [means[c] for c in chosen], axes=1)
            new_means[k] = gamma * shared + (1 - gamma) * means[k]
    return Calibration(
        heads, means, covariances, new_means, new_covariances, neighbors, weights
    )


def head_mask(sizes: NDArray[Any], fraction: float) -> NDArray[np.bool_]:
    """Return which classes are heads.

    Heads are the shortest prefix of the classes, largest first, that holds ``fraction``
    of the rows, and all classes as large as the last of them. Not all classes are
    heads, unless all are equally large.
    """
    largest_first = np.sort(sizes)[::-1]
    held = np.cumsum(largest_first)
    # The tolerance allows for rounding errors of the sum.
    last = int(np.argmax(held >= fraction * held[-1] * (1 - 1e-12)))
    heads = sizes >= largest_first[last]
    if heads.all() and sizes.min() < sizes.max():
        return np.asarray(sizes > sizes.min())
    return np.asarray(heads)


def borrowing_weights(
    squared: Floats, sizes: NDArray[Any], weighting: Weighting
) -> Floats:
    r"""Return the weights of head classes, which sum to 1.

    Parameters
    ----------
    squared : ndarray of shape (q,)
        Squared distances of the means.
    sizes : ndarray of shape (q,)
        Numbers of rows of the classes.
    weighting : {"paper", "inverse", "size"}
        In proportion to :math:`n_c d_c^2`, :math:`n_c / d_c^2` or :math:`n_c`.
    """
    n = sizes.astype(np.float64)
    if weighting == "paper":
        raw = n * squared
    elif weighting == "inverse":
        # A class at distance 0 gets all weight.
        at_zero = squared == 0
        raw = n * at_zero if at_zero.any() else n / np.where(at_zero, 1.0, squared)
    else:
        raw = n
    return np.asarray(raw / raw.sum() if raw.sum() > 0 else n / n.sum())
