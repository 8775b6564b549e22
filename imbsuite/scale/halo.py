"""The halo of gathered rows: their nearest neighbors among all other rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from dask.delayed import Delayed
from numpy.typing import NDArray

from imbsuite._neighbors import Space
from imbsuite._types import Codes, Positions
from imbsuite._views import Job, TableView, Whole
from imbsuite.scale.gathered_rows import (
    GatheredRows,
    gather,
    gather_all,
    join_rows,
    stack,
)
from imbsuite.scale.moments import Gathering
from imbsuite.scale.passes import call, join, join_in_tree, run
from imbsuite.scale.request import Request
from imbsuite.scale.schema import Context, Schema

__all__ = ["add_doubtful", "add_halo"]

# Positions (-1 where there is none) and squared distances, nearest first, of shape
# (n_queries, k): one pair for each search.
Neighbors = list[tuple[NDArray[np.int64], NDArray[np.float64]]]


@dataclass(frozen=True)
class _Search:
    """A search for the neighbors of gathered rows, and what is known of the table.

    ``classes`` are those whose rows are the queries; ``by_class`` says whether distances
    are measured as while one class grows, or as in the table as a whole.
    """

    context: Context
    whole: Whole | None
    classes: Codes
    by_class: bool


def add_halo(
    request: Request,
    gathering: Gathering,
    classes: Codes,
    what: str = "halo",
    *,
    by_class: bool = False,
) -> Gathering:
    """Gather the nearest neighbors of gathered rows among those that are not gathered.

    Both together hold the true neighbors. Every partition searches its own rows, and the
    nearest of all are merged.
    """
    reading = request.reading(gathering.fingerprints)
    search = _Search(request.context, gathering.whole, classes, by_class)
    nearest = reading.for_each(_search, shared=(gathering.rows, search))
    merged = run(join_in_tree(_merge, nearest))
    fetched = reading.for_each(_fetch, shared=(call(_positions, merged),))
    return _add(request, gathering, fetched, what)


def add_doubtful(request: Request, gathering: Gathering) -> Gathering:
    """Gather the rows of the largest class that a cleaner may remove."""
    reading = request.reading(gathering.fingerprints)
    shared = (gathering.rows, request.context, gathering.whole)
    doubtful = reading.for_each(_doubtful, shared=shared)
    return _add(request, gathering, doubtful, "doubtful")


def _add(
    request: Request, gathering: Gathering, parts: list[Delayed], what: str
) -> Gathering:
    context = request.context
    named = f"{type(context.sampler).__name__} ({what})"
    gathered = join(partial(gather_all, what=named, limit=context.limit), parts)
    return replace(gathering, rows=run(call(_beside, gathering.rows, gathered)))


def _beside(rows: GatheredRows, others: GatheredRows) -> GatheredRows:
    return join_rows([rows, others])


def _search(
    frame: Any, start: int, gathered: GatheredRows, search: _Search
) -> Neighbors:
    here = _others(frame, start, gathered, search.context.schema)
    both = _appended(gathered, here)
    job = search.context.job(both.frame, search.whole)
    searches = _searches(job, search, len(gathered.positions))
    return [_nearest(*arguments, both) for arguments in searches]


def _others(
    frame: Any, start: int, gathered: GatheredRows, schema: Schema
) -> GatheredRows:
    """Return the rows of a partition that count and are not gathered."""
    positions = np.arange(start, start + len(frame))
    others = ~np.isin(positions, gathered.positions) & schema.counts(frame)
    return gather(frame, start, np.flatnonzero(others))


def _appended(gathered: GatheredRows, here: GatheredRows) -> GatheredRows:
    """Return gathered rows first, then those of a partition."""
    positions = np.concatenate([gathered.positions, here.positions])
    return GatheredRows(stack([gathered.frame, here.frame]), positions)


def _searches(
    job: Job, search: _Search, n_gathered: int
) -> Iterator[tuple[Space, Positions, Positions, int]]:
    """Yield (space, queries, candidates, k) for each neighbor search."""
    candidates = np.arange(n_gathered, len(job.y))
    among_all, within_group = search.context.sampler._reach()
    groups = job.table.groups
    if not search.by_class:
        queries = np.flatnonzero(np.isin(job.y[:n_gathered], search.classes))
        yield job.space(None), queries, candidates, among_all
        return
    queries = job.table.present[job.table.present < n_gathered]
    queries = queries[np.isin(job.y[queries], search.classes)]
    if groups is None:
        among_all, within_group = max(among_all, within_group), 0
    whole_space = job.standard_space if job.standardize else None
    if whole_space is not None and among_all:
        yield whole_space, queries, candidates, among_all
    for rows in _strata(job, queries):
        space = whole_space or job.space(rows)
        if whole_space is None and among_all:
            yield space, rows, candidates, among_all
        if within_group and groups is not None:
            same = candidates[groups[candidates] == groups[rows[0]]]
            yield space, rows, same, within_group


def _strata(job: Job, rows: Positions) -> Iterator[Positions]:
    """Yield the rows of each class, each group by itself."""
    groups = job.table.groups
    keys = (
        job.y[rows]
        if groups is None
        else job.y[rows] * (groups.max() + 1) + groups[rows]
    )
    for key in np.unique(keys):
        yield rows[keys == key]


def _nearest(
    space: Space, queries: Positions, candidates: Positions, k: int, both: GatheredRows
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    positions = np.full((len(queries), k), -1, dtype=np.int64)
    squared = np.full((len(queries), k), np.inf)
    if len(candidates) and len(queries):
        near, distance = space.nearest(queries, candidates, k, squared=True)
        positions[:, : near.shape[1]] = both.positions[near]
        squared[:, : near.shape[1]] = distance
    return positions, squared


def _merge(neighbors: Sequence[Neighbors]) -> Neighbors:
    """Return the nearest of several lists; equal distances go to the first row."""
    merged = []
    for parts in zip(*neighbors, strict=True):
        positions = np.concatenate([part[0] for part in parts], axis=1)
        squared = np.concatenate([part[1] for part in parts], axis=1)
        k = parts[0][0].shape[1]
        order = np.argsort(squared, axis=1, kind="stable")[:, :k]
        merged.append(
            (
                np.take_along_axis(positions, order, axis=1),
                np.take_along_axis(squared, order, axis=1),
            )
        )
    return merged


def _positions(neighbors: Neighbors) -> NDArray[np.int64]:
    positions = [pair[0].ravel() for pair in neighbors]
    if not positions:
        return np.empty(0, dtype=np.int64)
    distinct = np.unique(np.concatenate(positions))
    return distinct[distinct >= 0]


def _fetch(frame: Any, start: int, positions: NDArray[np.int64]) -> GatheredRows:
    """Return the rows of a partition that have these positions in the table."""
    first, last = np.searchsorted(positions, [start, start + len(frame)])
    return gather(frame, start, positions[first:last] - start)


def _doubtful(
    frame: Any, start: int, gathered: GatheredRows, context: Context, whole: Whole
) -> GatheredRows:
    """Return the rows of a partition's largest class that a cleaner may remove."""
    schema = context.schema
    asked = (schema.classes(frame) == context.largest) & schema.counts(frame)
    here = gather(frame, start, np.flatnonzero(asked))
    if not len(here.positions):
        return here
    both = _appended(gathered, here)
    job = context.job(both.frame, whole)
    rows = np.arange(len(gathered.positions), len(both.positions))
    doubtful = context.sampler._doubtful(TableView(job), job.y, rows)
    return gather(frame, start, both.positions[doubtful] - start)
