"""scikit-learn's interval constraint, limited to numbers that NumPy arrays support."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import _param_validation
from sklearn.utils._param_validation import RealNotInt

# Counts are 64-bit integers in arrays.
_MOST = 2**63


class Interval(_param_validation.Interval):  # type: ignore[misc]
    """An interval of 64-bit integers or of floats.

    Booleans are not numbers. ``Fraction`` objects, and integers above the largest
    float, lie in no interval of floats: NumPy computes with them as objects, or not at
    all.
    """

    def is_satisfied_by(self, val: Any) -> bool:
        """Return whether ``val`` lies in the interval."""
        if isinstance(val, bool):
            return False
        if self.type is Integral:
            inside = isinstance(val, Integral) and abs(int(val)) < _MOST
            return inside and bool(super().is_satisfied_by(val))
        whole = isinstance(val, Integral) and self.type is not RealNotInt
        if not whole and not isinstance(val, float | np.floating):
            return False
        try:
            # Bounds have double precision, so ``val`` is compared in double precision.
            return bool(super().is_satisfied_by(float(val)))
        except OverflowError:
            return False

    def __str__(self) -> str:
        text = str(super().__str__())
        return text.replace("inf)", "2**63)") if self.type is Integral else text


# Valid values of ``n_jobs``: joblib accepts neither 0 nor a number above this bound.
JOBS = [
    Interval(Integral, -(10**6), -1, closed="both"),
    Interval(Integral, 1, 10**6, closed="both"),
    None,
]
