"""``fit`` and ``fit_resample`` for Dask collections."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import dask.array as da
import dask.dataframe as dd
import numpy as np
from dask.utils import parse_bytes

from imbsuite.scale.partitions import PartitionedTable, check_dask_table
from imbsuite.scale.passes import for_each
from imbsuite.scale.request import check_request
from imbsuite.scale.resampling import ScaledResampling, prepare

# Names of added columns.
_TARGET, _WEIGHT, _GROUPS = "__target__", "__weight__", "__groups__"
_WORDS = {_TARGET: "y", _GROUPS: "groups", _WEIGHT: "sample_weight"}
_LIMIT = parse_bytes("1GB")
# Attributes that are only set by resampling in memory: they are as long as the table.
_LONG = ("sample_indices_", "is_synthetic_", "parents_", "steps_", "_last_draw")


def fit(sampler: Any, X: Any, y: Any) -> None:
    """Count the classes, and set the plan on ``sampler``."""
    check_request(sampler, _as_table(X, y, None, None))


def fit_resample(
    sampler: Any, X: Any, y: Any, sample_weight: Any, groups: Any
) -> tuple[Any, Any]:
    """Resample a Dask DataFrame and Series, or two Dask Arrays; see ``resample``.

    The plan, the prior, and lazy weights and groups are set on ``sampler``. Attributes
    in memory that are as long as the table are not.
    """
    table = _as_table(X, y, sample_weight, groups)
    resampling = prepare(sampler, check_request(sampler, table, limit=_LIMIT))
    for name in _LONG:
        vars(sampler).pop(name, None)
    sampler.plan_ = resampling.plan_
    sampler.effective_prior_ = resampling.effective_prior_
    sampler.sample_weight_ = _like_input(resampling, _WEIGHT, sample_weight)
    sampler.groups_ = _like_input(resampling, _GROUPS, groups)
    X_new = _like_input(resampling, table.roles.features, X)
    return X_new, _like_input(resampling, _TARGET, y)


def _as_table(X: Any, y: Any, sample_weight: Any, groups: Any) -> PartitionedTable:
    """Return one table of all arguments, which must have the same partitions."""
    features = _as_frame(X)
    columns = {_TARGET: y, _GROUPS: groups, _WEIGHT: sample_weight}
    beside = {
        name: _as_column(values, _WORDS[name], X, features.npartitions)
        for name, values in columns.items()
        if values is not None or name == _TARGET
    }
    names = list(beside)
    for name in features.columns.intersection(names):
        msg = (
            f"X has the column {name!r}, a name that is used for {_WORDS[name]} while "
            "a Dask DataFrame is resampled; rename the column."
        )
        raise ValueError(msg)

    def attached(frame: Any) -> Any:
        meta = _attach(
            frame._meta, names, *[column._meta for column in beside.values()]
        )
        return frame.map_partitions(
            _attach, names, *beside.values(), meta=meta, align_dataframes=False
        )

    groups, weight = (name if name in beside else None for name in (_GROUPS, _WEIGHT))
    table = check_dask_table(attached(features), _TARGET, groups, weight)
    # No feature has to be read to count the rows of X.
    return replace(table, slim=attached(features[[]]))


def _attach(frame: Any, names: list[str], *columns: Any) -> Any:
    for name, column in zip(names, columns, strict=True):
        if len(column) != len(frame):
            msg = (
                "Found input variables with inconsistent numbers of samples: in one "
                f"partition X has {len(frame)} rows, {_WORDS[name]} has {len(column)}; "
                "use columns of one Dask DataFrame, or arrays with the same chunks."
            )
            raise ValueError(msg)
    cells = {name: column.array for name, column in zip(names, columns, strict=True)}
    return frame.assign(**cells)


def _as_frame(X: Any) -> Any:
    if hasattr(X, "columns"):
        return X
    if getattr(X, "ndim", 0) != 2:
        msg = (
            f"X is a Dask {type(X).__name__}; pass a Dask DataFrame, or a Dask Array "
            "of two dimensions."
        )
        raise TypeError(msg)
    # All columns of a row must be in one chunk.
    return dd.from_dask_array(X.rechunk({1: -1}))


def _as_column(values: Any, word: str, X: Any, n_partitions: int) -> Any:
    if not hasattr(values, "__dask_graph__") or getattr(values, "ndim", 0) != 1:
        msg = (
            f"{word} is a {type(values).__name__}; with a Dask X it must be a Dask "
            "Series or a Dask Array of one dimension, in the same partitions."
        )
        raise TypeError(msg)
    if not hasattr(values, "to_frame"):
        same = hasattr(X, "chunks") and not np.isnan(
            sum(X.chunks[0] + values.chunks[0])
        )
        if same and sum(X.chunks[0]) == sum(values.chunks[0]):
            values = values.rechunk((X.chunks[0],))
        values = dd.from_dask_array(values)
    if values.npartitions != n_partitions:
        msg = (
            f"{word} has {values.npartitions} partitions, X has {n_partitions}; use "
            "columns of one Dask DataFrame, or arrays with the same chunks."
        )
        raise ValueError(msg)
    return values


def _like_input(resampling: ScaledResampling, columns: Any, like: Any) -> Any:
    """Return columns of the result in the type of ``like``, None if it is None."""
    if like is None:
        return None
    if hasattr(like, "divisions"):
        frame = resampling.frame[columns]
        return frame if frame.ndim == 2 else frame.rename(like.name)
    arrays: Any = da
    cells = for_each(_cells, resampling._drawn.parts, shared=(columns,))
    blocks = [
        arrays.from_delayed(part, (n, *like.shape[1:]), like.dtype)
        for part, n in zip(cells, resampling.lengths, strict=True)
    ]
    return arrays.concatenate(blocks)


def _cells(frame: Any, columns: Any) -> Any:
    return frame[columns].to_numpy()
