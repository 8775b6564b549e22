"""Cleaning: rows that the sampler's own code removes, judged with their neighbors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._random import check_rng
from imbsuite._views import TableView, Whole
from imbsuite._warning import warn
from imbsuite.scale.halo import add_doubtful, add_halo
from imbsuite.scale.moments import Gathering, gather_classes
from imbsuite.scale.new_rows import RowWriter
from imbsuite.scale.passes import call, fetch, run
from imbsuite.scale.request import Drawn, Request
from imbsuite.scale.schema import Context

__all__ = ["clean"]


def clean(request: Request) -> Drawn:
    """Judge the rows of all classes but the largest, and those of it that may go."""
    census = request.census
    judged, gathering = _gather(request)
    shared = (request.context, gathering.rows, judged, gathering.whole)
    removal: Any = run(call(_remove, *shared))
    removed, lost = removal[0], fetch(removal[1])
    class_sums = census.class_sums - lost
    for label in np.flatnonzero((class_sums[0] == 0) & (census.class_sums[0] > 0)):
        # What rounding leaves of its weight is nothing.
        class_sums[1, label] = 0
        warn(request.context.sampler._emptied(census.labels[label]))
    per_partition = fetch(call(_per_partition, removed, census.starts))
    kept = gathering.reading.for_each(_drop, shared=(removed, request.writer))
    lengths = (census.partition_rows - per_partition).tolist()
    return Drawn(kept, lengths, class_sums, *gathering.size)


def _gather(request: Request) -> tuple[Any, Gathering]:
    """Gather rows; those that may be judged have all their neighbors among them."""
    context = request.context
    classes = np.arange(len(request.census.labels))
    gathering = gather_classes(request, classes[classes != context.largest])
    if context.sampler._is_mutual:
        # A link is mutual: rows that gathered ones are near to are queries in turn.
        gathering = add_halo(gathering, classes)
        judged = gathering.rows
        return judged, add_halo(gathering, classes, "neighbors of neighbors")
    if context.largest in context.plan:
        gathering = add_doubtful(gathering)
    cleaned = np.array(list(context.plan), dtype=np.intp)
    return gathering.rows, add_halo(gathering, cleaned)


def _remove(
    context: Context, rows: Any, judged: Any, whole: Whole
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Return the positions of rows that go, and what their classes lose.

    They are removed as in memory, of the rows that may be ``judged`` and have a weight.
    """
    job, plan = context.job(rows, whole, context.plan), context.plan
    # Nothing is random.
    kept = context.sampler._select(TableView(job), job.y, plan, check_rng(0))
    goes = np.ones(len(job.y), dtype=bool)
    goes[kept] = False
    goes &= np.isin(rows.index, judged.index) & context.schema.counts(rows)
    lost = context.schema.class_sums(job.y, job.table.weight, goes)
    return rows.index.to_numpy()[goes], lost


def _per_partition(positions: NDArray[np.int64], starts: Any) -> NDArray[np.int64]:
    return np.diff(np.searchsorted(positions, starts))


def _drop(frame: Any, start: int, removed: NDArray[np.int64], writer: RowWriter) -> Any:
    """Return a partition without the rows that go."""
    positions = np.arange(start, start + len(frame))
    return writer.keep(frame, start, np.flatnonzero(~np.isin(positions, removed)))
