"""Conversion of the partitions of a resampled Dask table to the input file's types."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from imbsuite._extras import need
from imbsuite.files.large.parquet_table import ParquetTable
from imbsuite.files.large.text_table import SeedFields
from imbsuite.files.parquet import with_index
from imbsuite.files.provenance import PROVENANCE, as_provenance
from imbsuite.files.text import spelled, typed
from imbsuite.files.verbatim import VerbatimTable

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_NEW, _SEED, *_ = PROVENANCE


@dataclass(frozen=True)
class PartConverter:
    """Converts partitions into tables of the input's own types and spelling.

    Attributes
    ----------
    table : ParquetTable
        The input.
    provenance : bool
        Whether to add columns with the origin of each row.
    seeds : SeedFields or None
        The fields of a text file, whose spelling is kept.
    """

    table: ParquetTable
    provenance: bool
    seeds: SeedFields | None = None

    def convert(self, frame: pd.DataFrame) -> VerbatimTable:
        """Return a converted partition; ``frame`` must have the provenance columns."""
        cells = self._cells(frame)
        index = frame.index if self.table.has_index else None
        converted = VerbatimTable(cells, self._fields(cells, frame), index)
        if not self.provenance:
            return converted
        origins = (frame[name].to_numpy() for name in PROVENANCE)
        return converted.with_columns(as_provenance(*origins, names=self.table.names))

    def schema(self) -> pa.Schema:
        """Return the schema of Parquet output, including the index."""
        frame = self.table.frame(self.table.parts[0])
        # An empty index has no type, so the type is taken from the first part.
        none = dict.fromkeys(PROVENANCE, np.zeros(len(frame), dtype=bool))
        first = replace(self, seeds=None).convert(frame.assign(**none))
        return with_index(first.cells, first.index).schema

    def _cells(self, frame: pd.DataFrame) -> pa.Table:
        arrow, schema = need("pyarrow"), self.table.cell_schema
        aliases = self.table.aliases
        cells = [arrow.array(frame[aliases[f.name]].array).cast(f.type) for f in schema]
        return arrow.Table.from_arrays(cells, schema=schema)

    def _fields(self, cells: pa.Table, frame: pd.DataFrame) -> pa.Table | None:
        if self.seeds is None:
            return None
        old = self.seeds.take(frame[_SEED].to_numpy())
        if not frame[_NEW].any():
            return old
        return spelled(cells, typed(old, cells.schema), old)
