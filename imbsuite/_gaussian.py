"""Gaussians of classes: estimated, calibrated by larger classes, and sampled.

Of few rows and many columns, a covariance is kept as factors plus a diagonal (``LowRank``).
Its symmetric root is a multiple of the identity except in as many directions as there are
rows, so draws are those of the dense root, from the same noise. Draws multiply so few rows
at a time that OpenBLAS uses no threads of its own, and all covariances are factorized
before the first draw: threads of OpenBLAS spin for some 25 ms after their work, on
processors that these threads need. (threadpoolctl could hold them back, but two overlapping
calls can leave them at one for good.)
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from imbsuite._kernels import threads_for
from imbsuite._types import Floats, Positions

__all__ = [
    "Calibration",
    "Covariance",
    "LowRank",
    "Root",
    "Units",
    "Weighting",
    "add_to_all",
    "borrowing_weights",
    "calibrate",
    "draw_normal",
    "estimate",
    "estimate_low_rank",
    "head_mask",
    "mixture",
    "symmetric_root",
    "thin_root",
]

_BATCH_CELLS = 2**17  # numbers drawn at once, which fit into the processor's cache
# The largest product (rows x columns²) that OpenBLAS computes without its own threads.
_ALONE = 2**18
_WORTH_SHARING = 4  # rows at once; with fewer, BLAS's own threads are faster
_THIN_ROWS = 256  # multiplied at once by a thin root, which is read each time
Weighting: TypeAlias = Literal["paper", "inverse", "size"]


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
        """The number of rows of all factors, which bounds the rank without the diagonal."""
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


@dataclass(frozen=True)
class ThinRoot:
    """A symmetric root V' diag(c) V + diag(r), kept as V, c and r; see ``thin_root``.

    ``right`` is V, its columns in other units where those of ``rest`` are.
    """

    vectors: Floats
    right: Floats
    extra: Floats
    rest: Floats

    def __len__(self) -> int:
        return len(self.rest)

    def __mul__(self, scale: Floats) -> ThinRoot:
        """Return the root with its columns in other units."""
        return replace(self, right=self.right * scale, rest=self.rest * scale)

    def apply(self, noise: Floats) -> Floats:
        """Return the product of rows of noise, (n, d), and the root."""
        return (noise @ self.vectors.T * self.extra) @ self.right + noise * self.rest


Root: TypeAlias = Floats | ThinRoot


@dataclass(frozen=True)
class Units:
    """The units of Gaussians: powers of numbers, centered and scaled.

    ``varies`` says which columns are not constant, ``powered`` which are raised to
    ``power``: those without negative values.
    """

    center: Floats
    scale: Floats
    varies: NDArray[np.bool_]
    powered: NDArray[np.bool_]
    power: float

    def enter(self, numbers: Floats) -> Floats:
        """Return numbers of the table, (n, d), in these units; NaN stays."""
        points = np.array(numbers, dtype=np.float64)
        if self.powered.any():
            points[:, self.powered] **= self.power
        return (points - self.center) / self.scale

    def draw(
        self, mean: Floats, root: Root, n: int, rng: np.random.Generator
    ) -> Floats:
        """Return the result of ``draw_normal``, without centering and scaling."""
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
        """Return a mean without centering and scaling."""
        return mean * self.scale + self.center

    def describe_covariance(self, covariance: Covariance) -> Floats:
        """Return all entries of a covariance without scaling."""
        return _dense(covariance) * np.outer(self.scale, self.scale)


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


def calibrate(
    moments: list[tuple[Floats, Covariance]],
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
        borrowed = mixture(weight, [covariances[c] for c in chosen])
        # A single row has no spread, so the whole covariance is borrowed.
        own = 1 - gamma if sizes[k] > 1 else 0.0
        new_covariances[k] = _blend(borrowed, covariances[k], own, alpha)
        if share_means:
            shared = np.tensordot(weight, [means[c] for c in chosen], axes=1)
            new_means[k] = gamma * shared + (1 - gamma) * means[k]
    return Calibration(
        heads, means, covariances, new_means, new_covariances, neighbors, weights
    )


def mixture(weights: Any, covariances: list[Covariance]) -> Covariance:
    """Return a weighted sum of covariances, as ``LowRank`` if that is smaller."""
    thin = [each for each in covariances if isinstance(each, LowRank)]
    if len(thin) == len(covariances):
        total = LowRank((), np.zeros(len(thin[0].diagonal)))
        for weight, each in zip(weights, thin, strict=True):
            total = total.plus(each.times(weight))
        return _thinnest(total)
    dense = [_dense(each) for each in covariances]
    return np.asarray(np.tensordot(weights, dense, axes=1))


def _blend(
    borrowed: Covariance, known: Covariance, own: float, alpha: float
) -> Covariance:
    """Return the calibrated covariance: a share ``own`` is kept, the rest borrowed."""
    if isinstance(borrowed, LowRank) and isinstance(known, LowRank):
        blended = borrowed.times(1 - own).plus(known.times(own))
        return add_to_all(_thinnest(blended), alpha)
    return (1 - own) * _dense(borrowed) + own * _dense(known) + alpha


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


def _dense(covariance: Covariance) -> Floats:
    return covariance.dense() if isinstance(covariance, LowRank) else covariance


def estimate_low_rank(
    points: Floats, covariance: Any = "empirical"
) -> tuple[Floats, Covariance]:
    """Return the result of ``estimate``, as ``LowRank`` if rows are fewer than columns.

    The structure of a third-party estimator is unknown, so its covariance stays dense.
    """
    n, d = points.shape
    if n >= d or not isinstance(covariance, str):
        return estimate(points, covariance)
    mean, none = points.sum(axis=0) / max(n, 1), np.zeros(d)
    if n < 2:
        return mean, LowRank((), none)
    centered = points - mean
    if covariance == "diag":
        return mean, LowRank((), (centered**2).sum(axis=0) / (n - 1))
    if covariance == "empirical":
        return mean, LowRank(((1 / (n - 1), centered),), none)
    # (1 - s) S + s m I: S of n degrees of freedom, m the mean of its diagonal.
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

    Its own function computes all entries. Their sum of squares equals that of the products
    of rows.
    """
    n, d = centered.shape
    alpha = (((centered @ centered.T) / n) ** 2).sum() / d**2
    squared = ((centered**2).sum() / (n * d)) ** 2
    below = (n + 1) * (alpha - squared / d)
    return 1.0 if below == 0 else float(min((alpha + squared) / below, 1.0))


