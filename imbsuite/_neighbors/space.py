"""Nearest neighbours in mixed tables: the one seam to a faster engine.

A :class:`Space` knows the distance of two rows,

    d(x, x')² = Σ ((x - x') / s)² + Σ [c ≠ c'] · m²,

where a missing number against a missing one is 0 and against a present one m². It finds
the nearest of some rows to others, a row itself left out by identity, so that a duplicate
is a neighbour and the row itself never is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

__all__ = ["Space", "column_moments", "fill_missing"]

Positions = NDArray[np.intp]
Floats = NDArray[np.floating[Any]]
Engine = Callable[[Any, int], tuple[Positions, Floats]]

# Up to this many columns a k-d tree was faster than all pairs (benchmarks/). Categories
# spread over few places, however many coordinates these take, so a tree still splits well.
_TREE_COLUMNS = 16
_TREE_ROWS = 500
_THREAD_ROWS = 512
_BATCH_ROWS = 2_048
# Categories become coordinates while they are few, and are compared one by one beyond.
_SIMPLEX_COLUMNS = 128
# A search between two patterns of gaps costs about as much as so many pairs by blocks.
_PATTERN_PAIRS = 500_000
# Distances that are held at once, in float64 cells.
_BLOCK_CELLS = 2**22


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
        self._engine_of: tuple[Any, Engine | None] = (None, None)

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
        wide = sum(block.shape[1] for block in hot) > _SIMPLEX_COLUMNS
        if sp.issparse(numbers) or wide:
            scaled = [block * (self.mismatch / np.sqrt(2)) for block in hot]
            return _narrow(sp.hstack([sp.csr_array(numbers), *scaled], format="csr"))
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
            Positions into the table. No row is its own neighbour.
        """
        return self.nearest(rows, among, k)[0]

    def nearest(
        self, rows: Positions, among: Positions, k: int
    ) -> tuple[Positions, Floats]:
        """Return neighbours as ``kneighbors`` does, and their distances."""
        inside = rows is among or bool(np.isin(rows, among, assume_unique=True).any())
        k = min(k, len(among) - inside)
        if k <= 0 or len(rows) == 0:
            shape = (len(rows), max(k, 0))
            return np.empty(shape, dtype=np.intp), np.empty(shape)
        found, distances = self._search(rows, among, k + inside)
        positions = among[found]
        if inside:
            keep = _all_but_self(positions, rows)
            positions = positions[keep].reshape(len(rows), k)
            distances = distances[keep].reshape(len(rows), k)
        return positions, distances

    def batches(self, rows: Positions, among: Positions) -> Iterator[Positions]:
        """Yield ``rows`` in parts, where searching in parts saves memory, not time."""
        step = len(rows) if self._engine(among) is None else _BATCH_ROWS
        for start in range(0, len(rows), max(step, 1)):
            yield rows[start : start + step]

    def _engine(self, among: Positions) -> Engine | None:
        """Return a search among plain numbers, None where it takes more than that.

        It is kept, as several classes may search among the same rows.
        """
        if self._engine_of[0] is not among:
            engine = None
            if self.codes.shape[1] == 0 < self.numeric.shape[1]:
                points = self.coordinates(among)
                if not _has_gaps(points):
                    engine = _fit_engine(points, suits_tree=self._suits_tree)
            self._engine_of = (among, engine)
        return self._engine_of[1]

    def _search(
        self, rows: Positions, among: Positions, k: int
    ) -> tuple[Positions, Floats]:
        """Return the places within ``among`` of the k nearest, itself included."""
        engine = self._engine(among)
        if engine is not None:
            queries = self.coordinates(rows)
            if not _has_gaps(queries):
                return engine(queries, k)
        queries, points = self._euclidean(rows, among)
        if points is None or points.shape[1] == 0:
            return self._search_blocks(rows, among, k)
        asked, given = _patterns(queries), _patterns(points)
        if not any(gaps.any() for gaps, _ in (*asked, *given)):
            if self.codes.shape[1] and len(among) >= _TREE_ROWS:
                same = self._of_same_categories(rows, among)
                return self._search_alike(queries, points, same, k)
            return _fit_engine(points, suits_tree=self._suits_tree)(queries, k)
        if len(asked) * len(given) * _PATTERN_PAIRS > len(rows) * len(among):
            return self._search_blocks(rows, among, k)
        return self._search_patterns(queries, points, asked, given, k)

    def _euclidean(self, rows: Positions, among: Positions) -> tuple[Any, Any]:
        """Return coordinates of both sides, NaN in gaps; None where levels forbid it.

        Without gaps, their Euclidean distance is the distance of the rows.
        """
        points = self.coordinates(among)
        same = rows is among or np.array_equal(rows, among)
        queries = points if same else self.coordinates(rows)
        if sp.issparse(points):
            plain = self.codes.shape[1] == 0
            plain = plain and not (_has_gaps(points) or _has_gaps(queries))
            return (queries, points) if plain else (None, None)
        if self.codes.shape[1] == 0:
            return queries, points
        both = among if same else np.concatenate([among, rows])
        corners = self._corners(self.codes[both])
        if corners is None:
            return None, None
        points = np.hstack([points, corners[: len(among)]])
        if same:
            return points, points
        return np.hstack([queries, corners[len(among) :]]), points

    def _of_same_categories(
        self, rows: Positions, among: Positions
    ) -> Iterator[tuple[Positions, Positions]]:
        """Yield places in ``rows`` and in ``among`` that agree in all categories."""
        both = self.codes[np.concatenate([rows, among])]
        place = np.unique(both, axis=0, return_inverse=True)[1].ravel()
        asked, given = (_by_value(p) for p in np.split(place, [len(rows)]))
        return ((asked[j], given[j]) for j in asked.keys() & given.keys())

    def _search_alike(
        self,
        queries: Floats,
        points: Floats,
        same: Iterator[tuple[Positions, Positions]],
        k: int,
    ) -> tuple[Positions, Floats]:
        """Return the k nearest, looking first among rows of the same categories.

        All others are at least m away: where the k-th of these is nearer, it is done.
        """
        d = self.numeric.shape[1]
        found = np.empty((len(queries), k), dtype=np.intp)
        distances = np.full((len(queries), k), np.inf)
        for asked, given in same:
            if len(given) < k:
                continue
            fit = (
                _fit_tree
                if 0 < d <= _TREE_COLUMNS
                else partial(_fit_engine, suits_tree=False)
            )
            near, distances[asked] = fit(points[given, :d])(queries[asked, :d], k)
            found[asked] = given[near]
        rest = np.flatnonzero(distances[:, -1] >= self.mismatch)
        if len(rest):
            suits_tree = self._suits_tree and points.shape[1] <= _TREE_COLUMNS
            engine = _fit_engine(points, suits_tree=suits_tree)
            found[rest], distances[rest] = engine(queries[rest], k)
        return found, distances

    @property
    def _suits_tree(self) -> bool:
        columns = self.numeric.shape[1] + self.codes.shape[1]
        return columns <= _TREE_COLUMNS and not sp.issparse(self.numeric)

    def _search_patterns(
        self, queries: Floats, points: Floats, asked: Any, given: Any, k: int
    ) -> tuple[Positions, Floats]:
        """Return the k nearest, from searches between rows of equal gaps.

        Between two patterns of gaps, the distance is the Euclidean one over the columns
        that both have, and m for each column that one of them has.
        """
        found = np.empty((len(queries), k), dtype=np.intp)
        distances = np.empty((len(queries), k))
        for gaps, rows in asked:
            places, squares = [], []
            for other, members in given:
                both, lone = ~gaps & ~other, int((gaps ^ other).sum())
                engine = _fit_engine(
                    points[np.ix_(members, both)], suits_tree=self._suits_tree
                )
                near, far = engine(queries[np.ix_(rows, both)], min(k, len(members)))
                places.append(members[near])
                squares.append(far**2 + lone * self.mismatch**2)
            best, squared = _smallest(np.hstack(squares), k)
            found[rows] = np.take_along_axis(np.hstack(places), best, axis=1)
            distances[rows] = np.sqrt(squared)
        return found, distances

    def _corners(self, codes: NDArray[np.int32]) -> Floats | None:
        """Return categories as corners of regular simplices with edges of length m.

        A column of L levels takes L - 1 coordinates: exact, and narrower than one-hot.
        """
        parts = []
        for j in range(codes.shape[1]):
            used = np.bincount(codes[:, j] + 1) > 0
            parts.append((int(used.sum()), (np.cumsum(used) - 1)[codes[:, j] + 1]))
        if sum(levels - 1 for levels, _ in parts) > _SIMPLEX_COLUMNS:
            return None
        blocks = [_regular_simplex(levels)[place] for levels, place in parts]
        return np.asarray(np.hstack(blocks) * self.mismatch)

    def _search_blocks(
        self, rows: Positions, among: Positions, k: int
    ) -> tuple[Positions, Floats]:
        """Return the k nearest by all pairs, block by block: gaps and many levels."""
        pairs = _Pairs(self, among)
        found = np.empty((len(rows), k), dtype=np.intp)
        distances = np.empty((len(rows), k))
        step = max(1, _BLOCK_CELLS // len(among))
        for start in range(0, len(rows), step):
            part = slice(start, start + step)
            squared = pairs.squared(rows[part])
            found[part], distances[part] = _smallest(squared, k)
        return found, np.sqrt(distances)


class _Pairs:
    """Squared distances of rows to a fixed set of rows, gaps and categories included.

    With x̃ the numbers (0 where missing) and q the mask of the missing,
    d² = |x̃|² + |x̃'|² - 2x̃·x̃' - x̃²·q' - q·x̃'² + m² (|q| + |q'| - 2q·q').
    """

    def __init__(self, space: Space, among: Positions) -> None:
        self._space = space
        self._codes = space.codes[among]
        self._fixed = self._parts(among)

    def _parts(self, rows: Positions) -> tuple[Any, Any, Any, Floats, Floats]:
        numbers, gaps = fill_missing(self._space.coordinates(rows))
        numbers = numbers.astype(np.float64, copy=False)
        gaps = gaps.astype(np.float64)
        squares = numbers.multiply(numbers) if sp.issparse(numbers) else numbers**2
        return numbers, squares, gaps, _row_sums(squares), _row_sums(gaps)

    def squared(self, rows: Positions) -> Floats:
        x, x2, q, norms, holes = self._parts(rows)
        y, y2, p, norms_y, holes_y = self._fixed
        m2 = self._space.mismatch**2
        out = norms[:, np.newaxis] + norms_y
        out -= 2 * _dense(x @ y.T)
        if holes.any() or holes_y.any():
            out -= _dense(x2 @ p.T) + _dense(q @ y2.T)
            out += m2 * (holes[:, np.newaxis] + holes_y - 2 * _dense(q @ p.T))
        codes = self._space.codes[rows]
        for j in range(codes.shape[1]):
            out += m2 * (codes[:, j, np.newaxis] != self._codes[:, j])
        return np.maximum(out, 0.0, out=out)


def _dense(product: Any) -> Floats:
    return product.toarray() if sp.issparse(product) else product


def _row_sums(values: Any) -> Floats:
    return np.asarray(values.sum(axis=1)).ravel()


def _smallest(squared: Floats, k: int) -> tuple[Positions, Floats]:
    """Return the places and values of the k smallest of each row, in order."""
    n = squared.shape[1]
    near = np.argpartition(squared, k - 1, axis=1)[:, :k] if k < n else _all(squared)
    near.sort(axis=1)
    values = np.take_along_axis(squared, near, axis=1)
    order = np.argsort(values, axis=1, kind="stable")
    return (
        np.take_along_axis(near, order, axis=1),
        np.take_along_axis(values, order, axis=1),
    )


def _all(squared: Floats) -> Positions:
    return np.tile(np.arange(squared.shape[1]), (len(squared), 1))


def _all_but_self(positions: Positions, rows: Positions) -> NDArray[np.bool_]:
    """Return which entries to keep: all but the row itself, else all but the last.

    Among many duplicates the row itself may not be found; the last one goes then.
    """
    drop = positions == rows[:, np.newaxis]
    drop[~drop.any(axis=1), -1] = True
    return ~drop


def _has_gaps(coordinates: Any) -> bool:
    values = coordinates.data if sp.issparse(coordinates) else coordinates
    return bool(np.isnan(values.sum()))


def fill_missing(coordinates: Any) -> tuple[Any, Any]:
    """Return the numbers with 0 for missing ones, and the mask of the missing."""
    if not sp.issparse(coordinates):
        gaps = np.isnan(coordinates)
        return np.where(gaps, 0.0, coordinates), gaps
    gaps = coordinates.copy()
    gaps.data = np.isnan(gaps.data)
    gaps.eliminate_zeros()
    filled = coordinates.copy()
    filled.data = np.nan_to_num(filled.data, nan=0.0)
    return filled, gaps


def _patterns(coordinates: Any) -> list[tuple[NDArray[np.bool_], Positions]]:
    """Return the patterns of gaps (which columns are missing) and the rows of each."""
    if not _has_gaps(coordinates):
        return [(np.zeros(coordinates.shape[1], bool), np.arange(coordinates.shape[0]))]
    gaps = np.isnan(coordinates)
    packed = np.packbits(gaps, axis=1)
    _, first, place = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    place = place.ravel()
    return [(gaps[i], np.flatnonzero(place == j)) for j, i in enumerate(first)]


def _fit_engine(points: Any, *, suits_tree: bool) -> Engine:
    """Return what finds the k points nearest to each query: places and distances."""
    n, d = points.shape
    if d == 0:
        return _search_nothing
    return _fit_tree(points) if suits_tree and n >= _TREE_ROWS else _fit_pairs(points)


def _by_value(place: Positions) -> dict[int, Positions]:
    """Return the positions of each value."""
    order = np.argsort(place, kind="stable")
    values, first = np.unique(place[order], return_index=True)
    return dict(zip(values.tolist(), np.split(order, first[1:]), strict=True))


def _search_nothing(queries: Any, k: int) -> tuple[Positions, Floats]:
    """Return any k points: where no column is known of both, all are as near."""
    near = np.tile(np.arange(k), (len(queries), 1))
    return near, np.zeros(near.shape)


def _fit_tree(points: Floats) -> Engine:
    from scipy.spatial import cKDTree
    from sklearn.utils._openmp_helpers import _openmp_effective_n_threads

    tree = cKDTree(points, leafsize=32, balanced_tree=False)

    def search(queries: Floats, k: int) -> tuple[Positions, Floats]:
        # Starting threads takes longer than a small search.
        threads = _openmp_effective_n_threads() if len(queries) > _THREAD_ROWS else 1
        distances, found = tree.query(queries, k=np.arange(1, k + 1), workers=threads)
        return found.astype(np.intp, copy=False), distances

    return search


def _fit_pairs(points: Any) -> Engine:
    from sklearn.neighbors import NearestNeighbors

    engine = NearestNeighbors(algorithm="brute").fit(_narrow(points))

    def search(queries: Any, k: int) -> tuple[Positions, Floats]:
        distances, found = engine.kneighbors(_narrow(queries), n_neighbors=k)
        return found.astype(np.intp, copy=False), distances

    return search


def _narrow(matrix: Any) -> Any:
    """Return a sparse matrix with the 32-bit indices that scikit-learn asks for."""
    if sp.issparse(matrix) and matrix.indices.dtype != np.int32:
        parts = matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)
        return type(matrix)((matrix.data, *parts), shape=matrix.shape)
    return matrix


