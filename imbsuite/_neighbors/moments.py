"""Statistics of columns: missing values, means, standard deviations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from imbsuite._types import Floats


class Moments(NamedTuple):
    """Statistics of each column of some rows, which can be joined with those of others.

    ``counts``: the number of values. ``mean``: their mean. ``squares``: the sum of
    squared deviations from the mean, in units of ``4 ** exponent``, which is 1 except
    for columns whose squares underflow.
    """

    counts: NDArray[Any]
    mean: Floats
    squares: Floats
    exponent: NDArray[np.intc]


# Number of float64 cells in memory at once.
_BLOCK_CELLS = 2**17


def has_gaps(coordinates: Any) -> bool:
    values = coordinates.data if sp.issparse(coordinates) else coordinates
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isnan(values.sum()))


def fill_missing(coordinates: Any) -> tuple[Any, Any]:
    """Return the numbers with 0 for missing values, and the mask of missing values."""
    if not sp.issparse(coordinates):
        gaps = np.isnan(coordinates)
        return np.where(gaps, 0.0, coordinates), gaps
    gaps = coordinates.copy()
    gaps.data = np.isnan(gaps.data)
    gaps.eliminate_zeros()
    filled = coordinates.copy()
    filled.data = np.nan_to_num(filled.data, nan=0.0)
    return filled, gaps


# The squares of smaller numbers lose precision.
_FAINT = 2.0**-480
# The exponent of zeros: below that of all numbers.
_OF_ZERO = -2000
# Number of entries of a sparse matrix that are processed at once.
_ENTRIES = 2**18


def column_moments(numeric: Any) -> tuple[Floats, Floats]:
    """Return mean and population standard deviation of each column, ignoring NaN.

    A constant (or all-missing) column has a standard deviation of exactly 0.

    Raises
    ------
    ValueError
        If squares overflow.
    """
    counts, mean, squares, exponent = part_moments(numeric)
    return _deviations(counts, np.ldexp(mean, -exponent), squares, exponent)


def _greatest(numeric: Any) -> Floats:
    """Return the largest absolute value of each column; 0 if all values are missing."""
    size = abs(numeric)
    if sp.issparse(size):
        size.data[np.isnan(size.data)] = 0.0
        greatest = size.max(axis=0).toarray().ravel()
    else:
        greatest = np.nan_to_num(size, copy=False).max(axis=0, initial=0.0)
    return np.asarray(greatest, dtype=np.float64)


def _times_powers(numeric: Any, exponent: NDArray[np.intc]) -> Any:
    """Return numbers with each column multiplied by a power of 2."""
    if not sp.issparse(numeric):
        return np.ldexp(numeric.astype(np.float64, copy=False), exponent)
    out = numeric.tocsr().astype(np.float64)
    out.data = np.ldexp(out.data, exponent[out.indices])
    return out


def joined_moments(parts: Sequence[Moments]) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of a table from the moments of its parts.

    The sum of squares around the common mean of two parts is the sum of those around
    their own means, plus the weighted squared difference of these means (Chan, Golub,
    LeVeque 1983).
    """
    exponent = np.max([part.exponent for part in parts], axis=0)
    n, mean, squares, _ = _in_units(parts[0], exponent)
    for part in parts[1:]:
        other, far, more, _ = _in_units(part, exponent)
        both = np.maximum(n + other, 1)
        offset = far - mean
        mean = mean + offset * (other / both)
        squares = squares + more + offset**2 * (n * (other / both))
        n = n + other
    return _deviations(n, mean, squares, exponent)


def _in_units(part: Moments, exponent: NDArray[np.intc]) -> Moments:
    """Return moments, including the mean, in units of a common power of 2, exactly."""
    mean = np.ldexp(part.mean, -exponent)
    squares = np.ldexp(part.squares, 2 * (part.exponent - exponent))
    return Moments(part.counts, mean, squares, exponent)


def _deviations(
    counts: NDArray[Any], mean: Floats, squares: Floats, exponent: NDArray[np.intc]
) -> tuple[Floats, Floats]:
    """Return means and standard deviations of values in units of ``2 ** exponent``."""
    with np.errstate(invalid="ignore"):
        sd = np.sqrt(np.maximum(squares, 0.0) / np.maximum(counts, 1))
    if not np.isfinite(sd).all():
        raise overflow_error(int(np.argmax(~np.isfinite(sd))))
    # Rounding errors in a constant column are not a spread.
    sd = np.where(sd <= 1e-13 * np.abs(mean), 0.0, sd)
    return np.ldexp(mean, exponent), np.ldexp(sd, exponent)


def overflow_error(place: int) -> ValueError:
    """Return the error for a numeric column whose values are too large."""
    msg = (
        f"Numeric column number {place} holds values whose squares overflow; "
        "divide it by a large number before resampling."
    )
    return ValueError(msg)


