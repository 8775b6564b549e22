"""Bins of rows with similar probabilities, and the observed share of a class in them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

__all__ = ["binned", "floor_of"]


def binned(
    is_positive: NDArray[np.bool_], p: NDArray[Any], n_bins: int
) -> NDArray[Any]:
    """Return mean probability, share and its bounds for bins of equal numbers of rows."""
    parts = np.array_split(np.argsort(p, kind="stable"), min(n_bins, len(p)))
    sizes = np.array([len(part) for part in parts])
    means = np.array([p[part].mean() for part in parts])
    hits = np.array([is_positive[part].sum() for part in parts])
    low = np.where(hits > 0, beta.ppf(0.025, np.maximum(hits, 1), sizes - hits + 1), 0)
    rest = np.maximum(sizes - hits, 1)
    high = np.where(hits < sizes, beta.ppf(0.975, hits + 1, rest), 1)
    return np.column_stack([means, hits / sizes, low, high])


def floor_of(bins: Any) -> float:
    """Return a power of ten below all positive shares, and below upper bounds of zeros."""
    _, shares, _, high = np.concatenate([np.asarray(part, float) for part in bins]).T
    # The bar of a share of 0 ends at its upper bound and must be visible.
    least = np.where(shares > 0, shares, high).min(initial=0.3)
    return float(10.0 ** np.floor(np.log10(least / 3)))
