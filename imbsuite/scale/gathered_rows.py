"""Rows that were gathered from partitions, with their positions in the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from dask.dataframe.dispatch import concat
from dask.utils import format_bytes
from numpy.typing import NDArray

__all__ = [
    "GatherLimitError",
    "GatheredRows",
    "gather",
    "gather_all",
    "join_rows",
    "size_of",
    "stack",
]


class GatherLimitError(ValueError):
    """Raised if more than ``gather_limit`` would be gathered in one place.

    Attributes
    ----------
    what : str
        The sampler that would gather rows, and which rows.
    rows : int
        Number of rows that would be gathered.
    size : int
        Their memory in bytes; an estimate if nothing has been gathered yet.
    limit : int
        ``gather_limit``, in bytes.
    """

    def __init__(self, what: str, rows: int, size: int, limit: int) -> None:
        super().__init__(what, rows, size, limit)
        self.what, self.rows, self.size, self.limit = what, rows, size, limit

    def __str__(self) -> str:
        return (
            f"{self.what} gathers {self.rows:,} rows, about {format_bytes(self.size)}, "
            f"and gather_limit is {format_bytes(self.limit)}; raise it if a worker has "
            "several times that memory, leave the largest of the classes that change out "
            "of sampling_strategy, or use a sampler that repeats rows as they are, which "
            "gathers none."
        )


@dataclass(frozen=True)
class GatheredRows:
    """Rows of the table, all columns, in the order of their positions in it."""

    frame: Any
    positions: NDArray[np.int64]

    @property
    def n_bytes(self) -> int:
        """Memory of the rows, in bytes."""
        return int(self.frame.memory_usage(deep=True).sum())


def gather(frame: Any, start: int, rows: NDArray[np.intp]) -> GatheredRows:
    """Return these rows of a partition, whose first has the position ``start``."""
    return GatheredRows(frame.iloc[rows], rows.astype(np.int64) + start)


def gather_all(parts: Sequence[GatheredRows], what: str, limit: int) -> GatheredRows:
    """Put gathered rows together.

    Raises
    ------
    GatherLimitError
        If they take more than ``limit`` bytes.
    """
    size = sum(part.n_bytes for part in parts)
    rows = sum(len(part.positions) for part in parts)
    if size > limit:
        raise GatherLimitError(what, rows, size, limit)
    return join_rows(parts)


def size_of(rows: GatheredRows) -> tuple[int, int]:
    """Return how many rows these are, and what they take in memory."""
    return len(rows.positions), rows.n_bytes


def join_rows(parts: Sequence[GatheredRows]) -> GatheredRows:
    """Put gathered rows together, in the order of their positions."""
    frame = stack([part.frame for part in parts])
    positions = np.concatenate([part.positions for part in parts])
    order = np.argsort(positions, kind="stable")
    if (np.diff(order) != 1).any():
        frame, positions = frame.iloc[order], positions[order]
    return GatheredRows(frame, positions)


def stack(frames: Sequence[Any]) -> Any:
    """Put frames one below the other; types are not those of empty ones."""
    held = [frame for frame in frames if len(frame)] or frames[:1]
    joining: Any = concat
    return joining(held) if len(held) > 1 else held[0]
