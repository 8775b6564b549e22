"""Loss classifiers inside wrappers, comparisons, searches and files."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from shared import spread
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    StratifiedKFold,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from imbsuite import (
    LinearLossClassifier,
    PriorCorrectedClassifier,
    RandomUnderSampler,
    ResampledClassifier,
    StrategySearchCV,
    TunedThresholdClassifier,
    compare,
)
from imbsuite._wrapping import decides_itself
from imbsuite.persistence import column_types, load_model, save_model
from imbsuite.probability.weighing import moves_prior

F1 = make_pipeline(StandardScaler(), LinearLossClassifier("f1"))
WEIGHTED = make_pipeline(
    StandardScaler(), LinearLossClassifier("focal", class_weight="balanced")
)


@pytest.fixture(scope="module")
def table():
    X, y = make_classification(600, weights=[0.88], flip_y=0.03, random_state=4)
    return pd.DataFrame(X).rename(columns=str), y


def test_class_weights_of_a_loss_do_not_move_the_prior():
    assert not moves_prior(WEIGHTED)
    assert not moves_prior(ResampledClassifier(None, WEIGHTED))
    plain = LogisticRegression(class_weight="balanced")
    assert moves_prior(make_pipeline(StandardScaler(), plain))
    assert moves_prior(ResampledClassifier(RandomUnderSampler(), WEIGHTED))


def test_decides_itself():
    assert decides_itself(F1)
    assert decides_itself(TunedThresholdClassifier(LogisticRegression()))
    assert decides_itself(ResampledClassifier(None, F1))
    assert not decides_itself(ResampledClassifier(None, F1, correction="offset"))
    assert not decides_itself(make_pipeline(StandardScaler(), LogisticRegression()))
    assert decides_itself(make_pipeline(FixedThresholdClassifier(LogisticRegression())))
    assert decides_itself(GridSearchCV(F1, {}))
    assert not decides_itself(GridSearchCV(LogisticRegression(), {}))


@pytest.mark.parametrize("model", [F1, WEIGHTED], ids=["f1", "focal"])
def test_prior_correction_has_no_effect(table, model):
    X, y = table
    plain = model.fit(X, y).predict_proba(X)
    corrected = PriorCorrectedClassifier(model, method="prior").fit(X, y)
    assert_allclose(corrected.predict_proba(X), plain, atol=1e-12)


@pytest.mark.parametrize(
    ("model", "metric"),
    spread(
        {"f1": F1, "focal": WEIGHTED},
        {name: name for name in ["f1", "average_precision"]},
    ),
)
def test_strategy_search_keeps_the_decisions_of_the_loss(table, model, metric):
    X, y = table
    options = {"scoring": metric, "decide": None, "cv": 2, "random_state": 0}
    chosen = StrategySearchCV(DummyClassifier(), {"loss": model}, **options).fit(X, y)
    assert chosen.best_strategy_ == "loss"
    base = StrategySearchCV(model, {}, **options).fit(X, y)
    alone = model.fit(X, y)
    assert not np.array_equal(alone.predict(X), alone.predict_proba(X).argmax(axis=1))
    for search in (chosen, base):
        assert_array_equal(search.best_estimator_.predict(X), alone.predict(X))


def test_compare_scores_the_decisions_of_the_loss(table):
    X, y = table
    folds = list(StratifiedKFold(3).split(X, y))
    plain = make_pipeline(StandardScaler(), LogisticRegression())
    scores = compare(
        X,
        y,
        estimator=plain,
        strategies={"f1 loss": F1},
        scoring=["f1", "log_loss_corrected"],
        cv=folds,
    ).to_frame()
    values = scores[scores["strategy"] == "f1 loss"]["f1"].to_numpy()
    expected = [
        f1_score(y[test], F1.fit(X.iloc[train], y[train]).predict(X.iloc[test]))
        for train, test in folds
    ]
    assert_allclose(np.sort(values), np.sort(expected))


def test_saved_model_keeps_decisions_and_has_no_threshold(table, tmp_path):
    X, y = table
    for model in (F1, F1[-1], LinearLossClassifier("ldam", class_weight="balanced")):
        model.fit(X, y)
        path = tmp_path / "model.skops"
        save_model(model, path, columns=column_types(X), positive=1)
        loaded = load_model(path)
        predictions = loaded.predict(X)
        assert_array_equal(predictions["predicted"], model.predict(X))
        assert_array_equal(predictions["probability_1"], model.predict_proba(X)[:, 1])
        assert loaded.threshold is None
