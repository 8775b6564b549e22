"""ADASYN: adaptive synthetic sampling."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar

import numpy as np

from imbsuite._intervals import Interval
from imbsuite._parameters import Allocation, parameter
from imbsuite._views import LooksAt
from imbsuite.base import BaseInterpolator, ClassView
from imbsuite.plan import largest_remainder


class ADASYN(BaseInterpolator):
    r"""SMOTE with more new rows where other classes are near.

    If :math:`\Delta_i` is the number of rows of other classes among the k nearest
    neighbors (of any class) of row i, row i is used as a seed

    .. math:: g_i = n \, \Delta_i / \sum_j \Delta_j

    times, rounded by largest remainder so that the plan is met exactly. Partners are
    drawn from the k nearest rows of the same class, steps from U(0, 1).

    Parameters
    ----------
    n_neighbors : int, default=5
        Number of neighbors in both searches.

    Raises
    ------
    ValueError, TypeError
        From ``fit_resample``, if the input, a parameter or the plan is invalid.

    Notes
    -----
    **Departs from the paper.** The plan is met exactly. If no row has a neighbor of
    another class (the density is 0/0), all rows are used equally often as seeds, with a
    warning.

    **When it hurts.** Most new rows are near the rows that are hardest to classify,
    which include mislabeled ones.

    References
    ----------
    He, Bai, Garcia, Li. ADASYN: Adaptive Synthetic Sampling Approach for Imbalanced
    Learning. IJCNN 2008, :doi:`10.1109/IJCNN.2008.4633969`.

    Examples
    --------
    >>> from imbsuite import ADASYN
    >>> X, y = [[0.0], [1.0], [2.0], [3.0], [4.0], [9.0]], [0, 0, 0, 0, 1, 1]
    >>> sampler = ADASYN(n_neighbors=1, random_state=0)
    >>> _ = sampler.fit_resample(X, y)
    >>> sampler.parents_.tolist()
    [[4, 5], [4, 5]]
    """

    n_neighbors: int = 5
    k_neighbors: Any = parameter(init=False)
    seed_allocation: Allocation = parameter(init=False)

    _name: ClassVar[str] = "adasyn"
    _looks_at: ClassVar[LooksAt] = "neighbors"
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
    }

    def _k(self) -> int:
        return self.n_neighbors

    def _reach(self) -> tuple[int, int]:
        return self.n_neighbors, 0

    def _propose(
        self, table: ClassView, y: Any, label: int, n: int, rng: np.random.Generator
    ) -> tuple[Any, ...]:
        foreign, _ = table.foreign(self.n_neighbors)
        rows = table.eligible(foreign > 0, "has a neighbor of another class")
        shares = foreign[foreign > 0] if foreign.any() else np.ones(len(rows))
        seeds = np.repeat(rows, largest_remainder(shares, n))
        partners, voters = self._partners(table, seeds, rng)
        return seeds, partners, rng.random(n), voters
