"""Folders that belong to one user, and locks that leave nothing behind.

Other users can write to the folder of temporary files, and to many a folder of results.
What they may have put there is never followed, emptied or trusted.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["locked", "make_private", "open_here", "same_file", "try_lock"]

# A symbolic link is an error, wherever it leads.
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_PLAIN = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def make_private(folder: Path) -> None:
    """Make a folder that only this user can enter; one that is there must be theirs.

    Raises
    ------
    NotADirectoryError
        If a file or a symbolic link is there.
    PermissionError
        If the folder belongs to another user.
    OSError
        If it cannot be made.
    """
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        msg = f"{folder} is there already and is not a directory; remove it."
        raise NotADirectoryError(msg)
    if sys.platform != "win32" and found.st_uid != os.geteuid():
        msg = f"{folder} belongs to another user; it is not used."
        raise PermissionError(msg)
    if stat.S_IMODE(found.st_mode) != 0o700:
        # Some file systems have no modes to change.
        with suppress(OSError):
            folder.chmod(0o700)


def open_here(path: Path, flags: int, mode: int = 0o600) -> int:
    """Return a descriptor of the file itself: a symbolic link is not followed.

    Raises
    ------
    OSError
    """
    return os.open(path, flags | _NO_FOLLOW | _PLAIN, mode)


def try_lock(descriptor: int) -> bool:
    """Lock an open file until it is closed; return False if another process has it.

    Raises
    ------
    OSError
        Where the file system has no locks.
    """
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def same_file(descriptor: int, path: Path) -> bool:
    """Return whether the open file is the one that is at ``path`` now."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file while the block runs; it and its folder are gone afterwards.

    Parameters
    ----------
    path : Path
        Its folder is made, and is private.

    Raises
    ------
    BlockingIOError
        If another process holds it.
    OSError
        If the folder cannot be made or is not the user's own.
    """
    descriptor = _held(path)
    try:
        yield
    finally:
        # Removed while it is held: whoever has opened it meanwhile sees that it is gone.
        with suppress(OSError):
            path.unlink()
        os.close(descriptor)
        # Others may be at work in it.
        with suppress(OSError):
            path.parent.rmdir()


def _held(path: Path) -> int:
    while True:
        with suppress(FileNotFoundError):  # another run has just removed the folder
            make_private(path.parent)
            descriptor = open_here(path, os.O_RDWR | os.O_CREAT)
            if not try_lock(descriptor):
                os.close(descriptor)
                raise BlockingIOError
            if same_file(descriptor, path):
                return descriptor
            os.close(descriptor)
