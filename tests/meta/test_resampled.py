"""ResampledClassifier: resamples at fit only, and composes with scikit-learn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import RandomOverSampler as TheirOverSampler
from imblearn.pipeline import make_pipeline as imblearn_pipeline
from numpy.testing import assert_allclose, assert_array_equal
from shared import load_shared
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, label_binarize
from sklearn.tree import DecisionTreeClassifier

from imbsuite import (
    SMOTE,
    RandomOverSampler,
    RandomUnderSampler,
    ResampledClassifier,
    TomekLinks,
    make_chain,
)
from imbsuite.testing import all_samplers


@pytest.fixture
def data():
    return make_classification(
        n_samples=300, n_classes=3, n_informative=4, weights=[0.7, 0.2], random_state=0
    )


def test_equals_manual_resampling(data):
    X, y = data
    X_out, y_out = SMOTE(random_state=1).fit_resample(X, y)
    by_hand = LogisticRegression().fit(X_out, y_out)
    model = ResampledClassifier(SMOTE(random_state=1), LogisticRegression()).fit(X, y)
    assert_array_equal(model.predict_proba(X), by_hand.predict_proba(X))
    assert_array_equal(model.predict(X), by_hand.predict(X))
    assert_array_equal(model.decision_function(X), by_hand.decision_function(X))
    assert_array_equal(model.predict_log_proba(X), by_hand.predict_log_proba(X))
    assert_array_equal(model.classes_, [0, 1, 2])


def test_without_sampler_equals_the_estimator(data):
    X, y = data
    weight = np.random.default_rng(0).uniform(size=len(y))
    plain = LogisticRegression().fit(X, y, sample_weight=weight)
    model = ResampledClassifier(None, LogisticRegression()).fit(X, y, weight)
    assert_array_equal(model.predict_proba(X), plain.predict_proba(X))
    assert model.sampler_ is None


def test_predict_does_not_resample(data):
    X, y = data
    model = ResampledClassifier(RandomUnderSampler(), LogisticRegression()).fit(X, y)
    assert model.predict(X).shape == y.shape


def test_fit_leaves_parameters_unfitted(data):
    sampler, estimator = SMOTE(), LogisticRegression()
    model = ResampledClassifier(sampler, estimator).fit(*data)
    assert model.sampler_ is not sampler
    assert not hasattr(sampler, "plan_")
    assert not hasattr(estimator, "coef_")


def test_methods_depend_on_the_estimator(data):
    model = ResampledClassifier(SMOTE(), RidgeClassifier())
    assert hasattr(model, "decision_function")
    assert not hasattr(model, "predict_proba")
    assert not hasattr(
        ResampledClassifier(SMOTE(), KNeighborsClassifier()), "decision_function"
    )
    with pytest.raises(NotFittedError):
        model.predict(data[0])


@pytest.mark.parametrize("kind", ["fractions", "whole"])
def test_resampled_weights_reach_the_estimator(data, kind):
    X, y = data
    weight = np.random.default_rng(0).uniform(size=len(y))
    if kind == "whole":  # these are interpolated too, not rounded
        weight = np.ceil(3 * weight)
    sampler = SMOTE(random_state=0)
    X_out, y_out = sampler.fit_resample(X, y, sample_weight=weight)
    by_hand = LogisticRegression().fit(X_out, y_out, sampler.sample_weight_)
    model = ResampledClassifier(SMOTE(random_state=0), LogisticRegression())
    model.fit(X, y, sample_weight=weight)
    assert_allclose(model.estimator_.coef_, by_hand.coef_)
    assert not np.allclose(clone(model).fit(X, y).estimator_.coef_, by_hand.coef_)


def test_weights_reach_the_last_step_of_an_inner_pipeline(data):
    X, y = data
    weight = np.random.default_rng(0).uniform(size=len(y))
    inner = make_pipeline(StandardScaler(), LogisticRegression())
    model = ResampledClassifier(None, inner).fit(X, y, sample_weight=weight)
    by_hand = clone(inner).fit(X, y, logisticregression__sample_weight=weight)
    assert_array_equal(model.predict_proba(X), by_hand.predict_proba(X))


@pytest.mark.parametrize("weight", [0.5, 3.0], ids=["a-fraction", "no-bootstrap"])
def test_unsupported_weights_raise(data, weight):
    X, y = data
    weight = np.full(len(y), weight)
    model = ResampledClassifier(SMOTE(), KNeighborsClassifier())
    with pytest.raises(ValueError, match=r"KNeighborsClassifier.fit does not take"):
        model.fit(X, y, sample_weight=weight)
    model = ResampledClassifier(TheirOverSampler(), LogisticRegression())
    with pytest.raises(
        ValueError, match=r"cannot be carried through RandomOverSampler"
    ):
        model.fit(X, y, sample_weight=weight)


def test_groups_reach_the_sampler(data):
    X, y = data
    groups = np.arange(len(y)) % 4
    model = ResampledClassifier(SMOTE(random_state=0), LogisticRegression())
    model.fit(X, y, groups=groups)
    seeds, partners = model.sampler_.parents_.T
    assert_array_equal(groups[seeds], groups[partners])


def test_weights_are_routed(data):
    X, y = data
    weight = np.random.default_rng(0).uniform(size=len(y))
    with config_context(enable_metadata_routing=True):
        model = ResampledClassifier(SMOTE(random_state=0), LogisticRegression())
        model.set_fit_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        outer = make_pipeline(scaler, model)
        outer.fit(X, y, sample_weight=weight)
    expected = clone(model).fit(StandardScaler().fit_transform(X), y, weight)
    assert_allclose(outer[-1].estimator_.coef_, expected.estimator_.coef_)


def test_imbalanced_learn_samplers_work(data):
    X, y = data
    model = ResampledClassifier(
        TheirOverSampler(random_state=0), DummyClassifier(strategy="prior")
    )
    assert_allclose(model.fit(X, y).predict_proba(X[:1]), 1 / 3)


def test_invalid_sampler_raises(data):
    with pytest.raises(TypeError, match="has no fit_resample; pass a sampler, or None"):
        ResampledClassifier("smote", LogisticRegression()).fit(*data)


def test_grid_search_over_ratios_and_samplers(data):
    X, y = data
    model = ResampledClassifier(SMOTE(random_state=0), LogisticRegression())
    search = GridSearchCV(
        make_pipeline(StandardScaler(), model),
        [
            {"resampledclassifier__sampler__sampling_strategy": [0.3, 0.6, 1.0]},
            {"resampledclassifier__sampler": [None, RandomOverSampler()]},
        ],
        scoring="balanced_accuracy",
        error_score="raise",
        cv=3,
    ).fit(X, y)
    assert len(search.cv_results_["params"]) == 5
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_calibration_cross_validation_and_freezing(data):
    X, y = data
    model = ResampledClassifier(SMOTE(random_state=0), LogisticRegression())
    scores = cross_validate(model, X, y, cv=3, error_score="raise")
    assert (scores["test_score"] > 0.5).all()
    calibrated = CalibratedClassifierCV(model, cv=3).fit(X, y)
    assert_allclose(calibrated.predict_proba(X).sum(axis=1), 1)
    frozen = CalibratedClassifierCV(FrozenEstimator(clone(model).fit(X, y))).fit(X, y)
    assert frozen.predict(X).shape == y.shape
    inner = LogisticRegression().fit(X, y)
    kept = ResampledClassifier(SMOTE(), FrozenEstimator(inner)).fit(X, y)
    assert_array_equal(kept.predict(X), inner.predict(X))


def test_grid_search_over_ratios_with_seven_classes():
    skrub = pytest.importorskip("skrub")
    X, y, *_ = load_shared("shuttle")
    rare = y.map(y.value_counts()) < 200
    part = X.index[rare].append(X[~rare].sample(400, random_state=0).index)
    X, y = X.loc[part], y.loc[part]
    assert y.nunique() == 7
    ratios = [0.05, 1.0]
    linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
    ours = make_pipeline(
        skrub.TableVectorizer(),
        ResampledClassifier(SMOTE(random_state=0), clone(linear)),
    )
    theirs = imblearn_pipeline(SMOTE(random_state=0), clone(linear))
    grids = {
        "resampledclassifier__sampler__sampling_strategy": ours,
        "smote__sampling_strategy": theirs,
    }
    for key, model in grids.items():
        search = GridSearchCV(model, {key: ratios}, cv=3, error_score="raise")
        search.fit(X, y)
        assert np.isfinite(search.cv_results_["mean_test_score"]).all()


# --- One-vs-all indicators


@pytest.mark.parametrize(
    ("sampler", "container"),
    [
        (None, np.asarray),
        (None, pd.DataFrame),
        (RandomOverSampler(random_state=0), np.asarray),
        (RandomOverSampler(random_state=0), pd.DataFrame),
        (TheirOverSampler(random_state=0), np.asarray),
    ],
)
def test_indicator_is_passed_to_estimators_that_support_it(sampler, container):
    """Like the pipeline of imbalanced-learn, and also without a sampler."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(90, 2)), np.repeat([0, 1, 2], [50, 25, 15])
    indicator = container(label_binarize(y, classes=[0, 1, 2]))
    model = ResampledClassifier(sampler, DecisionTreeClassifier(random_state=0))
    predicted = model.fit(X, indicator).predict(X)
    np.testing.assert_array_equal(predicted, indicator)
    expected = ResampledClassifier(sampler, DecisionTreeClassifier()).fit(X, y)
    assert model.effective_prior_ == pytest.approx(expected.effective_prior_)
    refused = r"y should be a 1d array|Multilabel and multioutput targets are not"
    with pytest.raises(ValueError, match=refused):
        ResampledClassifier(sampler, LogisticRegression()).fit(X, indicator)
    corrected = clone(model).set_params(correction="prior")
    if sampler is None:
        # Its columns are labels, and any estimator can be corrected for each of them.
        assert corrected.fit(X, indicator).predict_proba(X).shape == indicator.shape
        return
    with pytest.raises(ValueError, match=refused):
        corrected.fit(X, indicator)


def test_class_samplers_raise_for_rows_with_several_labels():
    several = np.tile([[1, 1, 0], [0, 1, 0], [0, 0, 1]], (10, 1))
    model = ResampledClassifier(RandomOverSampler(), DecisionTreeClassifier())
    with pytest.raises(ValueError, match=r"exactly one 1 in each row"):
        model.fit(np.arange(60.0).reshape(30, 2), several)


@pytest.mark.filterwarnings("ignore:Class 1. no row is in a cluster")
@pytest.mark.parametrize("sampler", all_samplers(), ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("in_chain", [False, True])
def test_unit_weights_have_no_effect(sampler, in_chain):
    X, y = make_classification(240, weights=[0.8], flip_y=0.1, random_state=0)
    sampler = make_chain(sampler, TomekLinks()) if in_chain else sampler
    model = ResampledClassifier(sampler, LogisticRegression(), random_state=0)
    plain, weighted = (
        clone(model).fit(X, y, sample_weight=weight).predict_proba(X)
        for weight in (None, np.ones(len(y)))
    )
    np.testing.assert_allclose(weighted, plain, rtol=1e-6)
