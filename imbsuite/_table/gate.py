"""The gate: checks a table once, and returns resampled tables of the same type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from imbsuite._fast import all_finite
from imbsuite._table.arrays import ColumnOfObjects, Container
from imbsuite._table.carrying import carry, under_labels_of
from imbsuite._table.cells import Cells, Coins
from imbsuite._table.containing import contain
from imbsuite._table.draw import Draw, Rule
from imbsuite._table.target import check_groups, check_target, check_weight
from imbsuite._types import Mask, Positions


@dataclass(frozen=True)
class Table:
    """The table that a sampler sees: numbers, category codes, weights and groups.

    ``container`` holds the user's cells; ``categorical`` is the mask of the categorical
    columns. Everything else is computed from them on first use.
    """

    container: Container
    categorical: Mask
    weight: NDArray[np.float64] | None = None
    groups: NDArray[np.intp] | None = None

    @property
    def n_rows(self) -> int:
        return self.container.shape[0]

    @cached_property
    def numeric(self) -> Any:
        """Floats (n_rows, n_numeric), NaN where missing; CSR if the input is sparse."""
        values = self.container.numbers(np.flatnonzero(~self.categorical).tolist())
        # Kernels and BLAS do not support half and extended precision.
        size = values.dtype.itemsize
        return values if size in (4, 8) else values.astype("f4" if size < 4 else "f8")

    @cached_property
    def complete(self) -> bool:
        """Whether all numbers are finite; False may also mean that a sum overflowed."""
        numeric = self.numeric
        return all_finite(numeric.data if sp.issparse(numeric) else numeric)

    def refuse_infinite(self) -> None:
        """Raise ValueError if a numeric column contains infinite values."""
        columns = np.flatnonzero(~self.categorical)[_infinite_columns(self.numeric)]
        for j in columns.tolist():
            msg = (
                "Input X contains infinity or a value too large: "
                f"{self.container.name(j)} has infinite values; replace them (by a "
                "missing value or a large number) or drop the rows."
            )
            raise ValueError(msg)

    @cached_property
    def codes(self) -> NDArray[np.int32]:
        """Category codes (n_rows, n_categorical), -1 where missing."""
        columns = np.flatnonzero(self.categorical).tolist()
        shape = (self.container.shape[0], len(columns))
        out = np.empty(shape, dtype=np.int32, order="F")
        for place, j in enumerate(columns):
            out[:, place] = self.container.codes(j)
        return out

    def finished(self, cells: Cells) -> tuple[Any, NDArray[np.int32]]:
        """Return ``numeric`` and ``codes`` of new rows, as in the output."""
        container: Any = self.container
        kind, categorical = self.numeric.dtype, self.categorical
        if sp.issparse(self.numeric):
            numeric = container.new_numbers(cells, categorical).astype(kind, copy=False)
        else:
            numeric = np.empty((len(cells.draw.seeds), self.numeric.shape[1]), kind)
            for place, j in enumerate(np.flatnonzero(~categorical).tolist()):
                new = cells.numbers(container.column(j), j, place)
                numeric[:, place] = new.floats()
        codes = np.empty((len(cells.draw.seeds), self.codes.shape[1]), np.int32)
        for place, j in enumerate(np.flatnonzero(categorical).tolist()):
            codes[:, place] = cells.codes(self.codes[:, place], j)
        return numeric, codes

    @cached_property
    def present(self) -> Positions:
        """The rows of positive weight."""
        if self.weight is None:
            return np.arange(self.container.shape[0])
        return np.flatnonzero(self.weight)

    def counted_numbers(self) -> Any:
        """Return ``numeric`` of the rows of positive weight."""
        if len(self.present) == self.container.shape[0]:
            return self.numeric
        return self.numeric[self.present]


@dataclass(frozen=True)
class Gate:
    """Stores the user's input, and returns resampled rows in the same types.

    ``complete`` is True if it is known that no number is missing. Arrays computed from
    the cells, which may be as large as the input, belong to the ``Table`` instead.
    """

    X: Any
    y: Any
    container: Container
    categorical: Mask
    complete: bool
    labels: list[Any]
    sample_weight: Any = None
    groups: Any = None

    def assemble(self, draw: Draw, rule: Rule, coins: Coins) -> tuple[Any, Any]:
        """Return ``(X, y)``: the kept rows, then the new rows."""
        if isinstance(self.container, ColumnOfObjects):
            X = carry(self.X, draw, "seed")
        else:
            cells = Cells(draw, rule, coins, complete=self.complete)
            X = self.container.grow(cells, self.categorical)
            X = self._as_lists(X, draw) if isinstance(self.X, list) else X
        return X, carry(self.y, draw, "seed")

    def _as_lists(self, grown: NDArray[Any], draw: Draw) -> list[Any]:
        """Return rows as lists; copied rows contain the user's own objects."""
        n_copied = len(grown) - (0 if draw.copies else len(draw.seeds))
        copied = [list(self.X[i]) for i in draw.origins[:n_copied]]
        new: list[Any] = grown[n_copied:].tolist()
        return copied + new


