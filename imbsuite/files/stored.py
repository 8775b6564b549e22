"""Parquet files as one table, read in parts of bounded size and in a stable order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imbsuite.explore.extras import need
from imbsuite.explore.reading import check_file, read_parquet

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = [
    "Part",
    "StoredTable",
    "column_names",
    "largest_part",
    "open_stored",
    "stored_files",
]

_SUFFIXES = {".parquet", ".pq"}
# Rows that are read to learn how long texts are.
_LOOKED_AT = 2000


@dataclass(frozen=True)
class Part:
    """Consecutive rows: whole row groups, of one file or of several.

    Attributes
    ----------
    start, rows : int
        Where they stand in the table, counted from 0, and how many they are.
    pieces : tuple of (path, row groups)
    """

    start: int
    rows: int
    pieces: tuple[tuple[Path, tuple[int, ...]], ...]


@dataclass(frozen=True)
class StoredTable:
    """A table in Parquet files.

    Attributes
    ----------
    schema : pyarrow.Schema
        Of the first file, with what pandas has noted there.
    parts : tuple of Part
    row_bytes : float
        What a row takes once it is read.
    gapless : frozenset of str
        Columns of floats that have no gap in any file, by their statistics.
    counted : range or None
        The index that pandas has noted without storing it, unless it only counts rows.
    """

    schema: pa.Schema
    parts: tuple[Part, ...]
    row_bytes: float
    gapless: frozenset[str] = frozenset()
    counted: pd.RangeIndex | None = None

    @property
    def has_index(self) -> bool:
        """Whether pandas has an index for these rows that is to be kept."""
        return bool(self.index_names) or self.counted is not None

    @property
    def rows(self) -> int:
        """Rows of the table."""
        return self.parts[-1].start + self.parts[-1].rows

    @cached_property
    def index_names(self) -> list[str]:
        """Columns that hold the index of pandas, one that only counts aside."""
        described = self.schema.pandas_metadata or {}
        stored = described.get("index_columns", [])
        return [name for name in stored if isinstance(name, str)]

    @cached_property
    def aliases(self) -> dict[str, str]:
        """What columns are called in :meth:`frame`: not as scale calls its own."""
        from imbsuite.scale.assembling import PROVENANCE

        found = {name: name for name in self.names}
        for name in found.keys() & PROVENANCE.keys():
            while found[name] in self.names or found[name] in PROVENANCE:
                found[name] += "_"
        return found

    @cached_property
    def cell_schema(self) -> pa.Schema:
        """The schema without the columns of the index."""
        fields = [self.schema.field(name) for name in self.names]
        return need("pyarrow").schema(fields, metadata=self.schema.metadata)

    @cached_property
    def names(self) -> list[str]:
        """Columns of the table, without those of the index."""
        return [name for name in self.schema.names if name not in self.index_names]

    def read(self, part: Part, columns: Sequence[str]) -> pa.Table:
        """Return these columns of a part.

        Raises
        ------
        OSError, ValueError
            If a file cannot be read; the message names it.
        """
        tables = [_read(path, groups, columns) for path, groups in part.pieces]
        schema = need("pyarrow").schema([self.schema.field(name) for name in columns])
        same = [table.cast(schema) for table in tables]
        return need("pyarrow").concat_tables([schema.empty_table(), *same])

    def frame(self, part: Part, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return these columns as pandas, in types that lose nothing.

        Parameters
        ----------
        part : Part
        columns : sequence of str, default=None
            By their aliases; None: all of them.
        """
        names = self.names
        if columns is not None:
            own = {alias: name for name, alias in self.aliases.items()}
            names = [own[alias] for alias in columns]
        frame = self.as_pandas(self.read(part, names))
        frame.index = self._index(part)
        return frame.rename(columns=self.aliases)

    def to_dask(self) -> Any:
        """Return a Dask DataFrame of the parts, which are read when they are needed."""
        dataframe = need("dask.dataframe", extra="dask")
        empty = self.as_pandas(self.cell_schema.empty_table())
        empty = empty.rename(columns=self.aliases)
        empty.index = self._index(Part(0, 0, ()))
        # Each row group has its own categories.
        meta = need("dask.dataframe.utils").clear_known_categories(empty)
        return dataframe.from_map(self.frame, self.parts, meta=meta, label="stored")

    def as_pandas(self, cells: pa.Table) -> pd.DataFrame:
        """Return cells in the types of Arrow; floats without gaps as NumPy has them."""
        pandas = need("pandas")
        plain = [name for name in cells.column_names if name in self.gapless]
        others = {n: _as_series(cells[n]) for n in cells.column_names if n not in plain}
        rest = pandas.DataFrame(others, index=range(len(cells)), copy=False)
        if not plain:
            return rest
        numbers = cells.select(plain).to_pandas()
        whole: pd.DataFrame = pandas.concat([numbers, rest], axis=1)
        return whole[cells.column_names]

    def _index(self, part: Part) -> Any:
        stop = part.start + part.rows
        if self.counted is not None:
            return self.counted[part.start : stop]
        if not self.index_names:
            return need("pandas").RangeIndex(part.start, stop)
        stored = self.read(part, self.index_names)
        noted = stored.replace_schema_metadata(self.schema.metadata)
        return noted.to_pandas().index


def _as_series(cells: pa.ChunkedArray) -> Any:
    # pandas has its own categories, and cannot compute with those of Arrow.
    if need("pyarrow").types.is_dictionary(cells.type):
        return cells.to_pandas()
    pandas = need("pandas")
    return pandas.Series(pandas.arrays.ArrowExtensionArray(cells), copy=False)


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
    if len(table.index_names) > 1:
        msg = (
            f"{files[0]} has an index of {len(table.index_names)} levels; make columns of "
            "them (reset_index) to read it in parts."
        )
        raise ValueError(msg)
    return table


def largest_part(table: StoredTable) -> float:
    """Return what the largest part takes once it is read, in bytes."""
    return max(part.rows for part in table.parts) * table.row_bytes


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
    return found


def _read(path: Path, groups: tuple[int, ...], columns: Sequence[str]) -> pa.Table:
    def read(path: Path) -> pa.Table:
        with need("pyarrow.parquet").ParquetFile(path) as file:
            table = file.read_row_groups(groups, columns=columns, use_threads=False)
            return table.select(columns).replace_schema_metadata(None)

    found: pa.Table = read_parquet(path, read)
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
        with need("pyarrow.parquet").ParquetFile(path) as file:
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
