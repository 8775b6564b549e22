r"""One identity, and its empirical form.

A learner that saw classes in shares q, where those wanted are t, gives probabilities of the
world q. Those of the world t follow by adding to the logarithm of each,

.. math:: \log p_t(k \mid x) = \log p_q(k \mid x) + \log t_k - \log q_k + const.

The offsets need not come from the formula: they can be fitted to labels.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, check_cv

from imbsuite._random import draw_seed

__all__ = [
    "add_offsets",
    "fit_offsets",
    "in_columns",
    "log_ratio",
    "out_of_fold",
    "share_of",
]

Floats = NDArray[np.floating[Any]]
Codes = NDArray[np.intp]
_TINY = 1e-15


def add_offsets(probability: Floats, offset: Floats) -> Floats:
    """Return probabilities whose logarithms are moved by ``offset``, rows summing to 1.

    Parameters
    ----------
    probability : ndarray of shape (n_rows, n_classes)
        0 and 1 are moved in by 1e-15: a certainty could not be corrected otherwise, and
        models that are certain (trees that memorize) are those in need of correction.
    offset : ndarray of shape (n_classes,)
    """
    scores = np.log(np.maximum(probability, _TINY)) + offset
    moved: Floats = np.exp(scores - logsumexp(scores, axis=1, keepdims=True))
    return moved


def log_ratio(target: Floats, source: Floats) -> Floats:
    """Return log t - log q, moved so that the first is 0; 0 where both are 0."""
    both = (np.asarray(target) > 0) & (np.asarray(source) > 0)
    ratio = np.log(np.where(both, target, 1.0)) - np.log(np.where(both, source, 1.0))
    return np.asarray(ratio - ratio[0])


def fit_offsets(probability: Floats, y: Codes, weight: Floats | None = None) -> Floats:
    r"""Return the offsets that make the labels most likely, the first 0.

    .. math:: \max_b \sum_i w_i \log p_{b}(y_i \mid x_i)

    A concave problem of K - 1 numbers: a multinomial regression with the logarithms of
    the probabilities as known part.

    Parameters
    ----------
    probability : ndarray of shape (n_rows, n_classes)
        Of rows that the model was not fitted on.
    y : ndarray of shape (n_rows,), int
        Columns of ``probability``; each comes at least once.
    weight : ndarray of shape (n_rows,), default=None
    """
    n, k = probability.shape
    scores = np.log(np.maximum(probability, _TINY))
    w: Floats = np.full(n, 1 / n) if weight is None else weight / weight.sum()
    wanted = np.asarray(np.bincount(y, w, minlength=k), dtype=np.float64)

    def loss(free: Floats) -> tuple[float, Floats]:
        moved = scores + np.append(0.0, free)
        norm = logsumexp(moved, axis=1)
        expected = w @ np.exp(moved - norm[:, np.newaxis])
        value = w @ (norm - moved[np.arange(n), y])
        return float(value), (expected - wanted)[1:]

    start = log_ratio(wanted, w @ probability)[1:]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"gtol": 1e-9})
    return np.append(0.0, found.x)


def share_of(y: Codes, n_classes: int, weight: Floats | None = None) -> Floats:
    """Return each class's share of the rows, by weight."""
    sums = np.bincount(y, weight, minlength=n_classes)
    return np.asarray(sums / sums.sum())


def out_of_fold(
    predict: Callable[[Codes, Codes], Floats],
    y: Codes,
    n_classes: int,
    *,
    cv: Any,
    rng: np.random.Generator,
    groups: Any = None,
) -> Floats | None:
    """Return probabilities of rows that were not fitted on, (n_rows, n_classes).

    Parameters
    ----------
    predict : callable of (train, test)
        Positions in, probabilities of ``test`` out.
    y : ndarray of shape (n_rows,), int
    n_classes : int
    cv : int, splitter or iterable
        Folds. Where a class has fewer rows (or groups) than an int says, so many, with a
        warning.
    rng : Generator
    groups : array-like of shape (n_rows,), default=None
        Never on both sides of a fold.

    Returns
    -------
    ndarray, or None where a class has a single row (or group)
    """
    splitter = _splitter(y, cv, rng, groups)
    if splitter is None:
        return None
    found = np.empty((len(y), n_classes))
    for train, test in splitter.split(np.empty((len(y), 0)), y, groups):
        found[test] = predict(train, test)
    return found


def _splitter(y: Codes, cv: Any, rng: np.random.Generator, groups: Any) -> Any:
    """Return a splitter, with as many folds as the rarest class allows."""
    if not isinstance(cv, Integral):
        return check_cv(cv, y, classifier=True)
    folds = min(int(cv), _fewest(y, groups))
    if folds < int(cv):
        so = f"{folds} folds are used" if folds > 1 else "no fold can be made"
        msg = f"A class has too few rows or groups for cv={cv}: {so}."
        warnings.warn(msg, UserWarning, stacklevel=4)
    if folds < 2:
        return None
    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    return kind(folds, shuffle=True, random_state=draw_seed(rng))


def _fewest(y: Codes, groups: Any) -> int:
    if groups is None:
        return int(np.bincount(y).min())
    values = np.unique(np.asarray(groups), return_inverse=True)[1]
    return min(len(np.unique(values[y == k])) for k in range(y.max() + 1))


def in_columns(probability: Floats, classes: Any, known: Any) -> Floats:
    """Return probabilities with a column for each of ``known``, 0 for those not seen."""
    out = np.zeros((len(probability), len(known)))
    out[:, np.searchsorted(known, classes)] = probability
    return out
