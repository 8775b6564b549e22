"""Selectors that depend on labels and groups only: they draw ranks within strata.

Because only ranks are drawn, the rows of a table larger than memory need not be
gathered.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from imbsuite._types import Codes, Positions
from imbsuite._views import LooksAt, Plan, TableView, strata_of
from imbsuite.base import BaseSelector

# Whether all rows of a stratum are kept, and the ranks that are kept (or repeated).
KeptRanks = tuple[bool, Positions]


class BaseStratified(BaseSelector):
    """Base class of selectors that depend only on the strata of rows.

    The rank of a row is its position among the rows of its stratum with nonzero weight, in
    the order of the table.
    """

    _looks_at: ClassVar[LooksAt] = "labels"

    @property
    @abstractmethod
    def _repeats(self) -> bool:
        """Whether a row may be kept more than once."""

    @abstractmethod
    def _targets(self, sizes: Codes, plan: Plan) -> Codes:
        """Return the target number of rows of each stratum."""

    @abstractmethod
    def _ranks(self, size: int, n: int, rng: np.random.Generator) -> KeptRanks:
        """Return which of ``size`` rows are kept for a target of ``n``."""

    def _choose(
        self, sizes: Codes, plan: Plan, rng: np.random.Generator
    ) -> Iterator[KeptRanks]:
        """Yield the ranks of each stratum."""
        targets = self._targets(sizes, plan).tolist()
        streams = rng.spawn(len(targets))
        for size, n, stream in zip(sizes.tolist(), targets, streams, strict=True):
            yield self._ranks(size, n, stream)

    def _select(
        self, table: TableView, y: Codes, plan: Plan, rng: np.random.Generator
    ) -> Positions:
        strata = strata_of(self._by, y, table.groups)
        n_strata = int(strata.max()) + 1
        if table.weight is not None:
            strata = np.where(table.weight > 0, strata, -1)
        members = [np.flatnonzero(strata == k) for k in range(n_strata)]
        sizes = np.array([len(rows) for rows in members])
        kept = []
        for rows, (whole, ranks) in zip(
            members, self._choose(sizes, plan, rng), strict=True
        ):
            kept += [rows] if whole else []
            kept.append(rows[ranks])
        return np.concatenate(kept)
