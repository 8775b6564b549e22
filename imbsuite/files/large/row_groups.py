"""Parquet files found, held against each other, and cut into parts by their row groups."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imbsuite._extras import need
from imbsuite.files.large.stored import Part, StoredTable, paged
from imbsuite.files.literal import refuse_twice
from imbsuite.files.reading import check_file, read_parquet

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["column_names", "open_stored", "stored_files"]

_SUFFIXES = {".parquet", ".pq"}
# Rows that are read to learn how long texts are.
_LOOKED_AT = 2000


def stored_files(path: Path) -> list[Path]:
    """Return the Parquet files that are meant: one, or those in a directory, in order.

    Numbers in names count as numbers: ``part.2`` comes before ``part.10``.

    Raises
    ------
    OSError, ValueError
        If there are none, or if the directory has others below it.
    """
    if not path.is_dir():
        check_file(path)
        return [path]
    shown = [entry for entry in path.iterdir() if entry.name[0] not in "._"]
    found = [entry for entry in shown if entry.suffix.lower() in _SUFFIXES]
    below = sorted(entry for entry in shown if entry.is_dir())
    if below:
        msg = (
            f"{path} has a directory in it, {below[0].name}; only one whose Parquet "
            "files lie side by side can be read."
        )
        raise ValueError(msg)
    if not found:
        msg = f"{path} has no Parquet files in it (.parquet, .pq)."
        raise FileNotFoundError(msg)
    return sorted(found, key=_in_order)


def _in_order(path: Path) -> list[tuple[int, str]]:
    pieces = re.split(r"(\d+)", path.name)
    return [(int(s), "") if s.isdigit() else (-1, s) for s in pieces]


def open_stored(path: Path, part_bytes: float) -> StoredTable:
    """Return the table in a file, or in the files of a directory.

    Parameters
    ----------
    path : Path
    part_bytes : float
        What a part may take once it is read. A row group that takes more is a part of
        its own.

    Raises
    ------
    OSError, ValueError
        If a file cannot be read, if columns differ between files, or if there are no
        rows.
    """
    files = stored_files(path)
    schema, first = _footer(files[0])
    noted = [(files[0], first)]
    for file in files[1:]:
        other, metadata = _footer(file)
        _same_columns(files[0], schema, file, other)
        noted.append((file, metadata))
    if not any(metadata.num_rows for _, metadata in noted):
        msg = f"{path} has no rows below its header."
        raise ValueError(msg)
    row_bytes = _row_bytes(noted)
    parts = tuple(_parts(noted, max(1, int(part_bytes / row_bytes))))
    counted = _counted(schema) if len(files) == 1 else None
    table = StoredTable(schema, parts, row_bytes, _gapless(noted, schema), counted)
    levels = len((schema.pandas_metadata or {}).get("index_columns", []))
    if levels > 1:
        msg = (
            f"{files[0]} has an index of {levels} levels; make columns of them "
            "(reset_index) to read it in parts."
        )
        raise ValueError(msg)
    return table


def column_names(path: Path) -> list[str]:
    """Return the columns in a file, without those of the index of pandas."""
    return StoredTable(_footer(path)[0], (), 0.0).names


def _footer(path: Path) -> tuple[pa.Schema, Any]:
    """Return the types of the columns, and what is noted of the row groups."""

    def look(path: Path) -> tuple[pa.Schema, Any]:
        with need("pyarrow.parquet").ParquetFile(path) as file:
            return file.schema_arrow, file.metadata

    check_file(path)
    found: tuple[pa.Schema, Any] = read_parquet(path, look)
    refuse_twice(path, found[0].names)
    return found


def _same_columns(first: Path, schema: pa.Schema, file: Path, other: pa.Schema) -> None:
    """Refuse a file whose columns are not those of the first one."""
    missing = [name for name in schema.names if name not in other.names]
    extra = [name for name in other.names if name not in schema.names]
    if missing or extra:
        lacks, has = (file, first) if missing else (first, file)
        name = (missing or extra)[0]
        msg = (
            f"{lacks} has no column {name!r}, which {has} has; all must have the same."
        )
        raise ValueError(msg)
    for field in schema:
        kind = other.field(field.name).type
        if kind != field.type:
            msg = (
                f"column {field.name!r} holds {kind} values in {file}, and {field.type} "
                f"values in {first}; write it with one type."
            )
            raise ValueError(msg)


def _groups(noted: Sequence[tuple[Path, Any]]) -> Iterator[tuple[Path, int, Any]]:
    for path, metadata in noted:
        for number in range(metadata.num_row_groups):
            group = metadata.row_group(number)
            if group.num_rows:
                yield path, number, group


def _row_bytes(noted: Sequence[tuple[Path, Any]]) -> float:
    """Return what a row takes: as encoded, or as read in the largest row group."""
    groups = list(_groups(noted))
    encoded = max(group.total_byte_size / group.num_rows for *_, group in groups)
    path, number, _ = max(groups, key=lambda entry: entry[2].num_rows)

    def look(path: Path) -> float:
        with paged(path) as file:
            batches = file.iter_batches(_LOOKED_AT, [number], use_threads=False)
            batch = next(batches)
            return batch.nbytes / batch.num_rows

    read: float = read_parquet(path, look)
    return max(encoded, read)


def _parts(noted: Sequence[tuple[Path, Any]], most: int) -> Iterator[Part]:
    """Yield runs of row groups of at most ``most`` rows, or of one group."""
    start, rows = 0, 0
    pieces: dict[Path, tuple[int, ...]] = {}
    for path, number, group in _groups(noted):
        if rows and rows + group.num_rows > most:
            yield Part(start, rows, tuple(pieces.items()))
            start, rows, pieces = start + rows, 0, {}
        rows += group.num_rows
        pieces[path] = (*pieces.get(path, ()), number)
    yield Part(start, rows, tuple(pieces.items()))


def _counted(schema: pa.Schema) -> pd.RangeIndex | None:
    """Return the index that is noted as a range, unless it counts from 0 without a name."""
    noted = (schema.pandas_metadata or {}).get("index_columns", [])
    for entry in noted:
        if isinstance(entry, dict) and entry.get("kind") == "range":
            edges = (entry["start"], entry["stop"], entry["step"])
            if entry["name"] is not None or (edges[0], edges[2]) != (0, 1):
                index: pd.RangeIndex = need("pandas").RangeIndex(
                    *edges, name=entry["name"]
                )
                return index
    return None


def _gapless(noted: Sequence[tuple[Path, Any]], schema: pa.Schema) -> frozenset[str]:
    types = need("pyarrow").types
    floats = {
        field.name
        for field in schema
        if types.is_float32(field.type) or types.is_float64(field.type)
    }
    for *_, group in _groups(noted):
        for j in range(group.num_columns):
            column = group.column(j)
            told = column.statistics
            if told is None or told.null_count != 0:
                floats.discard(column.path_in_schema)
    return frozenset(floats)
