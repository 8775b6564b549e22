"""Exact nearest neighbours: what is known of the points before they are searched.

Small sets are searched pair by pair. Larger ones stand in clusters, of which most can be
skipped where data have clusters or few dimensions; a pilot on 2 % of the queries finds out.
All choices here are about time: the kernel's result does not depend on them.
"""

from __future__ import annotations

from math import gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._kernels import threads_for
from imbsuite._neighbors.moments import has_gaps

__all__ = ["ExactIndex"]

Positions = NDArray[np.intp]
Floats = NDArray[np.floating[Any]]

# Fewer points, or queries, than this are searched faster than points are clustered.
_CLUSTERED_ROWS = 5_000
_CLUSTER_ROWS = 1_024
_MOST_CLUSTERS = 512
# Fewer queries than this for each cluster do not pay for the clusters.
_QUERIES_A_CLUSTER = 64
_ROUNDS = 3
# One block in so many is the pilot; above this share of the pairs, skipping costs more.
_PILOT_STEP = 50
_WORTH_SKIPPING = 0.8
# As many products take as long as writing a cell.
_PRODUCTS_A_CELL = 128
# Beyond it, in units of the data's own size, the bounds of clusters would overflow.
_LARGEST_CENTER = 1e12
_NONE = np.empty(0, dtype=np.intp)


