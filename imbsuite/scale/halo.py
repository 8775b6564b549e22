"""The halo of gathered rows: their nearest neighbors among all other rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._neighbors import Space
from imbsuite._types import Codes, Positions
from imbsuite._views import Job, TableView, strata_of
from imbsuite.scale.gathered_rows import gather, stack
from imbsuite.scale.moments import Gathering
from imbsuite.scale.passes import call, join_in_tree, run
from imbsuite.scale.schema import Context

# Positions (-1 where there is none) and squared distances, nearest first, of shape
# (n_queries, k): one pair for each halo.
Neighbors = list[tuple[NDArray[np.int64], NDArray[np.float64]]]


def add_halo(
    gathering: Gathering, classes: Codes, what: str = "neighbors"
) -> Gathering:
    """Gather the nearest neighbors of gathered rows among all other rows.

    All gathered rows together then include the true neighbors. Each partition is
    searched separately, and the results are merged. The query points are the gathered
    rows of ``classes``.
    """
    reading = gathering.reading
    shared = (gathering.rows, gathering.context, classes)
    nearest = reading.for_each(_search, shared=shared)
    near = call(_positions, run(join_in_tree(_merge, nearest)))
    return gathering.joined(reading.for_each(_fetch, shared=(near,)), what)


def add_doubtful(gathering: Gathering) -> Gathering:
    """Gather the rows of the largest class that a cleaner may remove."""
    shared = (gathering.rows, gathering.context)
    doubtful = gathering.reading.for_each(_doubtful, shared=shared)
    return gathering.joined(doubtful, "rows that may be removed")


def _search(
    frame: Any, start: int, gathered: Any, context: Context, classes: Codes
) -> Neighbors:
    """Search among the rows of a partition that count and are not gathered."""
    positions = np.arange(start, start + len(frame))
    others = ~np.isin(positions, gathered.index) & context.schema.counts(frame)
    both = stack([gathered, gather(frame, start, np.flatnonzero(others))])
    job, n_gathered = context.job(both), len(gathered)
    queries = job.table.present[job.table.present < n_gathered]
    queries = queries[np.isin(job.y[queries], classes)]
    candidates = np.arange(n_gathered, len(both))
    searches = _searches(job, context.sampler, queries, candidates)
    return [_nearest(*arguments, both.index.to_numpy()) for arguments in searches]


def _searches(
    job: Job, sampler: Any, queries: Positions, candidates: Positions
) -> Iterator[tuple[Space, Positions, Positions, int]]:
    """Yield (space, queries, candidates, k) for each neighbor halo."""
    among_all, within_group = sampler._reach()
    groups = job.table.groups
    if sampler._kind != "over":
        # Distances are those of the table as a whole, not of a class that grows.
        yield TableView(job).space, queries, candidates, among_all
        return
    if groups is None:
        among_all, within_group = max(among_all, within_group), 0
    whole_space = job.standard_space if job.standardize else None
    if whole_space is not None and among_all:
        yield whole_space, queries, candidates, among_all
    for rows in _strata(job, queries):
        space = whole_space or job.raw_space(rows)
        if whole_space is None and among_all:
            yield space, rows, candidates, among_all
        if within_group and groups is not None:
            same = candidates[groups[candidates] == groups[rows[0]]]
            yield space, rows, same, within_group


def _strata(job: Job, rows: Positions) -> Iterator[Positions]:
    """Yield the rows of each class, separately for each group."""
    groups = job.table.groups
    if groups is None:
        keys = job.y[rows]
    else:
        keys = strata_of("class_and_group", job.y[rows], groups[rows])
    for key in np.unique(keys):
        yield rows[keys == key]


def _nearest(
    space: Space, queries: Positions, candidates: Positions, k: int, names: Positions
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    positions = np.full((len(queries), k), -1, dtype=np.int64)
    squared = np.full((len(queries), k), np.inf)
    if len(candidates) and len(queries):
        near, distance = space.nearest(queries, candidates, k, squared=True)
        positions[:, : near.shape[1]] = names[near]
        squared[:, : near.shape[1]] = distance
    return positions, squared


def _merge(neighbors: Sequence[Neighbors]) -> Neighbors:
    """Merge lists of neighbors; of equal distances, the first row is the nearest."""
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
    near = [np.empty(0, dtype=np.int64), *(pair[0].ravel() for pair in neighbors)]
    distinct = np.unique(np.concatenate(near))
    return distinct[distinct >= 0]


def _fetch(frame: Any, start: int, positions: NDArray[np.int64]) -> Any:
    """Return the rows of a partition that have these positions in the table."""
    first, last = np.searchsorted(positions, [start, start + len(frame)])
    return gather(frame, start, positions[first:last] - start)


def _doubtful(frame: Any, start: int, gathered: Any, context: Context) -> Any:
    """Return the rows of a partition's largest class that a cleaner may remove."""
    schema = context.schema
    is_candidate = (schema.classes(frame) == context.largest) & schema.counts(frame)
    is_candidate &= ~np.isin(np.arange(start, start + len(frame)), gathered.index)
    here = gather(frame, start, np.flatnonzero(is_candidate))
    if not len(here):
        return here
    both = stack([gathered, here])
    job = context.job(both)
    rows = np.arange(len(gathered), len(both))
    doubtful = context.sampler._doubtful(TableView(job), job.y, rows)
    return here.iloc[doubtful - len(gathered)]
