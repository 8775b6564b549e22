"""Distances and nearest neighbors in mixed tables.

A :class:`Space` defines the distance between two rows,

    d(x, x')² = Σ ((x - x') / s)² + Σ [c ≠ c'] · m²,

where the term of a number is 0 if it is missing in both rows, and m² if it is missing
in one of them. It also finds nearest neighbors. A row is excluded from its own
neighbors by identity, so a duplicate of the row is a neighbor, but the row itself never
is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from imbsuite._neighbors.embedding import Embedding
from imbsuite._neighbors.index import ExactIndex
from imbsuite._neighbors.scaled import Scaled, batches
from imbsuite._neighbors.sparse import SparseIndex
from imbsuite._types import Floats, Positions

# Distances are square roots, and the square of a root may differ in the last digits.
# Limits are increased by this factor, so that rounding does not exclude the row that
# determines a limit.
_ROOM = 1 + 1e-12


class Space:
    """Distances between the rows of a table.

    Parameters
    ----------
    numeric : ndarray or CSR of shape (n, d)
        NaN where missing.
    codes : ndarray of shape (n, c), int
        Category codes; -1 (missing) is treated as an additional category.
    center, spread : ndarray of shape (d,)
        Mean and standard deviation of the numeric columns. Numbers are scaled to
        ``(x - center) / s``; sparse numbers are not centered.
    mismatch : float
        m, the distance between two different categories.
    scaled : bool
        If True, s is the spread (1 for a constant column). If False, s is 1 for all
        columns.
    complete : bool, default=False
        Whether it is known that no number is missing. If True, the search for missing
        values is skipped.
    """

    def __init__(
        self,
        numeric: Any,
        codes: NDArray[np.int32],
        center: Floats,
        spread: Floats,
        mismatch: float,
        *,
        scaled: bool,
        complete: bool = False,
    ) -> None:
        self.numeric = numeric
        self.codes = codes
        self.spread = spread
        self.mismatch = mismatch
        self._center = center
        self._scale = np.where((spread > 0) & scaled, spread, 1.0)
        self._complete = complete
        self._indices: list[tuple[Positions, Any]] = []

        if sp.issparse(numeric):
            return
        # In float64, squares overflow before differences do, and raise an error.
        if numeric.dtype == np.float32 and not _has_room(numeric):
            numeric = numeric.astype(np.float64)
        self._table = Scaled(numeric, codes, center, self._scale)

    def coordinates(self, rows: Positions) -> Floats:
        """Return scaled numbers of ``rows``, (len(rows), d), NaN where missing."""
        if sp.issparse(self.numeric):
            return np.asarray(self._sparse_coordinates(rows).toarray())
        return self._table.at(rows)

    def _sparse_coordinates(self, rows: Positions) -> Any:
        return self._scaled(self.numeric[rows])

    def _scaled(self, numbers: Any) -> Any:
        """Return sparse numbers in scaled units."""
        numbers = numbers.tocsr()
        with np.errstate(over="ignore", invalid="ignore"):
            factors = 1 / self._scale
            # A product with a diagonal matrix takes several times as long.
            scaled = numbers.data * factors[numbers.indices]
        if np.isinf(factors).any():
            # The reciprocal of a subnormal number overflows; a quotient does not.
            faint = np.isinf(factors)[numbers.indices]
            own = self._scale[numbers.indices[faint]]
            scaled[faint] = numbers.data[faint] / own
        return sp.csr_array((scaled, numbers.indices, numbers.indptr), numbers.shape)

    def original(self, coordinates: Floats) -> Floats:
        """Return numbers in the table's own units: the inverse of ``coordinates``."""
        if sp.issparse(self.numeric):
            return np.asarray(coordinates * self._scale)
        return np.asarray(coordinates * self._scale + self._center)

    def embed(self, rows: Positions) -> Any:
        """Return Euclidean coordinates of rows for an estimator.

        Missing numbers are replaced with the mean of the column. Categories are one-hot
        columns with the value m/√2, so that two different categories have distance m.
        The result is sparse if there are many categories. Numbers are not centered, so
        that dense and sparse input give the same coordinates.
        """
        return self.embedding(rows).at()

    def embedding(self, rows: Positions) -> Embedding:
        """Return the result of ``embed``, for access in parts."""
        shape, sparse = self.numeric.shape, sp.issparse(self.numeric)
        cells = (self._uncentered, self.codes, self.mismatch)
        return Embedding(rows, *cells, shape[1], sparse=sparse)

    def _uncentered(self, rows: Positions) -> Any:
        mean = self._center / self._scale
        if sp.issparse(self.numeric):
            numbers = self._sparse_coordinates(rows)
            gaps = np.isnan(numbers.data)
            numbers.data[gaps] = mean[numbers.indices[gaps]]
            return numbers
        numbers = self._table.at(rows).astype(np.float64, copy=False)
        numbers[np.isnan(numbers)] = 0.0
        numbers += mean
        return numbers

    def kneighbors(self, rows: Positions, among: Positions, k: int) -> Positions:
        """Return the neighbors that ``nearest`` finds, without their distances."""
        return self.nearest(rows, among, k)[0]

    def nearest(
        self,
        rows: Positions,
        among: Positions,
        k: int,
        *,
        within: Floats | None = None,
        local: bool = False,
        squared: bool = False,
    ) -> tuple[Positions, Floats]:
        """Return the ``k`` rows of ``among`` nearest to each of ``rows``, nearest first.

        Parameters
        ----------
        rows, among : ndarray of int
            Positions into the table, each without repeats.
        k : int
            Clipped to the number of rows other than the row itself.
        within : ndarray of shape (len(rows),), default=None
            The maximum distance of neighbors of each row. Neighbors that are not found
            within it are -1.
        local : bool, default=False
            Whether any k nearby rows are sufficient, if they can be found faster.
        squared : bool, default=False
            Whether to return squared distances, which have one rounding less.

        Returns
        -------
        neighbors : ndarray of shape (len(rows), k), int
            Positions into the table. No row is its own neighbor. Among rows at the same
            distance, as computed from scaled numbers, the first in the table is the
            nearest.
        distances : ndarray of shape (len(rows), k), float
        """
        k = _clipped(k, rows, among)
        if k == 0 or len(rows) == 0:
            shape = (len(rows), k)
            return np.empty(shape, dtype=np.intp), np.empty(shape)
        index = self._index(among, rows)
        limit = None if within is None else within**2 * _ROOM
        if sp.issparse(self.numeric):
            queries = self._sparse_coordinates(rows), self.codes[rows]
            places, distances = index.search(*queries, k, own=_places(rows, among))
            neighbors = among[places]
            if limit is not None:
                neighbors[distances > limit[:, np.newaxis]] = -1
        else:
            neighbors, distances = index.search(
                self._table, rows, k, within=limit, local=local
            )
        return neighbors, distances if squared else np.sqrt(distances, out=distances)

    def nearest_of(
        self,
        numeric: Any,
        codes: NDArray[np.int32],
        among: Positions,
        k: int,
        *,
        n_queries: int = 0,
    ) -> tuple[Positions, Floats]:
        """Return the ``k`` rows of ``among`` nearest to each of some points.

        Points need not be rows of the table; a point with the same cells as a row has
        distance 0 to it.

        Parameters
        ----------
        numeric : ndarray or CSR of shape (n, d)
            In the table's own units, NaN where missing; sparse if the table is.
        codes : ndarray of shape (n, c), int32
            Category codes, as in the table.
        among : ndarray of int
            Positions into the table, without repeats.
        k : int
            Clipped to ``len(among)``.
        n_queries : int, default=0
            The total number of points, if they are passed in parts.

        Returns
        -------
        neighbors, distances : ndarray of shape (n, k)
            As in ``nearest``.
        """
        n, k = len(codes), min(k, len(among))
        if k == 0 or n == 0:
            return np.empty((n, k), dtype=np.intp), np.empty((n, k))
        points = np.arange(n)
        if sp.issparse(self.numeric):
            queries, none = self._scaled(numeric), np.full(n, -1)
            index = self._index(among, points)
            places, distances = index.search(queries, codes, k, own=none)
            neighbors = among[places]
        else:
            kind = self._table.numbers.dtype
            cells = np.asarray(numeric, dtype=kind), np.ascontiguousarray(codes)
            table = Scaled(*cells, self._center, self._scale)
            index = self._index(among, points, table, n_queries)
            neighbors, distances = index.search(table, points, k)
        return neighbors, np.sqrt(distances, out=distances)

    def in_parts(
        self,
        rows: Positions,
        among: Positions,
        k: int,
        *,
        within: Floats | None = None,
        local: bool = False,
        squared: bool = False,
    ) -> Iterator[tuple[Positions, Positions, Floats]]:
        """Yield what ``nearest`` returns for parts of ``rows``, which saves memory.

        Yields
        ------
        at : ndarray of int
            The positions in ``rows`` of this part; parts are in no particular order.
        neighbors, distances : ndarray of shape (len(at), k)
        """
        if len(rows) == 0:
            return
        k = _clipped(k, rows, among)
        if k == 0 or sp.issparse(self.numeric):
            for part in self.batches(np.arange(len(rows))):
                known = None if within is None else within[part]
                yield (
                    part,
                    *self.nearest(rows[part], among, k, within=known, squared=squared),
                )
            return
        index = self._index(among, rows)
        limit = None if within is None else within**2 * _ROOM
        for at, near, far in index.in_parts(
            self._table, rows, k, within=limit, local=local
        ):
            yield at, near, far if squared else np.sqrt(far, out=far)

    def prepare(self, rows: Positions, among: Positions) -> None:
        """Prepare ``among`` for searches from all of ``rows``, in parts.

        Otherwise, the first search from a few rows would build an index for only a few
        queries, which makes all other searches slow.
        """
        if len(rows) and len(among):
            self._index(among, rows)

    def distances(self, rows: Positions, others: Positions) -> Floats:
        """Return the distances between rows and others, (len(rows), len(others))."""
        a, b = self.coordinates(rows), self.coordinates(others)
        gaps = np.flatnonzero(np.isnan(a).any(axis=0) | np.isnan(b).any(axis=0))
        full = np.delete(np.arange(a.shape[1]), gaps)
        squares: Floats = cdist(a[:, full], b[:, full], "sqeuclidean")
        far = self.mismatch**2
        for j in gaps:
            missing = np.isnan(a[:, j])[:, np.newaxis], np.isnan(b[:, j])
            apart = (a[:, j][:, np.newaxis] - b[:, j]) ** 2
            either = missing[0] | missing[1]
            both = missing[0] & missing[1]
            squares += np.where(either, np.where(both, 0.0, far), apart)
        for own, other in zip(self.codes[rows].T, self.codes[others].T, strict=True):
            squares += far * (own[:, np.newaxis] != other)
        return np.sqrt(squares, out=squares)

    def batches(self, rows: Positions) -> Iterator[Positions]:
        """Yield ``rows`` in parts, which saves memory if little is kept of each."""
        for part in batches(len(rows)):
            yield rows[part]

    def _index(
        self,
        among: Positions,
        rows: Positions,
        table: Scaled | None = None,
        n_queries: int = 0,
    ) -> Any:
        """Return the index of ``among``; the two most recently used indexes are kept.

        ``rows`` are the queries: rows of ``table``, or of this space's table if it is
        None.
        """
        sparse = sp.issparse(self.numeric)
        for place, (known, index) in enumerate(self._indices):
            if known is among and (
                sparse or self._complete or index.foresees(table or self._table, rows)
            ):
                self._indices.insert(0, self._indices.pop(place))
                return index
        # Release the older index before another one is built.
        del self._indices[1:]
        if sparse:
            points, codes = self._sparse_coordinates(among), self.codes[among]
            index = SparseIndex(points, codes, self.mismatch)
        else:
            gaps = among[:0]
            if not self._complete:
                gaps = self._table.gaps(among)
                if rows is not among:
                    gaps = np.union1d(gaps, (table or self._table).gaps(rows))
            n = max(n_queries, len(rows))
            index = ExactIndex(self._table, among, self.mismatch, gaps, n)
        self._indices.insert(0, (among, index))
        return index


def _clipped(k: int, rows: Positions, among: Positions) -> int:
    """Return k, clipped to the number of rows other than the row itself."""
    if k < len(among):
        return k
    return len(among) - bool(np.isin(rows, among).any())


def _places(rows: Positions, among: Positions) -> Positions:
    """Return the position of each row in ``among``, or -1 if it is not in ``among``."""
    if rows is among:
        return np.arange(len(rows))
    place = np.full(max(rows.max(), among.max()) + 1, -1)
    place[among] = np.arange(len(among))
    return place[rows]


def _has_room(numeric: Floats) -> bool:
    """Return whether the type of these numbers can represent their differences."""
    highest = np.fmax.reduce(numeric, axis=None, initial=0)
    lowest = np.fmin.reduce(numeric, axis=None, initial=0)
    return bool(max(highest, -lowest) < np.finfo(numeric.dtype).max / 4)
