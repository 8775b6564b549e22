"""The view of a table that authors of samplers get: rows, numbers, distances, neighbors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from imbsuite._neighbors import Space, column_moments, rounded_moments
from imbsuite._table import Coins, Table
from imbsuite._types import Codes, Floats, Positions
from imbsuite.plan import largest_remainder

Plan = dict[int, int]
By = Literal["class", "group", "class_and_group"]
# What the output depends on. "labels": labels (and groups) alone. "class": the rows of
# the classes that change. "moments": these rows, and the means and covariances of all
# classes. "reference": these rows, one by one, and all rows of the other classes.
# "neighbors": these rows, and their neighbors of any class. "table": all rows.
LooksAt = Literal["labels", "class", "moments", "reference", "neighbors", "table"]


@dataclass(frozen=True)
class Strata:
    """The numbers of rows on which a plan may depend: those with positive weight.

    Attributes
    ----------
    counts : dict
        ``{label: number of rows}``.
    names : list
        The name of each stratum: a label, a group, or a pair of both.
    classes : ndarray of shape (n_strata,), int
        The code of the class of each stratum; meaningless if the strata are groups.
    sizes : ndarray of shape (n_strata,), int
        The number of rows of each stratum.
    """

    counts: dict[Any, int]
    names: list[Any]
    classes: Codes
    sizes: Codes


def strata_of(by: By, y: Codes, groups: Codes | None) -> Codes:
    """Return the stratum of each row, as codes without gaps.

    Raises
    ------
    ValueError
        If groups are required but were not passed.
    """
    if by == "class":
        return y
    if groups is None:
        raise without_groups(by)
    if by == "group":
        return groups
    cells = y * (groups.max() + 1) + groups
    return np.unique(cells, return_inverse=True)[1]


def without_groups(by: By) -> ValueError:
    """Return the error for strata that require groups, if no groups were passed."""
    msg = (
        f"by={by!r} requires groups, but none were passed; pass them to fit_resample, "
        "or use by='class'."
    )
    return ValueError(msg)


@dataclass(frozen=True)
class Whole:
    """Statistics of a whole table, for a job that has only some of its rows.

    Attributes
    ----------
    center, spread : ndarray of shape (n_numeric,)
        Mean and standard deviation of the numeric columns, over the rows of positive
        weight.
    largest : int
        The code of the class with the most rows of positive weight.
    sizes : tuple of int
        The number of rows of positive weight of each class.
    classes : sequence of (float, ndarray, ndarray)
        If the sampler looks at moments, for each class: the number of rows, the means
        of the numeric columns, and the sums of products of the deviations from these
        means (0 for missing values), all by weight.
    """

    center: Floats
    spread: Floats
    largest: int
    sizes: tuple[int, ...]
    classes: Sequence[tuple[float, Floats, Floats]] = ()


@dataclass(frozen=True)
class Job:
    """One call of ``fit_resample``: the table and the plan.

    ``y`` and ``plan`` use class codes; ``labels`` gives the names of the classes.
    ``notes`` become warnings at the end of the call. ``whole`` is set if ``table`` is a
    part of a table, and ``coins``, the random streams of the cells of new rows, if not.
    """

    table: Table
    y: Codes
    plan: Plan
    labels: list[Any]
    standardize: bool
    notes: list[str]
    whole: Whole | None = None
    coins: Coins | None = None

    @cached_property
    def sizes(self) -> list[int]:
        """The number of rows of positive weight of each class."""
        y = self.y if self.table.weight is None else self.y[self.table.present]
        return np.bincount(y, minlength=len(self.labels)).tolist()

    def members(self) -> list[Positions]:
        """Return the rows of positive weight of each class."""
        # In the narrowest type, because NumPy's stable sort of small integers is a
        # radix sort.
        codes = self.y.astype(np.min_scalar_type(len(self.labels)))
        is_weighted = self.table.weight is not None
        if is_weighted:
            codes = codes[self.table.present]
        order = np.argsort(codes, kind="stable")
        ends = np.cumsum(np.bincount(codes, minlength=len(self.labels)))
        return np.split(self.table.present[order] if is_weighted else order, ends[:-1])

    @cached_property
    def standard_space(self) -> Space:
        """The space in which each column is divided by its standard deviation."""
        table, whole = self.table, self.whole
        if whole is None:
            center, spread = rounded_moments(*column_moments(table.counted_numbers()))
        else:
            center, spread = whole.center, whole.spread
        cells = (table.numeric, table.codes)
        return Space(*cells, center, spread, 1.0, scaled=True, complete=table.complete)

    def raw_space(self, rows: Positions | None) -> Space:
        """Return SMOTE-NC's space for the class of ``rows``; None: for all classes.

        Numbers are not scaled, and m is the median standard deviation of the numeric
        columns within the class.
        """
        table = self.table
        if rows is not None:
            center, spread = column_moments(table.numeric[rows])
        elif self.whole is None:
            center, spread = rounded_moments(*column_moments(table.counted_numbers()))
        else:
            center, spread = self.whole.center, self.whole.spread
        m = float(np.median(spread)) if len(spread) else 1.0
        cells = (table.numeric, table.codes)
        return Space(*cells, center, spread, m, scaled=False, complete=table.complete)


class TableView:
    """The table as a whole.

    Attributes
    ----------
    rows : ndarray of int
        The rows of this view: here all rows with positive weight.
    present : ndarray of int
        All rows with positive weight, of any class.
    numeric : ndarray or CSR of shape (n, n_numeric)
        Numbers in the user's units, NaN where missing.
    codes : ndarray of shape (n, n_categorical), int
        Category codes, -1 where missing.
    groups : ndarray of shape (n,), int, or None
        Group codes.
    weight : ndarray of shape (n,), float, or None
    labels : list
        The name of each class, by its code.
    space : Space
        Distances and neighbors.
    largest : int
        The code of the class with the most rows of positive weight.
    sizes : sequence of int
        The number of rows of positive weight of each class, by its code.
    whole : Whole or None
        Statistics of the whole table, if this is a part of it; else None.
    """

    def __init__(
        self, job: Job, rows: Positions | None = None, label: int = -1
    ) -> None:
        self._job, self._part, self._label = job, rows, label
        self.groups, self.weight = job.table.groups, job.table.weight
        self.labels, self.whole = job.labels, job.whole
        if rows is not None:
            self.rows = rows

    @cached_property
    def rows(self) -> Positions:
        return self.present

    @cached_property
    def space(self) -> Space:
        job = self._job
        return job.standard_space if job.standardize else job.raw_space(self._part)

    def numbers(self, rows: Positions | slice) -> NDArray[np.float64]:
        """Return the numbers of some rows, (len(rows), n_numeric), NaN where missing.

        In the user's units and always dense, for every container. ``slice(None)`` means
        all rows.
        """
        numbers = self.numeric[rows]
        dense = numbers.toarray() if sp.issparse(numbers) else numbers
        return np.asarray(dense, dtype=np.float64)

    @cached_property
    def largest(self) -> int:
        whole = self._job.whole
        return int(np.argmax(self.sizes)) if whole is None else whole.largest

    @property
    def sizes(self) -> Sequence[int]:
        whole = self._job.whole
        return self._job.sizes if whole is None else whole.sizes

    @property
    def numeric(self) -> Any:
        return self._job.table.numeric

    @property
    def codes(self) -> NDArray[np.int32]:
        return self._job.table.codes

    @property
    def present(self) -> Positions:
        return self._job.table.present


class ClassView(TableView):
    """The table during the creation of new rows for one class (and one of its groups).

    Attributes
    ----------
    rows : ndarray of int
        The possible parents: rows of the class (and group) with positive weight.
    name : object
        The label of the class.
    """

    @property
    def name(self) -> Any:
        return self.labels[self._label]

    @cached_property
    def neighborhood(self) -> Positions:
        """The possible partners: rows of any class in the same group."""
        groups, present = self.groups, self.present
        if groups is None:
            return present
        return present[groups[present] == groups[self.rows[0]]]

    @property
    def share(self) -> float:
        """The share of this class among all rows that the plan adds."""
        sizes = self._job.sizes
        new = {k: max(0, n - sizes[k]) for k, n in self._job.plan.items()}
        return new[self._label] / sum(new.values())

    def foreign(self, k: int) -> tuple[NDArray[np.intp], int]:
        """Return the number of rows of other classes among the k nearest of each row.

        Also returns k, which is smaller in small tables.
        """
        neighbors, _ = self.space.nearest(self.rows, self.present, k)
        return (self._job.y[neighbors] != self._label).sum(axis=1), neighbors.shape[1]

    def eligible(self, mask: NDArray[np.bool_], what: str) -> Positions:
        """Return the rows that ``mask`` selects; if none, all rows, with a warning."""
        if mask.any():
            return self.rows[mask]
        self._job.notes.append(
            f"Class {self.name!r}: no row {what}; all {len(self.rows)} rows are used."
        )
        return self.rows


def share_out(
    groups: NDArray[np.intp], rows: Positions, n: int
) -> list[tuple[Positions, int]]:
    """Return the rows of each group and its share of ``n``, in proportion to its size.

    Groups whose share is 0 are left out.
    """
    _, place, sizes = np.unique(groups[rows], return_inverse=True, return_counts=True)
    shares = enumerate(largest_remainder(sizes, n).tolist())
    return [(rows[place == group], part) for group, part in shares if part]
