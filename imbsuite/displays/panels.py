"""What displays of predictions share: columns of probabilities, a panel for each class."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._labels import find_positive
from imbsuite._table import labels_of
from imbsuite.probability.columns import check_probability, codes_of, columns_of

__all__ = ["as_columns", "panels_of", "positive_column"]


def positive_column(
    y: NDArray[Any],
    classes: NDArray[Any],
    pos_label: Any,
    owner: str,
    weight: Any = None,
) -> int | None:
    """Return the column of the class to draw; None: each of more than two is drawn.

    Raises
    ------
    ValueError
        If a label has no column, if ``pos_label`` is not one of the classes, or if it is
        None and neither of two is clearly the rarer one.
    """
    strange = set(labels_of(y)) - set(labels_of(classes))
    if strange:
        msg = (
            f"y_true holds {sorted(strange, key=str)}, which have no column in y_prob."
        )
        raise ValueError(msg)
    if pos_label is None and len(classes) > 2:
        return None
    codes = codes_of(y, classes)
    found = find_positive(classes, codes, weight, pos_label, owner, ask="pos_label")
    return found.code


def as_columns(
    y_prob: Any,
    n_rows: int,
    classes: NDArray[Any],
    positive: int | None,
    *,
    is_named: bool,
) -> NDArray[np.floating[Any]]:
    """Return probabilities as (n_rows, n_classes).

    One column is of the positive one of two classes. Where nobody has named that, and it
    is not the last either, the column could be meant for both.

    Raises
    ------
    ValueError
        If they are no probabilities, shapes do not fit, or it is open whose they are.
    """
    proba = columns_of(y_prob, classes, "y_prob")
    one = proba.ndim == 1 or proba.shape[1:] == (1,)
    if one and len(classes) == 2:
        if positive == 0 and not is_named:
            msg = (
                "y_prob has one column, which could be the probability of each of the "
                f"classes {labels_of(classes)}: pass pos_label to say of which, or the "
                "columns of both."
            )
            raise ValueError(msg)
        pair = np.column_stack([1 - proba.ravel(), proba.ravel()])
        proba = pair if positive == 1 else pair[:, ::-1]
    return check_probability(proba, (n_rows, len(classes)), whose="y_prob")


def panels_of(classes: NDArray[Any], positive: int | None) -> list[Any]:
    """Return the label of each panel: the positive class, or all."""
    labels: list[Any] = labels_of(classes)
    return labels if positive is None else [labels[positive]]
