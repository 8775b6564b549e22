"""fairlearn, MAPIE and skrub around our classifiers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

import imbsuite as im

pytestmark = [
    pytest.mark.slow,
    # fairlearn 0.15 on pandas 3.
    pytest.mark.filterwarnings("ignore:Setting a value on a Series via .at"),
    pytest.mark.filterwarnings("ignore:Setting an item of incompatible dtype"),
]

RNG = np.random.default_rng(0)
X, Y = make_classification(
    3000, n_informative=4, weights=[0.8], class_sep=0.8, random_state=0
)
# The second group is common among the rare rows.
SIDE = np.where(RNG.random(len(Y)) < np.where(Y == 1, 0.7, 0.3), "b", "a")
SEEN = np.column_stack([X, SIDE == "b"])
LINEAR = LogisticRegression(max_iter=1000)
CLASSIFIERS = {
    "over-sampled": im.ResampledClassifier(im.SMOTE(random_state=0), LINEAR),
    "under-sampled": im.ResampledClassifier(
        im.RandomUnderSampler(random_state=0),
        LINEAR,
        correction="offset",
        random_state=0,
    ),
    "prior corrected": im.PriorCorrectedClassifier(LINEAR, random_state=0),
    "prior threshold": im.PriorThresholdClassifier(LINEAR),
    "tuned threshold": im.TunedThresholdClassifier(LINEAR, random_state=0),
    "subclasses": im.SubclassClassifier(LINEAR, random_state=0),
}


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_fairlearn_reduces_the_difference_between_groups(kind):
    metrics = pytest.importorskip(
        "fairlearn.metrics", reason="fairlearn is not installed"
    )
    reductions = pytest.importorskip("fairlearn.reductions")
    plain = CLASSIFIERS[kind].fit(SEEN, Y)
    model = reductions.ExponentiatedGradient(
        CLASSIFIERS[kind], reductions.DemographicParity(), max_iter=10
    )
    model.fit(SEEN, Y, sensitive_features=SIDE)
    before, after = (
        metrics.demographic_parity_difference(Y, labels, sensitive_features=SIDE)
        for labels in (plain.predict(SEEN), model.predict(SEEN, random_state=0))
    )
    assert after < before / 2


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_fairlearn_optimizes_thresholds_of_groups(kind):
    metrics = pytest.importorskip(
        "fairlearn.metrics", reason="fairlearn is not installed"
    )
    moving = pytest.importorskip("fairlearn.postprocessing")
    plain = CLASSIFIERS[kind].fit(SEEN, Y)
    model = moving.ThresholdOptimizer(
        estimator=CLASSIFIERS[kind],
        objective="balanced_accuracy_score",
        predict_method="predict_proba",
    )
    model.fit(SEEN, Y, sensitive_features=SIDE)
    moved = model.predict(SEEN, sensitive_features=SIDE, random_state=0)
    before, after = (
        metrics.demographic_parity_difference(Y, labels, sensitive_features=SIDE)
        for labels in (plain.predict(SEEN), moved)
    )
    assert after < max(before / 2, 0.02)


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_prediction_sets_of_mapie_cover_the_true_labels(kind):
    mapie = pytest.importorskip("mapie.classification", reason="MAPIE is not installed")
    fit, calibrate, test = np.split(RNG.permutation(len(Y)), 3)
    model = CLASSIFIERS[kind].fit(X[fit], Y[fit])
    conformal = mapie.SplitConformalClassifier(
        model, confidence_level=0.9, prefit=True
    ).conformalize(X[calibrate], Y[calibrate])
    labels, sets = conformal.predict_set(X[test])
    # MAPIE predicts the most probable labels.
    likeliest = model.predict_proba(X[test]).argmax(axis=1)
    assert_array_equal(labels, model.classes_[likeliest])
    covered = sets[np.arange(len(test)), Y[test], 0].mean()
    # 1,000 rows for calibration and 1,000 for testing: five standard errors of both.
    assert covered > 0.9 - 5 * np.sqrt(2 * 0.09 / 1000)


def _mixed():
    frame = pd.DataFrame(X[:600, :3], columns=["a", "b", "c"])
    frame["side"] = pd.Categorical(SIDE[:600])
    frame["said"] = np.where(Y[:600] == 1, "refund please ", "thanks a lot ")
    frame["said"] += pd.Series(RNG.integers(400, size=600)).astype(str)
    frame["when"] = pd.Timestamp("2026-01-01") + pd.to_timedelta(
        RNG.integers(0, 90, 600), unit="D"
    )
    frame.loc[::17, "a"] = np.nan
    return frame, np.where(Y[:600] == 1, "fraud", "legit")


@pytest.mark.filterwarnings("ignore::UserWarning")  # few rows of a class in a fold
@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_skrub_encodes_before_our_classifiers(kind):
    skrub = pytest.importorskip("skrub", reason="skrub is not installed")
    frame, y = _mixed()
    model = skrub.tabular_pipeline(CLASSIFIERS[kind]).fit(frame, y)
    assert list(model.classes_) == ["fraud", "legit"]
    proba = model.predict_proba(frame)
    assert_allclose(proba.sum(axis=1), 1, rtol=1e-6)  # skrub returns float32
    order = RNG.permutation(len(y))
    assert_allclose(model.predict_proba(frame.iloc[order]), proba[order], rtol=1e-5)
    assert (model.predict(frame) == y).mean() > 0.9


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_skrub_encodes_inside_a_resampled_pipeline():
    skrub = pytest.importorskip("skrub", reason="skrub is not installed")
    frame, y = _mixed()
    inner = make_pipeline(
        skrub.TableVectorizer(), HistGradientBoostingClassifier(max_iter=20)
    )
    model = im.ResampledClassifier(im.SMOTE(random_state=0), inner)
    grid = {"sampler__k_neighbors": [2, 5], "sampler": [model.sampler]}
    search = GridSearchCV(model, grid, cv=3, scoring="roc_auc").fit(frame, y)
    assert search.best_score_ > 0.9
    assert search.best_estimator_.sampler_.plan_["fraud"] == (y == "legit").sum()
