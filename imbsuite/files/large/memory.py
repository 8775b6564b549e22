"""Memory: what the process and the machine have, and how a limit is shared out."""

from __future__ import annotations

from dataclasses import dataclass

import joblib

from imbsuite._extras import need

# What a part takes while it is worked on, as measured: as it is stored, as Arrow, as
# pandas, as it is written, and what allocators keep of each.
_COPIES = 8.0
# The share of the room for gathered rows: what is drawn of them takes several times more,
# when no old part is worked on.
_FOR_GATHERED = 0.15
_LEAST_PART = 4_000_000
# Larger values are mistakes; Arrow and NumPy count in 64 bits.
_MOST = 2**50


@dataclass(frozen=True)
class Budget:
    """What fits under a limit.

    Attributes
    ----------
    threads : int
        Parts that are worked on at a time.
    part : float
        Bytes that each may take once it is read.
    gathered : float
        Bytes that rows of rare classes may take in one place.
    """

    threads: int
    part: float
    gathered: float


def parse_memory(text: str) -> int:
    """Return 2,000,000,000 for "2GB", and 2 ** 31 for "2GiB".

    Raises
    ------
    ValueError
        If the text is not an amount of memory.
    """
    utils = need("dask.utils", extra="dask")
    try:
        n_bytes = int(utils.parse_bytes(text))
    except (ValueError, OverflowError):
        n_bytes = 0
    if not 0 < n_bytes <= _MOST:
        msg = f"{text!r} is not an amount of memory; use for example 2GB or 500MB."
        raise ValueError(msg)
    return n_bytes


def make_budget(limit: int, largest: float) -> Budget:
    """Share out a limit, with fewer threads where parts are large.

    Parameters
    ----------
    limit : int
        Bytes that the process may take.
    largest : float
        Bytes of the largest part that cannot be cut.

    Raises
    ------
    MemoryError
        If the limit leaves no room for a part; the message says what is needed.
    """
    program = resident_memory()
    least = program + _COPIES * _LEAST_PART
    if limit < least:
        msg = (
            f"{_megabytes(limit)} of memory is not enough: the program itself takes "
            f"{_megabytes(program)}; allow at least {_megabytes(least * 1.1)}."
        )
        raise MemoryError(msg)
    room = limit - program
    parts = room / _COPIES
    threads = int(parts / max(largest, _LEAST_PART))
    threads = max(1, min(joblib.cpu_count(), threads))
    return Budget(threads, parts / threads, room * _FOR_GATHERED)


def resident_memory() -> int:
    """Return the memory that this process takes, in bytes."""
    return int(need("psutil", extra="dask").Process().memory_info().rss)


def return_memory() -> None:
    """Return to the system what Arrow keeps of tables that are no longer needed."""
    need("pyarrow").default_memory_pool().release_unused()


def available_memory() -> int:
    """Return the memory that the machine has left, in bytes."""
    return int(need("psutil", extra="cli").virtual_memory().available)


def _megabytes(n_bytes: float) -> str:
    return f"{n_bytes / 1e6:,.0f} MB"
