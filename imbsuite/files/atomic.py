"""Atomic output: a file or a directory is either complete or unchanged.

Unfinished files have random names and are locked. In a container every run has the same
process number; a file that no process has locked was left by a run that was killed, and
the next run with the same output removes it.
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
# Linux follows as many symbolic links.
_MOST_LINKS = 40
# Folders of temporary files: everybody may add files, and remove their own.
_SHARED = stat.S_ISVTX | stat.S_IWOTH


@contextmanager
def atomic_write(path: Path, *, binary: bool = False) -> Iterator[IO[Any]]:
    """Yield a file that replaces ``path`` when the block ends without an error.

    It is opened under a temporary name in the same folder, before any work: a path that
    cannot be written is an error at once, and an existing file stays whole until the new
    one is complete. The new one has the mode of the existing one, and its owner where the
    system allows it. If ``path`` is a symbolic link, the file that it leads to is replaced.

    Parameters
    ----------
    path : Path
    binary : bool, default=False
        Whether bytes are written; else text, in UTF-8.

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
    # Ctrl-C may come as soon as the file is there.
    try:
        descriptor = _open_partial(path, partial, replaced)
        with (
            _disk_errors(path),
            os.fdopen(descriptor, mode, encoding=encoding) as stream,
        ):
            yield stream
            stream.flush()
            # It stays locked until it is in its place, except on Windows, which cannot
            # rename an open file.
            if sys.platform == "win32":
                stream.close()
            _keep_access(partial, replaced)
            partial.replace(real)
    finally:
        # It may not be there: the error that says why must not be replaced by another.
        with suppress(OSError):
            partial.unlink()


def refuse_no_file(path: Path) -> None:
    """Refuse a path that stands for something else than a file."""
    if str(path) == "-":
        msg = "cannot write to standard output (-); pass the path of a file."
        raise ValueError(msg)
    # A device such as /dev/null would be replaced for everybody.
    if path.exists() and not path.is_file():
        msg = f"cannot write {path}: it is not a file; pass the path of a file."
        raise IsADirectoryError(msg)


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    """Name the output in the error of a full disk."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        msg = f"cannot write {path}: {error.strerror}; nothing was written."
        raise OSError(msg) from error


@contextmanager
def working_folder(out: Path) -> Iterator[Path]:
    """Yield a private folder beside ``out``, removed when the block ends.

    It is for one process at a time; what killed ones have left is removed.

    Parameters
    ----------
    out : Path
        The file or directory that is made.

    Raises
    ------
    OSError
        If there is no place for it, another process is writing ``out``, or the disk is
        full before the block ends.
    """
    real = real_path(out)
    with _lock_of(out, real), _disk_errors(out):
        for entry in _partials(real):
            # Those of other users stay, and so do files and links.
            shutil.rmtree(entry, ignore_errors=True)
        folder = _partial_name(real)
        try:
            _make_private(folder, out)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _make_private(folder: Path, out: Path) -> None:
    """Make a folder for ``out`` that only this user can enter."""
    try:
        folder.mkdir(0o700)
    except OSError as error:
        msg = f"cannot write {out}: {error.strerror}; choose another path."
        raise type(error)(msg) from error


@contextmanager
def _lock_of(out: Path, real: Path) -> Iterator[None]:
    """Keep other processes from the same output while the block runs."""
    # Every user has a number, but not always a name.
    user = "user" if sys.platform == "win32" else os.geteuid()
    # Not beside OUT, where the file system may be one without locks.
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
    """Move a folder from a working folder to ``out``, in place of one that is there."""
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
    """Return the place to write: where symbolic links lead, or ``path``.

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
    msg = f"cannot write {path}: {os.strerror(errno.ELOOP)}; choose another path."
    raise OSError(msg)


def _check_link(path: Path) -> None:
    """Refuse a link by which another user would choose the file to be written.

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
            "another path."
        )
        raise PermissionError(msg)


def _keep_access_of_all(new: Path, old: Path) -> None:
    """Give a folder the access of another, and its files that of the most private one."""
    replaced = [entry.stat() for entry in old.iterdir() if entry.is_file()]
    least = min(replaced, key=lambda file: file.st_mode.bit_count(), default=None)
    for entry in new.iterdir():
        _keep_access(entry, least)
    _keep_access(new, old.stat())


def _keep_access(new: Path, replaced: os.stat_result | None) -> None:
    """Give a file or folder the mode, and where possible the owner, of what it replaces."""
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
    """Return a name beside ``real`` that no other run has, for what is unfinished."""
    return real.with_name(f".{real.name}.{secrets.token_hex(8)}.partial")


def _open_partial(path: Path, partial: Path, replaced: os.stat_result | None) -> int:
    """Return the descriptor of a new, locked file."""
    # Until it has the access of what it replaces, no other user may read it.
    mode = 0o666 if replaced is None else 0o600
    try:
        while True:
            descriptor = open_here(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            # Without locks, no file is removed as stale either.
            with suppress(OSError):
                try_lock(descriptor)
            if same_file(descriptor, partial):
                return descriptor
            os.close(descriptor)  # removed as a stale one, just before it was locked
    except OSError as error:
        msg = f"cannot write {path}: {error.strerror}; choose another file."
        raise type(error)(msg) from error


def _partials(real: Path) -> list[Path]:
    """Return unfinished files and working folders beside ``real``."""
    unfinished = re.compile(re.escape(f".{real.name}.") + r"[0-9a-z_]+\.partial")
    # A folder may take files from those who cannot list it.
    with suppress(OSError):
        return [e for e in real.parent.iterdir() if unfinished.fullmatch(e.name)]
    return []


def _remove_stale(path: Path) -> None:
    """Remove the file of a run that was killed: those of others are locked."""
    with suppress(OSError):
        if not stat.S_ISREG(path.lstat().st_mode):
            return
        descriptor = open_here(path, os.O_RDWR)
        try:
            if try_lock(descriptor) and same_file(descriptor, path):
                path.unlink()
        finally:
            os.close(descriptor)
