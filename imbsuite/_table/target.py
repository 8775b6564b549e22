"""Validation of the arguments with one entry per row: target, weights and groups."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Number
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from imbsuite._table.arrays import factorize
from imbsuite._table.containing import refuse_lazy
from imbsuite._types import Codes


def check_target(y: Any, n_rows: int, owner: str) -> tuple[Codes, list[Any]]:
    """Return integer codes in order of first appearance, and the label of each code.

    Parameters
    ----------
    y : array-like of shape (n_rows,), (n_rows, 1) or one-vs-all (n_rows, n_classes)
        Labels of any type.
    n_rows : int
        The number of rows of ``X``.
    owner : str
        The sampler's name, for messages.

    Raises
    ------
    ValueError
        If y is None, has another length than ``X``, has missing values, has only one
        class, or is continuous or multilabel.
    """
    if y is None:
        msg = (
            f"{owner} requires y to be passed, but the target y is None; pass the "
            "labels as the second argument."
        )
        raise ValueError(msg)
    if type(y) is not np.ndarray:
        refuse_lazy(y, owner, "y")
        y = _as_array(y)
    values: NDArray[Any] = y
    if values.ndim != 1:
        values = _one_column(values)
    if len(values) != n_rows:
        raise of_length(len(values), n_rows, "y")
    codes, labels = label_codes(values)
    refuse_labels(labels, int(np.count_nonzero(codes < 0)), n_rows)
    return codes, labels


def single_target(y: Any, what: str = "y", *, warn: bool = True) -> NDArray[Any]:
    """Return ``y`` as one column of labels, (n_rows,); indicators are not supported.

    Parameters
    ----------
    y : array-like of shape (n_rows,) or (n_rows, 1)
    what : str, default="y"
        The name of the target in messages.
    warn : bool, default=True
        Whether to warn about a column vector, as scikit-learn does.

    Raises
    ------
    ValueError
        If ``y`` has another shape.
    """
    values = _as_array(y)
    if values.ndim == 1:
        return values
    if values.ndim == 2 and values.shape[1] == 1:
        # Importing scikit-learn takes longer than describing a table without it.
        from sklearn.utils.validation import column_or_1d

        column: NDArray[Any] = column_or_1d(values, warn=warn)
        return column
    raise _of_shape(values, what)


def sorted_classes(labels: NDArray[Any]) -> NDArray[Any]:
    """Return the sorted classes, as in ``classes_``.

    Raises
    ------
    ValueError
        If the labels cannot be sorted, such as 1 and "1", or are tuples, which NumPy
        and classifiers treat as rows of several labels.
    """
    refuse_pairs(labels)
    try:
        return np.unique(labels)
    except TypeError as error:
        first, *rest = labels.tolist()
        other = next((k for k in rest if type(k) is not type(first)), rest[-1])
        msg = (
            f"y holds labels of several types, such as {first!r} and {other!r}, which "
            "classifiers cannot sort; convert all labels to one type."
        )
        raise ValueError(msg) from error


def refuse_pairs(labels: Sequence[Any] | NDArray[Any], what: str = "y") -> None:
    """Raise ValueError for labels that are tuples or lists."""
    if len(labels) and isinstance(labels[0], (tuple, list)):
        msg = (
            f"{what} holds labels such as {labels[0]!r}, which classifiers treat as "
            "multilabel; convert each label to a single string or number."
        )
        raise ValueError(msg)


def label_codes(values: Any, what: str = "y") -> tuple[Codes, list[Any]]:
    """Return codes in order of first appearance (-1: missing) and the labels.

    Raises
    ------
    ValueError
        If the labels are fractions, infinite or complex numbers.
    """
    values = np.asarray(values)
    if values.dtype.kind in "cf":
        _refuse_quantities(values, what)
    codes, labels = factorize(values, what)
    if values.dtype.kind == "O" and all(isinstance(k, Number) for k in labels):
        _refuse_quantities(np.asarray(labels), what)
    if values.dtype.kind in "mM":
        labels = labels_of(np.array(labels, dtype=values.dtype))
    return codes.astype(np.intp), labels


def labels_of(classes: NDArray[Any]) -> list[Any]:
    """Return classes as users write them; NumPy gives integers for nanosecond dates."""
    labels: list[Any] = classes.tolist()
    if classes.dtype.kind in "mM" and any(isinstance(label, int) for label in labels):
        labels = pd.Index(classes).tolist()
    return labels


def refuse_labels(
    labels: list[Any], n_missing: int, n_rows: int, what: str = "y"
) -> None:
    """Raise ValueError if there are no rows, missing labels, or only one class."""
    if not n_rows:
        msg = (
            f"Found array with 0 sample(s): {what} has no rows; rows of at least 2 "
            "classes are required."
        )
        raise ValueError(msg)
    if n_missing:
        refuse_missing(n_missing, n_rows, what)
    if len(labels) < 2:
        msg = (
            f"{what} has only one class, {labels[0]!r}; rows of at least 2 classes are "
            "required."
        )
        raise ValueError(msg)


def refuse_missing(n_missing: int, n_rows: int, what: str = "y") -> None:
    """Raise ValueError if labels are missing."""
    if n_missing:
        msg = (
            f"{what} has missing values in {n_missing:,} of {n_rows:,} rows; drop "
            "these rows, or assign the missing values their own label (Input y "
            "contains NaN)."
        )
        raise ValueError(msg)


def _as_array(y: Any) -> NDArray[Any]:
    """Return an array of labels or groups, in which 1 and "1" remain different."""
    if sp.issparse(y):
        return np.asarray(y.toarray())
    values = np.asarray(_unmasked(y))
    if isinstance(y, (list, tuple)) and values.ndim == 1 and _merges(y, values.dtype):
        return np.array(y, dtype=object)
    return values


def _merges(labels: Sequence[Any], dtype: np.dtype[Any]) -> bool:
    """Return whether different labels could be equal in an array of this type."""
    if dtype.kind == "f":
        return any(isinstance(k, Integral) and abs(int(k)) > 2**53 for k in labels)
    if dtype.kind == "U":  # without trailing null characters
        return not all(isinstance(k, str) and k[-1:] != "\0" for k in labels)
    return dtype.kind == "S" and not all(
        isinstance(k, bytes) and k[-1:] != b"\0" for k in labels
    )


def _unmasked(values: Any) -> Any:
    """Return an array in which masked values are missing; others unchanged."""
    if not np.ma.is_masked(values):
        return values
    shown = values.data.astype(object)
    shown[values.mask] = None
    return shown


def _one_column(values: NDArray[Any]) -> NDArray[Any]:
    """Return labels, (n_rows,); for a one-vs-all indicator, its column numbers."""
    if values.ndim == 2 and values.shape[1] > 1:
        return _from_indicator(values)
    return single_target(values, warn=False)


def _from_indicator(values: NDArray[Any]) -> NDArray[Any]:
    one = values == 1
    if not (one | (values == 0)).all() or (one.sum(axis=1) != 1).any():
        raise _of_shape(
            values, "y", ", or exactly one 1 in each row of a one-vs-all indicator"
        )
    return one.argmax(axis=1)


def _of_shape(values: NDArray[Any], what: str, also: str = "") -> ValueError:
    if values.ndim != 2:
        return ValueError(
            f"{what} should be a 1d array, got an array of shape {values.shape} instead."
        )
    return ValueError(
        f"Multilabel and multioutput targets are not supported: {what} has "
        f"{values.shape[1]} columns; pass one column of labels{also}."
    )


def _refuse_quantities(values: NDArray[Any], what: str) -> None:
    if values.dtype.kind == "c":
        msg = f"Complex data not supported: {what} holds complex numbers."
        raise ValueError(msg)
    if values.dtype.kind != "f":
        return
    known = values[~np.isnan(values)]
    if np.isinf(known).any():
        msg = (
            f"{what} holds infinite values, which are not labels (Input y contains "
            "infinity)."
        )
        raise ValueError(msg)
    if (known != np.floor(known)).any():
        msg = (
            f"{what} holds fractions such as "
            f"{float(known[known != np.floor(known)][0])!r}: a quantity, not classes. "
            "Choose another column, or bin the values into classes first (Unknown "
            "label type: continuous)."
        )
        raise ValueError(msg)


def check_weight(sample_weight: Any, n_rows: int) -> NDArray[np.float64] | None:
    """Return weights as floats; they must be finite, non-negative, and not all zero."""
    if sample_weight is None:
        return None
    try:
        weight = _floats(np.asarray(_unmasked(sample_weight)))
    except (TypeError, ValueError) as error:
        msg = f"sample_weight must hold a number for each row: {error}."
        raise ValueError(msg) from error
    _check_shape(weight, n_rows, "sample_weight")
    refuse_weights(count_odd_weights(weight), has_weight=bool(weight.any()))
    return weight


def _floats(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return numbers as floats; raise TypeError for values that NumPy would convert."""
    kind = values.dtype.kind
    is_text = kind == "O" and any(
        isinstance(cell, (str, bytes)) for cell in values.flat
    )
    if kind in "USmMcV" or is_text:
        first = np.asarray(values.flat[:1]).tolist()
        msg = f"got values such as {first}"
        raise TypeError(msg)
    return np.asarray(values, dtype=np.float64)


