"""NearMiss: keep the rows of large classes that are near the other classes."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar, Literal

import numpy as np
from sklearn.utils._param_validation import Options

from imbsuite._intervals import Interval
from imbsuite._neighborhoods import reference_rows, split_by_plan
from imbsuite._neighbors import batches
from imbsuite._types import Floats, Positions
from imbsuite._views import LooksAt
from imbsuite.base import BaseSelector, TableView
from imbsuite.plan import Kind

# Number of reference rows, far from their center, that bound the largest distances.
_OUTER_ROWS = 256
# Number of pairs of rows whose distances are computed at once.
_PAIRS = 2**18


class NearMiss(BaseSelector):
    """Keep the rows of large classes that are near rows of the other classes.

    The *reference* rows are the rows of all classes that the plan does not cut.

    Parameters
    ----------
    version : {1, 2, 3}, default=1
        1: keep the rows with the smallest mean distance to their ``n_neighbors``
        nearest reference rows. 2: keep the rows with the smallest mean distance to
        their ``n_neighbors`` *farthest* reference rows. 3: keep the rows that are
        nearest to any reference row: first the rows that are the nearest row of their
        class to a reference row, then the second nearest, and so on; among rows of the
        same rank, the rows with the smallest distance.
    n_neighbors : int, default=3
        Number of reference rows in versions 1 and 2. Version 3 does not use it.
    standardize
        False corresponds to imbalanced-learn.
    sampling_strategy : str, float, dict, Tempered or callable, default="auto"
        The plan: the maximum size of each class. "auto": the size of the smallest
        class. A ratio r: the size of the smallest class / r.

    Raises
    ------
    ValueError, TypeError
        From ``fit_resample``, if the input, a parameter or the plan is invalid, or if
        the plan cuts all classes, so that there is no reference.

    Notes
    -----
    The result is not random, and the plan is met exactly. Among equal rows, the first
    in the table is kept. Rows of zero weight are neither kept nor reference rows.

    **Departs from the paper.** Version 3 is the rule of the paper that selects rows
    surrounding each reference row, continued until the plan is met. In
    imbalanced-learn, version 3 is a different rule, which may return too few rows, and
    the reference rows are those of the smallest class only. With two classes, versions
    1 and 2 give the same results as in imbalanced-learn.

    **When it hurts.** Version 1 keeps the rows that overlap with the rare class, and a
    classifier then predicts the rare class for most rows of the common class. In the
    paper, random under-sampling was better than version 1.

    References
    ----------
    Zhang, Mani. kNN Approach to Unbalanced Data Distributions: A Case Study Involving
    Information Extraction. ICML 2003 Workshop on Learning from Imbalanced Datasets.

    He, Garcia. Learning from Imbalanced Data. IEEE Transactions on Knowledge and Data
    Engineering 21(9) (2009), 1263-1284, :doi:`10.1109/TKDE.2008.239`.

    Examples
    --------
    >>> from imbsuite import NearMiss
    >>> X, y = [[0.0], [1.0], [2.0], [8.0], [9.0]], [0, 0, 0, 1, 1]
    >>> NearMiss(n_neighbors=1).fit_resample(X, y)
    ([[1.0], [2.0], [8.0], [9.0]], [0, 0, 1, 1])
    """

    version: Literal[1, 2, 3] = 1
    n_neighbors: int = 3
    standardize: bool = True
    categorical_features: Any = "from_dtype"
    sampling_strategy: Any = "auto"

    _name: ClassVar[str] = "near-miss"
    _kind: ClassVar[Kind] = "under"
    _in_parts_if: ClassVar[str] = "version=1"
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "version": [Options(Integral, {1, 2, 3})],
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
    }

    @property
    def _looks_at(self) -> LooksAt:  # type: ignore[override]
        return "reference" if self.version == 1 else "table"

    def _select(
        self, table: TableView, y: Any, plan: dict[int, int], rng: np.random.Generator
    ) -> Any:
        kept, cut = split_by_plan(table, y, plan)
        if cut:
            kept = reference_rows(table, y, cut, type(self).__name__)
        chosen = [kept]
        for label, rows in cut.items():
            n = plan[label]
            if self.version == 1:
                scores = self._scores(table, y, rows, kept)
                chosen.append(rows[self._least(scores, n, rng)])
            elif n and self.version == 2:
                chosen.append(self._least_far(table, rows, kept, n))
            elif n:
                chosen.append(_first_in_turn(table, rows, kept, n))
        return np.concatenate(chosen)

    def _scores(
        self, table: TableView, y: Any, rows: Positions, reference: Positions
    ) -> Floats:
        """Return the mean distance of each row to its nearest reference rows."""
        mean, k = np.empty(len(rows)), self.n_neighbors
        for at, _, distances in table.space.in_parts(rows, reference, k):
            mean[at] = distances.mean(axis=1)
        return mean

    def _least_far(
        self, table: TableView, rows: Positions, reference: Positions, n: int
    ) -> Positions:
        """Return the ``n`` rows with the smallest mean distance to the farthest rows.

        The mean over the outer reference rows is at most the mean over all reference
        rows. Rows are evaluated in the order of this lower bound, until it exceeds the
        n-th smallest mean so far.
        """
        outer = _outer(table, reference)
        bound = self._far_means(table, rows, outer)
        order = np.argsort(bound, kind="stable")
        means = np.full(len(rows), np.inf)
        done, step = 0, max(n, _PAIRS // len(reference))
        while done < len(rows):
            part = order[done : done + step]
            means[part] = self._far_means(table, rows[part], reference)
            done += len(part)
            worst = np.partition(means, n - 1)[n - 1]
            # With a tolerance, so that rounding does not exclude an equally good row.
            if done < len(rows) and bound[order[done]] > worst * (1 + 1e-12):
                break
        return rows[np.argsort(means, kind="stable")[:n]]

    def _far_means(
        self, table: TableView, rows: Positions, reference: Positions
    ) -> Floats:
        """Return the mean distance of each row to its farthest reference rows."""
        k = min(self.n_neighbors, len(reference))
        means = np.empty(len(rows))
        for part in batches(len(rows), _PAIRS // len(reference)):
            distances = table.space.distances(rows[part], reference)
            distances.partition(-k, axis=1)
            # Sum in sorted order, so that equal rows have equal means.
            means[part] = np.sort(distances[:, -k:], axis=1).sum(axis=1) / k
            # Free their memory before the next distances are computed.
            del distances
        return means


def _outer(table: TableView, reference: Positions) -> Positions:
    """Return the reference rows that are farthest from their center."""
    if len(reference) <= _OUTER_ROWS:
        return reference
    numbers = np.nan_to_num(table.space.coordinates(reference))
    apart = ((numbers - numbers.mean(axis=0)) ** 2).sum(axis=1)
    return reference[np.argpartition(apart, -_OUTER_ROWS)[-_OUTER_ROWS:]]


def _first_in_turn(
    table: TableView, rows: Positions, reference: Positions, n: int
) -> Positions:
    """Return the ``n`` rows of the lowest neighbor rank; ties go by distance."""
    table.space.prepare(reference, rows)
    rank = np.full(len(rows), np.inf)
    distance = np.full(len(rows), np.inf)
    place = np.full(rows.max() + 1, -1, dtype=np.int32)
    place[rows] = np.arange(len(rows))
    k = min(len(rows), 1 + 2 * n // len(reference))
    while True:
        # A search holds several arrays of this size.
        parts = [reference[i] for i in batches(len(reference), _PAIRS // 16 // k)]
        for part in parts:
            nearest = table.space.kneighbors(part, rows, k)
            turns = np.broadcast_to(np.arange(nearest.shape[1]), nearest.shape)
            np.minimum.at(rank, place[nearest], turns)
        for part in parts:
            nearest, apart = table.space.nearest(part, rows, k)
            at = place[nearest]
            first = rank[at] == np.arange(nearest.shape[1])
            np.minimum.at(distance, at[first], apart[first])
        if k >= len(rows) or np.count_nonzero(np.isfinite(rank)) >= n:
            reached = np.flatnonzero(np.isfinite(rank))
            order = np.lexsort((distance[reached], rank[reached]))
            return rows[reached[order[:n]]]
        k = min(len(rows), 4 * k)
