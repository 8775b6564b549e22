"""Tables with the original text of every field, and the numbers for computation.

Parquet is read as Arrow tables, which have the types of the file; an index that pandas
has stored there is kept separately. Unchanged fields of a text file keep their
spelling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from imbsuite._extras import need
from imbsuite.files.checks import refuse_no_rows, refuse_repeated_names, separator_of
from imbsuite.files.parquet import (
    as_columns,
    index_columns,
    parquet_errors,
    with_index,
)
from imbsuite.files.quoting import compressed, write_lines
from imbsuite.files.text import open_text, schema_of, spelled, typed

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from imbsuite.base import BaseSampler


@dataclass(frozen=True)
class VerbatimTable:
    """A table as it is stored in a file.

    Attributes
    ----------
    cells : pyarrow.Table
        The columns, without those of a pandas index.
    fields : pyarrow.Table or None
        All fields of a text file as they are spelled; None for Parquet.
    index : pandas.Index or None
        The index that pandas stored with a Parquet file, unless it only counts rows.
    """

    cells: pa.Table
    fields: pa.Table | None = None
    index: pd.Index[Any] | None = None

    def resampled(
        self,
        sampler: BaseSampler,
        y: Any,
        *,
        others: Sequence[str] = (),
        groups: Any = None,
    ) -> VerbatimTable:
        """Fit a sampler, and return the resampled table with the same columns.

        Parameters
        ----------
        sampler : sampler
            It is fitted.
        y : array-like of shape (n_rows,)
        others : sequence of str, default=()
            Columns that are not features; a new row gets the values of its seed.
        groups : array-like of shape (n_rows,), default=None
        """
        features = self.cells.drop_columns(list(others))
        resampled, _ = sampler.fit_resample(features, y, groups=groups)
        rows, index = sampler.sample_indices_, self.index
        if index is not None:
            entries = need("pandas").Series(0, index=index)
            index = sampler.carry(entries, rule="seed").index
        seeds = self.cells.take(rows)
        columns = {name: seeds[name] for name in seeds.column_names}
        columns |= {name: resampled[name] for name in resampled.column_names}
        cells = need("pyarrow").table(columns, schema=self.cells.schema)
        if self.fields is None:
            return VerbatimTable(cells, None, index)
        fields = spelled(cells, seeds, self.fields.take(rows))
        return VerbatimTable(cells, fields, index)

    def with_columns(self, columns: Mapping[str, Any]) -> VerbatimTable:
        """Return the table with these columns added at the end."""
        cells, fields = self.cells, self.fields
        for name, values in columns.items():
            cells = cells.append_column(name, values)
            if fields is not None:
                added = need("pyarrow.compute").fill_null(_as_text(name, values), "")
                fields = fields.append_column(name, added)
        return VerbatimTable(cells, fields, self.index)

    def to_text(self) -> pa.Table:
        """Return all fields of a text file, missing ones as null; the index comes first.

        Raises
        ------
        ValueError
            If the table contains values that a text file cannot hold, such as lists.
        """
        if self.fields is None:
            columns = _texts(self.cells)
        else:
            # It is unknown whether an empty field was quoted, so all become missing.
            texts = typed(self.fields, self.fields.schema)
            columns = {name: texts[name] for name in texts.column_names}
        if self.index is not None:
            columns = _texts(as_columns(self.index, beside=columns)) | columns
        return need("pyarrow").table(columns)


def read_verbatim(path: Path, *, separator: str | None = None) -> VerbatimTable:
    """Return the table in a CSV or Parquet file.

    Parameters
    ----------
    path : Path
    separator : str, default=None
        As in ``read_table``.

    Raises
    ------
    OSError, ValueError
        As in ``read_table``, and if two columns have the same name.
    """
    file = open_text(path, separator)
    if file is None:
        table = _read_parquet(path)
    else:
        fields = file.fields()
        table = VerbatimTable(typed(fields, schema_of(fields)), fields)
    refuse_no_rows(path, table.cells.num_rows)
    return table


def _read_parquet(path: Path) -> VerbatimTable:
    with parquet_errors(path):
        table = need("pyarrow.parquet").read_table(path)
    refuse_repeated_names(path, table.column_names)
    names = index_columns(table.schema)
    index = table.select(names).to_pandas().index
    # An index that only counts rows is not kept.
    counts = need("pandas").RangeIndex(len(index))
    is_kept = index.name is not None or not index.equals(counts)
    return VerbatimTable(table.drop_columns(names), None, index if is_kept else None)


def write_verbatim(
    table: VerbatimTable,
    stream: IO[bytes],
    path: Path,
    *,
    separator: str | None = None,
) -> None:
    """Write a table to an open file, in the format of the suffix of ``path``.

    Parameters
    ----------
    table : VerbatimTable
    stream : binary file
    path : Path
        Only its suffixes are used; ``.csv.gz`` and similar files are compressed.
    separator : str, default=None
        As in ``read_table``.

    Raises
    ------
    ValueError
        If the table contains values that a text file cannot hold, such as lists.
    """
    between_fields = separator_of(path, separator)
    if between_fields is None:
        cells = with_index(table.cells, table.index)
        need("pyarrow.parquet").write_table(cells, stream)
        return
    with compressed(stream, path) as plain:
        write_lines(table.to_text(), plain, between_fields)


def _texts(cells: pa.Table) -> dict[str, Any]:
    return {name: _as_text(name, cells[name]) for name in cells.column_names}


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
