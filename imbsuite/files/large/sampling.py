"""A stratified sample of a file, read in two passes and never as a whole."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imbsuite._classes import MOST_CLASSES
from imbsuite._extras import need
from imbsuite._picking import choose, count, pick
from imbsuite._random import Seed, check_rng
from imbsuite.files.large.memory import at_hand
from imbsuite.files.large.opening import label_counts, sign_of
from imbsuite.files.large.row_groups import open_stored
from imbsuite.files.large.spooling import text_blocks
from imbsuite.files.literal import header_of
from imbsuite.files.quoting import write_lines
from imbsuite.files.reading import check_file, column, text_errors

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["Sample", "check_size", "sample_file"]

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
        How many; if the table has fewer, all of them.
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
        If it is no table, the target is none, or ``rows`` are too few for its classes.
    """
    sign = sign_of(path, separator)
    table = _Stored(path) if sign is None else _Spelled(path, sign)
    column(table.names, target, "--target")
    counted: list[dict[Any, int]] = []
    for block in table.blocks([target]):
        counted.append(label_counts(block[target]))
        if len(counted[-1]) > MOST_CLASSES + 1:
            break
    (stream,) = check_rng(random_state).spawn(1)
    sizes = count(counted, f"column {target!r}")
    chosen = choose(sizes, rows, stream)
    taken = [
        block.take(pick(block[target].to_pandas(), ranks))
        for block, ranks in zip(table.blocks(table.names), chosen, strict=True)
    ]
    total: Counter[Any] = Counter()
    for part in sizes:
        total.update(part)
    return Sample(table.as_pandas(need("pyarrow").concat_tables(taken)), dict(total))


def check_size(path: Path, separator: str | None) -> None:
    """Refuse to read a table as a whole that is larger than the memory at hand.

    Raises
    ------
    MemoryError
        In words that name the option to give.
    """
    room = at_hand()
    check_file(path)
    takes = _size(path, separator)
    if room is not None and takes > room:
        msg = (
            f"{path} takes about {takes / 1e9:,.1f} GB in memory, of which "
            f"{room / 1e9:,.1f} GB are free; measure on a sample of it, for example "
            "with --sample-rows 100000."
        )
        raise MemoryError(msg)


def _size(path: Path, separator: str | None) -> float:
    if sign_of(path, separator) is not None:
        return float(path.stat().st_size)
    table = open_stored(path, _BLOCK_BYTES)
    return table.rows * table.row_bytes


@dataclass(frozen=True)
class _Stored:
    """Blocks of Parquet files."""

    path: Path

    @cached_property
    def table(self) -> Any:
        return open_stored(self.path, _BLOCK_BYTES)

    @property
    def names(self) -> list[str]:
        found: list[str] = self.table.schema.names
        return found

    def blocks(self, columns: list[str]) -> Iterator[pa.Table]:
        return (self.table.read(part, columns) for part in self.table.parts)

    def as_pandas(self, cells: pa.Table) -> pd.DataFrame:
        found: pd.DataFrame = cells.replace_schema_metadata(
            self.table.schema.metadata
        ).to_pandas()
        return found


@dataclass(frozen=True)
class _Spelled:
    """Blocks of a text file."""

    path: Path
    sign: str

    @cached_property
    def names(self) -> list[str]:
        check_file(self.path)
        return header_of(self.path, self.sign)

    def blocks(self, columns: list[str]) -> Iterator[pa.Table]:
        found = text_blocks(self.path, separator=self.sign, block_bytes=_BLOCK_BYTES)
        return (block.select(columns) for block in found)

    def as_pandas(self, cells: pa.Table) -> pd.DataFrame:
        """Return what pandas makes of these lines."""
        lines = io.BytesIO()
        write_lines(cells, lines, self.sign)
        lines.seek(0)
        with text_errors(self.path, self.sign):
            found: pd.DataFrame = need("pandas").read_csv(
                lines, sep=self.sign, index_col=False, low_memory=False
            )
        return found
