"""What displays of predictions share: columns of probabilities, a panel for each class."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite.probability.columns import check_probability, columns_of

__all__ = ["as_columns", "panels_of"]


def as_columns(
    y_prob: Any, y: NDArray[Any], classes: NDArray[Any]
) -> NDArray[np.floating[Any]]:
    """Return probabilities as (n_rows, n_classes); one column is the second of two.

    Raises
    ------
    ValueError
        If they are no probabilities, shapes do not fit, or a label has no column.
    """
    proba = columns_of(y_prob, classes, "y_prob")
    one = proba.ndim == 1 or proba.shape[1:] == (1,)
    if one and len(classes) == 2:
        proba = np.column_stack([1 - proba.ravel(), proba.ravel()])
    proba = check_probability(proba, (len(y), len(classes)), whose="y_prob")
    strange = set(y.tolist()) - set(classes.tolist())
    if strange:
        msg = (
            f"y_true holds {sorted(strange, key=str)}, which have no column in y_prob."
        )
        raise ValueError(msg)
    return proba


def panels_of(classes: NDArray[Any], pos_label: Any) -> list[tuple[int, Any]]:
    """Return column and label of each panel: the second of two classes, or all.

    Raises
    ------
    ValueError
        If ``pos_label`` is no class.
    """
    labels = classes.tolist()
    if pos_label is None:
        chosen = labels[1:] if len(labels) == 2 else labels
    elif pos_label in labels:
        chosen = [pos_label]
    else:
        msg = f"pos_label={pos_label!r} is no class; choose of {labels}."
        raise ValueError(msg)
    return [(labels.index(label), label) for label in chosen]
