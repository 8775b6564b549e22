"""Samplers that look at labels alone: a central draw of ranks, carried out in place."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._table import Table
from imbsuite._views import By, Codes, Job, Plan
from imbsuite.scale.reader import Reader

__all__ = ["Chosen", "Ranked", "choose", "grow", "places"]

Ranks = NDArray[np.intp]


@dataclass(frozen=True)
class Ranked:
    """Strata of a table, and how many rows of each every partition holds.

    ``rows`` (n_partitions, n_strata) are those that count. ``light_stay`` says whether
    others stay in the table.
    """

    by: By
    keys: Codes
    rows: NDArray[np.int64]
    light_stay: bool

    @property
    def sizes(self) -> NDArray[np.int64]:
        """How many rows each stratum has."""
        return self.rows.sum(axis=0)


@dataclass(frozen=True)
class Chosen:
    """Which rows of one partition: ranks within it, a list entry for each stratum.

    ``kept`` is None for strata that stay whole. ``number`` is that of the first new row.
    """

    kept: list[Ranks | None]
    again: list[Ranks]
    number: int


def choose(
    sampler: Any, strata: Ranked, plan: Plan, rng: np.random.Generator
) -> list[Chosen]:
    """Draw ranks as :class:`BaseStratified` samplers do; return those of each partition."""
    kept: list[Ranks | None] = []
    again: list[Ranks] = []
    stream = copy.deepcopy(rng)
    drawn = sampler._choose(strata.sizes, plan, stream)
    for whole, unsorted in drawn:
        ranks = np.sort(unsorted)
        # The first of equal ranks is kept, the others are repeats.
        first = np.ones(len(ranks), dtype=bool)
        first[1:] = ranks[1:] != ranks[:-1]
        kept.append(None if whole else ranks[first])
        again.append(ranks if whole else ranks[~first])
    return _by_partition(strata, kept, again)


def grow(
    sampler: Any, strata: Ranked, reader: Reader, plan: Plan, rng: np.random.Generator
) -> list[list[Chosen]]:
    """Draw repeats as over-samplers do; return, for each class, those of each partition.

    They are drawn from a table that has no columns, and a row for each rank of the
    classes that grow.
    """
    n_groups = len(reader.groups or [None])
    grows = np.isin(strata.keys // n_groups, list(plan))
    sizes = np.where(grows, strata.sizes, 0)
    rows = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes)])
    cells = np.repeat(strata.keys, sizes)
    table = Table(
        _Blank(len(cells)),  # type: ignore[arg-type]
        np.empty(0, dtype=bool),
        None,
        None if reader.groups is None else cells % n_groups,
    )
    job = Job(table, cells // n_groups, plan, reader.labels, standardize=True, notes=[])
    draw = sampler._draw(job, copy.deepcopy(rng))
    again = np.split(
        np.sort(draw.seeds), np.searchsorted(np.sort(draw.seeds), rows[1:-1])
    )
    ranks = [
        part - start for part, start in zip(again, rows[:-1].tolist(), strict=True)
    ]
    none: list[Ranks] = [np.empty(0, dtype=np.intp)] * len(ranks)
    chosen, number = [], 0
    for label in plan:
        own = strata.keys // n_groups == label
        mine = [r if o else n for r, n, o in zip(ranks, none, own, strict=True)]
        chosen.append(_by_partition(strata, [None] * len(mine), mine, number))
        number += sum(map(len, mine))
    return chosen


class _Blank:
    """A table without columns."""

    def __init__(self, n_rows: int) -> None:
        self.shape = (n_rows, 0)


def _by_partition(
    strata: Ranked,
    kept: Sequence[Ranks | None],
    again: Sequence[Ranks],
    number: int = 0,
) -> list[Chosen]:
    """Cut ranks into those of each partition, counted from its own first row."""
    chosen = []
    starts = np.zeros(len(strata.keys), dtype=np.int64)
    for sizes in strata.rows:
        stops = starts + sizes
        bounds = list(zip(starts.tolist(), stops.tolist(), strict=True))
        stay = [
            None if ranks is None else _between(ranks, *ends)
            for ranks, ends in zip(kept, bounds, strict=True)
        ]
        come = [
            _between(ranks, *ends) for ranks, ends in zip(again, bounds, strict=True)
        ]
        chosen.append(Chosen(stay, come, number))
        number += sum(map(len, come))
        starts = stops
    return chosen


def _between(ranks: Ranks, start: int, stop: int) -> Ranks:
    first, last = np.searchsorted(ranks, [start, stop])
    return ranks[first:last] - start


def places(strata: Codes, ranks: Sequence[Ranks | None]) -> Ranks:
    """Return the rows of a partition that have these ranks in their strata, sorted."""
    order = np.argsort(strata, kind="stable")
    starts = np.searchsorted(strata[order], np.arange(len(ranks) + 1))
    found = [
        order[first:last] if own is None else order[first:last][own]
        for own, first, last in zip(ranks, starts[:-1], starts[1:], strict=True)
    ]
    return np.sort(np.concatenate(found))
