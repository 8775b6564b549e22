"""Lloyd's k-means in blocks, without copying the points or storing all distances."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from imbsuite._neighbors.embedding import Embedding
from imbsuite._neighbors.index import ExactIndex
from imbsuite._neighbors.moments import joined_moments, part_moments
from imbsuite._neighbors.scaled import Scaled, batches
from imbsuite._types import Floats, Positions

# As in scikit-learn's KMeans: the maximum number of steps, and the sum of squared
# shifts of the centers, relative to the mean variance of the columns, below which
# iteration stops.
_STEPS, _TOLERANCE = 300, 1e-4
# The size of a block: a sixteenth of the points, or this number of cells if it is
# larger.
_BLOCKS, _CELLS = 16, 2**13


def lloyd(
    points: Embedding, centers: Floats, weight: Floats | None
) -> tuple[NDArray[np.int32], Floats]:
    """Return the cluster of each point, and its squared distance to the center.

    As in scikit-learn, a center without points moves to one of the farthest points.

    Parameters
    ----------
    points : Embedding of shape (n, d)
        Not sparse.
    centers : ndarray of shape (k, d)
        The initial centers.
    weight : ndarray of shape (n,), or None
    """
    n = points.shape[0]
    # Sums of the largest weights must not overflow.
    weight = None if weight is None else weight / weight.max()
    labels, squared = np.full(n, -1, dtype=np.int32), np.empty(n)
    least = _TOLERANCE * _mean_variance(points)
    for _ in range(_STEPS):
        means, changed = _step(points, centers, labels, squared, weight)
        shift = ((means - centers) ** 2).sum()
        centers = means
        if not changed or shift <= least:
            break
    for part, _, nearest, apart in _nearest(points, centers):
        labels[part], squared[part] = nearest, apart
    return labels, squared


def _blocks(points: Embedding) -> Iterator[slice]:
    n, d = points.shape
    return batches(n, max(n // _BLOCKS, _CELLS // max(d, 1)))


def _mean_variance(points: Embedding) -> float:
    if not points.shape[1]:
        return 0.0
    moments = [part_moments(points.at(part)) for part in _blocks(points)]
    return float((joined_moments(moments)[1] ** 2).mean())


def _step(
    points: Embedding,
    centers: Floats,
    labels: NDArray[np.int32],
    squared: Floats,
    weight: Floats | None,
) -> tuple[Floats, bool]:
    """Write the nearest center of each point; return new centers and if any changed."""
    sums, totals, changed = np.zeros_like(centers), np.zeros(len(centers)), False
    for part, block, nearest, apart in _nearest(points, centers):
        load = np.ones(len(block)) if weight is None else weight[part]
        cells = (load, (nearest, np.arange(len(block))))
        sums += sp.csr_array(cells, shape=(len(centers), len(block))) @ block
        totals += np.bincount(nearest, load, minlength=len(centers))
        changed = changed or not np.array_equal(labels[part], nearest)
        labels[part], squared[part] = nearest, apart
    empty = np.flatnonzero(totals == 0)
    if len(empty) and squared.any():
        far = np.argpartition(squared, -len(empty))[: -len(empty) - 1 : -1]
        load = np.ones(len(far)) if weight is None else weight[far]
        moved = points.at(far) * load[:, np.newaxis]
        for total, own in ((sums, moved), (totals, load)):
            total[empty] = own
            np.subtract.at(total, labels[far], own)
    full = totals[:, np.newaxis] > 0
    return np.divide(
        sums, totals[:, np.newaxis], out=centers.copy(), where=full
    ), changed


def _nearest(
    points: Embedding, centers: Floats
) -> Iterator[tuple[slice, Floats, Positions, Floats]]:
    """Yield blocks of points, their nearest centers, and the squared distances."""
    none = np.empty(0, dtype=np.intp)
    every = np.arange(len(centers))
    index = ExactIndex(Scaled(centers), every, 0.0, none, points.shape[0])
    for part in _blocks(points):
        block = points.at(part)
        near, apart = index.search(Scaled(block), np.arange(len(block)), 1)
        yield part, block, near[:, 0], apart[:, 0]
