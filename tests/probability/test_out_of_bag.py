"""cv="oob": thresholds and corrections from one fit of an ensemble."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from imblearn.ensemble import BalancedRandomForestClassifier
from imblearn.pipeline import make_pipeline as their_pipeline
from shared import spread
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

import imbsuite as im
from imbsuite.probability.predicted import OutOfFold

X, Y = make_classification(1500, weights=[0.85], n_informative=4, random_state=0)
FOREST = RandomForestClassifier(30, min_samples_leaf=3, random_state=0)
ENSEMBLES = [
    FOREST,
    ExtraTreesClassifier(30, bootstrap=True, random_state=0),
    BaggingClassifier(DecisionTreeClassifier(), 30, random_state=0),
    im.ResampledEnsembleClassifier(n_estimators=30, random_state=0),
    make_pipeline(StandardScaler(), FOREST),
]
WRAPPERS = {
    "tuned": lambda inner, cv: im.TunedThresholdClassifier(
        inner, cv=cv, random_state=0
    ),
    "constrained": lambda inner, cv: im.ConstrainedThresholdClassifier(
        inner, subject_to={"recall": 0.8}, cv=cv, random_state=0
    ),
    "corrected": lambda inner, cv: im.PriorCorrectedClassifier(
        inner, cv=cv, random_state=0
    ),
}


@pytest.mark.parametrize(
    ("around", "inner"),
    spread(
        WRAPPERS,
        {type(ensemble).__name__: ensemble for ensemble in ENSEMBLES},
        every=3,
    ),
)
def test_oob_agrees_with_cross_validation(around, inner):
    oob, folds = (around(inner, cv).fit(X[::2], Y[::2]) for cv in ("oob", 3))
    new, truth = X[1::2], Y[1::2]
    if isinstance(oob, im.PriorCorrectedClassifier):
        losses = [log_loss(truth, m.predict_proba(new)) for m in (oob, folds)]
        assert losses[0] == pytest.approx(losses[1], abs=0.01)
    else:
        scores = [balanced_accuracy_score(truth, m.predict(new)) for m in (oob, folds)]
        assert scores[0] == pytest.approx(scores[1], abs=0.04)


@pytest.mark.parametrize("around", WRAPPERS.values(), ids=WRAPPERS)
def test_oob_fits_the_ensemble_once(around):
    class Counting(RandomForestClassifier):
        fits = 0

        def fit(self, *args, **kwargs):
            Counting.fits += 1
            return super().fit(*args, **kwargs)

    model = around(Counting(40, random_state=0), "oob").fit(X, Y)
    assert Counting.fits == 1
    assert len(model.estimator_.estimators_) == 40


def test_threshold_is_tuned_on_oob_predictions():
    model = im.TunedThresholdClassifier(FOREST, cv="oob").fit(X, Y)
    p = model.estimator_.oob_decision_function_[:, 1]
    decided = p >= np.unique(p)[:, np.newaxis]
    recalls = decided[:, Y == 1].mean(axis=1), 1 - decided[:, Y == 0].mean(axis=1)
    best = np.mean(recalls, axis=0).max()
    assert model.best_score_ == pytest.approx(best)
    own = balanced_accuracy_score(Y, p >= model.threshold_[1])
    assert own == pytest.approx(best)


def test_dataframe_with_string_labels():
    frame = pd.DataFrame(X).add_prefix("c")
    y = pd.Series(np.where(Y, "rare", "common"))
    inner = im.ResampledEnsembleClassifier(n_estimators=10, random_state=0)
    model = im.TunedThresholdClassifier(inner, scoring="f1", cv="oob").fit(frame, y)
    assert model.pos_label_ == "rare"
    assert set(model.predict(frame)) == {"common", "rare"}


def test_weight_of_rows_in_every_bag_goes_to_their_class():
    codes = np.array([0, 0, 0, 0, 1, 1])
    predicted = OutOfFold(np.array([0, 1, 2, 4]), np.eye(4, 2), is_out_of_bag=True)
    np.testing.assert_allclose(predicted.weight_of(codes, None), [4 / 3] * 3 + [2])
    weight = np.array([1.0, 1, 2, 4, 3, 3])
    np.testing.assert_allclose(predicted.weight_of(codes, weight), [2, 2, 4, 6])
    everything = OutOfFold(np.arange(6), np.eye(6, 2), is_out_of_bag=True)
    assert everything.weight_of(codes, None) is None


def test_few_members_leave_rows_without_oob_predictions():
    inner = im.ResampledEnsembleClassifier(n_estimators=2, random_state=0)
    model = im.TunedThresholdClassifier(inner, cv="oob").fit(X, Y)
    missing = np.isnan(model.estimator_.oob_decision_function_).any(axis=1).mean()
    assert 0.3 < missing < 0.5  # (1 - 1/e)^2 = .40
    assert 0.5 < model.best_score_ < 1


@pytest.mark.parametrize(
    ("inner", "message"),
    [
        (LogisticRegression(), "requires an ensemble"),
        (GradientBoostingClassifier(), "requires an ensemble"),
        # Rows dropped by its samplers would count as out of bag.
        (BalancedRandomForestClassifier(), "requires an ensemble"),
        (im.ResampledClassifier(im.SMOTE(), FOREST), "requires an ensemble"),
        (their_pipeline(im.SMOTE(), FOREST), "requires an ensemble"),
        (RandomForestClassifier(bootstrap=False), "bootstrap=True"),
        (im.ResampledEnsembleClassifier(bootstrap=False), "bootstrap=True"),
    ],
)
def test_estimators_without_oob_rows_raise(inner, message):
    with pytest.raises(ValueError, match=message):
        im.TunedThresholdClassifier(inner, cv="oob").fit(X, Y)


def test_groups_require_an_ensemble_that_keeps_them_together():
    groups = np.arange(len(Y)) // 5
    with pytest.raises(ValueError, match="cannot keep groups together"):
        im.TunedThresholdClassifier(FOREST, cv="oob").fit(X, Y, groups=groups)
    inner = im.ResampledEnsembleClassifier(n_estimators=5, random_state=0)
    im.TunedThresholdClassifier(inner, cv="oob").fit(X, Y, groups=groups)
    scaled = make_pipeline(StandardScaler(), inner)
    im.TunedThresholdClassifier(scaled, cv="oob").fit(X, Y, groups=groups)


def test_duplicate_rows_warn():
    twice, y = np.repeat(X[:300], 2, axis=0), np.repeat(Y[:300], 2)
    with pytest.warns(UserWarning, match="exact copies"):
        im.TunedThresholdClassifier(FOREST, cv="oob").fit(twice, y)


def test_confidence_with_oob_raises():
    model = im.ConstrainedThresholdClassifier(FOREST, confidence=0.9, cv="oob")
    with pytest.raises(ValueError, match="single split"):
        model.fit(X, Y)


def test_refit_false_keeps_the_ensemble():
    model = im.TunedThresholdClassifier(FOREST, cv="oob", refit=False).fit(X, Y)
    assert len(model.estimator_.estimators_) == 30


class TheirChild(BalancedRandomForestClassifier):
    """A subclass defined in a user's module."""


