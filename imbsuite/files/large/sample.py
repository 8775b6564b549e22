"""A stratified sample of a file, which is read in blocks, in two passes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imbsuite._classes import MOST_CLASSES
from imbsuite._extras import need
from imbsuite._picking import choose, count, pick
from imbsuite._random import Seed, check_rng
from imbsuite.files.checks import find_column
from imbsuite.files.dates import with_dates
from imbsuite.files.large.memory import available_memory
from imbsuite.files.large.parquet_table import ParquetTable, open_parquet
from imbsuite.files.text import TextFile, open_text, schema_of, typed

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_BLOCK_BYTES = 64e6
_FIRST_BYTES = 4e6


@dataclass(frozen=True)
class Sample:
    """A sample of the rows of a file, and the class sizes of the file.

    Attributes
    ----------
    rows : DataFrame
        The sampled rows.
    table_sizes : dict
        ``{label: rows}`` of the whole file.
    """

    rows: pd.DataFrame
    table_sizes: dict[Any, int]


def sample_file(
    path: Path,
    rows: int,
    *,
    target: str,
    separator: str | None = None,
    random_state: Seed = 0,
) -> Sample:
    """Return a stratified sample of a table in files, with the types inferred by pandas.

    The sampled rows are the same as those that ``compare`` samples from the table in
    memory.

    Parameters
    ----------
    path : Path
        A CSV or Parquet file, or a directory of Parquet files with the same columns.
    rows : int
        The number of rows; if the table has fewer, all of them.
    target : str
        The column of labels.
    separator : str, default=None
        The field separator of a text file. None: a comma, or a tab for ``.tsv``.
    random_state : int, Generator, RandomState or None, default=0

    Returns
    -------
    Sample

    Raises
    ------
    OSError
        If a file cannot be read.
    ValueError
        If the file is not a table, the target is not a classification target, or
        ``rows`` is too small for its classes.
    """
    table = open_table(path, separator)
    target = find_column(table.names, target, "--target")
    counts = list(block_counts(table.blocks(_BLOCK_BYTES, [target]), target))
    sizes = count(counts, f"column {target!r}")
    (stream,) = check_rng(random_state).spawn(1)
    chosen = choose(sizes, rows, stream)
    cells = [
        block.take(pick(block[target].to_pandas(), ranks))
        for block, ranks in zip(table.blocks(_BLOCK_BYTES), chosen, strict=True)
    ]
    total: Counter[Any] = sum(map(Counter, sizes), Counter())
    frame = table.as_pandas(need("pyarrow").concat_tables(cells))
    if isinstance(table, TextFile):
        frame = with_dates(frame, as_text=[target])
    return Sample(frame, dict(total))


def first_rows(path: Path, separator: str | None = None) -> pa.Table:
    """Return the first rows of a table in files, with the types used in resampling."""
    table = open_table(path, separator)
    if not isinstance(table, TextFile):
        return table.head(_FIRST_BYTES)
    rows = next(iter(table.blocks(_FIRST_BYTES)))
    return typed(rows, schema_of(rows))


def check_fits_in_memory(path: Path, separator: str | None = None) -> None:
    """Check that a table can be read as a whole.

    Parameters
    ----------
    path : Path
        A CSV or Parquet file.
    separator : str, default=None
        The field separator of a text file. None: a comma, or a tab for ``.tsv``.

    Raises
    ------
    OSError, ValueError
        If the file cannot be read.
    MemoryError
        If the table is larger than the available memory of the machine.
    """
    available = available_memory()
    n_bytes = (open_text(path, separator) or open_parquet(path)).n_bytes
    if n_bytes > available:
        msg = (
            f"{path} takes about {n_bytes / 1e9:,.1f} GB in memory, of which "
            f"{available / 1e9:,.1f} GB are free; measure on a sample of it, for example "
            "with --sample-rows 100000."
        )
        raise MemoryError(msg)


def open_table(path: Path, separator: str | None) -> TextFile | ParquetTable:
    """Return the table in a file or a directory, which can be read in blocks."""
    file = None if path.is_dir() else open_text(path, separator)
    return file or open_parquet(path)


def block_counts(blocks: Iterable[pa.Table], target: str) -> Iterator[dict[Any, int]]:
    """Yield the label counts of each block, up to the first with too many labels."""
    for block in blocks:
        counts = label_counts(block[target])
        yield counts
        if len(counts) > MOST_CLASSES + 1:
            return


def label_counts(labels: pa.ChunkedArray) -> dict[Any, int]:
    """Return the number of rows of each label; the label None is a missing value."""
    if need("pyarrow").types.is_dictionary(labels.type):
        labels = labels.cast(labels.type.value_type)
    counted = need("pyarrow.compute").value_counts(labels)
    return {pair["values"]: pair["counts"] for pair in counted.to_pylist()}
