"""The numbers of rows of each class and group in each partition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbsuite._table import (
    count_odd_weights,
    label_codes,
    refuse_labels,
    refuse_missing_groups,
    refuse_weights,
)
from imbsuite._table.arrays import factorize
from imbsuite._table.labels import label_ends
from imbsuite._types import Codes
from imbsuite._views import By, Strata, without_groups
from imbsuite.scale.gathered_rows import size_of
from imbsuite.scale.partitions import PartitionedTable, parts_of
from imbsuite.scale.passes import call, fetch, for_each, join
from imbsuite.scale.schema import renumbered

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Census:
    """The number of rows of each class and group in a table.

    Attributes
    ----------
    labels, groups : list, list or None
        In order of first appearance.
    starts : ndarray of shape (n_partitions + 1,), int
        The position of each partition's first row; the last is the number of rows.
    parts : DataFrame
        One row for each partition, class and group in it (``part``, ``code``,
        ``group_code``), with the number of ``rows``, of ``parents`` (rows of weight
        above 0), and the sum of their ``weight``.
    ends : pandas.Index
        The row labels on which new row labels depend.
    row_bytes : float
        Memory of a row in bytes, measured in the first nonempty partition.
    """

    labels: list[Any]
    groups: list[Any] | None
    starts: Counts
    parts: pd.DataFrame
    ends: Any
    row_bytes: float

    @property
    def n_rows(self) -> int:
        """The number of rows of the table."""
        return int(self.starts[-1])

    @property
    def partition_rows(self) -> Counts:
        """The number of rows of each partition."""
        return np.diff(self.starts)

    def of_classes(self, what: str) -> NDArray[Any]:
        """Return ``rows``, ``parents`` or ``weight`` of each class."""
        values = self.parts[what].to_numpy()
        sums = np.zeros(len(self.labels), dtype=values.dtype)
        np.add.at(sums, self.parts["code"].to_numpy(), values)
        return sums

    @property
    def class_sums(self) -> NDArray[Any]:
        """The number of rows of each class that count, and their weight."""
        return np.stack([self.of_classes("parents"), self.of_classes("weight")])

    @cached_property
    def largest(self) -> int:
        """The code of the class with the most rows that count."""
        return int(np.argmax(self.of_classes("parents")))

    @property
    def counts(self) -> dict[Any, int]:
        """``{label: rows that count}``."""
        return dict(zip(self.labels, self.of_classes("parents").tolist(), strict=True))

    def keys(self, by: By) -> Codes:
        """Return the sorted numbers that identify strata."""
        return np.unique(self._key(by))

    def _key(self, by: By) -> Codes:
        code, group = (self.parts[c].to_numpy() for c in ("code", "group_code"))
        if by == "class_and_group":
            return code * len(self.groups or []) + group
        return code if by == "class" else group

    def stratified(self, by: By) -> Counts:
        """Return the number of rows that count, of shape (n_partitions, n_strata)."""
        keys = self.keys(by)
        rows = np.zeros((len(self.starts) - 1, len(keys)), dtype=np.int64)
        cells = (self.parts["part"].to_numpy(), np.searchsorted(keys, self._key(by)))
        np.add.at(rows, cells, self.parts["parents"].to_numpy())
        return rows

    def strata(self, by: By) -> Strata:
        """Return the strata that a plan depends on."""
        if by == "class":
            sizes, classes = self.of_classes("parents"), np.arange(len(self.labels))
            return Strata(self.counts, self.labels, classes, sizes)
        if self.groups is None:
            raise without_groups(by)
        keys, groups = self.keys(by), self.groups
        names = [groups[k % len(groups)] for k in keys.tolist()]
        classes = keys // len(groups)
        if by == "class_and_group":
            labels = [self.labels[k] for k in classes]
            names = list(zip(labels, names, strict=True))
        return Strata(self.counts, names, classes, self.stratified(by).sum(axis=0))


@dataclass(frozen=True)
class _Count:
    """The counts of one partition; codes in ``cells`` are positions in its own lists.

    ``tally`` has the number of ``rows``, of rows with invalid weights
    (``odd_weights``), of rows with ``no_label`` or ``no_group``, and whether any weight
    is not 0 (``weighted``).
    """

    labels: list[Any]
    groups: list[Any]
    cells: dict[str, NDArray[Any]]
    ends: Any
    tally: Counter[str]


def take_census(table: PartitionedTable) -> Census:
    """Count rows in one pass over the columns of labels, groups and weights.

    Raises
    ------
    ValueError
        As in ``fit_resample``: if labels or groups are missing, there is only one
        class, a weight is negative, or the table has no rows.
    """
    roles = (table.roles.target, table.roles.groups, table.roles.weight)
    counting = for_each(_count, parts_of(table.slim), shared=roles)
    counts: list[_Count] = fetch(join(list, counting))
    labels = _union([count.labels for count in counts])
    _refuse(sum((count.tally for count in counts), Counter()), labels)
    groups = None
    if table.roles.groups is not None:
        groups = _union([count.groups for count in counts])
    sizes = [count.tally["rows"] for count in counts]
    ends = [count.ends for count in counts if count.tally["rows"]]
    return Census(
        labels,
        groups,
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        _in_codes(counts, labels, groups or [None]),
        ends[0].append(ends[1:]),
        _row_bytes(table, sizes),
    )


def _count(frame: Any, target: Any, groups: Any, weight: Any) -> _Count:
    codes, labels = label_codes(frame[target])
    group_codes, names = np.zeros(len(frame), dtype=np.intp), [None]
    if groups is not None:
        values = frame[groups].astype(object).to_numpy()
        coded, names = factorize(values, "groups")
        group_codes = coded.astype(np.intp)
    load = np.ones(len(frame))
    if weight is not None:
        load = np.asarray(frame[weight], dtype=np.float64)
    tally = Counter(
        rows=len(frame),
        weighted=int(load.any()),
        odd_weights=count_odd_weights(load),
        no_label=int((codes < 0).sum()),
        no_group=int((group_codes < 0).sum()),
    )
    cells = _cells(codes, group_codes, load)
    return _Count(labels, names, cells, label_ends(frame.index), tally)


def _cells(codes: Codes, groups: Codes, load: NDArray[np.float64]) -> dict[str, Any]:
    """Count the rows of each class and group."""
    n_groups = int(groups.max(initial=0)) + 1
    keys, cells = np.unique(codes * n_groups + groups, return_inverse=True)
    weight = np.zeros(len(keys), dtype=np.longdouble)
    np.add.at(weight, cells, load)
    return {
        "code": keys // n_groups,
        "group_code": keys % n_groups,
        "rows": np.bincount(cells, minlength=len(keys)),
        "parents": np.bincount(cells[load != 0], minlength=len(keys)),
        "weight": weight,
    }


def _refuse(tally: Counter[str], labels: list[Any]) -> None:
    if not tally["rows"]:
        msg = "table has no rows; at least 2 are required."
        raise ValueError(msg)
    refuse_weights(tally["odd_weights"], has_weight=tally["weighted"] > 0)
    refuse_missing_groups(tally["no_group"])
    refuse_labels(labels, tally["no_label"], tally["rows"])


def _union(lists: Sequence[list[Any]]) -> list[Any]:
    return list(dict.fromkeys(name for names in lists for name in names))


def _in_codes(counts: Sequence[_Count], labels: Any, groups: Any) -> pd.DataFrame:
    """Return the cells of all partitions, in the codes of the whole table."""
    code_of = {label: k for k, label in enumerate(labels)}
    group_of = {group: k for k, group in enumerate(groups)}
    parts = []
    for i, count in enumerate(counts):
        part = dict(count.cells, part=np.full(len(count.cells["rows"]), i))
        part["code"] = renumbered(part["code"], count.labels, code_of)
        part["group_code"] = renumbered(part["group_code"], count.groups, group_of)
        parts.append(part)
    names = list(parts[0])
    return pd.DataFrame({n: np.concatenate([part[n] for part in parts]) for n in names})


def _row_bytes(table: PartitionedTable, sizes: Sequence[int]) -> float:
    """Return the memory of a row in bytes, from the first nonempty partition."""
    first = next(i for i, n in enumerate(sizes) if n)
    _, n_bytes = fetch(call(size_of, table.parts[first]))
    return float(n_bytes) / sizes[first]
