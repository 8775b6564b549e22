"""Models of a comparison: defaults, names, and invalid models."""

from __future__ import annotations

import re
import sys

import pytest
from comparisons import compare_quickly, numeric_table, quiet
from sklearn.ensemble import VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from skrub import TableVectorizer

from imbsuite import TunedThresholdClassifier
from imbsuite.experiment.models import choose_models, default_models
from imbsuite.explore import compare
from imbsuite.scoring.scorers import choose_metrics


def test_default_models_are_pipelines_with_a_vectorizer():
    models = default_models()
    assert list(models) == ["logistic regression", "histogram gradient boosting"]
    for model in models.values():
        assert isinstance(model[0], TableVectorizer)
    # With early stopping, copies of training rows in the held-out part would keep trees
    # growing.
    assert models["histogram gradient boosting"][-1].early_stopping is False


def test_models_are_named_after_their_last_step():
    pipeline = make_pipeline(StandardScaler(), GaussianNB())
    assert list(choose_models(pipeline, [])) == ["GaussianNB"]
    assert list(choose_models(GaussianNB(), [])) == ["GaussianNB"]
    assert list(choose_models({"bayes": GaussianNB()}, [])) == ["bayes"]


@pytest.mark.parametrize(
    ("estimator", "error", "message"),
    [
        (Ridge(), TypeError, "Got Ridge() instead, under the name 'Ridge'"),
        (GaussianNB, TypeError, "must be an instance of a classifier"),
        ({"a": "forest"}, TypeError, "Got 'forest' instead, under the name 'a'"),
        ({}, ValueError, "empty mapping"),
        (LinearSVC(), TypeError, "Estimator 'LinearSVC' has no predict_proba"),
    ],
)
def test_invalid_models_raise(estimator, error, message):
    with pytest.raises(error, match=re.escape(message)):
        choose_models(estimator, choose_metrics(None))


@pytest.mark.parametrize(
    "around",
    [
        lambda model: model,
        lambda model: make_pipeline(StandardScaler(), model),
        TunedThresholdClassifier,
        lambda model: VotingClassifier([("a", model)]),
    ],
)
def test_frozen_models_raise(around):
    X, y = numeric_table()
    known = around(FrozenEstimator(GaussianNB().fit(X, y)))
    with pytest.raises(ValueError, match=r"estimator '.*' holds a FrozenEstimator"):
        compare_quickly(X, y, estimator=known)
    with pytest.raises(ValueError, match=r"strategies\['mine'\] holds a Frozen"):
        compare_quickly(X, y, strategies={"mine": known})
    # An encoder that was fitted before is accepted.
    scaled = make_pipeline(FrozenEstimator(StandardScaler().fit(X)), GaussianNB())
    compare_quickly(X, y, estimator=scaled, strategies=[], scoring=["mcc"])


@quiet
def test_model_without_probabilities_is_scored_by_label_metrics():
    X, y = numeric_table()
    comparison = compare_quickly(
        X, y, estimator=LinearSVC(), scoring=["mcc", "balanced_accuracy"]
    )
    assert "changes MCC by" in comparison.sentences[0]


def test_skrub_is_required_only_for_default_models(monkeypatch):
    monkeypatch.setitem(sys.modules, "skrub", None)
    X, y = numeric_table()
    compare_quickly(X, y, cv=2)
    with pytest.raises(ImportError, match=re.escape("pip install 'imbsuite[explore]'")):
        compare(X, y)
