"""The columns that a model was fitted to, and their conversion in other tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from imbsuite._extras import need
from imbsuite.files.dates import have_zones
from imbsuite.profile.columns import as_pandas

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["integer", "number", "boolean", "date", "category", "text"]

_LISTED = 5
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True)
class ColumnType:
    """One column of the table that a model was fitted to.

    Attributes
    ----------
    name : str or int
    kind : {"integer", "number", "boolean", "date", "category", "text"}
    dtype : str
        The data type in pandas.
    categories : tuple
        The categories of a categorical column.
    ordered : bool
        Whether the categories are ordered.
    """

    name: Any
    kind: Kind
    dtype: str
    categories: tuple[Any, ...] = ()
    ordered: bool = False

    @property
    def parsed_as(self) -> str:
        """The data type with which pandas parses the column in text files."""
        return {"integer": "Int64", "number": "float64"}.get(self.kind, "str")

    @property
    def _has_zone(self) -> bool:
        return self.kind == "date" and "," in self.dtype

    def read(self, cells: pd.Series[Any], *, start: int = 0) -> pd.Series[Any]:
        """Return cells converted to the data type of this column.

        Parameters
        ----------
        cells : Series
            Cells of this type, or text.
        start : int, default=0
            The number of the first row, for error messages.

        Raises
        ------
        ValueError
            If a cell cannot be converted; the message names the first such cell.
        """
        if self.kind == "category":
            return self._as_categories(cells)
        if str(cells.dtype) == self.dtype:
            return cells
        read: Any = self._parsed(cells)
        wrong = read.isna() & cells.notna()
        if wrong.any():
            got = f"{cells[wrong].iloc[0]!r} in row {start + wrong.argmax():,}"
            raise ValueError(self._must_hold(f"{got} (counted from 0)."))
        # NumPy's integers and booleans have no missing values.
        has_missing = self.kind in ("integer", "boolean") and read.isna().any()
        if has_missing and self.dtype[0].islower():
            return read.astype("float64" if self.kind == "integer" else "object")
        try:
            return read.astype(self.dtype)
        except (TypeError, ValueError) as error:
            # Text that should be durations or periods, or dates that differ in having
            # a time zone.
            msg = self._must_hold(f"the type {cells.dtype} instead: {error}.")
            raise ValueError(msg) from error

    def _must_hold(self, got: str) -> str:
        values = _WITH_ZONE if self._has_zone else _PLURAL[self.kind]
        return (
            f"column {self.name!r} must hold {values} ({self.dtype}), as in the "
            f"training table. Got {got}"
        )

    def _as_categories(self, cells: pd.Series[Any]) -> pd.Series[Any]:
        """Return cells as the categories of the fit; other values become missing."""
        as_they_are = {category: category for category in self.categories}
        spelled = {
            spelling: category
            for category in self.categories
            for spelling in _spellings(category)
        }

        def named(cell: Any) -> Any:
            return as_they_are.get(cell, spelled.get(str(cell)))

        dtype = need("pandas").CategoricalDtype(list(self.categories), self.ordered)
        return cells.astype("object").map(named, na_action="ignore").astype(dtype)

    def _parsed(self, cells: pd.Series[Any]) -> pd.Series[Any]:
        """Return cells as values of this kind, missing if they cannot be converted."""
        pandas = need("pandas")
        if self._is_foreign(cells):
            return pandas.Series(np.nan, cells.index, dtype="object")
        if self.kind in ("integer", "number"):
            numbers = pandas.to_numeric(cells, errors="coerce")
            return numbers.where(self._fits(numbers))
        if self.kind == "boolean":
            texts = cells.astype("string").str.strip().str.lower()
            return texts.map(_BOOLEANS).astype("object")
        if self.kind == "date":
            dates = pandas.to_datetime(
                cells, format="ISO8601", errors="coerce", utc=self._has_zone
            )
            # Without a zone, a time would be interpreted as UTC.
            return dates.where(have_zones(cells)) if self._has_zone else dates
        return cells.astype("object").where(cells.isna(), cells.astype(str))

    def _is_foreign(self, cells: pd.Series[Any]) -> bool:
        """Whether the type of the cells would be misinterpreted as this kind.

        As numbers, dates would become counts of their time unit. Dates without a time
        zone would become times in UTC. As text, the number 7 would become "7.0" if a
        missing value has made its column one of floats.
        """
        if self.kind == "date":
            kind = str(cells.dtype)
            naive = kind.startswith(("datetime64", "timestamp")) and "," not in kind
            return naive and self._has_zone
        foreign = {"integer": "cmM", "number": "cmM", "text": "f"}
        return cells.dtype.kind in foreign.get(self.kind, "")

    def _fits(self, numbers: pd.Series[Any]) -> Any:
        """Return which numbers the data type of this column can hold."""
        dtype: Any = need("pandas").api.types.pandas_dtype(self.dtype)
        dtype = getattr(dtype, "subtype", getattr(dtype, "numpy_dtype", dtype))
        if self.kind == "integer":
            limits: Any = np.iinfo(dtype)
            return (numbers % 1 == 0) & numbers.between(limits.min, limits.max)
        if dtype.kind != "f":
            return numbers.notna()
        return ~np.isfinite(numbers) | (numbers.abs() <= np.finfo(dtype).max)


def _spellings(category: Any) -> list[str]:
    """Return spellings of a category in text files; 7 and 7.0 are the same number."""
    text = str(category)
    if isinstance(category, bool):
        return [text, text.lower(), text.upper()]
    if isinstance(category, int):
        return [text, f"{text}.0"]
    return [text, text.removesuffix(".0")] if isinstance(category, float) else [text]


_WITH_ZONE = "times with a zone, such as 2020-01-31T10:00+01:00"
_PLURAL = {
    "integer": "whole numbers",
    "number": "numbers",
    "boolean": "true or false",
    "date": "dates such as 2020-01-31",
    "text": "values",
}


def column_types(X: Any) -> tuple[ColumnType, ...]:
    """Return the types of all columns.

    Parameters
    ----------
    X : {array-like, dataframe} of shape (n_rows, n_columns)
        The columns of an array are named 0, 1, and so on.
    """
    frame = as_pandas(X)
    return tuple(_type_of(name, frame[name]) for name in frame.columns)


def _type_of(name: Any, cells: pd.Series[Any]) -> ColumnType:
    types = need("pandas").api.types
    dtype = str(cells.dtype)
    if isinstance(cells.dtype, need("pandas").CategoricalDtype):
        levels = tuple(cells.cat.categories.tolist())
        return ColumnType(name, "category", dtype, levels, bool(cells.cat.ordered))
    if types.is_bool_dtype(cells.dtype):
        return ColumnType(name, "boolean", dtype)
    if types.is_integer_dtype(cells.dtype):
        return ColumnType(name, "integer", dtype)
    if types.is_numeric_dtype(cells.dtype):
        return ColumnType(name, "number", dtype)
    if types.is_datetime64_any_dtype(cells.dtype):
        return ColumnType(name, "date", dtype)
    return ColumnType(name, "text", dtype)


def check_columns(columns: Sequence[ColumnType], names: Sequence[Any]) -> list[Any]:
    """Return the columns of a table that the model does not use.

    Parameters
    ----------
    columns : sequence of ColumnType
        The columns that the model was fitted to.
    names : sequence
        The column names of the table to predict.

    Raises
    ------
    ValueError
        If columns are missing; the message names the missing and the new columns.
    """
    expected = [column.name for column in columns]
    missing = [name for name in expected if name not in names]
    new = [name for name in names if name not in expected]
    if missing:
        also = f" Columns that the model does not know: {_listed(new)}." if new else ""
        msg = f"the table lacks columns of the model: {_listed(missing)}.{also}"
        raise ValueError(msg)
    return new


def as_fitted(X: Any, columns: Sequence[ColumnType], *, start: int = 0) -> pd.DataFrame:
    """Return the columns that a model was fitted to, in their order and data types.

    Parameters
    ----------
    X : {array-like, dataframe} of shape (n_rows, n_columns)
    columns : sequence of ColumnType
    start : int, default=0
        The number of the first row, for error messages.

    Raises
    ------
    ValueError
        If columns are missing, or cells cannot be converted to the type of their
        column.
    """
    frame = as_pandas(X)
    check_columns(columns, list(frame.columns))
    return need("pandas").DataFrame(
        {
            column.name: column.read(frame[column.name], start=start)
            for column in columns
        }
    )


def _listed(names: Sequence[Any]) -> str:
    quoted = [repr(name) for name in names[:_LISTED]]
    more = f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else ""
    return ", ".join(quoted) + more
