"""Cleaning: rows that the sampler's own code removes, judged with their neighbors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._random import check_rng
from imbsuite._views import TableView, Whole
from imbsuite._warning import warn
from imbsuite.scale.gathered_rows import GatheredRows, size_of
from imbsuite.scale.halo import add_doubtful, add_halo
from imbsuite.scale.moments import Gathering, gather_classes
from imbsuite.scale.new_rows import RowWriter
from imbsuite.scale.outcome import Outcome
from imbsuite.scale.passes import call, fetch, run
from imbsuite.scale.request import Request
from imbsuite.scale.schema import Context

__all__ = ["clean"]


def clean(request: Request) -> Outcome:
    """Judge the rows of all classes but the largest, and those of it that may go."""
    census = request.census
    judged, gathering = _gather(request)
    rows, whole = gathering.rows, gathering.whole
    removal = run(call(_remove, request.context, rows, judged, whole))
    class_sums = census.class_sums - fetch(removal.class_sums)
    for label in np.flatnonzero((class_sums[0] == 0) & (census.class_sums[0] > 0)):
        # What rounding leaves of its weight is nothing.
        class_sums[1, label] = 0
        warn(request.context.sampler._emptied(census.labels[label]))
    removed = fetch(call(_per_partition, removal.positions, census.starts))
    reading = request.reading(gathering.fingerprints)
    kept = reading.for_each(_drop, shared=(removal.positions, request.writer))
    lengths = (census.partition_rows - removed).tolist()
    return Outcome(kept, lengths, class_sums, *fetch(call(size_of, rows)))


def _gather(request: Request) -> tuple[Any, Gathering]:
    """Gather rows; those that may be judged have all their neighbors among them."""
    context = request.context
    classes = np.arange(len(request.census.labels))
    gathering = gather_classes(request, classes[classes != context.largest])
    if context.sampler._is_mutual:
        # A link is mutual: rows that gathered ones are near to are queries in turn.
        gathering = add_halo(request, gathering, classes)
        judged = gathering.rows
        return judged, add_halo(request, gathering, classes, "halo of the halo")
    if context.largest in context.plan:
        gathering = add_doubtful(request, gathering)
    cleaned = np.array(list(context.plan), dtype=np.intp)
    return gathering.rows, add_halo(request, gathering, cleaned)


@dataclass(frozen=True)
class _Removal:
    """The positions in the table of rows that go, and their sums by class."""

    positions: NDArray[np.int64]
    class_sums: NDArray[Any]


def _remove(
    context: Context, rows: GatheredRows, judged: GatheredRows, whole: Whole
) -> _Removal:
    """Remove as in memory, of the rows that may be ``judged`` and have a weight."""
    job, plan = context.job(rows.frame, whole, context.plan), context.plan
    # Nothing is random.
    kept = context.sampler._select(TableView(job), job.y, plan, check_rng(0))
    goes = np.ones(len(job.y), dtype=bool)
    goes[kept] = False
    goes &= np.isin(rows.positions, judged.positions)
    goes &= context.schema.counts(rows.frame)
    lost = context.schema.class_sums(job.y, job.table.weight, goes)
    return _Removal(rows.positions[goes], lost)


def _per_partition(positions: NDArray[np.int64], starts: Any) -> NDArray[np.int64]:
    return np.diff(np.searchsorted(positions, starts))


def _drop(frame: Any, start: int, removed: NDArray[np.int64], writer: RowWriter) -> Any:
    """Return a partition without the rows that go."""
    positions = np.arange(start, start + len(frame))
    return writer.keep(frame, np.flatnonzero(~np.isin(positions, removed)), start)
