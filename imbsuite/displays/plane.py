"""A table in two dimensions: two of its columns, or two principal components."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import narwhals as nw
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from imbsuite._random import check_rng
from imbsuite._table import Table, contain
from imbsuite._text import shorten
from imbsuite._types import Floats

# Rarer levels share one dimension, because a column of names can have thousands.
_MOST_LEVELS = 50
# Rows with the same level are jittered by this much, so that they remain visible.
_SPREAD = 0.25
_LONGEST_LIST = 300
# Missing values are drawn this far below the lowest value, as a share of the range.
_MARGIN = 0.1
# Months and years have no fixed number of days.
_PER_DAY = {"D": 1, "h": 24, "m": 1440, "s": 86_400}
_PER_DAY |= {"ms": 86_400 * 10**3, "us": 86_400 * 10**6, "ns": 86_400 * 10**9}


@dataclass(frozen=True)
class Plane:
    """Coordinates of the rows of a table and of its new rows.

    ``names`` and ``ticks`` (the levels of a categorical column) belong to the two axes.
    ``dates`` flags the axes that count days since 1970. ``note`` says where missing
    values are drawn, and ``margins`` are their coordinates, outside the range of each
    column.
    """

    rows: Floats
    new: Floats
    names: tuple[str, ...]
    ticks: tuple[Sequence[str], ...] = ((), ())
    note: str = ""
    dates: tuple[bool, ...] = (False, False)
    margins: tuple[float | None, ...] = (None, None)


class _Axis(NamedTuple):
    """A column in old and new rows, and the attributes of its axis in a ``Plane``."""

    values: Floats
    name: str
    levels: Sequence[str] = ()
    is_date: bool = False
    margin: float | None = None
    note: str = ""


def by_columns(table: Table, X: Any, new: Any, columns: Sequence[Any]) -> Plane:
    """Return the coordinates of rows in two columns: numbers, times or category levels.

    Parameters
    ----------
    table : Table
        The checked table ``X``.
    X, new : containers of the rows and of the new rows
        ``new`` is None if there are no new rows.
    columns : sequence of two names or positions

    Raises
    ------
    ValueError
        If ``columns`` are not two columns of the table.
    """
    n = table.n_rows
    axes = [_axis(table, X, new, _position(table, column)) for column in _two(columns)]
    values, names, ticks, dates, margins, notes = zip(*axes, strict=True)
    both = np.column_stack(values)
    note = (
        f"{', '.join(filter(None, notes))}: drawn at the margin" if any(notes) else ""
    )
    return Plane(both[:n], both[n:], names, ticks, note, dates, margins)


def _axis(table: Table, X: Any, new: Any, j: int) -> _Axis:
    """Return the axis of a column; rows with the same category level are jittered."""
    name = _name(table, j)
    if table.categorical[j]:
        places, levels = _levels(X, new, j)
        places += check_rng(0).uniform(-_SPREAD, _SPREAD, len(places))
        return _Axis(places, name, levels)
    unit = _days_in_unit(X, j)
    numbers = _numbers(table, new, j) * (unit or 1.0)
    n_missing = int(np.isnan(numbers[: table.n_rows]).sum())
    values, margin = _with_margin(numbers)
    note = f"{n_missing:,} missing in {name}" if n_missing else ""
    return _Axis(values, name, (), bool(unit), margin, note)


def by_components(table: Table, X: Any, new: Any) -> Plane:
    """Return the first two principal components of the rows and of the new rows.

    Numeric columns are divided by their standard deviations, and two levels of a
    category have distance 1, as in the samplers. Scaling and components are fitted on
    the rows of ``table`` only.
    """
    numeric = np.flatnonzero(~table.categorical).tolist()
    n = table.n_rows
    parts: list[Any] = []
    if numeric:
        scaler = StandardScaler(with_mean=not sp.issparse(table.numeric))
        both = _filled(table, new, numeric)
        parts.append(scaler.fit(both[:n]).transform(both))
    for j in np.flatnonzero(table.categorical).tolist():
        codes, _ = _levels(X, new, j)
        parts.append(_corners(codes[:, np.newaxis], n))
    encoded = _joined(parts, sp.hstack, np.hstack)
    points, shares = _components(encoded, n)
    n_missing = _count_missing(table.numeric) if numeric else 0
    note = f"{n_missing:,} missing values: replaced by the median" if n_missing else ""
    names = [
        f"component {i + 1} ({100 * s:.0f} % of the variance)"
        for i, s in enumerate(shares)
    ]
    return Plane(points[:n], points[n:], (names[0], names[1]), note=note)


def _components(encoded: Any, n: int) -> tuple[Floats, list[float]]:
    """Return two components, fitted on the first ``n`` rows, and their variance shares."""
    points = np.zeros((encoded.shape[0], 2))
    sparse = sp.issparse(encoded)
    k = min(2, encoded.shape[1] - sparse, n - sparse)
    pca = PCA(k, svd_solver="arpack" if sparse else "auto", random_state=0)
    with np.errstate(invalid="ignore"):  # 0 / 0 if the table has no variance
        pca.fit(encoded[:n])
    points[:, :k] = pca.transform(encoded)
    shares = np.nan_to_num(pca.explained_variance_ratio_).tolist()
    return points, [*shares, 0.0, 0.0][:2]


def _corners(codes: NDArray[Any], n: int) -> Floats:
    encoder = OneHotEncoder(
        max_categories=_MOST_LEVELS,
        handle_unknown="infrequent_if_exist",
        sparse_output=False,
    )
    return encoder.fit(codes[:n]).transform(codes) / np.sqrt(2)


def _numbers(table: Table, new: Any, j: int) -> Floats:
    """Return a column of numbers of the old and the new rows."""
    parts = [_dense(part).ravel() for part in _old_and_new(table, new, [j])]
    return np.concatenate(parts)


def _old_and_new(table: Table, new: Any, columns: list[int]) -> list[Any]:
    """Return numeric columns of the old rows and, if there are any, of the new rows."""
    containers = [table.container] if new is None else [table.container, contain(new)]
    return [rows.numbers(columns).astype(np.float64) for rows in containers]


def _with_margin(values: Floats) -> tuple[Floats, float | None]:
    """Return values with missing ones moved to a margin, and the margin (or None).

    At the median, missing values would look like a value that many rows have.
    """
    missing = np.isnan(values)
    if not missing.any():
        return values, None
    present = values[~missing] if not missing.all() else np.zeros(1)
    low, high = present.min(), present.max()
    margin = float(low - _MARGIN * ((high - low) or 1.0))
    return np.where(missing, margin, values), margin


def _filled(table: Table, new: Any, columns: list[int]) -> Any:
    """Return old and new rows, with missing values imputed by medians of old rows."""
    imputer = SimpleImputer(strategy="median", keep_empty_features=True)
    parts = _old_and_new(table, new, columns)
    imputer.fit(parts[0])
    return _joined([imputer.transform(part) for part in parts], sp.vstack, np.vstack)


def _days_in_unit(X: Any, j: int) -> float | None:
    """Return the time unit of a column, in days; None if it does not hold times."""
    if sp.issparse(X) or isinstance(X, list):
        return None
    if isinstance(X, np.ndarray):
        if X.dtype.kind != "M":
            return None
        unit, count = np.datetime_data(X.dtype)
        return count / _PER_DAY[unit] if unit in _PER_DAY else None
    dtype = nw.from_native(X, eager_only=True)[:, j].dtype
    if isinstance(dtype, nw.Datetime):
        return 1 / _PER_DAY[dtype.time_unit]
    return 1.0 if dtype == nw.Date else None


def _levels(X: Any, new: Any, j: int) -> tuple[Floats, list[str]]:
    """Return the position of each cell's level, and the names of the levels."""
    from pandas import factorize

    cells = _cells(X, j)
    if new is not None:
        cells = np.concatenate([cells, _cells(new, j)])
    codes, levels = factorize(cells, use_na_sentinel=True)
    places = codes.astype(np.float64)
    names = [str(level) for level in levels]
    if (codes < 0).any():
        places[codes < 0] = len(names)
        names.append("missing")
    return places, names


