"""The one gate for probabilities: checked, with a column for each class."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import _num_samples

from imbsuite._types import Codes, Floats
from imbsuite._warning import warn
from imbsuite._wrapping import name_of

__all__ = [
    "check_probability",
    "codes_of",
    "columns_of",
    "in_columns",
    "probability_of",
]

_ROUNDING = 1e-6  # so far below 0 or above 1 is clipped
_SUM = 1e-3  # half-precision numbers add up to 1 within half of this


def probability_of(
    estimator: Any, X: Any, known: Any = None, *, rows: Codes | None = None
) -> Floats:
    """Return ``estimator.predict_proba(X)``, checked.

    Parameters
    ----------
    estimator : fitted classifier
    X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
    known : ndarray of shape (n_classes,), default=None
        The class of each column that is returned, 0 for those the estimator does not
        know. None: those of ``estimator.classes_``, in its order.
    rows : ndarray of shape (n_rows,), default=None
        Where the rows of X are in the user's table, for the error.

    Raises
    ------
    ValueError
        If the result is not one row of probabilities for each row of X, with a column
        for each of ``classes_``; the error names the estimator and the first such row.
    """
    whose = name_of(estimator)
    classes = getattr(estimator, "classes_", None)
    if classes is None:
        msg = (
            f"{whose} has no classes_, so it is not known which class each column of its "
            "predict_proba belongs to; set classes_ in its fit."
        )
        raise ValueError(msg)
    classes = np.asarray(classes)
    whose = f"{whose}.predict_proba"
    given = columns_of(estimator.predict_proba(X), classes, whose)
    found = check_probability(
        given, (_num_samples(X), len(classes)), whose=whose, rows=rows
    )
    return found if known is None else in_columns(found, classes, known)


def columns_of(given: Any, classes: NDArray[Any], whose: str) -> NDArray[Any]:
    """Return probabilities as an array; a dataframe's columns in the order of ``classes``.

    Columns that are named otherwise than the classes are taken by their positions.

    Raises
    ------
    ValueError
        If they are no numbers.
    """
    names, labels = list(getattr(given, "columns", ())), classes.tolist()
    if np.iscomplexobj(given):
        msg = f"{whose} must be real numbers. Got complex ones instead."
        raise ValueError(msg)
    if np.ma.isMaskedArray(given):
        # What is masked is missing.
        given = np.ma.filled(np.ma.asarray(given, dtype=np.float64), np.nan)
    try:
        found = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = f"{whose} must be numbers: {error}"
        raise ValueError(msg) from error
    if len(names) == len(labels) and set(names) == set(labels):
        found = found[:, [names.index(label) for label in labels]]
    return found


def check_probability(
    given: NDArray[Any],
    shape: tuple[int, int],
    *,
    whose: str,
    rows: Codes | None = None,
) -> Floats:
    """Return probabilities, refused unless every row has some; rounding is clipped.

    With more than two classes, rows that do not sum to 1 are scores of each class against
    the rest (as LightGBM's and CatBoost's "one versus all" give them): they are divided by
    their sum, as scikit-learn's OneVsRestClassifier does, with a warning. With two, such a
    row does not say which of them to believe.

    Parameters
    ----------
    given : ndarray
    shape : tuple of int
        The number of rows, and that of the classes.
    whose : str
        Whose they are, for the error.
    rows : ndarray of shape (n_rows,), default=None
        Where they are in the user's table, for the error.

    Raises
    ------
    ValueError
        If the shape is another; if a number is missing, infinite, or outside [0, 1] by
        more than 1e-6; if a row is all zero or, of two classes, does not sum to 1
        (within 1e-3).
    """
    if given.shape != shape:
        msg = (
            f"{whose} has the shape {given.shape}, but {shape[0]} rows with one column "
            f"for each of {shape[1]} classes are needed."
        )
        raise ValueError(msg)
    if not given.size:
        return given
    least, most = float(given.min()), float(given.max())
    total = given.sum(axis=1)
    has_sum = np.abs(total - 1.0) <= _SUM
    fine = has_sum if shape[1] <= 2 else total > _ROUNDING
    # Comparisons with NaN are False.
    if not (least >= -_ROUNDING and most <= 1 + _ROUNDING and fine.all()):
        raise ValueError(_what_is_wrong(given, fine, whose, rows))
    found = given.clip(0.0, 1.0) if least < 0 or most > 1 else given
    if not has_sum.all():
        msg = (
            f"{whose} has rows that do not sum to 1, such as row {int(has_sum.argmin())}: "
            "each is divided by its sum, as scores of single classes are."
        )
        warn(msg)
        found = found / found.sum(axis=1, keepdims=True)
    return found


def _what_is_wrong(
    given: Floats, fine: NDArray[np.bool_], whose: str, rows: Codes | None
) -> str:
    near = (given >= -_ROUNDING) & (given <= 1 + _ROUNDING)
    bounded: NDArray[np.bool_] = np.asarray(near.all(axis=1))
    first = int(np.argmin(bounded & fine))
    place = first if rows is None else int(rows[first])
    wanted = "sum to 1" if bounded[first] else "be finite and lie between 0 and 1"
    row = given[first].tolist()
    return f"{whose} has {row} in row {place}, no probabilities: they must {wanted}."


def in_columns(probability: Floats, classes: Any, known: Any) -> Floats:
    """Return probabilities with a column for each of ``known``, 0 for those not seen.

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
        If one of ``classes`` is not known.
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
        If there is a label that is not known.
    """
    labels, known = np.asarray(labels), np.asarray(known)
    order = np.argsort(known, kind="stable")
    place = np.searchsorted(known, labels, sorter=order)
    codes: Codes = order[np.minimum(place, len(known) - 1)]
    strange: NDArray[np.bool_] = np.ones(len(labels), dtype=bool)
    with contextlib.suppress(TypeError):  # words here, numbers there
        np.not_equal(known[codes], labels, out=strange)
    if strange.any():
        msg = (
            f"The labels {np.unique(labels[strange]).tolist()} are not among the classes "
            f"{known.tolist()}."
        )
        raise ValueError(msg)
    return codes
