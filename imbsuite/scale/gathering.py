"""Rows of rare classes, gathered from the partitions; and moments of all columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from dask.dataframe.dispatch import concat
from dask.utils import format_bytes
from numpy.typing import NDArray

from imbsuite._neighbors import part_moments
from imbsuite._table import Spacing, join_spacings
from imbsuite._views import Codes
from imbsuite.scale.reader import Reader
from imbsuite.scale.records import record

__all__ = [
    "Gathered",
    "Moments",
    "gather",
    "gather_all",
    "join",
    "read_part",
    "spacings_of",
]

# Of which rows means and deviations are wanted: all; those that count; all, and those
# that count in each class; or of none.
Moments = Literal["all", "present", "classes", "none"]


@dataclass(frozen=True)
class Gathered:
    """Rows of the table, all columns, in the order of their positions in it.

    ``moments`` are those of the partition that these rows are from, ``by_class`` those
    of its classes; ``spacings`` are those of its columns.
    """

    frame: Any
    positions: NDArray[np.int64]
    moments: Any = None
    by_class: dict[int, Any] = field(default_factory=dict)
    spacings: Sequence[Spacing | None] | None = None


def read_part(
    frame: Any,
    start: int,
    reader: Reader,
    wanted: Codes,
    moments: Moments,
    *,
    spaced: bool,
) -> Gathered:
    """Return the rows of the ``wanted`` classes, and the moments of the partition.

    Where rows are to be made (``spaced``), also the spacings of its columns.

    Raises
    ------
    ValueError
        If a numeric column holds infinite values, in any class.
    """
    rows = np.flatnonzero(np.isin(reader.classes(frame), wanted))
    found = gather(frame, start, rows)
    if not len(frame):
        return found
    table = reader.table(frame)
    table.refuse_infinite()
    if spaced:
        found = replace(found, spacings=table.container.spacings(reader.categorical))
    if moments == "none":
        return found
    numeric = table.numeric
    counts = reader.counts(frame)
    if moments == "present":
        numeric = numeric[counts]
    known = part_moments(numeric) if len(numeric) else None
    own: dict[int, Any] = {}
    if moments == "classes":
        classes = reader.classes(frame)
        for label in np.unique(classes[counts]).tolist():
            own[label] = part_moments(numeric[counts & (classes == label)])
    return replace(found, moments=known, by_class=own)


def spacings_of(parts: Sequence[Gathered]) -> list[Spacing | None]:
    """Return the spacings of the columns of a table from those of its partitions."""
    return join_spacings([p.spacings for p in parts if p.spacings is not None])


def gather(frame: Any, start: int, rows: NDArray[np.intp]) -> Gathered:
    """Return these rows of a partition, whose first has the position ``start``."""
    return Gathered(frame.iloc[rows], rows.astype(np.int64) + start)


def gather_all(
    parts: Sequence[Gathered], token: str, what: str, limit: int
) -> Gathered:
    """Put gathered rows together, and record how many they are.

    Raises
    ------
    ValueError
        If they take more than ``limit`` bytes.
    """
    size = sum(int(part.frame.memory_usage(deep=True).sum()) for part in parts)
    rows = sum(len(part.positions) for part in parts)
    record(token, what, {"rows": rows, "bytes": size})
    if size > limit:
        msg = (
            f"{rows:,} rows ({what}) are to be gathered, {format_bytes(size)}, and "
            f"gather_limit is {format_bytes(limit)}; raise it if a worker has several "
            "times that memory, or leave the largest classes out of sampling_strategy."
        )
        raise ValueError(msg)
    return join(parts)


def join(parts: Sequence[Gathered]) -> Gathered:
    """Put gathered rows together, in the order of their positions."""
    held = [part for part in parts if len(part.positions)] or parts[:1]
    stack: Any = concat
    frame = stack([part.frame for part in held]) if len(held) > 1 else held[0].frame
    positions = np.concatenate([part.positions for part in held])
    order = np.argsort(positions, kind="stable")
    if (np.diff(order) != 1).any():
        frame, positions = frame.iloc[order], positions[order]
    return Gathered(frame, positions)
