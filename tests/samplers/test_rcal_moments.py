"""RCAL: covariances shrunk toward the pooled within-class covariance, and weights."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression

import imbsuite as im

# Shrinkage toward the pooled within-class covariance


def _pooled(moments, sizes):
    """Return the covariance of each label, shrunk by the formula."""
    freedom = {k: n - 1 for k, n in sizes.items()}
    within = sum(freedom[k] * S for k, S in moments.items()) / sum(freedom.values())
    shares = {k: f / (f + len(within)) for k, f in freedom.items()}
    return {k: shares[k] * S + (1 - shares[k]) * within for k, S in moments.items()}


@pytest.mark.parametrize("d", [3, 90])
def test_pooled_covariances_match_the_formula(d):
    rng = np.random.default_rng(0)
    y = np.repeat(["a", "b", "c", "d"], [30, 20, 9, 1])
    X = rng.normal(size=(60, d)) * np.linspace(1, 2, d)
    options = {"gamma": 0.0, "outliers": None, "random_state": 0}
    sampler = im.RCALSampler(covariance="pooled", **options)
    sampler.fit_resample(X, y)
    sizes = {k: int((y == k).sum()) for k in "abcd"}
    own = {
        k: np.cov(X[y == k].T) if n > 1 else np.zeros((d, d)) for k, n in sizes.items()
    }
    expected = _pooled(own, sizes)
    for label in "abcd":
        assert_allclose(sampler.covariances_[label], expected[label], atol=1e-10)
        # The single row also has its own covariance, and borrows nothing.
        calibrated = sampler.calibrated_covariances_[label]
        assert_allclose(calibrated, expected[label], atol=1e-10)


def test_pooled_covariances_of_constant_classes():
    sampler = im.RCALSampler(covariance="pooled", outliers=None, random_state=0)
    X_new, _ = sampler.fit_resample([[1.0], [1.0], [2.0]], ["a", "a", "b"])
    assert_allclose(X_new[-1], 2.0, atol=0.01)


def test_pooled_draws_approach_linear_discriminant_analysis():
    rng = np.random.default_rng(3)
    y = np.repeat(np.arange(4), 2000)
    root = rng.normal(size=(5, 5))
    X = 0.5 * rng.normal(size=(4, 5))[y] @ root + rng.normal(size=(8000, 5)) @ root
    sampler = im.RCALSampler(
        gamma=0,
        outliers=None,
        covariance="pooled",
        sampling_strategy=dict.fromkeys(range(4), 20_000),
        random_state=0,
    )
    linear = LogisticRegression(C=1e4, max_iter=1000)
    coef = im.ResampledClassifier(sampler, linear).fit(X, y).estimator_.coef_
    theirs = LinearDiscriminantAnalysis(priors=[0.25] * 4).fit(X, y).coef_
    difference = (coef - coef.mean(axis=0)) - (theirs - theirs.mean(axis=0))
    scale = np.linalg.norm(theirs - theirs.mean(axis=0))
    assert np.linalg.norm(difference) < 0.08 * scale


# Weights


@pytest.mark.parametrize("covariance", ["empirical", "diag", "pooled"])
@pytest.mark.parametrize("d", [3, 40])
def test_weights_match_repeated_rows(covariance, d):
    rng = np.random.default_rng(1)
    y = np.repeat(["a", "b", "c"], [30, 12, 3])
    X = rng.normal(size=(45, d)) + np.arange(45)[:, np.newaxis] / 20
    X[rng.random(X.shape) < 0.1] = np.nan
    weight = rng.integers(0, 4, 45)
    weight[-1] = 2
    rows = np.repeat(np.arange(45), weight)
    sampler = im.RCALSampler(
        covariance=covariance, outliers=None, standardize=False, random_state=0
    )
    names = ["means_", "covariances_", "calibrated_means_", "calibrated_covariances_"]
    sampler.fit_resample(X[rows], y[rows])
    repeated = [getattr(sampler, name) for name in names]
    heads, lent = sampler.head_classes_, sampler.neighbor_weights_
    sampler.fit_resample(X, y, sample_weight=weight)
    for name, expected in zip(names, repeated, strict=True):
        for label, value in getattr(sampler, name).items():
            assert_allclose(value, expected[label], rtol=1e-9, atol=1e-12)
    assert sampler.head_classes_ == heads
    for label, value in sampler.neighbor_weights_.items():
        assert_allclose(value, lent[label])


@pytest.mark.parametrize("covariance", ["empirical", "pooled"])
def test_equal_small_weights_do_not_change_covariances(covariance):
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(40, 2)), np.repeat(["a", "b"], [30, 10])
    options = {"covariance": covariance, "outliers": None, "standardize": False}
    sampler = im.RCALSampler(**options, random_state=0)
    sampler.fit_resample(X, y)
    expected = sampler.calibrated_covariances_
    for weight, times in [(0.5, 2), (1 / 400, 1), (1e-300, 1)]:
        many = np.tile(np.arange(40), times)
        sampler.fit_resample(X[many], y[many], sample_weight=np.full(len(many), weight))
        for label, value in sampler.calibrated_covariances_.items():
            assert_allclose(value, expected[label], rtol=1e-9)


def test_huge_weights_do_not_overflow():
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(40, 2)), np.repeat(["a", "b"], [30, 10])
    sampler = im.RCALSampler(outliers=None, random_state=0)
    sampler.fit_resample(X, y, sample_weight=np.full(40, 1e308))
    for label, value in sampler.covariances_.items():
        expected = np.cov(X[y == label].T, bias=True)
        assert_allclose(value, expected, rtol=1e-9)


def test_weights_change_the_mean_of_unweighted_estimators():
    rng = np.random.default_rng(4)
    X, y = rng.normal(size=(40, 2)), np.repeat(["a", "b"], [30, 10])
    weight = rng.uniform(0.5, 2, 40)
    sampler = im.RCALSampler(covariance="oas", outliers=None, random_state=0)
    sampler.fit_resample(X, y)
    covariances = sampler.covariances_
    sampler.fit_resample(X, y, sample_weight=weight)
    for label in "ab":
        own = y == label
        mean = np.average(X[own], axis=0, weights=weight[own])
        assert_allclose(sampler.means_[label], mean)
        assert_allclose(sampler.covariances_[label], covariances[label])
