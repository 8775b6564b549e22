"""Parquet files as one table, read in parts of bounded size and in a stable order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from imbsuite._extras import need
from imbsuite.files.checks import check_file, refuse_no_rows, refuse_repeated_names
from imbsuite.files.parquet import index_columns, parquet_errors, range_index
from imbsuite.files.provenance import PROVENANCE

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_SUFFIXES = {".parquet", ".pq"}
# Rows that are read to estimate the length of texts.
_SAMPLE_ROWS = 2000


@dataclass(frozen=True)
class Part:
    """Consecutive rows of a table: whole row groups, of one file or of several.

    Attributes
    ----------
    start, rows : int
        The position of the first row in the table, counted from 0, and their number.
    fragments : tuple of pyarrow.dataset.ParquetFileFragment
        One for each row group.
    """

    start: int
    rows: int
    fragments: tuple[Any, ...]


@dataclass(frozen=True)
class ParquetTable:
    """A table in Parquet files.

    Attributes
    ----------
    schema : pyarrow.Schema
        The schema of the first file, with the metadata of pandas.
    parts : tuple of Part
    row_bytes : float
        The size of a row once it is read, in bytes.
    counted : RangeIndex or None
        An index that pandas has described without storing it, unless it only counts
        rows.
    """

    schema: pa.Schema
    parts: tuple[Part, ...]
    row_bytes: float
    counted: pd.RangeIndex | None = None

    @property
    def rows(self) -> int:
        """The number of rows of the table."""
        return self.parts[-1].start + self.parts[-1].rows

    @property
    def n_bytes(self) -> float:
        """The size of the table in memory, in bytes."""
        return self.rows * self.row_bytes

    @property
    def largest(self) -> float:
        """The size of the largest part once it is read, in bytes."""
        return max(part.rows for part in self.parts) * self.row_bytes

    @property
    def index_names(self) -> list[str]:
        """The columns that contain the index of pandas."""
        return index_columns(self.schema)

    @property
    def index_levels(self) -> int:
        """The number of levels of the index of pandas."""
        return len((self.schema.pandas_metadata or {}).get("index_columns", []))

    @property
    def has_index(self) -> bool:
        """Whether the table has an index of pandas that must be kept."""
        return bool(self.index_names) or self.counted is not None

    @cached_property
    def names(self) -> list[str]:
        """The columns of the table, without those of the index."""
        return [name for name in self.schema.names if name not in self.index_names]

    @cached_property
    def aliases(self) -> dict[str, str]:
        """``{column: its name in frame}``; names differ from those of provenance."""
        aliases = {name: name for name in self.names}
        for name in aliases.keys() & set(PROVENANCE):
            while aliases[name] in self.names or aliases[name] in PROVENANCE:
                aliases[name] += "_"
        return aliases

    @cached_property
    def cell_schema(self) -> pa.Schema:
        """The schema without the columns of the index."""
        fields = [self.schema.field(name) for name in self.names]
        return need("pyarrow").schema(fields, metadata=self.schema.metadata)

    def in_parts(self, part_bytes: float) -> ParquetTable:
        """Return the table in parts of at most ``part_bytes``, or of one row group."""
        most = max(1, int(part_bytes / self.row_bytes))
        parts: list[Part] = []
        for part in self.parts:
            if parts and parts[-1].rows + part.rows <= most:
                last = parts.pop()
                fragments = (*last.fragments, *part.fragments)
                parts.append(Part(last.start, last.rows + part.rows, fragments))
            else:
                parts.append(part)
        return replace(self, parts=tuple(parts))

    def read(self, part: Part, columns: Sequence[str]) -> pa.Table:
        """Return these columns of a part.

        Raises
        ------
        OSError, ValueError
            If a file cannot be read; the message names it.
        """
        schema = need("pyarrow").schema([self.schema.field(name) for name in columns])
        tables = [_read(fragment, schema) for fragment in part.fragments]
        return need("pyarrow").concat_tables([schema.empty_table(), *tables])

    def blocks(
        self, block_bytes: float, columns: Sequence[str] | None = None
    ) -> Iterator[pa.Table]:
        """Yield columns (None: all, including the index) in blocks of bounded size."""
        names = list(self.schema.names if columns is None else columns)
        return (self.read(part, names) for part in self.in_parts(block_bytes).parts)

    def head(self, n_bytes: float) -> pa.Table:
        """Return the first rows without reading the rest of their row group."""
        left = max(1, int(n_bytes / self.row_bytes))
        batches: list[pa.Table] = []
        for batch in self.batches(left):
            batches.append(batch.slice(0, left))
            left -= len(batches[-1])
            if not left:
                break
        return need("pyarrow").concat_tables(batches).select(self.names)

    def as_pandas(self, cells: pa.Table) -> pd.DataFrame:
        """Return cells as pandas reads them from a file."""
        frame: pd.DataFrame = cells.replace_schema_metadata(
            self.schema.metadata
        ).to_pandas()
        return frame

    def frame(self, part: Part, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return columns of a part as pandas, in Arrow types, which lose nothing.

        Parameters
        ----------
        part : Part
        columns : sequence of str, default=None
            Aliases of the columns. None: all columns.
        """
        names = self.names
        if columns is not None:
            own = {alias: name for name, alias in self.aliases.items()}
            names = [own[alias] for alias in columns]
        cells = self.read(part, names).replace_schema_metadata(None)
        frame: pd.DataFrame = cells.to_pandas(types_mapper=_arrow_type)
        frame.index = self._index(part)
        return frame.rename(columns=self.aliases)

    def to_dask(self) -> Any:
        """Return a Dask DataFrame of the parts, which are read on demand."""
        dataframe = need("dask.dataframe", extra="dask")
        # Each row group has its own categories.
        empty = need("dask.dataframe.utils").clear_known_categories(
            self.frame(Part(0, 0, ()))
        )
        return dataframe.from_map(self.frame, self.parts, meta=empty, label="parquet")

    def _index(self, part: Part) -> Any:
        stop = part.start + part.rows
        if self.counted is not None:
            return self.counted[part.start : stop]
        if not self.index_names:
            return need("pandas").RangeIndex(part.start, stop)
        return self.as_pandas(self.read(part, self.index_names)).index

    def batches(self, batch_rows: int) -> Iterator[pa.Table]:
        """Yield the table, with the index, in batches of at most ``batch_rows`` rows."""
        paths = dict.fromkeys(f.path for part in self.parts for f in part.fragments)
        for path in map(Path, paths):
            with parquet_errors(path), _paged(path) as file:
                for batch in file.iter_batches(batch_rows, use_threads=False):
                    cells = need("pyarrow").Table.from_batches([batch])
                    yield cells.select(self.schema.names).cast(self.schema)

    def copy(self, stream: IO[bytes], block_rows: int) -> None:
        """Write the table as one Parquet file in row groups of ``block_rows`` rows."""
        with need("pyarrow.parquet").ParquetWriter(stream, self.schema) as writer:
            for cells in self.batches(block_rows):
                writer.write_table(cells, row_group_size=block_rows)


