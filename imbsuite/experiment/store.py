"""A store of finished fits on disk."""

from __future__ import annotations

import hashlib
import os
import pickle
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imbsuite._private import make_private

_DIGEST = hashlib.sha256().digest_size


@dataclass(frozen=True)
class Store:
    """A folder of pickled values, each in a file that is named by its key.

    ``joblib.Memory`` is not suitable: its entries depend on the source of one function,
    two processes that disagree about it clear the folder, and it hashes functions by
    name.

    Files are written under a temporary name and renamed, so several runs may share a
    folder. Each file begins with the digest of its content; damaged files are ignored.
    Entries are pickles: only read folders that nobody else can write to.

    Parameters
    ----------
    folder : Path
    """

    folder: Path

    def get(self, key: str) -> Any:
        """Return the value, or None if there is no intact entry."""
        try:
            content = self._path(key).read_bytes()
        except OSError:
            return None
        digest, written = content[:_DIGEST], content[_DIGEST:]
        if hashlib.sha256(written).digest() != digest:
            return None
        return pickle.loads(written)  # noqa: S301 - our own file, checked

    def put(self, key: str, value: Any) -> None:
        """Store a value. A full disk loses the entry but does not stop the comparison."""
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
    """Return the store in a folder, which is created if needed; None without a folder.

    Parameters
    ----------
    cache : None, path, or joblib.Memory
        For a Memory, its folder is used.

    Raises
    ------
    TypeError
        If ``cache`` has another type.
    OSError
        If the folder cannot be created or written to, or belongs to another user.
    """
    place = getattr(cache, "location", cache)
    if place is None:
        return None
    if not isinstance(place, (str, os.PathLike)):
        msg = (
            "The 'cache' parameter of compare must be a path, a joblib.Memory or None. "
            f"Got {cache!r} instead."
        )
        raise TypeError(msg)
    folder = Path(place).expanduser() / "imbsuite-compare"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        # Reading unpickles, which may run code.
        make_private(folder)
    except OSError as error:
        reason = error.strerror or str(error).rstrip(".")
        msg = f"cannot use {folder} as a cache: {reason}; choose another folder."
        raise type(error)(msg) from error
    if not os.access(folder, os.W_OK):
        msg = (
            f"cannot write to {folder}, the folder of the cache; choose another folder."
        )
        raise PermissionError(msg)
    return Store(folder)
