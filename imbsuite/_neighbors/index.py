"""Exact nearest neighbors: indexes of points.

Small sets are searched pair by pair. Larger sets are stored in clusters, most of which
can be skipped if the data have clusters or few dimensions; a pilot on 2 % of the
queries measures this. All choices here affect only the time: the result of the kernel
does not depend on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._kernels import neighbors as kernels
from imbsuite._kernels import threads_for
from imbsuite._neighbors.scaled import Scaled, batches
from imbsuite._types import Floats, Positions

# With fewer points or queries, a search without clusters is faster.
_CLUSTERED_ROWS = 5_000
_CLUSTER_ROWS = 1_024
_MOST_CLUSTERS = 512
# With fewer queries per cluster, clustering does not pay off.
_QUERIES_A_CLUSTER = 64
_ROUNDS = 3
# One block in this many belongs to the pilot. If more than this share of the pairs is
# read, skipping costs more than it saves.
_PILOT_STEP = 50
_WORTH_SKIPPING = 0.8
# Number of neighbors in a part of the queries, and the maximum number of parts of very
# many queries. Threads wait for each other at the end of a part, so parts are larger if
# all neighbors are kept anyway.
_PART_NEIGHBORS, _PARTS = 2**14, 32
_KEPT_PART_NEIGHBORS = 2**16
# This many products take as long as writing a cell.
_PRODUCTS_A_CELL = 128
# Beyond this value, in units of the size of the data, bounds of clusters would
# overflow.
_LARGEST_CENTER = 1e12
_NONE = np.empty(0, dtype=np.intp)
_Narrow = NDArray[np.int32]
# The initial value of neighbors, which remains if the kernel finds no point.
_UNFOUND = np.iinfo(np.intp).max


class ExactIndex:
    """An index of points for exact searches.

    Parameters
    ----------
    table : Scaled
    among : ndarray of int
        The points: positions into the table, in ascending order.
    mismatch : float
        m, the distance between two different categories, or between a number and a
        missing value.
    gaps : ndarray of int
        The columns that contain NaN, in the points or in the queries.
    n_queries : int, default=None
        The expected number of queries; None: as many as there are points.
    """

    def __init__(
        self,
        table: Scaled,
        among: Positions,
        mismatch: float,
        gaps: Positions,
        n_queries: int | None = None,
    ) -> None:
        self.gaps = gaps
        self._table, self._among, self._mismatch = table, among, mismatch
        n, d, c = len(among), table.numbers.shape[1], table.kernel.codes.shape[1]
        sample = table.at(among[:: n // 512 + 1])
        self._center, self._scale = _middle(sample, mismatch if c or len(gaps) else 0.0)
        self._centers: Any = None
        fewest = max(_CLUSTERED_ROWS, _QUERIES_A_CLUSTER * (n // _CLUSTER_ROWS))
        many = n_queries is None or n_queries >= fewest
        centers = None
        if many and n >= _CLUSTERED_ROWS and d > 0 and len(gaps) == 0:
            centers = self._find_centers()
        if centers is not None:
            self._build_clusters(centers)
        else:
            self._index = self._build(table, _scattered(n), np.array([n]), among)

    def _build(
        self, table: Scaled, places: Any, sizes: Positions, among: Positions
    ) -> kernels.Index:
        """Return an index of ``among[places]``, cluster by cluster, in panels of 16."""
        starts = np.zeros(len(sizes) + 1, dtype=np.intp)
        np.cumsum(-(-sizes // 16), out=starts[1:])
        panels = np.full(16 * starts[-1], -1, dtype=np.intp)
        first = np.cumsum(sizes) - sizes
        for start, panel, size in zip(first, 16 * starts[:-1], sizes, strict=True):
            panels[panel : panel + size] = among[places[start : start + size]]
        threads = threads_for(panels.size * table.numbers.shape[1] // _PRODUCTS_A_CELL)
        m2, center, scale = self._mismatch**2, self._center, self._scale
        return kernels.Index(
            table.kernel, m2, self.gaps, center, scale, panels, starts, threads
        )

    def _find_centers(self) -> Floats | None:
        """Return centers of clusters from k-means on some rows; None if too large."""
        n = len(self._among)
        m = min(n // _CLUSTER_ROWS, _MOST_CLUSTERS)
        rows = self._among[_scattered(n)[: 32 * m]]
        sample = self._table.at(rows)
        centers = sample[:m]
        for _ in range(_ROUNDS):
            pairs = _nearest_centers(self._index_centers(centers), self._table, rows)
            centers = _means(sample, pairs // _MOST_CLUSTERS, centers)
        size = np.abs(centers - self._center).max() * self._scale
        return centers if size < _LARGEST_CENTER else None

    def _build_clusters(self, centers: Floats) -> None:
        from scipy.spatial.distance import cdist

        n, m = len(self._among), len(centers)
        self._centers = self._index_centers(centers)
        by_cluster, labels = self._in_order(self._table, self._among)
        sizes = np.bincount(labels, minlength=m)
        del labels
        self._index = self._build(self._table, by_cluster, sizes, self._among)
        apart = cdist(centers, centers, "sqeuclidean")
        visits = np.argsort(apart, axis=1, kind="stable")
        threads = threads_for(n * m // _PRODUCTS_A_CELL)
        self._index.describe_clusters(self._centers, apart, visits, threads)

    def _index_centers(self, centers: Floats) -> kernels.Index:
        every = np.arange(len(centers))
        return self._build(Scaled(centers), every, np.array([len(every)]), every)

    def foresees(self, table: Scaled, rows: Positions) -> bool:
        """Return whether the index supports all columns with NaN in these rows."""
        return bool(np.isin(table.gaps(rows), self.gaps).all())

    def search(
        self,
        table: Scaled,
        rows: Positions,
        k: int,
        *,
        within: Floats | None = None,
        local: bool = False,
    ) -> tuple[Positions, Floats]:
        """Return the ``k`` nearest points of each query, and squared distances.

        Parameters
        ----------
        table, rows : Scaled, ndarray of int
            The queries. If ``table`` is the table of the points, no row is its own
            neighbor.
        k : int
        within : ndarray of shape (len(rows),), default=None
            The maximum squared distance for each query. Neighbors that are not found
            within it are -1.
        local : bool, default=False
            Whether any k nearby points are sufficient.
        """
        if self._centers is None:
            return _search(self._index, table, rows, k, within=within, local=local)[:2]
        neighbors = np.empty((len(rows), k), dtype=np.intp)
        squared = np.empty((len(rows), k))
        for at, near, far in self.in_parts(
            table, rows, k, within=within, local=local, kept=True
        ):
            neighbors[at], squared[at] = near, far
        return neighbors, squared

    def in_parts(
        self,
        table: Scaled,
        rows: Positions,
        k: int,
        *,
        within: Floats | None = None,
        local: bool = False,
        kept: bool = False,
    ) -> Iterator[tuple[Positions, Positions, Floats]]:
        """Yield positions of parts of ``rows``, and what ``search`` returns for them.

        Parts are larger if they are ``kept``, and if there are very many rows. Rows of
        a cluster are in the same part, or in the next one.
        """
        if prune := self._centers is not None:
            order, labels = self._in_order(table, rows)
        else:
            order, labels = np.arange(len(rows), dtype=np.int32), _NONE
        pilot = _pilot(len(rows), prune=prune)
        most = _KEPT_PART_NEIGHBORS if kept else _PART_NEIGHBORS
        for place in _parts(pilot, most // int(k)):
            at = order[place].astype(np.intp)
            neighbors, squared, looked_at = _search(
                self._index,
                table,
                rows[at],
                k,
                labels=labels[place] if len(labels) else labels,
                within=None if within is None else within[at],
                local=local,
                prune=prune,
            )
            if pilot[place[0]]:
                n_blocks = -(-len(place) // kernels.BLOCK_ROWS) * 16
                everything = n_blocks * (len(self._index.order) // 16)
                prune = looked_at < _WORTH_SKIPPING * everything
            yield at, neighbors, squared

    def _in_order(
        self, table: Scaled, rows: Positions
    ) -> tuple[_Narrow, NDArray[np.integer]]:
        """Return an order in which nearby rows are together, and nearest centers."""
        pairs = _nearest_centers(self._centers, table, rows)
        # In narrow types, because both arrays are in memory during the search.
        order = np.argsort(pairs, kind="stable").astype(np.int32)
        pairs //= _MOST_CLUSTERS
        return order, pairs.astype(np.int16)[order]


def _nearest_centers(centers: kernels.Index, table: Scaled, rows: Positions) -> _Narrow:
    """Return the two nearest centers of each row of a table, as one number.

    Divided by ``_MOST_CLUSTERS``, it gives the nearest center; the remainder is the
    second nearest.
    """
    out = np.empty(len(rows), dtype=np.int32)
    for part in batches(len(rows)):
        nearest, _, _ = _search(centers, table, rows[part], 2)
        out[part] = nearest[:, 0] * _MOST_CLUSTERS + nearest[:, 1]
    return out


def _search(
    index: kernels.Index,
    table: Scaled,
    rows: Positions,
    k: int,
    *,
    labels: NDArray[np.integer] = _NONE,
    within: Floats | None = None,
    local: bool = False,
    prune: bool = False,
) -> tuple[Positions, Floats, int]:
    """Return neighbors, squared distances, and the number of blocks that were read."""
    n = len(rows)
    neighbors, squared = np.full((n, k), _UNFOUND), np.full((n, k), np.inf)
    if within is not None:
        squared[:] = within[:, np.newaxis]
    products = n * len(index.order) * (table.numbers.shape[1] + 1)
    looked_at = index.search(
        table.kernel,
        np.ascontiguousarray(rows),
        labels.astype(np.intp),
        np.arange(-(-n // kernels.BLOCK_ROWS)),
        squared,
        neighbors,
        prune=prune,
        local=local,
        threads=threads_for(products // _PRODUCTS_A_CELL),
    )
    neighbors[neighbors == _UNFOUND] = -1
    return neighbors, squared, looked_at


def _pilot(n: int, *, prune: bool) -> NDArray[np.bool_]:
    """Return which of the ordered rows test whether skipping clusters pays off."""
    block = np.arange(n, dtype=np.int32) // kernels.BLOCK_ROWS
    if not prune or block[-1] < _PILOT_STEP:
        return np.zeros(n, dtype=bool)
    is_pilot: NDArray[np.bool_] = block % _PILOT_STEP == _PILOT_STEP // 2
    return is_pilot


def _parts(pilot: NDArray[np.bool_], n_rows: int) -> Iterator[Positions]:
    """Yield the places of whole blocks, first those of the pilot, ``n_rows`` at a time."""
    n = len(pilot)
    if pilot.any():
        yield np.flatnonzero(pilot)
    size = max(n_rows, n // _PARTS, kernels.BLOCK_ROWS)
    for part in batches(n, size - size % kernels.BLOCK_ROWS):
        rest = part.start + np.flatnonzero(~pilot[part])
        if len(rest):
            yield rest


def _middle(sample: Floats, mismatch: float) -> tuple[Floats, float]:
    """Return a center of the points, and a power of 2 that scales them to about 1.

    Computed from some rows only: any center and scale are correct; these make float32
    precise.
    """
    sample = sample.astype(np.float64)
    known = ~np.isnan(sample)
    with np.errstate(over="ignore", invalid="ignore"):
        total = np.where(known, sample, 0.0).sum(axis=0)
    center = np.where(np.isfinite(total), total, 0.0) / np.maximum(known.sum(axis=0), 1)
    size = np.abs(np.where(known, sample - center, 0.0)).max(initial=mismatch)
    if size == 0:
        return center, 1.0
    # If squares underflow, float32 must not distinguish what is equal in float64.
    return center, 2.0 ** min(450.0, -np.ceil(np.log2(size)))


def _scattered(n: int) -> Positions:
    """Return all positions in a scattered order."""
    step = max(1, int(0.618 * n))
    while gcd(step, n) != 1:
        step += 1
    return np.arange(n, dtype=np.intp) * step % n


def _means(points: Floats, labels: NDArray[np.integer], centers: Floats) -> Floats:
    """Return the mean of each cluster; an empty cluster keeps its center."""
    import scipy.sparse as sp

    sizes = np.bincount(labels, minlength=len(centers))
    cells = (np.ones(len(labels)), (labels, np.arange(len(labels))))
    sums = sp.csr_array(cells, shape=(len(centers), len(labels))) @ points
    full = sizes[:, np.newaxis] > 0
    means = np.where(full, sums / np.maximum(sizes, 1)[:, np.newaxis], centers)
    return np.ascontiguousarray(means, dtype=points.dtype)
