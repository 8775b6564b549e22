"""Rows without a label, which are set aside before a comparison."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from imbsuite._fit_inputs import FitInputs
from imbsuite._table import (
    check_weight,
    count_rows,
    refuse_lazy,
    single_target,
    take,
    which_unlabeled,
)
from imbsuite.meta.pseudo_label import PseudoLabelClassifier, UnlabeledRows


def set_aside(
    X: Any, y: Any, along: Mapping[str, Any], unlabeled: Any
) -> tuple[Any, Any, dict[str, Any], UnlabeledRows | None]:
    """Return the labeled rows, what belongs to them, and the rows without a label.

    Parameters
    ----------
    X : table
    y : array-like of shape (n_rows,)
    along : mapping of name to array-like of shape (n_rows,), or None
        What else has an entry for each row; weights under "sample_weight".
    unlabeled : label or None
        None: all rows are labeled.

    Raises
    ------
    ValueError
        If no row, or each row, has the label ``unlabeled`` or a missing one.
    """
    if unlabeled is None:
        return X, y, dict(along), None
    refuse_lazy(X, "compare", "X")
    table = X if hasattr(X, "shape") else np.asarray(X)
    values = single_target(y, warn=False)
    has_none = which_unlabeled(values, unlabeled)
    if has_none.all() or not has_none.any():
        found = "only rows" if len(values) and has_none.all() else "no row"
        msg = (
            f"The 'unlabeled' parameter must be the label of some rows of y. Got "
            f"{unlabeled!r} instead, and y has {found} without another label."
        )
        raise ValueError(msg)
    rows, others = np.flatnonzero(~has_none), np.flatnonzero(has_none)
    weight = check_weight(along.get("sample_weight"), len(values))
    apart = UnlabeledRows(
        take(table, others), None if weight is None else weight[others]
    )
    taken = {k: None if v is None else take(v, rows) for k, v in along.items()}
    return take(table, rows), take(y, rows), taken, apart


def only_labeled(
    X: Any, y: Any, params: Mapping[str, Any], unlabeled: Any
) -> tuple[Any, Any, dict[str, Any]]:
    """Return the labeled rows, and arguments of ``fit`` that follow them."""
    if unlabeled is None:
        return X, y, dict(params)
    has_none = which_unlabeled(single_target(y, warn=False), unlabeled)
    inputs = FitInputs(
        X if hasattr(X, "shape") else np.asarray(X), y, params=dict(params)
    )
    labeled = inputs.take(np.flatnonzero(~has_none))
    return labeled.X, labeled.y, labeled.params


def about_unlabeled(others: UnlabeledRows | None) -> Iterator[str]:
    """Report what rows without a label are used for."""
    if others is not None:
        yield (
            f"{count_rows(others.X):,} rows have no label: they are in no fold, and only "
            "pseudo-labels fit on them."
        )


def forget_unlabeled(fitted: Any) -> None:
    """Remove rows without a label from a fitted classifier, which may be large."""
    while fitted is not None:
        for part in (fitted, *fitted.get_params(deep=True).values()):
            if isinstance(part, PseudoLabelClassifier):
                part.without_rows()
        fitted = getattr(fitted, "estimator_", None)
