"""A draw, and the arithmetic that turns it into cells: numbers only, no containers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Cells",
    "Coins",
    "Draw",
    "Numeric",
    "Positions",
    "Rule",
    "checked_draw",
    "interpolate",
    "join_draws",
]

Positions: TypeAlias = NDArray[np.intp]
Rule: TypeAlias = Literal["step", "seed", "vote"]

# Below this size integers are exact in float64.
_EXACT = 2**52


@dataclass(frozen=True, slots=True)
class Draw:
    """Which rows an output consists of: positions into the input, nothing else.

    ``kept`` rows come first (None: all of them), then one new row for each entry of
    ``seeds``. A row is ``seed + step * (partner - seed)``, unless ``rows`` holds its
    numeric cells ready-made, in parts that follow each other; then its step is NaN.
    ``voters`` are the rows whose categories vote, where they do; -1 fills up short lists.
    ``checked_draw`` fills in ``origins``, the row that each row of the output is or stems
    from, and ``parents``, seeds and partners side by side.
    """

    seeds: Positions
    partners: Positions
    steps: NDArray[np.float64]
    kept: Positions | None = None
    rows: tuple[NDArray[Any], ...] | None = None
    voters: Positions | None = None
    origins: Any = None
    parents: Any = None

    @property
    def n_new(self) -> int:
        return len(self.seeds)

    @property
    def copies(self) -> bool:
        """True where every new row repeats its seed."""
        return self.rows is None and self.partners is self.seeds


def checked_draw(draw: Draw, n_rows: int) -> Draw:
    """Return ``draw`` as kernels read it, which do not look where they read.

    Raises
    ------
    ValueError
        If a position is not one of the ``n_rows`` rows.
    """
    seeds = _checked_positions(draw.seeds, n_rows, "seeds")
    kept = draw.kept
    if kept is not None:
        kept = _checked_positions(kept, n_rows, "kept rows")
    partners = seeds
    if draw.partners is not draw.seeds:
        partners = _checked_positions(draw.partners, n_rows, "partners")
    # What users see is what the draw holds: nothing is kept twice.
    pairs = np.stack([seeds, partners])
    first, second = pairs
    return replace(
        draw,
        seeds=first,
        partners=first if partners is seeds else second,
        parents=pairs.T,
        steps=np.ascontiguousarray(draw.steps, dtype=np.float64),
        kept=kept,
        origins=np.append(np.arange(n_rows) if kept is None else kept, seeds),
    )


def _checked_positions(given: Any, n_rows: int, what: str) -> Positions:
    positions = np.ascontiguousarray(given, dtype=np.intp)
    if len(positions) and not 0 <= positions.min() <= positions.max() < n_rows:
        msg = (
            f"The sampler's {what} are positions from {positions.min()} to "
            f"{positions.max()}; the table has rows 0 to {n_rows - 1}. Return "
            "positions into the whole table, such as entries of table.rows."
        )
        raise ValueError(msg)
    return positions


def join_draws(draws: list[Draw]) -> Draw:
    """Put the draws of several classes one after another."""
    if not draws:
        none = np.empty(0, dtype=np.intp)
        return Draw(none, none, np.empty(0))
    if len(draws) == 1:
        return draws[0]
    seeds = np.concatenate([d.seeds for d in draws])
    copies = all(d.copies for d in draws)
    return Draw(
        seeds,
        seeds if copies else np.concatenate([d.partners for d in draws]),
        np.concatenate([d.steps for d in draws]),
        rows=_join_rows(draws),
        voters=_join_voters(draws),
    )


def _join_rows(draws: list[Draw]) -> tuple[NDArray[Any], ...] | None:
    finished = [part for d in draws for part in d.rows or ()]
    if not finished:
        return None
    # A class of one row, repeated, has no finished cells: NaN takes the seed's.
    width = finished[0].shape[1]
    parts = [d.rows or (np.full((d.n_new, width), np.nan),) for d in draws]
    return tuple(part for own in parts for part in own)


def _join_voters(draws: list[Draw]) -> Positions | None:
    if all(d.voters is None for d in draws):
        return None
    lists = [d.seeds[:, np.newaxis] if d.voters is None else d.voters for d in draws]
    width = max(voters.shape[1] for voters in lists)
    filled = [
        np.pad(v, ((0, 0), (0, width - v.shape[1])), constant_values=-1) for v in lists
    ]
    return np.concatenate(filled)


@dataclass(frozen=True, slots=True)
class Numeric:
    """One numeric column, or a block of them of one type: its cells as numbers.

    Integers stay integers (``int64`` or ``uint64``), so that large ones and points in
    time lose nothing. ``missing`` is None where no cell is missing; the values under
    it mean nothing. ``bounds`` is the range of the column's own integer type.
    """

    values: NDArray[Any]
    missing: NDArray[np.bool_] | None = None
    bounds: tuple[int, int] | None = None

    def floats(self) -> NDArray[np.floating[Any]]:
        """Return the values as floats, NaN where missing."""
        if self.values.dtype.kind == "f" and self.missing is None:
            return self.values
        kind = self.values.dtype if self.values.dtype.kind == "f" else np.float64
        values = self.values.astype(kind)
        if self.missing is not None:
            values[self.missing] = np.nan
        return values


Coins: TypeAlias = Callable[[int, int], np.random.Generator]


class Cells:
    """Fills the cells of the new rows of one draw, column by column.

    ``coins(j, width)`` returns the generator of column j, of which every new row takes
    ``width`` numbers. Each column has its own, so that gaps in one do not move what
    falls in another, and rows can be written a part at a time.
    """

    def __init__(self, draw: Draw, rule: Rule, coins: Coins | None) -> None:
        self.draw = draw
        self._rule = rule
        self._coins: Any = coins  # None where the rule needs none

    def origin(self, j: int) -> Positions:
        """Return the parent that each cell of column ``j`` comes from.

        The seed with probability 1 - step, else the partner: unbiased, given the pair.
        """
        draw = self.draw
        if draw.rows is not None or self._rule == "seed" or draw.copies:
            return draw.seeds
        coins = self._coins(j, 1).random(draw.n_new)
        return np.where(coins < draw.steps, draw.partners, draw.seeds)

    def category(self, container: Any, j: int) -> Positions:
        """Return a row that holds the category of each new cell of column ``j``."""
        if self._rule != "vote" or self.draw.voters is None:
            return self.origin(j)
        codes, voters = container.codes(j), self.draw.voters
        winners = _majority(codes, voters, self._coins(j, voters.shape[1]))
        holders, first = np.unique(codes, return_index=True)
        return first[np.searchsorted(holders, winners)]

    def numbers(self, column: Numeric, j: int, place: int) -> Numeric:
        """Return the new cells of column ``j``, which has this ``place`` in ``rows``."""
        draw = self.draw
        if draw.copies:
            return _pick(column, draw.seeds)
        if draw.rows is not None:
            made = np.concatenate([part[:, place] for part in draw.rows])
            return _settle(column, made, draw.seeds)
        values = interpolate(column, draw.seeds, draw.partners, draw.steps)
        if column.missing is None:
            return Numeric(values, None, column.bounds)
        lone = column.missing[draw.seeds] | column.missing[draw.partners]
        chosen = _pick(column, self.origin(j))
        values[lone] = chosen.values[lone]
        return Numeric(values, chosen.missing & lone, column.bounds)  # type: ignore[operator]


def interpolate(
    column: Numeric,
    seeds: Positions,
    partners: Positions,
    steps: NDArray[np.float64],
    out: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Return ``seed + step * (partner - seed)`` in the column's own type.

    Integers are rounded to nearest and kept within ``bounds``. The seed is the anchor:
    a step of 0, or two equal parents, give the seed's cell to the last bit.
    """
    from imbsuite._kernels import rows, threads_for

    values = _readable(column.values)
    if out is None:
        out = np.empty((len(seeds), *values.shape[1:]), dtype=column.values.dtype)
    made = out if out.dtype == values.dtype else np.empty(out.shape, values.dtype)
    between = (_as_block(values), seeds, partners, steps)
    to = (_as_block(made), threads_for(out.size))
    if column.bounds is None:
        rows.between_floats(*between, *to)
    else:
        rows.between_integers(*between, *column.bounds, *to)
    if made is not out:
        out[...] = made
    return out


