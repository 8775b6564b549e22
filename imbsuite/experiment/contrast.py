"""A strategy against doing nothing in one metric: the difference and its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from imbsuite._types import Floats
from imbsuite.inference.intervals import (
    NEGLIGIBLE,
    Estimate,
    Interval,
    estimate_by_folds,
    estimate_by_rows,
)
from imbsuite.scoring.metrics import Metric

_NONE = Interval(math.nan, math.nan, math.nan)
# With 20 rows in the rare class, intervals have their nominal level in the simulations
# of benchmarks/power.py; smaller classes were not simulated.
ENOUGH_UNITS = 20


@dataclass(frozen=True)
class Contrast:
    """A strategy against doing nothing, for one model and metric.

    ``estimate``: the estimate of the difference; None if the strategy cannot change the
    metric. ``comparisons``: the number of strategies for which intervals are adjusted.
    """

    strategy: str
    metric: Metric
    mean: float
    baseline: float
    estimate: Estimate | None
    comparisons: int

    def interval(self, level: float, n_classes: int) -> Interval:
        """Return the interval, clipped to the possible differences."""
        if self.estimate is None:
            return _NONE
        interval = self.estimate.interval(level=level, comparisons=self.comparisons)
        if math.isnan(interval.low):
            return interval
        return interval.within(*self._possible(n_classes))

    def can_be(self, size: float, n_classes: int) -> bool:
        """Return whether a difference of this size, up or down, is possible."""
        low, high = self._possible(n_classes)
        return size <= max(-low, high)

    def _possible(self, n_classes: int) -> tuple[float, float]:
        low, high = self.metric.limits_with(n_classes)
        return low - self.baseline, high - self.baseline

    def detectable(self, level: float) -> float:
        """Return the true difference that 80 % of such comparisons would detect."""
        if self.estimate is None:
            return math.nan
        return self.estimate.detectable(level=level, comparisons=self.comparisons)


def estimate_difference(
    differences: Floats,
    influences: Floats | None,
    *,
    test_train_ratio: float,
    n_units: int,
) -> Estimate:
    """Return the estimate by rows if possible, else by folds.

    The estimate by rows requires known influences, two folds, and ``ENOUGH_UNITS``
    units.
    """
    if (
        influences is None
        or np.isnan(influences).any()
        or len(differences) < 2
        or n_units < ENOUGH_UNITS
    ):
        return estimate_by_folds(differences, test_train_ratio=test_train_ratio)
    return estimate_by_rows(
        differences, influences, test_train_ratio=test_train_ratio, n_units=n_units
    )


def differences(ours: Floats, nothing: Floats) -> Floats:
    """Return the differences of all folds; empty if the strategy failed on one.

    Folds on which the metric is undefined even for doing nothing carry no information.
    But a strategy that failed on some folds is not judged by the others, which may be
    easier.
    """
    if np.isnan(ours).any():
        return ours[:0]
    # Rounding errors are not differences; large costs have large rounding errors.
    same = np.isclose(ours, nothing, rtol=NEGLIGIBLE, atol=NEGLIGIBLE)
    return np.where(same, 0.0, ours - nothing)


def mean_or_nan(values: Floats) -> float:
    """Return the mean; NaN if there are no values."""
    return float(values.mean()) if len(values) else math.nan
