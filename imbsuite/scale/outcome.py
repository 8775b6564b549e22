"""What a draw comes to: the lazy partitions of its rows, and how many rows they have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from dask.delayed import Delayed
from numpy.typing import NDArray

from imbsuite.scale.new_rows import RowWriter
from imbsuite.scale.request import Request

__all__ = ["Outcome", "kept_whole"]


@dataclass(frozen=True)
class Outcome:
    """The lazy result of a draw.

    Attributes
    ----------
    parts : list of Delayed
        Frames: kept rows, then new ones.
    lengths : list of int
        How many rows each of these has.
    class_sums : ndarray of shape (2, n_classes)
        How many rows of each class count afterwards, and what they weigh.
    rows_gathered, bytes_gathered : int
        How many rows were brought to one place, and what they take in memory.
    """

    parts: list[Delayed]
    lengths: list[int]
    class_sums: NDArray[Any]
    rows_gathered: int = 0
    bytes_gathered: int = 0

    @property
    def sizes(self) -> list[int]:
        """How many rows of each class count."""
        return self.class_sums[0].astype(np.int64).tolist()

    @property
    def shares(self) -> list[float]:
        """The share of each class, by weight."""
        weights = self.class_sums[1]
        # A cleaner may leave nothing: no class has a share.
        return (weights / (weights.sum() or 1.0)).astype(float).tolist()


def kept_whole(
    request: Request, fingerprints: Sequence[int] | None = None
) -> list[Delayed]:
    """Return the partitions of the table, with provenance if that was asked for."""
    reading, writer = request.reading(fingerprints), request.writer
    if not writer.provenance:
        return reading.parts
    return reading.for_each(_keep_all, shared=(writer,))


def _keep_all(frame: Any, start: int, writer: RowWriter) -> Any:
    return writer.keep(frame, None, start)
