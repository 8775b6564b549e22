"""Decisions and corrections under hostile input: each test is a defect that was found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from imblearn.ensemble import BalancedRandomForestClassifier
from shared import frozen
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.ensemble import BaggingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, f1_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from imbsuite import (
    ConstrainedThresholdClassifier,
    CostThresholdClassifier,
    LabelShiftAdapter,
    PriorCorrectedClassifier,
    PriorThresholdClassifier,
    ProportionalOddsClassifier,
    RandomOverSampler,
    ResampledClassifier,
    TunedThresholdClassifier,
)


def pair(p1):
    return np.column_stack([1 - p1, p1])


def test_decisions_do_not_hang_on_the_last_digit():
    # Many equal rows; a batch and a single row differ by rounding.
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


BALANCED = LogisticRegression(class_weight="balanced")
RESAMPLED = ResampledClassifier(RandomOverSampler(random_state=0), LogisticRegression())


@pytest.mark.parametrize(
    ("make", "seen"),
    [
        (
            CalibratedClassifierCV(LogisticRegression(class_weight="balanced")),
            "natural",
        ),
        (GridSearchCV(RESAMPLED, {"estimator__C": [1]}), "even"),
        (GridSearchCV(LogisticRegression(), {"class_weight": ["balanced"]}), "even"),
        (BaggingClassifier(BALANCED, 3, random_state=0), "even"),
        (BalancedRandomForestClassifier(5, random_state=0), "even"),
    ],
    ids=["calibrated", "search", "searched-weight", "bagging", "balanced-forest"],
)
def test_priors_are_read_through_other_estimators(make, seen):
    X, y = make_classification(1000, weights=[0.9], random_state=0)
    found = PriorThresholdClassifier(make).fit(X, y).source_prior_
    wanted = np.bincount(y) / 1000 if seen == "natural" else [0.5, 0.5]
    assert found == pytest.approx(wanted, abs=0.02)


@pytest.mark.parametrize("cv", [0.1, 0.9])
def test_a_held_out_part_has_every_class_on_both_sides(cv):
    y = np.repeat([0, 1], [396, 4])
    X = np.random.default_rng(0).normal(size=(400, 2)) + 2 * y[:, np.newaxis]
    for seed in range(5):
        model = PriorCorrectedClassifier(
            LogisticRegression(class_weight="balanced"), cv=cv, random_state=seed
        ).fit(X, y)
        assert abs(model.offset_[1]) < 15


@pytest.mark.parametrize("lacking", ["train", "test"])
def test_splits_that_lack_a_class_leave_the_formula(lacking):
    y = np.tile([0, 1], 50)
    X = np.random.default_rng(0).normal(size=(100, 2)) + y[:, np.newaxis]
    one, mixed = np.flatnonzero(y == 0)[:20], np.arange(50, 100)
    split = (one, mixed) if lacking == "train" else (mixed, one)
    model = PriorCorrectedClassifier(
        LogisticRegression(class_weight={0: 1, 1: 4}), cv=[split]
    )
    with pytest.warns(UserWarning, match=r"A class has no row"):
        model.fit(X, y)
    assert model.offset_ == pytest.approx([0, -np.log(4)])


@pytest.mark.parametrize(
    "make",
    [
        PriorThresholdClassifier,
        PriorCorrectedClassifier,
        LabelShiftAdapter,
    ],
)
def test_a_class_without_weight_is_a_class_without_rows(make):
    X, y = make_classification(300, n_classes=3, n_informative=4, random_state=0)
    with pytest.raises(ValueError, match=r"no row .* of \[2\]"):
        make(LogisticRegression()).fit(X, y, sample_weight=(y != 2) * 1.0)


@pytest.mark.parametrize("asked", [False, True])
def test_certain_scores_can_be_left_out(asked):
    p1 = np.repeat([1.0, 0.6, 0.1], [10, 5, 85])
    y = np.repeat([0, 1, 0], [10, 5, 85])

    def accuracy(true, found, sample_weight=None):
        return np.average(true == found, weights=sample_weight)

    model = TunedThresholdClassifier(
        frozen(pair(p1), y), scoring=accuracy if asked else "accuracy"
    ).fit(pair(p1), y)
    assert model.best_score_ == 0.95
    assert model.score(pair(p1), y) == 0.95


@pytest.mark.parametrize("seed", range(60, 100))
def test_thresholds_do_what_they_were_scored_for(seed):
    # Tenths: many ties between classes.
    rng = np.random.default_rng(seed)
    y = np.append([0, 1, 2], rng.choice(3, 37, p=[0.7, 0.2, 0.1]))
    p = np.round(rng.dirichlet([0.3] * 3, 40) * 10)
    p[p.sum(axis=1) == 0] = 1
    p /= p.sum(axis=1, keepdims=True)
    model = TunedThresholdClassifier(frozen(p, y)).fit(p, y)
    found = balanced_accuracy_score(y, model.predict(p))
    assert found == pytest.approx(model.best_score_)
    assert found >= model.argmax_score_ - 1e-12


@pytest.mark.parametrize("seed", range(8))
def test_rows_that_only_one_class_can_have_stay(seed):
    rng = np.random.default_rng(seed)
    y = np.append([0, 1, 2], rng.choice(3, 117, p=[0.6, 0.25, 0.15]))
    p = rng.dirichlet(np.ones(3), 120) + 0.3 * np.eye(3)[y]
    p[rng.random(120) < 0.2] = [0, 0, 1]
    p /= p.sum(axis=1, keepdims=True)
    model = TunedThresholdClassifier(frozen(p, y), scoring="f1_macro").fit(p, y)
    steps = np.exp(np.linspace(-4, 4, 21))
    for a in steps:
        for b in steps:
            chosen = (p / [1, a, b]).argmax(axis=1)
            grid = f1_score(y, chosen, average="macro")
            assert model.best_score_ >= grid - 1e-12


def test_shares_of_a_fitted_model_with_other_classes():
    X, y = make_classification(300, n_classes=3, n_informative=4, random_state=0)
    labels = np.array(["a", "c", "d"])[y]
    inner = FrozenEstimator(LogisticRegression().fit(X, labels))
    with pytest.raises(ValueError, match=r"y holds \['b'\]"):
        LabelShiftAdapter(inner).fit(X, np.where(labels == "a", "b", labels))
    with pytest.raises(ValueError, match=r"no row .* of \['d'\]"):
        LabelShiftAdapter(inner).fit(X[y < 2], labels[y < 2])


@pytest.mark.parametrize(
    "around",
    [
        PriorThresholdClassifier,
        CostThresholdClassifier,
        TunedThresholdClassifier,
        PriorCorrectedClassifier,
        LabelShiftAdapter,
        lambda inner: ResampledClassifier(None, inner),
        lambda inner: ResampledClassifier(None, inner, correction="offset"),
        lambda inner: ResampledClassifier(RandomOverSampler(), inner),
    ],
)
def test_the_order_of_labels_reaches_the_estimator(around):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2))
    place = np.digitize(X[:, 0] + 0.3 * rng.logistic(size=300), [-0.5, 0.7])
    y = pd.Series(pd.Categorical(np.array([2, 3, 1])[place], [2, 3, 1], ordered=True))
    model = around(ProportionalOddsClassifier()).fit(X, y)
    assert model.estimator_.categories_.tolist() == [2, 3, 1]
    assert model.score(X, np.asarray(y)) > 0.6


@pytest.mark.parametrize("container", [list, np.asarray, pd.Series])
@pytest.mark.parametrize(
    "around",
    [PriorThresholdClassifier, TunedThresholdClassifier, PriorCorrectedClassifier],
)
def test_text_goes_through(around, container):
    inner = make_pipeline(TfidfVectorizer(), LogisticRegression())
    X, y = container(["good one", "bad one"] * 20), [0, 1] * 20
    assert (around(inner).fit(X, y).predict(X) == y).all()


def test_every_tie_of_costs_is_an_alert():
    y, p = np.array([0, 1]), np.eye(2)
    for fp in range(1, 20):
        for fn in range(1, 20):
            t = fp / (fp + fn)
            model = CostThresholdClassifier(frozen(p, y), cost=[[0, fp], [fn, 0]])
            assert model.fit(p, y).predict([[1 - t, t]])[0] == 1


def test_costs_by_a_function_are_checked_and_may_come_late():
    p, y = pair(np.array([0.2, 0.7])), np.array([0, 1])
    model = CostThresholdClassifier(frozen(p, y)).fit(p, y)
    dear = model.predict(p, cost=lambda true, found, row: 9 * true * (true != found))
    assert dear.tolist() == [1, 1]
    with pytest.raises(ValueError, match="finite numbers"):
        model.predict(p, cost=lambda true, found, row: np.nan)
    with pytest.raises(ValueError, match="shape"):
        CostThresholdClassifier(frozen(p, y), cost=np.zeros((1, 2, 2))).fit(p, y)


def test_a_metric_that_is_not_always_defined():
    p1 = np.linspace(0.01, 0.99, 50)
    y = (p1 > 0.6).astype(int)

    def defined_for_two(true, found):
        return f1_score(true, found) if len(np.unique(found)) == 2 else np.nan

    model = TunedThresholdClassifier(frozen(pair(p1), y), scoring=defined_for_two)
    assert model.fit(pair(p1), y).best_score_ == 1


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_metric_that_is_never_defined(value, n_classes):
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(n_classes), size=60)
    y = np.arange(60) % n_classes

    def never(y_true, y_pred, sample_weight=None):
        return value

    model = TunedThresholdClassifier(frozen(p, y), scoring=never)
    with pytest.raises(ValueError, match="is not a finite number at any threshold"):
        model.fit(p, y)


def test_weights_go_through_a_search():
    X, y = make_classification(300, weights=[0.8], random_state=0)
    search = GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=2)
    weight = np.where(y == 1, 4.0, 1.0)
    by_weight = CostThresholdClassifier(search).fit(X, y, sample_weight=weight)
    plain = CostThresholdClassifier(search).fit(X, y)
    assert by_weight.predict(X).sum() > plain.predict(X).sum()


def test_rows_without_weight_do_not_mislead_the_start():
    n = 24_000
    y = np.tile([0, 1, 2, 0], n // 4)
    weight = np.tile([0.0, 1.0, 1.0, 1.0], n // 4)
    p = np.random.default_rng(0).dirichlet(np.ones(3), n)
    model = TunedThresholdClassifier(frozen(p, y), scoring="accuracy")
    model.fit(p, y, sample_weight=weight)
    assert model.best_score_ >= model.argmax_score_


def test_an_unfitted_frozen_estimator_is_named():
    X, y = make_classification(100, random_state=0)
    with pytest.raises(NotFittedError):
        PriorThresholdClassifier(FrozenEstimator(LogisticRegression())).fit(X, y)


def test_shares_of_any_float_and_masks_of_splits():
    X, y = make_classification(300, weights=[0.8], random_state=0)
    ConstrainedThresholdClassifier(
        LogisticRegression(), cv=np.float32(0.3), confidence=0.8, random_state=0
    ).fit(X, y)
    half = np.arange(300) % 2 == 0
    model = TunedThresholdClassifier(LogisticRegression(), cv=[(half, ~half)])
    assert model.fit(X, y).best_score_ > 0.5


def test_great_exponents_do_not_underflow():
    X, y = make_classification(300, weights=[0.55], random_state=0)
    model = PriorThresholdClassifier(LogisticRegression(), exponent=5000.0).fit(X, y)
    assert np.isfinite(model.threshold_).all()
