"""polars columns: their numbers and categories, and new columns of the same type."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from imbsuite._table.arrays import factorize
from imbsuite._table.cells import TRUTHS, Numeric
from imbsuite._table.numbers import (
    NARROW,
    decimals,
    or_none,
    read_objects,
    widened,
    write_objects,
)
from imbsuite._table.temporal import temporal
from imbsuite._types import Positions

_TIMES: dict[Any, str] = {
    nw.Date: "M",
    nw.Datetime: "M",
    nw.Duration: "m",
    nw.Time: "t",
}
_WIDE: dict[Any, tuple[int, int]] = {
    nw.Int128: (-(2**127), 2**127 - 1),
    nw.UInt128: (0, 2**128 - 1),
}


def take(container: Any, positions: Positions) -> Any:
    """Return the rows of a frame, or cells of a column, at ``positions``."""
    return container[positions]


# Columns of polars have no row labels.
pick = take


def holds_numbers(series: Any) -> bool:
    """Return whether the type is numeric, a point in time or a duration."""
    dtype = nw.from_native(series, series_only=True).dtype
    if dtype == nw.Object:
        return read_objects(_objects(series)) is not None
    return dtype.is_numeric() or type(dtype) in _TIMES


def _objects(series: Any) -> NDArray[Any]:
    cells = np.empty(len(series), dtype=object)
    cells[:] = series.to_list()
    return cells


def read(series: Any) -> Numeric | None:
    """Return a column as numbers, booleans as 0 and 1; None if it is not numeric."""
    dtype = nw.from_native(series, series_only=True).dtype
    if dtype == nw.Object:
        return read_objects(_objects(series), truths=True)
    if dtype != nw.Boolean and not holds_numbers(series):
        return None
    missing = _missing(series)
    if dtype == nw.Boolean:
        return Numeric(_filled(series.cast(int)), or_none(missing), TRUTHS)
    if isinstance(dtype, nw.Decimal):
        return _read_decimals(series, missing)
    if type(dtype) in _WIDE:
        return Numeric(_whole(series), or_none(missing), _WIDE[type(dtype)])
    return _read_plain(series, missing, dtype)


def _read_plain(series: Any, missing: NDArray[np.bool_], dtype: Any) -> Numeric:
    sort = _TIMES.get(type(dtype))
    if sort is None:
        return widened(_filled(series), missing)
    values = _filled(series.to_physical())
    unit = "D" if dtype == nw.Date else getattr(dtype, "time_unit", "ns")
    return temporal(values.astype(np.int64), or_none(missing), sort, unit)


# Some methods of a series run as a query of polars, which takes much longer than
# reading its cells, so they are called only if there are nulls.
def _missing(series: Any) -> NDArray[np.bool_]:
    nulls = series.is_null().to_numpy() if series.null_count() else None
    return np.zeros(len(series), dtype=bool) if nulls is None else nulls


def _filled(series: Any) -> NDArray[Any]:
    filled = series.fill_null(0) if series.null_count() else series
    cells: NDArray[Any] = filled.to_numpy()
    return cells


def _whole(series: Any) -> NDArray[Any]:
    return _objects(series.fill_null(0))


def _read_decimals(series: Any, missing: NDArray[np.bool_]) -> Numeric:
    physical, precision = series.to_physical(), series.dtype.precision or 38
    narrow = precision <= NARROW
    values = _filled(physical.cast(int)) if narrow else _whole(physical)
    return decimals(values, missing, precision, series.dtype.scale)


def write(column: Numeric, like: Any, parents: Callable[[], Positions]) -> Any:
    """Return a column of the same type as ``like``.

    Missing values of a column of objects are copied from the rows ``parents()``.
    """
    dtype = like.dtype
    if nw.from_native(like, series_only=True).dtype == nw.Object:
        cells = _objects(like)[parents()]
        return type(like)(write_objects(column, cells).tolist(), dtype=dtype)
    if column.values.dtype == object or dtype.is_decimal():
        return type(like)(_exact(column, as_decimals=dtype.is_decimal()), dtype=dtype)
    new = type(like)(column.values)
    if column.nulls is not None:
        new = new.scatter(np.flatnonzero(column.nulls), None)
    if new.dtype == dtype:
        return new
    if column.is_truth or dtype.is_numeric():
        return new.cast(dtype)
    return new.cast(like.to_physical().dtype).cast(dtype)


def _exact(column: Numeric, *, as_decimals: bool) -> list[Any]:
    """Return integers or decimals of any size, as Python objects."""
    cells = column.values.tolist()
    if as_decimals:  # also for whole numbers: polars accepts only small integers
        # Without arithmetic, because its precision is limited by the decimal context.
        parts = [Decimal(v).as_tuple() for v in cells]
        cells = [Decimal((p.sign, p.digits, -column.digits)) for p in parts]
    if column.nulls is not None:
        cells = [
            None if null else v for v, null in zip(cells, column.nulls, strict=True)
        ]
    return cells


def codes(series: Any, what: str) -> NDArray[np.int32]:
    """Return category codes, -1 where missing.

    Raises
    ------
    TypeError
        If cells cannot be compared.
    """
    wrapped = nw.from_native(series, series_only=True)
    if wrapped.dtype == nw.Object or series.dtype.is_nested():
        return factorize(_objects(series), what)[0]
    if wrapped.dtype in (nw.String, nw.Categorical, nw.Enum):
        # Several times faster than ranking strings, which sorts them.
        held = wrapped.cast(nw.Categorical).to_native().to_physical()
        return factorize(held.to_numpy(), what)[0]
    if series.null_count() == len(series):
        return np.full(len(series), -1, dtype=np.int32)
    ranks = series.rank("dense").cast(int) - 1
    return ranks.fill_null(-1).to_numpy().astype(np.int32)
