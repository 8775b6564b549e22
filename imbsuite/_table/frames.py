"""Dataframes: pandas, polars and pyarrow tables, through narwhals.

Narwhals recognises, selects, gathers and stacks. It has no word for two things, which
are written here for each of the three: the numbers underneath a column (points in time,
nullable integers, decimals), and a new column of exactly the same type. This module is
imported when the first dataframe arrives, not before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from narwhals.exceptions import DuplicateError
from numpy.typing import NDArray

from imbsuite._table.arrays import Dense, bounds_of, factorize, not_numeric
from imbsuite._table.draw import Cells, Numeric, Positions
from imbsuite._table.labels import row_labels

__all__ = [
    "Frame",
    "as_frame",
    "as_series",
    "each_dict",
    "enum_categories",
    "is_frame",
    "is_series",
    "only_column",
    "take_rows",
]

Mask = NDArray[np.bool_]
_TEMPORAL = (nw.Datetime, nw.Date, nw.Duration, nw.Time)
_KNOWN = ("pandas", "polars", "pyarrow")


def is_frame(container: Any) -> bool:
    """Return whether ``container`` is an eager dataframe of a kind known here."""
    try:
        wrapped = nw.from_native(container, pass_through=True, eager_only=True)
    except DuplicateError:
        return True  # they get our own message
    return isinstance(wrapped, nw.DataFrame) and _backend(wrapped) in _KNOWN


def is_series(container: Any) -> bool:
    """Return whether ``container`` is a column of its own."""
    wrapped = nw.from_native(container, pass_through=True, series_only=True)
    return isinstance(wrapped, nw.Series) and _backend(wrapped) in _KNOWN


def _backend(wrapped: Any) -> str:
    return str(wrapped.implementation.value)


def take_rows(container: Any, positions: Positions) -> Any:
    """Return these rows of a dataframe or series; pandas labels come along."""
    if isinstance(container, (pd.DataFrame, pd.Series)):
        return container.iloc[positions]
    wrapped = nw.from_native(container, eager_only=True, allow_series=True)
    return wrapped[positions].to_native()


def only_column(container: Any) -> Any:
    """Return the one column of a dataframe; anything else as it is."""
    if not is_frame(container) or container.shape[1] != 1:
        return container
    wrapped = nw.from_native(container, eager_only=True)
    return wrapped[:, 0].to_native()


def enum_categories(series: Any) -> list[Any] | None:
    """Return the categories of a column that has an order of them, else None."""
    if (of_arrow := _dictionary(series)) is not None:
        return of_arrow
    if not is_series(series):
        return None
    dtype = nw.from_native(series, series_only=True).dtype
    if not isinstance(dtype, nw.Enum):
        return None
    # narwhals gives text; a pandas categorical may be of anything.
    own = getattr(series, "cat", None)
    categories = getattr(own, "categories", None)
    return list(dtype.categories if categories is None else categories)


def _dictionary(series: Any) -> list[Any] | None:
    """Return the values of an ordered dictionary of Arrow, else None."""
    kind = getattr(getattr(series, "dtype", None), "pyarrow_dtype", None)
    if not getattr(getattr(series, "type", kind), "ordered", False):
        return None
    import pyarrow as pa

    column = pa.array(series) if kind is not None else series
    chunks = getattr(column, "chunks", [column])
    values = [chunk.dictionary.to_pylist() for chunk in chunks]
    # Chunks of other dictionaries have no common order.
    return values[0] if values and values.count(values[0]) == len(values) else None


def each_dict(frame: Any) -> Iterator[dict[str, Any]]:
    """Return the rows of a dataframe as ``{column: value}``, one by one."""
    rows: Iterator[dict[str, Any]] = nw.from_native(frame, eager_only=True).iter_rows(
        named=True
    )
    return rows


def as_frame(series: Any) -> Any:
    """Return a dataframe of this one column."""
    return (
        nw.from_native(series, series_only=True).alias("values").to_frame().to_native()
    )


def as_series(frame: Any, like: Any) -> Any:
    """Return the one column of ``frame`` under the name of ``like``."""
    name = nw.from_native(like, series_only=True).name
    column = nw.from_native(frame, eager_only=True)[:, 0]
    return column.alias(name).to_native()


class Frame:
    """A dataframe, its columns addressed by position."""

    def __init__(self, native: Any) -> None:
        self.native = native
        # A pyarrow table's .columns are its cells.
        arrow = type(native).__module__.startswith("pyarrow")
        self.names: list[Any] = list(native.column_names if arrow else native.columns)
        _refuse_duplicates(self.names)
        self._backend = _backend(nw.from_native(native, eager_only=True))
        self.shape: tuple[int, int] = (len(native), len(self.names))
        self._read = {"pandas": _read_pandas, "polars": _read_polars}.get(
            self._backend, _read_arrow
        )
        self._numeric: dict[int, Numeric] = {}

    def name(self, j: int) -> str:
        return f"column {self.names[j]!r}"

    def series(self, j: int) -> Any:
        if self._backend == "pandas":
            return self.native.iloc[:, j]
        return nw.from_native(self.native, eager_only=True)[:, j].to_native()

    def looks_categorical(self) -> Mask:
        return np.array(self._categorical, dtype=bool)

    @cached_property
    def _categorical(self) -> list[bool]:
        return [self._is_categorical(j) for j in range(self.shape[1])]

    def _is_categorical(self, j: int) -> bool:
        series = self.series(j)
        if isinstance(getattr(series, "dtype", None), pd.SparseDtype):
            return series.dtype.subtype.kind not in "iuf"
        dtype = nw.from_native(series, series_only=True).dtype
        if dtype.is_numeric() or dtype in _TEMPORAL:
            return False
        return dtype != nw.Object or not _holds_numbers(series)

    def looks_float(self) -> Mask:
        return np.array(
            [
                not self._categorical[j] and self.column(j).values.dtype.kind == "f"
                for j in range(self.shape[1])
            ],
            dtype=bool,
        )

    def column(self, j: int) -> Numeric:
        if j not in self._numeric:
            if self._categorical[j]:
                raise not_numeric(self.name(j))
            self._numeric[j] = self._read(self.series(j))
        return self._numeric[j]

    def numbers(self, columns: Sequence[int]) -> NDArray[Any]:
        block = self._block()
        if block is not None and len(columns) == self.shape[1]:
            return block
        parts = [self.column(j).floats() for j in columns]
        kind = np.result_type(*parts) if parts else np.float64
        out = np.empty((self.shape[0], len(columns)), dtype=kind)
        for place, part in enumerate(parts):
            out[:, place] = part
        return out

    def _block(self) -> NDArray[Any] | None:
        """Return the cells as one array where a pandas frame has one float type."""
        if self._backend != "pandas" or not self.shape[1]:
            return None
        first = self.native.dtypes.iloc[0]
        plain = isinstance(first, np.dtype) and first.kind == "f"
        if not plain or not (self.native.dtypes == first).all():
            return None
        block: NDArray[Any] = self.native.to_numpy()
        return block

    def codes(self, j: int) -> NDArray[np.int32]:
        series = self.series(j)
        if self._backend == "pandas":
            if isinstance(series.dtype, pd.CategoricalDtype):
                codes: NDArray[np.int32] = series.cat.codes.to_numpy().astype(np.int32)
                return codes
            return factorize(series, self.name(j))[0]
        if self._backend == "polars":
            return self._codes_polars(series, j)
        return self._codes_arrow(series, j)

    def _codes_polars(self, series: Any, j: int) -> NDArray[np.int32]:
        wrapped = nw.from_native(series, series_only=True)
        if wrapped.dtype == nw.Object or series.dtype.is_nested():
            cells = np.empty(len(series), dtype=object)
            cells[:] = series.to_list()
            return factorize(cells, self.name(j))[0]
        if wrapped.dtype in (nw.String, nw.Categorical, nw.Enum):
            # Several times faster than sorting texts for their rank.
            held = wrapped.cast(nw.Categorical).to_native().to_physical()
            return factorize(held.to_numpy(), self.name(j))[0]
        if series.null_count() == len(series):
            return np.full(len(series), -1, dtype=np.int32)
        codes = series.rank("dense").cast(int) - 1
        return codes.fill_null(-1).to_numpy().astype(np.int32)

    def _codes_arrow(self, series: Any, j: int) -> NDArray[np.int32]:
        import pyarrow as pa

        if pa.types.is_null(series.type):
            return np.full(len(series), -1, dtype=np.int32)
        try:
            encoded = series.unify_dictionaries().combine_chunks().dictionary_encode()
        except pa.ArrowNotImplementedError:
            return factorize(series.to_numpy(), self.name(j))[0]
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.combine_chunks()
        codes: NDArray[np.int32] = (
            encoded.indices.cast(pa.int64()).fill_null(-1).to_numpy()
        )
        return codes.astype(np.int32)

    def grow(self, cells: Cells, categorical: Mask) -> Any:
        draw, native = cells.draw, self.native
        kept = np.arange(len(native)) if draw.kept is None else draw.kept
        whole = draw.kept is None
        if draw.copies:
            out = take_rows(native, np.concatenate([kept, draw.seeds]))
        elif self._block() is not None and not categorical.any():
            out = self._like(Dense(self.numbers(range(self.shape[1]))), cells)
        else:
            new = self._new_rows(cells, categorical)
            old = native if whole else take_rows(native, kept)
            out = self._stack(old, new) if draw.n_new else old
        return self._label(out, kept, draw.seeds)

    def _like(self, dense: Dense, cells: Cells) -> Any:
        block = dense.grow(cells, dense.looks_categorical())
        return pd.DataFrame(block, columns=self.native.columns, copy=False)

    def _stack(self, old: Any, new: Any) -> Any:
        if self._backend == "pandas":
            return pd.concat([old, new], ignore_index=True)
        both = [nw.from_native(part, eager_only=True) for part in (old, new)]
        return nw.concat(both, how="vertical").to_native()

    def _label(self, out: Any, kept: Positions, seeds: Positions) -> Any:
        if self._backend == "pandas":
            out.index = row_labels(self.native.index, kept, seeds)
            out.attrs = dict(self.native.attrs)
        return out

    def _new_rows(self, cells: Cells, categorical: Mask) -> Any:
        columns, place = [], 0
        for j in range(self.shape[1]):
            series = self.series(j)
            if categorical[j]:
                columns.append(take_rows(series, cells.category(self, j)))
                continue
            columns.append(self._write(cells.numbers(self.column(j), j, place), series))
            place += 1
        return self._assemble(columns)

    def _write(self, column: Numeric, series: Any) -> Any:
        if self._backend == "pandas":
            return _write_pandas(column, series.dtype)
        if self._backend == "polars":
            return _write_polars(column, series)
        return _write_arrow(column, series.type)

    def _assemble(self, columns: list[Any]) -> Any:
        if self._backend == "pandas":
            # With its type: pandas would make a column of times of objects that are some.
            parts = [pd.Series(c.array, dtype=c.dtype, copy=False) for c in columns]
            frame = pd.concat(parts, axis=1, ignore_index=True)
            frame.columns = self.native.columns
            return frame
        if self._backend == "polars":
            return type(self.native)(dict(zip(self.names, columns, strict=True)))
        return type(self.native).from_arrays(columns, schema=self.native.schema)


def _refuse_duplicates(names: list[Any]) -> None:
    seen: set[Any] = set()
    twice = sorted({str(k) for k in names if k in seen or seen.add(k)})  # type: ignore[func-returns-value]
    if twice:
        msg = (
            f"X has duplicate column names: {twice}; rename them, so that each column "
            "can be told apart."
        )
        raise ValueError(msg)


def _holds_numbers(series: Any) -> bool:
    kinds = {"integer", "floating", "mixed-integer-float"}
    return pd.api.types.infer_dtype(series, skipna=True) in kinds


def _read_pandas(series: Any) -> Numeric:
    dtype = series.dtype
    if isinstance(dtype, pd.ArrowDtype):
        return _read_arrow(series.array.__arrow_array__())
    if isinstance(dtype, pd.SparseDtype):
        series = series.sparse.to_dense()
    elif _is_object(dtype):
        whole = _all_small(series)
        series = series.astype("Int64") if whole else series.astype("float64")
    missing = series.isna().to_numpy()
    if series.dtype.kind in "mM":
        values = np.asarray(series.array.asi8)
    elif isinstance(series.dtype, np.dtype):
        values = series.to_numpy()
    else:
        values = series.array.to_numpy(series.dtype.numpy_dtype, na_value=0)
    return _numeric(values, missing)


def _is_object(dtype: Any) -> bool:
    return isinstance(dtype, np.dtype) and dtype.kind == "O"


def _all_small(series: Any) -> bool:
    whole = pd.api.types.infer_dtype(series, skipna=True) == "integer"
    return whole and all(abs(v) < 2**63 for v in series.dropna())


def _read_polars(series: Any) -> Numeric:
    if series.dtype.is_decimal():
        series = series.cast(float)
    series = series.to_physical()
    missing = series.is_null().to_numpy()
    filled = series.fill_null(0) if missing.any() else series
    return _numeric(filled.to_numpy(), missing)


def _read_arrow(series: Any) -> Numeric:
    import pyarrow as pa

    kind = series.type
    if pa.types.is_decimal(kind):
        series = series.cast(pa.float64())
    elif pa.types.is_temporal(kind):
        if kind.bit_width == 32:
            series = series.cast(pa.int32())
        series = series.cast(pa.int64())
    missing = np.asarray(series.is_null())
    filled = series.fill_null(0) if missing.any() else series
    return _numeric(np.asarray(filled), missing)


def _numeric(values: NDArray[Any], missing: Mask) -> Numeric:
    """Widen to 64 bits, remember the range, and count NaN as missing."""
    bounds = bounds_of(values.dtype)
    if bounds is not None:
        values = values.astype(np.uint64 if values.dtype == np.uint64 else np.int64)
    elif values.dtype not in (np.float32, np.float64):
        values = values.astype(np.float64)
    if bounds is None:
        missing = missing | np.isnan(values)
    return Numeric(values, missing if missing.any() else None, bounds)


def _write_pandas(column: Numeric, dtype: Any) -> Any:
    values, missing = column.values, column.missing
    if isinstance(dtype, pd.ArrowDtype):
        return pd.Series(_write_arrow(column, dtype.pyarrow_dtype), dtype=dtype)
    if dtype.kind in "mM":
        return _write_moments(column, dtype)
    if isinstance(dtype, (np.dtype, pd.SparseDtype)) and not _is_object(dtype):
        cells = values if missing is None else column.floats()
        return pd.Series(cells).astype(dtype)
    series = pd.Series(values).astype(dtype)
    if missing is not None:
        series[missing] = None if _is_object(dtype) else pd.NA
    return series


def _write_moments(column: Numeric, dtype: Any) -> Any:
    values = column.values.copy()
    if column.missing is not None:
        values[column.missing] = np.iinfo(np.int64).min
    unit = getattr(dtype, "unit", None) or np.datetime_data(dtype)[0]
    series = pd.Series(values.view(f"{dtype.kind}8[{unit}]"))
    if isinstance(dtype, pd.DatetimeTZDtype):
        series = series.dt.tz_localize("UTC").dt.tz_convert(dtype.tz)
    return series


def _write_polars(column: Numeric, series: Any) -> Any:
    new = type(series)(column.values)
    if column.missing is not None:
        new = new.scatter(np.flatnonzero(column.missing), None)
    if series.dtype.is_decimal():
        return new.round(series.dtype.scale).cast(series.dtype)
    return new.cast(series.to_physical().dtype).cast(series.dtype)


def _write_arrow(column: Numeric, kind: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    new = pa.array(column.values, mask=column.missing)
    if pa.types.is_decimal(kind):
        return pc.round(new, kind.scale).cast(kind, safe=False)
    if pa.types.is_temporal(kind) and kind.bit_width == 32:
        new = new.cast(pa.int32())
    return new.cast(kind)
