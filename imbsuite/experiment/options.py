"""The options of a comparison."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imbsuite._random import Seed
from imbsuite.probability.units import KeepCopies


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of a comparison: parameters of :func:`imbsuite.compare`."""

    strategies: Iterable[str] | Mapping[str, Any] | None = None
    estimator: Any = None
    cv: Any = None
    scoring: Iterable[str] | Mapping[str, Any] | None = None
    pos_label: Any = None
    cost: Any = None
    ordered: Sequence[Any] | None = None
    groups: Any = None
    copies: KeepCopies = None
    times: Any = None
    embargo: Any = None
    sample_weight: Any = None
    sample_rows: int | None = None
    random_state: Seed = 0
    budget: float | None = None
    unlabeled: Any = None
