"""Rejection of new rows that land among rows of other classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from imbsuite._neighborhoods import outvoted
from imbsuite._neighbors import batches
from imbsuite._table import Cells, Draw, Rule
from imbsuite._types import Mask, Positions
from imbsuite._views import ClassView, Job

# At most this many times the planned number of rows is drawn.
_PROPOSALS = 10
# Minimum and maximum number of candidates that are judged at once, and the maximum
# number of comparisons of their votes.
_FEWEST, _MOST, _VOTES = 256, 16_384, 2**22


@dataclass(frozen=True)
class Growth:
    """The new rows of one class (and group), and the function that proposes others.

    ``rows`` are the possible parents; ``start`` is the position of the first of the
    ``n`` new rows in the draw of all classes. ``propose`` draws ``n`` other rows.
    """

    rows: Positions
    label: int
    start: int
    n: int
    propose: Callable[[ClassView], Draw]
    rng: np.random.Generator


def reject_foreign(
    job: Job, draw: Draw, growths: Sequence[Growth], rule: Rule, k: int
) -> Draw:
    """Replace new rows that are outvoted by their ``k`` nearest rows of the table.

    Other rows are drawn until enough are accepted, at most ten times the planned
    number; the rows that are still missing are copies of their seeds. Rows are judged
    in the form in which they are returned.
    """
    if not growths:
        return draw
    filling = _Filling(job, _own_copy(draw), rule, k)
    left: dict[int, list[int]] = {}
    for growth in growths:
        totals = left.setdefault(growth.label, [0, 0])
        totals[0] += filling.fill(growth)
        totals[1] += growth.n
    for label, (n_left, n) in left.items():
        if n_left:
            job.notes.append(_note_left(job.labels[label], n_left, n, k))
    return replace(filling.draw, coins=filling.coins)


def _note_left(name: Any, n_left: int, n: int, k: int) -> str:
    return (
        f"Class {name!r}: {n_left} of its {n} new rows repeat a row of the class, because "
        f"reject={k} rejected too many of the {_PROPOSALS * n} rows that were drawn."
    )


def _own_copy(draw: Draw) -> Draw:
    """Return a copy of the draw in writable arrays, with finished rows in one part."""
    return replace(
        draw,
        seeds=np.array(draw.seeds, dtype=np.intp),
        partners=np.array(draw.partners, dtype=np.intp),
        steps=np.array(draw.steps, dtype=np.float64),
        rows=None if draw.rows is None else [np.concatenate(draw.rows)],
        voters=None if draw.voters is None else np.array(draw.voters),
    )


class _Filling:
    """The draw while rejected rows are replaced.

    Attributes
    ----------
    draw : Draw
    coins : ndarray of shape (n_new,), int
        The positions in the random streams of the columns from which the rows take
        their numbers. A candidate has its own numbers: with those of the rejected row
        that it replaces, its categories would not be random.
    """

    def __init__(self, job: Job, draw: Draw, rule: Rule, k: int) -> None:
        table = job.table
        self.draw, self.coins = draw, np.arange(len(draw.seeds))
        self._job, self._rule, self._k = job, rule, min(int(k), len(table.present))
        self._spacings = table.container.spacings(table.categorical)
        self._next = len(draw.seeds)
        self._step = int(np.clip(_VOTES // self._k**2, 1, _MOST))

    def fill(self, growth: Growth) -> int:
        """Replace the rejected rows of one class (and group).

        Returns the number of rows that became copies of their seeds.
        """
        view = ClassView(self._job, growth.rows, growth.label)
        places = np.arange(growth.start, growth.start + growth.n)
        left = places[self._rejected(view, growth, self.draw, places, places)]
        known = len(self._job.notes)
        for _ in range(_PROPOSALS - 1):
            if len(left):
                left = self._fill_from(view, growth, left)
        # The first draw has already made the notes about the class.
        del self._job.notes[known:]
        self._repeat_seeds(left)
        return len(left)

    def _fill_from(self, view: ClassView, growth: Growth, left: Positions) -> Positions:
        """Fill places from one proposal; return those that are left.

        Candidates are judged in random order: a proposal is sorted by seed, so its
        first rows would come from the first seeds only.
        """
        proposal = self._as_wide(growth.propose(view))
        order = growth.rng.permutation(growth.n)
        while len(left) and len(order):
            candidates, order = np.split(order, [max(len(left), _FEWEST)])
            coins = np.arange(self._next, self._next + len(candidates))
            self._next += len(candidates)
            rejected = self._rejected(view, growth, proposal, candidates, coins)
            good = np.flatnonzero(~rejected)[: len(left)]
            filled, left = np.split(left, [len(good)])
            self._write(filled, proposal, candidates[good], coins[good])
        return left

    def _rejected(
        self,
        view: ClassView,
        growth: Growth,
        draw: Draw,
        places: Positions,
        coins: Positions,
    ) -> Mask:
        """Return which rows of a draw are outvoted by another class."""
        table, y = self._job.table, self._job.y
        out = np.zeros(len(places), dtype=bool)
        for part in batches(len(places), self._step):
            block = draw.at(places[part], coins[part])
            cells = Cells(block, self._rule, self._job.coins, self._spacings)
            near, _ = view.space.nearest_of(
                *table.finished(cells), view.present, self._k, n_queries=growth.n
            )
            own = np.full(len(near), growth.label)
            out[part] = outvoted(y[near], own)
        return out

    def _as_wide(self, proposal: Draw) -> Draw:
        """Return a copy of a proposal with as many voters per row as the draw has."""
        draw = _own_copy(proposal)
        if draw.voters is None or self.draw.voters is None:
            return draw
        more = self.draw.voters.shape[1] - draw.voters.shape[1]
        voters = np.pad(draw.voters, ((0, 0), (0, more)), constant_values=-1)
        return replace(draw, voters=voters)

    def _write(
        self, places: Positions, source: Draw, rows: Positions, coins: Positions
    ) -> None:
        self.coins[places] = coins
        self.draw.seeds[places] = source.seeds[rows]
        self.draw.partners[places] = source.partners[rows]
        self.draw.steps[places] = source.steps[rows]
        if self.draw.rows is not None and source.rows is not None:
            self.draw.rows[0][places] = source.rows[0][rows]
        if self.draw.voters is not None and source.voters is not None:
            self.draw.voters[places] = source.voters[rows]

    def _repeat_seeds(self, places: Positions) -> None:
        """Turn rows into copies of their seeds: steps of 0, and the seeds' cells."""
        self.draw.steps[places] = 0.0
        if self.draw.rows is not None:
            self.draw.rows[0][places] = np.nan
        if self.draw.voters is not None:
            self.draw.voters[places] = -1
            self.draw.voters[places, 0] = self.draw.seeds[places]
