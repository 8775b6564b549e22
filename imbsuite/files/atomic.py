"""Atomic output: a file or a directory is either complete or unchanged.

Unfinished files are locked and have random names, because in a container every run has
the same process ID. A file that no process has locked was left by a killed run, and the
next run with the same output removes it.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from imbsuite._keys import digest
from imbsuite._private import locked, open_here, same_file, try_lock

# The errors of a full device.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
# The number of symbolic links that Linux follows.
_MOST_LINKS = 40
# Mode of folders for temporary files: all users may add files, and remove only their
# own.
_SHARED = stat.S_ISVTX | stat.S_IWOTH


@contextmanager
def atomic_write(path: Path, *, binary: bool = False) -> Iterator[IO[Any]]:
    """Yield a file that replaces ``path`` when the block ends without an error.

    The file is opened under a temporary name in the same folder, before any work: a
    path that cannot be written raises an error at once, and an existing file stays
    unchanged until the new one is complete. The new file gets the mode of the existing
    one and, if the system allows it, its owner. If ``path`` is a symbolic link, its
    target is replaced.

    Parameters
    ----------
    path : Path
    binary : bool, default=False
        Whether to write bytes. If False, text is written in UTF-8.

    Raises
    ------
    OSError
        If ``path`` cannot be written, or the disk is full before the block ends.
    ValueError
        If ``path`` is "-".
    """
    refuse_no_file(path)
    real = real_path(path)
    replaced = real.stat() if real.exists() else None
    for entry in _partials(real):
        _remove_stale(entry)
    partial = _partial_name(real)
    mode, encoding = ("wb", None) if binary else ("w", "utf-8")
    # Ctrl-C may arrive as soon as the file exists.
    try:
        descriptor = _open_partial(path, partial, replaced)
        with (
            _disk_errors(path),
            os.fdopen(descriptor, mode, encoding=encoding) as stream,
        ):
            yield stream
            stream.flush()
            # The file stays locked until it is in place, except on Windows, which
            # cannot rename an open file.
            if sys.platform == "win32":
                stream.close()
            _keep_access(partial, replaced)
            partial.replace(real)
    finally:
        # The file may not exist; the error that says why must not be masked by another.
        with suppress(OSError):
            partial.unlink()


def refuse_no_file(path: Path) -> None:
    """Raise an error if a path exists but is not a file, or is "-"."""
    if str(path) == "-":
        msg = "cannot write to standard output (-); pass the path of a file."
        raise ValueError(msg)
    # A device such as /dev/null would be replaced for all users.
    if path.exists() and not path.is_file():
        msg = f"cannot write {path}: it is not a file; pass the path of a file."
        raise IsADirectoryError(msg)


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    """Name the output in errors about a full disk."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        msg = f"cannot write {path}: {error.strerror}; nothing was written."
        raise OSError(msg) from error


@contextmanager
def working_folder(out: Path) -> Iterator[Path]:
    """Yield a private folder next to ``out``, removed when the block ends.

    Only one process at a time can have it. Folders that killed processes have left are
    removed.

    Parameters
    ----------
    out : Path
        The file or directory to write.

    Raises
    ------
    OSError
        If the folder cannot be created, another process is writing ``out``, or the disk
        is full before the block ends.
    """
    real = real_path(out)
    with _lock_of(out, real), _disk_errors(out):
        for entry in _partials(real):
            # Folders of other users stay, and so do files and links.
            shutil.rmtree(entry, ignore_errors=True)
        folder = _partial_name(real)
        try:
            _make_private(folder, out)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _make_private(folder: Path, out: Path) -> None:
    """Create a folder for ``out`` that only this user can enter."""
    try:
        folder.mkdir(0o700)
    except OSError as error:
        msg = f"cannot write {out}: {error.strerror}; choose another path."
        raise type(error)(msg) from error


@contextmanager
def _lock_of(out: Path, real: Path) -> Iterator[None]:
    """Keep other processes from writing the same output while the block runs."""
    # Every user has an ID, but not always a name.
    user = "user" if sys.platform == "win32" else os.geteuid()
    # Not next to OUT, whose file system may not support locks.
    folder = Path(tempfile.gettempdir(), f"imbsuite-{user}")
    try:
        with locked(folder / f"{digest(str(real.resolve()))[:16]}.lock"):
            yield
    except BlockingIOError:
        msg = (
            f"another run is writing {out}; wait until it has finished, or choose "
            "another path."
        )
        raise FileExistsError(msg) from None


