"""Profile of the columns of a table: kinds, missing and distinct values, findings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import narwhals as nw
import numpy as np
import scipy.sparse as sp

from imbsuite._extras import need
from imbsuite._table.frames import unwrapped
from imbsuite.profile.column import Column, ColumnKind
from imbsuite.profile.findings import finding_of

# String columns with at least this many distinct values are text, which the default
# models encode by characters. We profile columns ourselves because skrub's TableReport
# takes longer on large tables.
MOST_CATEGORIES = 100

# The types that pandas infers for a column of Python objects.
_NUMBERS = {"integer", "floating", "mixed-integer-float", "decimal", "complex"}
_DATES = {"datetime", "datetime64", "date", "time", "timedelta", "timedelta64"}


def profile(X: Any) -> tuple[Column, ...]:
    """Return a description of each column.

    Parameters
    ----------
    X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
    """
    if sp.issparse(X):
        return tuple(_sparse(X.tocsc()))
    return tuple(_column(cells) for cells in cells_of(X))


def as_pandas(X: Any) -> Any:
    """Return a dense table as a DataFrame."""
    if not hasattr(X, "columns"):
        return need("pandas").DataFrame(np.asarray(X))
    return X if hasattr(X, "iloc") else _opened(X).to_pandas()


def _opened(frame: Any) -> Any:
    # Narwhals does not read Arrow record batches.
    return nw.from_native(unwrapped(frame)[0], eager_only=True)


def cells_of(X: Any) -> Iterator[Any]:
    """Yield each column of a dense table as a narwhals Series with a string name."""
    if hasattr(X, "columns") and not hasattr(X, "iloc"):
        yield from _opened(X).iter_columns()
        return
    frame, sparse = as_pandas(X), need("pandas").SparseDtype
    # By position, because names may be repeated.
    for j, name in enumerate(frame.columns):
        cells = frame.iloc[:, j]
        if isinstance(cells.dtype, sparse):
            cells = cells.sparse.to_dense()
        yield nw.from_native(cells.rename(str(name)), series_only=True)


def is_missing(cells: Any) -> Any:
    """Return a boolean Series that is True where cells are null or NaN."""
    missing = cells.is_null()
    if cells.dtype.is_float():
        missing = missing | cells.fill_null(0.0).is_nan()
    return missing


def _column(cells: Any) -> Column:
    missing = is_missing(cells)
    present = cells.filter(~missing)
    distinct = _distinct(present)
    kind = _kind(present, distinct)
    finding = finding_of(
        cells.name, kind, present, distinct=distinct, n_rows=len(cells)
    )
    return Column(cells.name, kind, int(missing.sum()), distinct, finding)


def _distinct(present: Any) -> int:
    if present.dtype == nw.Object or present.dtype.is_nested():
        # Lists and other mutable values are not hashable.
        return len({str(value) for value in present.to_list()})
    return int(present.n_unique())


def _kind(present: Any, distinct: int) -> ColumnKind:
    dtype = present.dtype
    if dtype == nw.Object:
        return _kind_of_objects(present.to_list(), distinct)
    if dtype.is_numeric():
        return "numeric"
    if dtype == nw.Boolean:
        return "boolean"
    if dtype.is_temporal():
        return "date"
    named = dtype in {nw.Categorical, nw.Enum}
    return "categorical" if named else _kind_of_strings(distinct)


def _kind_of_objects(values: list[Any], distinct: int) -> ColumnKind:
    inferred = need("pandas").api.types.infer_dtype(values, skipna=True)
    if inferred in _NUMBERS:
        return "numeric"
    if inferred in _DATES:
        return "date"
    return "boolean" if inferred == "boolean" else _kind_of_strings(distinct)


def _kind_of_strings(distinct: int) -> ColumnKind:
    return "text" if distinct >= MOST_CATEGORIES else "categorical"


def _sparse(X: Any) -> Iterator[Column]:
    for j in range(X.shape[1]):
        stored = X.data[X.indptr[j] : X.indptr[j + 1]]
        present = stored[~np.isnan(stored)]
        zeros = X.shape[0] - len(stored)
        distinct = len(np.unique(np.append(present, 0) if zeros else present))
        yield Column(str(j), "numeric", len(stored) - len(present), distinct)
