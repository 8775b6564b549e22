"""The influence of test rows on a score: its derivatives with respect to their weights.

The variance of a score over samples of test rows is the sum of squared influences (the
infinitesimal jackknife; DeLong's variance for ROC AUC). The influences of a row on the
scores of two strategies are subtracted, so the variance of a difference needs no second
formula, and rows that both strategies rank alike do not contribute. The influence of a
weighted row is the derivative times its weight.

References
----------
Efron, B. (1981). "Nonparametric estimates of standard error: The jackknife, the bootstrap
and other methods", Biometrika 68, 589-599, :doi:`10.1093/biomet/68.3.589`.

DeLong, E. R., DeLong, D. M. and Clarke-Pearson, D. L. (1988). "Comparing the areas under
two or more correlated receiver operating characteristic curves", Biometrics 44, 837-845,
:doi:`10.2307/2531595`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imbsuite._random import check_rng
from imbsuite._types import Floats, Positions

# Influences are summed over blocks of rows, so that the memory kept for a fit does not
# grow with the table. 100 blocks give the variance 99 degrees of freedom.
N_BLOCKS = 100


def on_mean(losses: Floats, weight: Floats | None = None) -> Floats:
    """Return the influence of rows on the mean of their values."""
    if weight is None:
        return (losses - losses.mean()) / len(losses)
    share = weight / weight.sum()
    return share * (losses - share @ losses)


def on_ratio(above: Floats, below: Floats, weight: Floats | None = None) -> Floats:
    r"""Return the influence of rows on a ratio of sums, :math:`\sum a / \sum b`.

    It is NaN if the second sum is 0.
    """
    numerator, denominator = (
        _times(weight, np.asarray(part, dtype=np.float64)) for part in (above, below)
    )
    total = denominator.sum()
    if total == 0:
        return np.full(len(denominator), np.nan)
    return np.asarray((numerator - numerator.sum() / total * denominator) / total)


def on_macro_mean(
    values: Floats, truth: Positions, weight: Floats | None = None
) -> Floats:
    """Return the influence of rows on the unweighted mean of the class means."""
    _, codes = np.unique(truth, return_inverse=True)
    sizes = np.bincount(codes, weight)
    means = np.bincount(codes, _times(weight, values)) / sizes
    each = (values - means[codes]) / sizes[codes] / len(sizes)
    return _times(weight, each)


def on_average_precision(
    is_positive: NDArray[np.bool_], score: Floats, weight: Floats | None = None
) -> Floats:
    r"""Return the influence of rows on average precision.

    For P positives i with the precision :math:`TP_i / N_i` at their score, average
    precision is :math:`\frac1P \sum_i TP_i / N_i`. The weight of a row changes P, and
    the precision of all positives with the same or a smaller score. Tied scores share
    one threshold, as in scikit-learn.
    """
    # Thresholds in descending order.
    _, at = np.unique(-score, return_inverse=True)
    positives = np.bincount(at, _times(weight, is_positive))
    n_above = np.bincount(at, weight).cumsum()
    precision = positives.cumsum() / n_above
    n_positives = positives.sum()
    average = (positives * precision).sum() / n_positives
    raised = _from_the_end(positives / n_above)[at]
    lowered = _from_the_end(positives * precision / n_above)[at]
    own = np.where(is_positive, precision[at] - average + raised, 0.0)
    return _times(weight, (own - lowered) / n_positives)


def on_roc_auc(
    is_positive: NDArray[np.bool_], score: Floats, weight: Floats | None = None
) -> Floats:
    """Return the influence of rows on ROC AUC: DeLong's structural components."""
    influence = np.empty(len(score))
    for mine in (is_positive, ~is_positive):
        order = np.argsort(score[~mine])
        others = score[~mine][order]
        own = None if weight is None else weight[mine]
        # The cumulative weight of the first 0, 1, ... of the others.
        counts = np.ones(len(others)) if weight is None else weight[~mine][order]
        total = np.append(0.0, counts.cumsum())
        below = total[np.searchsorted(others, score[mine], side="left")]
        up_to = total[np.searchsorted(others, score[mine], side="right")]
        influence[mine] = on_mean((below + up_to) / 2 / total[-1], own)
    return np.asarray(np.where(is_positive, influence, -influence))


def by_block(influence: Floats, truth: Positions, blocks: Positions) -> Floats:
    """Return the summed influence of each block of rows, (N_BLOCKS,).

    Folds are stratified, so the class sizes are constants: influences are centered
    within each class, and scaled by the factor of an unbiased variance. All are NaN if
    a class has a single row, from which no variance can be estimated.
    """
    _, codes, sizes = np.unique(truth, return_inverse=True, return_counts=True)
    if sizes.min() < 2:
        return np.full(N_BLOCKS, np.nan)
    means = np.bincount(codes, weights=influence) / sizes
    centered = (influence - means[codes]) * np.sqrt(sizes / (sizes - 1))[codes]
    sums = np.bincount(blocks, weights=centered, minlength=N_BLOCKS)
    return sums.astype(np.float64)


def draw_blocks(codes: Positions, units: Positions | None) -> Positions:
    """Return a random block for each row, (n_rows,); units of rows are not split.

    Without units (groups, copies of rows), each class is spread evenly over the blocks.
    """
    rng = check_rng(0)
    if units is not None:
        return np.asarray((rng.permutation(units.max() + 1) % N_BLOCKS)[units])
    order = rng.permutation(len(codes))
    order = order[np.argsort(codes[order], kind="stable")]
    blocks = np.empty(len(codes), dtype=np.intp)
    starts = np.searchsorted(codes[order], codes[order])
    blocks[order] = (np.arange(len(codes)) - starts) % N_BLOCKS
    return blocks


def _times(weight: Floats | None, values: Floats | NDArray[np.bool_]) -> Floats:
    return np.asarray(values if weight is None else weight * values)


def _from_the_end(values: Floats) -> Floats:
    """Return the sum of each value and all values after it."""
    return values[::-1].cumsum()[::-1]
