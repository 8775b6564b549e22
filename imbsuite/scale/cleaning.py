"""Cleaning: rows that the sampler's own code removes, judged with their neighbors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._random import check_rng
from imbsuite._views import Job, Plan, TableView, Whole
from imbsuite._warning import warn
from imbsuite.scale.gathered_rows import GatheredRows
from imbsuite.scale.halo import Question, add_doubtful, add_halo
from imbsuite.scale.moments import Gathering, gather_classes
from imbsuite.scale.new_rows import RowWriter
from imbsuite.scale.outcome import Outcome
from imbsuite.scale.passes import call, fetch, run
from imbsuite.scale.request import Request
from imbsuite.scale.schema import Schema

__all__ = ["clean"]


def clean(request: Request) -> Outcome:
    """Judge the rows of all classes but the largest, and those of it that may go."""
    census, sampler, schema = request.census, request.sampler, request.schema
    judged, gathering = _gather(request)
    remove = partial(_remove, plan=request.plan)
    rows = gathering.rows
    removal = run(call(remove, sampler, rows, judged, gathering.whole, schema))
    class_sums = census.class_sums - fetch(removal.class_sums)
    # What rounding leaves of a class that is gone weighs nothing.
    class_sums[1, class_sums[0] == 0] = 0
    _warn_of_emptied(request, class_sums[0])
    positions = removal.positions
    goes = fetch(call(_per_partition, positions, census.starts))
    shared = (positions, request.writer)
    return Outcome(
        gathering.reading.for_each(_drop, shared=shared),
        (census.partition_rows - goes).tolist(),
        class_sums,
        gathering.n_rows,
        gathering.n_bytes,
    )


def _gather(request: Request) -> tuple[Any, Gathering]:
    """Gather rows; those that may be judged have all their neighbors among them."""
    census, sampler = request.census, request.sampler
    reach, standardize = sampler._reach(), sampler.standardize
    classes = np.arange(len(census.labels))
    gathering = gather_classes(request, classes[classes != census.largest])
    if sampler._is_mutual:
        # A link is mutual: rows that gathered ones are near to are queries in turn.
        question = Question(reach, classes, standardize, by_class=False)
        gathering = add_halo(request, gathering, question, "halo")
        judged = gathering.rows
        return judged, add_halo(request, gathering, question, "halo of the halo")
    cleaned = np.array(list(request.plan), dtype=np.intp)
    question = Question(reach, cleaned, standardize, by_class=False)
    if census.largest in request.plan:
        gathering = add_doubtful(request, gathering, question)
    judged = gathering.rows
    return judged, add_halo(request, gathering, question, "halo")


def _warn_of_emptied(request: Request, left: NDArray[Any]) -> None:
    before = request.census.of_classes("parents")
    for label in np.flatnonzero((left == 0) & (before > 0)):
        warn(request.sampler._emptied(request.census.labels[label]))


@dataclass(frozen=True)
class _Removal:
    """The positions in the table of rows that go, and their sums by class."""

    positions: NDArray[np.int64]
    class_sums: NDArray[Any]


def _remove(
    sampler: Any,
    rows: GatheredRows,
    judged: GatheredRows,
    whole: Whole,
    schema: Schema,
    *,
    plan: Plan,
) -> _Removal:
    """Remove as in memory, of the rows that may be ``judged``; others have weight 0."""
    y = schema.classes(rows.frame)
    job = Job(
        schema.table(rows.frame), y, plan, schema.labels, sampler.standardize, [], whole
    )
    # Nothing is random.
    kept = sampler._select(TableView(job), y, plan, check_rng(0))
    goes = np.ones(len(y), dtype=bool)
    goes[kept] = False
    goes &= np.isin(rows.positions, judged.positions)
    goes &= schema.counts(rows.frame)
    weight = schema.weights(rows.frame)
    lost = schema.class_sums(y[goes], None if weight is None else weight[goes])
    return _Removal(rows.positions[goes], lost)


def _per_partition(positions: NDArray[np.int64], starts: Any) -> NDArray[np.int64]:
    return np.diff(np.searchsorted(positions, starts))


def _drop(frame: Any, start: int, removed: NDArray[np.int64], writer: RowWriter) -> Any:
    """Return a partition without the rows that go."""
    positions = np.arange(start, start + len(frame))
    return writer.keep(frame, np.flatnonzero(~np.isin(positions, removed)), start)
