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
from imbsuite.scale.partitions import Reading, parts_of
from imbsuite.scale.passes import call, fetch, for_each, join, run
from imbsuite.scale.request import Drawn, Request
from imbsuite.scale.schema import Context, Schema

Ranks = NDArray[np.intp]


@dataclass(frozen=True)
class PartitionedStrata:
    """Strata of a table, and how many rows of each every partition holds.

    ``rows`` (n_partitions, n_strata + 1) are those that count; others come last, as one
    more stratum, and ``light_stay`` says whether these stay in the table.
    """

    by: By
    keys: Codes
    rows: NDArray[np.int64]
    light_stay: bool

    @property
    def sizes(self) -> NDArray[np.int64]:
        """How many rows each stratum has."""
        return self.rows[:, :-1].sum(axis=0)

    def cut(
        self, kept: Sequence[Ranks | None], again: Sequence[Ranks], number: int = 0
    ) -> list[Chosen]:
        """Cut ranks into those of each partition, counted from its own first row."""
        none = np.empty(0, dtype=np.intp)
        kept, again = [*kept, None if self.light_stay else none], [*again, none]
        chosen = []
        stops = np.cumsum(self.rows, axis=0)
        for start, stop in zip(stops - self.rows, stops, strict=True):
            bounds = list(zip(start.tolist(), stop.tolist(), strict=True))
            stay = [
                None if ranks is None else _between(ranks, *ends)
                for ranks, ends in zip(kept, bounds, strict=True)
            ]
            come = [_between(r, *ends) for r, ends in zip(again, bounds, strict=True)]
            chosen.append(Chosen(stay, come, number))
            number += sum(map(len, come))
        return chosen


@dataclass(frozen=True)
class Chosen:
    """Which rows of one partition: ranks within it, a list entry for each stratum.

    ``kept`` is None for strata that stay whole. ``number`` is that of the first new row.
    """

    kept: list[Ranks | None]
    again: list[Ranks]
    number: int


def sample_by_labels(request: Request) -> Drawn:
    """Draw ranks within strata; each partition keeps and repeats rows of its own."""
    context, census, reading = request.context, request.census, request.reading
    stratified = isinstance(context.sampler, BaseStratified)
    sizes = census.partition_rows
    if not stratified and not context.growing:
        return Drawn(request.kept_whole(reading), sizes.tolist(), census.class_sums)
    strata = strata_in_parts(request, stratified=stratified)
    # Strata are drawn together, or each class that grows has a round of its own.
    rounds = run(call(_choose if stratified else _grow, context, strata))
    return take_chosen(
        request,
        reading,
        strata,
        rounds,
        n_rounds=1 if stratified else len(context.growing),
        keeps=stratified,
        repeats=not stratified or context.sampler._repeats,
    )


def take_chosen(
    request: Request,
    reading: Reading,
    strata: PartitionedStrata,
    rounds: Delayed,
    *,
    n_rounds: int = 1,
    keeps: bool = True,
    repeats: bool = False,
) -> Drawn:
    """Return the rows of chosen ranks.

    ``rounds`` has, for each round, what is ``Chosen`` of each partition. ``keeps`` says
    whether only kept ranks stay, and ``repeats`` whether there are ranks that come again.
    """
    n_partitions = len(request.census.partition_rows)
    chosen = [
        for_each(_pick, range(n_partitions), shared=(rounds, i))
        for i in range(n_rounds)
    ]
    shared = (strata, request.writer)
    if keeps:
        parts = reading.for_each(_keep, chosen[0], shared=shared)
    else:
        parts = list(request.kept_whole(reading))
    if repeats:
        for of_round in chosen:
            parts += reading.for_each(_repeat, of_round, shared=shared)
    lengths = fetch(call(_lengths, rounds, strata))
    return Drawn(parts, lengths[: len(parts)], _class_sums(request, strata, chosen))


def strata_in_parts(request: Request, *, stratified: bool = True) -> PartitionedStrata:
    """Return the strata of a table, those that a plan is made for if ``stratified``."""
    census, context = request.census, request.context
    by: By = context.sampler._by
    if not stratified and census.groups is not None:
        # A class that grows is shared out over its groups.
        by = "class_and_group"
    rows = census.stratified(by)
    light = census.partition_rows - rows.sum(axis=1)
    stay = context.sampler._kind != "under" or not light.any()
    return PartitionedStrata(
        by, census.keys(by), np.column_stack([rows, light]), light_stay=stay
    )


def _pick(partition: int, rounds: list[list[Chosen]], i: int) -> Chosen:
    return rounds[i][partition]


