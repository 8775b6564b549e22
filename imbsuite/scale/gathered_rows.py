"""Rows gathered from partitions, as frames indexed by positions in the table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from dask.dataframe.dispatch import concat
from dask.utils import format_bytes
from numpy.typing import NDArray


class GatherLimitError(ValueError):
    """Raised if gathered rows would exceed ``gather_limit``.

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
            f"{self.what} would gather {self.rows:,} rows, about "
            f"{format_bytes(self.size)}, which exceeds "
            f"gather_limit={format_bytes(self.limit)}. Increase it if a worker has "
            "several times that memory, leave the largest of the classes that change "
            "out of sampling_strategy, or use a sampler that only repeats rows, which "
            "gathers none."
        )


def gather(frame: Any, start: int, rows: NDArray[np.intp]) -> Any:
    """Return rows of a partition whose first row has the position ``start``."""
    gathered = frame.iloc[rows]
    gathered.index = rows.astype(np.int64) + start
    return gathered


def gather_all(parts: Sequence[Any], what: str, limit: int) -> Any:
    """Combine gathered rows.

    Raises
    ------
    GatherLimitError
        If they take more than ``limit`` bytes.
    """
    rows, size = np.sum([size_of(part) for part in parts], axis=0).tolist()
    if size > limit:
        raise GatherLimitError(what, rows, size, limit)
    return join_rows(parts)


def size_of(rows: Any) -> tuple[int, int]:
    """Return the number of rows, and their memory in bytes."""
    return len(rows), int(rows.memory_usage(deep=True).sum())


def join_rows(parts: Sequence[Any]) -> Any:
    """Combine gathered rows, in the order of their positions."""
    rows = stack(parts)
    # Sorting would copy rows that are already sorted.
    return rows if rows.index.is_monotonic_increasing else rows.sort_index()


def stack(frames: Sequence[Any]) -> Any:
    """Concatenate frames; empty frames do not affect the column types."""
    held = [frame for frame in frames if len(frame)] or frames[:1]
    joining: Any = concat
    return joining(held) if len(held) > 1 else held[0]
