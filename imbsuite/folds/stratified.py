"""Training and test rows of each fold, also for classes with few rows."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any, TypeAlias

import numpy as np
from sklearn.model_selection import check_cv

from imbsuite._arguments import check_splits
from imbsuite._classes import Labels
from imbsuite._types import Positions
from imbsuite.probability.units import TrainTest, Units

Fold: TypeAlias = TrainTest

# The default number of folds.
_USUAL = 5


@dataclass(frozen=True)
class Folds:
    """Pairs of training and test rows, and notes about them."""

    pairs: list[Fold]
    notes: tuple[str, ...] = ()

    @property
    def test_train_ratio(self) -> float:
        """Rows of a test fold / rows of a training fold, on average."""
        return float(np.mean([len(test) / len(train) for train, test in self.pairs]))

    def first_round(self) -> set[int]:
        """Return the numbers of the first folds that together test each row at most once.

        With ``StratifiedFolds``, these are the folds of the first repeat.
        """
        seen: set[int] = set()
        numbers: set[int] = set()
        for i, (_, test) in enumerate(self.pairs):
            rows = set(test.tolist())
            if len(rows) == len(test) and seen.isdisjoint(rows):
                numbers.add(i)
                seen |= rows
        return numbers


@dataclass(frozen=True)
class StratifiedFolds:
    """Repeated stratified folds that keep units of rows (groups, copies) together.

    There are at most as many folds as the second largest class has units, so that each
    fold has at least two classes. With more than two classes, small ones may be
    missing from some folds. A note reports both.
    """

    n_folds: int = _USUAL
    n_repeats: int = 2
    random_state: int = 0

    def split(self, labels: Labels, units: Units | None = None) -> Folds:
        """Return the folds, and notes about them.

        Parameters
        ----------
        labels : Labels
        units : Units, default=None
            None: each row is a unit.

        Raises
        ------
        ValueError
            If there are fewer than two folds or less than one repeat, or if fewer than two
            classes have two units.
        """
        if self.n_folds < 2 or self.n_repeats < 1:
            msg = (
                "Cross-validation needs at least 2 folds and 1 repeat. Got "
                f"{self.n_folds} folds and {self.n_repeats} repeats instead."
            )
            raise ValueError(msg)
        units = Units() if units is None else units
        sizes, unit = units.sizes(labels.codes, len(labels.classes)), _unit_of(units)
        n_folds = _affordable(self.n_folds, sizes, unit)
        seeds = range(self.random_state, self.random_state + self.n_repeats)
        with warnings.catch_warnings():
            # Our note reports it once, instead of once for each repeat.
            warnings.filterwarnings("ignore", message="The least populated class")
            rounds = [units.folds(labels.codes, n_folds, seed) for seed in seeds]
        notes = _on_small_classes(self.n_folds, n_folds, labels, sizes, unit)
        return Folds([pair for pairs in rounds for pair in pairs], notes)


def make_folds(
    cv: Any,
    X: Any,
    labels: Labels,
    groups: Any,
    random_state: int,
    *,
    units: Units,
) -> Folds:
    """Return the folds to compare on.

    Parameters
    ----------
    cv : None, int, StratifiedFolds, splitter, or iterable of (train, test)
        None: two repeats of five stratified folds. An int: two repeats of this many.
    X : table of shape (n_rows, n_columns)
        Passed to splitters.
    labels : Labels
    groups : array-like of shape (n_rows,) or None
        The original group labels, for splitters that use them.
    random_state : int
        Seed of ``StratifiedFolds``; splitters have their own.
    units : Units
        The units of rows that ``StratifiedFolds`` keep together.

    Raises
    ------
    ValueError
        If no fold has test rows and training rows of two classes.
    """
    if cv is None or isinstance(cv, Integral):
        cv = StratifiedFolds(n_folds_of(cv))
    if isinstance(cv, StratifiedFolds):
        seeded = replace(cv, random_state=random_state)
        return usable(seeded.split(labels, units), labels)
    check_splits(cv, "compare")
    rows = np.arange(len(labels.codes))  # splitters may yield masks or lists
    splitter = check_cv(cv)
    parts = splitter.split(X, labels.seen_by(splitter), groups)
    pairs = [(rows[train], rows[test]) for train, test in parts]
    return usable(Folds(pairs), labels)


def n_folds_of(cv: Any) -> int:
    """Return the number of folds, for each of which a stratum should have a row."""
    if isinstance(cv, StratifiedFolds):
        return cv.n_folds
    return int(cv) if isinstance(cv, Integral) else _USUAL


def n_folds_in_time(cv: Any) -> int:
    """Return the number of folds in time; raise ValueError for a splitter."""
    if cv is None:
        return _USUAL
    if not isinstance(cv, Integral):
        msg = (
            "With times, the 'cv' parameter of compare must be None or the number of "
            f"folds, because times make the folds. Got {cv!r} instead."
        )
        raise ValueError(msg)
    if cv < 2:
        msg = f"Cross-validation needs at least 2 folds. Got {cv} instead."
        raise ValueError(msg)
    return int(cv)


def usable(folds: Folds, labels: Labels) -> Folds:
    """Return the folds that have test rows and training rows of two classes.

    Raises
    ------
    ValueError
        If there are none.
    """
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
            f"None of the {total} folds has training rows of two classes and test rows; "
            "use other folds or, with groups, fewer of them."
        )
        raise ValueError(msg)
    note = (
        f"{total - len(kept)} of {total} folds are left out: their training rows have a "
        "single class, or they have no test rows."
    )
    return Folds(kept, (*folds.notes, note))


def _unit_of(units: Units) -> str:
    if units.codes is None:
        return "rows"
    return "groups" if units.mixed else "distinct rows"


def _affordable(n_requested: int, sizes: Positions, unit: str) -> int:
    n_folds = min(n_requested, int(np.sort(sizes)[-2]))
    if n_folds < 2:
        msg = (
            f"Cross-validation needs two classes with 2 {unit} or more in y. Fewer than "
            "two classes have them; collect more rows, or merge classes."
        )
        raise ValueError(msg)
    return n_folds


def _on_small_classes(
    n_requested: int, used: int, labels: Labels, sizes: Positions, unit: str
) -> tuple[str, ...]:
    sized = zip(labels.classes.tolist(), sizes.tolist(), strict=True)
    small = [f"{label!r} ({size})" for label, size in sized if size < n_requested]
    if not small:
        return ()
    fewer = f"; {used} folds are used instead" if used < n_requested else ""
    note = (
        f"classes with fewer {unit} than {n_requested} folds: {', '.join(small)}{fewer}. "
        "If a test fold lacks a class, averages are over the classes that it has."
    )
    return (note,)
