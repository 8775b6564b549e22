"""Passes over partitions: a task for each of them, and tasks that join the results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

from dask.base import compute, persist
from dask.delayed import Delayed, delayed
from dask.highlevelgraph import HighLevelGraph
from dask.utils import funcname

__all__ = ["call", "fetch", "for_each", "join", "join_in_tree", "run"]

# How many results are merged by one task of a tree.
_BRANCHES = 8


def for_each(
    task: Callable[..., Any], *columns: Sequence[Any], shared: Sequence[Any] = ()
) -> list[Delayed]:
    """Return a lazy call of ``task`` for each entry of ``columns``, as ``map`` would.

    ``shared`` arguments follow, the same for all. All calls are one layer of a graph:
    ``delayed`` makes one of each, which takes minutes for ten thousand of them.

    Parameters
    ----------
    task : callable
    *columns : sequences of equal length
        Of numbers, or of lazy results of few layers.
    shared : sequence
        Lazy results, or objects, which are sent to workers once.
    """
    if not columns[0]:
        return []
    constants = [delayed(value, traverse=False) for value in shared]
    name = _unique(task)
    graph = {
        (name, i): (task, *map(_key, row), *map(_key, constants))
        for i, row in enumerate(zip(*columns, strict=True))
    }
    needed = [task for column in columns for task in _one_of_each_layer(column)]
    return _layer(name, graph, list(graph), [*needed, *constants])


def join(function: Callable[[list[Any]], Any], tasks: Sequence[Delayed]) -> Delayed:
    """Return a lazy call of ``function`` with the results as a list."""
    name = _unique(function)
    graph = {name: (function, list(map(_key, tasks)))}
    return _layer(name, graph, [name], _one_of_each_layer(tasks))[0]


def join_in_tree(
    function: Callable[[list[Any]], Any], tasks: Sequence[Delayed]
) -> Delayed:
    """Join eight results after the other, and these in turn, until one is left."""
    while len(tasks) > 1:
        name = _unique(function)
        keys = list(map(_key, tasks))
        graph = {
            (name, i): (function, keys[i : i + _BRANCHES])
            for i in range(0, len(keys), _BRANCHES)
        }
        tasks = _layer(name, graph, list(graph), _one_of_each_layer(tasks))
    return tasks[0]


def call(function: Callable[..., Any], *arguments: Any) -> Delayed:
    """Return a lazy call; lazy arguments are computed, others are left as they are."""
    constants = [delayed(value, traverse=False) for value in arguments]
    name = _unique(function)
    graph = {name: (function, *map(_key, constants))}
    return _layer(name, graph, [name], constants)[0]


def run(task: Delayed) -> Delayed:
    """Compute now, and return the result where it was made.

    On a cluster that is the memory of a worker: rows do not pass through the client.
    The next pass has tasks of the same names, so this one must be over before.
    """
    computing: Any = persist
    (done,) = computing(task)
    fetch(call(_nothing, done))
    return done


def fetch(task: Delayed) -> Any:
    """Compute now, and return the result here."""
    computing: Any = compute
    return computing(task)[0]


def _nothing(_result: Any) -> None:
    """Bring nothing to the client but the errors of what was computed."""


def _layer(
    name: str, graph: dict[Any, Any], keys: Sequence[Any], needed: Sequence[Any]
) -> list[Delayed]:
    task: Any = Delayed
    layers = HighLevelGraph.from_collections(name, graph, dependencies=list(needed))
    return [task(key, layers, layer=name) for key in keys]


def _one_of_each_layer(values: Sequence[Any]) -> list[Delayed]:
    tasks = (value for value in values if isinstance(value, Delayed))
    return list({task.__dask_layers__(): task for task in tasks}.values())


def _unique(function: Callable[..., Any]) -> str:
    # Of a partial, the name of a function that was given says more.
    first = getattr(function, "args", ())[:1] or (function,)
    return f"{funcname(first[0])}-{uuid4()}"


def _key(value: Any) -> Any:
    return value.key if isinstance(value, Delayed) else value