@cache
def _regular_simplex(levels: int) -> Floats:
    """Return ``levels`` points in ``levels - 1`` dimensions, all 1 apart."""
    corners = np.zeros((levels, max(levels - 1, 0)))
    for i in range(1, levels):
        # The new corner stands above the centroid of those before it.
        corners[i, : i - 1] = corners[:i, : i - 1].mean(axis=0)
        corners[i, i - 1] = np.sqrt(1 - (corners[i, : i - 1] ** 2).sum())
    return corners


def _one_hot(codes: NDArray[np.int32]) -> Any:
    levels, place = np.unique(codes, return_inverse=True)
    ones = (np.ones(len(codes)), (np.arange(len(codes)), place))
    return sp.csr_array(ones, shape=(len(codes), len(levels)))


def column_moments(numeric: Any) -> tuple[Floats, Floats]:
    """Return mean and population standard deviation of each column, gaps left out.

    A constant (or all-missing) column has a standard deviation of exactly 0.

    Raises
    ------
    ValueError
        If squares overflow.
    """
    if sp.issparse(numeric):
        mean, sd = _sparse_moments(numeric)
    else:
        mean, sd = _dense_moments(numeric)
    if not np.isfinite(sd).all():
        place = int(np.argmax(~np.isfinite(sd)))
        msg = (
            f"Numeric column number {place} holds values whose squares overflow; "
            "divide it by a large number before resampling."
        )
        raise ValueError(msg)
    # What rounding leaves of a constant column is not a spread.
    return mean, np.where(sd <= 1e-13 * np.abs(mean), 0.0, sd)


