"""NumPy arrays and nested lists: reading numbers and adding rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._fast import all_finite, copy_rows, factorize_small, small_codes
from imbsuite._table.cells import TRUTHS, Cells, Numeric, between, finite
from imbsuite._table.draw import Draw
from imbsuite._table.numbers import bounds_of, or_none, read_objects, write_objects
from imbsuite._table.spacing import WHOLE, Spacing, round_whole, whole_columns
from imbsuite._table.temporal import temporal
from imbsuite._types import Mask, Positions


class Container(ABC):
    """The interface of the gate to tables of all types.

    ``looks_categorical`` is the mask of the columns whose type is categorical;
    ``has_row_labels`` says whether rows have pandas labels.
    """

    shape: tuple[int, int]
    looks_categorical: Any
    has_row_labels = False

    def name(self, j: int) -> str:
        """Return a description of column ``j``, for messages."""
        return f"column {j}"

    @abstractmethod
    def looks_float(self) -> Mask:
        """Return a mask of the columns of floats."""

    @abstractmethod
    def numbers(self, columns: Sequence[int]) -> Any:
        """Return these columns as floats (n, len(columns)), NaN where missing."""

    @abstractmethod
    def column(self, j: int) -> Numeric:
        """Return the numbers of column ``j``."""

    @abstractmethod
    def codes(self, j: int) -> NDArray[np.int32]:
        """Return the category codes of column ``j``, -1 where missing."""

    @abstractmethod
    def spacings(self, categorical: Mask) -> list[Spacing | None]:
        """Return the spacing of each column; None for categories."""

    @abstractmethod
    def grow(self, cells: Cells, categorical: Mask) -> Any:
        """Return the kept rows and the new rows, in the user's type of container."""


class OfNumbers(Container):
    """A container of numbers of one type, in which no column looks categorical."""

    def __init__(self, values: Any) -> None:
        self.values = values
        self.shape = values.shape
        self.looks_categorical = np.zeros(self.shape[1], dtype=bool)

    def looks_float(self) -> Mask:
        return np.full(self.shape[1], self.values.dtype.kind == "f")


class OfColumns(Container):
    """A container that reads one column at a time, each of its own type."""

    def looks_float(self) -> Mask:
        return np.array(
            [
                not other and self.column(j).values.dtype.kind == "f"
                for j, other in enumerate(self.looks_categorical)
            ],
            dtype=bool,
        )

    def numbers(self, columns: Sequence[int]) -> NDArray[Any]:
        parts = [self.column(j).floats() for j in columns]
        kind = np.result_type(*parts) if parts else np.float64
        out = np.empty((self.shape[0], len(columns)), dtype=kind)
        for place, part in enumerate(parts):
            out[:, place] = part
        return out

    def spacings(self, categorical: Mask) -> list[Spacing | None]:
        return [
            None if other else self.column(j).spacing()
            for j, other in enumerate(categorical)
        ]


class Dense(OfNumbers):
    """A two-dimensional array of floats or integers."""

    def numbers(self, columns: Sequence[int]) -> NDArray[Any]:
        values = self.values
        if len(columns) < self.shape[1]:
            values = values.take(columns, axis=1)
        return values if values.dtype.kind == "f" else values.astype(np.float64)

    def codes(self, j: int) -> NDArray[np.int32]:
        cells = self.values[:, j]
        codes = small_codes(cells)
        return factorize(cells, self.name(j))[0] if codes is None else codes

    def spacings(self, categorical: Mask) -> list[Spacing | None]:
        if self.values.dtype.kind != "f":
            return [None] * self.shape[1]
        whole = whole_columns(self.values) & ~categorical
        return [WHOLE if held else None for held in whole]

    def grow(self, cells: Cells, categorical: Mask) -> NDArray[Any]:
        draw, values = cells.draw, self.values
        n_kept = len(values) if draw.kept is None else len(draw.kept)
        order: Any = "F" if values.flags.fnc else "C"
        shape = (n_kept + len(draw.seeds), self.shape[1])
        out = np.empty(shape, dtype=values.dtype, order=order)
        copy_rows(values, draw.kept, out[:n_kept])
        if draw.copies:
            copy_rows(values, draw.seeds, out[n_kept:])
        else:
            self._write(out[n_kept:], cells, categorical)
        return out

    def _write(self, new: NDArray[Any], cells: Cells, categorical: Mask) -> None:
        """Write new rows: most columns in one block, the others one by one."""
        draw, values = cells.draw, self.values
        alone = np.ones(self.shape[1], dtype=bool)
        if draw.rows is None:
            between(values, draw.seeds, draw.partners, draw.steps, out=new)
            alone = categorical if cells.complete else categorical | self.gaps
        elif values.dtype.kind == "f" and not categorical.any():
            self._write_ready(new, draw)
            alone = categorical
        for j, spacing in enumerate(cells.spacings or self.spacings(categorical)):
            if spacing is not None and not alone[j]:
                new[:, j] = round_whole(new[:, j])
        for j in np.flatnonzero(alone).tolist():
            new_cells = cells.column(self, categorical, j)
            new[:, j] = values[new_cells, j] if categorical[j] else new_cells.values

    def _write_ready(self, new: NDArray[Any], draw: Draw) -> None:
        """Write finished rows, with NaN replaced by the cells of the seeds."""
        start, parts = 0, draw.rows or []
        while parts:
            part = parts.pop(0)  # each part is released once it is written
            own = slice(start, start + len(part))
            copy_rows(finite(np.asarray(part), self.values.dtype), None, new[own])
            _fill_from_seeds(self.values, draw.seeds[own], new[own])
            start = own.stop

    @cached_property
    def gaps(self) -> Mask:
        """The mask of the columns with missing values."""
        if self.values.dtype.kind != "f" or all_finite(self.values):
            return np.zeros(self.shape[1], dtype=bool)
        return np.isnan(_sums(self.values, axis=0))

    def column(self, j: int) -> Numeric:
        values = self.values[:, j]
        missing = np.isnan(values) if self.gaps[j] else None
        return Numeric(values, missing, bounds_of(values.dtype))


