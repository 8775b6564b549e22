"""Euclidean coordinates of rows for an estimator, all at once or in parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from imbsuite._neighbors.moments import refuse_overflow
from imbsuite._neighbors.sparse import narrow
from imbsuite._types import Positions

# With more one-hot columns, an estimator gets sparse coordinates.
_DENSE_ONE_HOT = 128
_ALL = slice(None)


class Embedding:
    """Scaled numbers of some rows, followed by their one-hot categories.

    Parameters
    ----------
    rows : ndarray of shape (n,), int
    numbers : callable
        Returns the scaled numbers of rows, with missing values replaced.
    codes : ndarray of shape (n_table, c), int
    mismatch : float
        m: one-hot categories have the value m/√2.
    n_numeric : int
    sparse : bool
        Whether numbers are sparse.

    Attributes
    ----------
    shape : tuple of int
    sparse : bool
        Whether the coordinates are sparse: if numbers are sparse, or there are many
        categories.
    """

    def __init__(
        self,
        rows: Positions,
        numbers: Callable[[Positions], Any],
        codes: NDArray[np.int32],
        mismatch: float,
        n_numeric: int,
        *,
        sparse: bool,
    ) -> None:
        self._rows, self._numbers, self._codes = rows, numbers, codes
        self._length = mismatch / np.sqrt(2)
        self._levels = [np.unique(codes[rows, j]) for j in range(codes.shape[1])]
        n_hot = sum(map(len, self._levels))
        self.shape = len(rows), n_numeric + n_hot
        self.sparse = sparse or n_hot > _DENSE_ONE_HOT

    def at(self, part: Any = _ALL) -> Any:
        """Return the coordinates of a part of the rows."""
        rows = self._rows[part]
        numbers = self._numbers(rows)
        refuse_overflow(numbers)
        hot = [self._one_hot(rows, j) for j in range(len(self._levels))]
        if self.sparse:
            return narrow(sp.hstack([sp.csr_array(numbers), *hot], format="csr"))
        return np.hstack([numbers, *(h.toarray() for h in hot)]) if hot else numbers

    def _one_hot(self, rows: Positions, j: int) -> Any:
        n, levels = len(rows), self._levels[j]
        place = np.searchsorted(levels, self._codes[rows, j])
        cells = (np.full(n, self._length), (np.arange(n), place))
        return sp.csr_array(cells, shape=(n, len(levels)))