def _choose(context: Context, strata: PartitionedStrata) -> list[list[Chosen]]:
    """Draw ranks as :class:`BaseStratified` samplers do, for each partition."""
    kept: list[Ranks | None] = []
    again: list[Ranks] = []
    rng = copy.deepcopy(context.rng)
    for whole, unsorted in context.sampler._choose(strata.sizes, context.plan, rng):
        ranks = np.sort(unsorted)
        # The first of equal ranks is kept, the others are repeats.
        first = np.ones(len(ranks), dtype=bool)
        first[1:] = ranks[1:] != ranks[:-1]
        kept.append(None if whole else ranks[first])
        again.append(ranks if whole else ranks[~first])
    return [strata.cut(kept, again)]


def _grow(context: Context, strata: PartitionedStrata) -> list[list[Chosen]]:
    """Draw repeats as over-samplers do; a list for each class, of all partitions.

    They are drawn from a table that has no columns, and a row for each rank of the
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
    stops = np.cumsum(sizes)
    ranks = [
        _between(seeds, stop - n, stop) for n, stop in zip(sizes, stops, strict=True)
    ]
    rounds, number = [], 0
    for label in plan:
        own = [r[: len(r) * (k == label)] for r, k in zip(ranks, classes, strict=True)]
        rounds.append(strata.cut([None] * len(own), own, number))
        number += sum(map(len, own))
    return rounds


class _Blank:
    """A table without columns."""

    def __init__(self, n_rows: int) -> None:
        self.shape = (n_rows, 0)


def _between(ranks: Ranks, start: int, stop: int) -> Ranks:
    first, last = np.searchsorted(ranks, [start, stop])
    return ranks[first:last] - start


def _lengths(rounds: list[list[Chosen]], strata: PartitionedStrata) -> list[int]:
    """Return how many rows of each partition stay, then how many come again."""
    stay = [
        sum(
            n if ranks is None else len(ranks)
            for n, ranks in zip(sizes, own.kept, strict=True)
        )
        for sizes, own in zip(strata.rows.tolist(), rounds[0], strict=True)
    ]
    return stay + [sum(map(len, own.again)) for chosen in rounds for own in chosen]


def _class_sums(
    request: Request, strata: PartitionedStrata, chosen: list[list[Delayed]]
) -> NDArray[Any]:
    """Return the rows and the weight of each class afterwards.

    Where strata are groups, or rows have weights, that is read from the labels.
    """
    if strata.by != "group" and request.table.roles.weight is None:
        sizes = [request.context.plan[k] for k in range(len(request.census.labels))]
        return np.array([sizes, sizes], dtype=np.longdouble)
    labels = Reading(parts_of(request.table.slim), request.census.starts)
    shared = (strata, request.context.schema)
    counted = [labels.for_each(_count, own, shared=shared) for own in chosen]
    sums = np.array([fetch(join(sum, of_round)) for of_round in counted])
    # What stays is the same in all rounds.
    return np.asarray(sums[0, 0] + sums[:, 1].sum(axis=0))


def _count(
    frame: Any, _start: int, chosen: Chosen, strata: PartitionedStrata, schema: Schema
) -> NDArray[Any]:
    """Return the rows and the weight of each class, of what stays and what comes again."""
    classes, weight = schema.classes(frame), schema.weights(frame)
    both = (
        _rows(frame, ranks, strata, schema) for ranks in (chosen.kept, chosen.again)
    )
    return np.array([schema.class_sums(classes, weight, rows) for rows in both])


def _keep(
    frame: Any,
    start: int,
    chosen: Chosen,
    strata: PartitionedStrata,
    writer: RowWriter,
) -> Any:
    whole = all(ranks is None for ranks in chosen.kept)
    rows = None if whole else _rows(frame, chosen.kept, strata, writer.schema)
    return writer.keep(frame, start, rows)


def _repeat(
    frame: Any,
    start: int,
    chosen: Chosen,
    strata: PartitionedStrata,
    writer: RowWriter,
) -> Any:
    rows = _rows(frame, chosen.again, strata, writer.schema)
    return writer.repeat(frame, start, rows, chosen.number)


def _rows(
    frame: Any,
    ranks: Sequence[Ranks | None],
    strata: PartitionedStrata,
    schema: Schema,
) -> Ranks:
    """Return the rows of a partition that have these ranks in their strata, sorted."""
    codes = schema.strata(frame, strata.by, strata.keys)
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(len(ranks) + 1))
    rows = [
        order[first:last] if own is None else order[first:last][own]
        for own, first, last in zip(ranks, starts[:-1], starts[1:], strict=True)
    ]
    return np.sort(np.concatenate(rows))
