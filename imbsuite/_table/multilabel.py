"""Multilabel targets: one column per label, with 1 for the rows that have it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from imbsuite._table.target import of_length
from imbsuite._types import Floats


class MultiLabel(NamedTuple):
    """A validated multilabel target.

    ``values``: 0 and 1, or -1 if unknown, (n_rows, n_labels), int; ``names``: the
    columns of a frame, else 0, ..., n_labels - 1; ``dtype``: the type of predicted
    labels.
    """

    values: NDArray[np.intp]
    names: list[Any]
    dtype: np.dtype[Any] = np.dtype(np.intp)


def is_multilabel(y: Any) -> bool:
    """Return whether ``y`` is a multilabel target, with one column per label.

    Such a target has two or more columns, or is a sparse matrix or a frame. A frame
    with a single column of values other than 0 and 1, or an array of shape (n_rows, 1),
    contains classes.
    """
    if sp.issparse(y):
        return True
    if _is_frame(y):
        return bool(y.shape[1] != 1 or _holds_bits(_numbers(y)))
    if isinstance(y, (list, tuple)):
        return _is_matrix_of_lists(y)
    return getattr(y, "ndim", 1) == 2 and y.shape[1] > 1


def named_labels(values: NDArray[Any], names: list[Any], X: Any = None) -> pd.DataFrame:
    """Return labels as a frame, which keeps the names, also that of a single label.

    Its index is that of ``X``, if ``X`` is a pandas frame.
    """
    index = X.index if isinstance(X, pd.DataFrame) else None
    return pd.DataFrame(values, index, columns=pd.Index(names, dtype=object))


def check_multilabel(
    y: Any, n_rows: int, what: str = "y", *, unknown: bool = False
) -> MultiLabel:
    """Return a validated multilabel target.

    Parameters
    ----------
    y : {array-like, sparse matrix, dataframe} of shape (n_rows, n_labels)
        0, 1, False and True.
    n_rows : int
        The number of rows of ``X``.
    what : str, default="y"
        The name of the target in messages.
    unknown : bool, default=False
        Whether labels may be unknown: NaN or -1.

    Raises
    ------
    ValueError
        If ``y`` has another length than ``X``, no rows or columns, other values, or two
        labels of the same name, or if it has unknown labels and ``unknown`` is False.
    """
    if 0 in np.shape(y)[1:]:
        msg = f"{what} has no columns; pass a column for each label."
        raise ValueError(msg)
    numbers = _numbers(y)
    if numbers.ndim != 2:
        shape = numbers.shape
        msg = f"{what} must have a column for each label. Got shape {shape} instead."
        raise ValueError(msg)
    if len(numbers) != n_rows:
        raise of_length(len(numbers), n_rows, what)
    if not n_rows:
        msg = f"Found array with 0 sample(s): {what} has no rows."
        raise ValueError(msg)
    names = _names(y, numbers.shape[1], what)
    if unknown:
        numbers = np.where(np.isnan(numbers), -1.0, numbers)
    else:
        _refuse_unknown(numbers, names, what)
    _refuse_others(numbers, y, names, what)
    return MultiLabel(numbers.astype(np.intp), names, _dtype_of(y))


def _is_frame(y: Any) -> bool:
    return hasattr(y, "columns") and getattr(y, "ndim", 2) == 2 and hasattr(y, "shape")


def _is_matrix_of_lists(rows: Any) -> bool:
    first: Any = rows[0] if len(rows) else None
    if isinstance(first, (set, frozenset)):
        msg = (
            "y holds sets of labels. Pass a column for each label instead: "
            "sklearn.preprocessing.MultiLabelBinarizer().fit_transform(y)."
        )
        raise ValueError(msg)
    is_row = isinstance(first, (list, tuple, np.ndarray)) and np.ndim(first) == 1
    return is_row and len(first) > 1


def _numbers(y: Any) -> Floats:
    """Return the cells as numbers: NaN for missing values, infinity for strings."""
    if sp.issparse(y):
        return np.asarray(y.toarray(), dtype=np.float64)
    if isinstance(y, pd.DataFrame):
        return np.column_stack([_column(y.iloc[:, j]) for j in range(y.shape[1])])
    values = y.to_numpy() if hasattr(y, "to_numpy") else np.asarray(y)
    if np.ma.is_masked(y):
        return np.asarray(y.astype(np.float64).filled(np.nan))
    return _without_text(values)


def _column(column: pd.Series[Any]) -> Floats:
    # Extension types have their own missing values.
    is_numeric = pd.api.types.is_numeric_dtype(column.dtype)
    kind = np.float64 if is_numeric else object
    return _without_text(column.to_numpy(dtype=kind, na_value=np.nan))


def _without_text(values: NDArray[Any]) -> Floats:
    """Return cells as numbers, with infinity for strings, even if they spell a number.

    A string is not an unknown label: infinity is later rejected as neither 0 nor 1.
    """
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        return np.full(values.shape, np.inf)
    if values.dtype.kind in "US":
        return np.full(values.shape, np.inf)
    if values.dtype != object:
        return numbers
    texts = [isinstance(value, (str, bytes)) for value in values.ravel()]
    return np.where(np.reshape(texts, values.shape), np.inf, numbers)


def _holds_bits(numbers: Floats) -> bool:
    return bool(((numbers == 0) | (numbers == 1)).all())


def _names(y: Any, n_labels: int, what: str) -> list[Any]:
    if not _is_frame(y):
        return list(range(n_labels))
    names = list(y.columns)
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        msg = f"{what} has several columns named {twice[0]!r}; rename all but one."
        raise ValueError(msg)
    return names


def _refuse_unknown(numbers: Floats, names: list[Any], what: str) -> None:
    unknown = np.isnan(numbers) | (numbers == -1)
    if unknown.any():
        msg = (
            f"{what} has unknown labels (NaN or -1) in {int(unknown.sum()):,} cells, "
            f"first of label {names[int(unknown.any(axis=0).argmax())]!r}; set each "
            "cell to 0 or 1, or use PartialLabelClassifier, also inside a threshold "
            "classifier (Input y contains NaN)."
        )
        raise ValueError(msg)


def _refuse_others(numbers: Floats, y: Any, names: list[Any], what: str) -> None:
    wrong = (numbers != 0) & (numbers != 1) & (numbers != -1)
    if not wrong.any():
        return
    row, column = divmod(int(wrong.argmax()), wrong.shape[1])
    msg = (
        f"Multilabel and multioutput targets must hold 0 and 1 only: {what} has "
        f"{wrong.shape[1]} columns, with {_cell(y, row, column)!r} in row {row} of label "
        f"{names[column]!r}. For classes, pass one column of labels."
    )
    raise ValueError(msg)


def _cell(y: Any, row: int, column: int) -> Any:
    if sp.issparse(y):
        return y.tocsr()[row, column].item()
    values = y.to_numpy() if hasattr(y, "to_numpy") else np.asarray(y)
    cell = values[row, column]
    return cell.item() if isinstance(cell, np.generic) else cell


def _dtype_of(y: Any) -> np.dtype[Any]:
    """Return the type of the labels: that of ``y`` if it is a numeric NumPy type."""
    values = y if hasattr(y, "dtype") else np.asarray(y)
    dtype = getattr(values, "dtype", None)
    kept = isinstance(dtype, np.dtype) and dtype.kind in "biuf"
    return np.dtype(dtype) if kept else np.dtype(np.intp)


def with_labels(y: Any, new: NDArray[Any]) -> Any:
    """Return a multilabel target whose last rows have new labels, in its container.

    An array is changed in place and returned.

    Parameters
    ----------
    y : {array-like, sparse matrix, dataframe} of shape (n_rows, n_labels)
    new : ndarray of shape (n_new, n_labels)
        0 and 1; n_new is at most n_rows.
    """
    if not len(new):
        return y
    n_kept = (y.shape[0] if hasattr(y, "shape") else len(y)) - len(new)
    if sp.issparse(y):
        kept = y.tocsr()[:n_kept]
        added = sp.csr_array(new.astype(y.dtype))
        return type(y)(sp.vstack([kept, added], format=y.format))
    if isinstance(y, (list, tuple)):
        return type(y)([*y[:n_kept], *(type(y[0])(row) for row in new.tolist())])
    if isinstance(y, pd.DataFrame):
        added = pd.DataFrame(new, y.index[n_kept:], y.columns).astype(y.dtypes)
        return pd.concat([y.iloc[:n_kept], added])
    if _is_frame(y):
        return _polars_with_labels(y, new, n_kept)
    y[n_kept:] = new
    return y


def _polars_with_labels(y: Any, new: NDArray[Any], n_kept: int) -> Any:
    added = {
        name: new[:, j].astype(y[name].to_numpy().dtype)
        for j, name in enumerate(y.columns)
    }
    return y[:n_kept].vstack(type(y)(added, schema=y.schema))
