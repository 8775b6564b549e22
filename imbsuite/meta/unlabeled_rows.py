"""Unlabeled rows that pseudo-label classifiers add to their training rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imbsuite._table import count_rows, stack, take
from imbsuite._types import Floats, Mask, Positions


class Keys(NamedTuple):
    """The groups or times of labeled rows, and of unlabeled rows (``own``)."""

    labeled: NDArray[Any]
    own: NDArray[Any]


@dataclass(frozen=True)
class UnlabeledRows:
    """Unlabeled rows, and their weights if rows are weighted.

    ``groups`` and ``times`` determine with which labeled rows they may be used.
    """

    X: Any
    weight: Floats | None = None
    groups: Keys | None = None
    times: Keys | None = None

    def beside(self, rows: Positions) -> UnlabeledRows:
        """Return the unlabeled rows that may be used in a fit on these labeled rows.

        They are not later than the last of these labeled rows, and do not belong to a
        group whose labeled rows are all left out.
        """
        usable = np.ones(count_rows(self.X), dtype=bool)
        if self.groups is not None:
            usable &= self._are_of(self.groups.labeled[rows])
        if self.times is not None:
            usable &= self.times.own <= self.times.labeled[rows].max()
        return self._take(np.flatnonzero(usable), rows)

    def of_groups(self, groups: Any) -> UnlabeledRows:
        """Return the rows of these groups, and of groups without labeled rows."""
        if self.groups is None:
            return self
        kept = np.flatnonzero(self._are_of(np.asarray(groups)))
        return self._take(kept, np.arange(len(self.groups.labeled)))

    def _are_of(self, groups: NDArray[Any]) -> Mask:
        labeled, own = (of.tolist() for of in self.groups or ())
        only_others = set(labeled) - set(groups.tolist())
        return np.array([group not in only_others for group in own], dtype=bool)

    def _take(self, own: Positions, labeled: Positions) -> UnlabeledRows:
        groups, times = (
            None if keys is None else Keys(keys.labeled[labeled], keys.own[own])
            for keys in (self.groups, self.times)
        )
        weight = None if self.weight is None else self.weight[own]
        return UnlabeledRows(take(self.X, own), weight, groups, times)

    def after(
        self, X: Any, weight: Floats | None, groups: Any
    ) -> tuple[Any, Floats | None, Any]:
        """Return these rows, weights and groups with the unlabeled rows appended."""
        n = count_rows(self.X)
        both = stack(X if hasattr(X, "shape") else np.asarray(X), self.X)
        if groups is not None and self.groups is not None:
            groups = np.concatenate([np.asarray(groups), self.groups.own])
        if weight is None and self.weight is None:
            return both, None, groups
        own = np.ones(count_rows(X)) if weight is None else weight
        more = np.ones(n) if self.weight is None else self.weight
        return both, np.concatenate([own, more]), groups
