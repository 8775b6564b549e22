"""Splits of rows into training and test parts."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral, Real
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from sklearn.model_selection import check_cv
from sklearn.utils._param_validation import HasMethods, RealNotInt

from imbsuite._fit_inputs import FitInputs
from imbsuite._intervals import Interval
from imbsuite._random import draw_seed
from imbsuite._table import check_groups, take
from imbsuite._types import Codes
from imbsuite._warning import warn
from imbsuite.probability.units import Copies, TrainTest, Units

# Constraints of the parameter ``cv``.
CV = [
    Interval(Integral, 2, None, closed="left"),
    Interval(RealNotInt, 0, 1, closed="neither"),
    HasMethods(["split"]),
    list,
]


class SplitTable(NamedTuple):
    """The arguments of a splitter: rows, labels, and metadata that it requests.

    ``units``: the rows that folds keep together; None: groups and copies.
    """

    X: Any
    y: Any
    params: Mapping[str, Any] = MappingProxyType({})
    units: Units | None = None

    @classmethod
    def of(cls, inputs: FitInputs, y: Any) -> SplitTable:
        """Return the table of a wrapper's inputs, with these labels."""
        return cls(inputs.X, y, inputs.splitting)

    def take(self, rows: Codes) -> SplitTable:
        """Return the table of these rows."""
        of_rows = FitInputs(self.X, self.y, splitting=dict(self.params)).take(rows)
        units = None if self.units is None else self.units.take(rows)
        return SplitTable.of(of_rows, of_rows.y)._replace(units=units)

    def split(self, cv: Any, groups: Any) -> Any:
        """Return the pairs of training and test positions, or masks."""
        splitter = check_cv(cv, self.y, classifier=True)
        return splitter.split(self.X, self.y, groups, **self.params)

    def units_of(self, y: Codes, groups: Any) -> Units:
        """Return the rows that folds keep together: by default, groups and copies."""
        if self.units is not None:
            return self.units
        return Copies.find(self.X, y).join(check_groups(groups, len(y)))


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
            # The positions in a list would fill the screen.
            which = "cv" if isinstance(cv, list) else f"cv={cv!r}"
            msg = f"A class has no row in a training part of {which}, so no split is used."
            warn(msg)
        return None
    return pairs


def _splits_of_rows(
    y: Codes, cv: Any, rng: np.random.Generator, groups: Any, table: SplitTable
) -> list[TrainTest]:
    if is_share(cv):
        return _held_out(float(cv), y, rng, table.units_of(y, groups))
    if isinstance(cv, Integral):
        return _folds(int(cv), y, rng, table.units_of(y, groups))
    every = np.arange(len(y))  # parts may also be masks
    # A splitter may depend on the names of the groups.
    return [(every[train], every[test]) for train, test in table.split(cv, groups)]


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
    n_wanted: int, y: Codes, rng: np.random.Generator, units: Units
) -> list[TrainTest]:
    """Return stratified folds, at most as many as the rarest class has units."""
    n = min(n_wanted, _fewest(y, units))
    if n < n_wanted:
        result = f"{n} folds are used" if n > 1 else "no fold can be made"
        msg = (
            f"A class has too few distinct rows or groups for cv={n_wanted}: {result}."
        )
        warn(msg)
    return units.folds(y, n, draw_seed(rng)) if n > 1 else []


def _held_out(
    share: float, y: Codes, rng: np.random.Generator, units: Units
) -> list[TrainTest]:
    """Return one stratified split, with rows of every class on both sides."""
    fewest = _fewest(y, units)
    if fewest < 2:
        msg = (
            f"A class has too few distinct rows or groups for cv={share}: no row is held "
            "out."
        )
        warn(msg)
        return []
    if units.mixed:
        # scikit-learn has no stratified split of groups, so take one of 1 / share folds.
        n = min(max(2, round(1 / share)), fewest)
        return units.folds(y, n, draw_seed(rng))[:1]
    return [units.held_out(y, share, rng)]


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


def _fewest(y: Codes, units: Units) -> int:
    return int(units.sizes(y, int(y.max()) + 1).min())
