"""Dataframes: pandas, polars and pyarrow tables, through narwhals.

Narwhals recognizes dataframes, selects columns and rows, and concatenates.
``of_pandas``, ``of_polars`` and ``of_arrow`` do what it does not support: they read the
numbers and categories of a column, and write a new column of exactly the same type.
This module is imported only when the first dataframe is passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from importlib import import_module
from numbers import Number
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from narwhals.exceptions import DuplicateError
from numpy.typing import NDArray

from imbsuite._table.arrays import Dense, OfColumns, not_numeric
from imbsuite._table.cells import Cells, Numeric
from imbsuite._table.labels import row_labels
from imbsuite._types import Mask, Positions

# The modules that read and write columns, by the kind of dataframe.
_MAKERS = {"pandas": "of_pandas", "polars": "of_polars", "pyarrow": "of_arrow"}


def unwrapped(container: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Return the dataframe or series inside ``container``, and a function to rewrap it.

    Narwhals wraps dataframes of other libraries; a record batch of Arrow becomes a
    table.
    """
    if isinstance(container, (nw.DataFrame, nw.Series)):
        return container.to_native(), partial(nw.from_native, allow_series=True)
    if type(container).__module__ == "pyarrow.lib" and hasattr(
        container, "to_struct_array"
    ):
        table = import_module("pyarrow").Table
        if not isinstance(container, table):
            return table.from_batches([container]), _as_batch
    return container, lambda same: same


def _as_batch(table: Any) -> Any:
    columns = [column.combine_chunks() for column in table.columns]
    batch = import_module("pyarrow").RecordBatch
    return batch.from_arrays(columns, schema=table.schema)


def is_frame(container: Any) -> bool:
    """Return whether ``container`` is an eager dataframe of a supported library."""
    if isinstance(container, pd.DataFrame):
        return True
    try:
        wrapped = nw.from_native(container, pass_through=True, eager_only=True)
    except DuplicateError:
        return True  # duplicate column names get our own message
    return isinstance(wrapped, nw.DataFrame) and _backend(wrapped) in _MAKERS


def is_series(container: Any) -> bool:
    """Return whether ``container`` is a series of a supported library."""
    wrapped = nw.from_native(container, pass_through=True, series_only=True)
    return isinstance(wrapped, nw.Series) and _backend(wrapped) in _MAKERS


def _backend(wrapped: Any) -> str:
    return str(wrapped.implementation.value)


def _maker(backend: str) -> Any:
    """Return the module that reads and writes columns of this backend."""
    return import_module(f"imbsuite._table.{_MAKERS[backend]}")


def take_rows(container: Any, positions: Positions) -> Any:
    """Return rows of a dataframe or series; pandas objects keep their row labels."""
    wrapped = nw.from_native(container, eager_only=True, allow_series=True)
    return _maker(_backend(wrapped)).take(container, positions)


def stack_rows(first: Any, second: Any) -> Any:
    """Return the rows of two dataframes of the same type; a pandas index is reset."""
    if isinstance(first, pd.DataFrame):
        return pd.concat(_united(first, second), ignore_index=True)
    both = [nw.from_native(part, eager_only=True) for part in (first, second)]
    return nw.concat(both, how="vertical").to_native()


def _united(first: pd.DataFrame, second: pd.DataFrame) -> list[pd.DataFrame]:
    """Return two frames in which categorical columns have the categories of both.

    pandas would convert columns with different categories to objects.
    """
    parts = [first, second]
    for name in first.columns if first.columns.is_unique else []:
        columns = [part[name] for part in parts]
        kinds = [column.dtype for column in columns]
        if kinds[0] == kinds[1] or not all(
            isinstance(kind, pd.CategoricalDtype) and not kind.ordered for kind in kinds
        ):
            continue
        both = columns[0].cat.categories.union(columns[1].cat.categories)
        parts = [
            part.assign(**{name: column.cat.set_categories(both)})
            for part, column in zip(parts, columns, strict=True)
        ]
    return parts


