"""Edited nearest neighbors."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar, Literal

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from imbsuite._views import LooksAt
from imbsuite.base import BaseSelector, TableView
from imbsuite.plan import Kind

# Of fewer rows, all neighbors are found in less time than it takes to ask who needs any.
_FEW_ROWS = 20_000


class EditedNearestNeighbours(BaseSelector):
    """Remove rows that disagree with their neighbors.

    Parameters
    ----------
    n_neighbors : int, default=3
        Number of nearest neighbors of any class, without the row itself.
    kind_sel : {"all", "mode"}, default="all"
        "all": a row is kept if all neighbors belong to its class. "mode": a row is
        removed only if another class has strictly more of the neighbors than its own
        class; ties keep it.
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
    The result is not random. All rows are judged at once, by the original table.

    **Departs from the paper.** Wilson removes rows that the majority of 3 neighbors
    contradicts ("mode"). "all" is stricter, and is the default as in imbalanced-learn.

    **When it hurts.** A class that overlaps others loses most of its rows, in the worst
    case all, with a warning. The remaining rows are easier to classify than new rows.

    References
    ----------
    Wilson. Asymptotic Properties of Nearest Neighbor Rules Using Edited Data. IEEE
    Transactions on Systems, Man, and Cybernetics 2(3) (1972), 408-421,
    :doi:`10.1109/TSMC.1972.4309137`.

    Examples
    --------
    >>> from imbsuite import EditedNearestNeighbours
    >>> X, y = [[0.0], [1.0], [2.0], [8.5], [8.0], [9.0]], [0, 0, 0, 0, 1, 1]
    >>> EditedNearestNeighbours(n_neighbors=1).fit_resample(X, y)[1]
    [0, 0, 0, 1, 1]
    """

    n_neighbors: int = 3
    kind_sel: Literal["all", "mode"] = "all"
    standardize: bool = True
    categorical_features: Any = "from_dtype"
    sampling_strategy: Any = "auto"

    _name: ClassVar[str] = "edited-nearest-neighbours"
    _kind: ClassVar[Kind] = "clean"
    _looks_at: ClassVar[LooksAt] = "neighbors"
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "kind_sel": [StrOptions({"all", "mode"})],
    }

    def _reach(self) -> tuple[int, int]:
        return self.n_neighbors, 0

    def _select(
        self, table: TableView, y: Any, plan: dict[int, int], rng: np.random.Generator
    ) -> Any:
        rows = table.present[np.isin(y[table.present], list(plan))]
        stays = np.ones(len(y), dtype=bool)
        for part in table.space.batches(self._doubtful(table, y, rows)):
            stays[part] = self._agree(table, y, part)
        return np.flatnonzero(stays)

    def _doubtful(self, table: TableView, y: Any, rows: Any) -> Any:
        """Return the rows that have another class nearer than some k rows nearby.

        Around all others, the k nearest can only be of their own class.
        """
        if len(rows) < _FEW_ROWS:
            return rows
        k, space, present = self.n_neighbors, table.space, table.present
        # All but the last distance is released before other rows are searched.
        distances = space.nearest(rows, present, k, local=True)[1]
        if distances.shape[1] < k:
            return rows
        reach = distances[:, -1].copy()
        del distances
        doubtful = [rows[:0]]
        for label in np.unique(y[rows]):
            own = y[rows] == label
            foreign = present[y[present] != label]
            enemy, _ = space.nearest(rows[own], foreign, 1, within=reach[own])
            doubtful.append(rows[own][(enemy >= 0).any(axis=1)])
        return np.sort(np.concatenate(doubtful))

    def _agree(self, table: TableView, y: Any, rows: Any) -> Any:
        """Return which rows are not outvoted by their neighbors."""
        neighbors, _ = table.space.nearest(rows, table.present, self.n_neighbors)
        same = y[neighbors] == y[rows, np.newaxis]
        if self.kind_sel == "all":
            return same.all(axis=1)
        return same.sum(axis=1) >= _most_votes(y[neighbors])


def _most_votes(labels: Any) -> Any:
    """Return how many votes the strongest class of each row has."""
    votes = labels[:, :, np.newaxis] == labels[:, np.newaxis, :]
    return votes.sum(axis=2).max(axis=1, initial=0)
