"""Evaluation sets of boosting libraries, with subclasses instead of classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from imbsuite._neighbors import column_moments
from imbsuite._table import contain, single_target
from imbsuite._types import Codes
from imbsuite.cluster import SubclassEncoder


def with_subclasses(
    params: dict[str, Any], X: Any, encoder: SubclassEncoder
) -> dict[str, Any]:
    """Return the keywords of ``fit`` with subclasses as labels of evaluation sets.

    Evaluation sets are passed as ``eval_set``, a pair (X, y) or a list of pairs, or as
    ``eval_X`` and ``eval_y``, each a table or a tuple of tables. Each row gets the
    subclass of the nearest training row of its class; distances use the numeric
    columns, divided by their standard deviations.

    Raises
    ------
    TypeError
        If ``eval_set`` is neither a pair (X, y) nor a list of such pairs.
    ValueError
        If a label is not one of the classes.
    """

    def translated(rows: Any, y: Any) -> Codes:
        return _nearest(rows, y, X, encoder)

    out = dict(params)
    for name, value in params.items():
        # In a pipeline, keywords start with the name of the step: step__eval_set.
        step, dunder, own = name.rpartition("__")
        if own == "eval_set" and value is not None:
            out[name] = _of_pairs(name, value, translated)
        elif own == "eval_y" and value is not None:
            rows: Any = params.get(f"{step}{dunder}eval_X")
            if isinstance(value, tuple):
                out[name] = tuple(map(translated, rows, value))
            else:
                out[name] = translated(rows, value)
    return out


def _of_pairs(name: str, value: Any, translated: Callable[[Any, Any], Codes]) -> Any:
    if isinstance(value, list) and all(map(_is_pair, value)):
        return [(rows, translated(rows, y)) for rows, y in value]
    if _is_pair(value):
        return value[0], translated(*value)
    msg = (
        f"The {name!r} argument must be a list of (X, y), because the estimator is fitted "
        f"on subclasses and the labels are translated. Got {type(value).__name__}(...) "
        "instead."
    )
    raise TypeError(msg)


def _is_pair(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2


def _nearest(rows: Any, y: Any, X: Any, encoder: SubclassEncoder) -> Codes:
    labels = single_target(y)
    owner = encoder.inverse_transform(encoder.subclass_labels_)
    unknown = np.setdiff1d(labels, encoder.classes_).tolist()
    if unknown:
        msg = (
            f"Labels of eval_set must be classes in y, {encoder.classes_.tolist()}. Got "
            f"{unknown} instead."
        )
        raise ValueError(msg)
    known, new = _comparable(X, rows)
    subclasses = np.empty(len(labels), dtype=np.intp)
    for label in np.unique(labels):
        own, queries = np.flatnonzero(owner == label), labels == label
        search = NearestNeighbors(n_neighbors=1).fit(known[own])
        near = search.kneighbors(new[queries], return_distance=False)[:, 0]
        subclasses[queries] = encoder.subclass_labels_[own[near]]
    return subclasses


def _comparable(X: Any, rows: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return both tables' standardized numeric columns, missing values at the mean."""
    container = contain(X)
    columns = np.flatnonzero(~container.looks_categorical).tolist()
    tables = [_dense(contain(table).numbers(columns)) for table in (X, rows)]
    center, spread = column_moments(tables[0])
    spread = np.where(spread > 0, spread, 1.0)
    # Append a column of zeros, for tables without numeric columns.
    scaled = [np.nan_to_num((table - center) / spread) for table in tables]
    known, new = (np.pad(table, ((0, 0), (0, 1))) for table in scaled)
    return known, new


def _dense(values: Any) -> NDArray[np.float64]:
    array = values.toarray() if hasattr(values, "toarray") else values
    return np.asarray(array, dtype=np.float64)
