"""A table in partitions: what was given, checked, and read as often as is needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dask._task_spec import DataNode, convert_legacy_graph
from dask.delayed import Delayed
from dask.utils import ensure_dict

from imbsuite.scale.graphs import tasks_of

__all__ = ["Partitions", "Source", "check_source"]


@dataclass(frozen=True)
class Source:
    """A Dask DataFrame that holds features, labels, weights and groups.

    ``slim`` has the columns that are not features, and the same partitions.
    """

    frame: Any
    target: Hashable
    groups: Hashable | None
    weight: Hashable | None
    slim: Any

    @property
    def features(self) -> list[Any]:
        """The columns that samplers see."""
        apart = {self.target, self.groups, self.weight}
        return [column for column in self.frame.columns if column not in apart]

    @cached_property
    def parts(self) -> Partitions:
        """The partitions of ``frame``."""
        return Partitions(self.frame)

    @property
    def meta(self) -> Any:
        """An empty frame of the same columns."""
        return self.frame._meta


def check_source(table: Any, target: Any, groups: Any, weight: Any) -> Source:
    """Return the source, or say what is wrong with what was given."""
    if not (hasattr(table, "__dask_graph__") and hasattr(table, "columns")):
        msg = (
            f"table is a {type(table).__module__}.{type(table).__name__}; scale works "
            "on a Dask DataFrame (dask.dataframe.read_parquet(...)). A table in memory "
            "goes to sampler.fit_resample(X, y)."
        )
        raise TypeError(msg)
    columns = list(table.columns)
    _refuse_twice(columns)
    named = {"target": target, "groups": groups, "sample_weight": weight}
    given = {role: column for role, column in named.items() if column is not None}
    for role, column in given.items():
        if column not in columns:
            msg = f"{role}={column!r} is not a column of table; it has {columns}."
            raise ValueError(msg)
    if "target" not in given or len(set(given.values())) < len(given):
        msg = (
            f"target={target!r}, groups={groups!r} and sample_weight={weight!r} must "
            "name different columns, and target must name one."
        )
        raise ValueError(msg)
    if len(columns) == len(given):
        msg = f"table has no columns besides {columns}; there are no features."
        raise ValueError(msg)
    return Source(table, target, groups, weight, table[list(given.values())])


def _refuse_twice(columns: list[Any]) -> None:
    twice = [column for column, n in Counter(columns).items() if n > 1]
    if twice:
        msg = f"table has duplicate column names: {twice}; rename them."
        raise ValueError(msg)


class Partitions:
    """The partitions of a Dask DataFrame, to be read as often as is needed.

    They are those of ``collection.npartitions``: Dask's optimizer joins small files
    where few columns are read, and partitions of two readings would not be the same.
    """

    def __init__(self, collection: Any) -> None:
        frame = collection.simplify()
        self._graph = ensure_dict(frame.__dask_graph__())
        self._keys = frame.__dask_keys__()
        self._name = frame._name

    def read(self, reading: str = "") -> list[Delayed]:
        """Return a task for each partition, in order.

        A reading that waits for the end of an earlier one has a name of its own. If both
        had the same tasks, every partition would be held in memory in between.
        """
        graph, keys = self._graph, self._keys
        if reading:
            graph, keys = _renamed(graph, keys, reading)
        return tasks_of(graph, keys, f"partitions-{reading}-{self._name}")


def _renamed(graph: Any, keys: list[Any], reading: str) -> tuple[Any, list[Any]]:
    nodes = convert_legacy_graph(graph)
    uses = Counter(key for last in keys for key in _ancestors(nodes, last))
    shared = [key for key, n in uses.items() if n > 1]
    if not all(isinstance(nodes[key], DataNode) for key in shared):
        # Partitions made of one another (a shuffle) are made once.
        return graph, keys
    names = {key: _name(key, reading) for key in uses}
    renamed = {new: nodes[key].substitute(names, key=new) for key, new in names.items()}
    return renamed, [names[key] for key in keys]


def _ancestors(nodes: Any, last: Any) -> set[Any]:
    found, ahead = {last}, [last]
    while ahead:
        near = [key for key in nodes[ahead.pop()].dependencies if key in nodes]
        ahead += [key for key in near if key not in found]
        found.update(near)
    return found


def _name(key: Any, reading: str) -> Any:
    if isinstance(key, tuple):
        return (f"{reading}-{key[0]}", *key[1:])
    return f"{reading}-{key}"
