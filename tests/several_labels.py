"""Helpers for multilabel tests: generated rows, and estimators of every kind."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

LOGISTIC = LogisticRegression()
NETWORK = MLPClassifier((4,), solver="lbfgs", alpha=10.0, random_state=0, max_iter=2000)
ESTIMATORS = {
    "each": MultiOutputClassifier(LOGISTIC),
    "one vs rest": OneVsRestClassifier(LOGISTIC),
    "chain": ClassifierChain(LOGISTIC, random_state=0),
    "forest": RandomForestClassifier(10, random_state=0),
    "neighbors": KNeighborsClassifier(15),
    "network": NETWORK,
    "pipeline": make_pipeline(StandardScaler(), MultiOutputClassifier(LOGISTIC)),
}


def made(n=300, shares=(0.4, 0.2, 0.1), seed=0):
    """Return rows, and partly predictable labels with about these shares."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 5))
    score = X @ rng.normal(size=(5, len(shares))) + rng.normal(size=(n, len(shares)))
    cut = [
        np.quantile(column, 1 - share)
        for column, share in zip(score.T, shares, strict=True)
    ]
    return X, (score > cut).astype(int)


class GivenLabels(ClassifierMixin, BaseEstimator):
    """A classifier whose label probabilities are the columns of X."""

    def fit(self, X, y):
        self.classes_ = [np.arange(2)] * np.shape(X)[1]
        return self

    def predict_proba(self, X):
        return np.asarray(X, dtype=float)


def frozen_labels(p):
    return FrozenEstimator(GivenLabels().fit(p, None))


def assert_same_numbers(one, binary, X, name="a"):
    """Assert that a classifier of one label equals a binary classifier."""
    np.testing.assert_array_equal(one.predict(X)[:, 0], binary.predict(X))
    np.testing.assert_allclose(
        one.predict_proba(X)[:, 0], binary.predict_proba(X)[:, 1], rtol=1e-12
    )
    for attribute in ("threshold_", "offset_", "source_prior_", "target_prior_"):
        if hasattr(binary, attribute):
            last = np.atleast_1d(getattr(binary, attribute))[-1]
            np.testing.assert_allclose(getattr(one, attribute), [last], rtol=1e-9)
    for attribute in ("best_score_", "reached_"):
        if hasattr(binary, attribute):
            own = getattr(one, attribute)
            own = own[name] if isinstance(own, dict) else own
            assert own == pytest.approx(getattr(binary, attribute))