def only_column(container: Any) -> Any:
    """Return the only column of a dataframe; any other object unchanged."""
    if not is_frame(container) or container.shape[1] != 1:
        return container
    wrapped = nw.from_native(container, eager_only=True)
    return wrapped[:, 0].to_native()


def enum_categories(series: Any) -> list[Any] | None:
    """Return the categories of a column with ordered categories, else None."""
    if (of_arrow := _dictionary(series)) is not None:
        return of_arrow
    if not is_series(series):
        return None
    dtype = nw.from_native(series, series_only=True).dtype
    if not isinstance(dtype, nw.Enum):
        return None
    # narwhals returns strings; the categories of pandas may have any type.
    own = getattr(series, "cat", None)
    categories = getattr(own, "categories", None)
    return list(dtype.categories if categories is None else categories)


def numbers_of(frame: Any, name: str) -> NDArray[np.float64] | None:
    """Return a column as floats, NaN for other values; None for other types."""
    column = nw.from_native(frame, eager_only=True)[name]
    if column.dtype.is_numeric():
        values = column.cast(nw.Float64).to_list()
    elif column.dtype == nw.Object:
        values = [v if isinstance(v, Number) else None for v in column.to_list()]
    else:
        return None
    return np.array([np.nan if v is None else float(v) for v in values])


def names_of(frame: Any) -> list[Any]:
    """Return the names of the columns."""
    return list(nw.from_native(frame, eager_only=True).columns)


def _dictionary(series: Any) -> list[Any] | None:
    """Return the values of an ordered dictionary of Arrow, else None."""
    kind = getattr(getattr(series, "dtype", None), "pyarrow_dtype", None)
    if not getattr(getattr(series, "type", kind), "ordered", False):
        return None
    import pyarrow as pa

    column = pa.array(series) if kind is not None else series
    chunks = getattr(column, "chunks", [column])
    values = [chunk.dictionary.to_pylist() for chunk in chunks]
    # Chunks with different dictionaries have no common order.
    return values[0] if values and values.count(values[0]) == len(values) else None


def each_dict(frame: Any) -> Iterator[dict[str, Any]]:
    """Return the rows of a dataframe as ``{column: value}``, one by one."""
    rows: Iterator[dict[str, Any]] = nw.from_native(frame, eager_only=True).iter_rows(
        named=True
    )
    return rows


