"""What displays of predictions share: columns of probabilities, a panel for each class."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["as_columns", "check_predictions", "panels_of"]


def as_columns(y_prob: Any) -> NDArray[np.float64]:
    """Return probabilities as (n_rows, n_classes); one column is the second of two."""
    proba = np.asarray(y_prob, dtype=np.float64)
    return np.column_stack([1 - proba, proba]) if proba.ndim == 1 else proba


def check_predictions(y: NDArray[Any], proba: Any, classes: NDArray[Any]) -> None:
    """Refuse probabilities that do not belong to these labels.

    Raises
    ------
    ValueError
        If shapes do not fit, or a label has no column.
    """
    if proba.shape != (len(y), len(classes)):
        msg = (
            f"y_prob has the shape {proba.shape}; {len(y)} rows of {len(classes)} classes "
            f"({classes.tolist()}) are needed."
        )
        raise ValueError(msg)
    if not np.isfinite(proba).all() or (proba < 0).any() or (proba > 1).any():
        msg = "y_prob holds numbers that are no probabilities: give values from 0 to 1."
        raise ValueError(msg)
    strange = set(y.tolist()) - set(classes.tolist())
    if strange:
        msg = (
            f"y_true holds {sorted(strange, key=str)}, which have no column in y_prob."
        )
        raise ValueError(msg)


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
