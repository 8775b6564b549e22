"""Searches among points that are no rows of a table: dense, and without gaps."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._neighbors.index import ExactIndex
from imbsuite._neighbors.scaled import Scaled, batches

__all__ = ["local_outlier_factor", "nearest_point"]

Positions = NDArray[np.intp]
Floats = NDArray[np.floating[Any]]

# As scikit-learn: many equal rows are dense, not infinitely so.
_LEAST_DISTANCE = 1e-10


def nearest_point(
    points: Floats, candidates: Floats, shift: Floats, spread: Floats
) -> Positions:
    """Return which candidate is nearest to each ``(point - shift) / spread``.

    Of equal ones, the first.
    """
    index = _index(_plain(candidates), np.arange(len(candidates)))
    queries = Scaled(points, _no_codes(points), shift, spread)
    found, _ = index.search(queries, np.arange(len(points)), 1)
    return found[:, 0]


def local_outlier_factor(points: Floats, reference: Positions, k: int) -> Floats:
    r"""Return how much denser each point's neighbours stand than itself, (n,).

    .. math:: LOF(p) = \frac{1}{k} \sum_{o \in N_k(p)} \frac{lrd(o)}{lrd(p)}, \quad
        lrd(p)^{-1} = \frac{1}{k} \sum_{o \in N_k(p)} \max(d(p, o), d_k(o))

    with the k nearest :math:`N_k` among the ``reference``, positions in ascending order,
    where no point is its own neighbour, and :math:`d_k` the distance of the k-th.
    """
    table = _plain(points)
    index = _index(table, reference)
    _, squared = index.search(table, reference, k)
    reach = np.sqrt(squared[:, -1])
    place = np.zeros(len(points), dtype=np.intp)
    place[reference] = np.arange(len(reference))

    def look(rows: Positions) -> tuple[Positions, Floats]:
        near, squared = index.search(table, rows, k)
        near = place[near]
        apart = np.maximum(np.sqrt(squared), reach[near])
        return near, 1 / (apart.mean(axis=1) + _LEAST_DISTANCE)

    _, known = look(reference)
    factor, everyone = np.empty(len(points)), np.arange(len(points))
    for part in batches(len(points)):
        near, density = look(everyone[part])
        factor[part] = known[near].mean(axis=1) / density
    return factor


def _plain(points: Floats) -> Scaled:
    return Scaled(points, _no_codes(points))


def _no_codes(points: Floats) -> NDArray[np.int32]:
    return np.empty((len(points), 0), dtype=np.int32)


def _index(table: Scaled, among: Positions) -> ExactIndex:
    return ExactIndex(table, among, 0.0, np.empty(0, dtype=np.intp))