def _dense_moments(numeric: Floats) -> tuple[Floats, Floats]:
    """Sum offsets from a rough mean and their squares, in one pass over the rows.

    The rough mean is of the columns' own size, so that no digits cancel.
    """
    n, d = numeric.shape
    shift = np.nan_to_num(_mean_of_known(numeric[:: n // 512 + 1]))
    sums, squares, counts = np.zeros(d), np.zeros(d), np.full(d, n)
    step = max(1, _BLOCK_CELLS // 32 // max(d, 1))
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, n, step):
            part = numeric[start : start + step]
            offset = np.subtract(part, shift, dtype=np.float64, order="C")
            if np.isnan(offset.sum()):
                gaps = np.isnan(offset)
                offset[gaps] = 0.0
                counts -= gaps.sum(axis=0)
            # A product with ones: several times faster than a sum over rows.
            ones = np.ones(len(offset))
            sums += ones @ offset
            squares += ones @ np.square(offset, out=offset)
        counts = np.maximum(counts, 1)
        drift = sums / counts
        return shift + drift, np.sqrt(np.maximum(squares / counts - drift**2, 0.0))


def _mean_of_known(values: Floats) -> Floats:
    known = ~np.isnan(values)
    with np.errstate(over="ignore", invalid="ignore"):
        total = np.where(known, values, 0.0).sum(axis=0, dtype=np.float64)
    return np.asarray(total / np.maximum(known.sum(axis=0), 1))


def _sparse_moments(numeric: Any) -> tuple[Floats, Floats]:
    filled, gaps = fill_missing(numeric.tocsc())
    counts = np.maximum(numeric.shape[0] - np.asarray(gaps.sum(axis=0)).ravel(), 1)
    mean = np.asarray(filled.sum(axis=0)).ravel() / counts
    offset = filled.astype(np.float64)
    offset.data = (offset.data - np.repeat(mean, np.diff(offset.indptr))) ** 2
    offset.data[np.isnan(numeric.tocsc().data)] = 0.0
    implicit = numeric.shape[0] - np.diff(filled.indptr)
    squares = np.asarray(offset.sum(axis=0)).ravel() + implicit * mean**2
    return mean, np.sqrt(squares / counts)