def as_column(values: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Return a series, index or array as a dataframe, and the inverse function."""
    native, rewrap = unwrapped(values)
    if is_frame(native):
        return values, lambda grown: grown
    if isinstance(native, pd.MultiIndex):
        raise not_numeric(type(native).__name__)
    if isinstance(native, pd.Index):
        return _column(pd.Series(native)), lambda grown: pd.Index(
            _only(grown), name=native.name
        )
    if isinstance(native, pd.api.extensions.ExtensionArray):
        return _column(pd.Series(native)), lambda grown: _only(grown).array
    if is_series(native):
        name = nw.from_native(native, series_only=True).name
        return _column(native), lambda grown: rewrap(_only(grown, name))
    series = import_module("pyarrow").chunked_array([native])
    return _column(series), lambda grown: _only(grown).combine_chunks()


def _column(series: Any) -> Any:
    return (
        nw.from_native(series, series_only=True).alias("values").to_frame().to_native()
    )


def _only(frame: Any, name: Any = "values") -> Any:
    return nw.from_native(frame, eager_only=True)[:, 0].alias(name).to_native()


class Frame(OfColumns):
    """A dataframe whose columns are addressed by position."""

    def __init__(self, frame: Any) -> None:
        self.native, self._back = unwrapped(frame)
        native = self.native
        # The attribute ``columns`` of a pyarrow table holds the cells, not the names.
        arrow = type(native).__module__.startswith("pyarrow")
        self.names: list[Any] = list(native.column_names if arrow else native.columns)
        _refuse_duplicates(self.names)
        self._backend = "pandas"
        if not isinstance(native, pd.DataFrame):
            self._backend = _backend(nw.from_native(native, eager_only=True))
        self.shape = (len(native), len(self.names))
        self.has_row_labels = self._backend == "pandas"
        self._maker = _maker(self._backend)
        self._numeric: dict[int, Numeric] = {}

    def name(self, j: int) -> str:
        return f"column {self.names[j]!r}"

    def series(self, j: int) -> Any:
        return self._series[j]

    @cached_property
    def _series(self) -> list[Any]:
        # Each series is used several times, and accessing it takes pandas longer than
        # reading its cells.
        if self._backend == "pandas":
            return [column for _, column in self.native.items()]
        frame = nw.from_native(self.native, eager_only=True)
        return [column.to_native() for column in frame.iter_columns()]

    @cached_property
    def looks_categorical(self) -> Mask:
        columns = range(self.shape[1])
        numbers = [self._maker.holds_numbers(self.series(j)) for j in columns]
        return ~np.array(numbers, dtype=bool)

    def column(self, j: int) -> Numeric:
        if j not in self._numeric:
            numeric = self._maker.read(self.series(j))
            if numeric is None:
                raise not_numeric(self.name(j))
            self._numeric[j] = numeric
        return self._numeric[j]

    def numbers(self, columns: Sequence[int]) -> NDArray[Any]:
        block = self._block
        if block is not None and len(columns) == self.shape[1]:
            return block
        return super().numbers(columns)

    @cached_property
    def _block(self) -> NDArray[Any] | None:
        """The cells of a pandas frame of a single float type, as one array; or None."""
        if self._backend != "pandas" or not self.shape[1]:
            return None
        first = self.native.dtypes.iloc[0]
        plain = isinstance(first, np.dtype) and first.kind == "f"
        if not plain or not (self.native.dtypes == first).all():
            return None
        block: NDArray[Any] = self.native.to_numpy()
        return block

    def codes(self, j: int) -> NDArray[np.int32]:
        codes: NDArray[np.int32] = self._maker.codes(self.series(j), self.name(j))
        return codes

    def grow(self, cells: Cells, categorical: Mask) -> Any:
        draw, native = cells.draw, self.native
        kept = np.arange(len(native)) if draw.kept is None else draw.kept
        if draw.copies:
            out = take_rows(native, np.concatenate([kept, draw.seeds]))
        elif self._block is not None and not categorical.any():
            block = Dense(self._block).grow(cells, categorical)
            out = pd.DataFrame(block, columns=native.columns, copy=False)
        else:
            new = self._new_rows(cells, categorical)
            old = native if draw.kept is None else take_rows(native, kept)
            out = stack_rows(old, new) if len(draw.seeds) else old
        if self._backend == "pandas":
            out.index = row_labels(native.index, kept, draw.seeds)
            out.attrs = dict(native.attrs)
        return self._back(out)

    def _new_rows(self, cells: Cells, categorical: Mask) -> Any:
        columns = []
        for j in range(self.shape[1]):
            series, new_cells = self.series(j), cells.column(self, categorical, j)
            if categorical[j]:
                columns.append(self._maker.pick(series, new_cells))
            else:
                parents = partial(cells.origin, j)
                columns.append(self._maker.write(new_cells, series, parents))
        return self._assemble(columns)

    def _assemble(self, columns: list[Any]) -> Any:
        if self._backend == "pandas":
            return self._maker.assemble(columns, self.native.columns)
        if self._backend == "polars":
            return type(self.native)(dict(zip(self.names, columns, strict=True)))
        return type(self.native).from_arrays(columns, schema=self.native.schema)


def _refuse_duplicates(names: list[Any]) -> None:
    seen: set[Any] = set()
    twice = sorted({str(k) for k in names if k in seen or seen.add(k)})  # type: ignore[func-returns-value]
    if twice:
        msg = (
            f"X has duplicate column names: {twice}; rename them, so that column names "
            "are unique."
        )
        raise ValueError(msg)
