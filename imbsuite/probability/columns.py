"""Validation of the probabilities that estimators return.

Rows that are not probabilities raise an error, because thresholds and guarantees are
meaningless for them. Two columns that do not sum to 1 raise an error, too, because an
estimator might fill only one of them. More than two columns that do not sum to 1 are
divided by their sum, with a warning.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import _num_samples

from imbsuite._types import Codes, Floats, Mask
from imbsuite._warning import warn
from imbsuite._wrapping import name_of

_ROUNDING = 1e-6  # values this far below 0 or above 1 are clipped
_SUM = 1e-3  # float16 probabilities sum to 1 within half of this


def probability_of(
    estimator: Any,
    X: Any,
    known: Any = None,
    *,
    rows: Codes | None = None,
    options: Mapping[str, Any] | None = None,
) -> Floats:
    """Return ``estimator.predict_proba(X)`` after validation.

    Parameters
    ----------
    estimator : fitted classifier
    X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
    known : ndarray of shape (n_classes,), default=None
        The class of each column to return; columns of classes that are not in
        ``estimator.classes_`` are 0. None: ``estimator.classes_``.
    rows : ndarray of shape (n_rows,), default=None
        Positions of the rows of X in the user's table, for messages.
    options : mapping, default=None
        Other arguments of ``predict_proba``.

    Raises
    ------
    ValueError
        If the estimator has no ``classes_``, or if the result is not a row of
        probabilities for each row of X, with a column for each of ``classes_``. The
        message names the estimator and the first invalid row.
    """
    whose = name_of(estimator)
    classes = getattr(estimator, "classes_", None)
    if classes is None:
        msg = (
            f"{whose} has no classes_, so the classes of the columns of its predict_proba "
            "are unknown. Set classes_ in its fit."
        )
        raise ValueError(msg)
    classes = np.asarray(classes)
    whose = f"{whose}.predict_proba"
    raw = columns_of(estimator.predict_proba(X, **options or {}), classes, whose)
    probability = check_probability(
        raw, (_num_samples(X), len(classes)), whose=whose, rows=rows
    )
    return probability if known is None else in_columns(probability, classes, known)


def columns_of(probability: Any, classes: NDArray[Any], whose: str) -> NDArray[Any]:
    """Return probabilities as an array; a dataframe's columns in the order of ``classes``.

    Columns whose names are not the classes are taken by position.

    Raises
    ------
    ValueError
        If they are not real numbers.
    """
    names, labels = list(getattr(probability, "columns", ())), classes.tolist()
    if np.iscomplexobj(probability):
        msg = f"{whose} must be real numbers. Got complex ones instead."
        raise ValueError(msg)
    if np.ma.isMaskedArray(probability):
        # Masked entries are missing values.
        masked = np.ma.asarray(probability, dtype=np.float64)
        probability = np.ma.filled(masked, np.nan)
    try:
        array = np.asarray(probability, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = f"{whose} must be numbers: {error}"
        raise ValueError(msg) from error
    if len(names) == len(labels) and set(names) == set(labels):
        array = array[:, [names.index(label) for label in labels]]
    return array


def check_probability(
    probability: NDArray[Any],
    shape: tuple[int, int],
    *,
    whose: str,
    rows: Codes | None = None,
) -> Floats:
    """Return validated probabilities, with rounding errors clipped.

    With more than two classes, rows that do not sum to 1 are treated as scores of each
    class against the rest (as returned by the "one versus all" objectives of LightGBM
    and CatBoost): they are divided by their sum, as in scikit-learn's
    OneVsRestClassifier, with a warning.

    Parameters
    ----------
    probability : ndarray
    shape : tuple of int
        The numbers of rows and of classes.
    whose : str
        The method that returned them, for messages.
    rows : ndarray of shape (n_rows,), default=None
        Positions of the rows in the user's table, for messages.

    Raises
    ------
    ValueError
        If the shape is wrong; if a number is missing, infinite, or outside [0, 1] by
        more than 1e-6; if a row is all zero or, with two classes, does not sum to 1
        (within 1e-3).
    """
    if probability.shape != shape:
        msg = (
            f"{whose} must be an array of shape {shape}: {shape[0]} rows, and a "
            f"column for each of {shape[1]} classes. Got {probability.shape} instead."
        )
        raise ValueError(msg)
    if not probability.size:
        return probability
    least, most = float(probability.min()), float(probability.max())
    # A matrix product, because NumPy takes 20 times as long to sum short rows.
    total = probability @ np.ones(shape[1])
    has_sum = np.abs(total - 1.0) <= _SUM
    valid = has_sum if shape[1] <= 2 else total > _ROUNDING
    # Comparisons with NaN are False.
    if not (least >= -_ROUNDING and most <= 1 + _ROUNDING and valid.all()):
        raise ValueError(_first_fault(probability, valid, whose, rows))
    if least < 0 or most > 1:
        probability = probability.clip(0.0, 1.0)
    if not has_sum.all():
        msg = (
            f"{whose} has rows that do not sum to 1, such as row {int(has_sum.argmin())}. "
            "They are taken as scores of each class against the rest, and divided by "
            "their sum."
        )
        warn(msg)
        probability = probability / probability.sum(axis=1, keepdims=True)
    return probability


def _first_fault(
    probability: Floats, valid: Mask, whose: str, rows: Codes | None
) -> str:
    near = (probability >= -_ROUNDING) & (probability <= 1 + _ROUNDING)
    bounded: Mask = np.asarray(near.all(axis=1))
    first = int(np.argmin(bounded & valid))
    place = first if rows is None else int(rows[first])
    wanted = "sum to 1" if bounded[first] else "are finite and lie between 0 and 1"
    row = probability[first].tolist()
    return (
        f"{whose} must be probabilities that {wanted}. Got {row} in row {place} "
        "instead."
    )


def in_columns(probability: Floats, classes: Any, known: Any) -> Floats:
    """Return probabilities with a column for each of ``known`` (0 for absent classes).

    Parameters
    ----------
    probability : ndarray of shape (n_rows, n_seen)
    classes : array-like of shape (n_seen,)
        The classes of its columns, in any order.
    known : array-like of shape (n_classes,)
        In any order.

    Raises
    ------
    ValueError
        If one of ``classes`` is not in ``known``.
    """
    if np.array_equal(classes, known):
        return probability
    out = np.zeros((len(probability), len(known)))
    out[:, codes_of(classes, known)] = probability
    return out


def codes_of(labels: Any, known: Any) -> Codes:
    """Return the positions of ``labels`` in ``known``, which may be in any order.

    Raises
    ------
    ValueError
        If a label is not in ``known``.
    """
    labels, known = np.asarray(labels), np.asarray(known)
    order = np.argsort(known, kind="stable")
    place = np.searchsorted(known, labels, sorter=order)
    codes: Codes = order[np.minimum(place, len(known) - 1)]
    unknown: Mask = np.ones(len(labels), dtype=bool)
    with contextlib.suppress(TypeError):  # strings cannot be compared with numbers
        np.not_equal(known[codes], labels, out=unknown)
    if unknown.any():
        msg = (
            f"The labels {np.unique(labels[unknown]).tolist()} are not among the classes "
            f"{known.tolist()}."
        )
        raise ValueError(msg)
    return codes
