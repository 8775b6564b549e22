"""What decisions cost, as users say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite.explore.labels import Labels

__all__ = ["check_cost"]

_CELLS = {"tn": (0, 0), "fp": (0, 1), "fn": (1, 0), "tp": (1, 1)}


def check_cost(cost: Any, labels: Labels) -> NDArray[np.float64]:
    """Return costs as a matrix, true classes in rows and decisions in columns.

    Parameters
    ----------
    cost : mapping of "fp", "fn", "tp", "tn" to number, or array-like
        A mapping is for two classes; what it leaves out is free.
    labels : Labels

    Raises
    ------
    ValueError
        If the costs do not fit the classes, or are no finite numbers.
    """
    k = len(labels.classes)
    if isinstance(cost, Mapping):
        matrix = _of_two(cost, labels)
    else:
        matrix = np.asarray(cost, dtype=np.float64)
    if matrix.shape != (k, k) or not np.isfinite(matrix).all():
        msg = (
            f"cost={cost!r} does not fit; give finite numbers of shape ({k}, {k}), true "
            f"classes in rows and decisions in columns, in the order "
            f"{labels.classes.tolist()}."
        )
        raise ValueError(msg)
    return matrix


def _of_two(cost: Mapping[str, Any], labels: Labels) -> NDArray[np.float64]:
    unknown = set(cost) - set(_CELLS)
    if labels.positive is None or unknown or not cost:
        classes = f"{len(labels.classes)} classes"
        msg = (
            f"cost={dict(cost)!r} does not fit {classes}; name one or more of "
            f"{', '.join(_CELLS)} for two classes, give a matrix for more."
        )
        raise ValueError(msg)
    matrix = np.zeros((2, 2))
    for name, value in cost.items():
        matrix[_CELLS[name]] = float(value)
    # The positive class is the rarer one, wherever it sorts.
    return matrix if labels.positive == 1 else matrix[::-1, ::-1].copy()