def _cells(X: Any, j: int) -> NDArray[Any]:
    if sp.issparse(X):
        return _dense(X.tocsc()[:, [j]]).ravel()
    if isinstance(X, (np.ndarray, list)):
        return np.asarray(X, dtype=object)[:, j]
    column = nw.from_native(X, eager_only=True)[:, j].to_list()
    cells = np.empty(len(column), dtype=object)
    cells[:] = column
    return cells


def _two(columns: Sequence[Any]) -> Sequence[Any]:
    if isinstance(columns, str) or len(columns) != 2:
        msg = (
            "The 'columns' parameter must be the names or positions of two columns, or "
            f"None for principal components. Got {columns!r} instead."
        )
        raise ValueError(msg)
    return columns


def _position(table: Table, column: Any) -> int:
    names = getattr(table.container, "names", [])
    if column in names:
        return int(names.index(column))
    width = table.container.shape[1]
    if isinstance(column, (int, np.integer)) and -width <= column < width:
        return int(column) % width
    known = ", ".join(map(repr, names)) or f"positions from 0 to {width - 1}"
    known = shorten(known, _LONGEST_LIST, placeholder=" ...")
    msg = f"X has no column {column!r}; choose one of {known}."
    raise ValueError(msg)


def _name(table: Table, j: int) -> str:
    names = getattr(table.container, "names", None)
    return f"column {j}" if names is None else str(names[j])


def _count_missing(numbers: Any) -> int:
    return int(np.isnan(numbers.data if sp.issparse(numbers) else numbers).sum())


def _dense(values: Any) -> NDArray[Any]:
    return values.toarray() if sp.issparse(values) else np.asarray(values)


def _joined(parts: list[Any], sparse: Callable[..., Any], dense: Any) -> Any:
    return sparse(parts, format="csr") if any(map(sp.issparse, parts)) else dense(parts)
