"""Guarantees of constrained thresholds hold on new data as often as they state."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, norm
from shared import in_pairs
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.frozen import FrozenEstimator

from imbsuite import ConstrainedThresholdClassifier

# Enough to detect a guarantee without a margin, which would fail half of the time.
N_SETS = 100
MANY_SETS = 400
many_sets = pytest.param(MANY_SETS, marks=pytest.mark.slow)
SHARE = 0.1


class Logistic(ClassifierMixin, BaseEstimator):
    """Turns its single column into a probability, calibrated or not."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        p = 1 / (1 + np.exp(-X[:, 0]))
        return np.column_stack([1 - p, p])


def truth(threshold, distance):
    """Return recall, precision and alert share of new rows, exactly."""
    cut = np.log(threshold) - np.log1p(-threshold) if threshold > 0 else -np.inf
    recall, false = norm.sf(cut - distance), norm.sf(cut)
    alerts = SHARE * recall + (1 - SHARE) * false
    return {
        "recall": recall,
        "precision": SHARE * recall / alerts if alerts else 0.0,
        "alert_share": alerts,
    }


WANTED = [
    {"recall": 0.9},
    {"precision": 0.5},
    {"alert_share": 0.02},
    {"recall": 0.7, "precision": 0.3},
    {"recall": 0.85, "alert_share": 0.4},
]
DISTANCES = {"weak": 1.0, "strong": 2.5}
CONFIDENCES = {"0.8": 0.8, "0.95": 0.95}


@pytest.mark.parametrize(
    ("wanted", "distance", "confidence", "n_sets"),
    [
        # By default, every pair of parameter values; in the slow tests, every triple.
        *(
            pytest.param(*case.values, N_SETS, id=case.id)
            for case in in_pairs(
                {"-".join(w): w for w in WANTED}, DISTANCES, CONFIDENCES
            )
        ),
        *(
            pytest.param(
                wanted, distance, confidence, MANY_SETS, marks=pytest.mark.slow
            )
            for wanted in WANTED
            for distance in DISTANCES.values()
            for confidence in CONFIDENCES.values()
        ),
    ],
)
def test_constraints_hold_with_the_given_confidence(
    wanted, distance, confidence, n_sets
):
    broken = promised = 0
    maximize = "precision" if list(wanted) == ["recall"] else "recall"
    for seed in range(n_sets):
        rng = np.random.default_rng(seed)
        y = (rng.random(2000) < SHARE).astype(int)
        X = (rng.normal(size=2000) + distance * y)[:, np.newaxis]
        model = ConstrainedThresholdClassifier(
            FrozenEstimator(Logistic().fit(X, y)),
            maximize=maximize,
            subject_to=wanted,
            confidence=confidence,
        )
        try:
            model.fit(X, y)
        except ValueError:
            continue
        promised += 1
        true = truth(model.threshold_, distance)
        broken += any(
            true[name] > value if name == "alert_share" else true[name] < value
            for name, value in wanted.items()
        )
    # If the guarantee holds, more failures than this have a chance of 1 in 1,000.
    most = binom.ppf(0.999, n_sets, 1 - confidence)
    assert broken <= most, f"{broken} of {promised} promises, {n_sets} sets"


@pytest.mark.parametrize("n_sets", [N_SETS, many_sets])
def test_alert_share_constraint_uses_up_its_allowed_error(n_sets):
    # With one constraint, the allowed error is used up, not merely respected.
    broken = 0
    for seed in range(n_sets):
        rng = np.random.default_rng(seed)
        score = rng.random(2000)
        X = (np.log(score) - np.log1p(-score))[:, np.newaxis]
        y = rng.permutation(np.repeat([0, 1], [1800, 200]))
        model = ConstrainedThresholdClassifier(
            FrozenEstimator(Logistic().fit(X, y)),
            maximize="recall",
            subject_to={"alert_share": 0.05},
            confidence=0.8,
        ).fit(X, y)
        broken += 1 - model.threshold_ > 0.05
    assert binom.ppf(0.001, n_sets, 0.15) <= broken <= binom.ppf(0.999, n_sets, 0.2)
