"""Predictions for a table in files, made in blocks of bounded size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imbsuite._extras import need
from imbsuite.files.atomic import working_folder
from imbsuite.files.large.memory import return_memory
from imbsuite.files.large.output import check_output, open_output
from imbsuite.files.large.parquet_table import ParquetTable
from imbsuite.files.large.sample import open_table
from imbsuite.files.parquet import with_index
from imbsuite.files.provenance import free_names
from imbsuite.files.text import TextFile
from imbsuite.files.verbatim import VerbatimTable
from imbsuite.persistence.columns import as_fitted, check_columns
from imbsuite.persistence.model_file import SavedModel

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

# Encoders and models temporarily use several times as much memory.
_BLOCK_BYTES = 1.5e6


@dataclass
class PredictedFile:
    """The result of :func:`predict_file`.

    Attributes
    ----------
    rows : int
    counts : Counter
        ``{label: rows}`` of the predicted labels.
    new_columns : list of str
        Columns of the table that the model was not fitted on, except the target.
    """

    rows: int = 0
    counts: Counter[Any] = field(default_factory=Counter)
    new_columns: list[str] = field(default_factory=list)


def predict_file(
    model: SavedModel,
    source: Path,
    out: Path,
    *,
    separator: str | None = None,
    force: bool = False,
) -> PredictedFile:
    """Write a table with additional columns that contain the predictions of a model.

    Rows keep their order, and fields of text files are copied unchanged. The output
    file appears only when it is complete. If the target or a column of the model has the
    name of a column of predictions, all columns of predictions get the prefix
    ``imbsuite_``, repeatedly if necessary.

    Parameters
    ----------
    model : SavedModel
    source : path
        A CSV or Parquet file, or a directory of Parquet files.
    out : path
        A CSV or Parquet file; without a suffix, a directory of Parquet files.
    separator : str, default=None
        The field separator of text files. None: a comma, or a tab for ``.tsv``.
    force : bool, default=False
        Whether to replace an existing output.

    Returns
    -------
    PredictedFile

    Raises
    ------
    OSError
        If a file cannot be read or written.
    ValueError
        If columns of the model are missing, cells cannot be converted to the types at
        fit time, or other columns of the table have the names of columns of
        predictions.
    """
    check_output(source, out, force=force)
    table = open_table(source, separator)
    if isinstance(table, TextFile):
        names, blocks = _names(table), _of_text(table, model)
    else:
        names, blocks = table.names, _of_parquet(table, model)
    done = PredictedFile(new_columns=check_columns(model.columns, names))
    done.new_columns = [n for n in done.new_columns if str(n) != model.target]
    added = _added_names(model)
    _refuse_clashes(source, names, added)
    with working_folder(out) as folder:
        first = next(blocks)
        schema = with_index(first.cells, first.index).schema
        with open_output(out, folder, schema, separator) as output:
            for number, block in enumerate(chain([first], blocks)):
                done.rows += block.cells.num_rows
                done.counts.update(block.cells[added[0]].to_pylist())
                output.add(output.encode(block, number))
                return_memory()
    return done


def _names(file: TextFile) -> list[str]:
    """Return the names of the columns as pandas reads them."""
    return [name or f"Unnamed: {j}" for j, name in enumerate(file.names)]


def _added_names(model: SavedModel) -> list[str]:
    """Return the names of the columns of predictions in a file.

    They depend only on the model, so that they are the same for all tables.
    """
    own = [model.target, *(str(column.name) for column in model.columns)]
    return free_names(model.new_columns, own)


def _refuse_clashes(source: Path, names: Sequence[Any], added: Sequence[str]) -> None:
    taken = [name for name in added if name in map(str, names)]
    if taken:
        msg = (
            f"{source} already has a column called {taken[0]!r}, which is also the "
            "name of a column of predictions; rename it."
        )
        raise ValueError(msg)


def _of_text(file: TextFile, model: SavedModel) -> Iterator[VerbatimTable]:
    """Yield blocks of a text file with predictions; fields keep their spelling."""
    types = {column.name: column.parsed_as for column in model.columns}
    arrow, start = need("pyarrow"), 0
    for fields in file.blocks(_BLOCK_BYTES):
        try:
            frame = file.as_pandas(fields, dtype=types)
        except ValueError:  # a cell is not a number; the error raised below names it
            frame = file.as_pandas(fields, dtype=str)
        X = as_fitted(frame, model.columns, start=start)
        start += len(X)
        cells = fields
        for j, name in enumerate(frame.columns):
            if name in X and types[name] != "str":
                numbers = arrow.array(frame[name], from_pandas=True)
                cells = cells.set_column(j, fields.column_names[j], numbers)
        yield VerbatimTable(cells, fields).with_columns(_predicted(model, X))


def _of_parquet(table: ParquetTable, model: SavedModel) -> Iterator[VerbatimTable]:
    """Yield batches of Parquet files with predictions."""
    start = 0
    for batch in table.batches(max(1, int(_BLOCK_BYTES / table.row_bytes))):
        frame = table.as_pandas(batch)
        index = frame.index if table.index_names else None
        if table.counted is not None:
            index = table.counted[start : start + len(frame)]
        X = as_fitted(frame, model.columns, start=start)
        start += len(frame)
        cells = batch.select(table.names)
        yield VerbatimTable(cells, None, index).with_columns(_predicted(model, X))


def _predicted(model: SavedModel, X: pd.DataFrame) -> dict[str, pa.Array]:
    arrow = need("pyarrow")
    predictions = model.predict(X)
    return {
        added: arrow.array(predictions[name].to_numpy(), from_pandas=True)
        for added, name in zip(_added_names(model), predictions, strict=True)
    }
