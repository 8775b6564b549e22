"""One call: checked, counted and planned, before anything is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils.validation import validate_data

from imbsuite._random import check_rng
from imbsuite._table import contain, which_categorical
from imbsuite._table.labels import fresh_labels
from imbsuite._views import Plan
from imbsuite._warning import warn
from imbsuite.base import BaseGrower, BaseSampler
from imbsuite.plan import Tempered, largest_remainder
from imbsuite.scale.assembling import Writer
from imbsuite.scale.census import Census, take_census
from imbsuite.scale.reader import Columns, Reader
from imbsuite.scale.source import Source

__all__ = ["Call", "prepare"]


@dataclass(frozen=True)
class Call:
    """What the draw, and the writing of rows, start from.

    ``plan`` has the size of each class afterwards, by code; ``told`` what the user was
    warned of; ``token`` is what tasks report under;
    ``limit`` how many bytes may be gathered.
    """

    sampler: Any
    source: Source
    census: Census
    reader: Reader
    writer: Writer
    plan: Plan
    rng: np.random.Generator
    told: list[str]
    token: str
    limit: int

    @property
    def growing(self) -> Plan:
        """The classes that the plan makes larger."""
        sizes = self.census.of_classes("parents")
        return {k: n for k, n in self.plan.items() if n > sizes[k]}

    @property
    def n_new(self) -> int:
        """How many rows growing classes gain."""
        sizes = self.census.of_classes("parents")
        return sum(n - int(sizes[k]) for k, n in self.growing.items())

    def blocks(self) -> list[int]:
        """Return how many new rows each partition of them has.

        None is larger than the largest of the table.
        """
        size, n = int(np.diff(self.census.starts).max()), self.n_new
        return [min(size, n - start) for start in range(0, n, size)]


def prepare(
    sampler: BaseSampler, source: Source, *, provenance: bool = False, limit: int = 0
) -> Call:
    """Check, count in one pass, and set on ``sampler`` what users see of the plan."""
    sampler._validate_params()
    _refuse_sampler(sampler)
    columns = Columns(source.features, source.target, source.groups, source.weight)
    features = source.meta[columns.features]
    validate_data(sampler, features, skip_check_array=True)
    sampler.n_features_in_ = len(columns.features)
    example = contain(source.frame._meta_nonempty[columns.features])
    categorical = which_categorical(example, sampler.categorical_features)
    census = take_census(source, columns)
    plan = sampler._make_plan(census.strata(sampler._by), _labels(sampler, census))
    cell_rng, rng = check_rng(sampler.random_state).spawn(2)
    reader = Reader(columns, census.labels, census.groups, categorical)
    names = list(source.frame.columns)
    writer = Writer(
        reader, names, sampler.categorical_rule, cell_rng, census.ends, provenance
    )
    copy: Any = clone(sampler)
    copy.random_state = None
    token = f"imbsuite-{uuid4()}"
    call = Call(copy, source, census, reader, writer, plan, rng, [], token, limit)
    _refuse_index(call)
    if isinstance(sampler, BaseGrower):
        _check_parents(sampler, call)
    for note in call.told:
        warn(note)
    return call


def _refuse_sampler(sampler: BaseSampler) -> None:
    if sampler._looks_at == "table":
        msg = (
            f"{type(sampler).__name__} looks at all rows at once and cannot work on a "
            "Dask collection, as it is; take a sample into memory for it, or use SMOTE, "
            "BorderlineSMOTE, ADASYN, SafeLevelSMOTE, GeometricSMOTE, TomekLinks, "
            "EditedNearestNeighbours, RCALSampler(outliers=None), RandomOverSampler, "
            "RandomUnderSampler or TemperatureSampler, which can."
        )
        raise TypeError(msg)


def _refuse_index(call: Call) -> None:
    """Refuse an index whose type has no labels for the new rows."""
    kind, n_new = call.source.meta.index.dtype, call.n_new
    if n_new and isinstance(kind, pd.CategoricalDtype):
        msg = (
            "the index of table is categorical, and no category is left for new rows; "
            "use reset_index(), or cast it to text."
        )
        raise TypeError(msg)
    ends = call.census.ends
    if n_new and not _keeps(kind, fresh_labels(ends, 1, n_new - 1)):
        last = f" and ends at {ends.max()}" if len(ends) else ""
        msg = (
            f"the index of table is of type {kind}{last}: there is no room for the labels "
            f"of {n_new} new rows; use reset_index(), or cast it to int64 or text."
        )
        raise ValueError(msg)


def _keeps(kind: Any, labels: Any) -> bool:
    """Return whether labels are the same in another type."""
    try:
        return list(labels.astype(kind)) == list(labels)
    except (TypeError, ValueError):
        return False


def _labels(sampler: Any, census: Census) -> Any:
    """Return the labels that a callable plan is given: sorted by class."""
    strategy = sampler._strategy
    if not callable(strategy) or isinstance(strategy, Tempered):
        return None
    kind = None if len({type(k) for k in census.labels}) == 1 else object
    return np.repeat(np.array(census.labels, dtype=kind), census.of_classes("parents"))


def _check_parents(sampler: BaseGrower, call: Call) -> None:
    """Refuse to grow what has no weight; note classes with few rows."""
    census, cells = call.census, call.census.cells["parents"]
    for label, n in call.growing.items():
        parents = cells[label].to_numpy()
        parents = parents[parents > 0]
        if not len(parents):
            raise sampler._without_weight(census.labels[label])
        shares = largest_remainder(parents, n - int(parents.sum()))
        sizes = parents[shares > 0].tolist()
        call.told.extend(sampler._note_small(census.labels[label], sizes))
