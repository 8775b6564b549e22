"""What tasks depend on: the roles of columns, all labels, the sampler and its plan."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._table import Table, contain, label_codes
from imbsuite._types import Codes
from imbsuite._views import By, Job, Plan, Whole, strata_of


@dataclass(frozen=True)
class Roles:
    """Which columns are features, target, weights and groups, and which are ignored."""

    features: list[Any]
    target: Hashable
    groups: Hashable | None
    weight: Hashable | None
    ignored: Sequence[Hashable] = ()


@dataclass(frozen=True)
class Schema:
    """How rows are read, identically in every partition.

    ``labels`` and ``groups`` are in order of first appearance in the whole table, and
    codes are positions in these lists. ``categorical`` is the mask of categorical
    features.
    """

    roles: Roles
    labels: list[Any]
    groups: list[Any] | None
    categorical: NDArray[np.bool_]

    def classes(self, frame: Any) -> Codes:
        """Return the class of each row."""
        return _codes(frame[self.roles.target], self.labels)

    def group_codes(self, frame: Any) -> Codes | None:
        """Return the group of each row; None if there are no groups."""
        if self.groups is None:
            return None
        return _codes(frame[self.roles.groups].astype(object), self.groups)

    def weights(self, frame: Any) -> NDArray[np.float64] | None:
        """Return the weight of each row; None if there are no weights."""
        if self.roles.weight is None:
            return None
        return np.asarray(frame[self.roles.weight], dtype=np.float64)

    def counts(self, frame: Any) -> NDArray[np.bool_]:
        """Return which rows count: those whose weight is not 0."""
        weight = self.weights(frame)
        return np.ones(len(frame), dtype=bool) if weight is None else weight != 0

    def class_sums(
        self, classes: Codes, weight: Any, rows: Any = slice(None)
    ) -> NDArray[Any]:
        """Return the number of rows that count and their weight, (2, n_classes).

        In the widest type, in which sums of weights neither overflow nor underflow.
        """
        load = np.ones(len(classes)) if weight is None else weight
        sums = np.zeros((2, len(self.labels)), dtype=np.longdouble)
        np.add.at(sums[0], classes[rows], load[rows] != 0)
        np.add.at(sums[1], classes[rows], load[rows])
        return sums

    def table(self, frame: Any) -> Table:
        """Return these rows, at least one, as the table that a sampler gets."""
        container = contain(frame[self.roles.features])
        groups = self.group_codes(frame)
        return Table(container, self.categorical, self.weights(frame), groups)

    def strata(self, frame: Any, by: By, keys: Codes) -> Codes:
        """Return the stratum of each row, as a position in ``keys``.

        Rows that do not count have the stratum ``len(keys)``.
        """
        classes, groups = self.classes(frame), self.group_codes(frame)
        if by != "class_and_group" or groups is None:
            strata = strata_of(by, classes, groups)
        else:
            cells = classes * len(self.groups or []) + groups
            strata = np.searchsorted(keys, cells)
        return np.where(self.counts(frame), strata, len(keys))


@dataclass(frozen=True)
class Context:
    """The sampler, its plan and generator, and what they depend on.

    ``plan`` has the size of each class after resampling, by code, and ``growing`` the
    sizes of classes that become larger. ``sizes`` are the numbers of rows that count in
    each class, and ``largest`` is the class with the most of them. ``limit`` is the
    maximum number of bytes that may be gathered. ``whole`` has the moments of all rows,
    once they are known, if distances depend on them.
    """

    sampler: Any
    schema: Schema
    plan: Plan
    growing: Plan
    largest: int
    sizes: tuple[int, ...]
    rng: np.random.Generator
    limit: int
    whole: Whole | None = None

    @property
    def cut(self) -> Plan:
        """The planned size of each class that has more rows."""
        return {k: n for k, n in self.plan.items() if n < self.sizes[k]}

    @property
    def gathered(self) -> Codes:
        """The classes whose rows are gathered from all partitions."""
        if self.sampler._kind == "over":
            return np.array(list(self.growing), dtype=np.intp)
        is_reference = self.sampler._looks_at == "reference"
        others = list(self.cut) if is_reference else self.largest
        return np.setdiff1d(np.arange(len(self.sizes)), others)

    def job(self, frame: Any, plan: Plan | None = None) -> Job:
        """Return the job of a sampler for some rows of the table."""
        table, y = self.schema.table(frame), self.schema.classes(frame)
        labels, standardize = self.schema.labels, self.sampler.standardize
        return Job(table, y, plan or {}, labels, standardize, [], self.whole)


def _codes(values: Any, names: Sequence[Any]) -> Codes:
    codes, here = label_codes(values)
    return renumbered(codes, here, {name: code for code, name in enumerate(names)})


def renumbered(codes: Codes, names: Sequence[Any], code_of: dict[Any, int]) -> Codes:
    """Convert positions in ``names`` to the codes of these names in ``code_of``."""
    return np.array([code_of[name] for name in names], dtype=np.intp)[codes]
