"""Output of a resampled table, written part by part."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

from imbsuite._extras import need
from imbsuite.files.atomic import (
    atomic_write,
    publish_folder,
    real_path,
    refuse_no_file,
)
from imbsuite.files.checks import separator_of
from imbsuite.files.parquet import with_index
from imbsuite.files.quoting import compressed, write_lines
from imbsuite.files.verbatim import VerbatimTable

if TYPE_CHECKING:
    import pyarrow as pa

# Suffixes of files in a directory that may be replaced: tables, and files that other
# programs write next to them.
_REPLACED = {".parquet", ".pq", ".crc", ""}


class PartWriter(Protocol):
    """An output to which parts are written."""

    def encode(self, part: VerbatimTable, number: int) -> Any:
        """Return a part in the form for ``add``; threads may call this concurrently."""

    def add(self, encoded: Any) -> None:
        """Add the next part."""


@contextmanager
def open_output(
    out: Path, folder: Path, schema: pa.Schema, separator: str | None
) -> Iterator[PartWriter]:
    """Yield an output that appears at ``out`` if the block ends without an error.

    Parameters
    ----------
    out : Path
        A CSV or Parquet file; without a suffix, a directory of Parquet files.
    folder : Path
        A folder for the files of a directory until all of them are complete.
    schema : pyarrow.Schema
        The columns of a Parquet file, including those of the index.
    separator : str or None
        The field separator of a text file. None: a comma, or a tab for ``.tsv``.
    """
    if not out.suffix:
        files = folder / "files"
        files.mkdir()
        yield _Files(files)
        publish_folder(files, out)
        return
    between_fields = separator_of(out, separator)
    with atomic_write(out, binary=True) as stream:
        if between_fields is not None:
            yield _Lines(stream, out, between_fields)
            return
        with need("pyarrow.parquet").ParquetWriter(stream, schema) as writer:
            yield _RowGroups(writer)


@dataclass(frozen=True)
class _Files:
    folder: Path

    def encode(self, part: VerbatimTable, number: int) -> None:
        path = self.folder / f"part-{number:05d}.parquet"
        need("pyarrow.parquet").write_table(with_index(part.cells, part.index), path)

    def add(self, encoded: None) -> None:
        """Do nothing, because ``encode`` has written the file."""


@dataclass(frozen=True)
class _Lines:
    stream: IO[bytes]
    out: Path
    separator: str

    def encode(self, part: VerbatimTable, number: int) -> bytes:
        lines, is_first = io.BytesIO(), number == 0
        # Concatenated compressed streams are a valid compressed stream.
        with compressed(lines, self.out) as plain:
            write_lines(part.to_text(), plain, self.separator, header=is_first)
        return lines.getvalue()

    def add(self, encoded: bytes) -> None:
        self.stream.write(encoded)


@dataclass(frozen=True)
class _RowGroups:
    writer: Any

    def encode(self, part: VerbatimTable, number: int) -> pa.Table:
        return with_index(part.cells, part.index).cast(self.writer.schema)

    def add(self, encoded: pa.Table) -> None:
        if len(encoded):
            self.writer.write_table(encoded)


def check_output(source: Path, out: Path, *, force: bool) -> None:
    """Check that an output can be written, replaces only tables and is not the input.

    Raises
    ------
    OSError, ValueError
        If one of these is not true; the message says what to pass instead.
    """
    if out.suffix:
        separator_of(out)
    if out.suffix == ".zst":
        msg = (
            f"{out} cannot be compressed in parts; write .csv.gz, .csv.xz or .parquet."
        )
        raise ValueError(msg)
    if not out.is_dir():
        refuse_no_file(out)
    if not out.parent.is_dir():
        msg = f"cannot write {out}: there is no directory {out.parent}."
        raise FileNotFoundError(msg)
    _refuse_overlap(source, out)
    if out.exists() and not force:
        msg = f"{out} exists already; add --force to replace it."
        raise FileExistsError(msg)
    if out.exists():
        _check_replaced(out)


def _refuse_overlap(source: Path, out: Path) -> None:
    """Raise ValueError if the paths are the same, or one is inside the other."""
    source_path, out_path = source.resolve(), real_path(out).resolve()
    same = source.exists() and out.exists() and out.samefile(source)
    if source_path == out_path or same:
        msg = f"{out} is the table to read; choose another path for the output."
        raise ValueError(msg)
    if source_path in out_path.parents and source.is_dir():
        msg = f"{out} is inside {source}, which is read; choose another path."
        raise ValueError(msg)
    if out_path in source_path.parents:
        msg = f"{source} is inside {out}; choose another path."
        raise ValueError(msg)


def _check_replaced(out: Path) -> None:
    if out.is_dir() and out.suffix:
        msg = f"{out} is a directory, but the output is a file; choose another path."
        raise IsADirectoryError(msg)
    if out.is_file() and not out.suffix:
        msg = (
            f"{out} is a file, but a name without a suffix is a directory; choose "
            "another path."
        )
        raise NotADirectoryError(msg)
    for entry in out.iterdir() if out.is_dir() else ():
        if entry.is_dir() or entry.suffix.lower() not in _REPLACED:
            msg = (
                f"{out} holds {entry.name}, which is not a Parquet file, so it is not "
                "replaced; choose another path."
            )
            raise FileExistsError(msg)
