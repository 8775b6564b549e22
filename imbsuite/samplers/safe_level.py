"""Safe-Level-SMOTE."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from imbsuite._views import LooksAt
from imbsuite.base import BaseInterpolator, ClassView


class SafeLevelSMOTE(BaseInterpolator):
    r"""SMOTE that stays near the safer of the two parents.

    The safe level of a row is the number of rows of its own class among its k nearest
    rows. If a is the safe level of the seed, b is the safe level of the partner and
    :math:`r = a / b`, the step is drawn from

    ==================  =================================
    b = 0               0 (the seed is repeated)
    r = 1               U(0, 1)
    r > 1               U(0, 1 / r), near the seed
    r < 1               U(1 - r, 1), near the partner
    ==================  =================================

    Rows of level 0 (noise) are not used as seeds.

    Parameters
    ----------
    k_neighbors
        Also the number of neighbors (of any class) for the safe levels.
    seed_allocation
        The possible seeds are the rows that are not noise.

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
    rest. Partners are drawn from the k nearest rows of the same class. If all rows are
    noise, all are seeds, with a warning.

    **When it hurts.** New rows are in the interior of the class, where they rarely help
    a model, and the border stays as sparse as before.

    References
    ----------
    Bunkhumpornpat, Sinapiromsaran, Lursinsap. Safe-Level-SMOTE. PAKDD 2009,
    :doi:`10.1007/978-3-642-01307-2_43`.

    Examples
    --------
    >>> from imbsuite import SafeLevelSMOTE
    >>> X, y = [[0.0], [0.1], [5.0], [5.1], [5.2], [5.3]], [1, 1, 0, 0, 0, 0]
    >>> sampler = SafeLevelSMOTE(k_neighbors=1, random_state=0)
    >>> X_new, y_new = sampler.fit_resample(X, y)
    >>> max(row[0] for row in X_new[6:]) <= 0.1
    True
    """

    _name: ClassVar[str] = "safe-level-smote"
    _looks_at: ClassVar[LooksAt] = "neighbors"

    def _reach(self) -> tuple[int, int]:
        return self._k(), 0

    def _propose(
        self, table: ClassView, y: Any, label: int, n: int, rng: np.random.Generator
    ) -> tuple[Any, ...]:
        foreign, k = table.foreign(self._k())
        levels = np.zeros(len(y), dtype=np.intp)
        levels[table.rows] = k - foreign
        safe = table.eligible(foreign < k, "has a neighbor of its own class")
        seeds = self._allocate(safe, n, rng)
        partners, voters = self._partners(table, seeds, rng)
        low, high = _step_range(levels[seeds], levels[partners])
        return seeds, partners, low + (high - low) * rng.random(n), voters


def _step_range(seed: Any, partner: Any) -> tuple[Any, Any]:
    """Return the bounds of the step, given the safe levels of both parents."""
    # b > a draws near the partner, from 1 - a/b; a > b near the seed, up to b/a.
    low = 1 - np.minimum(1, seed / np.maximum(partner, 1))
    high = np.minimum(1, partner / np.maximum(seed, 1))
    high[partner > seed] = 1.0
    # Also 0 if both levels are 0, which only occurs if the whole class is noise.
    low[partner == 0] = 0.0
    return low, high
