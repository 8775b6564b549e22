"""The draw: the sampler's own code, on the rows that were gathered."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np

from imbsuite._table import Draw, checked_draw
from imbsuite._views import Job, Plan, Whole
from imbsuite.scale.gathering import Gathered
from imbsuite.scale.reader import Reader
from imbsuite.scale.records import tell

__all__ = ["draw_rows", "part_of"]


def draw_rows(
    sampler: Any,
    gathered: Gathered,
    whole: Whole | None,
    reader: Reader,
    *,
    plan: Plan,
    rng: np.random.Generator,
    told: list[str],
) -> Draw:
    """Return what ``sampler`` draws; positions are those among the gathered rows.

    ``plan`` lists the classes to grow, all of whose rows are here. Of the sampler's
    notes, those that were not ``told`` at the call become warnings.
    """
    y = reader.classes(gathered.frame)
    notes: list[str] = []
    table = reader.table(gathered.frame)
    job = Job(table, y, plan, reader.labels, sampler.standardize, notes, whole)
    # A task may run twice: its generator must be where it was.
    draw = checked_draw(sampler._draw(job, copy.deepcopy(rng)), len(y))
    for note in notes:
        if note not in told:
            tell(note)
    if draw.rows is None:
        return draw
    return replace(draw, rows=(np.concatenate(draw.rows),))


def part_of(draw: Draw, start: int, stop: int) -> Draw:
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
