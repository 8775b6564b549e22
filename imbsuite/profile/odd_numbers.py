"""Notes on numbers that are not measurements: infinite values, missing-value codes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from imbsuite._types import Floats
from imbsuite.profile.columns import cells_of, is_missing

_LISTED = 5
# The minimum number of repetitions of a code.
_FEWEST = 5


def about_numbers(X: Any) -> Iterator[str]:
    """Report columns with infinite values, or with a number that seems to mean missing.

    Parameters
    ----------
    X : {array-like, dataframe} of shape (n_rows, n_columns)
    """
    infinite: list[str] = []
    coded: list[str] = []
    for cells in cells_of(X):
        if not cells.dtype.is_numeric() or cells.dtype.is_decimal():
            continue
        numbers = cells.filter(~is_missing(cells)).to_numpy().astype(np.float64)
        n = int(np.isinf(numbers).sum())
        if n:
            infinite.append(f"{cells.name!r} ({n:,})")
        coded += [
            f"{cells.name!r} ({value:g} in {times:,} rows)"
            for value, times in _codes(numbers[np.isfinite(numbers)])
        ]
    if infinite:
        yield (
            f"infinite values in {_columns(infinite)}: comparisons and samplers do "
            "not accept them. Leave these cells empty (missing values), or write a "
            "large number."
        )
    if coded:
        yield (
            f"a number that seems to mean a missing value in {_columns(coded)}: it is "
            "far from all other numbers, and distances treat it as a measurement. If "
            "it means a missing value, leave these cells empty."
        )


def _codes(numbers: Floats) -> Iterator[tuple[float, int]]:
    """Yield numbers made of nines, such as -999, that are repeated far from all others.

    "Far" means that the distance to the nearest other value exceeds the range of the
    others.
    """
    values, times = np.unique(numbers, return_counts=True)
    if len(values) < 3:
        return
    for at, rest in ((0, values[1:]), (-1, values[:-1])):
        gap = np.abs(rest - values[at]).min()
        digits = f"{abs(values[at]):.0f}"
        is_code = len(digits) > 1 and set(digits) == {"9"} and values[at] % 1 == 0
        if is_code and times[at] >= _FEWEST and gap > np.ptp(rest):
            yield float(values[at]), int(times[at])


def _columns(parts: list[str]) -> str:
    more = len(parts) - _LISTED
    shown = [*parts[:_LISTED], f"{more:,} more"] if more > 0 else parts
    noun = "column" if len(parts) == 1 else "columns"
    return f"{noun} {', '.join(shown)}"
