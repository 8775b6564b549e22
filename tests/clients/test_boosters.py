"""Boosters inside every wrapper, stopped early by an evaluation set."""

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split

import imbsuite as im

X, Y = make_classification(600, weights=[0.8], random_state=0)
X, X_VAL, Y, Y_VAL = train_test_split(X, Y, stratify=Y, random_state=0)
ROUNDS = 200
SMOTE = im.SMOTE(random_state=0)
WRAPPERS = {
    "resampled": lambda e: im.ResampledClassifier(SMOTE, e),
    "corrected by offset": lambda e: im.ResampledClassifier(
        SMOTE, e, correction="offset", cv=2
    ),
    "prior": im.PriorThresholdClassifier,
    "cost": lambda e: im.CostThresholdClassifier(e, cost=[[0, 1], [5, 0]]),
    "tuned": lambda e: im.TunedThresholdClassifier(e, cv=2),
    "constrained": lambda e: im.ConstrainedThresholdClassifier(
        e, cv=2, subject_to={"recall": 0.5}
    ),
    "corrected": lambda e: im.PriorCorrectedClassifier(e, cv=2),
    "shift": im.LabelShiftAdapter,
    "subclass": lambda e: im.SubclassClassifier(e, delta=50, random_state=0),
    "nested": lambda e: im.TunedThresholdClassifier(
        im.ResampledClassifier(SMOTE, e), cv=2
    ),
}


def _lightgbm():
    lightgbm = pytest.importorskip("lightgbm")
    stop = lightgbm.early_stopping(5, verbose=False)
    model = lightgbm.LGBMClassifier(n_estimators=ROUNDS, verbose=-1, n_jobs=1)
    return model, {"eval_X": X_VAL, "eval_y": Y_VAL, "callbacks": [stop]}


def _xgboost():
    xgboost = pytest.importorskip("xgboost")
    model = xgboost.XGBClassifier(
        n_estimators=ROUNDS, early_stopping_rounds=5, n_jobs=1
    )
    return model, {"eval_set": [(X_VAL, Y_VAL)], "verbose": False}


def _catboost():
    catboost = pytest.importorskip("catboost")
    model = catboost.CatBoostClassifier(
        n_estimators=ROUNDS,
        early_stopping_rounds=5,
        verbose=False,
        thread_count=1,
        allow_writing_files=False,
    )
    return model, {"eval_set": (X_VAL, Y_VAL)}


def _best(model):
    """Return the best round of the innermost estimator."""
    while hasattr(model, "estimator_"):
        model = model.estimator_
    name = "best_iteration" if hasattr(model, "best_iteration") else "best_iteration_"
    return getattr(model, name)


@pytest.mark.parametrize("booster", [_lightgbm, _xgboost, _catboost])
@pytest.mark.parametrize("wrapper", WRAPPERS.values(), ids=WRAPPERS)
@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_early_stopping(wrapper, booster):
    model, params = booster()
    fitted = wrapper(model).fit(X, Y, **params)
    assert 0 < _best(fitted) < ROUNDS - 5
    assert balanced_accuracy_score(Y_VAL, fitted.predict(X_VAL)) > 0.8


@pytest.mark.parametrize("booster", [_lightgbm, _xgboost, _catboost])
def test_evaluation_set_is_not_resampled(booster):
    model, params = booster()
    wrapped = im.ResampledClassifier(SMOTE, model).fit(X, Y, **params)
    X_new, y_new = im.SMOTE(random_state=0).fit_resample(X, Y)
    by_hand = model.fit(X_new, y_new, **params)
    np.testing.assert_array_equal(
        wrapped.predict_proba(X_VAL), by_hand.predict_proba(X_VAL)
    )
