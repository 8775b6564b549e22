"""Neighbors in sparse tables.

A small number of points is converted to a dense array, which is faster than products of
sparse matrices and takes little memory. Many points are searched with such products.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from imbsuite._neighbors.index import ExactIndex
from imbsuite._neighbors.moments import fill_missing, has_gaps
from imbsuite._neighbors.scaled import Scaled, batches
from imbsuite._types import Floats, Positions

# Number of distances in memory at once.
_BLOCK_CELLS = 2**22
# Number of cells that are converted to a dense array at once.
_DENSE_CELLS = 2**21
_NONE = np.empty(0, dtype=np.intp)


class SparseIndex:
    """An index of the points of a sparse table; ``ExactIndex`` is for dense tables."""

    def __init__(self, points: Any, codes: NDArray[np.int32], mismatch: float) -> None:
        self._whole = not has_gaps(points)
        self._exact: ExactIndex | None = None
        if self._whole and points.shape[0] * points.shape[1] <= _DENSE_CELLS:
            self._table = Scaled(points.toarray(), codes)
            everyone = np.arange(points.shape[0])
            self._exact = ExactIndex(self._table, everyone, mismatch, _NONE)
        self._fitted: Any = None
        self._points, self._codes, self._mismatch = points, codes, mismatch

    def search(
        self,
        queries: Any,
        codes: NDArray[np.int32],
        k: int,
        *,
        own: Positions,
    ) -> tuple[Positions, Floats]:
        """Return the ``k`` nearest points of each query, and squared distances."""
        if self._exact is not None and (own >= 0).all():
            return self._exact.search(self._table, own, k)
        whole = self._whole and not has_gaps(queries)
        inside = bool((own >= 0).any())
        if self._exact is not None and whole:
            nearest, squared = self._written_out(
                self._exact, queries, codes, k + inside
            )
        elif whole and codes.shape[1] == 0:
            nearest, squared = self._by_products(queries, k + inside)
        else:
            nearest, squared = self._by_blocks(queries, codes, k + inside)
        if not inside:
            return nearest, squared
        keep = _all_but_self(nearest, own)
        return nearest[keep].reshape(-1, k), squared[keep].reshape(-1, k)

    def _written_out(
        self, exact: ExactIndex, queries: Any, codes: Any, k: int
    ) -> tuple[Positions, Floats]:
        n, d = queries.shape
        parts = []
        for part in batches(n, _DENSE_CELLS // max(d, 1)):
            dense = Scaled(queries[part].toarray(), codes[part])
            parts.append(exact.search(dense, np.arange(len(dense.numbers)), k))
        places, squared = zip(*parts, strict=True)
        return np.concatenate(places), np.concatenate(squared)

    def _by_products(self, queries: Any, k: int) -> tuple[Positions, Floats]:
        from sklearn import config_context
        from sklearn.neighbors import NearestNeighbors

        if self._fitted is None:
            engine = NearestNeighbors(algorithm="brute")
            self._fitted = engine.fit(narrow(self._points))
        # scikit-learn's default would hold a gigabyte of distances.
        with config_context(working_memory=8):
            distances, nearest = self._fitted.kneighbors(narrow(queries), n_neighbors=k)
        return nearest.astype(np.intp, copy=False), distances**2

    def _by_blocks(
        self, queries: Any, codes: NDArray[np.int32], k: int
    ) -> tuple[Positions, Floats]:
        """Return the k nearest points if there are missing values or categories."""
        n = self._points.shape[0]
        pairs = _Pairs(self._points, self._codes, self._mismatch)
        nearest = np.empty((queries.shape[0], k), dtype=np.intp)
        squared = np.empty(nearest.shape)
        step = max(1, _BLOCK_CELLS // n)
        for start in range(0, len(nearest), step):
            part = slice(start, start + step)
            wide = pairs.squared(queries[part], codes[part])
            nearest[part], squared[part] = _smallest(wide, k)
        return nearest, squared


class _Pairs:
    """Squared distances of rows to fixed rows, with missing values and categories.

    With x̃ the numbers (0 where missing) and q the mask of missing values,
    d² = |x̃|² + |x̃'|² - 2x̃·x̃' - x̃²·q' - q·x̃'² + m² (|q| + |q'| - 2q·q').
    """

    def __init__(self, points: Any, codes: NDArray[np.int32], mismatch: float) -> None:
        self._codes = codes
        self._m2 = mismatch**2
        self._fixed = _parts(points)

    def squared(self, queries: Any, codes: NDArray[np.int32]) -> Floats:
        x, x2, q, norms, holes = _parts(queries)
        y, y2, p, norms_y, holes_y = self._fixed
        # A distance whose square overflows is infinite, as in a dense table.
        with np.errstate(over="ignore", invalid="ignore"):
            out = norms[:, np.newaxis] + norms_y
            out -= 2 * _dense(x @ y.T)
            if holes.any() or holes_y.any():
                out -= _dense(x2 @ p.T) + _dense(q @ y2.T)
        out[np.isnan(out)] = np.inf
        if holes.any() or holes_y.any():
            out += self._m2 * (holes[:, np.newaxis] + holes_y - 2 * _dense(q @ p.T))
        for j in range(codes.shape[1]):
            out += self._m2 * (codes[:, j, np.newaxis] != self._codes[:, j])
        return np.maximum(out, 0.0, out=out)


def _parts(rows: Any) -> tuple[Any, Any, Any, Floats, Floats]:
    numbers, gaps = fill_missing(rows)
    numbers = numbers.astype(np.float64, copy=False)
    gaps = gaps.astype(np.float64)
    squares = numbers.multiply(numbers)
    return numbers, squares, gaps, _row_sums(squares), _row_sums(gaps)


def _dense(product: Any) -> Floats:
    return np.asarray(product.toarray())


def _row_sums(values: Any) -> Floats:
    return np.asarray(values.sum(axis=1)).ravel()


def _smallest(squared: Floats, k: int) -> tuple[Positions, Floats]:
    """Return the positions and values of the k smallest entries of each row, sorted."""
    near = np.argpartition(squared, k - 1, axis=1)[:, :k]
    near.sort(axis=1)
    values = np.take_along_axis(squared, near, axis=1)
    order = np.argsort(values, axis=1, kind="stable")
    return (
        np.take_along_axis(near, order, axis=1),
        np.take_along_axis(values, order, axis=1),
    )


def _all_but_self(nearest: Positions, own: Positions) -> NDArray[np.bool_]:
    """Return which entries to keep: all but the row itself, else all but the last.

    Among many duplicates, the row itself may not be found; then the last entry is
    dropped.
    """
    drop = nearest == own[:, np.newaxis]
    drop[~drop.any(axis=1), -1] = True
    return ~drop


def narrow(matrix: Any) -> Any:
    """Return a sparse matrix with the 32-bit indices that scikit-learn requires."""
    if sp.issparse(matrix) and matrix.indices.dtype != np.int32:
        parts = matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)
        return type(matrix)((matrix.data, *parts), shape=matrix.shape)
    return matrix
