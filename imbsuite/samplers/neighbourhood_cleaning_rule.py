"""The neighborhood cleaning rule."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np

from imbsuite._intervals import Interval
from imbsuite._neighborhoods import JudgedByNeighbors, outvoted, rows_to_search
from imbsuite._views import LooksAt
from imbsuite.base import BaseSelector, TableView
from imbsuite.plan import Kind


class NeighbourhoodCleaningRule(JudgedByNeighbors, BaseSelector):
    """Remove rows that are outvoted, and rows that outvote rows of the smallest class.

    A row is outvoted if, among its k nearest rows, another class has strictly more rows
    than its own class. Outvoted rows of the classes that may be cleaned are removed. If
    a row of the smallest class is outvoted, those of its k nearest rows that belong to
    such a class are removed as well, provided that their class is large enough.

    Parameters
    ----------
    n_neighbors : int, default=3
        Number of nearest neighbors of any class, excluding the row itself.
    threshold_cleaning : float, default=0.5
        Rows near outvoted rows of the smallest class are removed from a class only if
        the class is at least ``threshold_cleaning`` times as large as the smallest
        class. Only values above 1 exclude a class.
    standardize
        False corresponds to imbalanced-learn.
    sampling_strategy : str or list of labels, default="auto"
        Which classes may be cleaned: "auto" (all except the smallest), "all",
        "majority", "not minority", "not majority", or a list of labels.

    Raises
    ------
    ValueError, TypeError
        From ``fit_resample``, if the input or a parameter is invalid.

    Notes
    -----
    The result is not random. All rows are judged at once, in the original table. If
    several classes tie for the smallest, those that may not be cleaned count as the
    smallest, or all of them if all may be cleaned.

    **Departs from the paper.** The paper has one class of interest; here it is the
    smallest. A tied vote keeps the row. In imbalanced-learn, rows of the smallest class
    vote for themselves, so fewer of them are outvoted.

    **When it hurts.** Every outlier of the smallest class removes up to k rows around
    it, even if its label is wrong. Probabilities shift towards the smallest class.

    References
    ----------
    Laurikkala. Improving Identification of Difficult Small Classes by Balancing Class
    Distribution. AIME 2001, 63-66, :doi:`10.1007/3-540-48229-6_9`.

    Examples
    --------
    >>> from imbsuite import NeighbourhoodCleaningRule
    >>> X, y = [[0.0], [1.0], [5.0], [5.2], [5.5], [9.0], [9.1]], [0, 0, 0, 1, 0, 1, 1]
    >>> sampler = NeighbourhoodCleaningRule(n_neighbors=2)
    >>> sampler.fit_resample(X, y)[0]  # both rows near 5.2 outvote it
    [[0.0], [1.0], [5.2], [9.0], [9.1]]
    """

    n_neighbors: int = 3
    threshold_cleaning: float = 0.5
    standardize: bool = True
    categorical_features: Any = "from_dtype"
    sampling_strategy: Any = "auto"

    _name: ClassVar[str] = "neighbourhood-cleaning-rule"
    _kind: ClassVar[Kind] = "clean"
    _looks_at: ClassVar[LooksAt] = "neighbors"
    _removes_neighbors: ClassVar[bool] = True
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "threshold_cleaning": [Interval(Real, 0, None, closed="left")],
    }

    def _select(
        self, table: TableView, y: Any, plan: dict[int, int], rng: np.random.Generator
    ) -> Any:
        present, n_classes = table.present, len(table.labels)
        sizes = np.array(table.sizes)
        may_lose = np.isin(np.arange(n_classes), list(plan))
        is_smallest = _smallest(sizes, may_lose)
        is_large = sizes >= float(self.threshold_cleaning) * int(
            sizes[is_smallest].min()
        )
        stays = np.ones(len(y), dtype=bool)
        others = present[(may_lose & ~is_smallest)[y[present]]]
        doubtful = rows_to_search(table, y, others, self.n_neighbors)
        judged = np.concatenate([doubtful, present[is_smallest[y[present]]]])
        k = self.n_neighbors
        for at, near, _ in table.space.in_parts(judged, present, k):
            rows = judged[at]
            is_out = outvoted(y[near], y[rows])
            stays[rows[is_out & may_lose[y[rows]]]] = False
            around = near[is_out & is_smallest[y[rows]]].ravel()
            stays[around[(may_lose & is_large)[y[around]]]] = False
        return np.flatnonzero(stays)


def _smallest(sizes: Any, may_lose: Any) -> Any:
    """Return a mask of the smallest classes; of ties, those that lose no rows."""
    is_smallest = sizes == sizes[sizes > 0].min()
    spared = is_smallest & ~may_lose
    return spared if spared.any() else is_smallest
