"""Over-sampling and cleaning: the sampler's own code, on the rows that it needs."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._random import check_rng
from imbsuite._table import Draw, carry, checked_draw
from imbsuite._views import TableView
from imbsuite._warning import warn
from imbsuite.scale.halo import add_doubtful, add_halo
from imbsuite.scale.moments import Gathering, gather_classes
from imbsuite.scale.new_rows import RowWriter
from imbsuite.scale.passes import call, fetch, for_each, on_all_cores, run
from imbsuite.scale.request import Drawn, Request
from imbsuite.scale.schema import Context


def over_sample(request: Request) -> Drawn:
    """Gather the classes that grow, with neighbors if they matter, and draw rows."""
    context, census = request.context, request.census
    gathering = gather_classes(request)
    kept = request.kept_whole(gathering.reading)
    lengths = census.partition_rows.tolist()
    if not context.growing:
        return Drawn(kept, lengths, census.class_sums)
    if context.sampler._looks_at == "neighbors":
        gathering = add_halo(gathering, context.gathered)
    rows = gathering.rows
    drawn: Any = run(call(_draw, gathering.context, rows))
    notes, gained = fetch(drawn[1])
    for note in notes:
        warn(note)
    sizes = request.block_sizes()
    stops = np.cumsum(sizes, dtype=np.int64)
    starts = (stops - sizes).tolist()
    blocks = for_each(_block, starts, stops.tolist(), shared=(drawn[0],))
    shared = (rows, request.writer, gathering.spacings)
    new = for_each(_write, blocks, starts, shared=shared)
    class_sums = census.class_sums + gained
    return Drawn(kept + new, lengths + sizes, class_sums, gathering.size)


@on_all_cores
def _draw(context: Context, rows: Any) -> tuple[Draw, tuple[list[str], NDArray[Any]]]:
    """Draw as in memory, from all rows of the classes that grow.

    Returns the draw, its warnings, and the number and weight of the new rows of each
    class.
    """
    job = context.job(rows, context.growing)
    # A task may run twice, so it must not advance the generator of the context.
    draw = context.sampler._draw(job, copy.deepcopy(context.rng))
    draw = checked_draw(draw, len(job.y))
    if draw.rows is not None:
        draw = replace(draw, rows=[np.concatenate(draw.rows)])
    weight = job.table.weight
    if weight is not None:
        weight = carry(weight, _block(0, len(draw.seeds), draw), "auto", whole=False)
    gained = context.schema.class_sums(job.y[draw.seeds], weight)
    return draw, (job.notes, gained)


def _block(start: int, stop: int, draw: Draw) -> Draw:
    """Return the new rows from ``start`` to ``stop`` of a draw, without kept rows."""
    block = draw.at(slice(start, stop))
    return replace(block, origins=block.seeds)


def _write(block: Draw, start: int, rows: Any, writer: RowWriter, spacings: Any) -> Any:
    if block.rows is not None:
        # A task may run twice, so the list of the draw must not lose its entries.
        block = replace(block, rows=block.rows[:])
    return writer.write(block, start, rows, spacings)


def clean(request: Request) -> Drawn:
    """Judge all rows outside the largest class, and those in it that may be removed."""
    census = request.census
    judged, gathering = _gather_judged(request)
    shared = (gathering.context, gathering.rows, judged, census.starts)
    removal: Any = run(call(_remove, *shared))
    removed, (lost, n_removed) = removal[0], fetch(removal[1])
    class_sums = census.class_sums - lost
    for label in np.flatnonzero((class_sums[0] == 0) & (census.class_sums[0] > 0)):
        # The remaining weight is a rounding error.
        class_sums[1, label] = 0
        warn(request.context.sampler._emptied(census.labels[label]))
    kept = gathering.reading.for_each(_drop, shared=(removed, request.writer))
    lengths = (census.partition_rows - n_removed).tolist()
    return Drawn(kept, lengths, class_sums, gathering.size)


def _gather_judged(request: Request) -> tuple[Any, Gathering]:
    """Return the rows to judge, and the gathered rows with all their neighbors."""
    context = request.context
    classes = np.arange(len(request.census.labels))
    gathering = gather_classes(request)
    if context.sampler._is_mutual:
        # Links are mutual, so the neighbors of gathered rows are queries as well.
        gathering = add_halo(gathering, classes)
        judged = gathering.rows
        return judged, add_halo(gathering, classes, "neighbors of neighbors")
    cleaned = np.array(list(context.plan), dtype=np.intp)
    if context.sampler._removes_neighbors:
        # Rows that are removed because of a gathered row are near it (the first halo),
        # and may also be removed by their own neighbors (the second one).
        gathering, cleaned = add_halo(gathering, classes), classes
    if context.largest in context.plan:
        gathering = add_doubtful(gathering)
    return gathering.rows, add_halo(gathering, cleaned, "neighbors of neighbors")


@on_all_cores
def _remove(
    context: Context, rows: Any, judged: Any, starts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], tuple[NDArray[Any], NDArray[np.int64]]]:
    """Return the positions of removed rows, and the losses of classes and partitions.

    Rows are removed as in memory, among the rows in ``judged`` that have a weight.
    """
    job, plan = context.job(rows, context.plan), context.plan
    # The selection is not random, so any generator will do.
    kept = context.sampler._select(TableView(job), job.y, plan, check_rng(0))
    goes = np.ones(len(job.y), dtype=bool)
    goes[kept] = False
    goes &= np.isin(rows.index, judged.index) & context.schema.counts(rows)
    lost = context.schema.class_sums(job.y, job.table.weight, goes)
    positions = rows.index.to_numpy()[goes]
    return positions, (lost, np.diff(np.searchsorted(positions, starts)))


def _drop(frame: Any, start: int, removed: NDArray[np.int64], writer: RowWriter) -> Any:
    """Return a partition without its removed rows."""
    positions = np.arange(start, start + len(frame))
    return writer.keep(frame, start, np.flatnonzero(~np.isin(positions, removed)))