def _readable(values: NDArray[Any]) -> NDArray[Any]:
    """Return numbers of a type that kernels read: of this machine, no odd floats."""
    dtype = values.dtype.newbyteorder("=")
    if dtype.kind == "f" and dtype not in (np.float32, np.float64):
        dtype = np.dtype(np.float64)
    return np.require(values, dtype, ["ALIGNED"])


def _as_block(values: NDArray[Any]) -> NDArray[Any]:
    return values if values.ndim == 2 else values[:, np.newaxis]


def _whole(values: Any, dtype: np.dtype[Any], bounds: tuple[int, int]) -> Any:
    """Round to nearest within ``bounds``; never past what ``dtype`` can hold."""
    low, high = bounds
    top = float(high) if high < _EXACT else np.nextafter(float(high), 0.0)
    return np.clip(np.rint(values), float(low), top).astype(dtype)


def _majority(
    codes: NDArray[np.integer[Any]], voters: Positions, rng: np.random.Generator
) -> NDArray[np.integer[Any]]:
    """Return the commonest code among each row's voters; ties are broken at random."""
    cast = codes[voters]
    # A voter of -1 fills up a short list: it has no vote and cannot win.
    votes = (cast[:, :, np.newaxis] == cast[:, np.newaxis, :]) & (voters >= 0)[:, None]
    scores = np.where(voters >= 0, votes.sum(axis=2) + rng.random(voters.shape) / 2, -1)
    winner = np.argmax(scores, axis=1)
    return np.take_along_axis(cast, winner[:, np.newaxis], axis=1)[:, 0]


def _pick(column: Numeric, positions: Positions) -> Numeric:
    missing = None if column.missing is None else column.missing[positions]
    return Numeric(column.values.take(positions, 0), missing, column.bounds)


def _settle(column: Numeric, cells: NDArray[Any], seeds: Positions) -> Numeric:
    """Return ready-made ``cells`` in the column's type; NaN takes the seed's cell."""
    chosen = _pick(column, seeds)
    absent = np.isnan(cells)
    values = chosen.values.copy()
    ready = cells[~absent]
    if column.bounds is not None:
        ready = _whole(ready, values.dtype, column.bounds)
    values[~absent] = ready
    missing = None if chosen.missing is None else chosen.missing & absent
    return Numeric(values, missing, column.bounds)
