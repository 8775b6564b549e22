"""Geometric SMOTE."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar, Literal

import numpy as np
from sklearn.utils._param_validation import StrOptions

from imbsuite._intervals import Interval
from imbsuite._neighbors import fill_missing
from imbsuite._parameters import Allocation
from imbsuite._random import Seed
from imbsuite._views import LooksAt
from imbsuite.base import BaseSynthesizer, ClassView


class GeometricSMOTE(BaseSynthesizer):
    r"""Draw new rows anywhere in a ball around a row, not only on a line.

    A point x is drawn uniformly from the unit ball. If e is the direction from the seed
    to a *surface* row at distance R, the point is

    1. truncated: with t = ``truncation_factor``, it is reflected to the other half if
       :math:`x \cdot e < t - 1` (for t > 0) or :math:`x \cdot e > t + 1` (for t < 0).
       t = 1: only the half towards the surface row is used, t = 0: the whole ball,
       t = -1: only the half away from the surface row;
    2. deformed: its component orthogonal to e is multiplied by
       (1 - ``deformation_factor``), so that 1 results in the line segment of SMOTE;
    3. stretched by R and moved to the seed.

    Parameters
    ----------
    truncation_factor : float, default=1.0
        In [-1, 1].
    deformation_factor : float, default=0.0
        In [0, 1].
    selection_strategy : {"combined", "minority", "majority"}, default="combined"
        The surface row: one of the k nearest rows of the class ("minority"), the
        nearest row of any other class ("majority"), or the nearer of these two
        ("combined").
    k_neighbors : int, default=5
        Number of neighbors from which a surface row of the class is drawn.
    standardize : bool, default=True
        Whether the ball is round in standardized units. If False, it is round in the
        units of the columns.
    categorical_features
        New rows have the categories of their seed, and also its values for numbers that
        are missing in the seed or in the surface row.

    Raises
    ------
    ValueError, TypeError
        From ``fit_resample``, if the input, a parameter or the plan is invalid.

    Notes
    -----
    **Departs from the paper.** The ball is round in standardized units. Constant
    columns are left out of the ball, so they stay constant.

    **When it hurts.** With many columns, nearly all of the volume of a ball is near its
    surface. Relations between columns, such as sums and one-hot codes, do not hold for
    new rows.

    References
    ----------
    Douzas, Bacao. Geometric SMOTE: a geometrically enhanced drop-in replacement for
    SMOTE. Information Sciences 501 (2019), 118-135, :doi:`10.1016/j.ins.2019.06.007`.

    Examples
    --------
    >>> from imbsuite import GeometricSMOTE
    >>> X = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [4.0, 4.0], [5.0, 4.0]]
    >>> sampler = GeometricSMOTE(k_neighbors=1, random_state=0)
    >>> X_new, y_new = sampler.fit_resample(X, [0, 0, 0, 1, 1])
    >>> len(X_new), sampler.steps_.tolist()
    (6, [nan])
    """

    truncation_factor: float = 1.0
    deformation_factor: float = 0.0
    selection_strategy: Literal["combined", "minority", "majority"] = "combined"
    k_neighbors: int = 5
    seed_allocation: Allocation = "even"
    reject: int | None = None
    standardize: bool = True
    categorical_features: Any = "from_dtype"
    sampling_strategy: Any = "auto"
    random_state: Seed = None

    _name: ClassVar[str] = "geometric-smote"
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "truncation_factor": [Interval(Real, -1, 1, closed="both")],
        "deformation_factor": [Interval(Real, 0, 1, closed="both")],
        "selection_strategy": [StrOptions({"combined", "minority", "majority"})],
        "k_neighbors": [Interval(Integral, 1, None, closed="left")],
    }

    @property
    def _looks_at(self) -> LooksAt:  # type: ignore[override]
        return "class" if self.selection_strategy == "minority" else "neighbors"

    @property
    def _draws_by_column(self) -> bool:  # type: ignore[override]
        # Which rows are rejected depends on numbers that are drawn column by column.
        return self.reject is not None

    def _reach(self) -> tuple[int, int]:
        return 0, 1

    def _synthesize(
        self, table: ClassView, y: Any, label: int, n: int, rng: np.random.Generator
    ) -> tuple[Any, ...]:
        seeds = self._allocate(table.rows, n, rng)
        surface = self._surface(table, y, label, seeds, rng)
        centers, gaps = fill_missing(table.space.coordinates(seeds))
        ends, far_gaps = fill_missing(table.space.coordinates(surface))
        gaps = gaps | far_gaps
        offset = np.where(gaps, 0.0, ends - centers)
        # Constant columns are left out of the ball, so they stay constant.
        room = table.space.spread > 0
        points = centers + self._in_ball(offset, room, rng)
        rows = table.space.original(points)
        rows[gaps] = np.nan
        return rows, seeds, surface

    def _surface(
        self, table: ClassView, y: Any, label: int, seeds: Any, rng: np.random.Generator
    ) -> Any:
        """Return the row on the surface of each seed's ball."""
        rows, place = np.unique(seeds, return_inverse=True)
        nearest, distances = table.space.nearest(rows, table.rows, self.k_neighbors)
        chosen = rng.integers(nearest.shape[1], size=len(seeds))
        near, near_distance = nearest[place, chosen], distances[place, chosen]
        # Free their memory before the next search.
        del nearest, distances
        if self.selection_strategy == "minority":
            return near
        others = table.neighborhood
        others = others[y[others] != label]
        if len(others) == 0:
            return near
        nearest, distances = table.space.nearest(rows, others, 1)
        foreign, foreign_distance = nearest[place, 0], distances[place, 0]
        if self.selection_strategy == "majority":
            return foreign
        return np.where(foreign_distance < near_distance, foreign, near)

    def _in_ball(self, offset: Any, room: Any, rng: np.random.Generator) -> Any:
        """Return a point in each ball around 0; ``offset`` leads to its surface."""
        radius = np.linalg.norm(offset, axis=1, keepdims=True)
        axis = offset / np.where(radius > 0, radius, 1.0)
        points = _unit_ball(offset.shape, room, rng)
        along = (points * axis).sum(axis=1, keepdims=True)
        t = self.truncation_factor
        beyond = along < t - 1 if t > 0 else along > t + 1
        points -= np.where(beyond & (t != 0), 2 * along, 0.0) * axis
        along = np.where(beyond & (t != 0), -along, along)
        across = points - along * axis
        return radius * (along * axis + (1 - self.deformation_factor) * across)


def _unit_ball(shape: tuple[int, int], room: Any, rng: np.random.Generator) -> Any:
    """Draw points uniformly from the unit ball; columns without ``room`` are 0."""
    n, d = shape[0], int(room.sum())
    points = np.zeros(shape)
    if d == 0:
        return points
    normal = rng.standard_normal((n, d))
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    points[:, room] = normal * rng.random((n, 1)) ** (1 / d)
    return points
