"""Draws from a Gaussian, by a symmetric root of its covariance.

The root of a covariance of low rank is a multiple of the identity except in as many
directions as there are rows, so its draws equal those of the dense root for the same
noise. Draws multiply so few rows at a time that OpenBLAS starts no threads, and all
covariances are factorized before the first draw: threads of OpenBLAS spin for about
25 ms after their work, on cores that the threads of this module need. (threadpoolctl
could limit them, but two overlapping calls can leave the limit at one permanently.)
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from imbsuite._gaussian.covariance import Covariance, LowRank
from imbsuite._kernels import threads_for
from imbsuite._types import Floats

_BATCH_CELLS = 2**17  # numbers drawn at once, which fit into the processor's cache
# The largest product (rows x columns²) that OpenBLAS computes without its own threads.
_ALONE = 2**18
_WORTH_SHARING = 4  # rows at once; with fewer, BLAS's own threads are faster
_THIN_ROWS = 256  # multiplied at once by a thin root, which is read each time


@dataclass(frozen=True)
class ThinRoot:
    """A symmetric root V' diag(c) V + diag(r), kept as V, c and r; see ``thin_root``.

    ``right`` is V, with its columns in the same units as those of ``rest``.
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


def root_of(covariance: Covariance, columns: NDArray[np.bool_], ridge: float) -> Root:
    """Return the symmetric root of the covariance of some columns, with a ridge."""
    if isinstance(covariance, LowRank):
        return thin_root(covariance.within(columns, ridge))
    inside = covariance * np.outer(columns, columns)
    return symmetric_root(inside + ridge * np.diag(columns))


def symmetric_root(covariance: Floats) -> Floats:
    """Return R with R R = ``covariance``; eigenvalues below 0 count as 0.

    Rounding makes some eigenvalues of a singular covariance negative. Unlike other
    roots, this one does not depend on the signs of eigenvectors.
    """
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)


def thin_root(covariance: LowRank) -> Root:
    """Return the symmetric root of a covariance of low rank, without all its entries.

    If the diagonal has the same value u in all columns in which factors are not 0, the
    eigenvectors are the right singular vectors V of the factors, with the eigenvalues
    s² + u, and all vectors orthogonal to them, with the eigenvalue u. The root is then
    V' diag(sqrt(s² + u) - sqrt(u)) V + diag(sqrt(v)), the same matrix as the result of
    ``symmetric_root``. Otherwise, all entries are computed.
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
    # With QR first, the SVD is that of a small matrix, in a tenth of the time.
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
        # A stream for each batch, so that draws do not depend on the number of threads.
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


def within_range(rows: Floats, members: Floats) -> Floats:
    """Clip rows to the range of each column of ``members``, ignoring missing values."""
    low = np.where(np.isnan(members), np.inf, members).min(axis=0)
    high = np.where(np.isnan(members), -np.inf, members).max(axis=0)
    return np.minimum(np.maximum(rows, low), high)
