"""Partitions of a resampled Dask table, converted back to what a file holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from imbsuite._extras import need
from imbsuite.files.large.labels import label_counts
from imbsuite.files.large.parquet_table import ParquetTable
from imbsuite.files.large.text_table import SeedFields
from imbsuite.files.provenance import PROVENANCE, as_provenance
from imbsuite.files.text import spelled, typed
from imbsuite.files.verbatim import VerbatimTable

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["PartConverter"]

_NEW, _SEED, *_ = PROVENANCE


@dataclass(frozen=True)
class PartConverter:
    """Converts partitions into tables of the input's own types and spelling.

    Attributes
    ----------
    table : ParquetTable
        The input.
    target : str
    labels : list
        All of them, as the table holds them.
    provenance : bool
        Whether columns are added that say where rows come from.
    seeds : SeedFields or None
        The fields of a text file, whose spelling is kept.
    """

    table: ParquetTable
    target: str
    labels: Sequence[Any]
    provenance: bool
    seeds: SeedFields | None = None

    def convert(self, frame: pd.DataFrame) -> VerbatimTable:
        """Return a partition, which has the columns of provenance."""
        cells = self._cells(frame)
        index = frame.index if self.table.has_index else None
        converted = VerbatimTable(cells, self._fields(cells, frame), index)
        if not self.provenance:
            return converted
        origins = (frame[name].to_numpy() for name in PROVENANCE)
        return converted.with_columns(as_provenance(*origins, names=self.table.names))

    def header(self) -> VerbatimTable:
        """Return the result without its rows."""
        frame = self.table.frame(self.table.parts[0])[:0]
        empty = dict.fromkeys(PROVENANCE, np.empty(0, dtype=bool))
        return replace(self, seeds=None).convert(frame.assign(**empty))

    def sizes(self, converted: VerbatimTable) -> list[int]:
        """Return how many rows of each label a part has."""
        counts = label_counts(converted.cells[self.target])
        return [counts.get(label, 0) for label in self.labels]

    def _cells(self, frame: pd.DataFrame) -> pa.Table:
        schema, aliases = self.table.cell_schema, self.table.aliases
        columns = [_as_arrow(frame[aliases[f.name]], f.type) for f in schema]
        return need("pyarrow").Table.from_arrays(columns, schema=schema)

    def _fields(self, cells: pa.Table, frame: pd.DataFrame) -> pa.Table | None:
        if self.seeds is None:
            return None
        rows, names = frame[_SEED].to_numpy(), self.table.names
        old = self.seeds.take(rows)
        if not frame[_NEW].any():
            return old
        kinds = self.seeds.table.kinds
        return need("pyarrow").table(
            {n: spelled(cells[n], typed(old[n], kinds[n]), old[n]) for n in names}
        )


def _as_arrow(series: Any, kind: Any) -> pa.ChunkedArray:
    arrow = need("pyarrow")
    cells = arrow.array(series.array)
    whole = cells if isinstance(cells, arrow.ChunkedArray) else [cells]
    return arrow.chunked_array(getattr(whole, "chunks", whole), cells.type).cast(kind)
