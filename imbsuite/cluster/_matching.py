"""Assignment of points to centers of limited capacity: greedy, then by exchanges.

Both work on a matrix of costs (n_points, n_centers). Each of m centers has a capacity
of floor(n / m), and the n mod m centers that need it most have one more.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._types import Codes, Floats

_NOBODY = np.iinfo(np.intp).max


def assign_greedily(cost: Floats) -> Codes:
    """Return the center of each point: cheapest pair first, within the capacities.

    Because points and centers rank each other by the same cost, the greedy assignment
    is the stable matching, and deferred acceptance finds it: unassigned points propose
    to the cheapest center that would accept them, and centers keep the cheapest
    proposals. Ties go to the lower index of the point, then of the center.

    Parameters
    ----------
    cost : ndarray of shape (n_points, n_centers)
        No more centers than points.

    Returns
    -------
    ndarray of shape (n_points,), int
    """
    n, m = cost.shape
    label = np.full(n, -1)
    price = np.empty(n, dtype=cost.dtype)
    # A center accepts points that are cheaper than the worst (cost, point) it keeps.
    limit, last = np.full(m, np.inf), np.full(m, _NOBODY)
    free = np.arange(n)
    while len(free):
        offers = cost[free]
        refused = offers > limit
        ties = offers == limit
        if ties.any():
            refused |= ties & (free[:, np.newaxis] > last)
        offers[refused] = np.inf
        choice = offers.argmin(axis=1)
        label[free] = choice
        price[free] = offers[np.arange(len(free)), choice]
        free = _keep_cheapest(label, price, limit, last)
        label[free] = -1
    return label


def _keep_cheapest(label: Codes, price: Floats, limit: Floats, last: Codes) -> Codes:
    """Return the rejected points, and lower the limits of the centers."""
    n, m = len(label), len(limit)
    floor, extra = divmod(n, m)
    order = np.lexsort((price, label))
    sizes = np.bincount(label, minlength=m)
    starts = np.cumsum(sizes) - sizes
    rank = np.arange(n) - np.repeat(starts, sizes)
    lost = order[rank > floor]
    # The first point beyond the floor of each center; the cheapest get extra places.
    more = order[rank == floor]
    more = more[np.lexsort((more, price[more]))]
    lost = np.append(lost, more[extra:])
    full = np.flatnonzero(sizes >= floor)
    worst = order[starts[full] + floor - 1]
    limit[full], last[full] = price[worst], worst
    if len(more) >= extra:
        if extra:
            # Extra places go to points cheaper than the most expensive point with one.
            bar = more[extra - 1]
            open_ = full[_before(worst, bar, price)]
            limit[open_], last[open_] = price[bar], bar
    else:
        limit[full], last[full] = np.inf, _NOBODY
    kept = more[:extra]
    limit[label[kept]], last[label[kept]] = price[kept], kept
    return lost


def _before(points: Codes, bar: Any, price: Floats) -> NDArray[np.bool_]:
    cheaper = price[points] < price[bar]
    return np.asarray(cheaper | ((price[points] == price[bar]) & (points < bar)))


def improve_by_pairs(cost: Floats, label: Codes, max_rounds: int = 100) -> Codes:
    """Return labels of no higher total cost; sizes of centers are kept or exchanged.

    The optimal division of the points of two centers follows from sorting the
    differences of their costs. Each round divides the points of the pairs of centers
    that gain most by a single exchange, each center once, until no exchange reduces the
    cost.

    Parameters
    ----------
    cost : ndarray of shape (n_points, n_centers)
    label : ndarray of shape (n_points,), int
        Every center has a point.
    max_rounds : int, default=100

    Returns
    -------
    ndarray of shape (n_points,), int
    """
    label = label.copy()
    n, m = cost.shape
    tiny = 1e-10 * float(cost[np.arange(n), label].sum()) / n
    best, stale = np.empty((m, m)), list(range(m))
    for _ in range(max_rounds):
        # best[a, b]: the largest gain of moving one point from a to b.
        sizes = np.bincount(label, minlength=m)
        _refresh(best, stale, cost, label)
        pairs = _gaining_pairs(best, sizes, tiny)
        if len(pairs) == 0:
            break
        for a, b in pairs:
            _divide(cost, label, a, b)
        stale = [center for pair in pairs for center in pair]
    return label


def _refresh(best: Floats, stale: list[int], cost: Floats, label: Codes) -> None:
    order = np.argsort(label, kind="stable")
    ends = np.cumsum(np.bincount(label, minlength=len(best)))
    for a in stale:
        rows = cost[order[ends[a - 1] if a else 0 : ends[a]]]
        best[a] = (rows[:, a, np.newaxis] - rows).max(axis=0)


def _gaining_pairs(best: Floats, sizes: Codes, tiny: float) -> list[tuple[int, int]]:
    """Return disjoint pairs of centers that gain by an exchange, the best first."""
    both = best + best.T
    # From a center that is larger by one, a point may also move alone.
    moves = np.where(sizes[:, np.newaxis] > sizes, best, -np.inf)
    both = np.maximum(both, np.maximum(moves, moves.T))
    rows, columns = np.nonzero(np.triu(both > tiny, k=1))
    used = np.zeros(len(best), dtype=bool)
    pairs = []
    for k in np.argsort(-both[rows, columns], kind="stable"):
        a, b = int(rows[k]), int(columns[k])
        if not (used[a] or used[b]):
            used[[a, b]] = True
            pairs.append((a, b))
    return pairs


def _divide(cost: Floats, label: Codes, a: int, b: int) -> None:
    """Divide the points of two centers between them at minimum cost."""
    members = np.flatnonzero((label == a) | (label == b))
    n_a = int((label[members] == a).sum())
    difference = cost[members, a] - cost[members, b]
    order = np.argsort(difference, kind="stable")
    totals = np.cumsum(difference[order])
    # The larger center may pass its extra place to the other.
    size = min((n_a, len(members) - n_a), key=lambda size: totals[size - 1])
    label[members] = b
    label[members[order[:size]]] = a
