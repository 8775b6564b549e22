"""The memory of the process and of the machine, and the division of a memory limit."""

from __future__ import annotations

from dataclasses import dataclass

import joblib

from imbsuite._extras import need

# The measured memory of a part while it is processed, in multiples of its size: as
# stored, as Arrow, as pandas, as written, and what allocators keep of each.
_COPIES = 8.0
# The share of the free memory for gathered rows. Rows drawn from them take several
# times more, at a time when no old part is processed.
_FOR_GATHERED = 0.15
_LEAST_PART = 4_000_000
# Larger values are mistakes; Arrow and NumPy count in 64 bits.
_MOST = 2**50


@dataclass(frozen=True)
class Budget:
    """The division of a memory limit.

    Attributes
    ----------
    threads : int
        The number of parts that are processed at the same time.
    part : float
        The maximum size of a part once it is read, in bytes.
    gathered : float
        The maximum size of the rows of rare classes gathered in one place, in bytes.
    """

    threads: int
    part: float
    gathered: float


def parse_memory(text: str) -> int:
    """Return a number of bytes: 2,000,000,000 for "2GB", and 2 ** 31 for "2GiB".

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
    """Divide a memory limit among threads; there are fewer threads if parts are large.

    Parameters
    ----------
    limit : int
        The memory that the process may use, in bytes.
    largest : float
        The size of the largest part that cannot be divided, in bytes.

    Raises
    ------
    MemoryError
        If the limit is too low to process a part; the message states the minimum.
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
    """Return the memory that this process uses, in bytes."""
    return int(need("psutil", extra="dask").Process().memory_info().rss)


def return_memory() -> None:
    """Return to the system the memory that Arrow keeps from discarded tables."""
    need("pyarrow").default_memory_pool().release_unused()


def available_memory() -> int:
    """Return the available memory of the machine, in bytes."""
    return int(need("psutil", extra="cli").virtual_memory().available)


def _megabytes(n_bytes: float) -> str:
    return f"{n_bytes / 1e6:,.0f} MB"
