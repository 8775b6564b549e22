"""Warnings point at the line of the user that caused them, however deep they arise."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import BaggingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from imbsuite import (
    SMOTE,
    ConstrainedThresholdClassifier,
    LabelShiftAdapter,
    PriorCorrectedClassifier,
    ProportionalOddsClassifier,
    ResampledClassifier,
    TunedThresholdClassifier,
)

X = np.random.default_rng(0).normal(size=(60, 2))
EQUAL = np.tile([0, 1], 30)
FEW = np.repeat([0, 1], [57, 3])
lr = LogisticRegression()
tuned = TunedThresholdClassifier(lr, scoring="f1")
smote = SMOTE(k_neighbors=5, random_state=0)


class Scores(DummyClassifier):
    """A classifier whose probabilities do not sum to 1."""

    def predict_proba(self, X):
        return np.full((len(X), 3), 0.5)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: smote.fit_resample(X, FEW), "too few for k_neighbors"),
        (lambda: ResampledClassifier(smote, lr).fit(X, FEW), "too few for k_neighb"),
        (lambda: tuned.fit(X, EQUAL), "uses 1 as the positive class"),
        (
            lambda: ResampledClassifier(None, tuned).fit(X, EQUAL),
            "uses 1 as the positive",
        ),
        (
            lambda: make_pipeline(StandardScaler(), tuned).fit(X, EQUAL),
            "uses 1 as the positive",
        ),
        (
            lambda: BaggingClassifier(tuned, 2, random_state=0).fit(X, EQUAL),
            "uses 1 as the positive",
        ),
        (
            lambda: GridSearchCV(tuned, {"estimator__C": [1]}, cv=2).fit(X, EQUAL),
            "uses 1 as the positive",
        ),
        (lambda: tuned.fit(X, 1 - FEW), "would use 1"),
        (lambda: tuned.fit(X, FEW), "too few distinct rows or groups for cv"),
        (
            lambda: ConstrainedThresholdClassifier(
                lr, subject_to={"alert_share": 0.001}, maximize="recall", cv=2
            ).fit(X, FEW),
            "no row",
        ),
        (
            lambda: PriorCorrectedClassifier(
                ResampledClassifier(smote, lr), method="offset", cv=9
            ).fit(X, FEW),
            "too few distinct rows or groups for cv",
        ),
        (
            lambda: (
                PriorCorrectedClassifier(
                    Scores(), source_prior={0: 0.3, 1: 0.3, 2: 0.4}
                )
                .fit(X, np.arange(60) % 3)
                .predict_proba(X)
            ),
            "divided by their sum",
        ),
        (
            lambda: LabelShiftAdapter(lr, max_iter=1, tol=1e-12).fit(X, FEW).adapt(X),
            "Increase max_iter or tol",
        ),
        (
            lambda: ProportionalOddsClassifier(max_iter=1).fit(X, np.arange(60) % 3),
            "No convergence",
        ),
        (
            lambda: smote.fit_resample(
                pd.DataFrame(X), pd.Series(FEW, index=np.arange(60)[::-1])
            ),
            "different indices",
        ),
    ],
)
def test_warnings_point_at_the_caller(call, says):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    assert any(says in str(warning.message) for warning in caught)
    assert {warning.filename for warning in caught} == {__file__}
