"""Over-sampling: the sampler's own code draws from the rows that it looks at."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._table import Draw, carry, checked_draw
from imbsuite._views import Job, Plan, Whole
from imbsuite._warning import warn
from imbsuite.scale.gathered_rows import GatheredRows
from imbsuite.scale.halo import Question, add_halo
from imbsuite.scale.moments import gather_classes
from imbsuite.scale.new_rows import RowWriter
from imbsuite.scale.outcome import Outcome, kept_whole, unchanged
from imbsuite.scale.passes import call, fetch, for_each, run
from imbsuite.scale.request import Request
from imbsuite.scale.schema import Schema

__all__ = ["over_sample"]


def over_sample(request: Request) -> Outcome:
    """Gather the classes that grow, with their neighbors where these matter, and draw."""
    sampler, schema = request.sampler, request.schema
    wanted = np.array(list(request.growing), dtype=np.intp)
    gathering = gather_classes(request, wanted)
    if not len(wanted):
        return unchanged(request, gathering.reading)
    if sampler._looks_at == "neighbors":
        reach, standardize = sampler._reach(), sampler.standardize
        question = Question(reach, wanted, standardize, by_class=True)
        gathering = add_halo(request, gathering, question, "halo")
    rows, whole = gathering.rows, gathering.whole
    draw = partial(_draw, plan=request.growing, rng=request.rng)
    drawn = run(call(draw, sampler, rows, whole, schema))
    summary: _Summary = fetch(drawn.summary)
    for note in summary.notes:
        warn(note)
    sizes = request.block_sizes()
    stops = np.cumsum(sizes, dtype=np.int64)
    starts = (stops - sizes).tolist()
    blocks = for_each(_block, starts, stops.tolist(), shared=(drawn.draw,))
    shared = (rows, request.writer, gathering.spacings)
    new = for_each(_write, blocks, starts, shared=shared)
    return Outcome(
        kept_whole(request, gathering.reading) + new,
        [*request.census.partition_rows.tolist(), *sizes],
        request.census.class_sums + summary.class_sums,
        gathering.n_rows,
        gathering.n_bytes,
    )


@dataclass(frozen=True)
class _Summary:
    """What the client needs to know of a draw."""

    notes: list[str]
    class_sums: NDArray[Any]


@dataclass(frozen=True)
class _Drawn:
    """A draw, whose positions are those among the gathered rows."""

    draw: Draw
    summary: _Summary


def _draw(
    sampler: Any,
    rows: GatheredRows,
    whole: Whole | None,
    schema: Schema,
    *,
    plan: Plan,
    rng: np.random.Generator,
) -> _Drawn:
    """Draw as in memory; all rows of the classes in ``plan`` are here."""
    y = schema.classes(rows.frame)
    notes: list[str] = []
    table = schema.table(rows.frame)
    job = Job(table, y, plan, schema.labels, sampler.standardize, notes, whole)
    # A task may run twice: its generator must be where it was.
    draw = checked_draw(sampler._draw(job, copy.deepcopy(rng)), len(y))
    if draw.rows is not None:
        draw = replace(draw, rows=(np.concatenate(draw.rows),))
    new = _block(0, draw.n_new, draw)
    weight = schema.weights(rows.frame)
    carried = np.ones(draw.n_new)
    if weight is not None:
        carried = carry(weight, new, "auto", whole=False)
    sums = schema.class_sums(y[draw.seeds], carried)
    return _Drawn(draw, _Summary(notes, sums))


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
