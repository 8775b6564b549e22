"""A text file as a table in parts: a copy of its fields in Parquet.

Every block is parsed like a file that is read as a whole, so quoted line ends and odd
fields have the same meaning. Whether a column is numeric is known only after the last
block.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._extras import need
from imbsuite.files.large.parquet_table import ParquetTable, Part, open_parquet
from imbsuite.files.text import TextFile, Width, typed, width_of

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class TextTable(ParquetTable):
    """The fields of a text file, and the numbers that they represent.

    Attributes
    ----------
    texts : ParquetTable
        The fields as they are spelled, in the same parts.
    """

    texts: ParquetTable = field(kw_only=True)

    def read(self, part: Part, columns: Sequence[str]) -> pa.Table:
        """Return these columns of a part, with numeric columns as numbers."""
        schema = need("pyarrow").schema([self.schema.field(name) for name in columns])
        return typed(self.fields(part, columns), schema)

    def fields(self, part: Part, columns: Sequence[str] | None = None) -> pa.Table:
        """Return the fields of a part as they are spelled (None: of all columns)."""
        return self.texts.read(part, columns or self.names)


def copy_text(file: TextFile, copy: Path, block_bytes: float) -> TextTable:
    """Copy a text file into a Parquet file of text, in row groups of bounded size.

    Raises
    ------
    OSError, ValueError
        If the file cannot be read, does not parse, or has no rows.
    """
    arrow = need("pyarrow")
    widths = dict.fromkeys(file.names, Width.MISSING)
    texts = arrow.schema([(name, arrow.large_string()) for name in widths])
    with (
        copy.open("xb") as stream,
        need("pyarrow.parquet").ParquetWriter(stream, texts) as writer,
    ):
        for block in file.blocks(block_bytes):
            writer.write_table(block, row_group_size=len(block))
            for name, so_far in widths.items():
                widths[name] = max(so_far, width_of(block[name]))
    opened = open_parquet(copy)
    schema = arrow.schema([(name, width.kind) for name, width in widths.items()])
    return TextTable(schema, opened.parts, opened.row_bytes, texts=opened)


@dataclass
class SeedFields:
    """Fields of the seeds of new rows.

    If all requested rows are in one part, they are read from it. Otherwise, the rows of
    the classes that gain rows are gathered once from all parts.

    Attributes
    ----------
    table : TextTable
    target : str
    grown : list
        Labels of the classes that gain rows.
    limit : float
        The maximum size of the gathered fields, in bytes.
    """

    table: TextTable
    target: str
    grown: Sequence[Any]
    limit: float
    _lock: Any = field(default_factory=threading.Lock)

    def take(self, rows: NDArray[np.int64]) -> pa.Table:
        """Return the fields of these rows of the table.

        Raises
        ------
        MemoryError
            If the gathered fields of all classes that gain rows exceed the limit.
        """
        if not len(rows):
            return self.table.texts.schema.empty_table()
        starts = [part.start for part in self.table.parts]
        touched = np.unique(np.searchsorted(starts, rows, side="right") - 1)
        if len(touched) == 1:
            part = self.table.parts[touched[0]]
            return self.table.fields(part).take(rows - part.start)
        with self._lock:
            positions, fields = self._gathered
        return fields.take(np.searchsorted(positions, rows))

    @cached_property
    def _gathered(self) -> tuple[NDArray[np.int64], pa.Table]:
        arrow, compute = need("pyarrow"), need("pyarrow.compute")
        fields: list[Any] = []
        positions: list[Any] = []
        for part in self.table.parts:
            labels = self.table.read(part, [self.target])[self.target]
            grown = arrow.array(self.grown, labels.type)
            rows = np.flatnonzero(compute.is_in(labels, value_set=grown))
            fields.append(self.table.fields(part).take(rows))
            positions.append(rows + part.start)
            if sum(table.nbytes for table in fields) > self.limit:
                msg = (
                    "the rows of the classes that gain rows do not fit into memory; "
                    "increase --memory."
                )
                raise MemoryError(msg)
        return np.concatenate(positions), arrow.concat_tables(fields).combine_chunks()
