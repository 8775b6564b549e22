"""Weights from out-of-fold losses: formulas by hand, equivalences, and benefits."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from shared import Given
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import imbsuite as im
from imbsuite.probability.source import source_prior

LINEAR = LogisticRegression(tol=1e-10, max_iter=1000)
BY_Z = {"rule": "z", "strength": 1.5, "offset": 1.0}


class WeightedGiven(Given):
    """Its probabilities are the columns of X; it remembers its weights."""

    def fit(self, X, y, sample_weight=None):
        self.weight_ = sample_weight
        return super().fit(X, y)


def mixed(seed=0, n_common=90, n_rare=30):
    rng = np.random.default_rng(seed)
    y = np.repeat(["common", "rare"], [n_common, n_rare])
    X = rng.normal(size=(len(y), 2)) + 1.5 * (y == "rare")[:, np.newaxis]
    order = rng.permutation(len(y))
    return X[order], y[order]


def folds_of(n, k=3):
    return list(KFold(k).split(np.zeros(n)))


# By hand

P = np.array([[0.9, 0.1], [0.8, 0.2], [0.001, 0.999], [0.5, 0.5], [0.25, 0.75]])
CLASSES = np.array([0, 0, 0, 1, 1])


def test_power_rule_by_hand():
    model = im.RescaledClassifier(WeightedGiven(), q=0.5, floor=0.1, cv=2)
    weight = model.fit(P, CLASSES).sample_weight_
    raw = np.array([0.9**0.5, 0.8**0.5, 0.1, 0.5**0.5, 0.75**0.5])
    expected = np.concatenate([raw[:3] / raw[:3].mean(), raw[3:] / raw[3:].mean()])
    assert_allclose(weight, expected)
    assert_array_equal(model.estimator_.weight_, weight)
    assert_array_equal(model.predict_proba(P), P)


def test_z_rule_by_hand():
    model = im.RescaledClassifier(WeightedGiven(), rule="z", floor=0.3, cv=2)
    weight = model.fit(P, CLASSES).sample_weight_
    # Each of two losses is one standard deviation from their mean: z = 1 and -1.
    pair = np.array([0.5, 1 / (1 + np.exp(-3))])
    assert_allclose(weight[3:], pair / pair.mean())
    losses = -np.log([0.9, 0.8, 0.001])
    z = (losses - losses.mean()) / losses.std()
    raw = np.maximum(1 / (1 + np.exp(1.5 * (z - 1))), 0.3)
    assert_allclose(weight[:3], raw / raw.mean())


@pytest.mark.parametrize("options", [{}, BY_Z])
def test_probabilities_are_out_of_fold_in_every_iteration(options):
    X, y = mixed()
    cv = folds_of(len(y))
    own = (y == "rare").astype(int)
    once = im.RescaledClassifier(LINEAR, cv=cv, **options).fit(X, y)
    twice = im.RescaledClassifier(LINEAR, cv=cv, n_iter=2, **options).fit(X, y)
    p = np.empty(len(y))
    for train, test in cv:
        fitted = clone(LINEAR).fit(
            X[train], y[train], sample_weight=once.sample_weight_[train]
        )
        p[test] = fitted.predict_proba(X[test])[np.arange(len(test)), own[test]]
    probabilities = np.column_stack([np.where(own == k, p, 1 - p) for k in (0, 1)])
    expected = im.RescaledClassifier(WeightedGiven(), cv=cv, **options).fit(
        probabilities, y
    )
    assert_allclose(twice.sample_weight_, expected.sample_weight_, rtol=1e-5)
    assert not np.allclose(once.sample_weight_, twice.sample_weight_, rtol=1e-3)
    p = cross_val_predict(LINEAR, X, y, cv=cv, method="predict_proba")
    expected = im.RescaledClassifier(WeightedGiven(), cv=cv, **options).fit(p, y)
    assert_allclose(once.sample_weight_, expected.sample_weight_, rtol=1e-5)


# Equivalences


@pytest.mark.parametrize(
    "options", [{"q": 0.0}, {"rule": "z", "strength": 0.0}, {"floor": 1.0}]
)
def test_constant_weights_equal_the_plain_fit(options):
    X, y = mixed()
    plain = clone(LINEAR).fit(X, y)
    model = im.RescaledClassifier(LINEAR, **options, random_state=0).fit(X, y)
    assert_allclose(model.sample_weight_, 1)
    assert_allclose(model.estimator_.coef_, plain.coef_, rtol=1e-6)


@pytest.mark.parametrize("options", [{}, BY_Z])
def test_equal_losses_give_unit_weights(options):
    y = np.repeat([0, 1], [40, 10])
    p = np.full((50, 2), [0.7, 0.3])
    model = im.RescaledClassifier(WeightedGiven(), **options, random_state=0)
    assert_allclose(model.fit(p, y).sample_weight_, 1)


@pytest.mark.parametrize("options", [{}, BY_Z, {"n_iter": 2}])
def test_class_totals_are_kept_and_weights_match_repeated_rows(options):
    X, y = mixed()
    weight = np.random.default_rng(1).integers(0, 3, len(y))
    folds = folds_of(len(y))
    weighted = im.RescaledClassifier(LINEAR, cv=folds, **options)
    weighted.fit(X, y, sample_weight=weight)
    for label in ("common", "rare"):
        own = y == label
        assert weighted.sample_weight_[own].sum() == pytest.approx(weight[own].sum())
    rows = np.repeat(np.arange(len(y)), weight)
    there = [
        (np.flatnonzero(~np.isin(rows, test)), np.flatnonzero(np.isin(rows, test)))
        for _, test in folds
    ]
    repeated = im.RescaledClassifier(LINEAR, cv=there, **options).fit(X[rows], y[rows])
    assert_allclose(
        repeated.sample_weight_ * weight[rows],
        weighted.sample_weight_[rows],
        rtol=1e-5,
    )
    assert_allclose(
        weighted.predict_proba(X), repeated.predict_proba(X), rtol=1e-5, atol=1e-7
    )
    assert weighted.effective_prior_ == pytest.approx(repeated.effective_prior_)


@pytest.mark.parametrize("options", [{}, BY_Z])
def test_row_order_does_not_matter(options):
    X, y = mixed()
    order = np.random.default_rng(2).permutation(len(y))
    place = np.argsort(order)
    folds = folds_of(len(y))
    there = [(place[train], place[test]) for train, test in folds]
    model = im.RescaledClassifier(LINEAR, cv=folds, **options).fit(X, y)
    moved = im.RescaledClassifier(LINEAR, cv=there, **options).fit(X[order], y[order])
    assert_allclose(moved.sample_weight_, model.sample_weight_[order], rtol=1e-5)
    assert_allclose(moved.predict_proba(X), model.predict_proba(X), rtol=1e-5)


def test_rows_without_predictions_get_the_mean_weight():
    X, y = mixed()
    held_out = np.arange(60)
    cv = [(np.arange(60, 120), held_out)]
    model = im.RescaledClassifier(LINEAR, cv=cv).fit(X, y)
    assert_array_equal(model.sample_weight_[60:], 1)
    for label in ("common", "rare"):
        own = held_out[y[:60] == label]
        assert model.sample_weight_[own].mean() == pytest.approx(1)
        assert model.sample_weight_[own].std() > 0.01


def test_single_row_class_gives_the_plain_fit():
    X, y = mixed(n_rare=1)
    with pytest.warns(UserWarning, match="no fold can be made"):
        model = im.RescaledClassifier(LINEAR, random_state=0).fit(X, y)
    assert_array_equal(model.sample_weight_, 1)
    assert_allclose(model.estimator_.coef_, clone(LINEAR).fit(X, y).coef_)


# With other estimators


def test_weights_reach_pipelines_and_resampled_estimators():
    X, y = mixed()
    pipeline = make_pipeline(StandardScaler(), LINEAR)
    model = im.RescaledClassifier(pipeline, cv=folds_of(len(y))).fit(X, y)
    direct = clone(pipeline).fit(
        X, y, logisticregression__sample_weight=model.sample_weight_
    )
    assert_allclose(model.predict_proba(X), direct.predict_proba(X))
    sampler = im.RandomOverSampler(random_state=0)
    inner = im.ResampledClassifier(sampler, LINEAR)
    model = im.RescaledClassifier(inner, cv=folds_of(len(y))).fit(X, y)
    direct = clone(inner).fit(X, y, sample_weight=model.sample_weight_)
    assert_allclose(model.predict_proba(X), direct.predict_proba(X))


def test_out_of_bag_predictions_of_a_forest():
    X, y = mixed()
    forest = RandomForestClassifier(40, oob_score=True, random_state=0)
    model = im.RescaledClassifier(forest, cv="oob").fit(X, y)
    p = forest.fit(X, y).oob_decision_function_
    assert not np.isnan(p).any()
    expected = im.RescaledClassifier(WeightedGiven(), cv=2).fit(p, y)
    assert_allclose(model.sample_weight_, expected.sample_weight_)


@pytest.mark.parametrize("balanced", [None, "balanced"])
def test_effective_prior_is_that_of_the_training_rows(balanced):
    X, y = mixed()
    inner = clone(LINEAR).set_params(class_weight=balanced)
    model = im.RescaledClassifier(inner, random_state=0).fit(X, y)
    assert model.effective_prior_ == {"common": 0.75, "rare": 0.25}
    expected = [0.75, 0.25] if balanced is None else [0.5, 0.5]
    assert_allclose(source_prior(model, model.classes_, np.array([90, 30])), expected)


def test_works_inside_decision_and_correction_wrappers():
    X, y = mixed()
    model = im.RescaledClassifier(LINEAR, random_state=0)
    for outer in (
        im.PriorThresholdClassifier(model),
        im.TunedThresholdClassifier(model, random_state=0),
        im.PriorCorrectedClassifier(model, random_state=0),
        im.ResampledClassifier(im.RandomOverSampler(random_state=0), model),
    ):
        assert outer.fit(X, y).score(X, y) > 0.7


def test_pickle_drops_sample_weight():
    X, y = mixed()
    model = im.RescaledClassifier(LINEAR, random_state=0).fit(X, y)
    loaded = pickle.loads(pickle.dumps(model))  # noqa: S301 - made here
    assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    with pytest.raises(AttributeError, match="sample_weight_ of this RescaledClassif"):
        _ = loaded.sample_weight_


@pytest.mark.parametrize(
    ("estimator", "problem"),
    [
        (
            KNeighborsClassifier(),
            "KNeighborsClassifier.fit does not take sample_weight",
        ),
        (FrozenEstimator(clone(LINEAR).fit(*mixed())), "it is fitted already"),
    ],
)
def test_estimators_that_cannot_be_weighted_raise(estimator, problem):
    with pytest.raises(ValueError, match=f"'estimator' .* Got .* instead: {problem}"):
        im.RescaledClassifier(estimator).fit(*mixed())


# Benefits


def test_mislabeled_rows_get_less_weight_and_accuracy_improves():
    gains, areas = [], []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        centers = 3 * rng.normal(size=(10, 4))
        sizes = np.geomspace(300, 20, 10).astype(int)
        y = np.repeat(np.arange(10), sizes)
        X = centers[y] + rng.normal(size=(len(y), 4))
        wrong = rng.random(len(y)) < 0.3
        noisy = np.where(wrong, rng.permutation(y), y)
        wrong = noisy != y
        test = np.repeat(np.arange(10), 200)
        X_test = centers[test] + rng.normal(size=(len(test), 4))
        inner = LogisticRegression(class_weight="balanced", max_iter=1000)
        model = im.RescaledClassifier(inner, random_state=0).fit(X, noisy)
        for k in range(10):
            own = noisy == k
            areas.append(roc_auc_score(wrong[own], -model.sample_weight_[own]))
        plain, rescaled = (
            balanced_accuracy_score(test, m.predict(X_test))
            for m in (inner.fit(X, noisy), model)
        )
        gains.append(rescaled - plain)
    assert np.mean(areas) > 0.8
    assert np.mean(gains) > 0.01
