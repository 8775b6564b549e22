"""A stratified sample of a file, read in two passes and never as a whole."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imbsuite._extras import need
from imbsuite._picking import choose, count, pick
from imbsuite._random import Seed, check_rng
from imbsuite.files.checks import check_file, find_column, separator_of
from imbsuite.files.large.labels import block_counts
from imbsuite.files.large.memory import available_memory
from imbsuite.files.large.parquet_table import ParquetTable, open_parquet
from imbsuite.files.text import TextFile

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Sample", "check_fits_in_memory", "open_table", "sample_file"]

_BLOCK_BYTES = 64e6


@dataclass(frozen=True)
class Sample:
    """Rows of a file, and how many rows of each class the file has."""

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
    """Return a stratified sample of a table in files, as pandas would have read it.

    The rows are those that ``compare`` samples from the same table in memory.

    Parameters
    ----------
    path : Path
        A CSV or Parquet file, or a directory of Parquet files with the same columns.
    rows : int
        The number of rows; if the table has fewer, all of them.
    target : str
        The column of labels.
    separator : str, default=None
        Between the fields of a text file; None: the usual one.
    random_state : int, Generator, RandomState or None, default=0

    Returns
    -------
    Sample

    Raises
    ------
    OSError
        If a file cannot be read.
    ValueError
        If it is not a table, the target has no classes, or ``rows`` are too few for them.
    """
    table = open_table(path, separator)
    find_column(table.names, target, "--target")
    counts = list(block_counts(table.blocks(_BLOCK_BYTES, [target]), target))
    sizes = count(counts, f"column {target!r}")
    (stream,) = check_rng(random_state).spawn(1)
    chosen = choose(sizes, rows, stream)
    cells = [
        block.take(pick(block[target].to_pandas(), ranks))
        for block, ranks in zip(table.blocks(_BLOCK_BYTES), chosen, strict=True)
    ]
    total: Counter[Any] = Counter()
    for block_sizes in sizes:
        total.update(block_sizes)
    return Sample(table.as_pandas(need("pyarrow").concat_tables(cells)), dict(total))


def check_fits_in_memory(path: Path, separator: str | None = None) -> None:
    """Check that a table can be read as a whole.

    Parameters
    ----------
    path : Path
        A CSV or Parquet file.
    separator : str, default=None
        Between the fields of a text file; None: the usual one.

    Raises
    ------
    OSError, ValueError
        If the file cannot be read.
    MemoryError
        If the table is larger than the memory that the machine has left.
    """
    available = available_memory()
    check_file(path)
    n_bytes = open_table(path, separator).n_bytes
    if n_bytes > available:
        msg = (
            f"{path} takes about {n_bytes / 1e9:,.1f} GB in memory, of which "
            f"{available / 1e9:,.1f} GB are free; measure on a sample of it, for example "
            "with --sample-rows 100000."
        )
        raise MemoryError(msg)


def open_table(path: Path, separator: str | None) -> TextFile | ParquetTable:
    """Return the table in a file or a directory, to be read in blocks."""
    if not path.is_dir():
        check_file(path)
    between_fields = separator_of(path, separator)
    if between_fields is None:
        return open_parquet(path)
    return TextFile(path, between_fields)
