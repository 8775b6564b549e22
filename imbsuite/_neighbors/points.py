"""Searches among points that are not rows of a table: dense, without missing values."""

from __future__ import annotations

import numpy as np

from imbsuite._neighbors.index import ExactIndex
from imbsuite._neighbors.scaled import Scaled, batches
from imbsuite._types import Floats, Positions

# As in scikit-learn, many equal rows have a high but finite density.
_LEAST_DISTANCE = 1e-10
_NEIGHBORS = 20  # the neighbors of a row that determine whether it is an outlier
# Number of reference rows of a large class, and of neighbors among them.
_REFERENCE, _SPARSE_NEIGHBORS = 200, 10
# Up to this binary exponent, float32 can represent numbers and their squares.
_ORDINARY = 60


def nearest_point(
    points: Floats, candidates: Floats, shift: Floats, spread: Floats
) -> Positions:
    """Return the candidate that is nearest to each ``(point - shift) / spread``.

    If several are equally near, it is the first of them.
    """
    index = _index(Scaled(candidates), np.arange(len(candidates)))
    queries = Scaled(points, None, shift, spread)
    nearest, _ = index.search(queries, np.arange(len(points)), 1)
    return nearest[:, 0]


def local_outlier_factor(points: Floats, reference: Positions, k: int) -> Floats:
    r"""Return the local outlier factor of each point, of shape (n,).

    .. math:: LOF(p) = \frac{1}{k} \sum_{o \in N_k(p)} \frac{lrd(o)}{lrd(p)}, \quad
        lrd(p)^{-1} = \frac{1}{k} \sum_{o \in N_k(p)} \max(d(p, o), d_k(o))

    Here, :math:`N_k(p)` are the k nearest points of ``reference`` (positions in
    ascending order), where no point is its own neighbor, and :math:`d_k` is the
    distance to the k-th.
    """
    table = Scaled(points)
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


def _in_singles(points: Floats) -> Floats:
    """Return points in float32, in a unit that float32 can represent."""
    exponent = int(np.frexp(np.abs(points).max(initial=0.0))[1])
    if abs(exponent) > _ORDINARY:
        points = np.ldexp(points, -exponent)
    return points.astype(np.float32)


def outlyingness(points: Floats, rng: np.random.Generator) -> Floats:
    """Return the local outlier factors of a class's points, highest for outliers."""
    # Equal distances must stay equal if cells were rounded in a different order.
    n, points = len(points), _in_singles(points)
    if n > _REFERENCE:
        reference = np.sort(rng.choice(n, _REFERENCE, replace=False))
        return local_outlier_factor(points, reference, _SPARSE_NEIGHBORS)
    # With nearly all rows as neighbors, all rows would have about the same density.
    return local_outlier_factor(points, np.arange(n), min(_NEIGHBORS, n // 2))


def _index(table: Scaled, among: Positions) -> ExactIndex:
    return ExactIndex(table, among, 0.0, np.empty(0, dtype=np.intp))
