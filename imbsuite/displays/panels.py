"""Shared code of displays of predictions: probabilities, and one panel per class."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._labels import find_positive
from imbsuite._table import labels_of
from imbsuite.probability.columns import check_probability, codes_of, columns_of


def positive_column(
    y: NDArray[Any],
    classes: NDArray[Any],
    pos_label: Any,
    owner: str,
    weight: Any = None,
) -> int | None:
    """Return the column of the class to draw, or None to draw all of several classes.

    Raises
    ------
    ValueError
        If a label has no column, ``pos_label`` is not one of the classes, or ``pos_label``
        is None and neither of two classes is clearly rarer.
    """
    without_column = set(labels_of(y)) - set(labels_of(classes))
    if without_column:
        msg = (
            f"y_true holds the labels {sorted(without_column, key=str)}, which have no "
            "column in y_prob."
        )
        raise ValueError(msg)
    if pos_label is None and len(classes) > 2:
        return None
    codes = codes_of(y, classes)
    positive = find_positive(classes, codes, weight, pos_label, owner, ask="pos_label")
    return positive.code


def as_columns(
    y_prob: Any,
    n_rows: int,
    classes: NDArray[Any],
    positive: int | None,
    *,
    is_named: bool,
) -> NDArray[np.floating[Any]]:
    """Return probabilities of shape (n_rows, n_classes).

    With two classes, a single column is the probability of the positive class. It is
    ambiguous if the user has not named the positive class and it is not the last class.

    Raises
    ------
    ValueError
        If the values are not probabilities, the shapes do not match, or a single column is
        ambiguous.
    """
    proba = columns_of(y_prob, classes, "y_prob")
    one = proba.ndim == 1 or proba.shape[1:] == (1,)
    if one and len(classes) == 2:
        if positive == 0 and not is_named:
            msg = (
                "y_prob has one column, which could hold the probabilities of either of "
                f"the classes {labels_of(classes)}: pass pos_label to name the class, or "
                "pass the columns of both."
            )
            raise ValueError(msg)
        pair = np.column_stack([1 - proba.ravel(), proba.ravel()])
        proba = pair if positive == 1 else pair[:, ::-1]
    return check_probability(proba, (n_rows, len(classes)), whose="y_prob")


def panels_of(classes: NDArray[Any], positive: int | None) -> list[Any]:
    """Return the labels of the panels: the positive class, or all classes."""
    labels: list[Any] = labels_of(classes)
    return labels if positive is None else [labels[positive]]
