"""Checks of paths and column names, with errors that say what to pass instead."""

from __future__ import annotations

import difflib
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

_SEPARATORS = {".csv": ",", ".txt": ",", ".tsv": "\t"}
_PARQUET = (".parquet", ".pq")
_LONGEST_LIST = 300
_USUAL_SEPARATORS = (";", "\t", "|", ",")
_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods", ".numbers")
_AS_CSV = 'save its sheet as CSV (in Excel, as "CSV UTF-8")'
# The first bytes of files that are often named .csv by mistake, and what to do.
_OTHER_CONTENTS = {
    b"PK\x03\x04": f"an Excel workbook or a zip archive; {_AS_CSV}",
    b"\xd0\xcf\x11\xe0": f"an Excel workbook; {_AS_CSV}",
    b"\xff\xfe": "encoded in UTF-16; save it as UTF-8",
    b"\xfe\xff": "encoded in UTF-16; save it as UTF-8",
    b"PAR1": "a Parquet file; give it the suffix .parquet",
    b"\x1f\x8b": "compressed by gzip; add .gz to its name",
}


def check_file(path: Path) -> None:
    """Check that the path is a file with the content of a table.

    Raises
    ------
    OSError, ValueError
        If it is not; the message says what to pass instead.
    """
    if str(path) == "-":
        msg = (
            "standard input (-) cannot be read; save the table to a file, and pass its "
            "path."
        )
        raise ValueError(msg)
    if path.is_dir():
        msg = (
            f"{path} is a directory; pass a CSV or Parquet file. (resample and compare "
            "take a directory of Parquet files with --memory or --sample-rows.)"
        )
        raise IsADirectoryError(msg)
    if not path.exists():
        msg = f"{path} does not exist; check the spelling and the folder."
        raise FileNotFoundError(msg)
    if path.stat().st_size == 0:
        msg = f"{path} is empty; a table with a header and rows is required."
        raise ValueError(msg)
    _refuse_other_content(path)


def _refuse_other_content(path: Path) -> None:
    if path.suffix.lower() in _WORKBOOKS:
        msg = f"{path} is a workbook, not a CSV or Parquet file; {_AS_CSV}."
        raise ValueError(msg)
    if path.suffix.lower() not in _SEPARATORS:
        return
    with path.open("rb") as file:
        start = file.read(4)
    for signature, advice in _OTHER_CONTENTS.items():
        if start.startswith(signature):
            msg = f"{path} cannot be read as text: it is {advice}."
            raise ValueError(msg)


def separator_of(path: Path, separator: str | None = None) -> str | None:
    """Return the field separator of a text file; None for Parquet.

    Parameters
    ----------
    path : Path
        Its suffixes determine the format. A directory contains Parquet files.
    separator : str, default=None
        None: a comma, or a tab for ``.tsv``.

    Raises
    ------
    ValueError
        If the suffix is not that of a table.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if path.is_dir() or (suffixes and suffixes[-1] in _PARQUET):
        return None
    for suffix, usual in _SEPARATORS.items():
        if suffix in suffixes:
            return separator or usual
    msg = f"{path} is neither a CSV (.csv, .tsv, .txt) nor a Parquet (.parquet) file."
    raise ValueError(msg)


def find_columns(
    columns: Iterable[Any], names: Sequence[str], option: str
) -> list[Any]:
    """Return the labels of columns; a name that ends with a star is a prefix.

    Raises
    ------
    ValueError
        If there is no such column, or a column is named twice.
    """
    labels = list(columns)
    matched: list[Any] = []
    for name in names:
        whole = not name.endswith("*") or name in map(str, labels)
        some = [
            label for label in labels if not whole and str(label).startswith(name[:-1])
        ]
        matched += some or [find_column(labels, name, option)]
    twice = [label for label in matched if matched.count(label) > 1]
    if twice:
        msg = f"{option} names the column {str(twice[0])!r} twice; name it once."
        raise ValueError(msg)
    return matched


def find_column(columns: Iterable[Any], name: str, option: str) -> Any:
    """Return the label of the column called ``name``.

    A column without a name is also found as ``Unnamed: 0``, by its position, as in
    pandas.

    Raises
    ------
    ValueError
        If there is no such column; the message lists the columns and suggests the
        closest.
    """
    # Parquet files may have columns whose names are numbers.
    labels = {str(label): label for label in columns}
    if name in labels:
        return labels[name]
    if "" in labels and name == f"Unnamed: {list(labels).index('')}":
        return labels[""]
    near = difflib.get_close_matches(name, labels, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    listed = textwrap.shorten(
        ", ".join(map(repr, labels)), _LONGEST_LIST, placeholder=" ..."
    )
    msg = (
        f"{option}: there is no column {name!r}.{hint} The columns are {listed}."
        f"{separator_hint(list(labels))}"
    )
    raise ValueError(msg)


def separator_hint(names: Sequence[str]) -> str:
    """Return a hint at another separator for a header that was read as these names.

    The hint is empty if the names contain fewer of any other separator than were found
    of this one.
    """
    header = "".join(names)
    separator = max(_USUAL_SEPARATORS, key=header.count)
    if len(names) == 1 and not header.count(separator):
        # A name may contain a space or two.
        separator = " "
    if header.count(separator) < (3 if separator == " " else max(1, len(names) - 1)):
        return ""
    shown = r"'\t'" if separator == "\t" else f"'{separator}'"
    return f" The header contains {shown}; add --separator {shown}."


def find_roles(
    columns: Sequence[str],
    target: str,
    groups: str | None,
    ignored: Sequence[str] = (),
) -> list[str]:
    """Return the columns that are not features: target, groups (if any), ignored ones.

    Raises
    ------
    ValueError
        If one is missing, or no other column is left.
    """
    others = [find_column(columns, target, "--target")]
    if groups is not None:
        rest = [name for name in columns if name not in others]
        others.append(find_column(rest, groups, "--groups"))
    others += find_ignored(columns, ignored, others)
    if not set(columns) - set(others):
        beside = " and ".join(map(repr, others))
        msg = f"there is no column besides {beside}, so there are no features."
        raise ValueError(msg)
    return others


def find_ignored(
    columns: Iterable[Any], ignored: Sequence[str], used: Sequence[Any] = ()
) -> list[Any]:
    """Return the labels of the columns that ``--ignore`` names, without duplicates.

    Raises
    ------
    ValueError
        If one is missing, or used as the target or the groups.
    """
    columns = list(columns)
    labels = [find_column(columns, name, "--ignore") for name in ignored]
    for label in labels:
        if label in used:
            msg = (
                f"--ignore: column {label!r} is the target or the groups, which are no "
                "features anyway; leave out one of the options."
            )
            raise ValueError(msg)
    return list(dict.fromkeys(labels))


def first_line(error: Exception) -> str:
    """Return the first line of a message, to be quoted in another message."""
    return str(error).strip().partition("\n")[0].rstrip(".")


def refuse_no_rows(path: Path, n_rows: int) -> None:
    """Raise ValueError if a table has no rows."""
    if n_rows == 0:
        msg = f"{path} has no rows below its header."
        raise ValueError(msg)


def refuse_repeated_names(path: Path, names: Sequence[str]) -> None:
    """Raise ValueError if two columns of a file have the same name."""
    repeated = [name for name, n in Counter(names).items() if n > 1]
    if repeated:
        called = f"called {repeated[0]!r}" if repeated[0] else "without a name"
        msg = (
            f"{path} has several columns {called}; rename all but one. (The first line "
            "must be the header.)"
        )
        raise ValueError(msg)
