r"""Losses of labels, from models that were not fitted on the rows.

.. math:: \ell_i = -\log \max(p_i, 10^{-4})

with p the out-of-fold probability of the row's own label. Rare rows have high losses
whether or not their labels are right, so losses are compared within a class only.
"""

from __future__ import annotations

import numpy as np

from imbsuite._table import scaled_weight
from imbsuite._types import Codes, Floats
from imbsuite.probability.predicted import OutOfFold

_LEAST = 1e-4
_ROUNDING = 1e-12


def mean_by_row(out_of_fold: OutOfFold, n_rows: int) -> Floats:
    """Return the mean prediction for each row, (n_rows, n_classes).

    NaN for rows that are in no test part; a row may be in several.
    """
    sums = np.zeros((n_rows, out_of_fold.probability.shape[1]))
    np.add.at(sums, out_of_fold.rows, out_of_fold.probability)
    times = np.bincount(out_of_fold.rows, minlength=n_rows)[:, np.newaxis]
    return np.divide(sums, times, out=np.full(sums.shape, np.nan), where=times > 0)


def of_own_label(probability: Floats, codes: Codes) -> Floats:
    """Return the probability of the label of each row, (n_rows,)."""
    return np.asarray(probability[np.arange(len(codes)), codes])


def means_by_class(values: Floats, codes: Codes, weight: Floats | None) -> Floats:
    """Return for each row the mean of its class, (n_rows,).

    NaN values are ignored. The mean of a class with zero weight is NaN.
    """
    known = ~np.isnan(values)
    w = known.astype(np.float64)
    if weight is not None:
        w *= scaled_weight(weight)
    sums = np.bincount(codes, w * np.where(known, values, 0.0))
    totals = np.bincount(codes, w)
    means = np.divide(sums, totals, out=np.full(len(sums), np.nan), where=totals > 0)
    return np.asarray(means[codes])


def standardized_losses(
    own: Floats, codes: Codes, weight: Floats | None = None
) -> Floats:
    """Return the losses in standard deviations from the mean of their class, (n_rows,).

    Parameters
    ----------
    own : ndarray of shape (n_rows,)
        Out-of-fold probabilities of the rows' own labels; NaN if there are none.
    codes : ndarray of shape (n_rows,), int
    weight : ndarray of shape (n_rows,), default=None
        Means and standard deviations are weighted, so that a weight counts as copies.

    Returns
    -------
    ndarray of shape (n_rows,)
        0 in a class in which all losses are equal; NaN where ``own`` is NaN.
    """
    loss = -np.log(np.maximum(own, _LEAST))
    mean = means_by_class(loss, codes, weight)
    deviation = np.sqrt(means_by_class((loss - mean) ** 2, codes, weight))
    # Rounding gives equal losses a standard deviation of about 1e-16.
    varies = deviation > _ROUNDING * (1 + mean)
    equal = np.where(np.isnan(loss), np.nan, 0.0)
    return np.divide(loss - mean, deviation, out=equal, where=varies)
