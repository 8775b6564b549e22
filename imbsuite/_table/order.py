"""The order of labels, if their column defines one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def ordered_labels(y: Any) -> list[Any] | None:
    """Return the categories of an ordered column, from the first to the last, or None.

    A column is ordered if it is an ordered categorical of pandas, an Enum of polars or an
    ordered dictionary of Arrow. It may be the only column of a dataframe.
    """
    if getattr(y, "ordered", False):  # pandas.Categorical
        return list(y.categories)
    if isinstance(y, (np.ndarray, list, tuple)):
        return None
    from imbsuite._table.frames import enum_categories, only_column

    return enum_categories(only_column(y))


def ordered_column(y: Any) -> Any:
    """Return ``y`` as one column that keeps its order; None if it has no order."""
    if ordered_labels(y) is None:
        return None
    from imbsuite._table.frames import only_column

    return only_column(y)


def in_order(labels: NDArray[Any], order: Sequence[Any] | None) -> Any:
    """Return labels with their order, for estimators and metrics that require one.

    Parameters
    ----------
    labels : ndarray of shape (n_rows,)
    order : sequence of labels or None
        All labels, from the first to the last.

    Returns
    -------
    Series or ndarray
        An ordered categorical. The labels are returned unchanged if there is no order,
        if it does not include all of them, or if it is the ascending order of numbers.
    """
    if order is None or _is_plain(order) or not set(labels.tolist()) <= set(order):
        return labels
    import pandas as pd

    return pd.Series(pd.Categorical(labels, list(order), ordered=True))


def _is_plain(order: Sequence[Any]) -> bool:
    """Return whether the order is the ascending order of numbers."""
    return np.array(order).dtype.kind in "biuf" and list(order) == sorted(order)
