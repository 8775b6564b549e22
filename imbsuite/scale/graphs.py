"""Tasks that are made of all partitions: graphs that grow as the partitions do.

``dask.delayed`` looks through the graphs of all tasks in a list, each of which has the
tasks of all partitions: for thousands of partitions that takes minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

from dask._task_spec import List, Task, TaskRef
from dask.delayed import Delayed
from dask.highlevelgraph import HighLevelGraph
from dask.utils import funcname

__all__ = ["combine", "combine_in_tree", "tasks_of"]

# So many tasks are combined by one task.
_BRANCHES = 8


def tasks_of(graph: Any, keys: Sequence[Any], layer: str) -> list[Delayed]:
    """Return tasks of a graph, which becomes one layer."""
    layered = HighLevelGraph.from_collections(layer, graph, dependencies=())
    task: Any = Delayed
    return [task(key, layered, layer=layer) for key in keys]


def combine(
    function: Callable[..., Any], tasks: Sequence[Delayed], *arguments: Any
) -> Delayed:
    """Return a task that calls ``function`` with a list of results, and arguments."""
    needed = [argument for argument in arguments if isinstance(argument, Delayed)]
    graph, key = _joined([*tasks, *needed]), _key(function)
    refer = [TaskRef(a.key) if isinstance(a, Delayed) else a for a in arguments]
    graph[key] = Task(key, function, _list(tasks), *refer)
    return tasks_of(graph, [key], str(key))[0]


def combine_in_tree(function: Callable[..., Any], tasks: Sequence[Delayed]) -> Delayed:
    """Return a task that combines eight results after the other, and these in turn."""
    graph, keys = _joined(tasks), [task.key for task in tasks]
    while len(keys) > 1:
        parts = [keys[i : i + _BRANCHES] for i in range(0, len(keys), _BRANCHES)]
        keys = [_key(function) for _ in parts]
        for key, part in zip(keys, parts, strict=True):
            graph[key] = Task(key, function, List(*[TaskRef(k) for k in part]))
    return tasks_of(graph, keys, f"tree-{keys[0]}")[0]


def _joined(tasks: Sequence[Delayed]) -> dict[Any, Any]:
    layers: dict[str, Any] = {}
    for task in tasks:
        layers.update(task.dask.layers)
    graph: dict[Any, Any] = {}
    for layer in layers.values():
        graph.update(layer)
    return graph


def _list(tasks: Sequence[Delayed]) -> Any:
    return List(*[TaskRef(task.key) for task in tasks])


def _key(function: Callable[..., Any]) -> str:
    return f"{funcname(function)}-{uuid4()}"
