"""Folds in time: models are tested only on rows that are later than their training rows."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from imbsuite._classes import Labels
from imbsuite._extras import need
from imbsuite._types import Codes, Positions
from imbsuite.files.dates import are_iso_dates, have_zones
from imbsuite.folds.stratified import Fold, Folds
from imbsuite.probability.units import Units

# A fold needs this many earlier rows in each of two classes: with fewer, a model, a
# correction or a threshold says nothing about the rare class.
ENOUGH_EARLIER = 10
# The types that pandas infers for a column of Python objects.
_DATES = {"date", "datetime", "datetime64"}
_NUMBERS = {"integer", "floating", "mixed-integer-float", "decimal", "boolean"}


@dataclass(frozen=True)
class Times:
    """When each row was observed, as numbers that increase with time.

    ``embargo``: the minimum gap between training rows and test rows; 0: training rows
    only have to be earlier.
    """

    values: NDArray[Any]
    embargo: Any = 0

    @classmethod
    def read(cls, times: Any, embargo: Any, n_rows: int) -> Self | None:
        """Return the times of rows, or None if ``times`` is None.

        Parameters
        ----------
        times : array-like of shape (n_rows,), or None
            Numbers, dates, durations, periods, strings such as "2020-01-31", or an
            ordered categorical.
        embargo : number, duration or None
            For numbers, a number in their unit; for dates, a ``timedelta`` or a string
            such as "7 days".
        n_rows : int

        Raises
        ------
        ValueError
            If values are missing, have no order, or are all equal; if the embargo is
            negative, not a difference of two times, or passed without times.
        """
        if times is None:
            if embargo is not None:
                msg = "The 'embargo' parameter of compare requires times. Got None instead."
                raise ValueError(msg)
            return None
        column = _column(times, n_rows)
        values, unit = _numbers(column)
        if len(np.unique(values)) < 2:
            msg = (
                "times must have two values or more, so that some rows are earlier than "
                f"others. Got {_first(column)!r} in every row instead."
            )
            raise ValueError(msg)
        return cls(values, _gap(embargo, unit))

    def take(self, rows: Positions) -> Times:
        """Return the times of these rows."""
        return replace(self, values=self.values[rows])

    def folds(self, n_folds: int, labels: Labels, units: Units) -> Folds:
        """Return expanding windows: each period is predicted from all earlier ones.

        The rows are divided at ``n_folds`` points in time into ``n_folds + 1`` periods
        with about the same number of rows, and all periods except the first are tested.
        Rows with the same time stay together. Rows whose unit is in the test period are
        removed from the training rows.

        Raises
        ------
        ValueError
            If no period can be tested.
        """
        starts = self._starts(n_folds)
        period = np.searchsorted(starts, self.values, side="right")
        pairs = [
            self._pair(period == i, start, units) for i, start in enumerate(starts, 1)
        ]
        kept = [pair for pair in pairs if _is_usable(pair, labels)]
        if not kept:
            msg = (
                f"None of the {len(pairs)} folds in time has test rows of two classes and "
                f"{ENOUGH_EARLIER} earlier rows of each; use fewer folds or collect more "
                "rows."
            )
            raise ValueError(msg)
        return Folds(kept, tuple(_notes(n_folds, pairs, kept)))

    def validation(self, y: Codes, share: float, units: Units) -> Fold:
        """Return earlier rows to train on, and the last rows, about this share.

        Among the points in time with rows of the most classes on both sides, the one
        nearest to this share is used.
        """
        distinct, place = np.unique(self.values, return_inverse=True)
        counts = np.zeros((1 + len(distinct), int(y.max()) + 1))
        np.add.at(counts, (1 + place, y), 1)
        earlier = counts.cumsum(axis=0)
        before = earlier[np.searchsorted(distinct, distinct - self.embargo)]
        after = earlier[-1] - earlier[:-1]
        on_both_sides = ((before > 0) & (after > 0)).sum(axis=1)
        gap = np.abs(after.sum(axis=1) - share * len(y))
        start = distinct[np.lexsort((gap, -on_both_sides))[0]]
        return self._pair(self.values >= start, start, units)

    def _starts(self, n_folds: int) -> NDArray[Any]:
        """Return the first time of each tested period."""
        ordered = np.sort(self.values)
        second = ordered[ordered > ordered[0]][0]
        cuts = np.arange(1, n_folds + 1) * len(ordered) // (n_folds + 1)
        return np.unique(np.maximum(ordered[cuts], second))

    def _pair(self, tested: NDArray[np.bool_], start: Any, units: Units) -> Fold:
        earlier = self.values < start - self.embargo
        if units.codes is not None:
            earlier &= ~np.isin(units.codes, units.codes[tested])
        return np.flatnonzero(earlier), np.flatnonzero(tested)


def _is_usable(pair: Fold, labels: Labels) -> bool:
    train, test = (np.bincount(labels.codes[rows], minlength=2) for rows in pair)
    return bool(np.sort(train)[-2] >= ENOUGH_EARLIER and np.count_nonzero(test) > 1)


def _notes(n_folds: int, pairs: list[Fold], kept: list[Fold]) -> list[str]:
    first = (
        f"{len(kept)} folds in time: each tests a model of all earlier rows on one period. "
        "The number of training rows differs between folds, so intervals are approximate."
    )
    notes = [first]
    if len(pairs) < n_folds:
        notes.append(
            f"times have too few values for {n_folds} folds; {len(pairs)} are made."
        )
    if len(kept) < len(pairs):
        notes.append(
            f"{len(pairs) - len(kept)} of {len(pairs)} folds in time are left out: they "
            f"have fewer than {ENOUGH_EARLIER} earlier rows of two classes, or test rows "
            "of a single class."
        )
    return notes


# --- Reading -------------------------------------------------------------------------


def _column(times: Any, n_rows: int) -> Any:
    pandas = need("pandas")
    values = times.to_pandas() if hasattr(times, "to_pandas") else times
    if np.ndim(values) != 1:
        msg = f"times must have one dimension, not the shape {np.shape(values)}."
        raise ValueError(msg)
    column = pandas.Series(values).reset_index(drop=True)
    if len(column) != n_rows:
        msg = (
            "Found input variables with inconsistent numbers of samples: X has "
            f"{n_rows} rows, times has {len(column)}."
        )
        raise ValueError(msg)
    if missing := int(column.isna().sum()):
        rows = "a row" if missing == 1 else f"{missing:,} rows"
        msg = f"times has missing values, in {rows}; leave these rows out."
        raise ValueError(msg)
    return column


def _numbers(column: Any) -> tuple[NDArray[Any], str | None]:
    """Return times as numbers, and their unit if they are dates or durations."""
    pandas = need("pandas")
    if getattr(column.dtype, "ordered", False):
        return column.cat.codes.to_numpy(np.int64), None
    column = _as_dates(column)
    if isinstance(column.dtype, pandas.PeriodDtype):
        column = column.dt.to_timestamp()
    if isinstance(column.dtype, pandas.DatetimeTZDtype):
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    if pandas.api.types.is_any_real_numeric_dtype(column.dtype):
        return _finite(column.to_numpy()), None
    values = column.to_numpy()
    if values.dtype.kind in "mM":
        return values.view(np.int64), np.datetime_data(values.dtype)[0]
    if pandas.api.types.infer_dtype(column) in _NUMBERS:
        return _finite(values.astype(np.float64)), None
    msg = (
        "times must hold numbers, dates, strings such as '2020-01-31', or an ordered "
        f"categorical. Got values such as {_first(column)!r} ({column.dtype}), which have "
        "no known order."
    )
    raise ValueError(msg)


def _first(column: Any) -> Any:
    """Return the first value as users write it: 0.0, not np.float64(0.0)."""
    value = column.iloc[0]
    return value.item() if isinstance(value, np.generic) else value


def _as_dates(column: Any) -> Any:
    """Convert date objects and date strings to datetimes, and nothing else."""
    pandas = need("pandas")
    kind = pandas.api.types.infer_dtype(column)
    is_text = kind == "string" and are_iso_dates(column)
    if not is_text and not (column.dtype == object and kind in _DATES):
        return column
    _refuse_mixed_zones(column)
    try:
        return pandas.to_datetime(
            column, format="ISO8601" if is_text else None, utc=True
        )
    except ValueError:
        return column  # impossible dates, such as 2021-02-30


def _refuse_mixed_zones(column: Any) -> None:
    zoned = have_zones(column)
    if zoned.any() and not zoned.all():
        msg = (
            "times must all have a time zone, or none. Got "
            f"{str(column[zoned].iloc[0])!r} and {str(column[~zoned].iloc[0])!r}, whose "
            "order is unknown."
        )
        raise ValueError(msg)


def _finite(values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype.kind in "iu" and values.dtype != np.uint64:
        return values.astype(np.int64)
    numbers = values.astype(np.float64)
    if not np.isfinite(numbers).all():
        msg = "times must be finite; it has infinite values."
        raise ValueError(msg)
    return numbers


def _gap(embargo: Any, unit: str | None) -> Any:
    """Return the embargo in the unit of the times."""
    if embargo is None:
        return 0
    gap = _number(embargo) if unit is None else _duration(embargo, unit)
    if gap is None or not gap >= 0:
        allowed = "a number" if unit is None else "a duration such as '7 days'"
        msg = (
            f"The 'embargo' parameter of compare must be {allowed} of at least 0, as the "
            f"difference of two times. Got {embargo!r} instead."
        )
        raise ValueError(msg)
    return gap


def _number(embargo: Any) -> Any:
    """Return the embargo if it is a number, else None."""
    odd = isinstance(embargo, (bool, np.timedelta64))
    return embargo if isinstance(embargo, Real) and not odd else None


def _duration(embargo: Any, unit: str) -> int | None:
    """Return the embargo in this unit, rounded up; None if it is not a duration."""
    pandas = need("pandas")
    if isinstance(embargo, bool) or _number(embargo) is not None:
        return None
    try:
        return math.ceil(pandas.Timedelta(embargo) / pandas.Timedelta(1, unit=unit))
    except (TypeError, ValueError):
        return None
