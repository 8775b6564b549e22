"""Samplers that look at labels alone: ranks are drawn at once, rows by partition."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from dask.delayed import Delayed
from numpy.typing import NDArray

from imbsuite._stratified import BaseStratified
from imbsuite._table import Table
from imbsuite._types import Codes
from imbsuite._views import By, Job
from imbsuite.scale.new_rows import RowWriter
from imbsuite.scale.outcome import Outcome, kept_whole
from imbsuite.scale.partitions import Reading, parts_of
from imbsuite.scale.passes import call, fetch, for_each, join, run
from imbsuite.scale.request import Request
from imbsuite.scale.schema import Context, Schema

__all__ = ["sample_by_labels"]

Ranks = NDArray[np.intp]


@dataclass(frozen=True)
class _Strata:
    """Strata of a table, and how many rows of each every partition holds.

    ``rows`` (n_partitions, n_strata) are those that count. ``light_stay`` says whether
    others stay in the table.
    """

    by: By
    keys: Codes
    rows: NDArray[np.int64]
    light_stay: bool

    @property
    def sizes(self) -> NDArray[np.int64]:
        """How many rows each stratum has."""
        return self.rows.sum(axis=0)


@dataclass(frozen=True)
class _Chosen:
    """Which rows of one partition: ranks within it, a list entry for each stratum.

    ``kept`` is None for strata that stay whole. ``number`` is that of the first new row.
    """

    kept: list[Ranks | None]
    again: list[Ranks]
    number: int


def sample_by_labels(request: Request) -> Outcome:
    """Draw ranks within strata; each partition keeps and repeats rows of its own."""
    context, census = request.context, request.census
    stratified = isinstance(context.sampler, BaseStratified)
    if not stratified and not context.growing:
        lengths = census.partition_rows.tolist()
        return Outcome(kept_whole(request), lengths, census.class_sums)
    strata = _strata(request, stratified=stratified)
    # Strata are drawn together, or each class that grows has a round of its own.
    rounds = run(call(_choose if stratified else _grow, context, strata))
    numbers = range(len(census.partition_rows))
    chosen = [
        for_each(_pick, numbers, shared=(rounds, i))
        for i in range(1 if stratified else len(context.growing))
    ]
    reading, shared = request.reading(), (strata, request.writer)
    parts = kept_whole(request)
    if stratified:
        parts = reading.for_each(_keep, chosen[0], shared=shared)
    if not stratified or context.sampler._repeats:
        parts = sum(
            (reading.for_each(_repeat, c, shared=shared) for c in chosen), parts
        )
    lengths = fetch(call(_lengths, rounds, strata, census.partition_rows))
    return Outcome(parts, lengths[: len(parts)], _class_sums(request, strata, chosen))


def _strata(request: Request, *, stratified: bool) -> _Strata:
    census, sampler = request.census, request.context.sampler
    by: By = sampler._by
    if not stratified and census.groups is not None:
        # A class that grows is shared out over its groups.
        by = "class_and_group"
    light_stay = sampler._kind != "under"
    return _Strata(by, census.keys(by), census.stratified(by), light_stay)


def _pick(partition: int, rounds: list[list[_Chosen]], i: int) -> _Chosen:
    return rounds[i][partition]


def _choose(context: Context, strata: _Strata) -> list[list[_Chosen]]:
    """Draw ranks as :class:`BaseStratified` samplers do, for each partition."""
    kept: list[Ranks | None] = []
    again: list[Ranks] = []
    rng = copy.deepcopy(context.rng)
    drawn = context.sampler._choose(strata.sizes, context.plan, rng)
    for whole, unsorted in drawn:
        ranks = np.sort(unsorted)
        # The first of equal ranks is kept, the others are repeats.
        first = np.ones(len(ranks), dtype=bool)
        first[1:] = ranks[1:] != ranks[:-1]
        kept.append(None if whole else ranks[first])
        again.append(ranks if whole else ranks[~first])
    return [_by_partition(strata, kept, again)]


def _grow(context: Context, strata: _Strata) -> list[list[_Chosen]]:
    """Draw repeats as over-samplers do; a list for each class, of all partitions.

    They are drawn from a table that has no columns, and a row for each rank of the
    classes that grow.
    """
    schema, plan = context.schema, context.growing
    n_groups = len(schema.groups or [None])
    grows = np.isin(strata.keys // n_groups, list(plan))
    sizes = np.where(grows, strata.sizes, 0)
    rows = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes)])
    cells = np.repeat(strata.keys, sizes)
    table = Table(
        _Blank(len(cells)),  # type: ignore[arg-type]
        np.empty(0, dtype=bool),
        None,
        None if schema.groups is None else cells % n_groups,
    )
    job = Job(table, cells // n_groups, plan, schema.labels, standardize=True, notes=[])
    seeds = np.sort(context.sampler._draw(job, copy.deepcopy(context.rng)).seeds)
    again = np.split(seeds, np.searchsorted(seeds, rows[1:-1]))
    ranks = [
        part - start for part, start in zip(again, rows[:-1].tolist(), strict=True)
    ]
    rounds, number = [], 0
    for label in plan:
        own = strata.keys // n_groups == label
        mine = [r if is_own else r[:0] for r, is_own in zip(ranks, own, strict=True)]
        rounds.append(_by_partition(strata, [None] * len(mine), mine, number))
        number += sum(map(len, mine))
    return rounds


class _Blank:
    """A table without columns."""

    def __init__(self, n_rows: int) -> None:
        self.shape = (n_rows, 0)


def _by_partition(
    strata: _Strata,
    kept: Sequence[Ranks | None],
    again: Sequence[Ranks],
    number: int = 0,
) -> list[_Chosen]:
    """Cut ranks into those of each partition, counted from its own first row."""
    chosen = []
    stops = np.cumsum(strata.rows, axis=0)
    for start, stop in zip(stops - strata.rows, stops, strict=True):
        bounds = list(zip(start.tolist(), stop.tolist(), strict=True))
        stay = [
            None if ranks is None else _between(ranks, *ends)
            for ranks, ends in zip(kept, bounds, strict=True)
        ]
        come = [_between(r, *ends) for r, ends in zip(again, bounds, strict=True)]
        chosen.append(_Chosen(stay, come, number))
        number += sum(map(len, come))
    return chosen


def _between(ranks: Ranks, start: int, stop: int) -> Ranks:
    first, last = np.searchsorted(ranks, [start, stop])
    return ranks[first:last] - start


def _lengths(
    rounds: list[list[_Chosen]], strata: _Strata, partition_rows: NDArray[np.int64]
) -> list[int]:
    """Return how many rows of each partition stay, then how many come again."""
    stay = [
        sum(
            n if ranks is None else len(ranks)
            for n, ranks in zip(sizes, own.kept, strict=True)
        )
        for sizes, own in zip(strata.rows.tolist(), rounds[0], strict=True)
    ]
    if strata.light_stay:
        stay = (partition_rows - strata.rows.sum(axis=1) + stay).tolist()
    return stay + [sum(map(len, own.again)) for chosen in rounds for own in chosen]


def _class_sums(
    request: Request, strata: _Strata, chosen: list[list[Delayed]]
) -> NDArray[Any]:
    """Return the rows and the weight of each class afterwards.

    Where strata are groups, or rows have weights, that is read from the labels.
    """
    if strata.by != "group" and request.table.columns.weight is None:
        sizes = [request.context.plan[k] for k in range(len(request.census.labels))]
        return np.array([sizes, sizes], dtype=np.longdouble)
    labels = Reading(parts_of(request.table.slim), request.census.starts)
    shared = (strata, request.context.schema)
    counted = [labels.for_each(_count, own, shared=shared) for own in chosen]
    sums = np.array([fetch(join(sum, of_round)) for of_round in counted])
    # What stays is the same in all rounds.
    return np.asarray(sums[0, 0] + sums[:, 1].sum(axis=0))


def _count(
    frame: Any, _start: int, chosen: _Chosen, strata: _Strata, schema: Schema
) -> NDArray[Any]:
    """Return the rows and the weight of each class, of what stays and what comes again."""
    own, classes = schema.strata(frame, strata.by, strata.keys), schema.classes(frame)
    weight = schema.weights(frame)
    both = (_rows(own, chosen.kept), _rows(own, chosen.again))
    return np.array([schema.class_sums(classes, weight, rows) for rows in both])


def _keep(
    frame: Any, start: int, chosen: _Chosen, strata: _Strata, writer: RowWriter
) -> Any:
    schema = writer.schema
    whole = strata.light_stay or schema.columns.weight is None
    if whole and all(ranks is None for ranks in chosen.kept):
        return writer.keep(frame, None, start)
    own = schema.strata(frame, strata.by, strata.keys)
    rows = _rows(own, chosen.kept)
    if strata.light_stay:
        rows = np.union1d(rows, np.flatnonzero(own == len(strata.keys)))
    return writer.keep(frame, rows, start)


def _repeat(
    frame: Any, start: int, chosen: _Chosen, strata: _Strata, writer: RowWriter
) -> Any:
    own = writer.schema.strata(frame, strata.by, strata.keys)
    return writer.repeat(frame, _rows(own, chosen.again), start, chosen.number)


def _rows(strata: Codes, ranks: Sequence[Ranks | None]) -> Ranks:
    """Return the rows of a partition that have these ranks in their strata, sorted."""
    order = np.argsort(strata, kind="stable")
    starts = np.searchsorted(strata[order], np.arange(len(ranks) + 1))
    rows = [
        order[first:last] if own is None else order[first:last][own]
        for own, first, last in zip(ranks, starts[:-1], starts[1:], strict=True)
    ]
    return np.sort(np.concatenate(rows))
