"""Writing a result to a file: all of it or nothing, and no surprise at the end."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

__all__ = ["written"]

# What the system says of a device that takes no more.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


@contextmanager
def written(path: Path, *, binary: bool = False) -> Iterator[IO[Any]]:
    """Give a file that appears at ``path`` when the block ends without an error.

    It is opened under a temporary name in the same folder, before any work: a path that
    cannot be written is known at once, and a file that is there stays whole until the
    new one is complete.

    Parameters
    ----------
    path : Path
    binary : bool, default=False
        Whether it takes bytes; else it takes text, in UTF-8.

    Raises
    ------
    OSError
        If ``path`` cannot be written, or the disk is full before the block ends.
    ValueError
        If ``path`` is "-".
    """
    if str(path) == "-":
        msg = "cannot write -: standard output has no name here; give a file's path."
        raise ValueError(msg)
    # Replacing a device such as /dev/null would take it away from everybody.
    if path.exists() and not path.is_file():
        msg = f"cannot write {path}: it is not a file; give the path of a file."
        raise IsADirectoryError(msg)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        stream: IO[Any] = (
            partial.open("xb") if binary else partial.open("x", encoding="utf-8")
        )
    except OSError as error:
        msg = f"cannot write {path}: {error.strerror}; choose another file."
        raise type(error)(msg) from error
    try:
        with stream:
            yield stream
        partial.replace(path)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        msg = f"cannot write {path}: {error.strerror}; nothing is written."
        raise OSError(msg) from error
    finally:
        partial.unlink(missing_ok=True)
