"""New rows, written in blocks as frames with the columns of the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._random import column_coins
from imbsuite._table import Cells, Draw, Rule, Spacing, carry, take
from imbsuite._table.labels import fresh_labels
from imbsuite.scale.schema import Schema

# The columns that ``provenance=True`` adds.
PROVENANCE = {
    "is_synthetic": np.bool_,
    "seed_row": np.int64,
    "partner_row": np.int64,
    "step": np.float64,
}


@dataclass(frozen=True)
class RowWriter:
    """A writer of new rows, with their categories, row labels and provenance.

    ``meta`` is an empty frame with the columns and the index of the table. Categories
    follow ``rule`` and are drawn with ``cell_rng``; ``ends`` are the row labels on
    which new row labels depend.
    """

    schema: Schema
    meta: Any
    rule: Rule
    cell_rng: np.random.Generator
    ends: Any
    provenance: bool

    def write(
        self, block: Draw, start: int, rows: Any, spacings: Sequence[Spacing | None]
    ) -> Any:
        """Return the new rows of ``block``; the first is new row number ``start``.

        ``rows`` are the gathered rows, ``spacings`` those of the columns of the whole
        table.
        """
        roles = self.schema.roles
        table = self.schema.table(rows)
        coins = partial(column_coins, self.cell_rng, start=start)
        cells = Cells(block, self.rule, coins, spacings)
        new = self._labeled(table.container.grow(cells, table.categorical), start)
        for column, rule in (
            (roles.target, "seed"),
            (roles.groups, "seed"),
            (roles.weight, "auto"),
            *((column, "seed") for column in roles.ignored),
        ):
            if column is not None:
                values = carry(rows[column], block, rule, whole=False)
                new[column] = values.set_axis(new.index)
        positions = rows.index.to_numpy()
        parents = positions[block.seeds], positions[block.partners]
        return self.traced(new[list(self.meta.columns)], *parents, block.steps)

    def repeat(
        self, frame: Any, start: int, rows: NDArray[np.intp], number: int
    ) -> Any:
        """Return repeated ``rows`` of a partition; the first is new row ``number``.

        ``start`` is the position of the partition's first row in the table.
        """
        return self.traced(self._labeled(take(frame, rows), number), rows + start)

    def keep(self, frame: Any, start: int, rows: NDArray[np.intp] | None = None) -> Any:
        """Return ``rows`` of a partition (None: all), with provenance if requested."""
        kept = frame if rows is None else take(frame, rows)
        seeds = np.arange(len(frame)) if rows is None else rows
        return self.traced(kept, seeds + start, new=False)

    def traced(
        self,
        frame: Any,
        seeds: NDArray[Any],
        partners: NDArray[Any] | None = None,
        steps: Any = 0.0,
        *,
        new: bool = True,
    ) -> Any:
        """Return a frame with the columns of :data:`PROVENANCE`, if requested."""
        if not self.provenance:
            return frame
        values = (new, seeds, seeds if partners is None else partners, steps)
        cells: dict[str, Any] = {
            name: np.broadcast_to(column, len(frame)).astype(dtype)
            for (name, dtype), column in zip(PROVENANCE.items(), values, strict=True)
        }
        return frame.assign(**cells)

    def _labeled(self, new: Any, number: int) -> Any:
        index = self.meta.index
        labels = fresh_labels(self.ends, len(new), number)
        return new.set_axis(labels.astype(index.dtype).rename(index.name), axis=0)
