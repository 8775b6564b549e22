"""Rules that choose a model and a strategy from their scores on the same folds."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from imbsuite.experiment.result import scores_by_fold
from imbsuite.experiment.strategies import NOTHING, TUNED
from imbsuite.inference.intervals import standard_error

if TYPE_CHECKING:
    from imbsuite.experiment.result import Pair, Result
    from imbsuite.scoring.metrics import Metric


def proven(result: Result, metric: Metric) -> Pair:
    """Return doing nothing, unless the comparison shows that a strategy is better."""
    return result.best(metric.name)


def best_mean(result: Result, metric: Metric) -> Pair:
    """Return the pair with the best mean score."""
    return _best(result, metric, n_errors=0.0)


def one_standard_error(result: Result, metric: Metric) -> Pair:
    """Return the pair with the best mean after subtracting a standard error."""
    return _best(result, metric, n_errors=1.0)


RULES: dict[str, Callable[[Result, Metric], Pair]] = {
    "proven": proven,
    "one_standard_error": one_standard_error,
    "best_mean": best_mean,
}


def _best(result: Result, metric: Metric, n_errors: float) -> Pair:
    """Return the pair with the greatest score.

    The score is the mean of doing nothing, plus the mean difference from it, minus
    ``n_errors`` corrected standard errors of the difference. The tuned threshold and
    strategies that failed on a fold are left out. Ties go to the first pair.
    """
    by_fold = {
        pair: metric.sign * values
        for pair, values in scores_by_fold(result, metric.name).items()
    }
    best, best_score = next(iter(by_fold)), -math.inf
    for pair, ours in by_fold.items():
        nothing = by_fold[pair[0], NOTHING]
        measured = ~np.isnan(nothing)
        differences = (ours - nothing)[measured]
        if pair[1] == TUNED or np.isnan(differences).any():
            continue
        mean, penalty = ours[measured].mean(), 0.0
        if n_errors:
            penalty = n_errors * standard_error(differences, result.test_train_ratio)
        # Rounded, so that the order of ties does not depend on rounding errors.
        score = round(float(mean - penalty), 9)
        if score > best_score:
            best, best_score = pair, score
    return best
