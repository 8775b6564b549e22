"""How much of a table may be in memory at once, for a limit on all of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import joblib

from imbsuite._extras import need

__all__ = ["Budget", "at_hand", "bytes_of", "make_budget", "used_now"]

# What a part takes while it is worked on, as measured: as it is stored, as Arrow, as
# pandas, as it is written, and what allocators keep of each.
_COPIES = 7.3
# The share of the room for gathered rows: what is drawn of them takes several times more,
# when no old part is worked on.
_FOR_GATHERED = 0.15
_LEAST_PART = 4_000_000


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


def bytes_of(text: str) -> int:
    """Return 2,000,000,000 for "2GB", and 2 ** 31 for "2GiB".

    Raises
    ------
    ValueError
        If that is no amount of memory.
    """
    utils = need("dask.utils", extra="dask")
    try:
        found = int(utils.parse_bytes(text))
    except ValueError:
        found = 0
    if found <= 0:
        msg = f"{text!r} is no amount of memory; give one such as 2GB or 500MB."
        raise ValueError(msg)
    return found


def make_budget(
    limit: int, largest: float, *, base: int | None = None, cores: int | None = None
) -> Budget:
    """Share out a limit, with fewer threads where parts are large.

    Parameters
    ----------
    limit : int
        Bytes that the process may take.
    largest : float
        Bytes of the largest part that cannot be cut.
    base : int, default=None
        Bytes that the program takes without the table; None: what it takes now.
    cores : int, default=None
        Threads at most; None: one for each processor.

    Raises
    ------
    MemoryError
        If the limit leaves no room for a part; the message says what is needed.
    """
    base = used_now() if base is None else base
    room = limit - base
    least = base + _COPIES * _LEAST_PART
    if limit < least:
        msg = (
            f"{_said(limit)} of memory is too little: the program alone takes "
            f"{_said(base)}; give at least {_said(least * 1.1)}."
        )
        raise MemoryError(msg)
    parts = room / _COPIES
    fitting = int(parts / max(largest, _LEAST_PART))
    threads = max(1, min(cores or joblib.cpu_count(), fitting))
    return Budget(threads, parts / threads, room * _FOR_GATHERED)


def used_now() -> int:
    """Return what the process takes of the memory, in bytes; 0 where nobody tells."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def at_hand() -> int | None:
    """Return what the machine has left of its memory, in bytes; None where nobody tells."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    told = dict(line.split(":", 1) for line in lines)
    return int(told["MemAvailable"].split()[0]) * 1024


def _said(amount: float) -> str:
    return f"{amount / 1e6:,.0f} MB"
