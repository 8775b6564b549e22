"""Neighbours of other classes: every partition answers for its own rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from dask.delayed import delayed
from numpy.typing import NDArray

from imbsuite._neighbors import Space
from imbsuite._table import Positions
from imbsuite._views import Job, TableView, Whole
from imbsuite.scale.gathering import Gathered, gather, join
from imbsuite.scale.graphs import combine, combine_in_tree
from imbsuite.scale.reader import Reader

__all__ = ["Question", "Search", "doubtful_of", "fetch", "find_halo"]

# Positions (-1: none) and squared distances, nearest first; a pair for each ask.
Answers = list[tuple[NDArray[np.int64], NDArray[np.float64]]]


@dataclass(frozen=True)
class Question:
    """Who is asked about, and for what.

    ``reach`` is the sampler's; ``classes`` are those whose rows are asked about;
    ``by_class`` says whether distances are measured as while one class grows, or as in
    the table as a whole.
    """

    reach: tuple[int, int]
    classes: NDArray[np.intp]
    standardize: bool
    by_class: bool


@dataclass(frozen=True)
class Search:
    """A question, and what is known of the whole table."""

    reader: Reader
    whole: Whole | None
    question: Question

    def job(self, rows: Gathered) -> Job:
        """Return what a sampler sees of these rows."""
        table, y = self.reader.table(rows.frame), self.reader.classes(rows.frame)
        standardize = self.question.standardize
        return Job(table, y, {}, self.reader.labels, standardize, [], self.whole)


def find_halo(
    parts: Sequence[Any], starts: Sequence[int], gathered: Any, search: Any
) -> Any:
    """Return, as a task, the positions of the rows that are asked for.

    Among the rows that are not gathered, these are the nearest of those that are, so
    gathered and found rows together hold the true neighbours.
    """
    found = [
        delayed(_search)(part, start, gathered, search)
        for part, start in zip(parts, starts, strict=False)
    ]
    return combine(_positions, [combine_in_tree(_merge, found)])


def _search(frame: Any, start: int, gathered: Gathered, search: Search) -> Answers:
    here = _others(frame, start, gathered, search.reader)
    both = _beside(gathered, here)
    job, question = search.job(both), search.question
    n_known = len(gathered.positions)
    others = np.arange(n_known, len(both.positions))
    return [
        _ask(space, rows, among, k, both)
        for space, rows, among, k in _asks(job, question, n_known, others)
    ]


def _others(frame: Any, start: int, gathered: Gathered, reader: Reader) -> Gathered:
    """Return the rows of a partition that count and are not gathered."""
    positions = np.arange(start, start + len(frame))
    apart = ~np.isin(positions, gathered.positions) & reader.counts(frame)
    return gather(frame, start, np.flatnonzero(apart))


def _beside(gathered: Gathered, here: Gathered) -> Gathered:
    """Return gathered rows first, then those of a partition."""
    n_known, n_here = len(gathered.positions), len(here.positions)
    both = join(
        [
            Gathered(gathered.frame, np.arange(n_known)),
            Gathered(here.frame, np.arange(n_here) + n_known),
        ]
    )
    return Gathered(both.frame, np.concatenate([gathered.positions, here.positions]))


def _asks(
    job: Job, question: Question, n_known: int, others: Positions
) -> Iterator[tuple[Space, Positions, Positions, int]]:
    """Yield whom is asked about, in which space, among whom and for how many."""
    asked = job.table.present[job.table.present < n_known]
    asked = asked[np.isin(job.y[asked], question.classes)]
    anywhere, nearby = question.reach
    groups = job.table.groups
    if not question.by_class:
        asked = np.flatnonzero(np.isin(job.y[:n_known], question.classes))
        yield job.space(None), asked, others, anywhere
        return
    if groups is None:
        anywhere, nearby = max(anywhere, nearby), 0
    whole_space = job.standard_space if job.standardize else None
    if whole_space is not None and anywhere:
        yield whole_space, asked, others, anywhere
    for rows in _strata(job, asked):
        space = whole_space or job.space(rows)
        if whole_space is None and anywhere:
            yield space, rows, others, anywhere
        if nearby and groups is not None:
            yield space, rows, others[groups[others] == groups[rows[0]]], nearby


def _strata(job: Job, rows: Positions) -> Iterator[Positions]:
    """Yield the rows of each class, each group apart."""
    groups = job.table.groups
    keys = (
        job.y[rows]
        if groups is None
        else job.y[rows] * (groups.max() + 1) + groups[rows]
    )
    for key in np.unique(keys):
        yield rows[keys == key]


def _ask(
    space: Space, rows: Positions, among: Positions, k: int, both: Gathered
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    found = np.full((len(rows), k), -1, dtype=np.int64)
    squared = np.full((len(rows), k), np.inf)
    if len(among) and len(rows):
        near, distance = space.nearest(rows, among, k, squared=True)
        found[:, : near.shape[1]] = both.positions[near]
        squared[:, : near.shape[1]] = distance
    return found, squared


def _merge(answers: Sequence[Answers]) -> Answers:
    """Return the best of several answers; equal distances go to the first row."""
    merged = []
    for parts in zip(*answers, strict=True):
        found = np.concatenate([part[0] for part in parts], axis=1)
        squared = np.concatenate([part[1] for part in parts], axis=1)
        k = parts[0][0].shape[1]
        order = np.argsort(squared, axis=1, kind="stable")[:, :k]
        merged.append(
            (
                np.take_along_axis(found, order, axis=1),
                np.take_along_axis(squared, order, axis=1),
            )
        )
    return merged


def _positions(answers: Sequence[Answers]) -> NDArray[np.int64]:
    found = [positions.ravel() for positions, _ in answers[0]]
    if not found:
        return np.empty(0, dtype=np.int64)
    together = np.unique(np.concatenate(found))
    return together[together >= 0]


def fetch(frame: Any, start: int, positions: NDArray[np.int64]) -> Gathered:
    """Return the rows of a partition that have these positions in the table."""
    first, last = np.searchsorted(positions, [start, start + len(frame)])
    return gather(frame, start, positions[first:last] - start)


def doubtful_of(
    frame: Any, start: int, gathered: Gathered, search: Search, sampler: Any
) -> Gathered:
    """Return the rows of a partition that a cleaner cannot acquit by what is here.

    They have a row of another class nearer than any k rows of this partition.
    """
    classes, whole = search.reader.classes(frame), search.whole
    largest = -1 if whole is None else whole.largest
    asked = (classes == largest) & search.reader.counts(frame)
    here = gather(frame, start, np.flatnonzero(asked))
    if not len(here.positions):
        return here
    both = _beside(gathered, here)
    job = search.job(both)
    rows = np.arange(len(gathered.positions), len(both.positions))
    doubtful = sampler._doubtful(TableView(job), job.y, rows)
    return gather(frame, start, both.positions[doubtful] - start)
