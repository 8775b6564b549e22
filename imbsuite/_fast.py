"""Faster versions of NumPy functions, with the same results."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._types import Codes, Positions

# For each float type: the unsigned integer type of the same size, the mask of the bits
# of the exponent, and the lowest of these bits.
_WORDS: dict[np.dtype[Any], tuple[type[np.unsignedinteger[Any]], int, int]] = {
    np.dtype(np.float32): (np.uint32, 0x7F800000, 0x800000),
    np.dtype(np.float64): (np.uint64, 0x7FF << 52, 1 << 52),
}
# The first rows, which contain all values of most columns with few distinct values.
_TOP_ROWS = 1_000
# Number of codes up to which comparisons are faster than counting.
_FEW = 4


def all_finite(values: NDArray[Any]) -> bool:
    """Return whether all floats are finite; False may also mean an overflowing sum."""
    from imbsuite._kernels import rows, threads_for

    readable = values.dtype in _WORDS and values.flags.forc and values.flags.aligned
    if not readable:
        with np.errstate(over="ignore", invalid="ignore"):
            return bool(np.isfinite(values.sum()))
    word, exponent, unit = _WORDS[values.dtype]
    words = values.ravel(order="K").view(word)
    # Reading a cell takes an eighth of the time of writing one.
    return rows.all_finite(words, exponent, unit, threads_for(len(words) // 8))


def copy_rows(
    values: NDArray[Any], positions: Positions | None, out: NDArray[Any]
) -> None:
    """Copy the rows at ``positions`` (None: all) into ``out``, in memory order."""
    if values.flags.fnc and positions is not None:
        # One column after another, in memory order. "clip" avoids a second buffer in
        # NumPy; positions are always in range.
        for j in range(values.shape[1]):
            values[:, j].take(positions, out=out[:, j], mode="clip")
    elif values.flags.c_contiguous and out.flags.c_contiguous:
        from imbsuite._kernels import rows, threads_for

        threads = threads_for(out.size)
        rows.take_rows(values.view(np.uint8), positions, out.view(np.uint8), threads)
    else:
        out[...] = values if positions is None else values.take(positions, axis=0)


def factorize_small(
    cells: NDArray[Any],
) -> tuple[NDArray[np.int32], list[Any]] | None:
    """Factorize integers in a small range, without hashing; return None for others."""
    n = len(cells)
    if not n or not np.can_cast(cells.dtype, np.int64):
        return None
    low, high = int(cells.min()), int(cells.max())
    if high - low > np.iinfo(np.int16).max:
        return None
    places = np.subtract(cells, low, dtype=np.intp)
    first, codes = np.full(high - low + 1, n), np.full(high - low + 1, -1, np.int32)
    # Usually, there are few values, and the first rows contain all of them.
    for top in (places[:_TOP_ROWS], places):
        # Of several entries for one place, the last one stays, so the first row is
        # written last.
        first[top[::-1]] = np.arange(len(top) - 1, -1, -1)
        order = np.argsort(first, kind="stable")[: np.count_nonzero(first < n)]
        codes[order] = np.arange(len(order))
        cell_codes = codes.take(places)
        if cell_codes.min() >= 0:
            break
    return cell_codes, cells[first[order]].tolist()


def small_codes(cells: NDArray[Any]) -> NDArray[np.int32] | None:
    """Return whole numbers of a small range minus the smallest, as codes; else None."""
    cells = np.ascontiguousarray(cells)
    low, high = cells.min(), cells.max()
    if not float(high) - float(low) < np.iinfo(np.int16).max:
        return None
    codes = (cells - low).astype(np.int32)
    return codes if (codes + low == cells).all() else None


def sizes_of(codes: Codes) -> Codes:
    """Return the number of rows with each code, like ``np.bincount``, but faster.

    If there are few codes, ``np.bincount`` increments the same count again and again
    and waits for each write. Comparisons do not wait.
    """
    n = int(codes.max()) + 1
    if n > _FEW:
        return np.bincount(codes)
    return np.array([np.count_nonzero(codes == k) for k in range(n)])
