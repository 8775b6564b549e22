"""The cost of resampling a large table: an estimate, and measurements."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from imbsuite.scale.gathered_rows import GatherLimitError
from imbsuite.scale.request import Request


@dataclass(frozen=True)
class Cost:
    """The estimated or measured cost of resampling.

    Attributes
    ----------
    passes : int
        Number of passes over the features of the table; the last pass writes the
        result. The pass that counts the classes is not included, because it does not
        read features.
    rows_gathered : int or None
        Number of rows that are gathered in one place; None if the number depends on the
        data.
    bytes_gathered : int or None
        Memory of these rows, in bytes.
    peak_bytes : int or None
        Peak memory of a worker with one thread, in bytes. The estimate does not include
        the interpreter and its packages, about 250 MB.
    """

    passes: int
    rows_gathered: int | None
    bytes_gathered: int | None
    peak_bytes: int | None


# Measured on Parquet: reading and writing a partition takes several times its size, and
# a search in it takes more; gathered rows are held as frame, numbers and search
# structure. A drawn row takes two positions and a step (in bytes), and temporarily
# twice as much.
_READ, _SEARCHED, _HELD, _DRAWN = 7, 11, 3, 48
# In bytes: NumPy draws ranks from an array of all if more than a twentieth is drawn.
_RANKED = 16


def estimate(request: Request) -> Cost:
    """Return the estimated cost of ``request``.

    Raises
    ------
    GatherLimitError
        If more than ``gather_limit`` would be gathered.
    """
    census, context = request.census, request.context
    sampler, limit = context.sampler, context.limit
    partition = int(census.partition_rows.max() * census.row_bytes)
    if sampler._looks_at == "labels":
        return Cost(1, 0, 0, _READ * partition + _RANKED * _ranked(request))
    rows = int(census.of_classes("rows")[context.gathered].sum())
    held = int(rows * census.row_bytes)
    if held > limit:
        raise GatherLimitError(type(sampler).__name__, rows, held, limit)
    gathered = _HELD * held + _DRAWN * request.n_new
    if sampler._kind == "under":
        gathered += _RANKED * _ranked(request)
    passes = _passes(request)
    if sampler._looks_at == "neighbors":
        # The number of additional neighbors is unknown before the search.
        return Cost(passes, None, None, _SEARCHED * partition + gathered)
    read = _SEARCHED if sampler._looks_at == "reference" else _READ
    return Cost(passes, rows, held, read * partition + gathered)


def peak_memory() -> int:
    """Return the highest RSS so far, in bytes, of a worker (or of this process)."""
    try:
        from distributed import get_client

        client = get_client()
    except (ImportError, ValueError):
        return _own_peak()
    return int(max(client.run(_own_peak).values()))


def _own_peak() -> int:
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _ranked(request: Request) -> int:
    """Return the number of rows of the largest changed class, plus all new rows."""
    sizes = request.census.of_classes("rows")
    if request.context.sampler._by != "class":
        return request.census.n_rows + request.n_new
    counted = request.census.of_classes("parents")
    changed = [
        int(sizes[k]) for k, n in request.context.plan.items() if n != counted[k]
    ]
    return max(changed, default=0) + request.n_new


def _passes(request: Request) -> int:
    """Return the number of passes: to gather, to search and fetch, and to write."""
    sampler = request.context.sampler
    if sampler._kind == "over" or sampler._looks_at == "reference":
        kinds = {"class": 2, "moments": 3, "reference": 3, "neighbors": 4}
        return kinds[sampler._looks_at]
    if sampler._is_mutual:
        return 6
    n_halos = 2 if sampler._removes_neighbors else 1
    is_under = sampler._kind == "under"
    judged = request.context.cut if is_under else request.context.plan
    return 2 + 2 * n_halos + (request.census.largest in judged) + is_under
