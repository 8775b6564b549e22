"""A copy of a table in small row groups, where the file itself has none.

Fields of a text file are copied as texts, each block by the parser that reads such files
into memory, so that quoted line ends and odd fields mean the same. Which columns are
numbers can be told when the last block is read; the copy notes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from imbsuite._extras import need
from imbsuite.files.large.row_groups import stored_files
from imbsuite.files.large.stored import StoredTable, paged
from imbsuite.files.literal import (
    VERBATIM,
    all_gaps,
    as_texts,
    header_of,
    numbers_in,
    typed,
)
from imbsuite.files.reading import check_file, parquet_errors, text_errors

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["SpelledTable", "copy_stored", "copy_text", "text_blocks"]

# The first block is to learn how long fields are.
_FIRST_ROWS = 100


@dataclass(frozen=True)
class SpelledTable(StoredTable):
    """The fields of a text file, and the numbers that are made of them.

    Attributes
    ----------
    kinds : dict of str to pyarrow.DataType or None
        The type of each column that holds numbers; None of one that holds text.
    """

    kinds: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, copy: StoredTable, noted: dict[str, str | None]) -> SpelledTable:
        """Return the table that a copy holds, with what :func:`copy_text` returned."""
        arrow = need("pyarrow")
        kinds = {
            name: None if kind is None else getattr(arrow, kind)()
            for name, kind in noted.items()
        }
        fields = [
            arrow.field(name, arrow.large_string() if kind is None else kind)
            for name, kind in kinds.items()
        ]
        return cls(arrow.schema(fields), copy.parts, copy.row_bytes, kinds=kinds)

    def read(self, part: Any, columns: Sequence[str]) -> pa.Table:
        """Return these columns of a part, numbers as numbers."""
        texts = self.texts(part, columns)
        cells = [typed(texts[name], self.kinds[name]) for name in columns]
        schema = need("pyarrow").schema([self.schema.field(name) for name in columns])
        return need("pyarrow").Table.from_arrays(cells, schema=schema)

    def texts(self, part: Any, columns: Sequence[str]) -> pa.Table:
        """Return the fields of a part as they are spelled."""
        arrow = need("pyarrow")
        fields = arrow.schema([(name, arrow.large_string()) for name in columns])
        copy = StoredTable(fields, self.parts, self.row_bytes)
        return copy.read(part, columns)


def copy_text(
    path: Path, to: IO[bytes], *, separator: str, block_bytes: float
) -> dict[str, str | None]:
    """Copy a text file into a Parquet file of texts, in row groups of bounded size.

    Parameters
    ----------
    path : Path
        Compressed as pandas reads it, or not.
    to : binary file
    separator : str
    block_bytes : float
        What a row group may take once it is read.

    Returns
    -------
    dict of str to str or None
        The type of each column that holds numbers; None of one that holds text.

    Raises
    ------
    OSError, ValueError
        As reading it into memory does.
    """
    blocks = text_blocks(path, separator=separator, block_bytes=block_bytes)
    first = next(blocks)
    possible: dict[str, set[Any] | None] = dict.fromkeys(first.column_names)
    with need("pyarrow.parquet").ParquetWriter(to, first.schema) as writer:
        for block in _with_first(first, blocks):
            writer.write_table(block, row_group_size=len(block))
            for name, so_far in possible.items():
                possible[name] = _both(so_far, block[name])
    return _narrowest(possible)


def _with_first(first: Any, blocks: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from blocks


def _both(possible: set[Any] | None, texts: pa.ChunkedArray) -> set[Any] | None:
    """Return the types that the blocks so far and this one may have; None: any."""
    if all_gaps(texts):
        return possible
    here = set(numbers_in(texts))
    return here if possible is None else possible & here


def _narrowest(possible: dict[str, set[Any] | None]) -> dict[str, str | None]:
    arrow = need("pyarrow")
    order = {arrow.int64(): "int64", arrow.float64(): "float64"}
    return {
        name: next((word for kind, word in order.items() if kind in (held or ())), None)
        for name, held in possible.items()
    }


def text_blocks(
    path: Path, *, separator: str, block_bytes: float
) -> Iterator[pa.Table]:
    """Yield the fields of a text file in blocks that take at most so many bytes.

    Raises
    ------
    OSError, ValueError
        If it cannot be read, does not parse, or has no rows.
    """
    check_file(path)
    names = header_of(path, separator)
    found = False
    with text_errors(path, separator), _reader(path, separator) as reader:
        for frame in _chunks(reader, _FIRST_ROWS, block_bytes):
            found = True
            yield as_texts(frame, names)
    if not found:
        msg = f"{path} has no rows below its header."
        raise ValueError(msg)


def _reader(path: Path, sign: str) -> Any:
    return need("pandas").read_csv(
        path, sep=sign, index_col=False, iterator=True, low_memory=False, **VERBATIM
    )


def _chunks(reader: Any, rows: int, block_bytes: float) -> Iterator[pd.DataFrame]:
    """Yield a few rows, and then as many at a time as their size allows."""
    while True:
        try:
            frame = reader.get_chunk(rows)
        except StopIteration:
            return
        if frame.empty:
            return
        yield frame
        size = float(frame.memory_usage(index=False, deep=True).sum()) / len(frame)
        rows = max(1, int(block_bytes / size))


def copy_stored(path: Path, to: IO[bytes], *, block_rows: int) -> dict[str, Any]:
    """Copy Parquet files into one file whose row groups have at most so many rows."""
    parquet = need("pyarrow.parquet")
    files = stored_files(path)
    schema = parquet.read_schema(files[0])
    with parquet.ParquetWriter(to, schema) as writer:
        for batch in (batch for file in files for batch in _batches(file, block_rows)):
            cells = need("pyarrow").Table.from_batches([batch])
            cells = cells.select(schema.names).cast(schema)
            writer.write_table(cells, row_group_size=block_rows)
    return {}


def _batches(path: Path, rows: int) -> Iterator[Any]:
    """Yield the rows of a file, so many at a time."""
    with parquet_errors(path), paged(path) as file:
        yield from file.iter_batches(rows, use_threads=False)
