"""Metrics for ordered classes, for use with ``make_scorer``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_consistent_length

from imbsuite._table import single_target
from imbsuite.ordinal._base import order_of_labels, scaled_weights_of
from imbsuite.probability.columns import check_probability, codes_of, columns_of


def ranked_probability_score(
    y_true: Any, y_proba: Any, *, categories: Any = None, sample_weight: Any = None
) -> float:
    r"""Return the mean squared error of cumulative probabilities; 0 is perfect.

    .. math:: \frac1{K - 1} \sum_{k<K} \bigl(P(Y \le k) - 1[y \le k]\bigr)^2

    Probability far from the true class costs more than probability near it. With two
    classes, the score is the Brier score.

    Parameters
    ----------
    y_true : array-like of shape (n_rows,)
    y_proba : array-like of shape (n_rows, n_classes)
        Columns in the order of the sorted labels, as returned by scikit-learn's
        classifiers. With two classes, also of shape (n_rows,): the probability of the
        second class, as passed by scikit-learn's scorers.
    categories : array-like of shape (n_classes,), default=None
        All labels, in order. None: the order of an ordered categorical, else sorted.
        ``y_true`` may hold codes of string labels, as in the estimators.
    sample_weight : array-like of shape (n_rows,), default=None

    Returns
    -------
    float
        From 0 to 1; lower is better.

    Raises
    ------
    ValueError
        If shapes do not match, labels have no order, or ``y_proba`` holds rows that are
        not probabilities.

    References
    ----------
    Epstein. A scoring system for probability forecasts of ranked categories. Journal of
    Applied Meteorology 8 (1969), 985-987,
    :doi:`10.1175/1520-0450(1969)008<0985:ASSFPF>2.0.CO;2`.

    Examples
    --------
    >>> from imbsuite.ordinal import ranked_probability_score
    >>> ranked_probability_score([0, 1, 2], [[1, 0, 0], [0, 1, 0], [0.5, 0.5, 0]])
    0.20833333333333334
    """
    y = single_target(y_true)
    _refuse_empty(y)
    if np.ndim(y_proba) == 1:
        second = np.asarray(y_proba, dtype=np.float64)
        y_proba = np.column_stack([1 - second, second])
    order = order_of_labels(y_true, y, categories)
    if categories is None and len(order) != np.shape(y_proba)[-1]:
        # Drop unused categories of a categorical: the model has no columns for them.
        order = [label for label in order if label in y]
    proba = columns_of(y_proba, np.asarray(sorted(order)), "y_proba")
    if proba.shape != (len(y), len(order)):
        msg = (
            f"y_proba must be of shape ({len(y)}, {len(order)}), with a column for each of "
            f"the classes {order}. Got {proba.shape} instead. Pass categories if y_true "
            "lacks a class."
        )
        raise ValueError(msg)
    proba = check_probability(proba, proba.shape, whose="y_proba")
    columns = [sorted(order).index(label) for label in order]
    below = proba[:, columns].cumsum(axis=1)[:, :-1]
    truth = codes_of(y.tolist(), order)[:, np.newaxis] <= np.arange(len(order) - 1)
    each = np.square(below - truth).mean(axis=1)
    return float(np.average(each, weights=scaled_weights_of(sample_weight, len(y))))


def macro_averaged_absolute_error(
    y_true: Any, y_pred: Any, *, categories: Any = None, sample_weight: Any = None
) -> float:
    r"""Return the mean absolute error in ranks, averaged over the true classes.

    .. math:: \frac1K \sum_k \frac1{n_k} \sum_{i: y_i = k} |\hat y_i - k|

    Every class has the same weight, no matter how rare. Classes without rows are left
    out.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_rows,)
    categories : array-like of shape (n_classes,), default=None
        All labels, in order. None: the order of an ordered categorical, else sorted.
        Labels may be codes of string labels, as in the estimators.
    sample_weight : array-like of shape (n_rows,), default=None

    Returns
    -------
    float
        At least 0; lower is better.

    Raises
    ------
    ValueError
        If labels have no order.

    References
    ----------
    Baccianella, Esuli, Sebastiani. Evaluation measures for ordinal regression. ISDA
    2009, 283-287, :doi:`10.1109/ISDA.2009.230`.

    Examples
    --------
    >>> from imbsuite.ordinal import macro_averaged_absolute_error
    >>> macro_averaged_absolute_error([0, 0, 0, 2], [0, 0, 0, 0], categories=[0, 1, 2])
    1.0
    """
    true, predicted = single_target(y_true), single_target(y_pred)
    check_consistent_length(true, predicted)
    _refuse_empty(true)
    order = order_of_labels(y_true, np.append(true, predicted), categories)
    place = codes_of(true.tolist(), order)
    error = np.abs(place - codes_of(predicted.tolist(), order)).astype(np.float64)
    weight = scaled_weights_of(sample_weight, len(error))
    sums, counts = np.bincount(place, weight * error), np.bincount(place, weight)
    return float((sums[counts > 0] / counts[counts > 0]).mean())


def _refuse_empty(y_true: NDArray[Any]) -> None:
    if not len(y_true):
        msg = "Found array with 0 sample(s): y_true has no rows."
        raise ValueError(msg)
