"""Neighbors found by the user's search object, and their recall."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone

from imbsuite._neighbors.space import Space
from imbsuite._types import Positions

# Maximum number of rows for which the exact neighbors are searched as well.
_SAMPLE = 200


def search_with(
    engine: Any, space: Space, rows: Positions, among: Positions, k: int
) -> tuple[Positions, float]:
    """Return ``k`` neighbors of ``rows`` in ``among``, found by ``engine``.

    Returns
    -------
    neighbors : ndarray of shape (len(rows), k), int
        Positions into the table; no row is its own neighbor.
    recall : float
        The share of neighbors that are exact, measured on at most 200 rows.
    """
    step = len(rows) // _SAMPLE + 1
    exact, _ = space.nearest(rows[::step], among, k)
    k = exact.shape[1]
    everyone = np.union1d(rows, among)
    points = space.embed(everyone)
    fitted = clone(engine, safe=False).fit(points[np.searchsorted(everyone, among)])
    nearest = fitted.kneighbors(
        points[np.searchsorted(everyone, rows)],
        n_neighbors=min(int(k) + 1, len(among)),
        return_distance=False,
    )
    neighbors = _without_self(among[_checked(nearest, engine, rows, among)], rows, k)
    hits = (neighbors[::step, :, np.newaxis] == exact[:, np.newaxis]).any(axis=2)
    return neighbors, float(hits.mean()) if hits.size else 1.0


def _checked(nearest: Any, engine: Any, rows: Positions, among: Positions) -> Positions:
    nearest = np.asarray(nearest)
    whole = (
        nearest.ndim == 2 and len(nearest) == len(rows) and nearest.dtype.kind in "iu"
    )
    if not whole or nearest.min() < 0 or nearest.max() >= len(among):
        msg = (
            f"{engine!r}.kneighbors returned an array of shape {nearest.shape} and type "
            f"{nearest.dtype}; it must return {len(rows)} rows of positions from 0 to "
            f"{len(among) - 1}."
        )
        raise ValueError(msg)
    return nearest.astype(np.intp, copy=False)


def _without_self(positions: Positions, rows: Positions, k: int) -> Positions:
    """Return the first ``k`` neighbors of each row that are not the row itself."""
    other = positions != rows[:, np.newaxis]
    order = np.argsort(~other, axis=1, kind="stable")[:, :k]
    return np.asarray(np.take_along_axis(positions, order, axis=1))
