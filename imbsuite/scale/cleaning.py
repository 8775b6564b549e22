"""Cleaners: which rows go, and partitions without them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._random import check_rng
from imbsuite._views import Job, Plan, TableView, Whole
from imbsuite.scale.assembling import Writer
from imbsuite.scale.gathering import Gathered
from imbsuite.scale.reader import Reader
from imbsuite.scale.records import tell

__all__ = ["drop_rows", "removed_rows"]


def removed_rows(
    sampler: Any,
    gathered: Gathered,
    asked: Gathered,
    whole: Whole,
    reader: Reader,
    *,
    plan: Plan,
    sizes: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return the positions in the table of the rows that go.

    The sampler judges all gathered rows, of which only those ``asked`` about have all
    their neighbours here. ``sizes`` are those of the classes in the table. Rows of zero
    weight stay.
    """
    y = reader.classes(gathered.frame)
    table = reader.table(gathered.frame)
    job = Job(table, y, plan, reader.labels, sampler.standardize, [], whole)
    # Nothing is random.
    kept = sampler._select(TableView(job), y, plan, check_rng(0))
    goes = np.ones(len(y), dtype=bool)
    goes[kept] = False
    goes &= np.isin(gathered.positions, asked.positions)
    goes &= reader.counts(gathered.frame)
    left = sizes - np.bincount(y[goes], minlength=len(sizes))
    for label in np.flatnonzero((left == 0) & (sizes > 0)):
        tell(sampler._emptied(reader.labels[label]))
    return gathered.positions[goes]


def drop_rows(
    frame: Any, start: int, removed: NDArray[np.int64], writer: Writer
) -> Any:
    """Return a partition without the rows that go."""
    positions = np.arange(start, start + len(frame))
    return writer.keep(frame, np.flatnonzero(~np.isin(positions, removed)), start)
