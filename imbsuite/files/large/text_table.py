"""A text file as a table in parts: a copy of its fields in Parquet.

Every block is parsed as a whole file is read into memory, so that quoted line ends and
odd fields mean the same. Whether a column is numeric is known after the last block.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._extras import need
from imbsuite.files.large.parquet_table import ParquetTable, Part, open_parquet
from imbsuite.files.text import TextFile, number_type, number_types, typed

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["SeedFields", "TextTable", "copy_text"]


@dataclass(frozen=True)
class TextTable(ParquetTable):
    """The fields of a text file, and the numbers that they stand for.

    Attributes
    ----------
    kinds : dict of str to pyarrow.DataType or None
        The type of each numeric column; None for one of text.
    """

    kinds: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, file: TextFile, copy: Path, block_bytes: float) -> TextTable:
        """Return the table in a text file, whose fields are copied to ``copy``."""
        arrow = need("pyarrow")
        with copy.open("xb") as stream:
            kinds = copy_text(file, stream, block_bytes)
        fields = open_parquet(copy)
        schema = arrow.schema(
            [(name, kind or arrow.large_string()) for name, kind in kinds.items()]
        )
        return cls(schema, fields.parts, fields.row_bytes, kinds=kinds)

    def read(self, part: Part, columns: Sequence[str]) -> pa.Table:
        """Return these columns of a part, numbers as numbers."""
        fields = self.fields(part, columns)
        cells = [typed(fields[name], self.kinds[name]) for name in columns]
        schema = need("pyarrow").schema([self.schema.field(name) for name in columns])
        return need("pyarrow").Table.from_arrays(cells, schema=schema)

    def fields(self, part: Part, columns: Sequence[str]) -> pa.Table:
        """Return the fields of a part as they are spelled."""
        return ParquetTable(_as_text(columns), (), self.row_bytes).read(part, columns)


def _as_text(columns: Sequence[str]) -> pa.Schema:
    arrow = need("pyarrow")
    return arrow.schema([(name, arrow.large_string()) for name in columns])


def copy_text(file: TextFile, stream: IO[bytes], block_bytes: float) -> dict[str, Any]:
    """Copy a text file into a Parquet file of text, in row groups of bounded size.

    Returns
    -------
    dict of str to pyarrow.DataType or None
        The type of each numeric column; None for one of text.

    Raises
    ------
    OSError, ValueError
        As reading it into memory does.
    """
    blocks = file.blocks(block_bytes)
    first = next(blocks)
    possible: dict[str, set[Any] | None] = dict.fromkeys(first.column_names)
    with need("pyarrow.parquet").ParquetWriter(stream, first.schema) as writer:
        for block in chain([first], blocks):
            writer.write_table(block, row_group_size=len(block))
            for name, so_far in possible.items():
                possible[name] = _both(so_far, number_types(block[name]))
    return {name: number_type(kinds) for name, kinds in possible.items()}


def _both(first: set[Any] | None, second: set[Any] | None) -> set[Any] | None:
    """Return the types that hold the fields of both blocks; None: any."""
    if first is None or second is None:
        return second if first is None else first
    return first & second


@dataclass
class SeedFields:
    """Fields of the rows that new ones are made from.

    Those of one part are read from it; those of several are gathered once from all.

    Attributes
    ----------
    table : TextTable
    target : str
    grown : list
        Labels of the classes that get new rows.
    limit : float
        Bytes that the gathered fields may take.
    """

    table: TextTable
    target: str
    grown: Sequence[Any]
    limit: float
    _lock: Any = field(default_factory=threading.Lock)
    _gathered: tuple[NDArray[np.int64], pa.Table] | None = None

    def take(self, rows: NDArray[np.int64]) -> pa.Table:
        """Return the fields of these rows of the table.

        Raises
        ------
        MemoryError
            If those of all classes that grow take more than the limit.
        """
        if not len(rows):
            return _as_text(self.table.names).empty_table()
        starts = [part.start for part in self.table.parts]
        touched = np.unique(np.searchsorted(starts, rows, side="right") - 1)
        if len(touched) == 1:
            part = self.table.parts[touched[0]]
            return self.table.fields(part, self.table.names).take(rows - part.start)
        with self._lock:
            if self._gathered is None:
                self._gathered = self._gather()
        positions, fields = self._gathered
        return fields.take(np.searchsorted(positions, rows))

    def _gather(self) -> tuple[NDArray[np.int64], pa.Table]:
        arrow, compute = need("pyarrow"), need("pyarrow.compute")
        fields: list[Any] = []
        positions: list[Any] = []
        for part in self.table.parts:
            labels = self.table.read(part, [self.target])[self.target]
            grown = arrow.array(self.grown, labels.type)
            rows = np.flatnonzero(compute.is_in(labels, value_set=grown))
            fields.append(self.table.fields(part, self.table.names).take(rows))
            positions.append(rows + part.start)
            if sum(table.nbytes for table in fields) > self.limit:
                msg = (
                    "the rows of the classes that gain rows do not fit into memory; "
                    "increase --memory."
                )
                raise MemoryError(msg)
        return np.concatenate(positions), arrow.concat_tables(fields).combine_chunks()
