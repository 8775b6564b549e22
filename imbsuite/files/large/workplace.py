"""Where finished parts of a file are kept until all are there, and what becomes of them.

Beside OUT there is a directory with a hidden name that ends in what the work hangs on: the
same work finds its parts again, other work does not.
"""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from imbsuite._keys import digest
from imbsuite._private import locked, make_private
from imbsuite.files.atomic import keep_access, real_path

__all__ = ["StoppedError", "Workplace", "check_out"]

# What the system says of a device that takes no more.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
# What may be in a directory that is replaced: tables, and what others note beside them.
_REPLACED = {".parquet", ".pq", ".crc", ""}


class StoppedError(InterruptedError):
    """Ctrl-C, when there was something to go on from."""

    exit_code = 130


@dataclass(frozen=True)
class Workplace:
    """A directory of finished parts beside ``out``.

    Attributes
    ----------
    out : Path
        What will be there in the end: a file, or a directory of Parquet files.
    key : str
        What the work hangs on.
    """

    out: Path
    key: str

    @cached_property
    def real(self) -> Path:
        """Return what is replaced: where ``out`` leads, if it is a symbolic link."""
        return real_path(self.out)

    @property
    def folder(self) -> Path:
        """Return where the parts are."""
        return self.real.with_name(f".{self.real.name}.{self.key}.partial")

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Make the directory, and clear it away if the block fails for good.

        Raises
        ------
        OSError
            If there is no place for it, another process is at work on ``out``, or the
            disk is full before the block ends.
        StoppedError
            If the block is interrupted.
        """
        with self._alone():
            try:
                make_private(self.folder)
            except OSError as error:
                said = error.strerror or str(error).rstrip(".")
                msg = f"cannot write {self.out}: {said}; choose another place."
                raise type(error)(msg) from error
            with self._ended():
                yield

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from the same output while the block runs."""
        # Not beside OUT, where the file system may be one without locks.
        name = f"{digest(str(self.real.resolve()))[:16]}.lock"
        try:
            with locked(_lock_folder() / name):
                yield
        except BlockingIOError:
            msg = f"another run is writing {self.out}; wait for it, or give another place."
            raise FileExistsError(msg) from None

    @contextmanager
    def _ended(self) -> Iterator[None]:
        """Keep the parts where there is something to go on from, else remove them."""
        try:
            yield
        except KeyboardInterrupt:
            msg = f"interrupted; {self._kept}: the same command goes on from there."
            raise StoppedError(msg) from None
        except OSError as error:
            if error.errno not in _FULL:
                shutil.rmtree(self.folder)
                raise
            msg = (
                f"cannot write {self.out}: {error.strerror}; {self._kept}: make room and "
                "give the same command, or remove it."
            )
            raise OSError(msg) from error
        except BaseException:
            # Whatever is put right to make it work makes it other work.
            shutil.rmtree(self.folder)
            raise

    @property
    def _kept(self) -> str:
        return f"finished parts are kept in {self.folder}"

    def record(self, name: str) -> dict[str, Any] | None:
        """Return what was noted of a finished part that is still there, or None."""
        # In "whole" there are parts that were about to be delivered.
        places = (self.folder / name, self.folder / "whole" / name)
        return self._noted(name) if any(path.exists() for path in places) else None

    def settled(
        self, name: str, decide: Callable[[], dict[str, Any]]
    ) -> dict[str, Any]:
        """Return what the first run decided: a run that goes on must not decide anew."""
        noted = self._noted(name)
        if noted is None:
            noted = decide()
            self._note(name, noted)
        return noted

    def _noted(self, name: str) -> dict[str, Any] | None:
        path = self._record(name)
        if not path.exists():
            return None
        noted: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return noted

    def _note(self, name: str, noted: dict[str, Any]) -> None:
        with self._new(self._record(name)) as stream:
            stream.write(json.dumps(noted).encode())

    def put(self, name: str, write: Callable[[IO[bytes]], dict[str, Any]]) -> None:
        """Write a part, and then that it is complete.

        Parameters
        ----------
        name : str
        write : callable of one binary file
            It returns what :meth:`record` will return.
        """
        with self._new(self.folder / name) as stream:
            noted = write(stream)
        self._note(name, noted)

    def _record(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    @contextmanager
    def _new(self, path: Path) -> Iterator[IO[bytes]]:
        partial = path.with_name(f"{path.name}.{secrets.token_hex(8)}.new")
        try:
            with partial.open("xb") as stream:
                yield stream
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    def deliver_file(self, write: Any) -> None:
        """Write the file that ``out`` becomes, and clear away the parts."""
        whole = self.folder / "whole"
        try:
            with whole.open("wb") as stream:
                write(stream)
            keep_access(whole, self.real.stat() if self.real.exists() else None)
            whole.replace(self.real)
        finally:
            whole.unlink(missing_ok=True)
        self._clear()

    def deliver_folder(self, names: list[str]) -> None:
        """Let ``out`` be a directory of these parts, and clear away the rest."""
        whole = self.folder / "whole"
        whole.mkdir(exist_ok=True)
        for name in names:
            part = self.folder / name
            if part.exists():
                part.replace(whole / name)
        if self.real.is_dir():
            _keep_access_of_all(whole, self.real)
            older = self.folder / "older"
            # Of a run that was killed after it had delivered.
            shutil.rmtree(older, ignore_errors=True)
            self.real.replace(older)
        whole.replace(self.real)
        self._clear()

    def _clear(self) -> None:
        """Remove the parts, and those of other work that was to end here."""
        own = re.compile(re.escape(f".{self.real.name}.") + r"[0-9a-f]{12}\.partial")
        for entry in self.real.parent.iterdir():
            if own.fullmatch(entry.name):
                # Somebody else's stays.
                shutil.rmtree(entry, ignore_errors=True)


def _lock_folder() -> Path:
    """Return where this user's locks are."""
    # Every user has a number, but not a name.
    user = "user" if sys.platform == "win32" else os.geteuid()
    return Path(tempfile.gettempdir(), f"imbsuite-{user}")


def _keep_access_of_all(new: Path, old: Path) -> None:
    """Give a folder the access of another, and its files that of the most private one."""
    found = [entry.stat() for entry in old.iterdir() if entry.is_file()]
    least = min(found, key=lambda file: file.st_mode.bit_count(), default=None)
    for entry in new.iterdir():
        keep_access(entry, least)
    keep_access(new, old.stat())


def check_out(source: Path, out: Path, *, force: bool) -> None:
    """Refuse an output that would destroy something, or be read as input.

    Raises
    ------
    OSError, ValueError
    """
    if str(out) == "-":
        msg = "cannot write -: standard output has no name here; give a file's path."
        raise ValueError(msg)
    if not out.parent.is_dir():
        msg = f"cannot write {out}: there is no directory {out.parent}."
        raise FileNotFoundError(msg)
    here, there = source.resolve(), real_path(out).resolve()
    if here == there or (source.exists() and out.exists() and out.samefile(source)):
        msg = f"{out} is the table to read; give another name to write to."
        raise ValueError(msg)
    if here in there.parents and source.is_dir():
        msg = f"{out} is inside {source}, which is read; give another place."
        raise ValueError(msg)
    if there in here.parents:
        msg = f"{source} is inside {out}; give another place."
        raise ValueError(msg)
    if out.exists() and not force:
        msg = f"{out} is there already; add --force to replace it."
        raise FileExistsError(msg)
    if out.exists():
        _check_replaced(out)


def _check_replaced(out: Path) -> None:
    if out.is_dir() and out.suffix:
        msg = f"{out} is a directory, and a file is to be written; give another name."
        raise IsADirectoryError(msg)
    if out.is_file() and not out.suffix:
        msg = (
            f"{out} is a file, and without a suffix a directory is to be written; give "
            "another name."
        )
        raise NotADirectoryError(msg)
    if not out.is_dir():
        if not out.is_file():
            msg = f"cannot write {out}: it is not a file; give the path of a file."
            raise IsADirectoryError(msg)
        return
    for entry in out.iterdir():
        if entry.is_dir() or entry.suffix.lower() not in _REPLACED:
            msg = (
                f"{out} holds {entry.name}, which is no Parquet file; it is not "
                "replaced. Give another place."
            )
            raise FileExistsError(msg)
