"""What a resampling costs, before it runs and after."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from dask.utils import format_bytes

from imbsuite.scale.call import Call

__all__ = ["Cost", "estimate"]


@dataclass(frozen=True)
class Cost:
    """What a resampling costs: an estimate, or what it was.

    Attributes
    ----------
    passes : int
        How often the table's features are read. The count of classes, which reads the
        other columns only, is not among them.
    rows_gathered : int or None
        Rows that are brought to one place; None where it depends on the data.
    bytes_gathered : int or None
        What these rows take in memory.
    peak_bytes : int or None
        The most that a worker of one thread holds at once, the interpreter not counted.
    """

    passes: int
    rows_gathered: int | None
    bytes_gathered: int | None
    peak_bytes: int | None


def estimate(call: Call, limit: int) -> Cost:
    """Return what ``call`` will cost, or refuse to gather more than ``limit`` bytes."""
    census, sampler = call.census, call.sampler
    sizes = np.diff(census.starts)
    partition = int(sizes.max() * census.row_bytes)
    if sampler._looks_at == "labels":
        return Cost(1, 0, 0, 2 * partition)
    rows = int(census.of_classes("rows")[list(call.growing)].sum())
    held = int(rows * census.row_bytes)
    if held > limit:
        msg = (
            f"{type(sampler).__name__} gathers the {rows:,} rows of the classes that it "
            f"grows, about {format_bytes(held)}, and gather_limit is "
            f"{format_bytes(limit)}; raise it if a worker has several times that "
            "memory, leave the largest of these classes out of sampling_strategy, or "
            "use RandomOverSampler, which gathers nothing."
        )
        raise ValueError(msg)
    return Cost(1, rows, held, 3 * held + 3 * partition)
