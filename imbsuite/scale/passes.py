"""Passes over partitions: a task for each of them, and tasks that join the results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any
from uuid import uuid4

from dask.base import compute, persist
from dask.delayed import Delayed, delayed
from dask.highlevelgraph import HighLevelGraph
from dask.utils import funcname
from joblib import cpu_count
from threadpoolctl import threadpool_limits

# Number of results that one task of a tree merges.
_BRANCHES = 8


def for_each(
    task: Callable[..., Any], *columns: Sequence[Any], shared: Sequence[Any] = ()
) -> list[Delayed]:
    """Return a lazy call of ``task`` for each entry of ``columns``, as ``map`` would.

    ``shared`` arguments follow, and are the same for all calls. All calls are one layer
    of a graph: ``delayed`` creates one layer per call, which takes minutes for ten
    thousand calls.

    Parameters
    ----------
    task : callable
    *columns : sequences of equal length
        Of numbers, lazy results of few layers, or lists of these. Without columns,
        there is one call.
    shared : sequence
        Lazy results, or objects, which are sent to workers once.
    """
    constants = [delayed(value, traverse=False) for value in shared]
    rows = list(zip(*columns, strict=True)) if columns else [()]
    # A partial is named after the function that is its first argument, if any.
    first = getattr(task, "args", ())[:1] or (task,)
    name = f"{funcname(first[0])}-{uuid4()}"
    graph: dict[Any, Any] = {
        (name, i): (task, *map(_keys, row), *map(_keys, constants))
        for i, row in enumerate(rows)
    }
    # One task of a layer is enough to include the whole layer.
    needed: dict[Any, Any] = {
        value.__dask_layers__(): value
        for row in (*rows, constants)
        for entry in row
        for value in (entry if isinstance(entry, list) else [entry])
        if isinstance(value, Delayed)
    }
    lazy: Any = Delayed
    layers = HighLevelGraph.from_collections(name, graph, list(needed.values()))
    return [lazy(key, layers, layer=name) for key in graph]


def _keys(value: Any) -> Any:
    if isinstance(value, list):
        return [_keys(entry) for entry in value]
    return value.key if isinstance(value, Delayed) else value


def call(function: Callable[..., Any], *arguments: Any) -> Delayed:
    """Return a lazy call; lazy arguments are computed, others are left as they are."""
    return for_each(function, shared=arguments)[0]


def join(
    function: Callable[..., Any], tasks: Sequence[Delayed], *shared: Any
) -> Delayed:
    """Return a lazy call of ``function`` with the results as a list."""
    return for_each(function, [list(tasks)], shared=shared)[0]


def join_in_tree(
    function: Callable[[list[Any]], Any], tasks: Sequence[Delayed]
) -> Delayed:
    """Join results in groups of eight, then these in turn, until one is left."""
    while len(tasks) > 1:
        starts = range(0, len(tasks), _BRANCHES)
        tasks = for_each(function, [list(tasks[i : i + _BRANCHES]) for i in starts])
    return tasks[0]


def on_all_cores(task: Callable[..., Any]) -> Callable[..., Any]:
    """Let a task that all others wait for use all cores available to its process.

    Dask starts workers with one OpenMP thread each, because they share a machine;
    during such a task, the other workers are idle.
    """

    @wraps(task)
    def with_threads(*arguments: Any) -> Any:
        if not _is_worker():
            return task(*arguments)
        with threadpool_limits(cpu_count(), user_api="openmp"):
            return task(*arguments)

    return with_threads


def _is_worker() -> bool:
    try:
        from distributed import get_worker

        get_worker()
    except (ImportError, ValueError):
        return False
    return True


def run(task: Delayed) -> Delayed:
    """Compute now, and return the result without moving it.

    On a cluster, it stays in the memory of a worker: rows do not pass through the
    client. The next pass has tasks with the same names, so this one must be finished
    before.
    """
    computing: Any = persist
    (done,) = computing(task)
    fetch(call(_nothing, done))
    return done


def fetch(task: Delayed) -> Any:
    """Compute now, and return the result to the client."""
    computing: Any = compute
    return computing(task)[0]


def _nothing(_result: Any) -> None:
    """Return nothing to the client, except for the errors of the computation."""
