"""How finely a column's values are spaced: what new cells keep to.

A column of whole seconds gets whole seconds, one of whole cents whole cents, and floats
that are all whole numbers get whole numbers. What is known of a part of a table can be
joined with what is known of the others, so that a table in parts gets the same cells.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Rows that decide for nearly all columns of floats.
_HEAD = 64
# Cells that are looked at at once.
_BLOCK_CELLS = 2**17


@dataclass(frozen=True, slots=True)
class Spacing:
    """Where the values of a column lie: at ``origin`` plus multiples of ``gap``.

    ``gap`` is 0 where all values are the same, and ``origin`` None where there are none.
    """

    origin: int | None = None
    gap: int = 0

    def joined(self, other: Spacing) -> Spacing:
        """Return the spacing of both columns, one below the other."""
        if self.origin is None or other.origin is None:
            return other if self.origin is None else self
        apart = abs(other.origin - self.origin)
        return Spacing(self.origin, math.gcd(self.gap, other.gap, apart))

    def unit(self, units: Sequence[int]) -> tuple[int, int]:
        """Return the largest of ``units`` that divides ``gap``, and what is left.

        All values of the column leave the same remainder.
        """
        unit = max(u for u in units if self.gap % u == 0)
        return unit, (self.origin or 0) % unit


WHOLE = Spacing(0, 1)


def join_spacings(parts: Sequence[Sequence[Spacing | None]]) -> list[Spacing | None]:
    """Return the spacing of each column of a table from those of its parts."""
    return [reduce(_joined, column) for column in zip(*parts, strict=True)]


def _joined(one: Spacing | None, other: Spacing | None) -> Spacing | None:
    return None if one is None or other is None else one.joined(other)


# The integers themselves are not coarsened by it: 73 may well occur in a column of 0, 50
# and 100. Units of time and of decimals are.
def spacing_of_integers(values: NDArray[Any], origin: int | None = None) -> Spacing:
    """Return the spacing of integers, seen from ``origin`` (None: the first of them)."""
    if not len(values):
        return Spacing()
    start = int(values[0]) if origin is None else origin
    if values.dtype == object:
        return Spacing(start, math.gcd(*[v - start for v in values.tolist()]))
    # Differences may be as large as 2**64: modulo that, the larger less the smaller.
    words, first = values.astype(np.uint64), np.uint64(start % 2**64)
    apart = np.where(values >= start, words - first, first - words)
    return Spacing(start, int(np.gcd.reduce(apart)))


def spacing_of_floats(values: NDArray[Any]) -> Spacing | None:
    """Return ``WHOLE`` for whole numbers only, missing ones aside; else None."""
    return WHOLE if whole_columns(values[:, np.newaxis]).all() else None


def whole_columns(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which columns of floats hold whole numbers only, missing ones aside.

    The first rows rule out nearly every column that does not.
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
    """Round to whole numbers; what was not zero becomes 0.0, never -0.0."""
    rounded = np.rint(values)
    return np.where((rounded == 0) & (values != 0), np.abs(rounded), rounded)