def publish_folder(new: Path, out: Path) -> None:
    """Move a folder from a working folder to ``out``, replacing an existing folder."""
    real = real_path(out)
    if not real.is_dir():
        new.replace(real)
        return
    _keep_access_of_all(new, real)
    older = real.replace(new.with_name("older"))
    try:
        new.replace(real)
    except BaseException:
        older.replace(real)
        raise


def real_path(path: Path) -> Path:
    """Return the path to write: the target of symbolic links, or ``path`` itself.

    Raises
    ------
    OSError
        If there are too many symbolic links, for example because they form a loop.
    PermissionError
        If a link belongs to another user and is in a folder to which all users may
        write.
    """
    place = path
    for _ in range(_MOST_LINKS):
        if not place.is_symlink():
            return place
        _check_link(place)
        place = place.parent / place.readlink()
    msg = f"cannot write {path}: {os.strerror(errno.ELOOP)}; choose another path."
    raise OSError(msg)


def _check_link(path: Path) -> None:
    """Raise PermissionError if a link lets another user choose the file to write.

    Linux has the same rule (``fs.protected_symlinks``), where it is enabled.
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
            "another path."
        )
        raise PermissionError(msg)


def _keep_access_of_all(new: Path, old: Path) -> None:
    """Copy the access rights of ``old``; files get those of its most private file."""
    replaced = [entry.stat() for entry in old.iterdir() if entry.is_file()]
    least = min(replaced, key=lambda file: file.st_mode.bit_count(), default=None)
    for entry in new.iterdir():
        _keep_access(entry, least)
    _keep_access(new, old.stat())


def _keep_access(new: Path, replaced: os.stat_result | None) -> None:
    """Give a path the mode and, if possible, the owner of what it replaces."""
    if replaced is None:
        return
    mode = stat.S_IMODE(replaced.st_mode)
    if sys.platform != "win32":
        for owner in ((replaced.st_uid, -1), (-1, replaced.st_gid)):
            with suppress(OSError):
                os.chown(new, *owner)
        now = new.stat()
        if now.st_uid != replaced.st_uid:
            mode &= ~stat.S_ISUID
        if now.st_gid != replaced.st_gid:
            # Rights of one group must not pass to another.
            mode &= ~(stat.S_IRWXG | stat.S_ISGID)
    new.chmod(mode)


def _partial_name(real: Path) -> Path:
    """Return a unique name next to ``real`` for unfinished output."""
    return real.with_name(f".{real.name}.{secrets.token_hex(8)}.partial")


def _open_partial(path: Path, partial: Path, replaced: os.stat_result | None) -> int:
    """Return the descriptor of a new, locked file."""
    # No other user may read the file until it has the access rights of what it
    # replaces.
    mode = 0o666 if replaced is None else 0o600
    try:
        while True:
            descriptor = open_here(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            # Where locks are not supported, no file is removed as stale either.
            with suppress(OSError):
                try_lock(descriptor)
            if same_file(descriptor, partial):
                return descriptor
            os.close(descriptor)  # removed as stale just before it was locked
    except OSError as error:
        msg = f"cannot write {path}: {error.strerror}; choose another file."
        raise type(error)(msg) from error


def _partials(real: Path) -> list[Path]:
    """Return unfinished files and working folders next to ``real``."""
    unfinished = re.compile(re.escape(f".{real.name}.") + r"[0-9a-z_]+\.partial")
    # Users may write to some folders that they cannot list.
    with suppress(OSError):
        return [e for e in real.parent.iterdir() if unfinished.fullmatch(e.name)]
    return []


def _remove_stale(path: Path) -> None:
    """Remove the file of a killed run; files of running ones are locked."""
    with suppress(OSError):
        if not stat.S_ISREG(path.lstat().st_mode):
            return
        descriptor = open_here(path, os.O_RDWR)
        try:
            if try_lock(descriptor) and same_file(descriptor, path):
                path.unlink()
        finally:
            os.close(descriptor)
