"""The spacing of a column's values, which new cells keep.

New cells of a column of whole seconds are whole seconds, those of a column of whole
cents are whole cents, and those of floats that are all whole numbers are whole numbers.
The spacings of the parts of a table can be joined, so that a table in parts gets the
same cells as a table in one piece.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

# The first rows, which are sufficient for nearly all columns of floats.
_HEAD = 64
# Number of cells that are checked at once.
_BLOCK_CELLS = 2**17


@dataclass(frozen=True, slots=True)
class Spacing:
    """The values of a column are ``origin`` plus multiples of ``gap``.

    ``gap`` is 0 if all values are the same; ``origin`` is None if there are no values.
    """

    origin: int | None = None
    gap: int = 0

    def joined(self, other: Spacing) -> Spacing:
        """Return the spacing of the concatenation of both columns."""
        if self.origin is None or other.origin is None:
            return other if self.origin is None else self
        apart = abs(other.origin - self.origin)
        return Spacing(self.origin, math.gcd(self.gap, other.gap, apart))

    def unit(self, units: Sequence[int]) -> tuple[int, int]:
        """Return the largest of ``units`` that divides ``gap``, and the remainder.

        The remainder is that of ``origin``, and of all other values of the column.
        """
        unit = max(u for u in units if self.gap % u == 0)
        return unit, (self.origin or 0) % unit


WHOLE = Spacing(0, 1)


def join_spacings(parts: Sequence[Sequence[Spacing | None]]) -> list[Spacing | None]:
    """Return the spacing of each column of a table from those of its parts."""
    return [reduce(_joined, column) for column in zip(*parts, strict=True)]


def _joined(one: Spacing | None, other: Spacing | None) -> Spacing | None:
    return None if one is None or other is None else one.joined(other)


# Plain integers are not rounded to this spacing, because 73 is a plausible value in a
# column of 0, 50 and 100. Times and decimals are rounded to their units.
def spacing_of_integers(values: NDArray[Any], origin: int | None = None) -> Spacing:
    """Return the spacing of integers from ``origin`` (None: the first integer)."""
    if not len(values):
        return Spacing()
    start = int(values[0]) if origin is None else origin
    if values.dtype == object:
        return Spacing(start, math.gcd(*[v - start for v in values.tolist()]))
    # Differences may be nearly 2**64, so the smaller number is subtracted from the
    # larger modulo 2**64.
    words, first = values.astype(np.uint64), np.uint64(start % 2**64)
    apart = np.where(values >= start, words - first, first - words)
    return Spacing(start, int(np.gcd.reduce(apart)))


def spacing_of_floats(values: NDArray[Any]) -> Spacing | None:
    """Return ``WHOLE`` if all values are whole numbers or NaN; else None."""
    return WHOLE if whole_columns(values[:, np.newaxis]).all() else None


def whole_columns(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return a mask of the columns of floats that contain only whole numbers or NaN.

    The first rows rule out nearly all other columns.
    """
    whole = np.ones(values.shape[1], dtype=bool)
    start, stop = 0, _HEAD
    while start < len(values) and whole.any():
        block = values[start:stop] if whole.all() else values[start:stop, whole]
        whole[whole] = ((np.rint(block) == block) | np.isnan(block)).all(axis=0)
        start = stop
        stop += max(1, _BLOCK_CELLS // max(int(whole.sum()), 1))
    return whole


def round_whole(values: NDArray[Any]) -> NDArray[Any]:
    """Round to whole numbers; nonzero values may become 0.0, but never -0.0."""
    rounded = np.rint(values)
    return np.where((rounded == 0) & (values != 0), np.abs(rounded), rounded)
