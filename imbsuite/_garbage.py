"""Less work for Python's garbage collector, which would add a second to every command."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager

_ALLOCATIONS = 50_000


@contextmanager
def few_collections() -> Iterator[None]:
    """Collect rarely while libraries are loaded, and not at all when the program exits.

    The millions of objects of the libraries live until then, and every collection of
    the oldest generation searches all of them for cycles.
    """
    before = gc.get_threshold()
    gc.set_threshold(_ALLOCATIONS, *before[1:])
    atexit.register(gc.freeze)
    try:
        yield
    finally:
        gc.set_threshold(*before)