def scaled_weight(weight: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return weights times a power of 2, so that the largest is in [0.5, 1).

    This is for sums of which only proportions matter: no sum overflows or underflows,
    however large or small the weights are, and no precision is lost.
    """
    _, exponent = np.frexp(weight.max(initial=0.0))
    return np.asarray(np.ldexp(weight, -exponent), dtype=np.float64)


def count_odd_weights(weight: NDArray[np.float64]) -> int:
    """Return the number of weights that are negative or not finite."""
    return int((~np.isfinite(weight) | (weight < 0)).sum())


def refuse_weights(n_odd: int, *, has_weight: bool) -> None:
    """Raise ValueError if weights are negative or not finite, or if all are zero."""
    if n_odd:
        msg = (
            "sample_weight must be finite and not negative; it has "
            f"{n_odd} other values."
        )
        raise ValueError(msg)
    if not has_weight:
        msg = (
            "sample_weight is zero in every row; at least one weight must be positive."
        )
        raise ValueError(msg)


def check_groups(groups: Any, n_rows: int) -> Codes | None:
    """Return group codes in order of first appearance."""
    if groups is None:
        return None
    values = _as_array(groups)
    _check_shape(values, n_rows, "groups")
    codes, _ = factorize(values, "groups")
    refuse_missing_groups(int((codes < 0).sum()))
    return codes.astype(np.intp)


def refuse_missing_groups(n_missing: int) -> None:
    """Raise ValueError if rows have no group."""
    if n_missing:
        msg = (
            f"groups has missing values, in {n_missing} rows; replace them with a "
            "separate group."
        )
        raise ValueError(msg)


def _check_shape(values: NDArray[Any], n_rows: int, what: str) -> None:
    """Raise ValueError unless there is one value for each row."""
    if values.ndim != 1:
        msg = f"{what} must have one dimension, not the shape {values.shape}."
        raise ValueError(msg)
    if len(values) != n_rows:
        raise of_length(len(values), n_rows, what)


def of_length(length: int, n_rows: int, what: str) -> ValueError:
    """Return the error for ``what``, whose length differs from that of ``X``."""
    return ValueError(
        "Found input variables with inconsistent numbers of samples: X has "
        f"{n_rows} rows, {what} has {length}."
    )