@pytest.mark.parametrize(
    "inner",
    [
        # Its out-of-bag rows belong to another table.
        make_pipeline(StandardScaler(), FrozenEstimator(FOREST)),
        TheirChild(),
    ],
    ids=["frozen", "child"],
)
def test_frozen_and_subclassed_ensembles_are_rejected(inner):
    with pytest.raises(ValueError, match="requires an ensemble"):
        im.TunedThresholdClassifier(inner, cv="oob").fit(X, Y)


@pytest.mark.parametrize("kind", ["tuned", "constrained"])
def test_class_without_oob_rows_raises(kind):
    # The only row of a class is added to every bag without it.
    single = np.where(np.arange(len(Y)) == 5, "single", "other")
    inner = im.ResampledEnsembleClassifier(n_estimators=5, random_state=0)
    with pytest.raises(ValueError, match=r"Got none of \['single'\]"):
        WRAPPERS[kind](inner, "oob").fit(X, single)


@pytest.mark.filterwarnings("ignore:Every member drew every row")
def test_correction_without_oob_rows_falls_back_to_the_formula():
    inner = im.ResampledEnsembleClassifier(n_estimators=5, random_state=0)
    oob, formula = (
        im.PriorCorrectedClassifier(inner, **options)
        for options in ({"cv": "oob"}, {"method": "prior"})
    )
    one_group = np.zeros(len(Y))
    with pytest.warns(UserWarning, match="formula is used"):
        oob.fit(X, Y, groups=one_group)
    np.testing.assert_allclose(oob.offset_, formula.fit(X, Y, groups=one_group).offset_)
