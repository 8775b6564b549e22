"""ResampledClassifier on multilabel targets: with and without samplers, corrections."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from several_labels import ESTIMATORS, made
from shared import spread
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.utils.estimator_checks import estimator_checks_generator

from imbsuite import (
    MLSMOTE,
    LabelSampler,
    PriorCorrectedClassifier,
    PriorThresholdClassifier,
    RandomOverSampler,
    ResampledClassifier,
    TunedThresholdClassifier,
)
from imbsuite.probability.weighing import UnreadablePriorError

EACH = ESTIMATORS["each"]
BALANCED = LogisticRegression(class_weight="balanced")
COPIES = LabelSampler(
    RandomOverSampler(), labels="seed", sampling_strategy=0.9, random_state=0
)
every_estimator = pytest.mark.parametrize(
    "estimator", ESTIMATORS.values(), ids=ESTIMATORS
)


@pytest.mark.parametrize("correction", [None, "prior", "offset"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("inner", [LogisticRegression(), BALANCED], ids=["", "weighs"])
def test_single_label_matches_binary(correction, weighted, inner):
    X, Y = made(shares=(0.2,))
    weight = np.random.default_rng(0).integers(1, 4, len(Y)) if weighted else None
    model = ResampledClassifier(None, inner, correction=correction, random_state=0)
    binary = clone(model).fit(X, Y[:, 0], weight)
    for estimator in (inner, MultiOutputClassifier(inner)):
        one = clone(model).set_params(estimator=estimator)
        one.fit(X, pd.DataFrame(Y, columns=["a"]), weight)
        np.testing.assert_array_equal(one.predict(X)[:, 0], binary.predict(X))
        p = one.predict_proba(X)[:, 0]
        np.testing.assert_allclose(p, binary.predict_proba(X)[:, 1], rtol=1e-12)
        share = binary.effective_prior_[1]
        assert one.effective_prior_ == pytest.approx({"a": share})
        if correction is not None:
            np.testing.assert_allclose(one.offset_, [binary.offset_[1]], rtol=1e-9)


@every_estimator
@pytest.mark.parametrize(
    ("sampler", "correction"),
    spread(
        {"": None, "mlsmote": MLSMOTE(random_state=0)},
        {"offset": "offset", "none": None, "prior": "prior"},
    ),
)
def test_every_estimator_and_constant_labels(sampler, estimator, correction):
    X, Y = made(120)
    Y = np.column_stack([Y, np.zeros(120, int), np.ones(120, int)])
    model = ResampledClassifier(
        sampler, estimator, correction=correction, cv=2, random_state=0
    ).fit(X, pd.DataFrame(Y, columns=list("abcde")))
    p, predicted = model.predict_proba(X), model.predict(X)
    assert p.shape == predicted.shape == Y.shape
    np.testing.assert_array_equal(predicted[:, 3:], Y[:, 3:])
    np.testing.assert_allclose(p[:, 3:], Y[:, 3:], atol=1e-12)
    assert list(model.effective_prior_) == model.label_names_ == list("abcde")
    again = pickle.loads(pickle.dumps(model))  # noqa: S301
    np.testing.assert_array_equal(again.predict_proba(X), p)


@pytest.mark.parametrize("correction", ["prior", "offset"])
def test_correction_matches_prior_corrected_classifier(correction):
    X, Y = made(600, shares=(0.3, 0.1))
    plain = ResampledClassifier(COPIES, EACH)
    model = clone(plain).set_params(correction=correction, random_state=0).fit(X, Y)
    around = PriorCorrectedClassifier(plain, method=correction, random_state=0)
    np.testing.assert_array_equal(
        model.predict_proba(X), around.fit(X, Y).predict_proba(X)
    )
    raw = plain.fit(X, Y).predict_proba(X)
    mean = Y.mean(axis=0)
    corrected = model.predict_proba(X)
    # Resampling raised the rare label to 90 % of the common one.
    assert raw[:, 1].mean() > 1.3 * mean[1]
    np.testing.assert_allclose(corrected.mean(axis=0), mean, atol=0.03)
    assert log_loss(Y[:, 1], corrected[:, 1]) < log_loss(Y[:, 1], raw[:, 1])
    np.testing.assert_array_equal(model.predict(X), corrected > 0.5)


def test_prior_offset_by_hand():
    X, Y = made(400, shares=(0.3, 0.1))
    model = ResampledClassifier(COPIES, EACH, correction="prior").fit(X, Y)
    q, t = np.array(list(model.effective_prior_.values())), Y.mean(axis=0)
    assert q[1] > t[1]
    expected = np.log(t / (1 - t)) - np.log(q / (1 - q))
    np.testing.assert_allclose(model.offset_, expected)


def test_corrected_classifier_has_the_original_prior():
    X, Y = made(400)
    model = ResampledClassifier(COPIES, EACH, correction="offset", random_state=0)
    around = PriorThresholdClassifier(model).fit(X, Y)
    np.testing.assert_allclose(around.threshold_, Y.mean(axis=0))


def test_prior_of_a_class_weighted_forest_raises():
    X, Y = made()
    forest = RandomForestClassifier(5, class_weight="balanced", random_state=0)
    for sampler in (None, COPIES):
        with pytest.raises(UnreadablePriorError, match="multiplies the class weights"):
            ResampledClassifier(sampler, forest, correction="prior").fit(X, Y)
        with pytest.raises(UnreadablePriorError, match="multiplies the class weights"):
            PriorThresholdClassifier(ResampledClassifier(sampler, forest)).fit(X, Y)


def test_without_sampler_equals_the_estimator():
    X, Y = made()
    model = ResampledClassifier(None, ClassifierChain(LogisticRegression()))
    for target in (Y, Y == 1, sp.csr_array(Y)):
        model.fit(X, target)
        chain = ClassifierChain(LogisticRegression()).fit(X, Y)
        np.testing.assert_array_equal(model.predict_proba(X), chain.predict_proba(X))
        np.testing.assert_array_equal(model.predict(X), chain.predict(X))
        np.testing.assert_array_equal(
            model.decision_function(X), chain.decision_function(X)
        )
    assert list(model.effective_prior_.values()) == pytest.approx(Y.mean(axis=0))


def test_label_names_reach_the_sampler_inside_wrappers():
    X, Y = made()
    frame = pd.DataFrame(Y, columns=["a", "b", "c"]).assign(d=0)
    sampler = LabelSampler(
        sampling_strategy={"a": 150, "c": 100}, max_new=9, random_state=0
    )
    inner = ResampledClassifier(sampler, EACH)
    for model in (
        TunedThresholdClassifier(inner, scoring="f1", cv=KFold(2)),
        ResampledClassifier(sampler, EACH, correction="prior"),
    ):
        model.fit(X, frame)
        assert model.label_names_ == list("abcd")
        inside = getattr(model.estimator_, "sampler_", None) or model.sampler_
        assert inside.label_counts_["c"] >= 100
        assert not model.predict(X)[:, 3].any()


def test_grid_search_over_samplers():
    X, Y = made(150)
    grid = {"sampler": [None, MLSMOTE(random_state=0)], "correction": [None, "prior"]}
    search = GridSearchCV(
        ResampledClassifier(None, EACH), grid, cv=KFold(2), scoring="f1_macro"
    )
    search.fit(X, Y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.filterwarnings("ignore:.*fewer neighbors than")
def test_weights_and_groups():
    X, Y = made(200)
    weight = np.random.default_rng(0).integers(0, 3, 200)
    groups = np.arange(200) // 50
    model = ResampledClassifier(
        MLSMOTE(random_state=0), EACH, correction="offset", cv=2
    )
    model.fit(X, Y, weight, groups)
    assert (model.sampler_.groups_[-1] == groups).any()
    plain = ResampledClassifier(None, EACH).fit(X, Y, weight)
    expected = np.average(Y, axis=0, weights=weight)
    np.testing.assert_allclose(list(plain.effective_prior_.values()), expected)


def test_invalid_input_raises_or_warns():
    X, Y = made(60)
    with pytest.raises(ValueError, match=r"MultiOutputClassifier\(LogisticRegression"):
        ResampledClassifier(None, LogisticRegression()).fit(X, Y)
    unknown = Y.astype(float)
    unknown[3, 1] = np.nan
    with pytest.raises(ValueError, match="unknown labels"):
        ResampledClassifier(None, EACH, correction="offset").fit(X, unknown)
    other = pd.DataFrame(Y, index=np.arange(60)[::-1])
    with pytest.warns(UserWarning, match="different indices"):
        ResampledClassifier(None, EACH).fit(pd.DataFrame(X).add_prefix("x"), other)


SMOOTH = RandomForestClassifier(5, min_samples_leaf=20, random_state=0)


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        (estimator, check)
        for correction in (None, "prior", "offset")
        for estimator, check in estimator_checks_generator(
            ResampledClassifier(
                MLSMOTE(random_state=0), SMOOTH, correction=correction, random_state=0
            )
        )
        if "multilabel" in getattr(check, "func", check).__name__
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_multilabel_checks(estimator, check):
    check(estimator)


def test_folds_keep_matching_indices_and_label_names():
    # Warnings are errors here, and different indices would warn.
    X, Y = made(150)
    rows = np.random.default_rng(0).permutation(150)
    table = pd.DataFrame(X, index=rows).add_prefix("x")
    labels = pd.DataFrame(Y, index=rows, columns=list("abc"))
    sampler = LabelSampler(RandomOverSampler(), random_state=0)
    inner = ResampledClassifier(sampler, EACH)
    corrected = clone(inner).set_params(correction="offset", cv=2)
    for model in (corrected, TunedThresholdClassifier(inner, cv=2)):
        assert model.fit(table, labels).predict(table).shape == Y.shape
    fitted_sampler = inner.fit(table, labels).sampler_
    assert fitted_sampler.label_names_ == list("abc")
