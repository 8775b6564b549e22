"""Writing a result to a file: all of it or nothing, and no surprise at the end."""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from imbsuite._private import open_here, same_file, try_lock

__all__ = ["keep_access", "real_path", "written"]

# What the system says of a device that takes no more.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
# As many symbolic links as Linux follows.
_MOST_LINKS = 40
# Folders of temporary files: everybody may add files, and remove their own.
_SHARED = stat.S_ISVTX | stat.S_IWOTH


@contextmanager
def written(path: Path, *, binary: bool = False) -> Iterator[IO[Any]]:
    """Give a file that appears at ``path`` when the block ends without an error.

    It is opened under a temporary name in the same folder, before any work: a path that
    cannot be written is known at once, and a file that is there stays whole until the
    new one is complete. The new one has its mode, and its owner where the system lets
    it. Of a symbolic link, the file that it leads to is replaced.

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
    real = real_path(path)
    replaced = real.stat() if real.exists() else None
    partial, descriptor = _new_partial(path, real, replaced)
    mode, encoding = ("wb", None) if binary else ("w", "utf-8")
    try:
        with os.fdopen(descriptor, mode, encoding=encoding) as stream:
            yield stream
            stream.flush()
            # It stays locked until it is in its place, except on Windows, which cannot
            # rename an open file.
            if sys.platform == "win32":
                stream.close()
            keep_access(partial, replaced)
            partial.replace(real)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        msg = f"cannot write {path}: {error.strerror}; nothing is written."
        raise OSError(msg) from error
    finally:
        partial.unlink(missing_ok=True)


def real_path(path: Path) -> Path:
    """Return where a file is written: where symbolic links lead, or ``path``.

    Raises
    ------
    OSError
        If they lead in a circle.
    PermissionError
        If a link in a folder that everybody may write to is somebody else's.
    """
    place = path
    for _ in range(_MOST_LINKS):
        if not place.is_symlink():
            return place
        _check_link(place)
        place = place.parent / place.readlink()
    msg = f"cannot write {path}: {os.strerror(errno.ELOOP)}; choose another place."
    raise OSError(msg)


def _check_link(path: Path) -> None:
    """Refuse a link by which another user would choose what is written to.

    Linux has the same rule (``fs.protected_symlinks``), where it is switched on.
    """
    if sys.platform == "win32":
        return
    folder, owner = path.parent.stat(), path.lstat().st_uid
    if folder.st_mode & _SHARED == _SHARED and owner not in {
        os.geteuid(),
        folder.st_uid,
    }:
        msg = (
            f"cannot write {path}: it is a symbolic link of another user; choose "
            "another place."
        )
        raise PermissionError(msg)


def keep_access(new: Path, replaced: os.stat_result | None) -> None:
    """Give a file or folder the mode, and where possible the owner, of what it replaces.

    Parameters
    ----------
    new : Path
    replaced : os.stat_result or None
        None: nothing is replaced, and ``new`` stays as it was made.
    """
    if replaced is None:
        return
    mode = stat.S_IMODE(replaced.st_mode)
    if sys.platform != "win32":
        for owner in ((replaced.st_uid, -1), (-1, replaced.st_gid)):
            with suppress(OSError):
                os.chown(new, *owner)
        found = new.stat()
        if found.st_uid != replaced.st_uid:
            mode &= ~stat.S_ISUID
        if found.st_gid != replaced.st_gid:
            # What one group could do is not for another.
            mode &= ~(stat.S_IRWXG | stat.S_ISGID)
    new.chmod(mode)


def _new_partial(
    path: Path, real: Path, replaced: os.stat_result | None
) -> tuple[Path, int]:
    """Return an empty file beside ``real`` that nobody else has, open and locked."""
    # Until it has the access of what it replaces, nobody else may read it.
    mode = 0o666 if replaced is None else 0o600
    try:
        _remove_stale(real)
        while True:
            partial = real.with_name(f".{real.name}.{secrets.token_hex(8)}.partial")
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            descriptor = open_here(partial, flags, mode)
            _lock(descriptor)
            if same_file(descriptor, partial):
                return partial, descriptor
            os.close(descriptor)  # taken for a stale one, just before it was locked
    except OSError as error:
        msg = f"cannot write {path}: {error.strerror}; choose another file."
        raise type(error)(msg) from error


def _remove_stale(real: Path) -> None:
    """Remove what killed runs have left: the files of living ones are locked."""
    stale = re.compile(re.escape(f".{real.name}.") + r"[0-9a-f]+\.partial")
    # A folder may take files from those who cannot list it.
    with suppress(OSError):
        for entry in real.parent.iterdir():
            if stale.fullmatch(entry.name):
                _remove_unlocked(entry)


def _remove_unlocked(path: Path) -> None:
    with suppress(OSError):
        if not stat.S_ISREG(path.lstat().st_mode):
            return
        descriptor = open_here(path, os.O_RDWR)
        try:
            if try_lock(descriptor) and same_file(descriptor, path):
                path.unlink()
        finally:
            os.close(descriptor)


def _lock(descriptor: int) -> None:
    # Where there are no locks, no file is taken for a stale one either.
    with suppress(OSError):
        try_lock(descriptor)