def open_parquet(path: Path) -> ParquetTable:
    """Return the table in a file, or in the files of a directory.

    Every file is opened once, to read its footer; each row group with rows is a part.

    Raises
    ------
    OSError, ValueError
        If a file cannot be read, if columns differ between files, or if there are no
        rows.
    """
    files = [_open(file) for file in _files(path)]
    schema = files[0].physical_schema
    for file in files[1:]:
        _refuse_other_columns(files[0], file)
    groups = [group for file in files for group in file.split_by_row_group()]
    groups = [group for group in groups if group.row_groups[0].num_rows]
    refuse_no_rows(path, len(groups))
    counted = range_index(schema) if len(files) == 1 else None
    return ParquetTable(schema, tuple(_parts(groups)), _row_bytes(groups), counted)


def _files(path: Path) -> list[Path]:
    """Return the Parquet files of a table: one, or those in a directory, in order.

    Numbers in names are sorted as numbers: ``part.2`` comes before ``part.10``.
    """
    if not path.is_dir():
        return [path]
    visible = [entry for entry in path.iterdir() if entry.name[0] not in "._"]
    folders = sorted(entry for entry in visible if entry.is_dir())
    if folders:
        msg = (
            f"{path} contains the directory {folders[0].name}; a directory of Parquet "
            "files must not have subdirectories."
        )
        raise ValueError(msg)
    files = [entry for entry in visible if entry.suffix.lower() in _SUFFIXES]
    if not files:
        msg = f"{path} contains no Parquet files (.parquet, .pq)."
        raise FileNotFoundError(msg)
    return sorted(files, key=_number_order)