_SHRINKAGES = {"ledoit_wolf": _ledoit_wolf_shrinkage, "oas": _oas_shrinkage}


def estimate(points: Floats, covariance: Any = "empirical") -> tuple[Floats, Floats]:
    """Return mean (d,) and covariance (d, d) of ``points`` (n, d).

    Parameters
    ----------
    points : ndarray of shape (n, d)
        Without missing values.
    covariance : {"empirical", "diag", "ledoit_wolf", "oas"} or estimator
        "empirical" is unbiased (n - 1). An estimator is fitted on the points and has a
        ``covariance_``. The covariance of a single row is 0.
    """
    n, d = points.shape
    mean = points.sum(axis=0) / max(n, 1)
    if n < 2:
        return mean, np.zeros((d, d))
    centered = points - mean
    if covariance == "diag":
        return mean, np.diag((centered**2).sum(axis=0) / (n - 1))
    if covariance == "empirical":
        return mean, centered.T @ centered / (n - 1)
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
    # The tolerance is for rounding errors below the fraction.
    last = int(np.argmax(held >= fraction * held[-1] * (1 - 1e-12)))
    heads = sizes >= largest_first[last]
    if heads.all() and sizes.min() < sizes.max():
        return np.asarray(sizes > sizes.min())
    return np.asarray(heads)


def borrowing_weights(
    squared: Floats, sizes: NDArray[np.intp], weighting: Weighting
) -> Floats:
    r"""Return the weights of head classes, which sum to 1.

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
        # A class at distance 0 gets all weight.
        at_zero = squared == 0
        raw = n * at_zero if at_zero.any() else n / np.where(at_zero, 1.0, squared)
    else:
        raw = n
    return np.asarray(raw / raw.sum() if raw.sum() > 0 else n / n.sum())


def symmetric_root(covariance: Floats) -> Floats:
    """Return R with R R = ``covariance``; eigenvalues below 0 count as 0.

    Rounding makes some eigenvalues of a singular covariance negative. Unlike other roots,
    this one does not depend on the signs of eigenvectors.
    """
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)


def thin_root(covariance: LowRank) -> Root:
    """Return the symmetric root of a covariance of low rank, without computing its entries.

    Where the diagonal is one number u in all columns that the factors reach, the
    eigenvectors are the right singular vectors V of the factors, with the eigenvalues
    s² + u, and whatever is orthogonal to them, with u. So the root is
    V' diag(sqrt(s² + u) - sqrt(u)) V + diag(sqrt(v)): the same matrix as
    ``symmetric_root``'s. Otherwise, all entries are computed.
    """
    d = len(covariance.diagonal)
    rest = np.sqrt(covariance.diagonal)
    if not covariance.factors:
        none = np.empty((0, d))
        return ThinRoot(none, none, np.empty(0), rest)
    stacked = np.concatenate([np.sqrt(w) * factor for w, factor in covariance.factors])
    reached = rest[stacked.any(axis=0)]
    if reached.size and np.ptp(reached):
        return symmetric_root(covariance.dense())
    level = reached[0] if reached.size else 0.0
    # Singular vectors of many columns from those of a few, in a tenth of the time.
    base, triangle = np.linalg.qr(stacked.T)
    _, values, turned = np.linalg.svd(triangle.T)
    vectors = turned @ base.T
    return ThinRoot(vectors, vectors, np.hypot(values, level) - level, rest)


def draw_normal(mean: Floats, root: Root, n: int, rng: np.random.Generator) -> Floats:
    """Return ``n`` draws, (n, d), from N(mean, root root); or around n means (n, d)."""
    if isinstance(root, ThinRoot):
        return _draw_thin(mean, root, n, rng)
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
        # A stream for each batch, so that the number of threads does not change the draws.
        list(pool.map(fill, starts, rng.spawn(len(starts))))
    return drawn


def _draw_thin(
    mean: Floats, root: ThinRoot, n: int, rng: np.random.Generator
) -> Floats:
    """Return the draws of ``draw_normal`` for a thin root, from the same noise."""
    d = len(root)
    drawn = np.empty((n, d))
    rows = max(1, _BATCH_CELLS // max(d, 1))
    starts = range(0, n, rows)
    for start, stream in zip(starts, rng.spawn(len(starts)), strict=True):
        stream.standard_normal(out=drawn[start : start + rows])
    for start in range(0, n, _THIN_ROWS):
        own = drawn[start : start + _THIN_ROWS]
        own[:] = root.apply(own)
    drawn += mean
    return drawn
