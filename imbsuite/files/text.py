"""Text files: the original text of their fields, and the numbers that fields represent.

A column is numeric only if every field is a number that can be written back without
loss; otherwise it is text, so leading zeros are kept. pandas parses the files, whole or
in blocks: Arrow's streaming reader cannot read ``.xz``, rejects short lines and treats
quotes differently, and that of polars cannot read ``.bz2`` and ``.xz``.
"""

from __future__ import annotations

import io
import lzma
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imbsuite._extras import need
from imbsuite.files.checks import (
    check_file,
    first_line,
    refuse_no_rows,
    refuse_repeated_names,
    separator_hint,
    separator_of,
)
from imbsuite.files.quoting import text_bytes, write_lines

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

# Fields that are missing values in a numeric column. In a column of text, only an empty
# field is one: "NA" may be Namibia.
_MISSING = [
    "",
    "NA",
    "N/A",
    "n/a",
    "#N/A",
    "NaN",
    "nan",
    "NULL",
    "null",
    "None",
    "<NA>",
]
# Numbers that would be written back differently: identifiers with leading zeros, and
# integers with more digits than a float can hold.
_NOT_A_NUMBER = r"^[+-]?(0[0-9xX]|[0-9]{17,}$)"
# Options with which pandas reads fields as they are spelled.
_VERBATIM = {"dtype": str, "keep_default_na": False, "na_filter": False}
# Errors of readers of compressed files; gzip and bz2 also raise OSError without errno.
_DAMAGES = (EOFError, lzma.LZMAError, zipfile.BadZipFile, zlib.error)
# Rows of the first block, which determines the size of the next one.
_FIRST_ROWS = 100


def open_text(path: Path, separator: str | None = None) -> TextFile | None:
    """Return a text file, without reading it; None for a Parquet file.

    Raises
    ------
    OSError, ValueError
        If the path is not a file with content, or its suffix is not that of a table.
    """
    check_file(path)
    between_fields = separator_of(path, separator)
    return None if between_fields is None else TextFile(path, between_fields)


@dataclass(frozen=True)
class TextFile:
    """A text file of a table, optionally compressed in a format that pandas reads."""

    path: Path
    separator: str

    @cached_property
    def names(self) -> list[str]:
        """The names of the columns, as spelled in the header.

        Raises
        ------
        OSError, ValueError
            If the file cannot be read, or two names are the same.
        """
        refuse_repeated_names(self.path, self._header)
        return self._header

    @cached_property
    def _header(self) -> list[str]:
        # pandas would rename columns that have no name or the name of another one.
        header = self._read(self.path, header=None, nrows=1, **_VERBATIM)
        return list(header.iloc[0])

    def as_pandas_reads(self) -> pd.DataFrame:
        """Return the table with the types that ``pandas.read_csv`` infers.

        Columns without a name are called ``Unnamed: 3``, by their positions.

        Raises
        ------
        ValueError
            If the file does not parse, or two columns have the same name.
        """
        refuse_repeated_names(self.path, [name for name in self._header if name])
        return self._read(self.path)

    @property
    def n_bytes(self) -> float:
        """The size of the text, as an estimate of the table's size in memory."""
        with self._parse_errors():
            return text_bytes(self.path)

    def fields(self) -> pa.Table:
        """Return all fields as text.

        Raises
        ------
        ValueError
            If the file does not parse; the message names the line.
        """
        return self._as_text(self._read(self.path, **_VERBATIM))

    def blocks(
        self, block_bytes: float, columns: Sequence[str] | None = None
    ) -> Iterator[pa.Table]:
        """Yield the fields as text, in blocks of about ``block_bytes``.

        The first block has at most 100 rows. None as ``columns``: all columns.

        Raises
        ------
        OSError, ValueError
            If the file cannot be read, does not parse, or has no rows.
        """
        n_rows = 0
        with (
            self._parse_errors(),
            self._parse(self.path, iterator=True, **_VERBATIM) as reader,
        ):
            for frame in _chunks(reader, block_bytes):
                n_rows += len(frame)
                yield self._as_text(frame).select(columns or self.names)
        refuse_no_rows(self.path, n_rows)

    def as_pandas(self, fields: pa.Table, **options: Any) -> pd.DataFrame:
        """Return these fields as ``pandas.read_csv`` reads them with these options."""
        lines = io.BytesIO()
        write_lines(fields, lines, self.separator)
        lines.seek(0)
        return self._read(lines, **options)

    def _read(self, source: Any, **options: Any) -> pd.DataFrame:
        with self._parse_errors():
            frame: pd.DataFrame = self._parse(source, **options)
        return frame

    def _parse(self, source: Any, **options: Any) -> Any:
        # Read in one piece: in pieces, a column of mixed content has mixed types.
        return need("pandas").read_csv(
            source, sep=self.separator, index_col=False, low_memory=False, **options
        )

    def _as_text(self, frame: pd.DataFrame) -> pa.Table:
        arrow = need("pyarrow")
        table = arrow.Table.from_pandas(frame, preserve_index=False)
        texts = arrow.schema([(name, arrow.large_string()) for name in self.names])
        return table.rename_columns(self.names).cast(texts)

    @contextmanager
    def _parse_errors(self) -> Iterator[None]:
        """Translate the errors of pandas into errors that name the file and line."""
        pandas = need("pandas")
        try:
            with warnings.catch_warnings():
                # Rows longer than the header: pandas would shift or cut their fields.
                warnings.simplefilter("error", pandas.errors.ParserWarning)
                yield
        except UnicodeDecodeError as error:
            msg = (
                f"{self.path} is not UTF-8 text ({first_line(error)}); save it as UTF-8 "
                '(in Excel, as "CSV UTF-8").'
            )
            raise ValueError(msg) from error
        except pandas.errors.ParserWarning as error:
            msg = (
                f"{self.path} has more fields, separated by {self.separator!r}, in its "
                "rows than in its first line, which must be the header; check these, or "
                f"the --separator.{self._hint()}"
            )
            raise ValueError(msg) from error
        except (pandas.errors.ParserError, pandas.errors.EmptyDataError) as error:
            msg = (
                f"{self.path} does not parse as a table separated by "
                f"{self.separator!r} ({first_line(error)}); check that line, or the "
                f"--separator.{self._hint()}"
            )
            raise ValueError(msg) from error
        except (OSError, *_DAMAGES) as error:
            if getattr(error, "errno", None) is not None:
                raise
            msg = (
                f"{self.path} cannot be decompressed ({first_line(error)}); check that "
                "it is complete, and compressed as its suffix says."
            )
            raise ValueError(msg) from error

    def _hint(self) -> str:
        """Return a hint if the header contains another separator."""
        with suppress(ValueError):  # nothing to parse, or not UTF-8
            header = self._parse(self.path, header=None, nrows=1, **_VERBATIM)
            return separator_hint(header.iloc[0].tolist())
        return ""


