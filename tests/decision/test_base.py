"""All decision classifiers: labels of any type, unchanged probabilities."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from decision.informed import informed, two_classes
from shared import frozen
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    get_scorer,
)
from sklearn.model_selection import (
    StratifiedKFold,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from imbsuite import (
    SMOTE,
    ConstrainedThresholdClassifier,
    CostThresholdClassifier,
    PriorCorrectedClassifier,
    PriorThresholdClassifier,
    ResampledClassifier,
    TunedThresholdClassifier,
)
from imbsuite.decision._base import decide

WRAPPERS = [
    PriorThresholdClassifier,
    CostThresholdClassifier,
    TunedThresholdClassifier,
    ConstrainedThresholdClassifier,
]


def test_binary_probability_at_threshold_is_positive():
    p = np.array([[0.7, 0.3], [0.8, 0.2], [0.8 + 1e-12, 0.2 - 1e-12]])
    assert decide(p, np.array([0.8, 0.2])).tolist() == [1, 1, 0]


def test_binary_decision_is_exact_when_thresholds_do_not_sum_to_one():
    weights = np.random.default_rng(0).random((1000, 2))
    shares = weights / weights.sum(axis=1, keepdims=True)
    assert (shares.sum(axis=1) != 1).any()  # because of rounding
    for share in shares:
        assert decide(share[np.newaxis], share).tolist() == [1]
        below = np.array([[1.0, np.nextafter(share[1], 0)]])
        assert decide(below, share).tolist() == [0]


def test_multiclass_ties_go_to_the_first_class():
    p = np.array([[0.2, 0.4, 0.4], [0.5, 0.3, 0.2], [0.6, 0.2, 0.2]])
    assert decide(p, np.ones(3)).tolist() == [1, 0, 0]
    assert decide(p, np.array([0.5, 0.3, 0.2])).tolist() == [2, 0, 0]


def test_zero_thresholds_and_zero_probabilities():
    threshold = np.array([1.0, 0.0, 1.0])
    p = np.array([[0.9, 0.1, 0.0], [0.9, 0.0, 0.1], [0.0, 0.0, 1.0]])
    # With three classes, a positive probability reaches a threshold of 0, and a
    # probability of 0 does not.
    assert decide(p, threshold).tolist() == [1, 0, 2]
    assert decide(
        np.array([[0.9, 0.1], [1.0, 0.0]]), np.array([1.0, 0.0])
    ).tolist() == [
        1,
        1,
    ]


@pytest.mark.parametrize("kind", WRAPPERS)
def test_probabilities_are_untouched(kind):
    X, y = two_classes()
    inner = LogisticRegression().fit(X, y)
    model = kind(FrozenEstimator(inner)).fit(X, y)
    assert (model.predict_proba(X) == inner.predict_proba(X)).all()
    assert (model.predict_log_proba(X) == np.log(inner.predict_proba(X))).all()


# Label types


@pytest.mark.parametrize("kind", WRAPPERS)
@pytest.mark.parametrize(
    "labels",
    [
        np.array(["no", "yes"]),
        np.array([3, 7]),
        np.array([False, True]),
        np.array([-1.0, 1.0]),
        pd.Categorical(["low", "high"], ["low", "high"], ordered=True),
    ],
    ids=["text", "int", "bool", "float", "ordered"],
)
@pytest.mark.parametrize("container", [lambda y: y, pd.Series, pl.Series])
def test_label_types_and_containers(kind, labels, container):
    X, y = two_classes()
    target = labels[y]
    if container is pl.Series and isinstance(labels, pd.Categorical):
        target = np.asarray(target)
    model = kind(LogisticRegression()).fit(X, container(target))
    predicted = model.predict(X)
    assert set(predicted) <= set(np.asarray(labels).tolist())
    assert model.classes_.tolist() == sorted(np.asarray(labels).tolist())
    assert model.score(X, np.asarray(target)) > 0.3


@pytest.mark.parametrize("kind", WRAPPERS)
@pytest.mark.parametrize("method", ["predict_proba", "predict_log_proba"])
def test_probability_methods_depend_on_the_estimator(kind, method):
    assert hasattr(kind(LogisticRegression()), method)
    assert not hasattr(kind(LinearSVC()), method)


@pytest.mark.parametrize("kind", [*WRAPPERS, PriorCorrectedClassifier])
def test_multilabel_target_raises(kind):
    X, y = two_classes()
    with pytest.raises(ValueError, match=r"Multilabel and multioutput.* 2 columns"):
        kind(LogisticRegression()).fit(X, np.column_stack([y, y]))


@pytest.mark.parametrize("kind", WRAPPERS)
def test_three_string_classes(kind):
    p, y = informed(np.random.default_rng(0), 300, [0.6, 0.3, 0.1])
    labels = np.array(["a", "b", "c"])[y]
    model = kind(frozen(p, labels)).fit(p, labels)
    assert set(model.predict(p)) <= {"a", "b", "c"}


@pytest.mark.parametrize(
    "kind", [TunedThresholdClassifier, ConstrainedThresholdClassifier]
)
def test_single_row_class_raises_when_tuning(kind):
    X, y = np.arange(20.0)[:, np.newaxis], np.repeat([0, 1], [19, 1])
    with (
        pytest.warns(UserWarning, match="no fold"),
        pytest.raises(ValueError, match="FrozenEstimator"),
    ):
        kind(LogisticRegression()).fit(X, y)


@pytest.mark.parametrize("kind", [*WRAPPERS, PriorCorrectedClassifier])
def test_frozen_estimator_fitted_on_other_classes(kind):
    p, y = informed(np.random.default_rng(0), 300, [0.6, 0.3, 0.1])
    labels = np.array(["a", "c", "d"])[y]
    inner = frozen(p, labels)
    with pytest.raises(
        ValueError, match=r"classes of the fitted estimator.*Got \['b'\]"
    ):
        kind(inner).fit(p, np.where(labels == "a", "b", labels))
    some = y < 2
    if kind in {PriorThresholdClassifier, PriorCorrectedClassifier}:
        with pytest.raises(ValueError, match=r"nonzero weight .*none of \['d'\]"):
            kind(inner).fit(p[some], labels[some])
        return
    model = kind(inner).fit(p[some], labels[some])
    assert model.classes_.tolist() == ["a", "c", "d"]
    np.testing.assert_array_equal(model.predict_proba(p), p)
    assert set(model.predict(p)) <= {"a", "c", "d"}


# Integration


@pytest.mark.parametrize("kind", WRAPPERS)
def test_cross_validation_with_routed_weights(kind):
    X, y = two_classes(900)
    weight = np.random.default_rng(0).uniform(0.5, 2, 900)
    with sklearn.config_context(enable_metadata_routing=True):
        wrapper = kind(LogisticRegression()).set_fit_request(sample_weight=True)
        if "random_state" in wrapper.get_params():
            wrapper.set_params(random_state=0)
        scores = cross_validate(
            make_pipeline("passthrough", wrapper),
            X,
            y,
            cv=3,
            params={"sample_weight": weight},
            scoring=get_scorer("balanced_accuracy").set_score_request(
                sample_weight=True
            ),
            error_score="raise",
            return_estimator=True,
        )
    assert (scores["test_score"] > 0.45).all()
    fold = next(iter(StratifiedKFold(3).split(X, y)))[0]
    alone = clone(wrapper).fit(X[fold], y[fold], sample_weight=weight[fold])
    routed = scores["estimator"][0][-1]
    assert (routed.estimator_.coef_ == alone.estimator_.coef_).all()


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
def test_thresholds_match_for_arrays_and_dataframes(kind):
    X, y = two_classes()
    names = list("abcde")
    table = kind(dict(zip(names, X.T, strict=True)))
    model = TunedThresholdClassifier(
        ResampledClassifier(
            SMOTE(random_state=0),
            LogisticRegression(),
            correction="offset",
            random_state=0,
        ),
        random_state=0,
    )
    plain, framed = clone(model).fit(X, y), clone(model).fit(table, y)
    assert framed.threshold_ == pytest.approx(plain.threshold_, rel=1e-9)
    assert (framed.predict(table) == plain.predict(X)).all()
    assert framed.feature_names_in_.tolist() == names


def test_predict_matches_for_batches_and_single_rows():
    # Many rows are equal; probabilities of batches and single rows differ by rounding.
    rng = np.random.default_rng(14)
    X = (rng.random((3000, 3)) < 0.5).astype(float)
    logit = X @ rng.normal(size=3) * 2 - 1
    y = (rng.random(3000) < 1 / (1 + np.exp(-logit))).astype(int)
    inner = make_pipeline(StandardScaler(), LogisticRegression()).fit(
        X[:1000], y[:1000]
    )
    for model in (
        ConstrainedThresholdClassifier(
            FrozenEstimator(inner),
            subject_to={"alert_share": 0.2},
            maximize="recall",
            confidence=0.95,
        ),
        TunedThresholdClassifier(FrozenEstimator(inner), scoring="f1"),
    ):
        model.fit(X[1000:2000], y[1000:2000])
        alone = [model.predict(X[i : i + 1])[0] for i in range(2000, 2200)]
        assert (model.predict(X[2000:])[:200] == alone).all()


@pytest.mark.parametrize("container", [list, np.asarray, pd.Series])
@pytest.mark.parametrize(
    "around",
    [PriorThresholdClassifier, TunedThresholdClassifier, PriorCorrectedClassifier],
)
def test_text_input(around, container):
    inner = make_pipeline(TfidfVectorizer(), LogisticRegression())
    X, y = container(["good one", "bad one"] * 20), [0, 1] * 20
    assert (around(inner).fit(X, y).predict(X) == y).all()


def test_cv_accepts_numpy_floats_and_boolean_masks():
    X, y = make_classification(300, weights=[0.8], random_state=0)
    ConstrainedThresholdClassifier(
        LogisticRegression(), cv=np.float32(0.3), confidence=0.8, random_state=0
    ).fit(X, y)
    half = np.arange(300) % 2 == 0
    model = TunedThresholdClassifier(LogisticRegression(), cv=[(half, ~half)])
    assert model.fit(X, y).best_score_ > 0.5