def _sums(values: NDArray[Any], axis: int) -> NDArray[Any]:
    """Return sums; they are NaN if a number is NaN, and may be NaN if they overflow."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(values.sum(axis=axis))


def _fill_from_seeds(values: NDArray[Any], seeds: Positions, out: NDArray[Any]) -> None:
    """Replace NaN in finished rows with the cells of their seeds, in place."""
    if all_finite(out):
        return
    absent = np.isnan(_sums(out, axis=1))
    near = values.take(seeds[absent], 0)
    out[absent] = np.where(np.isnan(out[absent]), near, out[absent])


class Cellular(OfColumns):
    """An array whose cells are Python objects, strings, booleans or points in time."""

    def __init__(self, values: NDArray[Any]) -> None:
        self.values = values
        self.shape = values.shape
        self._numeric = [_as_numbers(values[:, j]) for j in range(self.shape[1])]
        self.looks_categorical = np.array(
            [column is None for column in self._numeric], dtype=bool
        )

    def column(self, j: int) -> Numeric:
        column = self._numeric[j] or _as_numbers(self.values[:, j], truths=True)
        if column is None:
            raise not_numeric(self.name(j))
        return column

    def codes(self, j: int) -> NDArray[np.int32]:
        self.refuse_records()
        cells = self.values[:, j]
        return factorize(cells, self.name(j))[0]

    def refuse_records(self) -> None:
        """Raise TypeError for an array of records, whose fields should be columns."""
        if self.values.dtype.kind == "V":
            msg = (
                f"X is an array of records, of type {self.values.dtype}; pass "
                "pandas.DataFrame(X), whose columns are the fields."
            )
            raise TypeError(msg)

    def grow(self, cells: Cells, categorical: Mask) -> NDArray[Any]:
        draw, values = cells.draw, self.values
        kept = values if draw.kept is None else values[draw.kept]
        out = np.concatenate([kept, values[draw.seeds]])
        if draw.copies:
            return out
        new = out[len(kept) :]
        for j in range(self.shape[1]):
            new_cells = cells.column(self, categorical, j)
            if categorical[j]:
                new[:, j] = values[new_cells, j]
            else:
                new[:, j] = self._written(new_cells, values[cells.origin(j), j])
        return out

    def _written(self, column: Numeric, parents: NDArray[Any]) -> NDArray[Any]:
        """Return numbers in their original type; missing cells are those of parents."""
        if self.values.dtype.kind == "O":
            return write_objects(column, parents)
        if self.values.dtype.kind == "b":
            return column.values.astype(bool)
        moments = column.values.view(self.values.dtype)
        if column.missing is None:
            return moments
        return np.where(column.missing, parents, moments)


class ColumnOfObjects(Cellular):
    """A one-dimensional X: a column of strings or objects, which are only copied.

    Examples are texts before a vectorizer, dicts and images, with one object per row.
    """

    def __init__(self, values: NDArray[Any]) -> None:
        super().__init__(values[:, np.newaxis])

    @staticmethod
    def fits(values: NDArray[Any]) -> bool:
        """Return whether ``values`` is such a column; a column of numbers is not."""
        texts = values.ndim == 1 and values.dtype.kind in "USTOV"
        return texts and _as_numbers(values) is None


def _as_numbers(cells: NDArray[Any], *, truths: bool = False) -> Numeric | None:
    """Return a column as numbers, or None if it contains other values."""
    if cells.dtype.kind == "O":
        return read_objects(cells, truths=truths)
    if cells.dtype.kind == "b" and truths:
        return Numeric(cells.astype(np.int64), None, TRUTHS)
    if cells.dtype.kind not in "mM":
        return None
    unit, count = np.datetime_data(cells.dtype)
    moments, missing = cells.view(np.int64), or_none(np.isnat(cells))
    return temporal(moments, missing, cells.dtype.kind, unit, count)


def factorize(cells: Any, what: str) -> tuple[NDArray[np.int32], list[Any]]:
    """Return codes in order of first appearance (-1: missing), and their values."""
    small = factorize_small(cells) if isinstance(cells, np.ndarray) else None
    if small is not None:
        return small
    from pandas import factorize as pandas_factorize

    try:
        codes, values = pandas_factorize(cells, use_na_sentinel=True)
    except TypeError:
        # scikit-learn's checks look for "argument must be ... string ... number".
        msg = (
            f"{what} holds values that cannot be compared, of the type "
            f"{_unhashable_type(cells)}: each value of this argument must be a string "
            "or a number. Convert them to text, numbers or categories, or leave them "
            "out."
        )
        raise TypeError(msg) from None
    return codes.astype(np.int32), list(values.tolist())


def _unhashable_type(cells: Any) -> str:
    """Return the name of the type of the first cell that has no hash."""
    for cell in cells:
        try:
            hash(cell)
        except TypeError:
            return type(cell).__name__
    return type(cells).__name__


def not_numeric(what: str) -> ValueError:
    msg = (
        f"{what} is not numeric, but categorical_features does not include it; include "
        "it, convert it, or use categorical_features='from_dtype'."
    )
    return ValueError(msg)
