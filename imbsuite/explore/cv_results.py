"""The scores of a comparison in the form of ``GridSearchCV.cv_results_``."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import rankdata

from imbsuite.experiment.result import Pair, Result, scores_by_fold
from imbsuite.experiment.strategies import TUNED
from imbsuite.scoring.metrics import FIT_TIME, Metric


def as_cv_results(result: Result, metric: Metric) -> tuple[list[Pair], dict[str, Any]]:
    """Return the pairs of model and strategy, and their scores by fold.

    Parameters
    ----------
    result : Result
    metric : Metric
        Losses are negated, so that greater is better.
    """
    by_pair = scores_by_fold(result, metric.name)
    pairs = [pair for pair in by_pair if pair[1] != TUNED]
    scores = (metric.sign or 1) * np.array([by_pair[pair] for pair in pairs])
    times = scores_by_fold(result, FIT_TIME.name)
    seconds = np.array([times[pair] for pair in pairs])
    mean = scores.mean(axis=1)
    last = np.where(np.isnan(mean), -np.inf, mean)  # NaN: a failed fit
    results = {
        "mean_fit_time": seconds.mean(axis=1),
        "std_fit_time": seconds.std(axis=1),
        "param_model": _column([model for model, _ in pairs]),
        "param_strategy": _column([strategy for _, strategy in pairs]),
        "params": [{"model": m, "strategy": s} for m, s in pairs],
        **{f"split{i}_test_score": of_fold for i, of_fold in enumerate(scores.T)},
        "mean_test_score": mean,
        "std_test_score": scores.std(axis=1),
        "rank_test_score": rankdata(-last, method="min").astype(np.int32),
    }
    return pairs, results


def _column(names: list[str]) -> Any:
    return np.ma.MaskedArray(np.array(names, dtype=object), mask=False)
