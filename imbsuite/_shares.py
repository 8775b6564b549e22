"""Integers with a given sum: distributed, rounded, capped and leveled."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def largest_remainder(shares: ArrayLike, total: int) -> NDArray[np.int64]:
    """Round ``shares`` (any non-negative scale) to integers that sum to ``total``.

    Each entry gets the floor of its exact part; the rest goes to the largest fractional
    parts, and to the earlier entry among equal ones.

    Parameters
    ----------
    shares : array-like of shape (n,)
        Non-negative, not all zero.
    total : int
        The sum of the result.

    Returns
    -------
    ndarray of shape (n,), int64

    Examples
    --------
    >>> from imbsuite.plan import largest_remainder
    >>> largest_remainder([1, 1, 1], 4).tolist()
    [2, 1, 1]
    """
    weights = np.asarray(shares, dtype=np.float64)
    exact = total * (weights / weights.sum())
    # The allowance is for rounding errors: 2.9999999999999996 must be floored to 3.
    sizes = np.floor(exact + 1e-9).astype(np.int64)
    left = total - int(sizes.sum())
    order = np.argsort(-(exact - sizes), kind="stable")
    # ``left`` can be -1 only because of the allowance; the smallest remainder is reduced.
    np.add.at(sizes, order[:left] if left >= 0 else order[left:], np.sign(left))
    return sizes


def capped(targets: ArrayLike, caps: ArrayLike) -> NDArray[np.int64]:
    """Return ``targets`` limited to ``caps``, with the excess given to other entries.

    The excess is distributed in proportion to ``targets``, and no entry exceeds its
    cap.

    Parameters
    ----------
    targets, caps : array-like of shape (n,), int

    Returns
    -------
    ndarray of shape (n,), int64

    Examples
    --------
    >>> from imbsuite.plan import capped
    >>> capped([10, 10, 10], [4, 100, 100]).tolist()
    [4, 13, 13]
    """
    wanted, most = np.asarray(targets), np.asarray(caps)
    sizes, full = wanted.copy(), np.zeros(len(wanted), dtype=bool)
    while (sizes > most).any():
        full |= sizes >= most
        sizes[full] = most[full]
        left = int(wanted.sum() - most[full].sum())
        if wanted[~full].sum() > 0:
            sizes[~full] = largest_remainder(wanted[~full], left)
    return sizes


def within_caps(shares: ArrayLike, caps: ArrayLike, total: int) -> NDArray[np.int64]:
    """Return integers in proportion to ``shares`` that sum to ``total``, at most ``caps``.

    The excess over a cap is distributed among the other entries, again in proportion.

    Parameters
    ----------
    shares : array-like of shape (n,)
        Positive.
    caps : array-like of shape (n,), int
    total : int
        At most the sum of ``caps``.

    Returns
    -------
    ndarray of shape (n,), int64

    Examples
    --------
    >>> from imbsuite._shares import within_caps
    >>> within_caps([8, 1, 1], [4, 100, 100], 10).tolist()
    [4, 3, 3]
    """
    weights = np.asarray(shares, dtype=np.float64)
    sizes = np.array(caps, dtype=np.int64)
    below, left = np.ones(len(sizes), dtype=bool), total
    while below.any():
        part = weights[below] / weights[below].sum()
        over = left * part > sizes[below]
        if not over.any():
            sizes[below] = largest_remainder(part, left)
            break
        below[np.flatnonzero(below)[over]] = False
        left = total - int(sizes[~below].sum())
    return sizes


def leveled(sizes: ArrayLike, total: int) -> NDArray[np.int64]:
    """Return sizes that sum to ``total`` and are as equal as possible.

    A larger total only raises the smallest sizes; a smaller one only cuts the largest.

    Parameters
    ----------
    sizes : array-like of shape (n,), int
    total : int

    Returns
    -------
    ndarray of shape (n,), int64

    Examples
    --------
    >>> from imbsuite.plan import leveled
    >>> leveled([2, 5, 9], 20).tolist(), leveled([2, 5, 9], 10).tolist()
    ([5, 6, 9], [2, 4, 4])
    """
    n = np.asarray(sizes, dtype=np.int64)
    if total >= n.sum():
        return -_filled(-n, -total)
    return _filled(n, total)


def _filled(sizes: NDArray[np.int64], total: int) -> NDArray[np.int64]:
    """Cut the largest sizes to one level, within one row, to sum to ``total``."""
    order = np.argsort(sizes, kind="stable")
    n = len(sizes)
    for place, k in enumerate(order):
        # The sizes before k stay. Check whether cutting all others to this size reaches
        # the total.
        rest = n - place
        if sizes[k] * rest >= total:
            level, extra = divmod(total, rest)
            out = sizes.copy()
            out[order[place:]] = level
            out[order[n - extra :]] += 1
            return out
        total -= int(sizes[k])
    return sizes
