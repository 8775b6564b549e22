"""Selectors that look at labels and groups alone: they draw ranks within strata."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np

from imbsuite._table import Positions
from imbsuite._views import Codes, LooksAt, Plan, TableView, strata_of
from imbsuite.base import BaseSelector

__all__ = ["BaseStratified", "Ranks"]

# Whether all rows of a stratum are kept, and the ranks that are kept (or come again).
Ranks = tuple[bool, Positions]


class BaseStratified(BaseSelector):
    """Choose rows by nothing but their stratum.

    A row's rank is its place within its stratum, in the order of the table. As only
    ranks are drawn, no table is needed to draw them.
    """

    _looks_at: ClassVar[LooksAt] = "labels"

    @property
    @abstractmethod
    def _repeats(self) -> bool:
        """Whether a row may come more than once."""

    @abstractmethod
    def _targets(self, sizes: Codes, parents: Codes, plan: Plan) -> Codes:
        """Return how many rows of each stratum there will be.

        ``parents`` counts the rows of each whose weight is not 0.
        """

    @abstractmethod
    def _ranks(
        self, size: int, n: int, parents: Positions | None, rng: np.random.Generator
    ) -> Ranks:
        """Return which of ``size`` rows become ``n``; ``parents`` are those that count."""

    def _choose(
        self,
        sizes: Codes,
        parents: Sequence[Positions | None],
        plan: Plan,
        rng: np.random.Generator,
    ) -> Iterator[Ranks]:
        """Yield the ranks of each stratum; None for parents stands for all rows."""
        numbers = [
            size if ranks is None else len(ranks)
            for size, ranks in zip(sizes.tolist(), parents, strict=True)
        ]
        targets = self._targets(sizes, np.array(numbers), plan).tolist()
        streams = rng.spawn(len(targets))
        for size, n, ranks, stream in zip(
            sizes.tolist(), targets, parents, streams, strict=True
        ):
            yield self._ranks(size, n, ranks, stream)

    def _select(
        self, table: TableView, y: Codes, plan: Plan, rng: np.random.Generator
    ) -> Positions:
        strata = strata_of(self._by, y, table.groups)
        counts = None if table.weight is None else table.weight > 0
        members = [np.flatnonzero(strata == k) for k in range(strata.max() + 1)]
        sizes = np.array([len(rows) for rows in members])
        parents = [
            None if counts is None else np.flatnonzero(counts[rows]) for rows in members
        ]
        kept = []
        for rows, (whole, ranks) in zip(
            members, self._choose(sizes, parents, plan, rng), strict=True
        ):
            kept += [rows] if whole else []
            kept.append(rows[ranks])
        return np.concatenate(kept)
