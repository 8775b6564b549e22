"""Tables as pandas reads them, for comparisons and descriptions."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from imbsuite._extras import need
from imbsuite.files.checks import refuse_no_rows
from imbsuite.files.dates import with_dates
from imbsuite.files.parquet import parquet_errors
from imbsuite.files.text import open_text

if TYPE_CHECKING:
    import pandas as pd


def read_table(
    path: Path, *, separator: str | None = None, as_text: Collection[str] = ()
) -> pd.DataFrame:
    """Return the table in a CSV or Parquet file.

    pandas reads it, so that the types are those of a user's own script. Columns of ISO
    8601 dates are converted to dates, as with ``parse_dates``.

    Parameters
    ----------
    path : Path
        ``.csv``, ``.txt`` or ``.tsv``, also compressed as pandas reads it; ``.parquet``
        or ``.pq``.
    separator : str, default=None
        The field separator of a text file. None: a comma, or a tab for ``.tsv``.
    as_text : collection of str, default=()
        Columns of a text file whose dates stay text, such as the target.

    Raises
    ------
    OSError
        If the file does not exist or cannot be read.
    ValueError
        If the suffix is not that of a table, the content is not a table with rows, or
        two columns have the same name.
    """
    file = open_text(path, separator)
    if file is None:
        with parquet_errors(path):
            frame: pd.DataFrame = need("pandas").read_parquet(path)
    else:
        frame = with_dates(file.as_pandas_reads(), as_text=as_text)
    refuse_no_rows(path, len(frame))
    return frame


def column_names(path: Path, *, separator: str | None = None) -> list[str]:
    """Return the columns of a table; only its header is read.

    Parameters
    ----------
    path : Path
        As for :func:`read_table`, or a directory of Parquet files.
    separator : str, default=None
        As for :func:`read_table`.

    Raises
    ------
    OSError, ValueError
        If the header cannot be read.
    """
    first = path
    if path.is_dir():
        parts = sorted(p for p in path.iterdir() if p.suffix in {".parquet", ".pq"})
        if not parts:
            msg = f"{path} contains no Parquet files (.parquet, .pq)."
            raise FileNotFoundError(msg)
        first = parts[0]
    file = open_text(first, separator)
    if file is not None:
        return file.names
    with parquet_errors(first):
        schema = need("pyarrow.parquet").read_schema(first)
    return [name for name in schema.names if not name.startswith("__index_level_")]
