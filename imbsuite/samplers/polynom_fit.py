"""Polynomial fitting: rows on lines to the mean of a class, or between any two rows."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from sklearn.utils._param_validation import StrOptions

from imbsuite._neighbors import batches
from imbsuite._parameters import Allocation
from imbsuite._random import Seed
from imbsuite._types import Floats, Positions
from imbsuite._views import LooksAt
from imbsuite.base import BaseSynthesizer, ClassView

# Number of rows created at once: small blocks are freed as they are written.
_BLOCK = 2_048


class PolynomFitSMOTE(BaseSynthesizer):
    r"""Draw new rows on straight lines through a class, without a neighbor search.

    The line of a seed x leads to the mean of the class or to another row of the class:

    ======  ==================  ===========================================
    kind    end z of the line   new rows :math:`x + s (z - x)`
    ======  ==================  ===========================================
    "star"  the mean            k of each seed, at s = j / (k + 1), j = 1 ... k
    "mesh"  any other row       s drawn from U(0, 1)
    ======  ==================  ===========================================

    Parameters
    ----------
    kind : {"star", "mesh"}, default="star"
    categorical_features
        New rows have the categories of their seed, and also its values for numbers that
        are missing in the seed or at the end of its line.

    Raises
    ------
    ValueError, TypeError
        From ``fit_resample``, if the input, a parameter or the plan is invalid.

    Notes
    -----
    **Departs from the paper.** The plan is met exactly: seeds are used floor(n / rows)
    times, or once more. The mesh of the paper has a segment for each pair of rows,
    which is more than most plans need; here, the other row is drawn for each new row.
    The "bus" and "poly" methods of the paper are left out, because they connect rows in
    the order of the table. The mean is computed over known values.

    **When it hurts.** If a class has several clusters, its mean, and the midpoints of
    most pairs of rows, are between the clusters, where other classes may be (split it
    first: ``SubclassSampler(PolynomFitSMOTE())``). "star" makes the class look narrower
    than it is.

    References
    ----------
    Gazzah, Ben Amara. New Oversampling Approaches Based on Polynomial Fitting for
    Imbalanced Data Sets. DAS 2008, 677-684, :doi:`10.1109/DAS.2008.74`.

    Examples
    --------
    >>> from imbsuite import PolynomFitSMOTE
    >>> X, y = [[0.5], [0.5], [0.5], [0.5], [1.5], [3.5]], [0, 0, 0, 0, 1, 1]
    >>> X_new, y_new = PolynomFitSMOTE(random_state=0).fit_resample(X, y)
    >>> X_new[6:]  # half of the way to the mean, 2.5
    [[2.0], [3.0]]
    """

    kind: Literal["star", "mesh"] = "star"
    seed_allocation: Allocation = "even"
    categorical_features: Any = "from_dtype"
    sampling_strategy: Any = "auto"
    random_state: Seed = None

    _name: ClassVar[str] = "polynom-fit-smote"
    standardize = False  # no distance is ever measured
    _looks_at: ClassVar[LooksAt] = "class"
    _reads_categories: ClassVar[bool] = False
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "kind": [StrOptions({"star", "mesh"})],
    }

    def _k(self) -> int:
        # A line needs a second row: a single row is repeated, with a warning.
        return 1

    def _synthesize(
        self, table: ClassView, y: Any, label: int, n: int, rng: np.random.Generator
    ) -> tuple[Any, ...]:
        places = self._allocate(np.arange(len(table.rows)), n, rng)
        seeds = table.rows[places]
        if self.kind == "star":
            mean = _mean_of_known(table.numbers(table.rows))
            return _rows(table, seeds, mean, _even_steps(places)), seeds
        others = places + 1 + rng.integers(len(table.rows) - 1, size=n)
        partners = table.rows[others % len(table.rows)]
        return _rows(table, seeds, partners, rng.random(n)), seeds, partners


def _rows(table: ClassView, seeds: Positions, ends: Any, steps: Floats) -> list[Floats]:
    """Return rows between seeds and ``ends``: one point, or positions of rows."""
    rows = []
    for part in batches(len(seeds), _BLOCK):
        end = ends if ends.dtype.kind == "f" else table.numbers(ends[part])
        rows.append(_between(table.numbers(seeds[part]), end, steps[part]))
    return rows


def _even_steps(places: Positions) -> Floats:
    """Return j / (k + 1) for the j-th of k equal entries of sorted ``places``."""
    _, first, times = np.unique(places, return_index=True, return_counts=True)
    ordinals = np.arange(len(places)) - np.repeat(first, times)
    return (ordinals + 1) / (np.repeat(times, times) + 1)


def _mean_of_known(points: Floats) -> Floats:
    """Return the mean of each column over known values, NaN if there are none."""
    known = ~np.isnan(points)
    # Divide before summing, so that the sum cannot overflow.
    parts = np.where(known, points / np.maximum(known.sum(axis=0), 1), 0.0)
    low, high = np.fmin.reduce(points), np.fmax.reduce(points)
    # Clip, so that the mean of a constant column is exact.
    return np.asarray(np.clip(parts.sum(axis=0), low, high))


def _between(starts: Floats, ends: Floats, steps: Floats) -> Floats:
    """Return points on the lines from ``starts`` to ``ends``.

    Unlike a difference, the weighted sum cannot overflow. It is clipped to the ends, so
    that it is exact if they are equal.
    """
    s = steps[:, np.newaxis]
    points = (1 - s) * starts + s * ends
    low, high = np.minimum(starts, ends), np.maximum(starts, ends)
    return np.asarray(np.clip(points, low, high))
