"""A draw: the rows of an output, by their positions in the input."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from imbsuite._types import Positions

Rule: TypeAlias = Literal["step", "seed", "vote"]


@dataclass(frozen=True, slots=True)
class Draw:
    """The rows of an output: only positions in the input, no container.

    ``kept`` rows come first (None: all of them), then one new row for each entry of
    ``seeds``. A new row is ``seed + step * (partner - seed)``, unless ``rows`` holds
    its finished numeric cells, in consecutive parts; then its step is NaN. A dense
    array removes each part from ``rows`` when it has written it, which saves memory.
    ``voters`` are the rows that vote on the categories, or None; short lists are padded
    with -1. ``coins`` are the positions in the random stream of each column from which
    the rows take their numbers (None: the first position for the first row, and so on).
    ``checked_draw`` sets ``origins``, the input row that each output row is a copy of
    or was created from, and ``parents``, the seeds and partners as two columns.
    """

    seeds: Positions
    partners: Positions
    steps: NDArray[np.float64]
    kept: Positions | None = None
    rows: list[NDArray[Any]] | None = None
    voters: Positions | None = None
    coins: Positions | None = None
    origins: Any = None
    parents: Any = None

    @property
    def copies(self) -> bool:
        """Whether every new row is a copy of its seed."""
        return self.rows is None and self.partners is self.seeds

    def at(self, places: Positions | slice, coins: Positions | None = None) -> Draw:
        """Return some new rows, without kept rows; ``rows`` must be in one part."""
        seeds = self.seeds[places]
        return Draw(
            seeds,
            seeds if self.partners is self.seeds else self.partners[places],
            self.steps[places],
            kept=np.empty(0, dtype=np.intp),
            rows=None if self.rows is None else [self.rows[0][places]],
            voters=None if self.voters is None else self.voters[places],
            coins=coins,
        )


def checked_draw(draw: Draw, n_rows: int) -> Draw:
    """Return ``draw`` in the form that kernels require; they do not check positions.

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
    # Users get the arrays of the draw itself, so nothing is stored twice.
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


def _checked_positions(rows: Any, n_rows: int, what: str) -> Positions:
    positions = np.ascontiguousarray(rows, dtype=np.intp)
    if len(positions) and not 0 <= positions.min() <= positions.max() < n_rows:
        msg = (
            f"The sampler's {what} are positions from {positions.min()} to "
            f"{positions.max()}; the table has rows 0 to {n_rows - 1}. Return "
            "positions into the whole table, such as entries of table.rows."
        )
        raise ValueError(msg)
    return positions


def join_draws(draws: list[Draw]) -> Draw:
    """Concatenate the draws of several classes."""
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
        rows=_join_rows(draws) if any(d.rows for d in draws) else None,
        voters=None if all(d.voters is None for d in draws) else _join_voters(draws),
    )


def _join_rows(draws: list[Draw]) -> list[NDArray[Any]]:
    finished = [part for d in draws for part in d.rows or ()]
    # A class of a single, repeated row has no finished cells: NaN means the seed's
    # cell.
    width = finished[0].shape[1]
    parts = [d.rows or (np.full((len(d.seeds), width), np.nan),) for d in draws]
    return [part for own in parts for part in own]


def _join_voters(draws: list[Draw]) -> Positions:
    lists = [d.seeds[:, np.newaxis] if d.voters is None else d.voters for d in draws]
    width = max(voters.shape[1] for voters in lists)
    filled = [
        np.pad(v, ((0, 0), (0, width - v.shape[1])), constant_values=-1) for v in lists
    ]
    return np.concatenate(filled)
