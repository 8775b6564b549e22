"""Splits of rows into training and test parts."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral, Real
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, check_cv
from sklearn.utils._param_validation import HasMethods, Interval, RealNotInt

from imbsuite._fit_inputs import FitInputs
from imbsuite._random import draw_seed
from imbsuite._table import check_groups, take
from imbsuite._types import Codes
from imbsuite._warning import warn

TrainTest = tuple[Codes, Codes]


class _Share(Interval):  # type: ignore[misc]
    """An interval of floats of any precision; scikit-learn's excludes float32."""

    def is_satisfied_by(self, val: Any) -> bool:
        """Whether ``val`` lies in the interval."""
        number = float(val) if isinstance(val, np.floating) else val
        return bool(super().is_satisfied_by(number))


# Constraints of the parameter ``cv``.
CV = [
    Interval(Integral, 2, None, closed="left"),
    _Share(RealNotInt, 0, 1, closed="neither"),
    HasMethods(["split"]),
    list,
]


class SplitTable(NamedTuple):
    """The arguments of a splitter: rows, labels, and metadata that it requests."""

    X: Any
    y: Any
    params: Mapping[str, Any] = MappingProxyType({})

    @classmethod
    def of(cls, inputs: FitInputs, y: Any) -> SplitTable:
        """Return the table of a wrapper's inputs, with these labels."""
        return cls(inputs.X, y, inputs.splitting)

    def take(self, rows: Codes) -> SplitTable:
        """Return the table of these rows."""
        of_rows = FitInputs(self.X, self.y, splitting=dict(self.params)).take(rows)
        return SplitTable.of(of_rows, of_rows.y)

    def split(self, cv: Any, groups: Any) -> Any:
        """Return the pairs of training and test positions, or masks."""
        splitter = check_cv(cv, self.y, classifier=True)
        return splitter.split(self.X, self.y, groups, **self.params)


def split_rows(
    y: Codes,
    cv: Any,
    rng: np.random.Generator,
    origins: Codes | None,
    *,
    groups: Any,
    table: SplitTable,
) -> list[TrainTest] | None:
    """Return training and test positions, or None (with a warning) if none can be made."""
    if origins is None:
        pairs = _splits_of_rows(y, cv, rng, groups, table)
    else:
        pairs = _splits_of_copies(y, cv, rng, origins, groups=groups, table=table)
    lacking = any(len(np.unique(y[train])) <= y.max() for train, _ in pairs)
    if not pairs or lacking:
        if lacking:
            msg = (
                f"A class has no row in a training part of cv={cv!r}, so no split is "
                "used."
            )
            warn(msg)
        return None
    return pairs


def _splits_of_rows(
    y: Codes, cv: Any, rng: np.random.Generator, groups: Any, table: SplitTable
) -> list[TrainTest]:
    if is_share(cv):
        splits = _held_out(float(cv), y, rng, check_groups(groups, len(y)))
    elif isinstance(cv, Integral):
        splits = _folds(int(cv), y, rng, check_groups(groups, len(y)))
    else:
        # A splitter may depend on the names of the groups.
        splits = list(table.split(cv, groups))
    every = np.arange(len(y))  # parts may also be masks
    return [(every[train], every[test]) for train, test in splits]


def _splits_of_copies(
    y: Codes,
    cv: Any,
    rng: np.random.Generator,
    origins: Codes,
    *,
    groups: Any,
    table: SplitTable,
) -> list[TrainTest]:
    """Split the original rows; each copy goes to the side of its row."""
    first, place = np.unique(origins, return_index=True, return_inverse=True)[1:]
    if isinstance(cv, list):
        # Positions, or masks, of all original rows, also of those without a copy.
        masks = [tuple(map(np.asarray, pair)) for pair in cv]
        parts = [
            [np.flatnonzero(p) if p.dtype == bool else p for p in m] for m in masks
        ]
        place = origins
    else:
        own = None if groups is None else take(groups, first)
        once = table.take(first)
        parts = [list(pair) for pair in _splits_of_rows(y[first], cv, rng, own, once)]
    train_test = [[np.flatnonzero(np.isin(place, p)) for p in pair] for pair in parts]
    return [(train, test) for train, test in train_test]


def _folds(
    n_wanted: int, y: Codes, rng: np.random.Generator, groups: Any
) -> list[TrainTest]:
    """Return stratified folds, at most as many as the rarest class has rows."""
    n = min(n_wanted, _fewest(y, groups))
    if n < n_wanted:
        result = f"{n} folds are used" if n > 1 else "no fold can be made"
        msg = f"A class has too few rows or groups for cv={n_wanted}: {result}."
        warn(msg)
    if n < 2:
        return []
    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    splitter = kind(n, shuffle=True, random_state=draw_seed(rng))
    return list(splitter.split(np.empty((len(y), 0)), y, groups))


def _held_out(
    share: float, y: Codes, rng: np.random.Generator, groups: Any
) -> list[TrainTest]:
    """Return one stratified split, with rows of every class on both sides."""
    fewest = _fewest(y, groups)
    if fewest < 2:
        msg = f"A class has too few rows or groups for cv={share}: no row is held out."
        warn(msg)
        return []
    if groups is not None:
        # scikit-learn has no stratified split of groups, so take one of 1 / share folds.
        n = min(max(2, round(1 / share)), fewest)
        splitter = StratifiedGroupKFold(n, shuffle=True, random_state=draw_seed(rng))
        return [next(splitter.split(np.empty((len(y), 0)), y, groups))]
    test = [_some_of(np.flatnonzero(y == k), share, rng) for k in range(y.max() + 1)]
    out = np.sort(np.concatenate(test))
    return [(np.setdiff1d(np.arange(len(y)), out), out)]


def _some_of(rows: Codes, share: float, rng: np.random.Generator) -> Codes:
    """Return about this share of the rows, at least one, but not all."""
    n = min(max(1, round(share * len(rows))), len(rows) - 1)
    return rng.permutation(rows)[:n]


def is_share(cv: Any) -> bool:
    """Whether ``cv`` is a share of rows to hold out instead of a number of folds."""
    return isinstance(cv, Real) and not isinstance(cv, Integral)


def makes_one_split(cv: Any, inputs: FitInputs) -> bool:
    """Whether ``cv`` makes a single split, hence a single estimator."""
    if isinstance(cv, list):
        return len(cv) == 1
    if hasattr(cv, "get_n_splits"):
        n = cv.get_n_splits(inputs.X, inputs.y, inputs.groups, **inputs.splitting)
        return bool(n == 1)
    return is_share(cv)


def _fewest(y: Codes, groups: Any) -> int:
    if groups is None:
        return int(np.bincount(y).min())
    return min(len(np.unique(groups[y == k])) for k in range(y.max() + 1))
