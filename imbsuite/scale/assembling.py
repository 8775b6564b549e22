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
from imbsuite.scale.gathering import Gathered
from imbsuite.scale.reader import Reader

__all__ = ["PROVENANCE", "Writer", "with_origin"]

# The columns that ``provenance=True`` adds.
PROVENANCE = {
    "is_synthetic": np.bool_,
    "seed_row": np.int64,
    "partner_row": np.int64,
    "step": np.float64,
}


@dataclass(frozen=True)
class Writer:
    """Writes new rows: the rule for categories, their coins, labels and provenance."""

    reader: Reader
    names: list[Any]
    rule: Rule
    cell_rng: np.random.Generator
    ends: Any
    provenance: bool

    def write(
        self,
        gathered: Gathered,
        part: Draw,
        start: int,
        spacings: Sequence[Spacing | None],
    ) -> Any:
        """Return the new rows of ``part``, of which the first is new row ``start``.

        ``spacings`` are those of the columns of the whole table.
        """
        columns = self.reader.columns
        table = self.reader.table(gathered.frame)
        coins = column_coins(self.cell_rng, start)
        cells = Cells(part, self.rule, coins, spacings)
        rows = table.container.grow(cells, table.categorical)
        labels = fresh_labels(self.ends, len(rows), start)
        index = labels.astype(gathered.frame.index.dtype).rename(
            gathered.frame.index.name
        )
        rows = rows.set_axis(index, axis=0)
        for column, rule in (
            (columns.target, "seed"),
            (columns.groups, "seed"),
            (columns.weight, "auto"),
        ):
            if column is not None:
                values = carry(gathered.frame[column], part, rule, whole=False)
                rows[column] = values.set_axis(index)
        rows = rows[self.names]
        if not self.provenance:
            return rows
        seeds, partners = (
            gathered.positions[part.seeds],
            gathered.positions[part.partners],
        )
        return with_origin(rows, seeds, partners, part.steps, new=True)

    def repeat(
        self, frame: Any, rows: NDArray[np.intp], start: int, number: int
    ) -> Any:
        """Return ``rows`` of a partition again, of which the first is new row ``number``.

        ``start`` is the position of the partition's first row in the table.
        """
        out = take(frame, rows)
        labels = fresh_labels(self.ends, len(rows), number)
        out = out.set_axis(labels.astype(frame.index.dtype).rename(frame.index.name))
        if not self.provenance:
            return out
        seeds = rows + start
        return with_origin(out, seeds, seeds, np.zeros(len(rows)), new=True)

    def keep(self, frame: Any, rows: NDArray[np.intp] | None, start: int) -> Any:
        """Return ``rows`` of a partition (None: all), as they are."""
        out = frame if rows is None else take(frame, rows)
        if not self.provenance:
            return out
        seeds = np.arange(len(frame)) if rows is None else rows
        seeds = seeds + start
        return with_origin(out, seeds, seeds, np.zeros(len(out)), new=False)


def with_origin(frame: Any, seeds: Any, partners: Any, steps: Any, *, new: bool) -> Any:
    """Return a frame with the four columns of :data:`PROVENANCE`."""
    values = (np.full(len(frame), new), seeds, partners, steps)
    columns: dict[str, Any] = {
        name: np.asarray(cells, dtype=dtype)
        for (name, dtype), cells in zip(PROVENANCE.items(), values, strict=True)
    }
    return frame.assign(**columns)
