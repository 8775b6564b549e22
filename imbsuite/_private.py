"""Private directories of one user, and lock files that are removed after use.

Other users can write to the directory of temporary files, and often to the output
directory. Anything that they may have put there is never followed, emptied or trusted:
parts, locks and caches are in directories of mode 700 whose owner is checked, and a
symbolic link in their place is an error. Locks are among the temporary files, because
the file system of an output may not support them.
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

# Opening a symbolic link is an error.
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_PLAIN = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def make_private(folder: Path) -> None:
    """Create a directory that only this user can enter, or make a directory private.

    Raises
    ------
    NotADirectoryError
        If the path is a file or a symbolic link.
    PermissionError
        If the directory belongs to another user.
    OSError
        If the directory cannot be created.
    """
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode):
        msg = f"{folder} exists and is not a directory; remove it."
        raise NotADirectoryError(msg)
    if sys.platform != "win32" and status.st_uid != os.geteuid():
        msg = f"{folder} belongs to another user and is not used."
        raise PermissionError(msg)
    if stat.S_IMODE(status.st_mode) != 0o700:
        # Some file systems do not support modes.
        with suppress(OSError):
            folder.chmod(0o700)


def open_here(path: Path, flags: int, mode: int = 0o600) -> int:
    """Open a file without following symbolic links, and return its descriptor.

    Raises
    ------
    OSError
        If the file cannot be opened, or the path is a symbolic link.
    """
    return os.open(path, flags | _NO_FOLLOW | _PLAIN, mode)


def try_lock(descriptor: int) -> bool:
    """Lock an open file until it is closed; return False if the file is already locked.

    Raises
    ------
    OSError
        If the file system does not support locks.
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
    """Return whether the open file is still the one at ``path``."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file during the block, then remove it and its directory.

    Parameters
    ----------
    path : Path
        The lock file. Its directory is private, and is created if it does not exist.

    Raises
    ------
    BlockingIOError
        If another process holds the lock.
    OSError
        If the directory cannot be created or belongs to another user.
    """
    descriptor = _held(path)
    try:
        yield
    finally:
        # Removed while locked: a process that has opened the file in the meantime
        # compares it with the file at its path (same_file), and opens that one instead.
        with suppress(OSError):
            path.unlink()
        os.close(descriptor)
        # The directory may hold other locks.
        with suppress(OSError):
            path.parent.rmdir()


def _held(path: Path) -> int:
    while True:
        with suppress(FileNotFoundError):  # another run has just removed the directory
            make_private(path.parent)
            descriptor = open_here(path, os.O_RDWR | os.O_CREAT)
            if not try_lock(descriptor):
                os.close(descriptor)
                raise BlockingIOError
            if same_file(descriptor, path):
                return descriptor
            os.close(descriptor)
