"""ProWSyn: SMOTE with more new rows near other classes."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np

from imbsuite._intervals import Interval
from imbsuite._parameters import Allocation, parameter
from imbsuite._types import Positions
from imbsuite.base import BaseInterpolator, ClassView
from imbsuite.plan import largest_remainder


class ProWSyn(BaseInterpolator):
    r"""SMOTE with seeds weighted by their proximity to other classes, in levels.

    For each row of another class, level 1 includes the ``n_neighbors`` nearest rows of
    the class. Level 2 is found in the same way among the remaining rows of the class,
    and so on; the last level has the rest. The number of times that a row of level
    :math:`\ell` is used as a seed is proportional to

    .. math:: e^{-\theta (\ell - 1)}

    rounded by largest remainder so that the plan is met exactly. Partners are drawn
    from the k nearest rows of the class, steps from U(0, 1).

    Parameters
    ----------
    n_neighbors : int, default=5
        Number of rows of the class that each row of another class assigns to a level.
    n_levels : int, default=5
        Number of levels; 1 is SMOTE.
    theta : float, default=1.0
        Rate, at least 0, at which the weight decreases with the level; 0 is SMOTE.

    Attributes
    ----------
    neighbors_recall_ : dict
        As in :class:`SMOTE`; only if ``k_neighbors`` is an object.

    Raises
    ------
    ValueError, TypeError
        From ``fit_resample``, if the input, a parameter or the plan is invalid.

    Notes
    -----
    **Departs from the paper.** Any number of classes is supported, one against the
    rest. The plan is met exactly. Partners are drawn from the nearest rows of the
    class, in any level, instead of from the rows of one cluster. Within a group, only
    rows of the group count.

    **When it hurts.** Where classes overlap, mislabeled rows are in level 1, as are
    most rows of a small class: then all seeds have the same weight, as in SMOTE. An
    outlying row of another class puts its nearest rows of the class in level 1, no
    matter how far away they are.

    References
    ----------
    Barua, Islam, Murase. ProWSyn: Proximity Weighted Synthetic Oversampling Technique
    for Imbalanced Data Set Learning. PAKDD 2013, 317-328,
    :doi:`10.1007/978-3-642-37456-2_27`.

    Examples
    --------
    >>> from imbsuite import ProWSyn
    >>> X, y = [[0.0], [1.0], [2.0], [3.0], [4.0], [9.0]], [0, 0, 0, 0, 1, 1]
    >>> sampler = ProWSyn(n_neighbors=1, k_neighbors=1, theta=2.0, random_state=0)
    >>> _ = sampler.fit_resample(X, y)
    >>> sampler.parents_.tolist()  # 4 is near the other class
    [[4, 5], [4, 5]]
    """

    n_neighbors: int = 5
    n_levels: int = 5
    theta: float = 1.0
    k_neighbors: Any = 5
    # The levels determine the seeds.
    seed_allocation: Allocation = parameter(init=False)

    _name: ClassVar[str] = "prowsyn"
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "n_levels": [Interval(Integral, 1, None, closed="left")],
        "theta": [Interval(Real, 0, None, closed="left")],
    }

    def _propose(
        self, table: ClassView, y: Any, label: int, n: int, rng: np.random.Generator
    ) -> tuple[Any, ...]:
        levels = self._levels(table, y, label)
        # Relative to the first nonempty level, so that not all weights underflow to 0.
        weights = np.exp(-float(self.theta) * (levels - levels.min()))
        seeds = np.repeat(table.rows, largest_remainder(weights, n))
        partners, voters = self._partners(table, seeds, rng)
        return seeds, partners, rng.random(n), voters

    def _levels(self, table: ClassView, y: Any, label: int) -> Positions:
        """Return the level of each possible parent, from 1 for the nearest."""
        others = table.neighborhood[y[table.neighborhood] != label]
        levels = np.full(len(table.rows), self.n_levels)
        left = np.arange(len(table.rows))
        for level in range(1, self.n_levels):
            if not (len(left) and len(others)):
                break
            rows = table.rows[left]
            is_neighbor = np.zeros(len(y), dtype=bool)
            for _, near, _ in table.space.in_parts(others, rows, self.n_neighbors):
                is_neighbor[near] = True
            is_near = is_neighbor[rows]
            levels[left[is_near]] = level
            left = left[~is_near]
        return levels
