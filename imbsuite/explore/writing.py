"""Writing a result to a file: all of it or nothing, and no surprise at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

__all__ = ["written"]


@contextmanager
def written(path: Path) -> Iterator[TextIO]:
    """Give a text file that appears at ``path`` when the block ends without an error.

    It is opened under a temporary name in the same folder, before any work: a path that
    cannot be written is known at once, and a file that is there stays whole until the
    new one is complete.

    Raises
    ------
    OSError
        If ``path`` cannot be written.
    """
    # Replacing a device such as /dev/null would take it away from everybody.
    if path.exists() and not path.is_file():
        msg = f"cannot write {path}: it is not a file; give the path of a file."
        raise IsADirectoryError(msg)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        stream = partial.open("x", encoding="utf-8")
    except OSError as error:
        msg = f"cannot write {path}: {error.strerror}; choose another --output."
        raise type(error)(msg) from error
    try:
        with stream:
            yield stream
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
