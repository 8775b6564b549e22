"""Parquet files: errors that name the file, and the index that pandas stores in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
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
    described = described | {"index_columns": []}
    if index is not None:
        stored = as_columns(index)
        own = stored.schema.pandas_metadata
        for name in stored.column_names:
            cells = cells.append_column(name, stored[name])
        kept = [c for c in described["columns"] if c not in own["columns"]]
        kept = [c for c in kept if c["field_name"] not in stored.column_names]
        described["columns"] = kept + own["columns"]
        described["index_columns"] = own["index_columns"]
    noted = {b"pandas": json.dumps(described).encode()}
    return cells.replace_schema_metadata({**cells.schema.metadata, **noted})


def as_columns(index: pd.Index[Any]) -> pa.Table:
    """Return an index as columns; an unnamed index is called ``__index_level_0__``.

    Raises
    ------
    ValueError
        If the labels of new rows do not fit the type of the index.
    """
    arrow = need("pyarrow")
    frame = need("pandas").DataFrame(index=index)
    try:
        return arrow.Table.from_pandas(frame, preserve_index=True)
    except arrow.ArrowException as error:
        msg = (
            "the type of the index that is stored with the table has no values left "
            "for new rows; store the table without its index (reset_index)."
        )
        raise ValueError(msg) from error