def check_table(
    X: Any,
    y: Any,
    owner: str,
    *,
    categorical_features: Any = "from_dtype",
    reads_cells: bool = True,
    reads_categories: bool = False,
    sample_weight: Any = None,
    groups: Any = None,
) -> tuple[Table, NDArray[np.intp], Gate]:
    """Check the user's input, before any work is done.

    Parameters
    ----------
    X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
    y : array-like of shape (n_rows,)
    owner : str
        Name of the class or function that was called, for messages.
    categorical_features : "from_dtype" or list, default="from_dtype"
    reads_cells : bool, default=True
        Whether cells are read. If False, they are only copied, so they may be infinite,
        and X may be a single column of strings or objects.
    reads_categories : bool, default=False
        Whether categories are compared. If True, cells that cannot be compared are an
        error.
    sample_weight, groups : array-like of shape (n_rows,), default=None

    Returns
    -------
    table : Table
    y : ndarray of shape (n_rows,)
        Codes of the labels, in order of first appearance.
    gate : Gate
        Assembles the output.

    Raises
    ------
    ValueError, TypeError
        If the input is invalid; the message says what is wrong and how to fix it.
    """
    container = contain(X, owner)
    if reads_cells and isinstance(container, ColumnOfObjects):
        container.refuse_records()
        raise _unreadable_column(owner)
    n_rows = container.shape[0]
    codes, labels = check_target(y, n_rows, owner)
    if container.has_row_labels:
        y = under_labels_of(X, y)
        sample_weight = under_labels_of(X, sample_weight, "sample_weight")
        groups = under_labels_of(X, groups, "groups")
    categorical = which_categorical(container, categorical_features)
    weight = None if sample_weight is None else check_weight(sample_weight, n_rows)
    group_codes = None if groups is None else check_groups(groups, n_rows)
    table = Table(container, categorical, weight, group_codes)
    if reads_cells and not table.complete:
        table.refuse_infinite()
    if reads_cells and reads_categories:
        _ = table.codes  # raises TypeError for cells that cannot be compared
    complete = reads_cells and table.complete
    beside = (sample_weight, groups)
    return table, codes, Gate(X, y, container, categorical, complete, labels, *beside)


def _unreadable_column(owner: str) -> ValueError:
    msg = (
        "Expected 2D array, got 1D array instead: X is a single column of texts or "
        f"objects, and {owner} requires numbers. Put a vectorizer before it, as in "
        f"make_pipeline(TfidfVectorizer(), ResampledClassifier({owner}(), "
        "classifier)), or use a random sampler, which does not read values."
    )
    return ValueError(msg)


def _infinite_columns(numeric: Any) -> Mask:
    if sp.issparse(numeric):
        infinite = np.zeros(numeric.shape[1], dtype=bool)
        infinite[numeric.indices[np.isinf(numeric.data)]] = True
        return infinite
    with np.errstate(over="ignore", invalid="ignore"):
        doubtful = ~np.isfinite(numeric.sum(axis=0))
    doubtful[doubtful] = np.isinf(numeric[:, doubtful]).any(axis=0)
    return np.asarray(doubtful)


def which_categorical(container: Container, features: Any) -> Mask:
    """Return the mask of the categorical columns for ``categorical_features``."""
    looks = container.looks_categorical
    if isinstance(features, str) and features == "from_dtype":
        return looks
    mask = np.zeros(container.shape[1], dtype=bool)
    mask[_positions(container, features)] = True
    for j in np.flatnonzero(looks & ~mask):
        container.numbers([int(j)])
    return mask


def _positions(container: Container, features: Any) -> NDArray[np.intp]:
    if features is None:
        return np.empty(0, dtype=np.intp)
    if isinstance(features, str) or np.ndim(features) == 0:
        msg = (
            f"categorical_features={features!r} is not understood; pass 'from_dtype', "
            "None, or a list of column names, positions or booleans."
        )
        if features == "auto":
            msg += (
                " The default, 'from_dtype', corresponds to 'auto' in imbalanced-learn."
            )
        raise ValueError(msg)
    listed = list(features)
    if listed and all(isinstance(f, str) for f in listed):
        return _by_name(container, listed)
    array = np.asarray(listed)
    n_columns = container.shape[1]
    if array.dtype.kind == "b" and len(array) == n_columns:
        return np.flatnonzero(array)
    whole = array.size == 0 or array.dtype.kind in "iu"
    if whole and all(-n_columns <= int(j) < n_columns for j in array):
        return array.astype(np.intp)
    msg = (
        f"categorical_features={listed!r} does not fit X, which has {n_columns} "
        "columns; pass names, positions or a mask of that length."
    )
    raise ValueError(msg)


def _by_name(container: Container, listed: Sequence[str]) -> NDArray[np.intp]:
    names = getattr(container, "names", None)
    if names is None:
        msg = (
            f"categorical_features={list(listed)!r} names columns, but X has no "
            "column names; pass positions or a mask."
        )
        raise ValueError(msg)
    unknown = [f for f in listed if f not in names]
    if unknown:
        msg = (
            f"categorical_features names {unknown}, which are not in X; its columns "
            f"are {names}."
        )
        raise ValueError(msg)
    return np.array([names.index(f) for f in listed], dtype=np.intp)
