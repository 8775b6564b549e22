"""The rows of a table in scaled units, without a copy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._kernels import neighbors as kernels
from imbsuite._neighbors.moments import has_gaps, overflow_error
from imbsuite._types import Floats, Positions

# Maximum numbers of rows and of cells that are processed at once.
_ROWS = 16_384
_CELLS = 2**17


class Scaled:
    """The rows of a table in scaled units: ``(x - shift) / spread``.

    Numbers are scaled whenever they are read, because a scaled table would be as large
    as the output.

    Parameters
    ----------
    numbers : ndarray of shape (n, d)
        Floats, NaN where missing.
    codes : ndarray of shape (n, c), int32, default=None
    shift, spread : float or ndarray of shape (d,)
    """

    def __init__(
        self,
        numbers: Floats,
        codes: NDArray[np.int32] | None = None,
        shift: Any = 0.0,
        spread: Any = 1.0,
    ) -> None:
        kind = np.float32 if numbers.dtype == np.float32 else np.float64
        self.numbers = np.require(numbers, kind, ["ALIGNED"])
        d = numbers.shape[1]
        self._by = [np.full(d, by).astype(kind) for by in (shift, spread)]
        # The standard deviation of float32 subnormals may round to 0 in float32.
        tiny = np.finfo(kind).smallest_subnormal
        self._by[1] = np.maximum(self._by[1], tiny)
        by = [values.astype(np.float64) for values in self._by]
        if codes is None:
            codes = np.empty((len(numbers), 0), dtype=np.int32)
        self.kernel = kernels.Table(self.numbers, codes, *by)

    def at(self, rows: Positions) -> Floats:
        """Return the scaled numbers of these rows.

        Raises
        ------
        ValueError
            If a number overflows: a class may be constant, and others far from it.
        """
        shift, spread = self._by
        out = self.numbers.take(rows, axis=0)
        try:
            with np.errstate(over="raise"):
                out -= shift
                out /= spread
        except FloatingPointError:
            with np.errstate(over="ignore"):
                scaled = (self.numbers.take(rows, axis=0) - shift) / spread
            place = int(np.isinf(scaled).any(axis=0).argmax())
            raise overflow_error(place) from None
        return out

    def gaps(self, rows: Positions) -> Positions:
        """Return the columns in which these rows have missing values."""
        d = self.numbers.shape[1]
        has_missing = np.zeros(d, dtype=bool)
        for part in batches(len(rows), _CELLS // max(d, 1)):
            values = self.numbers.take(rows[part], axis=0)
            if has_gaps(values):
                has_missing |= np.isnan(values).any(axis=0)
        return np.flatnonzero(has_missing)


def batches(n: int, most: int = _ROWS) -> Iterator[slice]:
    """Yield slices of at most ``most`` rows that together cover all ``n`` rows."""
    for start in range(0, n, max(most, 1)):
        yield slice(start, start + max(most, 1))
