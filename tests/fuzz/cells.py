"""Reads cells, types and names of a table without the package under test.

A cell becomes a Python object; dates and durations become their underlying integers, so
that nothing is lost and nothing is out of range. ``None`` is a missing cell, except in
floats, where NaN stays NaN.
"""

from __future__ import annotations

import decimal
import math
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp

__all__ = [
    "cells_of",
    "columns_of",
    "is_missing",
    "is_number",
    "levels_of",
    "plain",
    "same",
    "schema_of",
    "schema_of_labels",
    "tokens",
]


def columns_of(X: Any) -> list[list[Any]]:
    """Return the cells of a table, column by column."""
    if isinstance(X, pd.DataFrame):
        return [_pandas_cells(X.iloc[:, j]) for j in range(X.shape[1])]
    if isinstance(X, (pa.Table, pa.RecordBatch)):
        return [_arrow_cells(column) for column in X.columns]
    if isinstance(X, pl.DataFrame):
        return [_polars_cells(column) for column in X.get_columns()]
    if isinstance(X, list):
        return [list(column) for column in zip(*X, strict=True)]
    dense = X.toarray() if sp.issparse(X) else X
    return [_numpy_cells(dense[:, j]) for j in range(dense.shape[1])]


def cells_of(y: Any) -> list[Any]:
    """Return the cells of a column of labels, or the rows of an indicator."""
    if isinstance(y, (pd.Series, pd.Index)):
        return _pandas_cells(pd.Series(y))
    if isinstance(y, (pa.Array, pa.ChunkedArray)):
        return _arrow_cells(y)
    if isinstance(y, pl.Series):
        return _polars_cells(y)
    return _numpy_cells(y) if isinstance(y, np.ndarray) and y.ndim == 1 else list(y)


def _numpy_cells(values: Any) -> list[Any]:
    if values.dtype.kind in "mM":
        return [None if v == _NAT else v for v in values.view("i8").tolist()]
    if values.dtype == np.longdouble:
        return list(values)  # Python's floats lack that precision
    cells: list[Any] = values.tolist()
    return cells


_NAT = -(2**63)


def _pandas_cells(series: Any) -> list[Any]:
    dtype, array = series.dtype, series.array
    if isinstance(dtype, pd.ArrowDtype):
        return _arrow_cells(array.__arrow_array__())
    if isinstance(dtype, pd.SparseDtype):
        return _numpy_cells(np.asarray(array.to_dense()))
    if isinstance(dtype, (pd.DatetimeTZDtype, pd.PeriodDtype)) or dtype.kind in "mM":
        return [None if v == _NAT else v for v in array.asi8.tolist()]
    if isinstance(dtype, np.dtype):
        return _numpy_cells(series.to_numpy())
    if isinstance(dtype, pd.CategoricalDtype):
        # An iteration casts integers to floats if the column has missing values.
        levels = list(array.categories)
        return [None if code < 0 else levels[code] for code in array.codes]
    return [None if v is pd.NA else v for v in array]


def _arrow_cells(column: Any) -> list[Any]:
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
        if isinstance(column, pa.ChunkedArray):
            return [cell for chunk in column.chunks for cell in _arrow_cells(chunk)]
    kind = column.type
    if pa.types.is_run_end_encoded(kind):
        column = pc.run_end_decode(column)
    elif pa.types.is_temporal(kind) and not pa.types.is_interval(kind):
        column = column.view(pa.int32() if kind.bit_width == 32 else pa.int64())
    cells: list[Any] = column.to_pylist()
    return cells


def _polars_cells(series: Any) -> list[Any]:
    cells: list[Any] = (
        series.to_physical() if series.dtype.is_temporal() else series
    ).to_list()
    return cells


def tokens(cells: list[Any]) -> list[tuple[str, str]]:
    """Return tokens that are equal if cells are, to the last bit and sign of zero."""
    # NumPy has several names for one type: ulonglong is uint64.
    return [
        (
            cell.dtype.str if isinstance(cell, np.generic) else type(cell).__name__,
            repr(cell),
        )
        for cell in cells
    ]


def same(a: Any, b: Any) -> bool:
    return tokens([a]) == tokens([b])


def is_missing(cell: Any) -> bool:
    """Return whether a cell is missing: null, NaN, NaT."""
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return True
    return isinstance(cell, (float, np.floating)) and bool(np.isnan(cell))


def is_number(cell: Any) -> bool:
    """Return whether a cell is a finite number, not a boolean."""
    if isinstance(cell, (bool, np.bool_)):
        return False
    if isinstance(cell, (float, np.floating)):
        return bool(np.isfinite(cell))
    return isinstance(cell, (int, np.integer, decimal.Decimal))


def plain(number: Any) -> Any:
    """Return a NumPy number as one of Python, which compares with others by value.

    NumPy first casts the other number to its own type, which may overflow.
    """
    return number.item() if isinstance(number, np.generic) else number


def is_whole(cell: Any) -> bool:
    return is_number(cell) and math.floor(cell) == cell


def schema_of(X: Any) -> Any:
    """Return the container, the names of the columns and their types."""
    if isinstance(X, pd.DataFrame):
        names = X.columns
        return type(X), names.tolist(), names.dtype, [str(t) for t in X.dtypes]
    if isinstance(X, (pa.Table, pa.RecordBatch)):
        return type(X), X.schema
    if isinstance(X, pl.DataFrame):
        return type(X), list(X.schema.items())
    if sp.issparse(X):
        X = (
            X.tocsr() if X.format == "coo" else X
        )  # converted to rows, and returned as such
        return type(X), X.format, X.dtype, X.shape[1]
    if isinstance(X, np.ndarray):
        return type(X), X.dtype, X.shape[1]
    return type(X)


def levels_of(X: Any) -> list[Any]:
    """Return the categories of a pandas frame's columns, in order."""
    if not isinstance(X, pd.DataFrame):
        return []
    return [
        (list(t.categories), t.ordered) if isinstance(t, pd.CategoricalDtype) else None
        for t in X.dtypes
    ]


def schema_of_labels(y: Any) -> Any:
    if isinstance(y, (pd.Series, pl.Series)):
        return type(y), y.name, y.dtype
    if isinstance(y, (pa.Array, pa.ChunkedArray)):
        return type(y), y.type
    return (type(y), y.dtype, y.ndim) if isinstance(y, np.ndarray) else type(y)
