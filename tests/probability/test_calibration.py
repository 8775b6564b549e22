"""Calibration intercept and slope, and the one-vs-rest view of a class."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

from imbsuite.probability.calibration import calibration_intercept, calibration_slope
from imbsuite.probability.one_class import OneAgainstRest

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=20_000) - 1
IS_POSITIVE = RNG.random(20_000) < expit(LOGITS)


def test_calibrated_probabilities_have_intercept_0_and_slope_1():
    assert calibration_intercept(IS_POSITIVE, expit(LOGITS)) == pytest.approx(
        0, abs=0.05
    )
    assert calibration_slope(IS_POSITIVE, expit(LOGITS)) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("factor", [0.5, 3.0, -1.0])
def test_scaling_the_logits_divides_the_slope(factor):
    slope = calibration_slope(IS_POSITIVE, expit(LOGITS))
    scaled_slope = calibration_slope(IS_POSITIVE, expit(factor * LOGITS))
    assert scaled_slope == pytest.approx(slope / factor, rel=1e-3)


@pytest.mark.parametrize("shift", [-2.0, 0.7])
def test_shifting_the_logits_shifts_the_intercept_back(shift):
    intercept = calibration_intercept(IS_POSITIVE, expit(LOGITS))
    shifted_intercept = calibration_intercept(IS_POSITIVE, expit(LOGITS + shift))
    assert shifted_intercept == pytest.approx(intercept - shift, abs=1e-6)


@pytest.mark.parametrize(
    ("is_positive", "probability"),
    [
        ([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9]),
        ([0, 0, 1, 1], [0.1, 0.5, 0.5, 0.9]),
        ([1, 1, 0, 0], [0.1, 0.2, 0.8, 0.9]),
        ([1, 0, 1, 0], [0.3, 0.3, 0.3, 0.3]),
        ([0, 0, 0, 0], [0.1, 0.2, 0.8, 0.9]),
        ([1, 1, 1, 1], [0.1, 0.2, 0.8, 0.9]),
    ],
    ids=["separated", "tied", "the wrong way", "all equal", "no positive", "all"],
)
def test_undefined_slope_is_nan(is_positive, probability):
    slope = calibration_slope(np.array(is_positive, bool), np.array(probability))
    assert np.isnan(slope)


def test_single_class_intercept_is_nan():
    assert np.isnan(calibration_intercept(np.ones(3, bool), np.full(3, 0.5)))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_one_against_rest_matches_the_column_of_the_class(n_classes):
    X, y = make_classification(
        n_classes=n_classes, n_informative=4, n_redundant=0, random_state=0
    )
    model = LogisticRegression().fit(X, y)
    for k in range(n_classes):
        one = OneAgainstRest(model, k)
        assert_array_equal(one.predict(X), model.predict(X) == k)
        assert_allclose(one.predict_proba(X)[:, 1], model.predict_proba(X)[:, k])
        assert_allclose(one.predict_proba(X).sum(axis=1), 1)
        assert hasattr(one, "decision_function") == (n_classes == 2)
        if n_classes == 2:
            assert_array_equal(one.decision_function(X) > 0, one.predict(X) == 1)
    assert not hasattr(OneAgainstRest(GaussianNB().fit(X, y), 0), "decision_function")
