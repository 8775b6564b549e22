"""pandas columns: their numbers and categories, and new columns of the same type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbsuite._table.arrays import factorize
from imbsuite._table.cells import TRUTHS, Numeric
from imbsuite._table.numbers import or_none, read_objects, widened, write_objects
from imbsuite._table.temporal import temporal
from imbsuite._types import Positions


def _is_object(dtype: Any) -> bool:
    return isinstance(dtype, np.dtype) and dtype.kind == "O"


def take(container: Any, positions: Positions) -> Any:
    """Return the rows of a frame or series at ``positions``, with their labels."""
    try:
        return container.iloc[positions]
    except NotImplementedError:  # from Arrow, which cannot take cells of some types
        pass
    if isinstance(container, pd.Series):
        from imbsuite._table import of_arrow

        cells = of_arrow.take(_as_arrow(container), positions)
        return _of_arrow(cells, container.index[positions], container.name)
    columns = [take(column, positions) for _, column in container.items()]
    return pd.concat(columns, axis=1)


def pick(series: Any, positions: Positions) -> Any:
    """Return the cells of a series at ``positions``, without labels."""
    if _is_object(series.dtype):
        return series.to_numpy()[positions]
    try:
        return series.array.take(positions)
    except NotImplementedError:  # from Arrow, as in ``take``
        return take(series, positions).array


def _as_arrow(series: Any) -> Any:
    return series.array.__arrow_array__()


def _of_arrow(cells: Any, index: Any = None, name: Any = None) -> Any:
    array = pd.arrays.ArrowExtensionArray(cells)
    return pd.Series(array, index=index, name=name, copy=False)


def holds_numbers(series: Any) -> bool:
    """Return whether the type is numeric, a point in time or a duration."""
    dtype = series.dtype
    if isinstance(dtype, pd.SparseDtype):
        return dtype.subtype.kind in "iuf"
    if isinstance(dtype, pd.ArrowDtype):
        from imbsuite._table import of_arrow

        return of_arrow.holds_numbers(_as_arrow(series))
    if _is_object(dtype):
        return read_objects(series.to_numpy()) is not None
    if isinstance(dtype, (pd.CategoricalDtype, pd.StringDtype)):
        return False
    # narwhals does not support all floats of NumPy, nor all time zones.
    if isinstance(dtype, (np.dtype, pd.DatetimeTZDtype)):
        return dtype.kind in "iufmM"
    return nw.from_native(series, series_only=True).dtype.is_numeric()


def read(series: Any) -> Numeric | None:
    """Return a column as numbers, booleans as 0 and 1; None if it is not numeric."""
    dtype = series.dtype
    if isinstance(dtype, pd.ArrowDtype):
        from imbsuite._table import of_arrow

        return of_arrow.read(_as_arrow(series))
    if _is_object(dtype):
        return read_objects(series.to_numpy(), truths=True)
    if isinstance(dtype, pd.SparseDtype):
        series = series.sparse.to_dense()
    missing = series.isna().to_numpy()
    if pd.api.types.is_bool_dtype(series.dtype):
        values = series.to_numpy(np.int64, na_value=0)
        return Numeric(values, or_none(missing), TRUTHS)
    return _read_plain(series, missing) if holds_numbers(series) else None


def _read_plain(series: Any, missing: NDArray[np.bool_]) -> Numeric:
    dtype = series.dtype
    if dtype.kind in "mM":
        moments = np.asarray(series.array.asi8)
        return temporal(moments, or_none(missing), dtype.kind, _unit(dtype))
    if isinstance(dtype, np.dtype):
        return widened(series.to_numpy(), missing)
    return widened(series.array.to_numpy(dtype.numpy_dtype, na_value=0), missing)


def _unit(dtype: Any) -> str:
    return getattr(dtype, "unit", None) or np.datetime_data(dtype)[0]


def write(column: Numeric, like: Any, parents: Callable[[], Positions]) -> Any:
    """Return cells of the same type as ``like``, as an array.

    Missing values of a column of objects are copied from the rows ``parents()``.
    """
    dtype = like.dtype
    if isinstance(dtype, pd.ArrowDtype):
        from imbsuite._table import of_arrow

        return _of_arrow(of_arrow.write(column, _as_arrow(like), parents)).array
    if _is_object(dtype):
        return write_objects(column, like.to_numpy()[parents()])
    if dtype.kind in "mM":
        return _write_times(column, dtype).array
    if isinstance(dtype, pd.SparseDtype):
        return pd.Series(column.values).astype(dtype).array
    return (
        column.values.astype(dtype)
        if isinstance(dtype, np.dtype)
        else _masked(column, like)
    )


def assemble(columns: list[Any], names: Any) -> Any:
    """Return a frame with arrays as its columns."""
    # pandas would convert an array of objects that are times to a column of times.
    cells = {
        j: pd.Series(c, dtype=object) if _is_object(c.dtype) else c
        for j, c in enumerate(columns)
    }
    frame = pd.DataFrame(cells, copy=False)
    frame.columns = names
    return frame


def _masked(column: Numeric, like: Any) -> Any:
    """Return a nullable array in which NaN is not null."""
    nulls = column.nulls
    cells = column.values.astype("bool" if column.is_truth else like.dtype.numpy_dtype)
    mask = np.zeros(len(cells), dtype=bool) if nulls is None else nulls
    return type(like.array)(cells, mask)


def _write_times(column: Numeric, dtype: Any) -> Any:
    values = column.values.copy()
    if column.missing is not None:
        values[column.missing] = np.iinfo(np.int64).min
    series = pd.Series(values.view(f"{dtype.kind}8[{_unit(dtype)}]"))
    if isinstance(dtype, pd.DatetimeTZDtype):
        series = series.dt.tz_localize("UTC").dt.tz_convert(dtype.tz)
    return series


def codes(series: Any, what: str) -> NDArray[np.int32]:
    """Return category codes, -1 where missing.

    Raises
    ------
    TypeError
        If cells cannot be compared.
    """
    if isinstance(series.dtype, pd.CategoricalDtype):
        own: NDArray[np.int32] = series.cat.codes.to_numpy().astype(np.int32)
        return own
    if isinstance(series.dtype, pd.ArrowDtype):
        from imbsuite._table import of_arrow

        return of_arrow.codes(_as_arrow(series), what)
    plain = isinstance(series.dtype, np.dtype)
    return factorize(series.to_numpy() if plain else series.array, what)[0]
