"""The cells of new rows, computed from a draw: numbers only, without containers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from imbsuite._table.draw import Draw, Rule
from imbsuite._table.spacing import (
    Spacing,
    round_whole,
    spacing_of_floats,
    spacing_of_integers,
)
from imbsuite._types import Mask, Positions

# The bounds of booleans.
TRUTHS = (0, 1)


@dataclass(frozen=True, slots=True)
class Numeric:
    """The cells of a numeric column, or of a block of columns of one type, as numbers.

    Integers stay integers (``int64`` or ``uint64``; Python's own if these are too
    narrow), so that large integers and points in time lose no digits. ``missing`` is a
    mask, or None if no cell is missing; integers under the mask are meaningless, and
    floats under it are NaN if the cell is NaN, but not if it is null. ``bounds`` is the
    range of the column's integer type. ``units`` are the common units that are
    multiples of the column's unit, such as seconds and days for a column of
    nanoseconds; ``digits`` is the number of decimal places of decimals.
    """

    values: NDArray[Any]
    missing: NDArray[np.bool_] | None = None
    bounds: tuple[int, int] | None = None
    units: tuple[int, ...] = (1,)
    digits: int = 0

    def floats(self) -> NDArray[np.floating[Any]]:
        """Return the values as floats, NaN where missing."""
        values = self.values
        if values.dtype.kind != "f":
            values = self._as_floats()
        if self.missing is None:
            return values
        return np.where(self.missing, values.dtype.type(np.nan), values)

    def _as_floats(self) -> NDArray[np.float64]:
        if self.values.dtype == object:
            size = 10 ** abs(self.digits)
            cells = self.values.tolist()
            if self.digits < 0:
                return np.array([v * size for v in cells], dtype=np.float64)
            # Python divides integers of any size, and rounds only once.
            return np.array([v / size for v in cells], dtype=np.float64)
        values = self.values.astype(np.float64)
        return values / 10.0**self.digits if self.digits else values

    @property
    def is_truth(self) -> bool:
        """Whether the cells are booleans, stored as 0 and 1."""
        return self.bounds == TRUTHS

    @property
    def nulls(self) -> NDArray[np.bool_] | None:
        """The mask of null cells, or None; NaN is not null."""
        if self.missing is None or self.values.dtype.kind != "f":
            return self.missing
        nulls: NDArray[np.bool_] = self.missing & ~np.isnan(self.values)
        return nulls

    def spacing(self) -> Spacing | None:
        """Return the spacing of the values; None if new cells need not keep one."""
        if self.values.dtype.kind == "f":
            return spacing_of_floats(self.values)
        if len(self.units) == 1:
            return None
        held = self.values if self.missing is None else self.values[~self.missing]
        # The spacing of points in time has an arbitrary origin; that of amounts, 0.
        return spacing_of_integers(held, origin=0 if self.digits else None)

    def of(self, values: NDArray[Any], missing: NDArray[np.bool_] | None) -> Numeric:
        """Return other cells of the same type."""
        return replace(self, values=values, missing=missing)


Coins: TypeAlias = Callable[..., np.random.Generator]


@dataclass(frozen=True)
class Cells:
    """The cells of the new rows of one draw, computed column by column.

    ``coins(j, width, start=0)`` returns the random generator of column j, from which
    every new row takes ``width`` numbers; those of the first ``start`` rows are
    skipped. Each column has its own generator, so that missing values in one column do
    not change the random numbers of another, and rows can be written in parts.
    ``spacings`` are those of the columns of the whole table, if only some of its rows
    are available. ``complete`` means that no number of the table is missing; False may
    also mean that this is unknown.
    """

    draw: Draw
    rule: Rule
    coins: Any  # None if the rule uses no random numbers
    spacings: Sequence[Spacing | None] | None = None
    complete: bool = False

    def column(self, container: Any, categorical: Mask, j: int) -> Any:
        """Return the new cells of column ``j``.

        For a categorical column, these are the positions of the rows whose categories
        they take; for a numeric column, a ``Numeric``.
        """
        if categorical[j]:
            return self.category(container, j)
        place = int(np.count_nonzero(~categorical[:j]))
        return self.numbers(container.column(j), j, place)

    def origin(self, j: int) -> Positions:
        """Return the parent from which each cell of column ``j`` is copied.

        It is the seed with probability 1 - step, otherwise the partner, which is
        unbiased given the pair.
        """
        draw = self.draw
        if draw.rows is not None or self.rule == "seed" or draw.copies:
            return draw.seeds
        coins = self._coins(j, 1)[:, 0]
        return np.where(coins < draw.steps, draw.partners, draw.seeds)

    def _coins(self, j: int, width: int) -> NDArray[np.float64]:
        """Return the random numbers of column ``j``, (n_new, width)."""
        n, places = len(self.draw.seeds), self.draw.coins
        if places is None or n == 0:
            return np.asarray(self.coins(j, width).random((n, width)))
        out = np.empty((n, width))
        # The places may be far apart, so at most n places are drawn at once.
        for start in range(int(places.min()), int(places.max()) + 1, n):
            own = (places >= start) & (places < start + n)
            block = self.coins(j, width, start=start).random((n, width))
            out[own] = block[places[own] - start]
        return out

    def category(self, container: Any, j: int) -> Positions:
        """Return a row that has the category of each new cell of column ``j``."""
        if self.rule != "vote" or self.draw.voters is None:
            return self.origin(j)
        codes = container.codes(j)
        holders, first = np.unique(codes, return_index=True)
        return first[np.searchsorted(holders, self.codes(codes, j))]

    def codes(self, codes: NDArray[np.int32], j: int) -> NDArray[np.int32]:
        """Return the codes of the new cells of column ``j``, given the table's."""
        voters = self.draw.voters
        if self.rule != "vote" or voters is None:
            return codes[self.origin(j)]
        return _majority(codes, voters, self._coins(j, voters.shape[1]))

    def numbers(self, column: Numeric, j: int, place: int) -> Numeric:
        """Return the new cells of column ``j``, the column ``place`` of ``rows``."""
        draw = self.draw
        if draw.copies:
            return _pick(column, draw.seeds)
        spacing = column.spacing() if self.spacings is None else self.spacings[j]
        if draw.rows is not None:
            cells = np.concatenate([part[:, place] for part in draw.rows])
            return _settle(column, cells, draw.seeds, spacing)
        pairs = (draw.seeds, draw.partners, draw.steps)
        values = _interpolate(column, *pairs, spacing)
        if column.missing is None:
            return column.of(values, None)
        lone = column.missing[draw.seeds] | column.missing[draw.partners]
        chosen = _pick(column, self.origin(j))
        values[lone] = chosen.values[lone]
        return column.of(values, chosen.missing & lone)  # type: ignore[operator]


