"""Calibration of probabilities: observed shares in bins, intercept and slope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy.stats import beta

from imbsuite._types import Floats, Mask
from imbsuite.experiment.numbers import rounded
from imbsuite.probability.calibration import calibration_intercept, calibration_slope


@dataclass(frozen=True)
class Reliability:
    """The numbers of a reliability diagram, for displays and the HTML report.

    ``bins``: an array of shape (n_bins, 4) with the mean probability, the observed
    share, and the bounds of its 95 % Clopper-Pearson interval, for bins with equal
    numbers of rows.
    ``mean``: the mean probability.
    """

    bins: Floats
    mean: float
    intercept: float
    slope: float

    @classmethod
    def of(cls, is_positive: Mask, p: Floats, n_bins: int = 10) -> Self:
        """Return the numbers for the probabilities ``p`` of a class."""
        a, b = calibration_intercept(is_positive, p), calibration_slope(is_positive, p)
        return cls(_binned(is_positive, p, n_bins), float(p.mean()), a, b)

    def __str__(self) -> str:
        """Return intercept and slope as text."""
        a, b = rounded(self.intercept), rounded(self.slope, signed=False)
        return f"intercept {a}, slope {b}"


def _binned(is_positive: Mask, p: Floats, n_bins: int) -> Floats:
    parts = np.array_split(np.argsort(p, kind="stable"), min(n_bins, len(p)))
    sizes = np.array([len(part) for part in parts])
    means = np.array([p[part].mean() for part in parts])
    hits = np.array([is_positive[part].sum() for part in parts])
    low = np.where(hits > 0, beta.ppf(0.025, np.maximum(hits, 1), sizes - hits + 1), 0)
    rest = np.maximum(sizes - hits, 1)
    high = np.where(hits < sizes, beta.ppf(0.975, hits + 1, rest), 1)
    return np.column_stack([means, hits / sizes, low, high])


def floor_of(bins: Any) -> float:
    """Return a power of ten below all positive shares and the upper bounds of zeros."""
    _, shares, _, high = np.concatenate([np.asarray(part, float) for part in bins]).T
    # The bar of a share of 0 ends at its upper bound and must be visible.
    least = np.where(shares > 0, shares, high).min(initial=0.3)
    return float(10.0 ** np.floor(np.log10(least / 3)))
