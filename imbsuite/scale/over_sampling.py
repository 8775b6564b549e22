"""Over-sampling: the sampler's own code draws from the rows that it looks at."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._table import Draw, carry, checked_draw
from imbsuite._views import Whole
from imbsuite._warning import warn
from imbsuite.scale.gathered_rows import GatheredRows, size_of
from imbsuite.scale.halo import add_halo
from imbsuite.scale.moments import gather_classes
from imbsuite.scale.new_rows import RowWriter
from imbsuite.scale.outcome import Outcome, kept_whole
from imbsuite.scale.passes import call, fetch, for_each, run
from imbsuite.scale.request import Request
from imbsuite.scale.schema import Context

__all__ = ["over_sample"]


def over_sample(request: Request) -> Outcome:
    """Gather the classes that grow, with their neighbors where these matter, and draw."""
    context, census = request.context, request.census
    growing = np.array(list(context.growing), dtype=np.intp)
    gathering = gather_classes(request, growing)
    kept = kept_whole(request, gathering.fingerprints)
    lengths = census.partition_rows.tolist()
    if not len(growing):
        return Outcome(kept, lengths, census.class_sums)
    if context.sampler._looks_at == "neighbors":
        gathering = add_halo(request, gathering, growing, by_class=True)
    rows = gathering.rows
    drawn = run(call(_draw, context, rows, gathering.whole))
    for note in fetch(drawn.notes):
        warn(note)
    sizes = request.block_sizes()
    stops = np.cumsum(sizes, dtype=np.int64)
    starts = (stops - sizes).tolist()
    blocks = for_each(_block, starts, stops.tolist(), shared=(drawn.draw,))
    shared = (rows, request.writer, gathering.spacings)
    new = for_each(_write, blocks, starts, shared=shared)
    class_sums = census.class_sums + fetch(drawn.class_sums)
    gathered = fetch(call(size_of, rows))
    return Outcome(kept + new, lengths + sizes, class_sums, *gathered)


@dataclass(frozen=True)
class _Drawn:
    """A draw from the gathered rows; the rows and the weight that each class gains."""

    draw: Draw
    notes: list[str]
    class_sums: NDArray[Any]


def _draw(context: Context, rows: GatheredRows, whole: Whole | None) -> _Drawn:
    """Draw as in memory; all rows of the classes that grow are here."""
    job = context.job(rows.frame, whole, context.growing)
    # A task may run twice: its generator must be where it was.
    draw = context.sampler._draw(job, copy.deepcopy(context.rng))
    draw = checked_draw(draw, len(job.y))
    if draw.rows is not None:
        draw = replace(draw, rows=(np.concatenate(draw.rows),))
    weight = job.table.weight
    if weight is not None:
        weight = carry(weight, _block(0, draw.n_new, draw), "auto", whole=False)
    class_sums = context.schema.class_sums(job.y[draw.seeds], weight)
    return _Drawn(draw, job.notes, class_sums)


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


def _write(
    block: Draw, start: int, rows: GatheredRows, writer: RowWriter, spacings: Any
) -> Any:
    return writer.write(block, start, rows, spacings)
