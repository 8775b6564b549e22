"""Condensed nearest neighbors, by the fast rule that does not depend on row order."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp

from imbsuite._neighborhoods import lower_distances, reference_rows
from imbsuite.base import BaseSelector, TableView
from imbsuite.plan import Kind

# Relative differences below this, of distances to a mean, are rounding errors.
_ROUNDING = 1e-9


class CondensedNearestNeighbour(BaseSelector):
    """Keep a part of the large classes that labels all rows correctly.

    The store begins with all rows of the classes that are not cut, and with the row
    nearest to the mean of each class that is cut. In each round, every stored row adds
    the nearest of the rows that it mislabels: rows of another class to which it is the
    nearest stored row. The rounds end when no row is mislabeled, so that the nearest
    stored row of every row has its class.

    Parameters
    ----------
    standardize
        False corresponds to imbalanced-learn.
    sampling_strategy : str or list of labels, default="auto"
        Which classes are cut: "auto" (all except the smallest), "majority", "not
        minority", "not majority", or a list of labels. At least one class is not cut.

    Raises
    ------
    ValueError, TypeError
        From ``fit_resample``, if the input or a parameter is invalid, or if all classes
        are cut.

    Notes
    -----
    The result is not random, and does not depend on the order of the rows: if several
    rows are equally near, all of them count, and among identical rows of a class, the
    first is stored. A row is not mislabeled if a stored row of its own class is as near
    as the nearest of the others.

    **Departs from the paper.** Hart stores rows in the order of the table; this is the
    fast rule (FCNN) of Angiulli, which treats all classes equally: here, classes that
    are not cut are stored completely. The mean is computed over numbers and category
    shares, with missing numbers replaced by the mean of the column. imbalanced-learn
    condenses each class separately, against the smallest class only.

    **When it hurts.** Only rows near the border and mislabeled rows are kept. The
    distribution of the class is lost, so probabilities mean little afterwards. If
    classes overlap, most rows of the overlap are kept.

    References
    ----------
    Angiulli. Fast Condensed Nearest Neighbor Rule. ICML 2005, 25-32,
    :doi:`10.1145/1102351.1102355`.

    Hart. The Condensed Nearest Neighbor Rule. IEEE Transactions on Information Theory
    14(3) (1968), 515-516, :doi:`10.1109/TIT.1968.1054155`.

    Examples
    --------
    >>> from imbsuite import CondensedNearestNeighbour
    >>> X, y = [[0.0], [1.0], [2.0], [3.0], [4.0], [4.5], [5.0]], [0, 0, 0, 0, 0, 1, 1]
    >>> CondensedNearestNeighbour().fit_resample(X, y)  # the mean is 2
    ([[2.0], [4.0], [4.5], [5.0]], [0, 0, 1, 1])
    """

    standardize: bool = True
    categorical_features: Any = "from_dtype"
    sampling_strategy: Any = "auto"

    _name: ClassVar[str] = "condensed-nearest-neighbour"
    _kind: ClassVar[Kind] = "clean"

    def _select(
        self, table: TableView, y: Any, plan: dict[int, int], rng: np.random.Generator
    ) -> Any:
        new = [reference_rows(table, y, plan, type(self).__name__)]
        store = _Store(table, y)
        new += [store.first_copies(_central(table, y, label)) for label in plan]
        store.add(np.sort(np.concatenate(new)))
        while len(wrong := store.nearest_mislabeled()):
            store.add(wrong)
        return np.flatnonzero(store.has)


class _Store:
    """The stored rows, and their distances to all other rows.

    Attributes
    ----------
    has : ndarray of shape (n_rows,), bool
        Which rows are stored.
    """

    def __init__(self, table: TableView, y: Any) -> None:
        self._table, self._y = table, y
        self.has = np.zeros(len(y), dtype=bool)
        # Squared distances to the nearest stored row of the same class and of others.
        self._same = np.full(len(y), np.inf)
        self._other = np.full(len(y), np.inf)
        # Rows that may be mislabeled, paired with their nearest stored rows.
        none = np.empty(0, dtype=np.intp)
        self._pairs: list[Any] = [(none, none, np.empty(0))]

    def add(self, new: Any) -> None:
        """Store rows, and compare the others with them."""
        self.has[new] = True
        y, rows = self._y, self._table.present
        rows = rows[~self.has[rows]]
        for label in np.unique(y[rows]):
            is_same = y[new] == label
            self._find(rows[y[rows] == label], new[is_same], new[~is_same])

    def _find(self, rows: Any, same: Any, others: Any) -> None:
        """Compare rows of a class with new stored rows of its own and other classes."""
        space = self._table.space
        space.prepare(rows, same)
        for part in space.batches(rows):
            known = self._same[part]
            lower_distances(self._table, part, same, known)
            self._same[part] = known
        space.prepare(rows, others)
        for part in space.batches(rows):
            self._find_others(part, others)

    def _find_others(self, rows: Any, new: Any) -> None:
        """Pair rows with the nearest new rows of other classes, if near enough."""
        k = 2
        least = np.minimum(self._same[rows], self._other[rows])
        # If all k nearest rows are equally near, search for more.
        while len(rows) and len(new):
            near, far = self._table.space.nearest(
                rows, new, k, within=np.sqrt(least), squared=True
            )
            is_tied = (near >= 0) & (far == far[:, :1]) & (far <= least[:, np.newaxis])
            more = is_tied.all(axis=1) & (k < len(new))
            row, place = np.nonzero(is_tied & ~more[:, np.newaxis])
            self._other[rows[row]] = far[row, 0]
            self._pairs.append((rows[row], near[row, place], far[row, place]))
            rows, least, k = rows[more], least[more], 4 * k

    def nearest_mislabeled(self) -> Any:
        """Return, for each stored row, the nearest of the rows that it mislabels."""
        rows, nearest, far = (
            np.concatenate(part) for part in zip(*self._pairs, strict=True)
        )
        other = self._other[rows]
        wrong = ~self.has[rows] & (far == other) & (other < self._same[rows])
        rows, nearest, far = rows[wrong], nearest[wrong], far[wrong]
        self._pairs = [(rows, nearest, far)]
        least = np.full(len(self.has), np.inf)
        np.minimum.at(least, nearest, far)
        return self.first_copies(np.unique(rows[far == least[nearest]]))

    def first_copies(self, rows: Any) -> Any:
        """Return rows without copies of earlier rows of the same class."""
        first = [rows[:0]]
        for label in np.unique(self._y[rows]):
            own = rows[self._y[rows] == label]
            near, far = self._table.space.nearest(own, own, 1)
            is_copy = ((far == 0) & (near < own[:, np.newaxis])).any(axis=1)
            first.append(own[~is_copy])
        return np.sort(np.concatenate(first))


def _central(table: TableView, y: Any, label: int) -> Any:
    """Return the rows of a class that are nearest to its mean."""
    space, rows = table.space, table.present[y[table.present] == label]
    if len(rows) == 0:
        return rows
    # One-hot columns depend on all rows at once; numbers are read in batches.
    parts = [rows] if table.codes.shape[1] else list(space.batches(rows))
    mean = sum(space.embed(part).sum(axis=0) for part in parts) / len(rows)
    far = np.concatenate([_squares(space.embed(part), mean) for part in parts])
    return rows[far <= far.min() + _ROUNDING * far.mean()]


def _squares(points: Any, mean: Any) -> Any:
    """Return squared distances of points to a mean."""
    if sp.issparse(points):
        sizes = points.multiply(points).sum(axis=1)
        return sizes - 2 * (points @ mean) + mean @ mean
    return ((points - mean) ** 2).sum(axis=1)
