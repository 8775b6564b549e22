"""Ensembles and searches of scikit-learn and imbalanced-learn, with every sampler."""

from __future__ import annotations

import numpy as np
import pytest
from imblearn import ensemble as theirs
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.tree import DecisionTreeClassifier

import imbsuite as im
from imbsuite.testing import all_samplers

pytestmark = [
    pytest.mark.slow,
    # Members have small classes, about which samplers warn.
    pytest.mark.filterwarnings("ignore::UserWarning"),
]

X, CODES = make_classification(
    400, n_informative=4, weights=[0.8], class_sep=1.5, random_state=0
)
Y = np.array(["legit", "fraud"])[CODES]
SAMPLERS = all_samplers()
TREE = DecisionTreeClassifier(max_depth=4, random_state=0)
LINEAR = LogisticRegression()


def _resampled(sampler, estimator=TREE):
    return im.ResampledClassifier(clone(sampler), estimator)


SCIKIT_LEARN = {
    "bagging": lambda s: BaggingClassifier(_resampled(s), 5, random_state=0),
    "voting": lambda s: VotingClassifier(
        [("a", _resampled(s)), ("b", _resampled(s, LINEAR))], voting="soft"
    ),
    "stacking": lambda s: StackingClassifier(
        [("a", _resampled(s)), ("b", _resampled(s, LINEAR))],
        final_estimator=_resampled(s, LINEAR),
        cv=3,
    ),
}
IMBALANCED_LEARN = {
    "bagging": lambda s: theirs.BalancedBaggingClassifier(
        TREE, n_estimators=5, sampler=clone(s), random_state=0
    ),
    # Each has its own random under-sampler; ours resamples first.
    "forest": lambda s: im.ResampledClassifier(
        clone(s), theirs.BalancedRandomForestClassifier(5, random_state=0)
    ),
    "easy": lambda s: theirs.EasyEnsembleClassifier(
        2, estimator=_resampled(s), random_state=0
    ),
    "boosting": lambda s: im.ResampledClassifier(
        clone(s), theirs.RUSBoostClassifier(TREE, n_estimators=5, random_state=0)
    ),
}
CASES = {
    **{f"scikit-learn {k}": v for k, v in SCIKIT_LEARN.items()},
    **{f"imbalanced-learn {k}": v for k, v in IMBALANCED_LEARN.items()},
}


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("ensemble", CASES)
def test_predictions_are_valid_and_follow_the_order_of_rows(ensemble, sampler):
    model = CASES[ensemble](sampler).fit(X, Y)
    proba, labels = model.predict_proba(X), model.predict(X)
    assert_array_equal(model.classes_, ["fraud", "legit"])
    assert ((proba >= 0) & (proba <= 1)).all()
    assert_allclose(proba.sum(axis=1), 1)
    assert set(labels) == {"fraud", "legit"}
    assert roc_auc_score(Y == "fraud", proba[:, 0]) > 0.7
    order = np.random.default_rng(0).permutation(len(X))
    assert_allclose(model.predict_proba(X[order]), proba[order])
    assert_array_equal(model.predict(X[order]), labels[order])


GROWING = [s for s in SAMPLERS if s._kind == "over" and hasattr(s, "sampling_strategy")]


@pytest.mark.parametrize("sampler", GROWING, ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("bag", ["scikit-learn", "imbalanced-learn"])
def test_bagged_members_are_balanced(bag, sampler):
    model = CASES[f"{bag} bagging"](sampler).fit(X, Y)
    for member in model.estimators_:
        if bag == "scikit-learn":
            sizes = list(member.sampler_.plan_.values())
        else:
            sizes = list(member.steps[0][1].plan_.values())
        assert len(sizes) == 2
        assert sizes[0] == sizes[1]


WRAPPERS = {
    "prior corrected": lambda e: im.PriorCorrectedClassifier(e, random_state=0),
    "label shift": im.LabelShiftAdapter,
    "rescaled": lambda e: im.RescaledClassifier(e, random_state=0),
    "pseudo-labels": im.PseudoLabelClassifier,
    "prior threshold": im.PriorThresholdClassifier,
    "tuned threshold": lambda e: im.TunedThresholdClassifier(e, random_state=0),
    "constrained threshold": lambda e: im.ConstrainedThresholdClassifier(
        e, random_state=0
    ),
    "subclasses": lambda e: im.SubclassClassifier(e, random_state=0),
}
OUTER = {
    "bagging": lambda e: BaggingClassifier(e, 4, random_state=0),
    "voting": lambda e: VotingClassifier([("a", e), ("b", LINEAR)], voting="soft"),
    "stacking": lambda e: StackingClassifier([("a", e)], final_estimator=LINEAR, cv=3),
}


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("ensemble", OUTER)
def test_wrappers_inside_ensembles(ensemble, wrapper):
    model = OUTER[ensemble](WRAPPERS[wrapper](LINEAR)).fit(X, Y)
    proba = model.predict_proba(X)
    assert_array_equal(model.classes_, ["fraud", "legit"])
    assert_allclose(proba.sum(axis=1), 1)
    assert roc_auc_score(Y == "fraud", proba[:, 0]) > 0.7


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("ensemble", OUTER)
def test_wrappers_around_ensembles(ensemble, wrapper):
    model = WRAPPERS[wrapper](OUTER[ensemble](TREE)).fit(X, Y)
    proba = model.predict_proba(X)
    assert_array_equal(model.classes_, ["fraud", "legit"])
    assert_allclose(proba.sum(axis=1), 1)
    assert set(model.predict(X)) == {"fraud", "legit"}
