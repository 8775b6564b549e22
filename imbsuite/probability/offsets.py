r"""Offsets that move probabilities from one class prior to another.

A classifier fitted under the prior q predicts probabilities under q. Adding an offset
to each logarithm gives probabilities under the prior t,

.. math:: \log p_t(k \mid x) = \log p_q(k \mid x) + \log t_k - \log q_k + const.

The offsets can also be fitted to labels, without knowing q.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax

from imbsuite._table import scaled_weight
from imbsuite._types import Codes, Floats

_TINY = 1e-15


def add_offsets(probability: Floats, offset: Floats) -> Floats:
    """Return probabilities whose logarithms are shifted by ``offset``; rows sum to 1.

    Parameters
    ----------
    probability : ndarray of shape (n_rows, n_classes)
        Values below 1e-15 are raised to 1e-15: an offset cannot change a probability of
        0 or 1, and overconfident models (trees that memorize) need the correction most.
    offset : ndarray of shape (n_classes,)
    """
    scores = np.log(np.maximum(probability, _TINY)) + offset
    moved: Floats = np.exp(scores - logsumexp(scores, axis=1, keepdims=True))
    return moved


def log_ratio(target: Floats, source: Floats) -> Floats:
    """Return log t - log q (0 if either is 0), shifted so that the first entry is 0."""
    both = (np.asarray(target) > 0) & (np.asarray(source) > 0)
    ratio = np.log(np.where(both, target, 1.0)) - np.log(np.where(both, source, 1.0))
    return np.asarray(ratio - ratio[0])


def fit_offsets(probability: Floats, y: Codes, weight: Floats | None = None) -> Floats:
    r"""Return the maximum-likelihood offsets, with a first entry of 0.

    .. math:: \max_b \sum_i w_i \log p_{b}(y_i \mid x_i)

    This is a concave problem in K - 1 variables: a multinomial regression with the
    logarithms of the probabilities as a fixed offset.

    Parameters
    ----------
    probability : ndarray of shape (n_rows, n_classes)
        Predictions for rows that the model was not fitted on.
    y : ndarray of shape (n_rows,), int
        Columns of ``probability``; each occurs at least once.
    weight : ndarray of shape (n_rows,), default=None
    """
    n, k = probability.shape
    if k == 1:
        return np.zeros(1)
    scores = np.log(np.maximum(probability, _TINY))
    scaled = np.ones(n) if weight is None else scaled_weight(weight)
    w = scaled / scaled.sum()
    wanted = np.asarray(np.bincount(y, w, minlength=k), dtype=np.float64)

    def moved(free: Floats) -> Floats:
        return scores + np.append(0.0, free)

    def loss(free: Floats) -> tuple[float, Floats]:
        logits = moved(free)
        norm = logsumexp(logits, axis=1)
        expected = w @ np.exp(logits - norm[:, np.newaxis])
        value = w @ (norm - logits[np.arange(n), y])
        return float(value), (expected - wanted)[1:]

    def curvature(free: Floats) -> Floats:
        share = softmax(moved(free), axis=1)[:, 1:]
        return np.asarray(np.diag(w @ share) - (share.T * w) @ share)

    start = log_ratio(wanted, w @ probability)[1:]
    # Newton steps: a quasi-Newton method stops at a relative change of the loss, which
    # leaves the shares wrong in the fifth digit.
    solution = minimize(
        loss,
        start,
        jac=True,
        hess=curvature,
        method="trust-exact",
        options={"gtol": 1e-9},
    )
    return np.append(0.0, solution.x)


def class_sums(y: Codes, n_classes: int, weight: Floats | None = None) -> Floats:
    """Return rows per class, or with weights, numbers proportional to their sums."""
    w = None if weight is None else scaled_weight(weight)
    sums = np.bincount(y, w, minlength=n_classes)
    return np.asarray(sums, dtype=np.float64)
