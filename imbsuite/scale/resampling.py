"""Resample large tables: the plan, its cost, and the resampled table."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import dask.dataframe as dd
import numpy as np
from dask.utils import parse_bytes
from sklearn.base import clone

from imbsuite.base import BaseSampler
from imbsuite.scale.cost import Cost, estimate, peak_memory
from imbsuite.scale.drawing import clean, over_sample
from imbsuite.scale.label_sampling import sample_by_labels
from imbsuite.scale.new_rows import PROVENANCE
from imbsuite.scale.partitions import check_dask_table
from imbsuite.scale.request import Drawn, Request, check_request
from imbsuite.scale.score_sampling import sample_by_scores


@dataclass(eq=False)
class ScaledResampling:
    """The plan, the cost and the result of resampling a large table.

    Rows are drawn when ``frame`` or ``lengths`` is first accessed. Accessing ``plan_``
    also draws rows for cleaners and for temperature sampling by groups; accessing
    ``effective_prior_`` does so in these cases and for weighted rows. Drawing reads the
    table ``cost.passes - 1`` times.

    Attributes
    ----------
    sampling_strategy_ : dict
        As for samplers in memory.
    cost : Cost
        The estimated cost.
    """

    sampling_strategy_: dict[Any, int]
    cost: Cost
    _request: Request = field(repr=False)
    _plan: dict[Any, int] | None = field(repr=False)
    _known: Drawn | None = field(default=None, repr=False)

    @property
    def _drawn(self) -> Drawn:
        # With a cached_property, warnings would not point to the user's line.
        if self._known is None:
            self._known = _draw(self._request)
        return self._known

    @property
    def plan_(self) -> dict[Any, int]:
        """``{label: rows after resampling}``."""
        if self._plan is not None:
            return self._plan
        return self._named(self._drawn.class_sums[0].astype(np.int64))

    @property
    def effective_prior_(self) -> dict[Any, float]:
        """``{label: share}`` of the result, by weight."""
        if self._plan is None or self._request.table.roles.weight is not None:
            weights = self._drawn.class_sums[1]
        else:
            weights = np.array([self._plan[k] for k in self._request.census.labels])
        # A cleaner may remove all rows; all shares are then 0.
        return self._named((weights / (weights.sum() or 1.0)).astype(float))

    @property
    def frame(self) -> Any:
        """The lazy frame that :func:`resample` returns."""
        writer = self._request.writer
        meta = writer.keep(writer.meta, 0)
        return dd.from_delayed(self._drawn.parts, meta=meta, verify_meta=False)

    @property
    def lengths(self) -> list[int]:
        """Number of rows of each partition of ``frame``."""
        return self._drawn.lengths

    def actual(self) -> Cost:
        """Return the measured cost, after ``frame`` has been computed or written.

        ``peak_bytes`` is the maximum resident memory of a worker since it started (or
        of this process, if tasks run in its threads), including the interpreter and all
        other tasks of the worker.

        Returns
        -------
        Cost

        Raises
        ------
        ValueError
            If rows have to be gathered, and none have been gathered yet.
        """
        if self._known is None and self.cost.rows_gathered != 0:
            msg = "Nothing has been computed yet; compute or write frame first."
            raise ValueError(msg)
        return Cost(self.cost.passes, *self._drawn.gathered, peak_memory())

    def _named(self, values: Any) -> dict[Any, Any]:
        return dict(zip(self._request.census.labels, values.tolist(), strict=True))


def resample(
    table: Any,
    *,
    target: Hashable,
    sampler: BaseSampler,
    groups: Hashable | None = None,
    sample_weight: Hashable | None = None,
    ignore: Sequence[Hashable] = (),
    provenance: bool = False,
    gather_limit: str | int = "1GB",
) -> Any:
    """Resample a table that does not fit into memory or on one machine.

    Classes are counted in one pass over the columns of labels, groups and weights. Rows
    are then drawn in 1 to 6 passes over the table (none if the sampler uses only
    labels). The result is lazy. For the same seed and any partitions, the rows are
    identical to those of ``sampler.fit_resample`` on the table in memory.

    Parameters
    ----------
    table : Dask DataFrame
        Partitions may be empty, and divisions may be unknown. All columns that no other
        parameter names are features.
    target : column name
        The column of labels.
    sampler : sampler
        A sampler that uses only labels, or only the rows of the classes that it changes
        and their neighbors; see the user guide.
    groups, sample_weight : column name, default=None
        As in ``fit_resample``.
    ignore : sequence of column names, default=()
        Columns that are not features, such as identifiers. They stay in the table; a
        new row gets the values of its seed.
    provenance : bool, default=False
        Add the columns ``is_synthetic``, ``seed_row``, ``partner_row`` (positions in
        the table, counted from 0) and ``step``. For an original row, both positions are
        its own.
    gather_limit : int or str, default="1GB"
        Maximum memory of the rows that are gathered in one place.

    Returns
    -------
    Dask DataFrame
        The partitions of the table (with the rows that are kept), followed by
        partitions of new rows, none larger than the largest partition of the table.
        Divisions are unknown.

    Raises
    ------
    ValueError, TypeError
        If a parameter, a label or the plan is invalid, the sampler does not support
        tables in parts, or a partition changes when it is read again.
    GatherLimitError
        If more than ``gather_limit`` would be gathered.

    Examples
    --------
    >>> import dask.dataframe as dd
    >>> import pandas as pd
    >>> from imbsuite import SMOTE
    >>> from imbsuite.scale import resample
    >>> frame = pd.DataFrame({"x": range(12), "label": ["common"] * 9 + ["rare"] * 3})
    >>> table = dd.from_pandas(frame, npartitions=3)
    >>> sampler = SMOTE(k_neighbors=2, random_state=0)
    >>> len(resample(table, target="label", sampler=sampler))
    18
    """
    return plan(
        table,
        target=target,
        sampler=sampler,
        groups=groups,
        sample_weight=sample_weight,
        ignore=ignore,
        provenance=provenance,
        gather_limit=gather_limit,
    ).frame


def plan(
    table: Any,
    *,
    target: Hashable,
    sampler: BaseSampler,
    groups: Hashable | None = None,
    sample_weight: Hashable | None = None,
    ignore: Sequence[Hashable] = (),
    provenance: bool = False,
    gather_limit: str | int = "1GB",
) -> ScaledResampling:
    """Count the classes of a large table, and return the plan with its cost.

    Only the columns of labels, groups and weights, and one whole partition, are read.

    Parameters
    ----------
    table, target, sampler, groups, sample_weight, ignore, provenance, gather_limit
        As in :func:`resample`.

    Returns
    -------
    ScaledResampling

    Raises
    ------
    ValueError, TypeError
        As in :func:`resample`.

    Examples
    --------
    >>> import dask.dataframe as dd
    >>> import pandas as pd
    >>> from imbsuite import RandomUnderSampler
    >>> from imbsuite.scale import plan
    >>> frame = pd.DataFrame({"x": range(12), "label": ["common"] * 9 + ["rare"] * 3})
    >>> table = dd.from_pandas(frame, npartitions=3)
    >>> planned = plan(table, target="label", sampler=RandomUnderSampler())
    >>> planned.plan_, planned.cost.rows_gathered
    ({'common': 3, 'rare': 3}, 0)
    """
    if not isinstance(sampler, BaseSampler):
        msg = f"sampler={sampler!r} is not a sampler of imbsuite, such as SMOTE()."
        raise TypeError(msg)
    checked = check_dask_table(table, target, groups, sample_weight, ignore)
    if provenance:
        _refuse_taken_names(checked.frame)
    fitted: Any = clone(sampler)
    # This call advances a generator, as fit_resample does.
    fitted.random_state = getattr(sampler, "random_state", None)
    limit = parse_bytes(gather_limit)
    request = check_request(fitted, checked, provenance=provenance, limit=limit)
    return prepare(fitted, request)


def prepare(sampler: Any, request: Request) -> ScaledResampling:
    """Return the plan and its cost; the plan of ``sampler`` has been set."""
    known = sampler._kind != "clean" and sampler._by != "group"
    plan = sampler.plan_ if known else None
    return ScaledResampling(
        sampler.sampling_strategy_, estimate(request), request, plan
    )


def _draw(request: Request) -> Drawn:
    sampler = request.context.sampler
    if sampler._looks_at == "labels":
        return sample_by_labels(request)
    kinds = {"over": over_sample, "under": sample_by_scores, "clean": clean}
    return kinds[sampler._kind](request)


def _refuse_taken_names(table: Any) -> None:
    taken = [name for name in PROVENANCE if name in table.columns]
    if taken:
        msg = (
            f"provenance=True adds columns named {taken}, which table has; rename them."
        )
        raise ValueError(msg)
