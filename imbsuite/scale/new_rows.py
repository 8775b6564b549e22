"""New rows, written a block at a time as frames of the table's own columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._random import column_coins
from imbsuite._table import Cells, Draw, Rule, Spacing, carry, take
from imbsuite._table.labels import fresh_labels
from imbsuite.scale.gathered_rows import GatheredRows
from imbsuite.scale.schema import Schema

__all__ = ["PROVENANCE", "RowWriter", "with_provenance"]

# The columns that ``provenance=True`` adds.
PROVENANCE = {
    "is_synthetic": np.bool_,
    "seed_row": np.int64,
    "partner_row": np.int64,
    "step": np.float64,
}


@dataclass(frozen=True)
class RowWriter:
    """The rule for categories, their coins, row labels and provenance of new rows."""

    schema: Schema
    names: list[Any]
    rule: Rule
    cell_rng: np.random.Generator
    ends: Any
    provenance: bool

    def write(
        self,
        block: Draw,
        start: int,
        rows: GatheredRows,
        spacings: Sequence[Spacing | None],
    ) -> Any:
        """Return the new rows of ``block``, of which the first is new row ``start``.

        ``spacings`` are those of the columns of the whole table.
        """
        columns = self.schema.columns
        table = self.schema.table(rows.frame)
        cells = Cells(block, self.rule, column_coins(self.cell_rng, start), spacings)
        new = table.container.grow(cells, table.categorical)
        index = self._index(rows.frame, len(new), start)
        new = new.set_axis(index, axis=0)
        for column, rule in (
            (columns.target, "seed"),
            (columns.groups, "seed"),
            (columns.weight, "auto"),
        ):
            if column is not None:
                values = carry(rows.frame[column], block, rule, whole=False)
                new[column] = values.set_axis(index)
        new = new[self.names]
        if not self.provenance:
            return new
        seeds, partners = rows.positions[block.seeds], rows.positions[block.partners]
        return with_provenance(new, seeds, partners, block.steps, new=True)

    def repeat(
        self, frame: Any, rows: NDArray[np.intp], start: int, number: int
    ) -> Any:
        """Return ``rows`` of a partition again, of which the first is new row ``number``.

        ``start`` is the position of the partition's first row in the table.
        """
        new = take(frame, rows)
        new = new.set_axis(self._index(frame, len(rows), number))
        if not self.provenance:
            return new
        seeds = rows + start
        return with_provenance(new, seeds, seeds, np.zeros(len(rows)), new=True)

    def keep(self, frame: Any, rows: NDArray[np.intp] | None, start: int) -> Any:
        """Return ``rows`` of a partition (None: all), as they are."""
        kept = frame if rows is None else take(frame, rows)
        if not self.provenance:
            return kept
        seeds = np.arange(len(frame)) if rows is None else rows
        seeds = seeds + start
        return with_provenance(kept, seeds, seeds, np.zeros(len(kept)), new=False)

    def _index(self, frame: Any, n: int, number: int) -> Any:
        labels = fresh_labels(self.ends, n, number)
        return labels.astype(frame.index.dtype).rename(frame.index.name)


def with_provenance(
    frame: Any, seeds: Any, partners: Any, steps: Any, *, new: bool
) -> Any:
    """Return a frame with the four columns of :data:`PROVENANCE`."""
    values = (np.full(len(frame), new), seeds, partners, steps)
    columns: dict[str, Any] = {
        name: np.asarray(cells, dtype=dtype)
        for (name, dtype), cells in zip(PROVENANCE.items(), values, strict=True)
    }
    return frame.assign(**columns)
