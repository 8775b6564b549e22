"""Samplers that use only labels: ranks are drawn at once, rows by partition."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from dask.delayed import Delayed
from numpy.typing import NDArray

from imbsuite._picking import cut_ranks
from imbsuite._stratified import BaseStratified
from imbsuite._table import Table
from imbsuite._types import Codes
from imbsuite._views import By, Job
from imbsuite.scale.new_rows import RowWriter
from imbsuite.scale.partitions import Reading, parts_of
from imbsuite.scale.passes import call, fetch, for_each, join, run
from imbsuite.scale.request import Drawn, Request
from imbsuite.scale.schema import Context, Schema

Ranks = NDArray[np.intp]
# Ranks of the rows of one partition, for each stratum; None: all of them.
Chosen = Sequence[Ranks | None]
_NO_RANKS = np.empty(0, dtype=np.intp)


@dataclass(frozen=True)
class PartitionedStrata:
    """The strata of a table, and their numbers of rows in each partition.

    ``rows``, of shape (n_partitions, n_strata + 1), has the numbers of rows that count
    in each stratum and, in the last column, of rows without weight. ``light`` is None
    if the rows without weight are kept, and empty if they are dropped.
    """

    by: By
    keys: Codes
    rows: NDArray[np.int64]
    light: Ranks | None

    @property
    def sizes(self) -> NDArray[np.int64]:
        """The number of rows that count in each stratum."""
        return self.rows[:, :-1].sum(axis=0)

    def cut(self, ranks: Sequence[Ranks | None]) -> list[Chosen]:
        """Split ranks by partition; they are then counted from its first row."""
        stops = np.cumsum(self.rows, axis=0).T
        pieces = [
            [None] * len(ends) if own is None else cut_ranks(own, ends)
            for own, ends in zip(ranks, stops, strict=True)
        ]
        return list(zip(*pieces, strict=True))


def sample_by_labels(request: Request) -> Drawn:
    """Draw ranks within strata; each partition keeps and repeats its own rows."""
    context, census, reading = request.context, request.census, request.reading
    stratified = isinstance(context.sampler, BaseStratified)
    if not stratified and not context.growing:
        lengths = census.partition_rows.tolist()
        return Drawn(request.kept_whole(reading), lengths, census.class_sums)
    strata = strata_in_parts(request, stratified=stratified)
    # All strata are drawn in one round, or each class that grows in its own round.
    chosen = run(call(_choose if stratified else _grow, context, strata))
    return take_chosen(request, reading, strata, chosen, all_stay=not stratified)


def take_chosen(
    request: Request,
    reading: Reading,
    strata: PartitionedStrata,
    chosen: Delayed,
    *,
    all_stay: bool = False,
) -> Drawn:
    """Return the rows with the chosen ranks.

    ``chosen`` has a list for each round, with the ``Chosen`` of each partition: first
    the ranks that are kept, then those that are repeated, in any number of rounds. If
    ``all_stay``, all rows are kept.
    """
    lengths = fetch(call(_lengths, chosen, strata))
    partitions = range(len(request.census.partition_rows))
    picked = [
        for_each(_pick, partitions, shared=(chosen, i)) for i in range(len(lengths))
    ]
    shared = (strata, request.writer)
    if all_stay:
        parts = list(request.kept_whole(reading))
    else:
        parts = reading.for_each(_keep, picked[0], shared=shared)
    again = lengths[1:]
    numbers = np.cumsum(again).reshape(again.shape) - again
    for of_round in zip(picked[1:], numbers.tolist(), strict=True):
        numbered = [list(pair) for pair in zip(*of_round, strict=True)]
        parts += reading.for_each(_repeat, numbered, shared=shared)
    class_sums = _class_sums(request, strata, picked)
    return Drawn(parts, lengths.ravel().tolist(), class_sums)


def strata_in_parts(request: Request, *, stratified: bool = True) -> PartitionedStrata:
    """Return the strata of the plan; if not ``stratified``, also split by group."""
    census, context = request.census, request.context
    by: By = context.sampler._by
    if not stratified and census.groups is not None:
        # The new rows of a class are distributed over its groups.
        by = "class_and_group"
    rows = census.stratified(by)
    light = census.partition_rows - rows.sum(axis=1)
    stay = context.sampler._kind != "under" or not light.any()
    rows = np.column_stack([rows, light])
    return PartitionedStrata(by, census.keys(by), rows, None if stay else _NO_RANKS)


def _pick(partition: int, chosen: list[list[Chosen]], i: int) -> Chosen:
    return chosen[i][partition]


def _choose(context: Context, strata: PartitionedStrata) -> list[list[Chosen]]:
    """Draw ranks as :class:`BaseStratified` samplers do, for each partition."""
    kept: list[Ranks | None] = []
    again: list[Ranks | None] = []
    rng = copy.deepcopy(context.rng)
    for whole, unsorted in context.sampler._choose(strata.sizes, context.plan, rng):
        ranks = np.sort(unsorted)
        # The first of equal ranks is kept, the others are repeats.
        first = np.ones(len(ranks), dtype=bool)
        first[1:] = ranks[1:] != ranks[:-1]
        kept.append(None if whole else ranks[first])
        again.append(ranks if whole else ranks[~first])
    stay = strata.cut([*kept, strata.light])
    if not context.sampler._repeats:
        return [stay]
    return [stay, strata.cut([*again, _NO_RANKS])]


def _grow(context: Context, strata: PartitionedStrata) -> list[list[Chosen]]:
    """Draw repeats as over-samplers do, in a round for each class that grows.

    They are drawn from a table without columns that has a row for each rank of the
    classes that grow.
    """
    schema, plan = context.schema, context.growing
    n_groups = len(schema.groups or [None])
    classes = strata.keys // n_groups
    sizes = np.where(np.isin(classes, list(plan)), strata.sizes, 0)
    cells = np.repeat(strata.keys, sizes)
    table = Table(
        _Blank(len(cells)),  # type: ignore[arg-type]
        np.empty(0, dtype=bool),
        None,
        None if schema.groups is None else cells % n_groups,
    )
    job = Job(table, cells // n_groups, plan, schema.labels, standardize=True, notes=[])
    seeds = np.sort(context.sampler._draw(job, copy.deepcopy(context.rng)).seeds)
    ranks = cut_ranks(seeds, np.cumsum(sizes))
    chosen = [strata.cut([None] * (len(ranks) + 1))]
    for label in plan:
        own = [r[: len(r) * (k == label)] for r, k in zip(ranks, classes, strict=True)]
        chosen.append(strata.cut([*own, _NO_RANKS]))
    return chosen


class _Blank:
    """A table without columns."""

    def __init__(self, n_rows: int) -> None:
        self.shape = (n_rows, 0)


def _lengths(
    chosen: list[list[Chosen]], strata: PartitionedStrata
) -> NDArray[np.int64]:
    """Return the numbers of chosen rows, of shape (n_rounds, n_partitions)."""
    sizes = strata.rows.tolist()
    return np.array([list(map(_n_chosen, sizes, of_round)) for of_round in chosen])


def _n_chosen(sizes: list[int], chosen: Chosen) -> int:
    pairs = zip(sizes, chosen, strict=True)
    return sum(n if ranks is None else len(ranks) for n, ranks in pairs)


def _class_sums(
    request: Request, strata: PartitionedStrata, picked: list[list[Delayed]]
) -> NDArray[Any]:
    """Return the number of rows and the weight of each class after resampling.

    If strata are groups or rows have weights, the labels are read once more.
    """
    if strata.by != "group" and request.table.roles.weight is None:
        sizes = [request.context.plan[k] for k in range(len(request.census.labels))]
        return np.array([sizes, sizes], dtype=np.longdouble)
    labels = Reading(parts_of(request.table.slim), request.census.starts)
    shared = (strata, request.context.schema)
    counted = [labels.for_each(_count, own, shared=shared) for own in picked]
    sums: NDArray[Any] = fetch(join(sum, list(chain(*counted))))
    return sums


def _count(
    frame: Any, _start: int, chosen: Chosen, strata: PartitionedStrata, schema: Schema
) -> NDArray[Any]:
    """Return the number of rows and the weight of each class among chosen rows."""
    rows = _rows(frame, chosen, strata, schema)
    return schema.class_sums(schema.classes(frame), schema.weights(frame), rows)


def _keep(
    frame: Any, start: int, chosen: Chosen, strata: PartitionedStrata, writer: RowWriter
) -> Any:
    whole = all(ranks is None for ranks in chosen)
    rows = None if whole else _rows(frame, chosen, strata, writer.schema)
    return writer.keep(frame, start, rows)


def _repeat(
    frame: Any,
    start: int,
    numbered: tuple[Chosen, int],
    strata: PartitionedStrata,
    writer: RowWriter,
) -> Any:
    chosen, number = numbered
    rows = _rows(frame, chosen, strata, writer.schema)
    return writer.repeat(frame, start, rows, number)


def _rows(
    frame: Any, chosen: Chosen, strata: PartitionedStrata, schema: Schema
) -> Ranks:
    """Return the rows of a partition that have these ranks in their strata, sorted."""
    codes = schema.strata(frame, strata.by, strata.keys)
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(len(chosen) + 1))
    rows = [
        order[first:last] if own is None else order[first:last][own]
        for own, first, last in zip(chosen, starts[:-1], starts[1:], strict=True)
    ]
    return np.sort(np.concatenate(rows))
