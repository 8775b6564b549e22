"""A Dask DataFrame with the roles of its columns, and repeated passes over it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd
from dask.delayed import Delayed

from imbsuite.scale.passes import for_each
from imbsuite.scale.schema import Roles

# Number of rows of a partition that are compared when it is read again.
_SAMPLED_ROWS = 16


@dataclass(frozen=True)
class PartitionedTable:
    """A Dask DataFrame that holds features, labels, weights and groups.

    ``slim`` has only the columns of labels, weights and groups, in the same partitions.
    """

    frame: Any
    roles: Roles
    slim: Any

    @property
    def meta(self) -> Any:
        """An empty frame with the same columns."""
        return self.frame._meta

    @cached_property
    def parts(self) -> list[Delayed]:
        """The partitions of ``frame``."""
        return parts_of(self.frame)


def parts_of(frame: Any) -> list[Delayed]:
    """Return the partitions of a Dask DataFrame, without merging any of them.

    Dask's optimizer merges small files if few columns are read. It is not used, because
    ranks and positions refer to the partitions that were counted.
    """
    parts: list[Delayed] = frame.simplify().to_delayed(optimize_graph=False)
    return parts


@dataclass(frozen=True)
class Reading:
    """The partitions of a table whose rows have been counted.

    ``starts`` are the positions of their first rows, followed by the number of rows of
    the table. ``fingerprints`` are those of an earlier pass, or None before the first.
    """

    parts: list[Delayed]
    starts: Any
    fingerprints: Sequence[int] | None = None

    def for_each(
        self, task: Callable[..., Any], *columns: Sequence[Any], shared: Any = ()
    ) -> list[Delayed]:
        """Return ``task(partition, start, ...)`` for each partition, lazily.

        Computing it raises ValueError if a partition has changed.
        """
        sizes = np.diff(self.starts).tolist()
        known: Sequence[int | None] = self.fingerprints or [None] * len(sizes)
        starts = self.starts[:-1].tolist()
        checked = partial(_on_same_rows, task)
        return for_each(
            checked, self.parts, sizes, known, starts, *columns, shared=shared
        )


def _on_same_rows(
    task: Callable[..., Any], frame: Any, n_rows: int, known: int | None, *rest: Any
) -> Any:
    if len(frame) != n_rows or (known is not None and fingerprint(frame) != known):
        msg = (
            "a partition of table has other rows, or another order of rows, when it is "
            "read again; write the table to files first, or persist() it. A shuffle, "
            "sample() without random_state and files that change can cause this."
        )
        raise ValueError(msg)
    return task(frame, *rest)


def fingerprint(frame: Any) -> int:
    """Return a hash of some rows of a partition, which depends on their order."""
    rows = np.unique(np.linspace(0, max(len(frame) - 1, 0), _SAMPLED_ROWS, dtype=int))
    some = frame.iloc[rows[: len(frame)]]
    return hash(tuple(pd.util.hash_pandas_object(some, index=False).tolist()))


def check_dask_table(
    table: Any,
    target: Any,
    groups: Any = None,
    weight: Any = None,
    ignored: Sequence[Any] = (),
) -> PartitionedTable:
    """Return the table and the roles of its columns.

    Raises
    ------
    TypeError
        If ``table`` is not a Dask DataFrame.
    ValueError
        If a column does not exist, has two roles or shares its name, or if no features
        are left.
    """
    if not (hasattr(table, "__dask_graph__") and hasattr(table, "columns")):
        msg = (
            "The 'table' parameter must be a Dask DataFrame, such as the result of "
            "dask.dataframe.read_parquet(...). Got a "
            f"{type(table).__module__}.{type(table).__name__} instead. For a table in "
            "memory, use sampler.fit_resample(X, y)."
        )
        raise TypeError(msg)
    columns = list(table.columns)
    duplicates = [column for column, n in Counter(columns).items() if n > 1]
    if duplicates:
        msg = f"table has duplicate column names: {duplicates}; rename them."
        raise ValueError(msg)
    roles = {"target": target, "groups": groups, "sample_weight": weight}
    named = {role: column for role, column in roles.items() if column is not None}
    for role, column in named.items():
        if column not in columns:
            msg = f"{role}={column!r} is not a column of table; it has {columns}."
            raise ValueError(msg)
    if "target" not in named or len(set(named.values())) < len(named):
        msg = (
            f"target={target!r}, groups={groups!r} and sample_weight={weight!r} must "
            "name different columns, and target must name one."
        )
        raise ValueError(msg)
    features = [column for column in columns if column not in named.values()]
    _check_ignored(ignored, features)
    features = [column for column in features if column not in ignored]
    if not features:
        msg = f"table has no columns besides {columns}; there are no features."
        raise ValueError(msg)
    slim = table[list(named.values())]
    return PartitionedTable(
        table, Roles(features, target, groups, weight, ignored), slim
    )


def _check_ignored(ignored: Sequence[Any], features: Sequence[Any]) -> None:
    unknown = [column for column in ignored if column not in features]
    if unknown:
        msg = (
            "The 'ignore' parameter must list columns of table that have no other role. "
            f"Got {unknown[0]!r} instead; the others are {list(features)}."
        )
        raise ValueError(msg)
