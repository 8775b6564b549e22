"""Lines of text files, with quotes around every field that requires them; compression.

For most readers, a lone carriage return ends a line, so it is quoted here. Python's
``csv``, which pandas uses, quotes only the line end that it writes itself.
"""

from __future__ import annotations

import lzma
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from imbsuite._extras import need

if TYPE_CHECKING:
    import pyarrow as pa

# Arrow's names of the formats; it does not support xz.
_COMPRESSIONS = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}
# The size of the text that is decompressed to estimate the size of the rest.
_SAMPLE_BYTES = 2**24
# The number of lines that are joined at a time.
_LINES = 50_000


def write_lines(
    fields: pa.Table, stream: IO[bytes], separator: str, *, header: bool = True
) -> None:
    """Write a table of texts, one line per row.

    Parameters
    ----------
    fields : pyarrow.Table of large_string
        A missing value is an empty field; an empty text is ``""``.
    stream : binary file
    separator : str
        One character.
    header : bool, default=True
        Whether to write the names of the columns first.
    """
    arrow = need("pyarrow")
    if header:
        names = [arrow.array([name], arrow.large_string()) for name in _names(fields)]
        stream.write(_joined(names, separator))
    for start in range(0, fields.num_rows, _LINES):
        block = fields.slice(start, _LINES)
        stream.write(_joined([c.combine_chunks() for c in block.columns], separator))


def _names(fields: pa.Table) -> Iterator[str | None]:
    # The name of an unnamed column is an empty field without quotes.
    return (name or None for name in fields.column_names)


def _joined(columns: list[Any], separator: str) -> Any:
    """Return the bytes of all lines."""
    arrow, compute = need("pyarrow"), need("pyarrow.compute")
    # Many readers skip empty lines.
    missing = '""' if len(columns) == 1 else ""
    quoted = [compute.fill_null(_quoted(c, separator), missing) for c in columns]
    lines = compute.binary_join_element_wise(*quoted, _text(separator))
    ended = compute.binary_join_element_wise(lines, _text(""), _text("\n"))
    bounds = arrow.array([0, len(ended)], arrow.int64())
    all_lines = arrow.LargeListArray.from_arrays(bounds, ended)
    return compute.binary_join(all_lines, _text(""))[0].as_buffer()


def _quoted(fields: Any, separator: str) -> Any:
    compute = need("pyarrow.compute")
    # A byte order mark at the start would be mistaken for that of the file.
    special = rf'["\r\n{re.escape(separator)}]|^\x{{feff}}|^$'
    needs_quotes = compute.match_substring_regex(fields, special)
    if not compute.any(needs_quotes).as_py():
        return fields
    doubled = compute.replace_substring(fields, '"', '""')
    quote = _text('"')
    wrapped = compute.binary_join_element_wise(quote, doubled, quote, _text(""))
    return compute.if_else(needs_quotes, wrapped, fields)


def _text(value: str) -> Any:
    arrow = need("pyarrow")
    return arrow.scalar(value, arrow.large_string())


@contextmanager
def compressed(stream: IO[bytes], path: Path) -> Iterator[Any]:
    """Yield a file that writes to ``stream``, compressed by the suffix of ``path``.

    Parameters
    ----------
    stream : binary file
        It stays open.
    path : Path
        With other suffixes than ``.gz``, ``.bz2``, ``.xz`` and ``.zst``, nothing is
        compressed.
    """
    arrow, suffix = need("pyarrow"), path.suffix.lower()
    if suffix == ".xz":
        with lzma.open(stream, "wb") as file:
            yield file
    elif suffix in _COMPRESSIONS:
        # Closing it would close the stream as well.
        with arrow.BufferOutputStream() as buffer:
            with arrow.CompressedOutputStream(buffer, _COMPRESSIONS[suffix]) as file:
                yield file
            stream.write(buffer.getvalue())
    else:
        yield stream


def text_bytes(path: Path) -> float:
    """Return the size of a file, without compression.

    The size of compressed text is an estimate from its start, except in a zip archive.
    """
    size, suffix = float(path.stat().st_size), path.suffix.lower()
    if suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            return float(sum(member.file_size for member in archive.infolist()))
    if suffix != ".xz" and suffix not in _COMPRESSIONS:
        return size
    with path.open("rb") as packed, _decompressing(packed, suffix) as text:
        n_read = len(text.read(_SAMPLE_BYTES))
        return size * n_read / packed.tell()


def _decompressing(stream: IO[bytes], suffix: str) -> Any:
    if suffix == ".xz":
        return lzma.open(stream)
    return need("pyarrow").CompressedInputStream(stream, _COMPRESSIONS[suffix])
