"""Tables to the letter: what nobody computes with is written as it was read.

Parquet is read as Arrow, whose types are the file's; the index that pandas may have stored
there is kept apart. In a text file, a column is one of numbers only if every field is a
number that can be written back without a loss; anything else is text, leading zeros and
all. Fields that do not change keep their spelling.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from imbsuite._extras import need
from imbsuite.files.quoting import packed, write_lines
from imbsuite.files.reading import check_file, parse_text, read_parquet, separator_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from imbsuite.base import BaseSampler

__all__ = ["LiteralTable", "read_literal", "write_literal"]

# Fields that stand for a gap in a column of numbers. In a column of text only an empty
# field does: "NA" may be Namibia.
_GAPS = ["", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NULL", "null", "None", "<NA>"]
# Numbers that would come back spelled otherwise: identifiers with leading zeros, and
# integers of more digits than a float holds.
_NO_NUMBER = r"^[+-]?(0[0-9xX]|[0-9]{17,}$)"
# How pandas reads fields as they are.
VERBATIM = {"dtype": str, "keep_default_na": False, "na_filter": False}


@dataclass(frozen=True)
class LiteralTable:
    """A table as it stands in a file.

    Attributes
    ----------
    cells : pyarrow.Table
        The columns, without those of a pandas index.
    texts : pyarrow.Table or None
        Every field as it is spelled, of a text file; None for Parquet.
    index : pandas.Index or None
        The index that pandas stored with a Parquet file, unless it only counts rows.
    """

    cells: pa.Table
    texts: pa.Table | None = None
    index: pd.Index[Any] | None = None

    def resampled(
        self,
        sampler: BaseSampler,
        y: Any,
        *,
        apart: Sequence[str] = (),
        groups: Any = None,
    ) -> LiteralTable:
        """Fit a sampler, and return the table that it makes, columns where they were.

        Parameters
        ----------
        sampler : sampler
            It is fitted.
        y : array-like of shape (n_rows,)
        apart : sequence of str, default=()
            Columns that are no features: a new row repeats its seed's cells.
        groups : array-like of shape (n_rows,), default=None

        Raises
        ------
        ValueError
            If no column is left to be a feature.
        """
        features = self.cells.drop_columns(list(apart))
        if features.num_columns == 0:
            beside = " and ".join(map(repr, apart))
            msg = f"there is no column beside {beside}; new rows would have no cells."
            raise ValueError(msg)
        changed, _ = sampler.fit_resample(features, y, groups=groups)
        rows, index = sampler.sample_indices_, self.index
        if index is not None:
            entries = need("pandas").Series(0, index=index)
            index = sampler.carry(entries, rule="seed").index
        seeds = self.cells.take(rows)
        columns = {name: seeds[name] for name in seeds.column_names}
        columns |= {name: changed[name] for name in changed.column_names}
        cells = _table(columns, self.cells.schema)
        return LiteralTable(cells, self._spelled(cells, seeds, rows), index)

    def _spelled(self, cells: pa.Table, seeds: pa.Table, rows: Any) -> pa.Table | None:
        if self.texts is None:
            return None
        old = self.texts.take(rows)
        names = cells.column_names
        return _table({n: spelled(cells[n], seeds[n], old[n]) for n in names})

    def joined(self, columns: Mapping[str, Any]) -> LiteralTable:
        """Return the table with these columns added at its end."""
        cells, texts = self.cells, self.texts
        for name, values in columns.items():
            cells = cells.append_column(name, values)
            if texts is not None:
                added = need("pyarrow.compute").fill_null(_as_text(name, values), "")
                texts = texts.append_column(name, added)
        return LiteralTable(cells, texts, self.index)


def read_literal(path: Path, *, separator: str | None = None) -> LiteralTable:
    """Return the table in a CSV or Parquet file.

    Parameters
    ----------
    path, separator
        As in ``read_table``.

    Raises
    ------
    OSError, ValueError
        As ``read_table`` does, and if two columns have the same name.
    """
    check_file(path)
    table = _read(path, separator)
    if table.cells.num_rows == 0:
        msg = f"{path} has no rows below its header."
        raise ValueError(msg)
    return table


def _read(path: Path, separator: str | None) -> LiteralTable:
    usual = separator_of(path)
    if usual is None:
        return _read_stored(path)
    return _read_spelled(path, separator or usual)


def write_literal(
    table: LiteralTable,
    stream: IO[bytes],
    path: Path,
    *,
    separator: str | None = None,
    header: bool = True,
) -> None:
    """Write a table into an open file, of the kind that the name ``path`` says.

    Parameters
    ----------
    table : LiteralTable
    stream : binary file
    path : Path
        Only its suffixes are looked at; ``.csv.gz`` and the like are compressed.
    separator : str, default=None
        As in ``read_table``.
    header : bool, default=True
        Whether a text file begins with the names of the columns.

    Raises
    ------
    ValueError
        If the table holds what a text file cannot, such as lists.
    """
    usual = separator_of(path)
    if usual is None:
        parquet = need("pyarrow.parquet")
        parquet.write_table(_with_index(table), stream)
        return
    with packed(stream, path) as plain:
        write_lines(_fields(table), plain, separator or usual, header=header)


# --- Text files ----------------------------------------------------------------------


def _read_spelled(path: Path, separator: str) -> LiteralTable:
    frame = parse_text(path, separator, **VERBATIM)
    texts = as_texts(frame, header_of(path, separator))
    columns = {
        name: typed(fields, next(numbers_in(fields), None))
        for name, fields in zip(texts.column_names, texts.columns, strict=True)
    }
    return LiteralTable(_table(columns), texts)


def as_texts(frame: pd.DataFrame, names: list[str]) -> pa.Table:
    """Return the fields that pandas has read with ``VERBATIM``, under these names."""
    table = need("pyarrow").Table.from_pandas(frame, preserve_index=False)
    return table.rename_columns(names).replace_schema_metadata(None)


def header_of(path: Path, separator: str) -> list[str]:
    """Return the names of the columns of a text file, as they are spelled.

    Raises
    ------
    ValueError
        If two are the same.
    """
    # pandas gives other names to columns without one, or of the same name.
    header = parse_text(path, separator, header=None, nrows=1, **VERBATIM)
    names = header.iloc[0].tolist()
    refuse_twice(path, names)
    return names


def refuse_twice(path: Path, names: Sequence[str]) -> None:
    """Raise ValueError where two columns of a file have one name."""
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        msg = f"{path} has several columns called {twice[0]!r}; rename all but one."
        raise ValueError(msg)


def numbers_in(texts: pa.ChunkedArray) -> Iterator[Any]:
    """Yield the types of numbers that all fields may have, the narrower first.

    None at all where a field is no number, would come back spelled otherwise, or where
    every field is a gap.
    """
    arrow, compute = need("pyarrow"), need("pyarrow.compute")
    fields = _without_gaps(texts)
    doubtful = compute.any(compute.match_substring_regex(fields, _NO_NUMBER)).as_py()
    if doubtful or fields.null_count == len(fields):
        return
    for kind in (arrow.int64(), arrow.float64()):
        try:
            fields.cast(kind)
        except arrow.ArrowInvalid:
            continue
        yield kind


def all_gaps(texts: pa.ChunkedArray) -> bool:
    """Return whether every field stands for a gap, whatever the type."""
    return _without_gaps(texts).null_count == len(texts)


def typed(texts: pa.ChunkedArray, kind: Any) -> pa.ChunkedArray:
    """Return the numbers in a column of fields; for no kind, texts, empty ones as gaps."""
    compute = need("pyarrow.compute")
    if kind is None:
        return compute.if_else(compute.equal(texts, ""), None, texts)
    return _without_gaps(texts).cast(kind)


def _without_gaps(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    arrow, compute = need("pyarrow"), need("pyarrow.compute")
    fields = compute.utf8_trim_whitespace(texts)
    gap = compute.is_in(fields, value_set=arrow.array(_GAPS, fields.type))
    return compute.if_else(gap, None, fields)


def spelled(
    cells: pa.ChunkedArray, seeds: pa.ChunkedArray, texts: pa.ChunkedArray
) -> pa.ChunkedArray:
    """Return cells as fields; those that are the seed's keep its spelling."""
    compute = need("pyarrow.compute")
    new = compute.fill_null(cells.cast(texts.type), "")
    if cells.type == texts.type:
        return new
    both_missing = compute.and_(cells.is_null(), seeds.is_null())
    same = compute.fill_null(compute.equal(cells, seeds), both_missing)
    return compute.if_else(same, texts, new)