def _interpolate(
    column: Numeric,
    seeds: Positions,
    partners: Positions,
    steps: NDArray[np.float64],
    spacing: Spacing | None,
) -> NDArray[Any]:
    """Return ``seed + step * (partner - seed)`` in the column's own type.

    Integers are rounded to the nearest multiple of the largest of the column's units
    that ``spacing`` allows. With a step outside [0, 1], cells are clipped to
    ``bounds``. A step of 0, or two equal parents, give exactly the cell of the seed.
    """
    if column.values.dtype.kind == "f":
        cells = between(column.values, seeds, partners, steps)
        return cells if spacing is None else round_whole(cells)
    counted, back = _in_units(column, spacing)
    if counted.values.dtype == object:
        return back(_between_exactly(counted, seeds, partners, steps))
    cells = between(counted.values, seeds, partners, steps, bounds=counted.bounds)
    return back(cells)


def between(
    values: NDArray[Any],
    seeds: Positions,
    partners: Positions,
    steps: NDArray[np.float64],
    *,
    bounds: tuple[int, int] | None = None,
    out: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Return interpolated cells of a column or a block.

    Integers stay within ``bounds`` (None: those of their type).
    """
    from imbsuite._kernels import rows, threads_for

    # Kernels require native byte order, and floats of single or double precision.
    kind = values.dtype.newbyteorder("=")
    if kind.kind == "f" and kind not in (np.float32, np.float64):
        kind = np.dtype(np.float64)
    if out is None:
        out = np.empty((len(seeds), *values.shape[1:]), dtype=values.dtype)
    written = out if out.dtype == kind else np.empty(out.shape, kind)
    cells = np.require(values, kind, ["ALIGNED"])
    block, to = (v if v.ndim == 2 else v[:, np.newaxis] for v in (cells, written))
    pairs, threads = (seeds, partners, steps), threads_for(out.size)
    if kind.kind == "f":
        rows.between_floats(block, *pairs, to, threads)
    else:
        low, high = bounds or (np.iinfo(kind).min, np.iinfo(kind).max)
        rows.between_integers(block, *pairs, low, high, to, threads)
    if written is not out:
        out[...] = finite(written, out.dtype)
    return out


def _between_exactly(
    column: Numeric, seeds: Positions, partners: Positions, steps: NDArray[np.float64]
) -> NDArray[Any]:
    """Interpolate Python integers like the kernels, but round the product only once."""
    near, far = column.values[seeds].tolist(), column.values[partners].tolist()
    cells = []
    for a, b, step in zip(near, far, steps.tolist(), strict=True):
        top, bottom = step.as_integer_ratio()
        cell = a + _rounded_quotient(top * (b - a), bottom)
        cells.append(cell if 0 <= step <= 1 else _clipped(cell, a, column.bounds))
    return _as_objects(cells)


def _rounded_quotient(top: int, bottom: int) -> int:
    whole, rest = divmod(top, bottom)
    # Halves are rounded to even, as by rint.
    return whole + (2 * rest > bottom or (2 * rest == bottom and whole % 2 == 1))


def _clipped(cell: int, seed: int, bounds: tuple[int, int] | None) -> int:
    if bounds is None:
        return cell
    return min(max(cell, min(bounds[0], seed)), max(bounds[1], seed))


def _as_objects(cells: Sequence[Any]) -> NDArray[Any]:
    out = np.empty(len(cells), dtype=object)
    out[:] = cells
    return out


def _in_units(
    column: Numeric, spacing: Spacing | None
) -> tuple[Numeric, Callable[[NDArray[Any]], NDArray[Any]]]:
    """Return integers in the largest unit that ``spacing`` allows, and the inverse."""
    if spacing is None or len(column.units) == 1:
        return column, lambda cells: cells
    unit, phase = spacing.unit(column.units)
    low, high = column.bounds or (0, 0)
    counted = replace(
        column,
        values=column.values // unit,
        bounds=(-((phase - low) // unit), (high - phase) // unit),
    )
    return counted, lambda cells: cells * unit + phase


def _majority(
    codes: NDArray[np.int32], voters: Positions, coins: NDArray[np.float64]
) -> NDArray[np.int32]:
    """Return the most frequent code among the voters of each row, ties at random."""
    cast = codes[voters]
    # A voter of -1 is padding: it has no vote and cannot win.
    votes = (cast[:, :, np.newaxis] == cast[:, np.newaxis, :]) & (voters >= 0)[:, None]
    scores = np.where(voters >= 0, votes.sum(axis=2) + coins / 2, -1)
    winner = np.argmax(scores, axis=1)
    return np.take_along_axis(cast, winner[:, np.newaxis], axis=1)[:, 0]


def _pick(column: Numeric, positions: Positions) -> Numeric:
    missing = None if column.missing is None else column.missing[positions]
    return column.of(column.values.take(positions, 0), missing)


def _settle(
    column: Numeric, cells: NDArray[Any], seeds: Positions, spacing: Spacing | None
) -> Numeric:
    """Return finished ``cells`` in the column's type; NaN becomes the seed's cell."""
    chosen = _pick(column, seeds)
    absent = np.isnan(cells)
    values, ready = chosen.values.copy(), cells[~absent]
    if values.dtype.kind == "f":
        values[~absent] = finite(ready, values.dtype)
        if spacing is not None:
            values[~absent] = round_whole(values[~absent])
    else:
        present = chosen.of(values[~absent], None)
        values[~absent] = _moved_to(ready, present, spacing)
    missing = None if chosen.missing is None else chosen.missing & absent
    return column.of(values, missing)


def finite(cells: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return numbers as floats of this type, clipped to its finite range."""
    if cells.dtype.kind == "f" and cells.dtype.itemsize > dtype.itemsize:
        largest = np.finfo(dtype).max
        cells = np.clip(cells, -largest, largest)
    return cells.astype(dtype, copy=False)


def _moved_to(
    numbers: NDArray[Any], seeds: Numeric, spacing: Spacing | None
) -> NDArray[Any]:
    """Return the cells of the seeds, shifted to ``numbers``.

    Floats cannot distinguish large integers, so the difference between a number and its
    seed (as the sampler saw it) is rounded instead of the number.
    """
    counted, back = _in_units(seeds, spacing)
    unit = 1 if spacing is None else spacing.unit(seeds.units)[0]
    size = 10.0**seeds.digits / unit
    shifts = np.rint((numbers - seeds.floats()) * size)
    if counted.values.dtype != object:
        return back(_shifted(counted, shifts))
    pairs = zip(counted.values.tolist(), shifts.tolist(), strict=True)
    moved = [_clipped(cell + int(by), cell, counted.bounds) for cell, by in pairs]
    return back(_as_objects(moved))


def _shifted(column: Numeric, shifts: NDArray[np.float64]) -> NDArray[Any]:
    """Return integers plus whole numbers, clipped to the column's bounds."""
    values, (low, high) = column.values, column.bounds or (0, 0)
    rises = shifts > 0
    # Unsigned arithmetic is modulo 2**64, so nothing overflows.
    words = values.astype(np.uint64)
    up, down = (np.uint64(end % 2**64) for end in (high, low))
    room = np.where(rises, up - words, words - down)
    room = np.where((values >= low) & (values <= high), room, np.uint64(0))
    fits = np.abs(shifts) < room.astype(np.float64)
    size = np.where(fits, np.abs(shifts), 0.0).astype(np.uint64)
    size = np.where(fits, size, room)
    return np.where(rises, words + size, words - size).astype(values.dtype)