def _chunks(reader: Any, block_bytes: float) -> Iterator[pd.DataFrame]:
    """Yield a few rows, then as many as the row size of the last block allows."""
    rows = _FIRST_ROWS
    while True:
        try:
            frame = reader.get_chunk(rows)
        except StopIteration:
            return
        if frame.empty:
            return
        yield frame
        row_bytes = float(frame.memory_usage(index=False, deep=True).sum()) / len(frame)
        rows = max(1, int(block_bytes / row_bytes))


class Width(IntEnum):
    """What fields represent; each member also holds the values of those before it."""

    MISSING = 0
    INTEGER = 1
    FLOAT = 2
    TEXT = 3

    @property
    def kind(self) -> pa.DataType:
        """The type of a column; a column of missing values only is text."""
        arrow = need("pyarrow")
        numbers = {Width.INTEGER: arrow.int64(), Width.FLOAT: arrow.float64()}
        return numbers.get(self, arrow.large_string())


def width_of(fields: pa.ChunkedArray) -> Width:
    """Return the narrowest width from which all fields can be written back."""
    compute = need("pyarrow.compute")
    present = _without_missing(fields)
    if present.null_count == len(present):
        return Width.MISSING
    if compute.any(compute.match_substring_regex(present, _NOT_A_NUMBER)).as_py():
        return Width.TEXT
    for width in (Width.INTEGER, Width.FLOAT):
        with suppress(need("pyarrow").ArrowInvalid):
            present.cast(width.kind)
            return width
    return Width.TEXT


def schema_of(fields: pa.Table) -> pa.Schema:
    """Return the narrowest types from which all fields can be written back."""
    kinds = [(name, width_of(fields[name]).kind) for name in fields.column_names]
    return need("pyarrow").schema(kinds)


def typed(fields: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return columns of fields as numbers, or as text in which only "" is missing."""
    cells = [_typed(fields[column.name], column.type) for column in schema]
    return need("pyarrow").Table.from_arrays(cells, schema=schema)


def _typed(fields: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    compute = need("pyarrow.compute")
    if need("pyarrow").types.is_large_string(kind):
        return compute.if_else(compute.equal(fields, ""), None, fields)
    return _without_missing(fields).cast(kind)


def _without_missing(fields: pa.ChunkedArray) -> pa.ChunkedArray:
    arrow, compute = need("pyarrow"), need("pyarrow.compute")
    trimmed = compute.utf8_trim_whitespace(fields)
    missing = compute.is_in(trimmed, value_set=arrow.array(_MISSING, trimmed.type))
    return compute.if_else(missing, None, trimmed)


def spelled(cells: pa.Table, seeds: pa.Table, seed_fields: pa.Table) -> pa.Table:
    """Return cells as fields; those equal to cells of the seed keep its spelling."""
    columns = zip(cells.columns, seeds.columns, seed_fields.columns, strict=True)
    fields = [_spelled(*column) for column in columns]
    return need("pyarrow").Table.from_arrays(fields, cells.column_names)


def _spelled(
    cells: pa.ChunkedArray, seeds: pa.ChunkedArray, seed_fields: pa.ChunkedArray
) -> pa.ChunkedArray:
    compute = need("pyarrow.compute")
    fields = compute.fill_null(cells.cast(seed_fields.type), "")
    if cells.type == seed_fields.type:
        return fields
    both_missing = compute.and_(cells.is_null(), seeds.is_null())
    same = compute.fill_null(compute.equal(cells, seeds), both_missing)
    return compute.if_else(same, seed_fields, fields)
