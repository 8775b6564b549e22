"""CCR: new rows in balls around the rows of a class, cleared of other classes."""

from __future__ import annotations

from dataclasses import replace
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy.spatial import KDTree

from imbsuite._intervals import Interval
from imbsuite._neighbors import batches, column_moments
from imbsuite._random import Seed
from imbsuite._rows import of_rows
from imbsuite._types import Codes, Floats, Mask, Positions
from imbsuite.base import BaseSynthesizer, ClassView, TableView
from imbsuite.plan import largest_remainder

if TYPE_CHECKING:
    from imbsuite._table import Draw
    from imbsuite._views import Job

# Tolerance for distances that a tree rounds, so that no pair is missed.
_ROOM = 1 + 1e-9
# Maximum number of pairs of rows that are compared at once, if all are close.
_PAIRS = 10_000_000
# Number of rows created at once: small blocks are freed as they are written.
_BLOCK = 2_048
_SMALLEST = 1e-150


class CCR(BaseSynthesizer):
    r"""Clear a ball around each row of a class, and draw new rows inside these balls.

    The ball of a row grows until its energy e is spent. Growth costs more energy the
    more rows of other classes are inside. If these rows have distances :math:`d_i`, the
    radius r solves

    .. math:: r + \sum_i \max(0, r - d_i) = e

    Rows of the classes that get no new rows are removed if they are in a ball. The
    number of new rows in a ball is proportional to 1 / r, rounded by largest remainder;
    the new rows are uniformly distributed in the ball. Distances are sums of absolute
    differences (L1).

    Parameters
    ----------
    energy : float, default=0.25
        e, greater than 0: the radius of a ball without rows of other classes. More
        energy removes more rows. Because distances are sums over columns, tables with
        more columns need more energy.
    standardize : bool, default=True
        Whether balls and energy are in standard deviations of the columns.
    categorical_features
        New rows have the categories and the missing values of their seed.

    Attributes
    ----------
    plan_ : dict
        ``{label: number of rows}`` in the output, without removed rows. After ``fit``
        alone, the numbers before rows are removed.

    Raises
    ------
    ValueError, TypeError
        From ``fit_resample``, if the input, a parameter or the plan is invalid.

    Warns
    -----
    UserWarning
        If all rows of a class are in balls; these rows are then kept.

    Notes
    -----
    **Departs from the paper.** Rows of other classes that are in a ball are removed;
    the paper moves them to its surface, which changes rows of the table. Any number of
    classes is supported: rows of all other classes cost energy, and those of classes
    that get new rows themselves are not removed. Within a group, only rows of the group
    count. Columns are standardized.

    **When it hurts.** Where classes overlap, correct rows are removed: the model
    becomes overconfident about the small class, and its probabilities need a
    correction. A mislabeled row clears its surroundings. With many columns, balls are
    nearly empty, and new rows are little more than repeated rows with noise.

    References
    ----------
    Koziarski, Wozniak. CCR: A combined cleaning and resampling algorithm for imbalanced
    data classification. International Journal of Applied Mathematics and Computer
    Science 27 (2017), 727-736, :doi:`10.1515/amcs-2017-0050`.

    Examples
    --------
    >>> from imbsuite import CCR
    >>> X, y = [[0.0], [1.0], [2.0], [3.0], [5.1], [5.0]], [0, 0, 0, 0, 0, 1]
    >>> sampler = CCR(standardize=False, random_state=0)
    >>> X_new, y_new = sampler.fit_resample(X, y)
    >>> sampler.plan_, [5.1] in X_new
    ({0: 4, 1: 5}, False)
    """

    energy: float = 0.25
    standardize: bool = True
    categorical_features: Any = "from_dtype"
    sampling_strategy: Any = "auto"
    random_state: Seed = None

    _name: ClassVar[str] = "ccr"
    _also_removes: ClassVar[bool] = True
    _covered = of_rows()
    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "energy": [Interval(Real, 0, None, closed="neither")],
    }

    def _prepare(self, table: TableView, y: Codes, rng: np.random.Generator) -> None:
        self._covered = np.zeros(len(y), dtype=bool)
        rows = slice(None) if table.weight is None else table.present
        # Balls have no extent in constant columns. The standard deviations are those of
        # the table: within a class of a single row, all columns would be constant.
        self._room = column_moments(table.numeric[rows])[1] > 0

    def _synthesize(
        self, table: ClassView, y: Codes, label: int, n: int, rng: np.random.Generator
    ) -> tuple[Any, ...]:
        others = table.neighborhood[y[table.neighborhood] != label]
        parts = np.array_split(table.rows, 1 + len(table.rows) * len(others) // _PAIRS)
        radius = np.concatenate([self._clear(table, part, others) for part in parts])
        # The reciprocals of smaller radii may overflow.
        share = 1 / np.maximum(radius, _SMALLEST)
        seeds = np.repeat(np.arange(len(radius)), largest_remainder(share, n))
        balls = _unit_ball((n, len(self._room)), self._room, rng)
        for place, part in enumerate(batches(n, _BLOCK)):
            own = seeds[part]
            points = balls[place] * radius[own, np.newaxis]
            points += table.space.coordinates(table.rows[own])
            balls[place] = table.space.original(points)
        return balls, table.rows[seeds]

    def _clear(self, table: ClassView, rows: Positions, others: Positions) -> Floats:
        """Return the radii of the balls of ``rows``, and mark others inside them."""
        place, other, distance = _within(table, rows, others, self.energy)
        radius = _radii(len(rows), place, distance, self.energy)
        self._covered[other[distance < radius[place]]] = True
        return radius

    def _draw(self, job: Job, rng: np.random.Generator) -> Draw:
        draw = super()._draw(job, rng)
        for label, size in enumerate(job.sizes):
            own = job.y == label
            if job.plan.get(label, 0) > size:
                self._covered[own] = False
            elif size and self._covered[own].sum() == size:
                self._covered[own] = False
                job.notes.append(_note_covered(job.labels[label]))
        if not self._covered.any():
            return draw
        return replace(draw, kept=np.flatnonzero(~self._covered))


def _note_covered(name: Any) -> str:
    return (
        f"Class {name!r}: all its rows are in balls around rows of other classes, and are "
        "kept. Pass a smaller energy."
    )


def _within(
    table: ClassView, rows: Positions, others: Positions, limit: float
) -> tuple[Positions, Positions, Floats]:
    """Return pairs of ``rows`` and ``others`` whose L1 distance is below ``limit``.

    Three arrays: places in ``rows``, positions of the others, and distances.
    """
    parts = list(table.space.batches(others)) or [others]
    near = [_pairs(table, rows, part, limit) for part in parts]
    place, other, distance = (
        np.concatenate(parts) for parts in zip(*near, strict=True)
    )
    return place, other, distance


def _pairs(
    table: ClassView, rows: Positions, others: Positions, limit: float
) -> tuple[Positions, Positions, Floats]:
    """Return the pairs of ``_within`` for a part of the others."""
    m = table.space.mismatch
    points = [np.asarray(table.space.coordinates(r), float) for r in (rows, others)]
    # Columns with missing values only increase distances: no pair is lost without them.
    complete = ~np.isnan(np.concatenate(points)).any(axis=0)
    trees = [
        KDTree(np.column_stack([p[:, complete], np.zeros(len(p))])) for p in points
    ]
    pairs = trees[0].sparse_distance_matrix(
        trees[1], limit * _ROOM, p=1, output_type="ndarray"
    )
    place, other = pairs["i"].astype(np.intp), pairs["j"].astype(np.intp)
    distance = np.empty(len(pairs))
    for part in table.space.batches(np.arange(len(pairs))):
        pair = rows[place[part]], others[other[part]]
        unlike = (table.codes[pair[0]] != table.codes[pair[1]]).sum(axis=1)
        apart = _apart(points[0][place[part]], points[1][other[part]], m)
        distance[part] = apart.sum(axis=1) + m * unlike
    close = distance < limit
    return place[close], others[other[close]], distance[close]


def _apart(a: Floats, b: Floats, mismatch: float) -> Floats:
    """Return absolute differences, ``mismatch`` if one of two numbers is missing."""
    missing = np.isnan(a), np.isnan(b)
    apart = np.where(missing[0] | missing[1], 0.0, np.abs(a - b))
    return np.where(missing[0] ^ missing[1], mismatch, apart)


def _radii(n: int, place: Positions, distance: Floats, energy: float) -> Floats:
    """Return the radius of each of ``n`` balls.

    With the j nearest others inside, a ball has spent its energy at
    (energy + sum of their distances) / (j + 1). The cost is convex in the radius, so
    the smallest of these is the radius.
    """
    order = np.lexsort((distance, place))
    ends = np.cumsum(np.bincount(place, minlength=n))
    radius = np.full(n, float(energy))
    # Ball by ball: differences of one sum over all balls would have rounding errors.
    for ball, inside in enumerate(np.split(distance[order], ends[:-1])):
        spent = (energy + np.cumsum(inside)) / np.arange(2, len(inside) + 2)
        radius[ball] = spent.min(initial=energy)
    return radius


def _unit_ball(
    shape: tuple[int, int], room: Mask, rng: np.random.Generator
) -> list[Floats]:
    """Draw points uniformly from the L1 unit ball; columns without ``room`` are 0.

    They are returned in blocks of ``_BLOCK`` rows.
    """
    d = int(room.sum())
    places = np.arange(shape[0])
    parts: list[Floats] = [
        np.zeros((len(places[part]), shape[1])) for part in batches(shape[0], _BLOCK)
    ]
    # The first d of d + 1 exponential variables, divided by the sum of all, are uniform
    # in the simplex.
    for points in parts:
        sizes = rng.standard_exponential((len(points), d + 1))
        points[:, room] = sizes[:, :d] / sizes.sum(axis=1, keepdims=True)
    for points in parts:
        is_negative = rng.random((len(points), d)) < 0.5
        points[:, room] *= np.where(is_negative, -1.0, 1.0)
    return parts