def _fields(table: LiteralTable) -> pa.Table:
    """Return all fields of a text file; a pandas index comes first."""
    if table.texts is None:
        cells = table.cells
        columns = {name: _as_text(name, cells[name]) for name in cells.column_names}
    else:
        # Whether an empty field was quoted is not known.
        texts = table.texts
        columns = {name: typed(texts[name], None) for name in texts.column_names}
    if table.index is None:
        return _table(columns)
    # What has no name is called __index_level_0__ by Arrow.
    first = _stored(table.index)
    index = {name: _as_text(name, first[name]) for name in first.column_names}
    return _table(index | columns)


def _as_text(name: str, cells: Any) -> Any:
    arrow = need("pyarrow")
    try:
        return cells.cast(arrow.large_string())
    except (arrow.ArrowNotImplementedError, arrow.ArrowInvalid) as error:
        msg = (
            f"column {name!r} holds {cells.type} values, which a CSV file cannot hold; "
            "write a Parquet file."
        )
        raise ValueError(msg) from error


# --- Parquet -------------------------------------------------------------------------


def _read_stored(path: Path) -> LiteralTable:
    table = read_parquet(path, need("pyarrow.parquet").read_table)
    refuse_twice(path, table.column_names)
    described = table.schema.pandas_metadata or {}
    stored = described.get("index_columns", [])
    names = [name for name in stored if isinstance(name, str)]
    # An index that only counts is stored as a description, without a column.
    index = table.select(names).to_pandas().index if stored else None
    if index is not None and index.equals(need("pandas").RangeIndex(len(index))):
        index = index if index.name is not None else None
    return LiteralTable(table.drop_columns(names), None, index)