def _number_order(path: Path) -> list[tuple[int, str]]:
    pieces = re.split(r"(\d+)", path.name)
    return [(int(s), "") if s.isdigit() else (-1, s) for s in pieces]


def _open(path: Path) -> Any:
    """Return a file as a fragment of a dataset, which keeps its footer."""
    dataset = need("pyarrow.dataset")
    check_file(path)
    # Buffering whole row groups would take their encoded size in addition.
    options = dataset.ParquetFragmentScanOptions(pre_buffer=False)
    kind = dataset.ParquetFileFormat(default_fragment_scan_options=options)
    with parquet_errors(path):
        file = kind.make_fragment(str(path), need("pyarrow.fs").LocalFileSystem())
        file.ensure_complete_metadata()
    refuse_repeated_names(path, file.physical_schema.names)
    return file


def _read(fragment: Any, schema: pa.Schema) -> pa.Table:
    with parquet_errors(Path(fragment.path)):
        table: pa.Table = fragment.to_table(schema=schema, use_threads=False)
    return table


def _arrow_type(kind: Any) -> Any:
    # pandas has its own categories, and cannot compute with those of Arrow.
    dictionary = need("pyarrow").types.is_dictionary(kind)
    return None if dictionary else need("pandas").ArrowDtype(kind)


def _paged(path: Path) -> Any:
    """Open a Parquet file for decoding page by page, for any size of row groups."""
    parquet = need("pyarrow.parquet")
    return parquet.ParquetFile(path, pre_buffer=False, buffer_size=2**20)


def _refuse_other_columns(first: Any, file: Any) -> None:
    """Raise ValueError if the columns of a file differ from those of the first one."""
    schema, other = first.physical_schema, file.physical_schema
    missing = [name for name in schema.names if name not in other.names]
    extra = [name for name in other.names if name not in schema.names]
    if missing or extra:
        lacks, has = (file, first) if missing else (first, file)
        name = (missing or extra)[0]
        msg = (
            f"{lacks.path} has no column {name!r}, which {has.path} has; all files "
            "must have the same columns."
        )
        raise ValueError(msg)
    for field in schema:
        kind = other.field(field.name).type
        if kind != field.type:
            msg = (
                f"column {field.name!r} holds {kind} values in {file.path}, and "
                f"{field.type} values in {first.path}; write it with one type."
            )
            raise ValueError(msg)


def _parts(groups: Sequence[Any]) -> Iterator[Part]:
    start = 0
    for group in groups:
        rows = group.row_groups[0].num_rows
        yield Part(start, rows, (group,))
        start += rows


def _row_bytes(groups: Sequence[Any]) -> float:
    """Return the bytes of a row: the maximum of its size as encoded and as read."""
    infos = [group.row_groups[0] for group in groups]
    encoded = max(info.total_byte_size / info.num_rows for info in infos)
    largest = max(groups, key=lambda group: group.row_groups[0].num_rows)
    batch = _first_batch(largest, _SAMPLE_ROWS)
    return max(encoded, batch.nbytes / batch.num_rows)


def _first_batch(fragment: Any, rows: int) -> pa.RecordBatch:
    """Return at most ``rows`` rows at the start of a row group, without reading all."""
    path = Path(fragment.path)
    with parquet_errors(path), _paged(path) as file:
        groups = [fragment.row_groups[0].id]
        return next(file.iter_batches(rows, groups, use_threads=False))