def refuse_overflow(points: Any) -> None:
    """Raise ValueError if distances between these points would overflow.

    The spread of a constant column does not show whether its values are too large.
    """
    if not points.shape[1]:
        return
    largest = abs(points).max(axis=0)
    largest = largest.toarray().ravel() if sp.issparse(largest) else largest
    with np.errstate(over="ignore"):
        squares = 4.0 * points.shape[1] * np.square(largest)
    if not np.isfinite(squares).all():
        raise overflow_error(int(np.argmax(~np.isfinite(squares))))


def rounded_moments(mean: Floats, sd: Floats) -> tuple[Floats, Floats]:
    """Return mean and deviation without the digits that depend on the order of sums.

    A table in parts is summed in a different order than a table in one piece. The
    standard deviation is rounded to 32 bits, and the mean to a multiple of about a
    thousandth of it, so that both tables have exactly the same coordinates, and the
    same neighbors.
    """
    mantissa, exponent = np.frexp(sd)
    rounded = np.ldexp(np.rint(np.ldexp(mantissa, 32)), exponent - 32)
    # For the smallest deviations, the grid is the smallest positive float.
    grid = np.where(sd > 0, np.ldexp(1.0, np.maximum(exponent - 10, -1074)), 1.0)
    return np.where(sd > 0, np.rint(mean / grid) * grid, mean), rounded


def part_moments(numeric: Any) -> Moments:
    """Return counts, means and sums of squared deviations, ignoring missing values."""
    sums_of = _sums_of_entries if sp.issparse(numeric) else _sums
    counts, mean, squares = sums_of(numeric)
    exponent = np.zeros(len(mean), dtype=np.intc)
    faint = np.flatnonzero(
        (squares < _FAINT**2 * np.maximum(counts, 1)) & (np.abs(mean) < _FAINT)
    )
    if not len(faint):
        return Moments(counts, mean, squares, exponent)
    greatest = _greatest(numeric[:, faint])
    exponent[faint] = np.where(greatest > 0, np.frexp(greatest)[1], _OF_ZERO)
    some = faint[greatest > 0]
    if len(some):
        # Multiplication by a power of 2, which is exact, brings them to about 1.
        sums = sums_of(_times_powers(numeric[:, some], -exponent[some]))
        mean[some], squares[some] = np.ldexp(sums[1], exponent[some]), sums[2]
    return Moments(counts, mean, squares, exponent)


def _sums(numeric: Floats) -> tuple[NDArray[Any], Floats, Floats]:
    """Return counts, means and sums of squared deviations from the means.

    Offsets from a rough mean and their squares are summed in one pass over the rows.
    The rough mean has the magnitude of the column, so that no digits cancel.
    """
    n, d = numeric.shape
    sample = numeric[:: n // 512 + 1]
    known = ~np.isnan(sample)
    with np.errstate(over="ignore", invalid="ignore"):
        rough = np.where(known, sample, 0.0).sum(axis=0, dtype=np.float64)
    shift = np.nan_to_num(rough / np.maximum(known.sum(axis=0), 1))
    sums, squares, counts = np.zeros(d), np.zeros(d), np.full(d, n)
    step = max(1, _BLOCK_CELLS // max(d, 1))
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, n, step):
            part = numeric[start : start + step]
            offset = np.subtract(part, shift, dtype=np.float64, order="C")
            if np.isnan(offset.sum()):
                gaps = np.isnan(offset)
                offset[gaps] = 0.0
                counts -= gaps.sum(axis=0)
            # A product with ones: several times faster than a sum over rows.
            ones = np.ones(len(offset))
            sums += ones @ offset
            squares += ones @ np.square(offset, out=offset)
        drift = sums / np.maximum(counts, 1)
        return counts, shift + drift, np.maximum(squares - counts * drift**2, 0.0)


def _sums_of_entries(numeric: Any) -> tuple[NDArray[Any], Floats, Floats]:
    """Return the result of ``_sums`` for a sparse matrix, without a copy.

    It sums over the entries, in parts.
    """
    rows = numeric.tocsr()
    n, d = rows.shape
    sums, known, gaps = np.zeros(d), np.zeros(d), np.zeros(d)
    for column, value in _entries(rows):
        missing = np.isnan(value)
        sums += np.bincount(column, np.where(missing, 0.0, value), minlength=d)
        gaps += np.bincount(column, missing, minlength=d)
        known += np.bincount(column, ~missing, minlength=d)
    mean = sums / np.maximum(n - gaps, 1)
    # Squares that overflow raise an error.
    with np.errstate(over="ignore", invalid="ignore"):
        squares = (n - gaps - known) * mean**2
        for column, value in _entries(rows):
            offset = np.nan_to_num(value - mean[column], nan=0.0)
            squares += np.bincount(column, offset**2, minlength=d)
    return n - gaps, mean, squares


def _entries(rows: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the columns and values of the entries, in parts."""
    for start in range(0, len(rows.data), _ENTRIES):
        part = slice(start, start + _ENTRIES)
        yield rows.indices[part], rows.data[part].astype(np.float64, copy=False)