def _with_index(table: LiteralTable) -> pa.Table:
    """Return the columns to store, those of the index last, described as pandas does."""
    cells = table.cells
    described = cells.schema.pandas_metadata
    if not described:
        return cells
    described = described | {"index_columns": []}
    if table.index is not None:
        stored = _stored(table.index)
        own = stored.schema.pandas_metadata
        for name in stored.column_names:
            cells = cells.append_column(name, stored[name])
        kept = [c for c in described["columns"] if c not in own["columns"]]
        kept = [c for c in kept if c["field_name"] not in stored.column_names]
        described["columns"] = kept + own["columns"]
        described["index_columns"] = own["index_columns"]
    described = {b"pandas": json.dumps(described).encode()}
    return cells.replace_schema_metadata({**cells.schema.metadata, **described})


def _stored(index: pd.Index[Any]) -> pa.Table:
    arrow = need("pyarrow")
    frame = need("pandas").DataFrame(index=index)
    try:
        return arrow.Table.from_pandas(frame, preserve_index=True)
    except arrow.ArrowException as error:
        msg = (
            "the index stored with the table has no room for labels of new rows in its "
            "own type; store the table without it (reset_index)."
        )
        raise ValueError(msg) from error


def _table(columns: dict[str, Any], schema: Any = None) -> pa.Table:
    return need("pyarrow").Table.from_arrays(
        list(columns.values()), list(columns) if schema is None else None, schema=schema
    )
