"""A request for resampling: checked, counted and planned, before anything is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
from dask.dataframe.dispatch import meta_nonempty
from dask.delayed import Delayed
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils.validation import validate_data

from imbsuite._neighborhoods import without_reference
from imbsuite._random import check_rng
from imbsuite._table import contain, which_categorical
from imbsuite._table.labels import fresh_labels
from imbsuite.base import BaseGrower, BaseSampler
from imbsuite.plan import Tempered
from imbsuite.scale.census import Census, take_census
from imbsuite.scale.new_rows import RowWriter
from imbsuite.scale.partitions import PartitionedTable, Reading
from imbsuite.scale.schema import Context, Schema


@dataclass(frozen=True)
class Request:
    """A checked request: the table, its census, and what is to be drawn."""

    table: PartitionedTable
    census: Census
    writer: RowWriter
    context: Context

    @cached_property
    def reading(self) -> Reading:
        """The partitions, for passes over all columns."""
        return Reading(self.table.parts, self.census.starts)

    def kept_whole(self, reading: Reading) -> list[Delayed]:
        """Return the partitions of the table, with provenance if requested."""
        if not self.writer.provenance:
            return reading.parts
        return reading.for_each(_keep, shared=(self.writer,))

    @property
    def n_new(self) -> int:
        """The number of new rows."""
        sizes, growing = self.census.of_classes("parents"), self.context.growing
        return sum(n - int(sizes[k]) for k, n in growing.items())

    def block_sizes(self) -> list[int]:
        """Return the sizes of the partitions of new rows.

        No partition is larger than the largest partition of the table.
        """
        size, n = int(self.census.partition_rows.max()), self.n_new
        return [min(size, n - start) for start in range(0, n, size)]


def _keep(frame: Any, start: int, writer: RowWriter) -> Any:
    return writer.keep(frame, start)


@dataclass(frozen=True)
class Drawn:
    """The lazy result of a draw.

    Attributes
    ----------
    parts : list of Delayed
        Frames: kept rows, then new ones.
    lengths : list of int
        Number of rows of each part.
    class_sums : ndarray of shape (2, n_classes)
        Number of rows of each class that count after resampling, and their weight.
    gathered : (int, int)
        Number of rows gathered in one place, and their memory in bytes.
    """

    parts: list[Delayed]
    lengths: list[int]
    class_sums: NDArray[Any]
    gathered: tuple[int, int] = (0, 0)


def check_request(
    sampler: BaseSampler,
    table: PartitionedTable,
    *,
    provenance: bool = False,
    limit: int = 0,
) -> Request:
    """Check the arguments, count rows in one pass, and set the plan on ``sampler``."""
    sampler._validate_params()
    _refuse_sampler(sampler)
    features = table.meta[table.roles.features]
    validate_data(sampler, features, skip_check_array=True)
    sampler.n_features_in_ = features.shape[1]
    example = contain(meta_nonempty(features))
    categorical = which_categorical(example, sampler.categorical_features)
    census = take_census(table)
    plan = sampler._make_plan(census.strata(sampler._by), _labels(sampler, census))
    cell_rng, rng = check_rng(sampler.random_state).spawn(2)
    schema = Schema(table.roles, census.labels, census.groups, categorical)
    rule = sampler.categorical_rule
    writer = RowWriter(schema, table.meta, rule, cell_rng, census.ends, provenance)
    copy: Any = clone(sampler)
    copy.random_state = None
    sizes = census.of_classes("parents")
    growing = {k: n for k, n in plan.items() if n > sizes[k]}
    counts = tuple(sizes.tolist())
    context = Context(copy, schema, plan, growing, census.largest, counts, rng, limit)
    request = Request(table, census, writer, context)
    _refuse_index(request)
    if sampler._looks_at == "reference" and not np.delete(sizes, [*context.cut]).any():
        raise without_reference(type(sampler).__name__)
    # A class whose rows have no weight cannot grow.
    if isinstance(sampler, BaseGrower) and not sizes[list(growing)].all():
        label = next(k for k in growing if not sizes[k])
        raise sampler._without_weight(census.labels[label])
    return request


def _refuse_sampler(sampler: BaseSampler) -> None:
    if reason := sampler._requires_all_rows():
        msg = (
            f"{reason} and does not support Dask collections; use it on a sample in "
            f"memory, or use one of {', '.join(_working_in_parts())}."
        )
        raise TypeError(msg)


def _working_in_parts() -> Iterator[str]:
    """Yield the names of samplers that support Dask collections by default."""
    # Imported only for the message: the template of samplers imports this package.
    samplers = import_module("imbsuite.samplers")
    for name in samplers.__all__:
        # Some require another sampler as an argument.
        with suppress(TypeError):
            if getattr(samplers, name)()._looks_at != "table":
                yield name


def _refuse_index(request: Request) -> None:
    """Raise an error if the type of the index has no labels left for new rows."""
    kind, n_new = request.table.meta.index.dtype, request.n_new
    if n_new and isinstance(kind, pd.CategoricalDtype):
        msg = (
            "the index of table is categorical, and no category is left for new rows; "
            "use reset_index(), or convert it to strings."
        )
        raise TypeError(msg)
    ends = request.census.ends
    if n_new and not _keeps(kind, fresh_labels(ends, 1, n_new - 1)):
        last = f" and ends at {ends.max()}" if len(ends) else ""
        msg = (
            f"the index of table is of type {kind}{last}: there is no room for the labels "
            f"of {n_new} new rows; use reset_index(), or cast it to int64 or text."
        )
        raise ValueError(msg)


def _keeps(kind: Any, labels: Any) -> bool:
    """Return whether labels stay the same if they are converted to another type."""
    try:
        return list(labels.astype(kind)) == list(labels)
    except (TypeError, ValueError):
        return False


def _labels(sampler: Any, census: Census) -> Any:
    """Return the labels for a callable plan, sorted by class; None for other plans."""
    strategy = sampler._strategy
    if not callable(strategy) or isinstance(strategy, Tempered):
        return None
    kind = None if len({type(k) for k in census.labels}) == 1 else object
    return np.repeat(np.array(census.labels, dtype=kind), census.of_classes("parents"))
