"""Parquet files: errors that name the file, and the index that pandas stores in them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imbsuite._extras import need
from imbsuite.files.checks import first_line

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@contextmanager
def parquet_errors(path: Path) -> Iterator[None]:
    """Translate the errors of Arrow into errors that name the file.

    Raises
    ------
    ValueError
        If the file is not a Parquet file, or is damaged.
    """
    pyarrow = need("pyarrow")
    try:
        yield
    except (pyarrow.ArrowException, OSError) as error:
        # For a damaged page, Arrow raises an OSError that, unlike the system's, has no
        # error number.
        if getattr(error, "errno", None) is not None:
            raise
        msg = f"{path} is not a readable Parquet file ({first_line(error)})."
        raise ValueError(msg) from error


def index_columns(schema: pa.Schema) -> list[str]:
    """Return the columns in which pandas has stored its index."""
    return [name for name in _index_of(schema) if isinstance(name, str)]


def range_index(schema: pa.Schema) -> pd.RangeIndex | None:
    """Return the index that pandas has stored as a range; None if it counts rows."""
    for noted in _index_of(schema):
        if isinstance(noted, dict) and noted.get("kind") == "range":
            edges = (noted["start"], noted["stop"], noted["step"])
            if noted["name"] is not None or (edges[0], edges[2]) != (0, 1):
                index: pd.RangeIndex = need("pandas").RangeIndex(
                    *edges, name=noted["name"]
                )
                return index
    return None


def _index_of(schema: pa.Schema) -> list[Any]:
    noted: list[Any] = (schema.pandas_metadata or {}).get("index_columns", [])
    return noted


def with_index(cells: pa.Table, index: pd.Index[Any] | None) -> pa.Table:
    """Return the columns to store, with the index last and described as by pandas."""
    described = cells.schema.pandas_metadata
    if not described:
        return cells
    former = index_columns(cells.schema)
    columns = [c for c in described["columns"] if c.get("field_name") not in former]
    names: list[str] = []
    if index is not None:
        stored = as_columns(index, beside=cells.column_names)
        own = stored.schema.pandas_metadata
        names = stored.column_names
        for name, level, column in zip(names, index.names, own["columns"], strict=True):
            cells = cells.append_column(name, stored[name])
            columns.append(column | {"name": level})
    described = described | {"columns": columns, "index_columns": names}
    noted = {b"pandas": json.dumps(described).encode()}
    return cells.replace_schema_metadata({**cells.schema.metadata, **noted})


def as_columns(index: pd.Index[Any], *, beside: Iterable[str]) -> pa.Table:
    """Return an index as columns with names that differ from those of a table.

    As in pandas, an unnamed level, and a level with the name of another column, is
    called ``__index_level_0__``, where the number is that of the level or the next one
    that is free.

    Parameters
    ----------
    index : Index
    beside : iterable of str
        The columns of the table.

    Raises
    ------
    ValueError
        If the labels of new rows do not fit the type of the index.
    """
    arrow = need("pyarrow")
    names = _free_names(index.names, beside)
    frame = need("pandas").DataFrame(index=index.set_names(names))
    try:
        return arrow.Table.from_pandas(frame, preserve_index=True)
    except arrow.ArrowException as error:
        msg = (
            "the type of the index that is stored with the table has no values left "
            "for new rows; store the table without its index (reset_index)."
        )
        raise ValueError(msg) from error


def _free_names(levels: Iterable[Any], beside: Iterable[str]) -> list[str]:
    taken, names = set(beside), []
    for number, level in enumerate(levels):
        numbered = (f"__index_level_{n}__" for n in count(number))
        candidates = numbered if level is None else chain([level], numbered)
        names.append(next(name for name in candidates if name not in taken))
        taken.add(names[-1])
    return names
