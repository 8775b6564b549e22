"""Finished fits on disk: what was measured once need not be measured again."""

from __future__ import annotations

import hashlib
import os
import pickle
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

from imbsuite._private import make_private

__all__ = ["Store", "open_store"]

_DIGEST = hashlib.sha256().digest_size


class Store:
    """Values in a folder, each in a file of its own, named by its key.

    Files appear whole, under a temporary name first, so that several runs may share a
    folder. Each begins with the digest of the rest: a damaged one is as good as none.
    As with any pickle, only folders that nobody else writes to should be read.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: str) -> Any:
        """Return the value, or None."""
        try:
            content = self._path(key).read_bytes()
        except OSError:
            return None
        digest, written = content[:_DIGEST], content[_DIGEST:]
        if hashlib.sha256(written).digest() != digest:
            return None
        return pickle.loads(written)  # noqa: S301 - our own file, checked

    def put(self, key: str, value: Any) -> None:
        """Keep a value. A full disk costs the entry, not the comparison."""
        written = pickle.dumps(value)
        path = self._path(key)
        partial = path.with_name(f".{uuid.uuid4().hex}.partial")
        with suppress(OSError):
            try:
                partial.write_bytes(hashlib.sha256(written).digest() + written)
                partial.replace(path)
            finally:
                partial.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.fit"


def open_store(cache: Any) -> Store | None:
    """Return the store in a folder, made if it is not there; None for None.

    Parameters
    ----------
    cache : None, path, or joblib.Memory
        Of a Memory, its folder.

    Raises
    ------
    TypeError
        If it is none of these.
    OSError
        If the folder cannot be made or written to, or belongs to another user.
    """
    place = getattr(cache, "location", cache)
    if place is None:
        return None
    if not isinstance(place, (str, os.PathLike)):
        msg = f"cache={cache!r} is no folder; give a path, a joblib.Memory, or None."
        raise TypeError(msg)
    folder = Path(place).expanduser() / "imbsuite-compare"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        # What is read from it is unpickled, so that it may run code.
        make_private(folder)
    except OSError as error:
        said = error.strerror or str(error).rstrip(".")
        msg = f"cannot use {folder} as a cache: {said}; give another folder."
        raise type(error)(msg) from error
    if not os.access(folder, os.W_OK):
        msg = (
            f"cannot write to {folder}, which is to be the cache; give another folder."
        )
        raise PermissionError(msg)
    return Store(folder)
