"""The weights of classes in a loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._types import Codes, Floats

_NAMED = ("balanced", "effective")


def class_weights(class_weight: Any, counts: Floats) -> Floats:
    r"""Return the weight of each class.

    "balanced": :math:`n / (K n_k)`. "effective": :math:`(1 - β) / (1 - β^{n_k})` with
    :math:`β = (n - 1) / n`, divided by its mean over the classes (Cui et al. 2019).

    Parameters
    ----------
    class_weight : None, "balanced", "effective", mapping or array-like
    counts : ndarray of shape (n_classes,)

    Raises
    ------
    ValueError
        If weights are not positive, or do not belong to the classes.
    """
    if class_weight is None:
        return np.ones(len(counts))
    if isinstance(class_weight, str):
        return _named_weights(class_weight, counts)
    if isinstance(class_weight, Mapping):
        class_weight = _by_label(class_weight, list(range(len(counts))))
    weight = as_positive(class_weight)
    if weight is None or weight.shape != counts.shape:
        msg = (
            "The 'class_weight' parameter must have a positive, finite number for each of "
            f"{len(counts)} classes. Got {class_weight!r} instead."
        )
        raise ValueError(msg)
    return weight


def as_positive(values: Any) -> Floats | None:
    """Return an array of numbers; None if one of them is not positive and finite."""
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    return numbers if (np.isfinite(numbers) & (numbers > 0)).all() else None


def _named_weights(name: str, counts: Floats) -> Floats:
    n = counts.sum()
    if name == "balanced":
        return np.asarray(n / (len(counts) * counts))
    if name == "effective":
        # 1 - β^n_k in full precision: β is close to 1.
        effective = -np.expm1(counts * np.log1p(-1 / n)) if n > 1 else counts
        return np.asarray(1 / effective / (1 / effective).mean())
    msg = (
        f"The 'class_weight' parameter must be None, one of {list(_NAMED)}, or a mapping "
        f"of label to weight. Got {name!r} instead."
    )
    raise ValueError(msg)


def _by_label(class_weight: Mapping[Any, Any], labels: list[Any]) -> list[Any]:
    """Return the weights of a mapping in the order of ``labels``; absent ones are 1.

    Raises
    ------
    ValueError
        If a key is not one of the labels.
    """
    unknown = [label for label in class_weight if label not in labels]
    if unknown:
        msg = (
            "The keys of the 'class_weight' parameter must be among the classes "
            f"{labels}. Got {unknown} as well."
        )
        raise ValueError(msg)
    return [class_weight.get(label, 1.0) for label in labels]


def labelled_weights(class_weight: Any, classes: NDArray[Any]) -> Any:
    """Return ``class_weight`` with the weights of a mapping in the order of ``classes``."""
    if isinstance(class_weight, Mapping):
        return _by_label(class_weight, classes.tolist())
    return class_weight


def sums_by_class(codes: Codes, values: Floats, n_classes: int) -> Floats:
    """Return the sum of the values of each class, (n_classes,)."""
    return np.bincount(codes, values, n_classes).astype(np.float64)


def class_counts(codes: Codes, weight: Floats, classes: NDArray[Any]) -> Floats:
    """Return the sum of the sample weights of each class.

    Raises
    ------
    ValueError
        If a class has no row of nonzero weight.
    """
    counts = sums_by_class(codes, weight, len(classes))
    if not counts.all():
        msg = (
            "y must have a row of nonzero weight for every class. Got none of "
            f"{classes[counts == 0].tolist()}."
        )
        raise ValueError(msg)
    return counts
