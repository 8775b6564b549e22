"""Rows that folds keep together: copies of a row, and the user's groups.

A model that was fitted on a copy of a test row knows its label, so its score on this
row says nothing about new rows. Rows with the same features and the same label are
therefore kept in one fold, unless columns have so few values that new rows would also
repeat old ones.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from heapq import heapify, heapreplace
from typing import Any, Literal, Self, TypeAlias

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from imbsuite._random import check_rng
from imbsuite._table import Contents, contents_of
from imbsuite._types import Codes, Mask, Positions

TrainTest: TypeAlias = tuple[Positions, Positions]
KeepCopies: TypeAlias = Literal["together", "split"] | None

# Equal rows are attributed to chance if it explains at least this share of equal pairs.
_BY_CHANCE = 0.5


@dataclass(frozen=True)
class Copies:
    """Rows with the same features and the same label.

    ``codes``: equal for copies. ``contents``: equal for rows with the same features.
    ``by_chance``: whether about as many rows would have the same features if columns
    were independent, because columns have few values.
    """

    codes: Codes
    contents: Codes
    by_chance: bool

    @classmethod
    def find(cls, X: Any, y: Codes, leave_out: Collection[int] = ()) -> Self:
        """Return the copies in a table; ``leave_out`` are columns that may differ."""
        contents = contents_of(X, leave_out)
        both = contents.codes * (y.max() + 1) + y
        codes = np.unique(both, return_inverse=True)[1]
        return cls(codes, contents.codes, _are_chance(contents))

    @property
    def repeats(self) -> Mask:
        """The rows that repeat an earlier row."""
        repeats = np.ones(len(self.codes), dtype=bool)
        repeats[np.unique(self.codes, return_index=True)[1]] = False
        return repeats

    @property
    def contradicted(self) -> Mask:
        """The rows with the features, but not the label, of another row."""
        of_both, of_features = np.bincount(self.codes), np.bincount(self.contents)
        return np.asarray(of_features[self.contents] > of_both[self.codes])

    def join(self, groups: Codes | None, how: KeepCopies = None) -> Units:
        """Return the units of folds: rows connected by groups and copies.

        Parameters
        ----------
        groups : ndarray of shape (n_rows,), int, or None
        how : {"together", "split"} or None, default=None
            None: copies are kept together unless rows repeat by chance, or copies would
            connect most groups to each other. "together": always. "split": never.
        """
        alone = Units(groups, mixed=groups is not None)
        skipped = how == "split" or (how is None and self.by_chance)
        if skipped or not self.repeats.any():
            return alone
        if groups is None:
            return Units(self.codes)
        joined = _connected(groups, self.codes)
        largest = max(len(groups) / 2, np.bincount(groups).max())
        connects_most = np.bincount(joined).max() > largest
        if how is None and connects_most:
            return alone
        return Units(joined, mixed=True)


def _are_chance(contents: Contents) -> bool:
    counts, n = np.bincount(contents.codes), len(contents.codes)
    equal = float((counts * (counts - 1.0)).sum()) / (n * max(n - 1.0, 1.0))
    return contents.chance >= _BY_CHANCE * equal > 0


@dataclass(frozen=True)
class Units:
    """The unit of each row; folds keep the rows of a unit together.

    ``codes``: of shape (n_rows,), or None if each row is a unit. ``mixed``: whether a
    unit may have rows of several classes, as the user's groups may.
    """

    codes: Codes | None = None
    mixed: bool = False

    def take(self, rows: Positions) -> Units:
        """Return the units of these rows."""
        return Units(None if self.codes is None else self.codes[rows], self.mixed)

    def sizes(self, y: Codes, n_classes: int) -> Codes:
        """Return the number of units of each class."""
        if self.codes is None:
            return np.bincount(y, minlength=n_classes)
        pairs = np.unique(np.column_stack([y, self.codes]), axis=0)
        return np.bincount(pairs[:, 0], minlength=n_classes)

    def folds(self, y: Codes, n_folds: int, seed: int | None) -> list[TrainTest]:
        """Return stratified folds, shuffled unless ``seed`` is None."""
        y = _by_appearance(y)
        shuffle: dict[str, Any] = {"shuffle": seed is not None, "random_state": seed}
        rows = np.zeros((len(y), 1))
        if self.mixed:
            return [
                *StratifiedGroupKFold(n_folds, **shuffle).split(rows, y, self.codes)
            ]
        splitter = StratifiedKFold(n_folds, **shuffle)
        if self.codes is None:
            return [*splitter.split(rows, y)]
        first, unit, counts = self._pure(y)
        rng = None if seed is None else check_rng(seed)
        fold = _dealt(y[first], counts, n_folds, rng)[unit]
        return [
            (np.flatnonzero(fold != i), np.flatnonzero(fold == i))
            for i in range(n_folds)
        ]

    def held_out(self, y: Codes, share: float, rng: np.random.Generator) -> TrainTest:
        """Hold out this share of each class: at least one unit, but not all of them."""
        y = _by_appearance(y)
        first, unit, counts = self._pure(y)
        of_class = [np.flatnonzero(y[first] == k) for k in range(y.max() + 1)]
        out = np.concatenate(
            [_some_of(units, counts, share, rng) for units in of_class]
        )
        is_out = np.isin(unit, out)
        return np.flatnonzero(~is_out), np.flatnonzero(is_out)

    def _pure(self, y: Codes) -> tuple[Positions, Codes, Codes]:
        """Return the first row of each unit, the unit of each row, and unit sizes."""
        if self.codes is None:
            rows = np.arange(len(y))
            return rows, rows, np.ones(len(y), dtype=np.intp)
        _, first, unit, counts = np.unique(
            self.codes, return_index=True, return_inverse=True, return_counts=True
        )
        return first, unit, counts


def _by_appearance(y: Codes) -> Codes:
    """Renumber classes by first appearance, so that names do not change a split."""
    first, codes = np.unique(y, return_index=True, return_inverse=True)[1:]
    numbered: Codes = first.argsort().argsort()[codes]
    return numbered


def _dealt(
    y: Codes, sizes: Codes, n_folds: int, rng: np.random.Generator | None
) -> Positions:
    """Assign units, largest first, to the fold with the fewest rows of their class."""
    order = np.arange(len(y)) if rng is None else rng.permutation(len(y))
    order = order[np.lexsort((-sizes[order], y[order]))]
    fold, total = np.empty(len(y), dtype=np.intp), [0] * n_folds
    for units in np.split(order, np.flatnonzero(np.diff(y[order])) + 1):
        heap = [(0, total[i], i) for i in range(n_folds)]
        heapify(heap)
        for k, size in zip(units.tolist(), sizes[units].tolist(), strict=True):
            of_class, of_all, i = heap[0]
            fold[k] = i
            heapreplace(heap, (of_class + size, of_all + size, i))
        for _, of_all, i in heap:
            total[i] = of_all
    return fold


def _some_of(
    units: Positions, sizes: Codes, share: float, rng: np.random.Generator
) -> Positions:
    """Return units with about this share of the rows: at least one, but not all."""
    order = rng.permutation(units)
    rows = np.cumsum(sizes[order])
    n = min(max(1, round(share * rows[-1])), rows[-1] - 1)
    return order[: min(int(np.searchsorted(rows, n)) + 1, len(units) - 1)]


def _connected(groups: Codes, copies: Codes) -> Codes:
    """Return the connected component of each row, by groups and copies."""
    n_groups = int(groups.max()) + 1
    n = n_groups + int(copies.max()) + 1
    edges = (np.ones(len(groups)), (groups, n_groups + copies))
    labels: Codes = connected_components(sp.coo_array(edges, shape=(n, n)))[1]
    return labels[groups].astype(np.intp)
