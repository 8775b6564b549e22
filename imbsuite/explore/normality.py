"""Tests of RCAL's assumption that classes are Gaussian."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from imbsuite._table import check_table

__all__ = ["class_normality"]


def class_normality(X: Any, y: Any) -> pd.DataFrame:
    r"""Measure how far the numeric columns of each class are from a Gaussian.

    Mardia's measures are computed on rows without missing values. With
    :math:`g_{ij} = (x_i - \bar x)^T S^{-1} (x_j - \bar x)`,

    .. math:: b_1 = \frac{1}{n^2} \sum_{ij} g_{ij}^3, \quad
              b_2 = \frac{1}{n} \sum_i g_{ii}^2

    For a Gaussian, :math:`n b_1 / 6` is asymptotically chi-squared with d(d+1)(d+2)/6
    degrees of freedom, and :math:`(b_2 - d(d+2)) / \sqrt{8 d (d+2) / n}` is asymptotically
    standard normal.

    Parameters
    ----------
    X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
    y : array-like of shape (n_rows,)

    Returns
    -------
    DataFrame
        A row for each class, the largest first: "class", "rows" (without missing values),
        "columns" (that vary within the class), "skewness" (b1), "skewness_p",
        "kurtosis" (b2 minus its value for a Gaussian), "kurtosis_z". The measures are NaN
        if a class does not have more rows than columns.

    Raises
    ------
    ValueError, TypeError
        If the input is invalid.

    Notes
    -----
    A small p-value is evidence against a single Gaussian. Negative kurtosis indicates
    several clusters (:class:`~imbsuite.SubclassSampler` splits a class into clusters);
    large positive kurtosis indicates outliers or heavy tails. Large classes fail any
    test of normality, so consider the sizes of the measures, not only p-values. For a
    class of more than 2,000 rows, the skewness is computed on 2,000 evenly spaced ones.

    References
    ----------
    Mardia. Measures of multivariate skewness and kurtosis with applications. Biometrika
    57 (1970), 519-530, :doi:`10.1093/biomet/57.3.519`.

    Examples
    --------
    >>> import numpy as np
    >>> from imbsuite.explore import class_normality
    >>> X = np.random.default_rng(0).normal(size=(400, 2))
    >>> X[:100] = np.sign(X[:100])  # four points: clusters
    >>> result = class_normality(X, np.repeat(["clusters", "normal"], [100, 300]))
    >>> result[["class", "columns"]].values.tolist(), (result["kurtosis_z"] < -3).tolist()
    ([['normal', 2], ['clusters', 2]], [False, True])
    """
    table, codes, gate = check_table(X, y, "class_normality")
    numbers = table.numeric
    rows = [
        {"class": label, **_mardia(_dense(numbers[codes == k]))}
        for k, label in enumerate(gate.labels)
    ]
    return pd.DataFrame(rows).sort_values(
        "rows", ascending=False, kind="stable", ignore_index=True
    )


def _dense(numbers: Any) -> NDArray[np.float64]:
    dense = numbers.toarray() if hasattr(numbers, "toarray") else numbers
    return np.asarray(dense, dtype=np.float64)


def _mardia(points: NDArray[np.float64]) -> dict[str, float]:
    points = points[~np.isnan(points).any(axis=1)]
    points = points[:, np.ptp(points, axis=0) > 0] if len(points) else points[:, :0]
    n, d = points.shape
    sizes: dict[str, float] = {"rows": n, "columns": d}
    white = _whiten(points) if n > d > 0 else None
    if white is None:
        names = ("skewness", "skewness_p", "kurtosis", "kurtosis_z")
        return sizes | dict.fromkeys(names, np.nan)
    part = white[:: -(-n // 2_000)]
    m, freedom = len(part), d * (d + 1) * (d + 2) / 6
    skewness = float(((part @ part.T) ** 3).mean())
    excess = float(((white**2).sum(axis=1) ** 2).mean()) - d * (d + 2)
    return sizes | {
        "skewness": skewness,
        "skewness_p": float(stats.chi2.sf(m * skewness / 6, freedom)),
        "kurtosis": excess,
        "kurtosis_z": excess / np.sqrt(8 * d * (d + 2) / n),
    }


def _whiten(points: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return points with mean 0 and covariance I; None if the covariance is singular."""
    centered = points - points.mean(axis=0)
    centered /= centered.std(axis=0)
    values, vectors = np.linalg.eigh(centered.T @ centered / len(points))
    if values[0] < 1e-10 * values[-1]:
        return None
    return np.asarray(centered @ vectors / np.sqrt(values))
