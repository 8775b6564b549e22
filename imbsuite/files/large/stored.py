"""Parquet files as one table, read in parts of bounded size and in a stable order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imbsuite._extras import need
from imbsuite.files.reading import read_parquet

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = [
    "Part",
    "StoredTable",
    "largest_part",
    "paged",
]


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
        from imbsuite.scale.new_rows import PROVENANCE

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


def largest_part(table: StoredTable) -> float:
    """Return what the largest part takes once it is read, in bytes."""
    return max(part.rows for part in table.parts) * table.row_bytes


def _read(path: Path, groups: tuple[int, ...], columns: Sequence[str]) -> pa.Table:
    def read(path: Path) -> pa.Table:
        with need("pyarrow.parquet").ParquetFile(path) as file:
            table = file.read_row_groups(groups, columns=columns, use_threads=False)
            return table.select(columns).replace_schema_metadata(None)

    found: pa.Table = read_parquet(path, read)
    return found


def paged(path: Path) -> Any:
    """Open a Parquet file to be decoded page by page, whatever a row group takes."""
    parquet = need("pyarrow.parquet")
    return parquet.ParquetFile(path, pre_buffer=False, buffer_size=2**20)
