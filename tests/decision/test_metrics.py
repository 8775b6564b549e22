"""Metrics computed from counts match scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import get_scorer

from imbsuite.decision.metrics import METRICS, PER_CLASS, find_metric, takes


@pytest.mark.parametrize("name", sorted(METRICS))
def test_count_metrics_match_scikit_learn(name):
    rng = np.random.default_rng(0)
    y, predicted, w = rng.integers(0, 4, 300), rng.integers(0, 4, 300), rng.random(300)
    hits, sums, true = (
        np.bincount(v, u, 4)
        for v, u in [(predicted, w * (predicted == y)), (predicted, w), (y, w)]
    )
    scorer = get_scorer(name)
    theirs = scorer._score_func(y, predicted, sample_weight=w, **scorer._kwargs)
    assert float(METRICS[name](hits, sums, true)) == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("name", sorted(METRICS))
def test_metrics_without_hits_are_zero(name):
    # All rows are of class 0 and predicted as class 1.
    hits, sums, true = np.zeros(3), np.array([0.0, 5, 0]), np.array([5.0, 0, 0])
    assert METRICS[name](hits, sums, true) == 0


@pytest.mark.parametrize("name", sorted(PER_CLASS))
def test_per_class_metrics_raise_for_three_classes(name):
    with pytest.raises(ValueError, match=f"'{name}_macro'"):
        find_metric(name, np.arange(3))


@pytest.mark.parametrize(
    ("function", "answer"),
    [
        (lambda a, b: 0, True),
        (lambda a, b, c=1: 0, True),
        (lambda a: 0, False),
        (lambda a, b, c: 0, False),
        (max, True),  # its signature is unknown
    ],
)
def test_takes_checks_the_number_of_arguments(function, answer):
    assert takes(function, 2) is answer
