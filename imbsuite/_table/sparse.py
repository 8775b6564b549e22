"""SciPy sparse matrices: reading numbers and adding rows, never dense as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from imbsuite._table.arrays import OfNumbers, factorize
from imbsuite._table.cells import Cells, Numeric
from imbsuite._table.numbers import bounds_of, or_none
from imbsuite._table.spacing import WHOLE, Spacing, round_whole
from imbsuite._types import Mask, Positions


class Sparse(OfNumbers):
    """A SciPy CSR or CSC matrix or array of numbers, never made dense as a whole.

    Its entries are sorted, without duplicates.
    """

    def __init__(self, values: Any) -> None:
        super().__init__(values)
        self._rows = values.tocsr()
        self._rows.sort_indices()

    def numbers(self, columns: Sequence[int]) -> Any:
        rows = self._rows
        if len(columns) < self.shape[1]:
            rows = rows[:, list(columns)]
        return rows if rows.dtype.kind == "f" else rows.astype(np.float64)

    def codes(self, j: int) -> NDArray[np.int32]:
        return factorize(self._cells(j), self.name(j))[0]

    def _cells(self, j: int) -> NDArray[Any]:
        column: NDArray[Any] = self._rows[:, [j]].toarray().ravel()
        return column

    def spacings(self, categorical: Mask) -> list[Spacing | None]:
        if self.values.dtype.kind != "f":
            return [None] * self.shape[1]
        entries, whole = self._rows.data, ~categorical
        fractions = (np.rint(entries) != entries) & ~np.isnan(entries)
        whole[self._rows.indices[fractions]] = False
        return [WHOLE if held else None for held in whole]

    def grow(self, cells: Cells, categorical: Mask) -> Any:
        draw = cells.draw
        kept = np.arange(self.shape[0]) if draw.kept is None else draw.kept
        if draw.copies or (draw.rows is None and not self._odd(categorical).any()):
            # A kept row is a row between itself and itself, so one pass writes all
            # rows.
            out = self._between(
                np.concatenate([kept, draw.seeds]),
                np.concatenate([kept, draw.partners]),
                np.concatenate([np.zeros(len(kept)), draw.steps]),
            )
            if not draw.copies:
                self._round(out, cells, categorical)
        else:
            new = self._new_rows(cells, categorical)
            old = self._rows if draw.kept is None else self._rows[kept]
            out = sp.vstack([old, new], format="csr", dtype=self._rows.dtype)
        return out.asformat(self.values.format)

    def new_numbers(self, cells: Cells, categorical: Mask) -> Any:
        """Return the numbers of new rows, as they would be read from the output."""
        new = self._new_rows(cells, categorical)
        return Sparse(new).numbers(np.flatnonzero(~categorical).tolist())

    def _between(
        self, seeds: Positions, partners: Positions, steps: NDArray[np.float64]
    ) -> Any:
        from imbsuite._kernels import rows, threads_for

        starts, columns, data = self._parts()
        threads, bounds = threads_for(len(columns)), bounds_of(self.values.dtype)
        counts = np.zeros(len(seeds) + 1, dtype=np.int64)
        rows.count_entries(starts, columns, seeds, partners, counts[1:], threads)
        ends = np.cumsum(counts, out=counts)
        kind = sp.get_index_dtype(maxval=max(int(ends[-1]), *self.shape))
        kind = np.promote_types(kind, columns.dtype)
        starts, columns = (part.astype(kind, copy=False) for part in (starts, columns))
        out = np.empty(ends[-1], dtype=data.dtype)
        out_columns, out_starts = np.empty(ends[-1], dtype=kind), ends.astype(kind)
        rows.merge_rows(
            *(starts, columns, data, seeds, partners, steps, *(bounds or (0, 0))),
            *(out_starts, out_columns, out, threads),
        )
        cells = out.astype(self.values.dtype, copy=False)
        shape = (len(seeds), self.shape[1])
        return type(self._rows)((cells, out_columns, out_starts), shape=shape)

    def _parts(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Return indptr, sorted indices, and data in a type that kernels support."""
        rows = self._rows
        wide = {"i": np.int64, "u": np.uint64}
        kind = wide.get(self.values.dtype.kind, np.float64)
        data = (
            rows.data
            if rows.dtype == np.float32
            else rows.data.astype(kind, copy=False)
        )
        return rows.indptr, rows.indices, data

    def _odd(self, categorical: Mask) -> Mask:
        """Return a mask of the columns that are not simply interpolated."""
        return categorical | self._columns_with_gaps

    def _round(self, out: Any, cells: Cells, categorical: Mask) -> None:
        """Round the entries of columns that contain only whole numbers."""
        known = cells.spacings or self.spacings(categorical)
        whole = np.array([spacing is not None for spacing in known])
        if whole.any():
            entries = whole[out.indices]
            out.data[entries] = round_whole(out.data[entries])

    def _new_rows(self, cells: Cells, categorical: Mask) -> Any:
        if cells.draw.rows is not None:
            return self._columns(cells, categorical, range(self.shape[1]))
        new = self._between(cells.draw.seeds, cells.draw.partners, cells.draw.steps)
        self._round(new, cells, categorical)
        odd = self._odd(categorical)
        if not odd.any():
            return new
        plain, mended = np.flatnonzero(~odd), np.flatnonzero(odd)
        columns = self._columns(cells, categorical, mended.tolist())
        back = np.argsort(np.concatenate([plain, mended]))
        return sp.hstack([new[:, plain], columns], format="csr")[:, back]

    @cached_property
    def _columns_with_gaps(self) -> Mask:
        gaps = np.zeros(self.shape[1], dtype=bool)
        gaps[self._rows.indices[np.isnan(self._rows.data)]] = True
        return gaps

    def _columns(self, cells: Cells, categorical: Mask, which: Sequence[int]) -> Any:
        """Return the new cells of columns, computed one dense column at a time."""
        columns = []
        for j in which:
            new_cells = cells.column(self, categorical, j)
            new = self._cells(j)[new_cells] if categorical[j] else new_cells.values
            columns.append(sp.csr_array(new[:, np.newaxis]))
        wide = sp.hstack(columns, format="csr", dtype=self._rows.dtype)
        return type(self._rows)(wide)

    def column(self, j: int) -> Numeric:
        values = self._cells(j)
        return Numeric(values, or_none(np.isnan(values)), bounds_of(values.dtype))
