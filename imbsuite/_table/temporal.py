"""Points in time, durations and times of day, as integers with units and a range."""

from __future__ import annotations

import datetime as dt

import numpy as np
from numpy.typing import NDArray

from imbsuite._table.cells import Numeric

_DAY = 86_400 * 10**9
# Common units of time, including those of the data types, in nanoseconds.
_UNITS = (1, 10**3, 10**6, 10**9, 60 * 10**9, 3_600 * 10**9, _DAY)
_SIZES = {
    "D": _DAY,
    "h": 3_600 * 10**9,
    "m": 60 * 10**9,
    "s": 10**9,
    "ms": 10**6,
    "us": 10**3,
    "ns": 1,
}
_FIRST, _LAST = (
    (day - dt.date(1970, 1, 1)).days * _DAY for day in (dt.date.min, dt.date.max)
)
_SPAN = dt.timedelta.max.days * _DAY
# The ranges of Python's date, timedelta and time, in nanoseconds.
_RANGES = {
    "M": (_FIRST, _LAST + _DAY - 1),
    "m": (-_SPAN, _SPAN),
    "t": (0, _DAY - 1),
}
# The smallest 64-bit integer means "not a time".
_MOST = 2**63 - 1


def temporal(
    values: NDArray[np.int64],
    missing: NDArray[np.bool_] | None,
    kind: str,
    unit: str,
    count: int = 1,
) -> Numeric:
    """Return a column of points in time ("M"), durations ("m") or times of day ("t").

    ``values`` are multiples of ``count`` times the ``unit``, which has NumPy's name.
    """
    if unit not in _SIZES:
        # Weeks, months and years, or fractions of nanoseconds.
        return Numeric(values, missing, (-_MOST, _MOST))
    size = count * _SIZES[unit]
    low, high = _RANGES[kind]
    bounds = max(-(-low // size), -_MOST), min(high // size, _MOST)
    larger = [u // size for u in _UNITS if u > size and u % size == 0]
    return Numeric(values, missing, bounds, (1, *larger))