class ExactIndex:
    """Points to be searched.

    Parameters
    ----------
    points : ndarray of shape (n, d)
        float32 or float64, NaN where missing.
    codes : ndarray of shape (n, c), int32
    mismatch : float
        m, the distance of two different categories, or of a number and none.
    gaps : ndarray of int
        The columns in which NaN occurs, here or among the queries.
    asked : int, default=None
        How many rows will be searched from; None for as many as there are points.
    """

    def __init__(
        self,
        points: Floats,
        codes: NDArray[np.int32],
        mismatch: float,
        gaps: Positions,
        asked: int | None = None,
    ) -> None:
        self.gaps = gaps
        self._points = np.ascontiguousarray(points)
        self._codes = np.ascontiguousarray(codes)
        self._mismatch = mismatch
        counted = mismatch if codes.shape[1] or len(gaps) else 0.0
        self._center, self._scale = _middle(self._points, counted)
        self._labels: Any = None
        self._centers: Any = None
        n, d = points.shape
        centers = None
        fewest = max(_CLUSTERED_ROWS, _QUERIES_A_CLUSTER * (n // _CLUSTER_ROWS))
        many = asked is None or asked >= fewest
        if many and n >= _CLUSTERED_ROWS and d > 0 and len(gaps) == 0:
            centers = self._find_centers()
        if centers is not None:
            self._build_clusters(centers)
        else:
            order, starts = _in_panels(_scattered(n), np.array([n]))
            self._index = self._build(self._points, self._codes, order, starts)

    def _build(
        self, points: Floats, codes: Any, order: Positions, starts: Positions
    ) -> Any:
        from imbsuite._kernels import neighbors

        m2, threads = self._mismatch**2, _threads(points.size)
        center, scale = self._center, self._scale
        return neighbors.Index(
            points, codes, m2, self.gaps, center, scale, order, starts, threads
        )

    def _find_centers(self) -> Floats | None:
        """Return centres of clusters, by k-means on some rows."""
        n = len(self._points)
        m = min(n // _CLUSTER_ROWS, _MOST_CLUSTERS)
        sample = self._points[_scattered(n)[: 32 * m]]
        centers = sample[:m]
        for _ in range(_ROUNDS):
            labels = self._nearest_centers(self._index_centers(centers), sample)[:, 0]
            centers = _means(sample, labels, centers)
        size = np.abs(centers - self._center).max() * self._scale
        return centers if size < _LARGEST_CENTER else None

    def _build_clusters(self, centers: Floats) -> None:
        from scipy.spatial.distance import cdist

        n, m = len(self._points), len(centers)
        self._centers = self._index_centers(centers)
        self._labels = self._nearest_centers(self._centers, self._points)
        nearest = self._labels[:, 0]
        by_cluster = np.lexsort((self._labels[:, 1], nearest))
        order, starts = _in_panels(by_cluster, np.bincount(nearest, minlength=m))
        self._index = self._build(self._points, self._codes, order, starts)
        apart = cdist(centers, centers, "sqeuclidean")
        visits = np.argsort(apart, axis=1, kind="stable")
        threads = _threads(n * m)
        self._index.describe_clusters(self._centers, apart, visits, threads)

    def _index_centers(self, centers: Floats) -> Any:
        order, starts = _in_panels(np.arange(len(centers)), np.array([len(centers)]))
        none = np.empty((len(centers), 0), dtype=np.int32)
        return self._build(centers, none, order, starts)

    def _nearest_centers(self, centers: Any, rows: Floats) -> Positions:
        """Return the two nearest centres of each row."""
        none = np.empty((len(rows), 0), dtype=np.int32)
        found, squared = _room(len(rows), 2, None)
        blocks = _blocks(len(rows))
        order, threads = np.arange(len(rows)), _threads(len(rows) * centers.points.size)
        centers.search(
            rows,
            none,
            order,
            _NONE,
            _NONE,
            blocks,
            squared,
            found,
            prune=False,
            local=False,
            threads=threads,
        )
        return found

    def knows_gaps(self, queries: Floats) -> bool:
        """Return whether the columns where queries have gaps were foreseen."""
        if not has_gaps(queries):
            return True
        gaps = np.flatnonzero(np.isnan(queries).any(axis=0))
        return bool(np.isin(gaps, self.gaps).all())

    def search(
        self,
        queries: Floats,
        codes: NDArray[np.int32],
        k: int,
        *,
        own: Positions | None = None,
        within: Floats | None = None,
        local: bool = False,
    ) -> tuple[Positions, Floats]:
        """Return the ``k`` nearest points of each query, and squared distances.

        Parameters
        ----------
        queries, codes : as the points
        k : int
        own : ndarray of shape (n_queries,), int
            The point that each query is, which is no neighbour; -1 for none.
        within : ndarray of shape (n_queries,)
            Squared distance up to which points count; -1 stands for what is not found.
        local : bool
            Whether any k points nearby will do.
        """
        queries = np.ascontiguousarray(queries, dtype=self._points.dtype)
        codes = np.ascontiguousarray(codes)
        found, squared = _room(len(queries), k, within)
        own = _NONE if own is None else own
        order, labels = self._in_order(queries)
        rest, prune = _blocks(len(queries)), self._centers is not None
        threads = _threads(
            len(queries) * self._points.shape[0] * (queries.shape[1] + 1)
        )

        def run(blocks: Positions, *, prune: bool) -> int:
            return self._index.search(
                queries,
                codes,
                order,
                own,
                labels,
                blocks,
                squared,
                found,
                prune=prune,
                local=local,
                threads=threads,
            )

        if prune and len(rest) > _PILOT_STEP:
            pilot = np.arange(_PILOT_STEP // 2, len(rest), _PILOT_STEP)
            everything = len(pilot) * 16 * (len(self._index.order) // 16)
            prune = run(pilot, prune=True) < _WORTH_SKIPPING * everything
            rest = np.delete(rest, pilot)
        run(rest, prune=prune)
        found[found == np.iinfo(np.intp).max] = -1
        return found, squared

    def _in_order(self, queries: Floats) -> tuple[Positions, Positions]:
        """Return an order in which neighbours stand together, and nearest centres."""
        if self._centers is None:
            return np.arange(len(queries)), _NONE
        labels = self._labels
        if queries is not self._points:
            labels = self._nearest_centers(self._centers, queries)
        return np.lexsort((labels[:, 1], labels[:, 0])), labels[:, 0].copy()


def _middle(points: Floats, mismatch: float) -> tuple[Floats, float]:
    """Return a centre of the points and a power of 2 that brings them near 1.

    From some rows only: any centre and scale are right, these make float32 precise.
    """
    sample = points[:: len(points) // 512 + 1].astype(np.float64)
    known = ~np.isnan(sample)
    center = np.where(known, sample, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    size = np.abs(np.where(known, sample - center, 0.0)).max(initial=mismatch)
    if size == 0:
        return center, 1.0
    # Where squares underflow, float32 must not see what float64 holds to be equal.
    return center, 2.0 ** min(450.0, -np.ceil(np.log2(size)))


def _scattered(n: int) -> Positions:
    """Return all positions in an order that no sorted table follows."""
    step = max(1, int(0.618 * n))
    while gcd(step, n) != 1:
        step += 1
    return np.arange(n, dtype=np.intp) * step % n


def _in_panels(by_cluster: Positions, sizes: Positions) -> tuple[Positions, Positions]:
    """Return the rows with each cluster filled up to panels of 16, and their starts."""
    starts = np.zeros(len(sizes) + 1, dtype=np.intp)
    np.cumsum(-(-sizes // 16), out=starts[1:])
    order = np.full(16 * starts[-1], -1, dtype=np.intp)
    shift = 16 * starts[:-1] - (np.cumsum(sizes) - sizes)
    order[np.arange(len(by_cluster)) + np.repeat(shift, sizes)] = by_cluster
    return order, starts


def _means(points: Floats, labels: Positions, centers: Floats) -> Floats:
    """Return the mean of each cluster, the old centre where it is empty."""
    import scipy.sparse as sp

    sizes = np.bincount(labels, minlength=len(centers))
    place = (labels, np.arange(len(labels)))
    sums = sp.csr_array((np.ones(len(labels)), place)) @ points
    sums = np.vstack([sums, np.zeros((len(centers) - len(sums), points.shape[1]))])
    full = sizes[:, np.newaxis] > 0
    means = np.where(full, sums / np.maximum(sizes, 1)[:, np.newaxis], centers)
    return np.ascontiguousarray(means, dtype=points.dtype)


def _room(n: int, k: int, within: Floats | None) -> tuple[Positions, Floats]:
    found = np.full((n, k), np.iinfo(np.intp).max)
    squared = np.full((n, k), np.inf)
    if within is not None:
        squared[:] = within[:, np.newaxis]
    return found, squared


def _blocks(n: int) -> Positions:
    from imbsuite._kernels import neighbors

    return np.arange(-(-n // neighbors.BLOCK_ROWS))


def _threads(products: int) -> int:
    return threads_for(products // _PRODUCTS_A_CELL)
