"""Over-sampling: the sampler's own code draws from the rows that it looks at."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._table import Draw, carry, checked_draw
from imbsuite._views import Whole
from imbsuite._warning import warn
from imbsuite.scale.halo import add_halo
from imbsuite.scale.moments import gather_classes
from imbsuite.scale.new_rows import RowWriter
from imbsuite.scale.passes import call, fetch, for_each, run
from imbsuite.scale.request import Drawn, Request
from imbsuite.scale.schema import Context

__all__ = ["over_sample"]


def over_sample(request: Request) -> Drawn:
    """Gather the classes that grow, with their neighbors where these matter, and draw."""
    context, census = request.context, request.census
    growing = np.array(list(context.growing), dtype=np.intp)
    gathering = gather_classes(request, growing)
    kept = request.kept_whole(gathering.reading)
    lengths = census.partition_rows.tolist()
    if not len(growing):
        return Drawn(kept, lengths, census.class_sums)
    if context.sampler._looks_at == "neighbors":
        gathering = add_halo(gathering, growing, by_class=True)
    rows = gathering.rows
    drawn: Any = run(call(_draw, context, rows, gathering.whole))
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
    return Drawn(kept + new, lengths + sizes, class_sums, *gathering.size)


def _draw(
    context: Context, rows: Any, whole: Whole | None
) -> tuple[Draw, tuple[list[str], NDArray[Any]]]:
    """Draw as in memory, from all rows of the classes that grow.

    Returns the draw, what is to be said of it, and the rows and weight of each class.
    """
    job = context.job(rows, whole, context.growing)
    # A task may run twice: its generator must be where it was.
    draw = context.sampler._draw(job, copy.deepcopy(context.rng))
    draw = checked_draw(draw, len(job.y))
    if draw.rows is not None:
        draw = replace(draw, rows=(np.concatenate(draw.rows),))
    weight = job.table.weight
    if weight is not None:
        weight = carry(weight, _block(0, len(draw.seeds), draw), "auto", whole=False)
    gained = context.schema.class_sums(job.y[draw.seeds], weight)
    return draw, (job.notes, gained)


def _block(start: int, stop: int, draw: Draw) -> Draw:
    """Return the new rows from ``start`` to ``stop`` of a draw, and none that is kept."""
    own = slice(start, stop)
    seeds = draw.seeds[own]
    return Draw(
        seeds,
        seeds if draw.partners is draw.seeds else draw.partners[own],
        draw.steps[own],
        kept=np.empty(0, dtype=np.intp),
        rows=None if draw.rows is None else (draw.rows[0][own],),
        voters=None if draw.voters is None else draw.voters[own],
        origins=seeds,
    )


def _write(block: Draw, start: int, rows: Any, writer: RowWriter, spacings: Any) -> Any:
    return writer.write(block, start, rows, spacings)
