"""A table in two dimensions: two of its columns, or two components of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

import narwhals as nw
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from imbsuite._random import check_rng
from imbsuite._table import Table, contain

__all__ = ["Plane", "by_columns", "by_components"]

Floats = NDArray[np.float64]
# Rarer levels of a category share one dimension: a column of names would be thousands.
_MOST_LEVELS = 50
# How far rows of one level are spread, so that they can be seen.
_SPREAD = 0.25
_LONGEST_LIST = 300
# Months and years have no fixed number of days.
_PER_DAY = {"D": 1, "h": 24, "m": 1440, "s": 86_400}
_PER_DAY |= {"ms": 86_400 * 10**3, "us": 86_400 * 10**6, "ns": 86_400 * 10**9}


@dataclass(frozen=True)
class Plane:
    """Coordinates of the rows of a table and of others like them.

    ``names`` and ``ticks`` (the levels, where it is a category) are those of the two
    axes; ``dates`` says which of them count the days since 1970; ``note`` says what was
    done to missing values.
    """

    rows: Floats
    new: Floats
    names: tuple[str, str]
    ticks: tuple[Sequence[str], Sequence[str]] = ((), ())
    note: str = ""
    dates: tuple[bool, bool] = (False, False)


def by_columns(table: Table, X: Any, new: Any, columns: Sequence[Any]) -> Plane:
    """Return two columns as they are: numbers, points in time, or levels of a category.

    Parameters
    ----------
    table : Table
        Of ``X``.
    X, new : what the rows and the other rows are in
        ``new`` is None where there are none.
    columns : two names or positions

    Raises
    ------
    ValueError
        If these are not two columns of the table.
    """
    found = [_position(table, column) for column in _two(columns)]
    n = table.n_rows
    axes, ticks, notes = [], [], []
    units = [None if table.categorical[j] else _days_in_unit(X, j) for j in found]
    for j, unit in zip(found, units, strict=True):
        if table.categorical[j]:
            values, levels = _levels(X, new, j)
        else:
            values, levels = _filled(table, new, [j]).ravel() * (unit or 1.0), []
            gaps = int(np.isnan(_dense(table.container.numbers([j]))).sum())
            if gaps:
                notes.append(f"{gaps:,} missing in {_name(table, j)}")
        axes.append(values)
        ticks.append(levels)
    both = np.column_stack(axes)
    names = (_name(table, found[0]), _name(table, found[1]))
    note, dates = _at_medians(notes, "drawn"), (bool(units[0]), bool(units[1]))
    return Plane(both[:n], both[n:], names, (ticks[0], ticks[1]), note, dates)


def by_components(table: Table, X: Any, new: Any) -> Plane:
    """Return the first two principal components of the rows, and the others in them.

    Numbers are divided by their standard deviations and two levels of a category are 1
    apart, as in the distances of the samplers. Everything is fitted on the rows of
    ``table`` alone.
    """
    numeric = np.flatnonzero(~table.categorical).tolist()
    n = table.n_rows
    parts: list[Any] = []
    if numeric:
        scaler = StandardScaler(with_mean=not sp.issparse(table.numeric))
        both = _filled(table, new, numeric, keep_sparse=True)
        parts.append(scaler.fit(both[:n]).transform(both))
    for j in np.flatnonzero(table.categorical).tolist():
        codes = _levels(X, new, j, spread=0.0)[0][:, np.newaxis]
        parts.append(_corners(codes, n))
    encoded = sp.hstack(parts, format="csr") if _any_sparse(parts) else np.hstack(parts)
    points, shares = _components(encoded, n)
    gaps = _count_gaps(table.numeric) if numeric else 0
    notes = [f"{gaps:,} missing values"] if gaps else []
    names = [
        f"component {i + 1} ({100 * s:.0f} % of the variance)"
        for i, s in enumerate(shares)
    ]
    note = _at_medians(notes, "taken")
    return Plane(points[:n], points[n:], (names[0], names[1]), note=note)


def _components(encoded: Any, n: int) -> tuple[Floats, list[float]]:
    """Return two coordinates of each row, found on the first ``n``, and their shares."""
    points = np.zeros((encoded.shape[0], 2))
    sparse = sp.issparse(encoded)
    k = min(2, encoded.shape[1] - sparse, n - sparse)
    pca = PCA(k, svd_solver="arpack" if sparse else "auto", random_state=0)
    with np.errstate(invalid="ignore"):  # a table without variance has no shares of it
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
    corners: Floats = encoder.fit(codes[:n]).transform(codes)
    return corners / np.sqrt(2)


def _filled(
    table: Table, new: Any, columns: list[int], *, keep_sparse: bool = False
) -> Any:
    """Return numbers of the rows and of the new ones, gaps at the medians of the rows."""
    old = table.container.numbers(columns)
    imputer = SimpleImputer(strategy="median", keep_empty_features=True)
    old = old if keep_sparse else _dense(old)
    both = [imputer.fit_transform(old.astype(np.float64))]
    if new is not None:
        more = contain(new).numbers(columns)
        more = more if keep_sparse else _dense(more)
        both.append(imputer.transform(more.astype(np.float64)))
    return sp.vstack(both, format="csr") if _any_sparse(both) else np.vstack(both)


def _days_in_unit(X: Any, j: int) -> float | None:
    """Return what points in time are counted in; None for all other columns."""
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


def _levels(
    X: Any, new: Any, j: int, *, spread: float = _SPREAD
) -> tuple[Floats, list[str]]:
    """Return the place of each cell's level, a little spread, and the levels' names."""
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
    if spread:
        places += check_rng(0).uniform(-spread, spread, len(places))
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
            f"columns={columns!r} are not two; give the names or positions of two "
            "columns, or None for principal components."
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
    msg = f"there is no column {column!r}; choose one of {known}."
    raise ValueError(msg)


def _name(table: Table, j: int) -> str:
    names = getattr(table.container, "names", None)
    return f"column {j}" if names is None else str(names[j])


def _at_medians(notes: list[str], done: str) -> str:
    return f"{', '.join(notes)}: {done} at the median" if notes else ""


def _count_gaps(numbers: Any) -> int:
    return int(np.isnan(numbers.data if sp.issparse(numbers) else numbers).sum())


def _dense(values: Any) -> NDArray[Any]:
    return values.toarray() if sp.issparse(values) else np.asarray(values)


def _any_sparse(parts: list[Any]) -> bool:
    return any(map(sp.issparse, parts))
