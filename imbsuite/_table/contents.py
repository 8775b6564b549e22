"""Rows with equal cells, in any container."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imbsuite._table.arrays import Container, Dense, factorize
from imbsuite._table.carrying import count_rows
from imbsuite._table.containing import contain
from imbsuite._table.sparse import Sparse
from imbsuite._types import Codes

# Values that occur in fewer rows may be equal only because whole rows are copies.
_COMMON = 10


class Contents(NamedTuple):
    """Which rows have equal cells.

    ``codes``: equal for rows with equal cells. ``chance``: the probability that two rows
    have equal cells if columns are independent, computed for common values only.
    """

    codes: Codes
    chance: float


def contents_of(X: Any, leave_out: Collection[int] = ()) -> Contents:
    """Return which rows have equal cells; missing values are equal to each other.

    Parameters
    ----------
    X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
        Or any other object with one entry per row; if its cells cannot be read, all
        rows are considered different.
    leave_out : collection of int, default=()
        Positions of columns that are not compared.
    """
    try:
        container = contain(_in_two_dimensions(X))
    except (TypeError, ValueError):
        return Contents(np.arange(count_rows(X)), 0.0)
    if isinstance(container, Sparse):
        return _of_sparse(container)
    kept = [j for j in range(container.shape[1]) if j not in leave_out]
    return _of_columns(container, kept)


def _chance_of(codes: NDArray[np.integer[Any]]) -> float:
    """Return the probability that two rows have the same common value (-1 is one)."""
    counts = np.bincount(codes + 1)
    return float(((counts[counts >= _COMMON] / len(codes)) ** 2).sum())


def _in_two_dimensions(X: Any) -> Any:
    if isinstance(X, np.ndarray) and X.ndim > 2:
        return X.reshape(len(X), -1)
    if hasattr(X, "iloc") and hasattr(X, "columns") and not X.columns.is_unique:
        return X.set_axis(range(X.shape[1]), axis=1)
    return X


def _of_columns(container: Container, columns: list[int]) -> Contents:
    """Split one group of all rows by each column, until no rows are equal."""
    contents = np.zeros(container.shape[0], dtype=np.intp)
    repeated, chance = np.arange(len(contents)), 1.0
    for j in columns:
        codes = _codes(container, j)
        chance *= _chance_of(codes)
        cells = codes[repeated].astype(np.intp)
        both = contents[repeated] * (cells.max() + 2) + cells + 1
        joint = factorize(both, "X")[0]
        contents[repeated] = joint
        repeated = repeated[np.bincount(joint)[joint] > 1]
        if not len(repeated):
            break
    is_alone = np.ones(len(contents), dtype=bool)
    is_alone[repeated] = False
    contents[is_alone] = len(contents) + np.arange(np.count_nonzero(is_alone))
    return Contents(factorize(contents, "X")[0].astype(np.intp), chance)


def _codes(container: Any, j: int) -> NDArray[np.integer[Any]]:
    """Return codes of the values of a column, -1 where missing."""
    name = container.name(j)
    if isinstance(container, Dense):
        codes: NDArray[np.integer[Any]] = container.codes(j)
        return codes
    if not container.looks_categorical[j]:
        numeric = container.column(j)
        codes = factorize(numeric.values, name)[0]
        return (
            codes if numeric.missing is None else np.where(numeric.missing, -1, codes)
        )
    try:
        return container.codes(j)
    except TypeError:  # lists and other cells without a hash
        cells = (
            container.values[:, j]
            if hasattr(container, "values")
            else container.series(j)
        )
        return factorize(np.array([*map(_as_text, cells)], dtype=object), name)[0]


def _as_text(cell: Any) -> str | None:
    if cell is None or (isinstance(cell, float) and np.isnan(cell)):
        return None
    # The representation of a large array is shortened.
    return repr(cell.tolist() if hasattr(cell, "tolist") else cell)


def _of_sparse(container: Sparse) -> Contents:
    rows = container.values.tocsr().sorted_indices()
    rows.eliminate_zeros()
    data = np.where(np.isnan(rows.data), np.nan, rows.data)
    starts = rows.indptr.tolist()
    keys = [
        (rows.indices[a:b].tobytes(), data[a:b].tobytes()) for a, b in pairwise(starts)
    ]
    number: dict[Any, int] = {}
    codes = np.array([number.setdefault(key, len(number)) for key in keys])
    alone = len(number) == len(codes)
    return Contents(codes, 0.0 if alone else _chance_of_entries(rows))


def _chance_of_entries(rows: Any) -> float:
    """Return the product of the chances of all columns, zeros included."""
    n, n_columns = rows.shape
    values = factorize(rows.data, "X")[0] + 1
    cells = rows.indices.astype(np.int64) * (values.max(initial=0) + 1) + values
    entries, counts = np.unique(cells, return_counts=True)
    columns = entries // (values.max(initial=0) + 1)
    zeros = n - np.bincount(rows.indices, minlength=n_columns)
    squares = np.where(zeros >= _COMMON, zeros / n, 0.0) ** 2
    common = counts >= _COMMON
    squares += np.bincount(columns[common], (counts[common] / n) ** 2, n_columns)
    return float(squares.prod())
