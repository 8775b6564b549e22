"""Which rows are trained on and which tested on, with classes of few rows in mind."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, check_cv

from imbsuite._arguments import check_splits
from imbsuite._classes import Labels
from imbsuite._table import check_groups

__all__ = ["Fold", "Folds", "StratifiedFolds", "make_folds"]

Rows: TypeAlias = NDArray[np.intp]
Fold: TypeAlias = tuple[Rows, Rows]


@dataclass(frozen=True)
class Folds:
    """(Training rows, test rows) of every fold, and what must be said about them."""

    pairs: list[Fold]
    notes: tuple[str, ...] = ()

    @property
    def test_train_ratio(self) -> float:
        """Rows of a test fold / rows of a training fold, on average."""
        return float(np.mean([len(test) / len(train) for train, test in self.pairs]))

    def first_round(self) -> set[int]:
        """Return the numbers of folds that test no row twice, taken in order.

        Of our own folds, these are the ones before the first repeat.
        """
        seen: set[int] = set()
        found: set[int] = set()
        for i, (_, test) in enumerate(self.pairs):
            rows = set(test.tolist())
            if len(rows) == len(test) and seen.isdisjoint(rows):
                found.add(i)
                seen |= rows
        return found


@dataclass(frozen=True)
class StratifiedFolds:
    """Stratified folds, shuffled anew for each repeat; groups stay together.

    There are fewer folds where otherwise some of them would hold one class only: as
    many as the second largest class has rows (or groups), so for two classes as the
    rarer one has. Of more than two classes the smallest ones may be missing from a
    fold. A note says so.
    """

    n_folds: int = 5
    n_repeats: int = 2
    random_state: int = 0

    def split(self, labels: Labels, groups: Any = None) -> Folds:
        """Return the folds, and what must be said about them.

        Raises
        ------
        ValueError
            If there are fewer than two folds or less than one repeat, or fewer than
            two classes have two rows (two groups).
        """
        if self.n_folds < 2 or self.n_repeats < 1:
            msg = (
                f"{self.n_folds} folds and {self.n_repeats} repeats are not enough; "
                "at least 2 folds and 1 repeat are needed."
            )
            raise ValueError(msg)
        sizes, unit = _sizes(labels, groups)
        n_folds = _affordable(self.n_folds, sizes, unit)
        repeats = range(self.n_repeats)
        rounds = [self._once(n_folds, labels, groups, i) for i in repeats]
        notes = _on_small_classes(self.n_folds, n_folds, labels, sizes, unit)
        return Folds([pair for pairs in rounds for pair in pairs], notes)

    def _once(self, n_folds: int, labels: Labels, groups: Any, i: int) -> list[Fold]:
        kind = StratifiedKFold if groups is None else StratifiedGroupKFold
        splitter = kind(n_folds, shuffle=True, random_state=self.random_state + i)
        rows = np.zeros(len(labels.codes))
        with warnings.catch_warnings():
            # Our own note says it, once instead of once for each repeat.
            warnings.filterwarnings("ignore", message="The least populated class")
            return list(splitter.split(rows, labels.codes, groups))


def make_folds(
    cv: Any, X: Any, labels: Labels, groups: Any, random_state: int
) -> Folds:
    """Return the folds to compare on.

    Parameters
    ----------
    cv : None, int, StratifiedFolds, splitter, or iterable of (train, test)
        None: five stratified folds, twice. An int: so many folds, twice.
    X : table of shape (n_rows, n_columns)
        For splitters that look at it.
    labels : Labels
    groups : array-like of shape (n_rows,) or None
        As given: a splitter may read what they are called.
    random_state : int
        Shuffles our own folds; other splitters have their own.

    Raises
    ------
    ValueError
        If no fold has rows of two classes to train on.
    """
    if cv is None or isinstance(cv, Integral):
        n_folds = 5 if cv is None else int(cv)
        cv = StratifiedFolds(n_folds)
    if isinstance(cv, StratifiedFolds):
        seeded = replace(cv, random_state=random_state)
        codes = check_groups(groups, len(labels.codes))
        return _usable(seeded.split(labels, codes), labels)
    check_splits(cv, "compare")
    rows = np.arange(len(labels.codes))  # parts may be masks, or lists
    parts = check_cv(cv).split(X, labels.values, groups)
    pairs = [(rows[train], rows[test]) for train, test in parts]
    return _usable(Folds(pairs), labels)


def _usable(folds: Folds, labels: Labels) -> Folds:
    kept = [
        (train, test)
        for train, test in folds.pairs
        if len(test) and len(np.unique(labels.codes[train])) > 1
    ]
    total = len(folds.pairs)
    if len(kept) == total:
        return folds
    if not kept:
        msg = (
            f"none of the {total} folds has two classes to train on and rows to test "
            "on; use other folds or, with groups, fewer of them."
        )
        raise ValueError(msg)
    note = (
        f"{total - len(kept)} of {total} folds are left out: they have one class only "
        "to train on, or no rows to test on."
    )
    return Folds(kept, (*folds.notes, note))


def _sizes(labels: Labels, groups: Any) -> tuple[Rows, str]:
    """Return what can be dealt out to folds: rows, or groups, of each class."""
    if groups is None:
        return labels.sizes, "rows"
    pairs = np.unique(np.column_stack([labels.codes, groups]), axis=0)
    return np.bincount(pairs[:, 0], minlength=len(labels.classes)), "groups"


def _affordable(asked: int, sizes: Rows, unit: str) -> int:
    n_folds = min(asked, int(np.sort(sizes)[-2]))
    if n_folds < 2:
        msg = (
            f"fewer than two classes have 2 {unit} or more, so that no class but one "
            "can be both trained and tested on; collect more rows, or merge classes."
        )
        raise ValueError(msg)
    return n_folds


def _on_small_classes(
    asked: int, used: int, labels: Labels, sizes: Rows, unit: str
) -> tuple[str, ...]:
    sized = zip(labels.classes.tolist(), sizes.tolist(), strict=True)
    small = [f"{label!r} ({size})" for label, size in sized if size < asked]
    if not small:
        return ()
    fewer = f"; {used} folds are used instead" if used < asked else ""
    note = (
        f"classes with fewer {unit} than {asked} folds: {', '.join(small)}{fewer}. "
        "Where a test fold lacks a class, averages run over the classes it has."
    )
    return (note,)
