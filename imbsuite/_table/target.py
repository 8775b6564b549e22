"""The target, and what else comes one per row: labels, weights, groups."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from imbsuite._table.arrays import factorize

__all__ = [
    "check_groups",
    "check_target",
    "check_weight",
    "count_odd_weights",
    "label_codes",
    "refuse_labels",
    "refuse_missing_groups",
    "refuse_weights",
    "scaled_weight",
]

Codes = NDArray[np.intp]


def check_target(y: Any, n_rows: int, owner: str) -> tuple[Codes, list[Any]]:
    """Return integer codes in order of first appearance, and the label of each code.

    Parameters
    ----------
    y : array-like of shape (n_rows,), (n_rows, 1) or one-vs-all (n_rows, n_classes)
        Labels of any type.
    n_rows : int
        What ``X`` has.
    owner : str
        The sampler's name, for messages.

    Raises
    ------
    ValueError
        If y is missing, of another length, has missing values, one class only, is
        continuous or multi-label.
    """
    if y is None:
        msg = f"{owner} requires y to be passed, but the target y is None."
        raise ValueError(msg)
    values = _one_column(y)
    _check_length("y", len(values), n_rows)
    if not len(values):
        msg = (
            "Found array with 0 sample(s): X and y have no rows, at least 2 are needed."
        )
        raise ValueError(msg)
    codes, labels = label_codes(values)
    refuse_labels(labels, int(np.count_nonzero(codes < 0)))
    return codes, labels


def label_codes(values: Any) -> tuple[Codes, list[Any]]:
    """Return codes in order of first appearance (-1: missing) and the labels."""
    values = np.asarray(values)
    _refuse_continuous(values)
    codes, labels = factorize(values, "y")
    return codes.astype(np.intp), labels


def refuse_labels(labels: list[Any], n_missing: int) -> None:
    """Raise ValueError where labels are missing, or all are the same."""
    if n_missing:
        msg = (
            f"y has missing values, in {n_missing} rows (Input y contains "
            "NaN); drop these rows or give them a label of their own."
        )
        raise ValueError(msg)
    if len(labels) < 2:
        msg = (
            f"y holds one class only, {labels[0]!r}; there is nothing to balance: at "
            "least 2 classes are needed."
        )
        raise ValueError(msg)


def _one_column(y: Any) -> NDArray[Any]:
    if sp.issparse(y):
        y = y.toarray()
    values = np.asarray(y)
    if values.ndim == 2 and values.shape[1] == 1:
        return values[:, 0]
    if values.ndim == 2 and values.shape[1] > 1:
        return _from_indicator(values)
    if values.ndim != 1:
        msg = f"y should be a 1d array, got an array of shape {values.shape} instead."
        raise ValueError(msg)
    return values


def _from_indicator(values: NDArray[Any]) -> NDArray[Any]:
    one = np.equal(values, 1)
    if not (one | np.equal(values, 0)).all() or (one.sum(axis=1) != 1).any():
        msg = (
            "Multilabel and multioutput targets are not supported. y has "
            f"{values.shape[1]} columns; give one label for each row, or exactly one 1 "
            "in each row of a one-vs-all indicator."
        )
        raise ValueError(msg)
    return one.argmax(axis=1)


def _refuse_continuous(values: NDArray[Any]) -> None:
    if values.dtype.kind == "c":
        msg = "Complex data not supported: y holds complex numbers."
        raise ValueError(msg)
    if values.dtype.kind != "f":
        return
    known = values[~np.isnan(values)]
    if np.isinf(known).any():
        msg = "Input y contains infinity; y must hold labels."
        raise ValueError(msg)
    if (known != np.floor(known)).any():
        msg = (
            "Unknown label type: continuous. y holds fractions such as "
            f"{float(known[known != np.floor(known)][0])!r}; resampling needs classes: "
            "cut the values into bins first."
        )
        raise ValueError(msg)


def check_weight(sample_weight: Any, n_rows: int) -> NDArray[np.float64] | None:
    """Return weights as floats; they must be finite, not negative, not all zero."""
    if sample_weight is None:
        return None
    weight = np.asarray(sample_weight, dtype=np.float64)
    if weight.ndim != 1:
        msg = f"sample_weight must have one dimension, not the shape {weight.shape}."
        raise ValueError(msg)
    _check_length("sample_weight", len(weight), n_rows)
    refuse_weights(count_odd_weights(weight), has_weight=bool(weight.any()))
    return weight


def scaled_weight(weight: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return weights times the power of 2 that takes the greatest below 1.

    For sums of which only proportions count: none overflows or vanishes, however large or
    small the weights are, and no digit is lost.
    """
    _, exponent = np.frexp(weight.max(initial=0.0))
    return np.asarray(np.ldexp(weight, -exponent), dtype=np.float64)


def count_odd_weights(weight: NDArray[np.float64]) -> int:
    """Return how many weights are negative or not finite."""
    return int((~np.isfinite(weight) | (weight < 0)).sum())


def refuse_weights(n_odd: int, *, has_weight: bool) -> None:
    """Raise ValueError where weights are odd, or no row has any."""
    if n_odd:
        msg = (
            "sample_weight must be finite and not negative; it has "
            f"{n_odd} other values."
        )
        raise ValueError(msg)
    if not has_weight:
        msg = "sample_weight is zero in every row; at least one row must count."
        raise ValueError(msg)


def check_groups(groups: Any, n_rows: int) -> Codes | None:
    """Return group codes in order of first appearance."""
    if groups is None:
        return None
    values = np.asarray(groups)
    if values.ndim != 1:
        msg = f"groups must have one dimension, not the shape {values.shape}."
        raise ValueError(msg)
    _check_length("groups", len(values), n_rows)
    codes, _ = factorize(values, "groups")
    refuse_missing_groups(int((codes < 0).sum()))
    return codes.astype(np.intp)


def refuse_missing_groups(n_missing: int) -> None:
    """Raise ValueError where rows have no group."""
    if n_missing:
        msg = (
            f"groups has missing values, in {n_missing} rows; give these "
            "rows a group of their own."
        )
        raise ValueError(msg)


def _check_length(what: str, found: int, n_rows: int) -> None:
    if found != n_rows:
        msg = (
            "Found input variables with inconsistent numbers of samples: X has "
            f"{n_rows} rows, {what} has {found}."
        )
        raise ValueError(msg)
