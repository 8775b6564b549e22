"""The units of the columns in which a linear model is penalized."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from sklearn.utils.sparsefuncs import mean_variance_axis

from imbsuite._types import Floats


class Units(NamedTuple):
    """The scale and the center of each column, 1 and 0 if they are unchanged."""

    scale: Floats
    center: Floats


def standardize(X: Any, weight: Floats) -> tuple[Any, Units]:
    """Return a copy with columns of variance 1 and, if dense, of mean 0; and its units.

    Variances and means are weighted. Constant columns keep their scale.

    Parameters
    ----------
    X : {ndarray, sparse matrix} of shape (n_rows, n_columns)
    weight : ndarray of shape (n_rows,)

    Raises
    ------
    ValueError
        If squares of a column overflow.
    """
    share = weight / weight.sum()
    with np.errstate(over="ignore", invalid="ignore"):
        if sp.issparse(X):
            mean, variance = mean_variance_axis(X, axis=0, weights=share)
        else:
            mean = share @ X
            Z = X - mean
            variance = np.einsum("i,ij,ij->j", share, Z, Z)
        scale = np.sqrt(variance)
    if not np.isfinite(scale).all():
        msg = (
            f"The numbers in column {int(np.isfinite(scale).argmin())} have squares that "
            "overflow. Use another unit."
        )
        raise ValueError(msg)
    # The standard deviation of a constant column may be a rounding error.
    scale[scale <= len(share) * np.finfo(float).eps * np.abs(mean)] = 1.0
    if sp.issparse(X):
        return X.multiply(1 / scale).tocsr(), Units(scale, np.zeros_like(mean))
    Z /= scale
    return Z, Units(scale, mean)


def as_it_is(X: Any) -> tuple[Any, Units]:
    """Return ``X`` unchanged, and its units."""
    return X, Units(np.ones(X.shape[1]), np.zeros(X.shape[1]))
