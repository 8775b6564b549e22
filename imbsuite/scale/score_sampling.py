"""Under-sampling by scores, computed in parts: the lowest scores are kept."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from imbsuite._types import Floats, Positions
from imbsuite._views import TableView
from imbsuite.scale.gathered_rows import gather, stack
from imbsuite.scale.halo import add_doubtful, add_halo
from imbsuite.scale.label_sampling import (
    Chosen,
    PartitionedStrata,
    strata_in_parts,
    take_chosen,
)
from imbsuite.scale.moments import Gathering, gather_classes
from imbsuite.scale.passes import call, join, on_all_cores, run
from imbsuite.scale.request import Drawn, Request
from imbsuite.scale.schema import Context

# Sorted positions in the table, and scores, of the rows of each class.
_Scores = Mapping[int, tuple[Positions, Floats]]


def sample_by_scores(request: Request) -> Drawn:
    """Keep the rows with the lowest scores of each class that is cut."""
    context = request.context
    strata = strata_in_parts(request)
    gathering = gather_classes(request)
    if context.sampler._looks_at == "reference":
        shared = (gathering.rows, gathering.context)
        scores = gathering.reading.for_each(_by_reference, shared=shared)
    else:
        gathering, known = _by_neighbors(gathering)
        scores = gathering.reading.for_each(_look_up, shared=(known, context))
    chosen = run(join(_choose, scores, context, strata))
    drawn = take_chosen(request, gathering.reading, strata, chosen)
    return replace(drawn, gathered=gathering.size)


def _rows_cut(frame: Any, context: Context) -> Iterator[tuple[int, Positions]]:
    """Yield each class that is cut and its rows in a partition that count."""
    classes, counts = context.schema.classes(frame), context.schema.counts(frame)
    for label in context.cut:
        yield label, np.flatnonzero((classes == label) & counts)


def _by_reference(
    frame: Any, start: int, gathered: Any, context: Context
) -> list[Floats]:
    """Return the scores of the rows of cut classes, relative to the gathered rows."""
    scores: list[Floats] = []
    for _, own in _rows_cut(frame, context):
        if not len(own):
            scores.append(np.empty(0))
            continue
        job = context.job(stack([gathered, gather(frame, start, own)]))
        n_gathered = len(gathered)
        reference = job.table.present[job.table.present < n_gathered]
        rows = np.arange(n_gathered, len(job.y))
        view = TableView(job)
        scores.append(context.sampler._scores(view, job.y, rows, reference))
    return scores


def _by_neighbors(gathering: Gathering) -> tuple[Gathering, Any]:
    """Return the scores of rows whose neighbors may belong to another class.

    All other rows have the score 0.
    """
    context = gathering.context
    if context.largest in context.cut:
        gathering = add_doubtful(gathering)
    judged, classes = gathering.rows, np.array(list(context.cut), dtype=np.intp)
    gathering = add_halo(gathering, classes, "neighbors of neighbors")
    return gathering, run(call(_judge, gathering.rows, judged, context))


@on_all_cores
def _judge(gathered: Any, judged: Any, context: Context) -> _Scores:
    job = context.job(gathered)
    view, positions = TableView(job), gathered.index.to_numpy()
    # Not all neighbors of other rows have been gathered.
    is_judged = np.isin(positions, judged.index)
    scores = {}
    for label, own in _rows_cut(gathered, context):
        rows = own[is_judged[own]]
        scored = context.sampler._scores(view, job.y, rows, own[:0])
        scores[label] = positions[rows], scored
    return scores


def _look_up(frame: Any, start: int, known: _Scores, context: Context) -> list[Floats]:
    """Return the scores of the rows of each class that is cut, 0 if not known."""
    scores = []
    for label, own in _rows_cut(frame, context):
        positions, values = known[label]
        first, last = np.searchsorted(positions, [start, start + len(frame)])
        of_class = np.zeros(len(own), dtype=values.dtype)
        of_class[np.searchsorted(own + start, positions[first:last])] = values[
            first:last
        ]
        scores.append(of_class)
    return scores


def _choose(
    scores: Sequence[list[Floats]], context: Context, strata: PartitionedStrata
) -> list[list[Chosen]]:
    """Return the ranks to keep in each partition, drawn as for a table in memory."""
    kept: list[Any] = [None] * len(strata.keys)
    # A task may run twice, so it must not advance the generator of the context.
    rng = copy.deepcopy(context.rng)
    by_class = zip(*scores, strict=True)
    for (label, n), parts in zip(context.cut.items(), by_class, strict=True):
        kept[label] = np.sort(context.sampler._least(np.concatenate(parts), n, rng))
    return [strata.cut([*kept, strata.light])]
