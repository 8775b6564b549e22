"""Distances and nearest neighbours in mixed tables.

A :class:`Space` knows the distance of two rows,

    d(x, x')² = Σ ((x - x') / s)² + Σ [c ≠ c'] · m²,

where a missing number against a missing one is 0 and against a present one m². It finds
the nearest of some rows to others, a row itself left out by identity, so that a duplicate
is a neighbour and the row itself never is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from imbsuite._neighbors.index import ExactIndex
from imbsuite._neighbors.moments import has_gaps
from imbsuite._neighbors.sparse import SparseIndex, narrow

__all__ = ["Space"]

Positions = NDArray[np.intp]
Floats = NDArray[np.floating[Any]]

# Rows are searched from in parts of this size where only one answer a row is kept.
_BATCH_ROWS = 16_384
# Distances are roots: the square of a root may be off in its last digits.
_ROOM = 1 + 1e-12
# Beyond so many one-hot columns an estimator gets sparse coordinates.
_DENSE_ONE_HOT = 128


class Space:
    """Distances between the rows of a table.

    Parameters
    ----------
    numeric : ndarray or CSR of shape (n, d)
        NaN where missing.
    codes : ndarray of shape (n, c), int
        Category codes; -1 (missing) is one more category.
    center, spread : ndarray of shape (d,)
        Mean and standard deviation of the numeric columns. Numbers enter as
        ``(x - center) / s``; sparse numbers are not centred.
    mismatch : float
        m, the distance of two different categories.
    scaled : bool
        Whether s is the spread (1 for a constant column), or 1 for all.
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
    ) -> None:
        self.numeric = numeric
        self.codes = codes
        self.spread = spread
        self.mismatch = mismatch
        self._center = center
        self._scale = np.where((spread > 0) & scaled, spread, 1.0)
        self._everyone: Any = None
        self._indices: list[tuple[Positions, Any]] = []

    def coordinates(self, rows: Positions | None = None) -> Any:
        """Return scaled numbers of ``rows``, NaN where missing; not to be changed."""
        n = self.numeric.shape[0]
        if rows is not None and not np.array_equal(rows, np.arange(n)):
            return self._scaled(self.numeric[rows])
        if self._everyone is None:
            self._everyone = self._scaled(self.numeric)
        return self._everyone

    def _scaled(self, values: Any) -> Any:
        if sp.issparse(values):
            return (values @ sp.diags_array(1 / self._scale)).tocsr()
        out = values - self._center.astype(values.dtype)
        out /= self._scale.astype(values.dtype)
        return out

    def original(self, coordinates: Floats) -> Floats:
        """Return numbers in the table's own units: the inverse of ``coordinates``."""
        if sp.issparse(self.numeric):
            return np.asarray(coordinates * self._scale)
        return np.asarray(coordinates * self._scale + self._center)

    def embed(self, rows: Positions) -> Any:
        """Return Euclidean coordinates for an estimator: no gaps, categories one-hot.

        Missing numbers take the column's mean; a one-hot category is m/√2 long, so that
        two different ones are m apart. Sparse where the categories are many. Numbers are
        not centred, so that dense and sparse input give the same coordinates.
        """
        numbers = self._uncentered(rows)
        codes = self.codes[rows]
        hot = [_one_hot(codes[:, j]) for j in range(codes.shape[1])]
        wide = sum(block.shape[1] for block in hot) > _DENSE_ONE_HOT
        if sp.issparse(numbers) or wide:
            scaled = [block * (self.mismatch / np.sqrt(2)) for block in hot]
            return narrow(sp.hstack([sp.csr_array(numbers), *scaled], format="csr"))
        scaled = [block.toarray() * (self.mismatch / np.sqrt(2)) for block in hot]
        return np.hstack([numbers, *scaled])

    def _uncentered(self, rows: Positions) -> Any:
        numbers, mean = self.coordinates(rows), self._center / self._scale
        if sp.issparse(numbers):
            numbers = numbers.copy()
            gaps = np.isnan(numbers.data)
            numbers.data[gaps] = mean[numbers.indices[gaps]]
            return numbers
        return np.where(np.isnan(numbers), 0.0, numbers) + mean

    def kneighbors(self, rows: Positions, among: Positions, k: int) -> Positions:
        """Return the ``k`` rows of ``among`` nearest to each of ``rows``, nearest first.

        Parameters
        ----------
        rows, among : ndarray of int
            Positions into the table, each without repeats.
        k : int
            Clipped to what there is besides the row itself.

        Returns
        -------
        ndarray of shape (len(rows), k), int
            Positions into the table. No row is its own neighbour. Of rows at the same
            distance, the first in ``among`` is the nearest.
        """
        return self.nearest(rows, among, k)[0]

    def nearest(
        self,
        rows: Positions,
        among: Positions,
        k: int,
        *,
        within: Floats | None = None,
        local: bool = False,
    ) -> tuple[Positions, Floats]:
        """Return neighbours as ``kneighbors`` does, and their distances.

        Parameters
        ----------
        rows, among, k : as of ``kneighbors``
        within : ndarray of shape (len(rows),)
            A distance for each row beyond which nothing is asked for: -1 stands for
            what is not found.
        local : bool
            Whether any k rows nearby will do, where these are found faster.
        """
        own = _places(rows, among, len(self.codes))
        k = min(k, len(among) - bool((own >= 0).any()))
        if k <= 0 or len(rows) == 0:
            shape = (len(rows), max(k, 0))
            return np.empty(shape, dtype=np.intp), np.empty(shape)
        queries = self.coordinates(rows)
        index = self._index(among, queries)
        if sp.issparse(self.numeric):
            found, squared = index.search(queries, self.codes[rows], k, own=own)
            if within is not None:
                found[squared > (within**2 * _ROOM)[:, np.newaxis]] = -1
        else:
            # What was rounded in a distance must not hide the row it belongs to.
            limit = None if within is None else within**2 * _ROOM
            found, squared = index.search(
                queries, self.codes[rows], k, own=own, within=limit, local=local
            )
        missing = found < 0
        found = among[found]
        found[missing] = -1
        return found, np.sqrt(squared, out=squared)

    def batches(self, rows: Positions) -> Iterator[Positions]:
        """Yield ``rows`` in parts, which saves memory where little is kept of each."""
        for start in range(0, len(rows), _BATCH_ROWS):
            yield rows[start : start + _BATCH_ROWS]

    def _index(self, among: Positions, queries: Any) -> Any:
        """Return what searches ``among``; the last two are kept, to be asked again."""
        for known, index in self._indices:
            if known is among and (sp.issparse(queries) or index.knows_gaps(queries)):
                return index
        points, codes = self.coordinates(among), self.codes[among]
        if sp.issparse(points):
            index = SparseIndex(points, codes, self.mismatch)
        else:
            gaps = np.union1d(_columns_with_gaps(points), _columns_with_gaps(queries))
            index = ExactIndex(points, codes, self.mismatch, gaps, len(queries))
        self._indices = [(among, index), *self._indices[:1]]
        return index


def _places(rows: Positions, among: Positions, n: int) -> Positions:
    """Return where each row stands within ``among``, -1 where it does not."""
    if rows is among:
        return np.arange(len(rows))
    place = np.full(n, -1)
    place[among] = np.arange(len(among))
    return place[rows]


def _columns_with_gaps(values: Floats) -> Positions:
    if not has_gaps(values):
        return np.empty(0, dtype=np.intp)
    return np.flatnonzero(np.isnan(values).any(axis=0))


def _one_hot(codes: NDArray[np.int32]) -> Any:
    levels, place = np.unique(codes, return_inverse=True)
    ones = (np.ones(len(codes)), (np.arange(len(codes)), place))
    return sp.csr_array(ones, shape=(len(codes), len(levels)))
