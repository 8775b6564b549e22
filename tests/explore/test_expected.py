"""Cross-validated decisions: the share of rows for each label and prediction."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from imbsuite.choice.cost_scorer import CostScorer
from imbsuite.choice.expected import cross_validated_decisions

X, Y = make_classification(300, weights=[0.8], random_state=0)
MODEL = make_pipeline(StandardScaler(), LogisticRegression())
FOLDS = StratifiedKFold(4)


def test_shares_match_cross_val_predict():
    predicted = cross_val_predict(MODEL, X, Y, cv=FOLDS)
    shares = cross_validated_decisions(MODEL, X, Y, FOLDS.split(X, Y))
    np.testing.assert_allclose(shares, confusion_matrix(Y, predicted) / 300)


def test_weights_are_used_in_the_fit_and_the_shares():
    weights = np.where(Y == 1, 3.0, 1.0)
    along = {"sample_weight": weights, "groups": np.arange(300)}
    folds = list(FOLDS.split(X, Y))
    shares = cross_validated_decisions(MODEL, X, Y, folds, along)
    predicted = np.empty(300, dtype=int)
    for train, test in folds:
        fitted = MODEL.fit(
            X[train], Y[train], logisticregression__sample_weight=weights[train]
        )
        predicted[test] = fitted.predict(X[test])
    expected = confusion_matrix(Y, predicted, sample_weight=weights)
    np.testing.assert_allclose(shares, expected / weights.sum())


def test_cost_scorer_returns_the_negative_mean_cost():
    scorer = CostScorer({"fp": 1, "fn": 20}, np.array([0, 1]), 1)
    fitted = MODEL.fit(X, Y)
    (_, fp), (fn, _) = confusion_matrix(Y, fitted.predict(X))
    assert np.isclose(scorer(fitted, X, Y), -(fp + 20 * fn) / 300)
    weights = np.arange(300.0)
    wrong = np.where(Y == 1, 20, 1) * (fitted.predict(X) != Y)
    expected = -np.average(wrong, weights=weights)
    assert np.isclose(scorer(fitted, X, Y, sample_weight=weights), expected)
