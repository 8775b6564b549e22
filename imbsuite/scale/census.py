"""The first pass: how many rows there are of each class and group, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from dask.base import compute
from dask.delayed import delayed
from numpy.typing import NDArray

from imbsuite._table import (
    count_odd_weights,
    label_codes,
    refuse_labels,
    refuse_missing_groups,
    refuse_weights,
)
from imbsuite._table.labels import label_ends
from imbsuite._views import By, Codes, Strata, without_groups
from imbsuite.scale.reader import Columns
from imbsuite.scale.source import Partitions, Source

__all__ = ["Census", "take_census"]

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Census:
    """What the first pass found.

    Attributes
    ----------
    labels, groups : list, list or None
        In order of first appearance.
    starts : ndarray of shape (n_partitions + 1,), int
        The position of each partition's first row; the last is the number of rows.
    parts : list of DataFrame, one for each partition
        A line for each class and group (codes): ``rows``, ``parents`` (rows of weight
        above 0) and ``weight`` (their sum).
    ends : pandas.Index
        Labels that fresh labels depend on.
    row_bytes : float
        Of a row in memory, in the first partition that has any.
    """

    labels: list[Any]
    groups: list[Any] | None
    starts: Counts
    parts: list[Any]
    ends: Any
    row_bytes: float

    @property
    def n_rows(self) -> int:
        """How many rows the table has."""
        return int(self.starts[-1])

    @cached_property
    def cells(self) -> Any:
        """``rows``, ``parents`` and ``weight`` of each class and group, sorted."""
        return pd.concat(self.parts).groupby(["code", "group_code"]).sum()

    def of_classes(self, what: str) -> NDArray[Any]:
        """Return ``rows``, ``parents`` or ``weight`` of each class."""
        return self.cells[what].groupby(level="code").sum().to_numpy()

    @property
    def largest(self) -> int:
        """The code of the class of which most rows count."""
        return int(np.argmax(self.of_classes("parents")))

    @property
    def counts(self) -> dict[Any, int]:
        """``{label: rows that count}``."""
        return dict(zip(self.labels, self.of_classes("parents").tolist(), strict=True))

    def keys(self, by: By) -> Codes:
        """Return the numbers by which strata are known, sorted."""
        return np.unique(self._key(by, self.cells.index.to_frame(index=False)))

    def _key(self, by: By, cells: Any) -> Codes:
        own = {"class": cells["code"], "group": cells["group_code"]}
        if by in own:
            return own[by].to_numpy()
        return (cells["code"] * len(self.groups or []) + cells["group_code"]).to_numpy()

    def stratified(self, by: By) -> NDArray[Any]:
        """Return how many rows count in each (partition, stratum)."""
        keys = self.keys(by)
        rows = np.zeros((len(self.parts), len(keys)), dtype=np.int64)
        for own, part in zip(rows, self.parts, strict=True):
            places = np.searchsorted(keys, self._key(by, part))
            np.add.at(own, places, part["parents"].to_numpy())
        return rows

    def strata(self, by: By) -> Strata:
        """Return what a plan looks at."""
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
    """What one partition has; codes are places in its own lists."""

    n_rows: int
    labels: list[Any]
    groups: list[Any]
    cells: Any
    ends: Any
    has_weight: bool
    odd_weights: int
    missing_labels: int
    missing_groups: int


def take_census(source: Source, columns: Columns) -> Census:
    """Count, in one pass over the columns that are not features.

    Raises
    ------
    ValueError
        As ``fit_resample`` does: labels or groups that are missing, one class only,
        weights that are negative, a table without rows.
    """
    tasks = [
        delayed(_count)(part, columns.target, columns.groups, columns.weight)
        for part in Partitions(source.slim).read()
    ]
    counted: Any = compute
    counts: list[_Count] = list(counted(*tasks))
    _refuse(counts)
    labels = _union([count.labels for count in counts])
    groups = None
    if columns.groups is not None:
        groups = _union([count.groups for count in counts])
    sizes = [count.n_rows for count in counts]
    return Census(
        labels,
        groups,
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        [_in_codes(count.cells, count, labels, groups) for count in counts],
        _joined([count.ends for count in counts if count.n_rows]),
        _row_bytes(source, sizes),
    )


def _count(frame: Any, target: Any, groups: Any, weight: Any) -> _Count:
    codes, labels = label_codes(frame[target])
    own, names = np.zeros(len(frame), dtype=np.intp), [None]
    if groups is not None:
        own, names = label_codes(frame[groups].astype(object))
    load = np.ones(len(frame))
    if weight is not None:
        load = np.asarray(frame[weight], dtype=np.float64)
    rows = pd.DataFrame({"code": codes, "group_code": own, "weight": load})
    rows["rows"] = 1
    rows["parents"] = (load != 0).astype(np.int64)
    return _Count(
        len(frame),
        labels,
        names,
        rows.groupby(["code", "group_code"], as_index=False).sum(),
        label_ends(frame.index),
        bool(load.any()),
        count_odd_weights(load),
        int((codes < 0).sum()),
        int((own < 0).sum()),
    )


def _refuse(counts: Sequence[_Count]) -> None:
    if not sum(count.n_rows for count in counts):
        msg = "table has no rows; at least 2 are needed."
        raise ValueError(msg)
    odd = sum(count.odd_weights for count in counts)
    refuse_weights(odd, has_weight=any(count.has_weight for count in counts))
    refuse_missing_groups(sum(count.missing_groups for count in counts))
    missing = sum(count.missing_labels for count in counts)
    n_rows = sum(count.n_rows for count in counts)
    refuse_labels(_union([count.labels for count in counts]), missing, n_rows)


def _union(lists: Sequence[list[Any]]) -> list[Any]:
    return list(dict.fromkeys(label for labels in lists for label in labels))


def _in_codes(
    cells: Any, count: _Count, labels: list[Any], groups: list[Any] | None
) -> Any:
    """Return cells with the codes of the whole table."""
    place = {label: k for k, label in enumerate(labels)}
    known = {group: k for k, group in enumerate(groups or [None])}
    to_class = np.array([place[label] for label in count.labels], dtype=np.intp)
    to_group = np.array([known[group] for group in count.groups], dtype=np.intp)
    return cells.assign(
        code=to_class[cells["code"]], group_code=to_group[cells["group_code"]]
    )


def _joined(ends: list[Any]) -> Any:
    return ends[0].append(ends[1:])


def _row_bytes(source: Source, sizes: Sequence[int]) -> float:
    """Return how much memory a row takes, from the first partition that has any."""
    first = next(i for i, n in enumerate(sizes) if n)
    measured = delayed(_measure)(source.parts.read()[first]).compute()
    return float(measured) / sizes[first]


def _measure(frame: Any) -> int:
    return int(frame.memory_usage(deep=True, index=True).sum())
