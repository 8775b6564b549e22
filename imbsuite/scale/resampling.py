"""The plan of a large table, and the lazy table that comes of it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

import dask.dataframe as dd
import numpy as np
from dask.utils import parse_bytes
from sklearn.base import clone

from imbsuite.base import BaseSampler
from imbsuite.scale.assembling import PROVENANCE, with_origin
from imbsuite.scale.by_labels import resample_by_labels
from imbsuite.scale.by_rows import resample_by_rows
from imbsuite.scale.call import Call, prepare
from imbsuite.scale.cost import Cost, estimate
from imbsuite.scale.records import peak_memory, recall
from imbsuite.scale.source import check_source

__all__ = ["ScaledResampling", "carry_out", "plan", "resample"]


@dataclass(frozen=True)
class ScaledResampling:
    """What will be done to a table, and the lazy result.

    Attributes
    ----------
    plan_ : dict or None
        ``{label: rows afterwards}``; None where only the draw decides it: of cleaners,
        and of temperature sampling by groups.
    sampling_strategy_ : dict
        As of the sampler.
    effective_prior_ : dict or None
        ``{label: share}``; None as ``plan_``, and where rows have weights.
    cost : Cost
        What it will cost, estimated.
    frame : Dask DataFrame
        What :func:`resample` returns.
    lengths : list of int or None
        Rows of each partition of ``frame``; None where only the draw decides it.
    """

    plan_: dict[Any, int] | None
    sampling_strategy_: dict[Any, int]
    effective_prior_: dict[Any, float] | None
    cost: Cost
    frame: Any
    lengths: list[int] | None
    _token: str

    def actual(self) -> Cost:
        """Return what it did cost, after ``frame`` has been computed or written.

        ``peak_bytes`` is the highest RSS of a worker (of this process, where tasks run in
        its threads) since it began, whatever else it did, the interpreter counted.

        Returns
        -------
        Cost

        Raises
        ------
        ValueError
            If rows are to be gathered, and none have been so far.
        """
        found = recall(self._token)
        if not found and self.cost.rows_gathered != 0:
            msg = "Nothing has been computed yet; compute or write frame first."
            raise ValueError(msg)
        return replace(
            self.cost,
            rows_gathered=sum(figures["rows"] for figures in found.values()),
            bytes_gathered=sum(figures["bytes"] for figures in found.values()),
            peak_bytes=peak_memory(),
        )


def resample(
    table: Any,
    *,
    target: Hashable,
    sampler: BaseSampler,
    groups: Hashable | None = None,
    sample_weight: Hashable | None = None,
    provenance: bool = False,
    gather_limit: str | int = "1GB",
) -> Any:
    """Resample a table that is larger than memory, or than the machine.

    Classes are counted at the call, in one pass over the columns that are not features;
    everything else is lazy. For the same seed the rows are those that
    ``sampler.fit_resample`` makes of the table in memory, whatever the partitions.

    Parameters
    ----------
    table : Dask DataFrame
        Partitions may be empty, and divisions unknown. All columns besides those named
        below are features.
    target : column name
        The labels.
    sampler : sampler
        One that looks at labels, or at the rows of the classes that it changes and
        their neighbours; see the user guide.
    groups, sample_weight : column name, default=None
        As of ``fit_resample``.
    provenance : bool, default=False
        Add the columns ``is_synthetic``, ``seed_row``, ``partner_row`` (rows
        of the table, counted from 0) and ``step``; a row of the table is both its parents.
    gather_limit : int or str, default="1GB"
        The most that may be gathered in one place.

    Returns
    -------
    Dask DataFrame
        The partitions of the table (what is kept of them) first, then those of new
        rows, none larger than the largest of the table. Divisions are unknown.

    Raises
    ------
    ValueError, TypeError
        If a parameter, a label or the plan cannot be used, the sampler cannot work on
        parts of a table, or more than ``gather_limit`` would be gathered.

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
    provenance: bool = False,
    gather_limit: str | int = "1GB",
) -> ScaledResampling:
    """Count the classes of a large table and say what resampling will do, and cost.

    Parameters
    ----------
    table, target, sampler, groups, sample_weight, provenance, gather_limit
        As of :func:`resample`.

    Returns
    -------
    ScaledResampling

    Raises
    ------
    ValueError, TypeError
        As :func:`resample`.

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
    source = check_source(table, target, groups, sample_weight)
    fitted: Any = clone(sampler)
    # A generator is advanced by this call, as by fit_resample.
    fitted.random_state = getattr(sampler, "random_state", None)
    limit = parse_bytes(gather_limit)
    return carry_out(fitted, source, provenance=provenance, limit=limit)[0]


def carry_out(
    sampler: Any, source: Any, *, provenance: bool, limit: int
) -> tuple[ScaledResampling, list[Any]]:
    """Plan, set on ``sampler`` what users see, and build the lazy table and its parts."""
    if provenance:
        _refuse_misplaceds(source.frame)
    call = prepare(sampler, source, provenance=provenance, limit=limit)
    cost = estimate(call)
    by_labels = sampler._looks_at == "labels"
    kept, new = (resample_by_labels if by_labels else resample_by_rows)(call)
    known = sampler._kind != "clean" and sampler._by != "group"
    prior = _prior(sampler.plan_) if known and source.weight is None else None
    done = ScaledResampling(
        sampler.plan_ if known else None,
        sampler.sampling_strategy_,
        prior,
        cost,
        _collect(call, kept + new),
        None if by_labels else _lengths(call),
        call.token,
    )
    return done, kept + new


def _lengths(call: Call) -> list[int] | None:
    if call.sampler._kind == "clean":
        return None
    return [*np.diff(call.census.starts).tolist(), *call.blocks()]


def _refuse_misplaceds(table: Any) -> None:
    taken = [name for name in PROVENANCE if name in table.columns]
    if taken:
        msg = (
            f"provenance=True adds columns named {taken}, which table has; rename them."
        )
        raise ValueError(msg)


def _prior(plan: dict[Any, int]) -> dict[Any, float]:
    total = sum(plan.values())
    return {label: n / total for label, n in plan.items()}


def _collect(call: Call, parts: list[Any]) -> Any:
    meta = call.source.meta
    if call.writer.provenance:
        meta = with_origin(meta, [], [], [], new=False)
    return dd.from_delayed(parts, meta=meta, verify_meta=False)
