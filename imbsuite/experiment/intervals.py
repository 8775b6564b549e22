"""Confidence intervals of differences measured on folds that share training rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from imbsuite._types import Floats

# Smaller differences are rounding errors of sums over folds.
NEGLIGIBLE = 1e-9


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean difference and its interval; bounds are NaN if there is no interval."""

    difference: float
    low: float
    high: float

    def verdict(self, sign: int) -> str:
        """Return "better", "worse" or "unclear".

        It is "" without an interval, with sign 0, and if there is no difference on any
        fold.
        """
        if np.isnan(self.low) or sign == 0 or self.low == self.high == 0:
            return ""
        if self.low > 0 or self.high < 0:
            return "better" if sign * self.difference > 0 else "worse"
        return "unclear"

    def within(self, lowest: float, highest: float) -> Interval:
        """Return the interval without the part that is not possible.

        It still includes the difference, and the verdict stays the same if 0 is possible.
        """
        low = min(max(self.low, lowest), self.difference)
        high = max(min(self.high, highest), self.difference)
        return Interval(self.difference, low, high)


def corrected_interval(
    differences: ArrayLike,
    *,
    test_train_ratio: float,
    level: float = 0.95,
    comparisons: int = 1,
) -> Interval:
    r"""Return the interval of the corrected resampled t-test.

    .. math:: \bar d \pm t_{J-1} \sqrt{\left(\frac1J + \frac{n_2}{n_1}\right) s^2}

    for J differences d on test folds of :math:`n_2` rows after training on
    :math:`n_1`. The naive variance :math:`s^2 / J` assumes independent folds, but folds
    share most of their training rows, so its intervals are far too narrow.

    Parameters
    ----------
    differences : array-like of shape (n_folds,)
        One difference for each fold; folds with NaN are left out.
    test_train_ratio : float
        Rows of a test fold / rows of a training fold: 0.25 for five folds.
    level : float, default=0.95
        Simultaneous level of all ``comparisons`` intervals (Bonferroni).
    comparisons : int, default=1
        The number of intervals that are considered together.

    Returns
    -------
    Interval
        Its bounds are NaN with fewer than two folds. A difference or a bound whose
        absolute value is below 1e-9 is 0.

    Notes
    -----
    **When it hurts.** The correction is a heuristic, and the interval is about this
    table: it does not cover the variation between samples, above all of the rows of the
    rare class.

    References
    ----------
    Nadeau, C. and Bengio, Y. (2003). "Inference for the generalization error", Machine
    Learning 52, 239-281, :doi:`10.1023/A:1024068626366`.

    Examples
    --------
    >>> from imbsuite.experiment.intervals import corrected_interval
    >>> interval = corrected_interval([0.1, 0.2, 0.3], test_train_ratio=0.5)
    >>> round(interval.low, 3), round(interval.high, 3)
    (-0.193, 0.593)
    """
    d: Any = np.asarray(differences, dtype=np.float64)
    d = d[~np.isnan(d)]
    n_folds = len(d)
    if n_folds < 2:
        difference = float(d[0]) if n_folds else np.nan
        return Interval(_or_zero(difference), np.nan, np.nan)
    spread = standard_error(d, test_train_ratio)
    tail = (1 - level) / (2 * comparisons)
    half = float(stdtrit(n_folds - 1, 1 - tail) * spread)
    mean = float(d.mean())
    return Interval(*map(_or_zero, (mean, mean - half, mean + half)))


def standard_error(differences: Floats, test_train_ratio: float) -> float:
    """Return the standard error of the mean over folds; NaN with fewer than two."""
    n_folds = len(differences)
    if n_folds < 2:
        return np.nan
    spread = (1 / n_folds + test_train_ratio) * differences.var(ddof=1)
    return float(np.sqrt(spread))


def _or_zero(value: float) -> float:
    return 0.0 if abs(value) < NEGLIGIBLE else value
