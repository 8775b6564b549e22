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
]


class GatherLimitError(ValueError):
    """More would be gathered in one place than ``gather_limit`` allows.

    Attributes
    ----------
    rows : int
        How many rows would be gathered.
    size : int
        What they take in memory, in bytes; an estimate where nothing was gathered yet.
    limit : int
        ``gather_limit``, in bytes.
    """

    def __init__(self, message: str, rows: int, size: int, limit: int) -> None:
        super().__init__(message)
        self.rows = rows
        self.size = size
        self.limit = limit

    def __reduce__(self) -> tuple[Any, ...]:
        # It comes from workers.
        return type(self), (str(self), self.rows, self.size, self.limit)


@dataclass(frozen=True)
class GatheredRows:
    """Rows of the table, all columns, in the order of their positions in it."""

    frame: Any
    positions: NDArray[np.int64]

    @property
    def n_bytes(self) -> int:
        """What the rows take in memory."""
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
        msg = (
            f"{rows:,} rows ({what}) are to be gathered, {format_bytes(size)}, and "
            f"gather_limit is {format_bytes(limit)}; raise it if a worker has several "
            "times that memory, or leave the largest classes out of sampling_strategy."
        )
        raise GatherLimitError(msg, rows, size, limit)
    return join_rows(parts)


def size_of(rows: GatheredRows) -> tuple[int, int]:
    """Return how many rows these are, and what they take in memory."""
    return len(rows.positions), rows.n_bytes


def join_rows(parts: Sequence[GatheredRows]) -> GatheredRows:
    """Put gathered rows together, in the order of their positions."""
    held = [part for part in parts if len(part.positions)] or parts[:1]
    stack: Any = concat
    frame = stack([part.frame for part in held]) if len(held) > 1 else held[0].frame
    positions = np.concatenate([part.positions for part in held])
    order = np.argsort(positions, kind="stable")
    if (np.diff(order) != 1).any():
        frame, positions = frame.iloc[order], positions[order]
    return GatheredRows(frame, positions)
