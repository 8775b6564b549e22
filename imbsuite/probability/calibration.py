"""Calibration of the probabilities of one class: intercept and slope."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit
from sklearn.linear_model import LogisticRegression

from imbsuite._types import Floats
from imbsuite.probability.offsets import fit_offsets

_EPS = float(np.finfo(np.float64).eps)


def calibration_intercept(
    is_positive: NDArray[np.bool_],
    probability: Floats,
    sample_weight: Floats | None = None,
) -> float:
    r"""Return a in :math:`logit P(y = 1) = a + logit(p)`: 0 if p is calibrated on average.

    Below 0, the class is less frequent than the probabilities suggest. NaN if one class
    is missing.

    Parameters
    ----------
    is_positive : ndarray of shape (n_rows,), bool
    probability : ndarray of shape (n_rows,)
    sample_weight : ndarray of shape (n_rows,), default=None
        Positive.
    """
    if len(np.unique(is_positive)) < 2:
        return np.nan
    p = probability.clip(_EPS, 1 - _EPS)
    pair = np.column_stack([1 - p, p])
    return float(fit_offsets(pair, is_positive.astype(np.intp), sample_weight)[1])


def calibration_slope(
    is_positive: NDArray[np.bool_],
    probability: Floats,
    sample_weight: Floats | None = None,
) -> float:
    r"""Return b in :math:`logit P(y = 1) = a + b\,logit(p)`: 1 if p is calibrated.

    Below 1, probabilities are too extreme. NaN if one class is missing, if the
    probabilities separate the classes (b would be infinite), or if all are equal.

    Parameters
    ----------
    is_positive : ndarray of shape (n_rows,), bool
    probability : ndarray of shape (n_rows,)
    sample_weight : ndarray of shape (n_rows,), default=None
        Positive.

    References
    ----------
    Van Calster et al. A calibration hierarchy for risk models was defined: from utopia to
    empirical data. Journal of Clinical Epidemiology 74 (2016), 167-176,
    :doi:`10.1016/j.jclinepi.2015.12.005`.
    """
    x = logit(probability.clip(_EPS, 1 - _EPS))
    yes, no = x[is_positive], x[~is_positive]
    if not len(yes) or not len(no) or yes.min() >= no.max() or yes.max() <= no.min():
        return np.nan
    spread = x.std()
    scaled = (x / spread)[:, np.newaxis]
    model = LogisticRegression(C=np.inf, max_iter=1000)
    model.fit(scaled, is_positive, sample_weight)
    return float(model.coef_[0, 0] / spread)
