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
from imbsuite._table import Positions
from imbsuite._views import Job, TableView, Whole
from imbsuite.scale.gathered_rows import GatheredRows, gather, gather_all, join_rows
from imbsuite.scale.moments import Gathering
from imbsuite.scale.passes import call, fetch, join, join_in_tree, run
from imbsuite.scale.request import Request
from imbsuite.scale.schema import Schema

__all__ = ["Question", "add_doubtful", "add_halo"]

# Positions (-1 where there is none) and squared distances, nearest first, of shape
# (n_queries, k): one pair for each search.
Neighbors = list[tuple[NDArray[np.int64], NDArray[np.float64]]]


@dataclass(frozen=True)
class Question:
    """Whose neighbors are searched, and how many.

    ``reach`` is the sampler's; ``classes`` are those whose rows are the queries;
    ``by_class`` says whether distances are measured as while one class grows, or as in
    the table as a whole.
    """

    reach: tuple[int, int]
    classes: NDArray[np.intp]
    standardize: bool
    by_class: bool


@dataclass(frozen=True)
class _Search:
    """A question, and what is known of the whole table."""

    schema: Schema
    whole: Whole | None
    question: Question

    def job(self, rows: GatheredRows) -> Job:
        """Return what a sampler sees of these rows."""
        table, y = self.schema.table(rows.frame), self.schema.classes(rows.frame)
        standardize = self.question.standardize
        return Job(table, y, {}, self.schema.labels, standardize, [], self.whole)


def add_halo(
    request: Request, gathering: Gathering, question: Question, what: str
) -> Gathering:
    """Gather the nearest neighbors of gathered rows among those that are not gathered.

    Both together hold the true neighbors. Every partition searches its own rows, and the
    nearest of all are merged.
    """
    search = _Search(request.schema, gathering.whole, question)
    reading, rows = gathering.reading, gathering.rows
    nearest = reading.for_each(_search, shared=(rows, search))
    merged = run(join_in_tree(_merge, nearest))
    positions = call(_positions, merged)
    fetched = reading.for_each(_fetch, shared=(positions,))
    return _add(request, gathering, fetched, what)


def add_doubtful(
    request: Request, gathering: Gathering, question: Question
) -> Gathering:
    """Gather the rows of the largest class that a cleaner may remove."""
    search = _Search(request.schema, gathering.whole, question)
    shared = (gathering.rows, search, request.sampler)
    doubtful = gathering.reading.for_each(_doubtful, shared=shared)
    return _add(request, gathering, doubtful, "doubtful")


def _add(
    request: Request, gathering: Gathering, found: list[Delayed], what: str
) -> Gathering:
    gathered = join(partial(gather_all, what=what, limit=request.limit), found)
    rows = run(call(_beside, gathering.rows, gathered))
    n_rows, n_bytes = fetch(call(_size, rows))
    return replace(gathering, rows=rows, n_rows=n_rows, n_bytes=n_bytes)


def _beside(rows: GatheredRows, others: GatheredRows) -> GatheredRows:
    return join_rows([rows, others])


def _size(rows: GatheredRows) -> list[int]:
    return [len(rows.positions), rows.n_bytes]


def _search(
    frame: Any, start: int, gathered: GatheredRows, search: _Search
) -> Neighbors:
    here = _others(frame, start, gathered, search.schema)
    both = _appended(gathered, here)
    n_gathered = len(gathered.positions)
    candidates = np.arange(n_gathered, len(both.positions))
    return [
        _nearest(space, queries, among, k, both)
        for space, queries, among, k in _searches(
            search.job(both), search.question, n_gathered, candidates
        )
    ]


def _others(
    frame: Any, start: int, gathered: GatheredRows, schema: Schema
) -> GatheredRows:
    """Return the rows of a partition that count and are not gathered."""
    positions = np.arange(start, start + len(frame))
    others = ~np.isin(positions, gathered.positions) & schema.counts(frame)
    return gather(frame, start, np.flatnonzero(others))


def _appended(gathered: GatheredRows, here: GatheredRows) -> GatheredRows:
    """Return gathered rows first, then those of a partition."""
    n_gathered, n_here = len(gathered.positions), len(here.positions)
    both = join_rows(
        [
            GatheredRows(gathered.frame, np.arange(n_gathered)),
            GatheredRows(here.frame, np.arange(n_here) + n_gathered),
        ]
    )
    positions = np.concatenate([gathered.positions, here.positions])
    return GatheredRows(both.frame, positions)


def _searches(
    job: Job, question: Question, n_gathered: int, candidates: Positions
) -> Iterator[tuple[Space, Positions, Positions, int]]:
    """Yield (space, queries, candidates, k) for each neighbor search."""
    queries = job.table.present[job.table.present < n_gathered]
    queries = queries[np.isin(job.y[queries], question.classes)]
    among_all, within_group = question.reach
    groups = job.table.groups
    if not question.by_class:
        queries = np.flatnonzero(np.isin(job.y[:n_gathered], question.classes))
        yield job.space(None), queries, candidates, among_all
        return
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
    frame: Any, start: int, gathered: GatheredRows, search: _Search, sampler: Any
) -> GatheredRows:
    """Return the rows of the largest class that a cleaner may remove.

    They have a row of another class nearer than any k rows of this partition.
    """
    classes, whole = search.schema.classes(frame), search.whole
    largest = -1 if whole is None else whole.largest
    asked = (classes == largest) & search.schema.counts(frame)
    here = gather(frame, start, np.flatnonzero(asked))
    if not len(here.positions):
        return here
    both = _appended(gathered, here)
    job = search.job(both)
    rows = np.arange(len(gathered.positions), len(both.positions))
    doubtful = sampler._doubtful(TableView(job), job.y, rows)
    return gather(frame, start, both.positions[doubtful] - start)
