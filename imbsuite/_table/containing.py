"""Containers: the type of the user's table, and errors for invalid tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from imbsuite._table.arrays import Cellular, ColumnOfObjects, Container, Dense
from imbsuite._table.sparse import Sparse


def contain(X: Any, owner: str = "this") -> Container:
    """Return the container that reads ``X``; raise an error if ``X`` is invalid.

    ``owner`` is the name of the caller, for messages.
    """
    cells = X if type(X) is np.ndarray else _opened(X, owner)
    if not isinstance(cells, np.ndarray):
        container: Container = cells
    elif cells.ndim == 2 and cells.dtype.kind in "iuf" and type(cells) is np.ndarray:
        container = Dense(cells)  # nothing is left to check
    elif cells.ndim == 2 and cells.dtype.kind in "ObUSTVmM":
        container = Cellular(cells)
    elif ColumnOfObjects.fits(cells):
        container = ColumnOfObjects(cells)
    else:
        container = Dense(_checked_array(cells))
    if 0 in container.shape:
        raise _empty(container.shape)
    return container


def is_lazy(X: Any) -> bool:
    """Return whether ``X`` is a Dask collection."""
    return hasattr(X, "__dask_graph__")


def refuse_lazy(container: Any, owner: str, name: str = "X") -> None:
    """Raise TypeError for a Dask collection: ``owner`` requires a table in memory."""
    if is_lazy(container):
        msg = (
            f"{name} is a Dask {type(container).__name__}, and {owner} requires a table in "
            "memory; compute the table, or a sample of it, first."
        )
        raise TypeError(msg)


def refuse_masked(X: Any) -> None:
    """Raise TypeError for a masked array, whose mask scikit-learn ignores."""
    if isinstance(X, np.ma.MaskedArray):
        msg = (
            "X is a masked array, whose masked values would be used as data; pass "
            "X.filled(np.nan)."
        )
        raise TypeError(msg)


def _opened(X: Any, owner: str) -> NDArray[Any] | Container:
    """Return ``X`` as an array, or its container if it cannot become an array."""
    if sp.issparse(X):
        return Sparse(_summed(_checked_array(X)))
    refuse_masked(X)
    if isinstance(X, list):
        return _array_of_list(X)
    return X if isinstance(X, np.ndarray) else _opened_other(X, owner)


def _opened_other(X: Any, owner: str) -> NDArray[Any] | Container:
    from imbsuite._table.frames import Frame, is_frame, unwrapped

    refuse_lazy(X, owner)
    if is_frame(unwrapped(X)[0]):
        return Frame(X)
    if hasattr(X, "__array__") and not hasattr(X, "collect"):
        return np.asarray(X)
    hint = "; collect it first" if hasattr(X, "collect") else ""
    if not hint and hasattr(X, "__arrow_c_stream__"):
        hint = "; pyarrow.table(X) reads it into memory"
    msg = (
        f"X is a {type(X).__module__}.{type(X).__name__}{hint}; pass a NumPy array, a "
        "list of rows, a SciPy sparse matrix, a pandas or polars DataFrame or a "
        "pyarrow Table."
    )
    raise TypeError(msg)


def _array_of_list(rows: list[Any]) -> NDArray[Any]:
    try:
        values = np.asarray(rows)
    except ValueError:
        msg = "X is a list of rows of different lengths; pass rows of equal length."
        raise ValueError(msg) from None
    # NumPy would convert numbers next to strings to strings, and integers next to
    # floats to floats.
    mixed = values.ndim == 2 and len({type(cell) for row in rows for cell in row}) > 1
    if mixed or values.dtype.kind in "US":
        return np.asarray(rows, dtype=object)
    return values


def _checked_array(values: Any) -> Any:
    from sklearn.utils.validation import check_array

    return check_array(
        values,
        accept_sparse=["csr", "csc"],
        accept_large_sparse=True,
        dtype=None,
        ensure_all_finite=False,
    )


def _summed(values: Any) -> Any:
    """Return a sparse matrix with sorted entries and without duplicates."""
    if values.has_canonical_format:
        return values
    # Duplicates in SciPy are summands of one number. The user's matrix is not changed.
    values = values.copy()
    values.sum_duplicates()
    return values


def _empty(shape: tuple[int, int]) -> ValueError:
    what = "feature" if shape[0] else "sample"
    msg = f"Found array with 0 {what}(s) (shape={shape}) while a minimum of 1 is required."
    return ValueError(msg)
