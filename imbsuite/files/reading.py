"""Reading a table from a file, with errors that say what to do about them."""

from __future__ import annotations

import difflib
import textwrap
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imbsuite._extras import need

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "check_file",
    "column",
    "parquet_errors",
    "parse_text",
    "read_parquet",
    "read_table",
    "separator_of",
    "text_errors",
]

_SEPARATORS = {".csv": ",", ".txt": ",", ".tsv": "\t"}
_PARQUET = (".parquet", ".pq")
_LONGEST_LIST = 300


def read_table(path: Path, *, separator: str | None = None) -> pd.DataFrame:
    """Return the table in a CSV or Parquet file.

    Parameters
    ----------
    path : Path
        ``.csv``, ``.txt`` or ``.tsv``, also compressed as pandas reads it; ``.parquet``
        or ``.pq``.
    separator : str, default=None
        Between the fields of a text file. None: a comma, in ``.tsv`` a tab.

    Raises
    ------
    OSError
        If there is no such file or it cannot be read.
    ValueError
        If the name says no known kind of file, or the content is no table with rows.
    """
    check_file(path)
    usual = separator_of(path)
    if usual is None:
        frame = read_parquet(path, need("pandas").read_parquet)
    else:
        frame = parse_text(path, separator or usual)
    if frame.empty:
        msg = f"{path} has no rows below its header."
        raise ValueError(msg)
    return frame


def check_file(path: Path) -> None:
    """Refuse what is no file with something in it.

    Raises
    ------
    OSError, ValueError
        In words that say what to give instead.
    """
    if str(path) == "-":
        msg = "standard input (-) cannot be read; save the table to a file and give it."
        raise ValueError(msg)
    if path.is_dir():
        msg = (
            f"{path} is a directory; give a CSV or Parquet file in it. (resample and "
            "compare take a directory of Parquet files with --memory or --sample-rows.)"
        )
        raise IsADirectoryError(msg)
    if not path.exists():
        msg = f"{path} does not exist; check the spelling and the folder."
        raise FileNotFoundError(msg)
    if path.stat().st_size == 0:
        msg = f"{path} is empty; a table with a header and rows is needed."
        raise ValueError(msg)


def separator_of(path: Path) -> str | None:
    """Return what is usual between the fields of such a file; None: it is Parquet.

    Raises
    ------
    ValueError
        If the suffix says no known kind of table.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in _PARQUET:
        return None
    for suffix, usual in _SEPARATORS.items():
        if suffix in suffixes:
            return usual
    msg = f"{path} is neither a CSV (.csv, .tsv, .txt) nor a Parquet (.parquet) file."
    raise ValueError(msg)


def column(columns: Iterable[Any], name: str, option: str) -> Any:
    """Return the label of the column called ``name``.

    Raises
    ------
    ValueError
        If there is none; the message lists the columns and suggests the nearest.
    """
    # Parquet files may have columns whose names are numbers.
    labels = {str(label): label for label in columns}
    if name in labels:
        return labels[name]
    near = difflib.get_close_matches(name, labels, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    listed = textwrap.shorten(
        ", ".join(map(repr, labels)), _LONGEST_LIST, placeholder=" ..."
    )
    msg = f"{option}: there is no column {name!r}.{hint} The columns are {listed}."
    if len(labels) == 1:
        msg += " If its fields are separated by ';', add --separator ';'."
    raise ValueError(msg)


def read_parquet(path: Path, read: Callable[[Path], Any]) -> Any:
    """Return what ``read`` makes of a Parquet file.

    Raises
    ------
    ValueError
        If the file is no Parquet file, or is damaged.
    """
    with parquet_errors(path):
        return read(path)


@contextmanager
def parquet_errors(path: Path) -> Iterator[None]:
    """Name the file in what Arrow finds wrong with it.

    Raises
    ------
    ValueError
        Instead of its errors.
    """
    pyarrow = need("pyarrow")
    try:
        yield
    except (pyarrow.ArrowException, OSError) as error:
        # A damaged page is an OSError, without the number of one of the system's.
        if getattr(error, "errno", None) is not None:
            raise
        msg = f"{path} is no readable Parquet file ({_first_line(error)})."
        raise ValueError(msg) from error


def parse_text(path: Path, separator: str, **options: Any) -> pd.DataFrame:
    """Return the table in a text file, as ``pandas.read_csv`` with these options does.

    Raises
    ------
    ValueError
        If it does not parse; the message names the line.
    """
    with text_errors(path, separator):
        # Read in one piece: in pieces, a column of mixed content has mixed types.
        frame: pd.DataFrame = need("pandas").read_csv(
            path, sep=separator, index_col=False, low_memory=False, **options
        )
    return frame


@contextmanager
def text_errors(path: Path, separator: str) -> Iterator[None]:
    """Say in words what pandas finds wrong with a text file.

    Raises
    ------
    ValueError
        Instead of its errors; the message names the line.
    """
    pandas = need("pandas")
    try:
        with warnings.catch_warnings():
            # Rows longer than the header: pandas would shift or cut their fields.
            warnings.simplefilter("error", pandas.errors.ParserWarning)
            yield
    except UnicodeDecodeError as error:
        msg = f"{path} is not UTF-8 text ({_first_line(error)}); save it as UTF-8."
        raise ValueError(msg) from error
    except (
        pandas.errors.ParserError,
        pandas.errors.ParserWarning,
        pandas.errors.EmptyDataError,
    ) as error:
        msg = (
            f"{path} does not parse as a table separated by {separator!r} "
            f"({_first_line(error)}); check that line, or the --separator."
        )
        raise ValueError(msg) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")
