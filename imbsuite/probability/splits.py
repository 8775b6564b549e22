"""Splits of rows into training and test parts."""

from __future__ import annotations

from dataclasses import replace
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.model_selection import check_cv
from sklearn.utils._param_validation import HasMethods, RealNotInt

from imbsuite._fit_inputs import FitInputs
from imbsuite._intervals import Interval
from imbsuite._random import draw_seed
from imbsuite._table import check_groups
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


def units_of_rows(inputs: FitInputs, y: Codes) -> Units:
    """Return the rows that folds keep together: groups and copies."""
    return Copies.find(inputs.X, y).join(check_groups(inputs.groups, len(y)))


def split_rows(
    y: Codes,
    cv: Any,
    rng: np.random.Generator,
    inputs: FitInputs,
    units: Units | None = None,
) -> list[TrainTest] | None:
    """Return training and test positions, or None (with a warning) if none can be made.

    Parameters
    ----------
    y, cv, rng, inputs, units
        See ``predict_out_of_fold``.
    """
    split = _splits_of_rows if inputs.origins is None else _splits_of_copies
    pairs = split(y, cv, rng, inputs, units)
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
    y: Codes,
    cv: Any,
    rng: np.random.Generator,
    inputs: FitInputs,
    units: Units | None,
) -> list[TrainTest]:
    if is_share(cv):
        return _held_out(float(cv), y, rng, units or units_of_rows(inputs, y))
    if isinstance(cv, Integral):
        return _folds(int(cv), y, rng, units or units_of_rows(inputs, y))
    splitter = check_cv(cv, inputs.y, classifier=True)
    # A splitter may depend on the names of the groups.
    pairs = splitter.split(inputs.X, inputs.y, inputs.groups, **inputs.splitting)
    every = np.arange(len(y))  # parts may also be masks
    return [(every[train], every[test]) for train, test in pairs]


def _splits_of_copies(
    y: Codes,
    cv: Any,
    rng: np.random.Generator,
    inputs: FitInputs,
    units: Units | None,
) -> list[TrainTest]:
    """Split the original rows; each copy is on the side of its original row."""
    origins: Any = inputs.origins
    first, place = np.unique(origins, return_index=True, return_inverse=True)[1:]
    if isinstance(cv, list):
        # Positions or masks are those of all original rows, even those without a copy.
        masks = [tuple(map(np.asarray, pair)) for pair in cv]
        parts = [
            [np.flatnonzero(p) if p.dtype == bool else p for p in m] for m in masks
        ]
        place = origins
    else:
        once = replace(inputs.take(first), origins=None)
        own = None if units is None else units.take(first)
        parts = [list(pair) for pair in _splits_of_rows(y[first], cv, rng, once, own)]
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
    """Whether ``cv`` makes a single split, and so a single estimator."""
    if isinstance(cv, list):
        return len(cv) == 1
    if hasattr(cv, "get_n_splits"):
        n = cv.get_n_splits(inputs.X, inputs.y, inputs.groups, **inputs.splitting)
        return bool(n == 1)
    return is_share(cv)


def _fewest(y: Codes, units: Units) -> int:
    return int(units.sizes(y, int(y.max()) + 1).min())
