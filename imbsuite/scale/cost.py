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
        The most that a worker of one thread holds at once: estimated without the
        interpreter and its packages, some 250 MB.
    """

    passes: int
    rows_gathered: int | None
    bytes_gathered: int | None
    peak_bytes: int | None


# Measured on Parquet: reading and writing a partition takes several times its size, and
# a search among it several more; gathered rows are held as frame, numbers and search
# structure. A drawn row takes two positions and a step, and as much again on the way.
_READ, _SEARCHED, _HELD, _DRAWN = 7, 11, 3, 48
# Ranks are drawn by NumPy from an array of all where they are more than a twentieth.
_RANKED = 16


def estimate(call: Call) -> Cost:
    """Return what ``call`` will cost, or refuse to gather more than may be."""
    census, sampler, limit = call.census, call.sampler, call.limit
    partition = int(np.diff(census.starts).max() * census.row_bytes)
    if sampler._looks_at == "labels":
        return Cost(1, 0, 0, _READ * partition + _RANKED * _ranked(call))
    rows = _rows(call)
    held = int(rows * census.row_bytes)
    if held > limit:
        msg = (
            f"{type(sampler).__name__} gathers the {rows:,} rows of the classes that it "
            f"grows (or cleans around), about {format_bytes(held)}, and gather_limit is "
            f"{format_bytes(limit)}; raise it if a worker has several times that "
            "memory, leave the largest of these classes out of sampling_strategy, or "
            "use RandomOverSampler, which gathers nothing."
        )
        raise ValueError(msg)
    gathered = _HELD * held + _DRAWN * call.n_new
    if sampler._looks_at in ("class", "moments"):
        passes = 1 if sampler._looks_at == "class" else 2
        return Cost(passes, rows, held, _READ * partition + gathered)
    # How many neighbours there are beside these rows, the search will show.
    return Cost(_passes(call), None, None, _SEARCHED * partition + gathered)


def _ranked(call: Call) -> int:
    """Return the rows of the largest class that changes, and all that are added."""
    sizes = call.census.of_classes("rows")
    if call.sampler._by != "class":
        return call.census.n_rows + call.n_new
    counted = call.census.of_classes("parents")
    changed = [int(sizes[k]) for k, n in call.plan.items() if n != counted[k]]
    return max(changed, default=0) + call.n_new


def _rows(call: Call) -> int:
    sizes = call.census.of_classes("rows")
    if call.sampler._kind == "clean":
        return int(sizes.sum() - sizes[call.census.largest])
    return int(sizes[list(call.growing)].sum())


def _passes(call: Call) -> int:
    """Return how often the partitions are read: to gather, search, fetch, and write."""
    if call.sampler._kind != "clean":
        return 3
    if not hasattr(call.sampler, "_doubtful"):
        return 6
    return 5 if call.census.largest in call.plan else 4
