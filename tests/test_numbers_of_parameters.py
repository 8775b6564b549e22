"""Numeric parameters: NumPy types are accepted, and errors name the parameter."""

from __future__ import annotations

import inspect
import warnings
from decimal import Decimal
from fractions import Fraction
from numbers import Integral, Real

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.utils import _param_validation
from sklearn.utils._param_validation import (
    InvalidParameterError,
    make_constraint,
    validate_parameter_constraints,
)

import imbsuite as im
from imbsuite import losses
from imbsuite._intervals import JOBS, Interval
from imbsuite._random import SEEDS
from imbsuite.testing import all_samplers

rng = np.random.default_rng(0)
Y = np.repeat([0, 1], [60, 30])
X = rng.normal(size=(90, 3)) + Y[:, np.newaxis]
LABELS = np.column_stack([Y, rng.integers(0, 2, 90), rng.random(90) < 0.2]).astype(int)

LOSSES = [
    losses.LogLoss(),
    losses.FocalLoss(),
    losses.CompSumLoss(),
    losses.MetricLoss("fbeta"),
]
ESTIMATORS = [
    *all_samplers(),
    *LOSSES,
    im.BalancedKMeans(2, random_state=0),
    im.LabelSampler(random_state=0),
    im.LabelShiftAdapter(LogisticRegression()),
    im.PseudoLabelClassifier(GaussianNB()),
    im.RescaledClassifier(GaussianNB(), cv=2, random_state=0),
    im.TunedThresholdClassifier(GaussianNB(), cv=2, random_state=0),
    im.PriorThresholdClassifier(GaussianNB()),
    im.PrestoClassifier(),
    im.PrestoClassifierCV(alphas=2, cv=2),
    im.ProportionalOddsClassifier(),
    im.LinearLossClassifier(),
    im.SubclassClassifier(GaussianNB(), random_state=0),
    im.ResampledEnsembleClassifier(
        estimator=GaussianNB(), n_estimators=2, random_state=0
    ),
    im.CooldownClassifier(GaussianNB(), n_epochs=2, random_state=0),
]


def public_classes():
    modules = [im, losses]
    objects = {getattr(module, name) for module in modules for name in module.__all__}
    kinds = [c for c in objects if inspect.isclass(c) and issubclass(c, BaseEstimator)]
    return sorted(kinds, key=lambda kind: kind.__name__)


def numeric(kind):
    """Yield the names of parameters that may be numbers, and their intervals."""
    for name, allowed in getattr(kind, "_parameter_constraints", {}).items():
        if isinstance(allowed, list):
            intervals = [
                c for c in allowed if isinstance(c, _param_validation.Interval)
            ]
            if intervals and allowed is not SEEDS:
                yield name, intervals


NO_NUMBERS = [
    10**400,
    -(10**400),
    Fraction(1, 2),
    Fraction(2),
    Decimal("0.5"),
    True,
    np.True_,
    float("nan"),
    np.float32("nan"),
    "7",
    2j,
]


@pytest.mark.parametrize("kind", public_classes(), ids=lambda kind: kind.__name__)
def test_invalid_numbers_raise_and_name_the_parameter(kind):
    for name, intervals in numeric(kind):
        allowed = kind._parameter_constraints[name]
        others = [make_constraint(c) for c in allowed if c not in intervals]
        for value in NO_NUMBERS:
            if any(other.is_satisfied_by(value) for other in others):
                continue  # for example, a string may be another valid value
            says = f"The '{name}' parameter of {kind.__name__} must be "
            with pytest.raises(InvalidParameterError, match=says):
                validate_parameter_constraints(
                    {name: allowed}, {name: value}, caller_name=kind.__name__
                )


def test_all_numeric_parameters_use_the_interval_of_imbsuite():
    known = {
        (kind.__name__, name): all(isinstance(c, Interval) for c in intervals)
        for kind in public_classes()
        for name, intervals in numeric(kind)
    }
    assert len(known) > 50
    assert not [place for place, is_known in known.items() if not is_known]


def test_bounds_of_intervals():
    count = Interval(Integral, 1, None, closed="left")
    assert count.is_satisfied_by(2**63 - 1)
    assert count.is_satisfied_by(np.uint64(2**63 - 1))
    assert not count.is_satisfied_by(2**63)
    assert str(count) == "an int in the range [1, 2**63)"
    share = Interval(Real, 0, 0.1, closed="both")
    assert not share.is_satisfied_by(np.float32(0.1))  # 0.10000000149
    assert share.is_satisfied_by(np.float16(0.05))
    assert Interval(Real, 0, None, closed="left").is_satisfied_by(10**300)
    assert not Interval(Real, 0, None, closed="left").is_satisfied_by(10**309)
    assert JOBS[0].is_satisfied_by(-1)


def outcome(estimator, **parameters):
    """Return the numeric result of an estimator for the table."""
    model = clone(estimator).set_params(**parameters)
    if isinstance(model, losses.base.Loss):
        bound = model.bind([60, 30])
        scores = np.linspace(-2, 2, 90)
        value, gradient = bound.value_gradient(scores, Y)
        return np.append(gradient, value)
    target = LABELS if isinstance(model, im.LabelSampler) else Y
    if hasattr(model, "fit_resample"):
        return model.fit_resample(X, target)[0]
    if not hasattr(model, "predict_proba"):
        return model.fit(X).labels_
    return model.fit(X, target).predict_proba(X)


NARROW = {
    Integral: [np.uint8(2), np.int8(17), np.uint8(255), np.uint64(3)],
    Real: [np.uint8(1), np.uint64(3), np.float16(0.5), np.float32(2), 1e200, 10**300],
}


# Large values would need many fits, or more clusters than rows.
FITS = {"n_estimators", "n_clusters", "n_init", "n_iter", "n_epochs", "alphas"}


@pytest.mark.parametrize(
    "estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__
)
def test_numpy_and_python_numbers_give_the_same_result(estimator):
    for name, (interval, *_) in numeric(type(estimator)):
        if name not in estimator.get_params() or name in {"n_jobs", "cv", "version"}:
            continue
        for value in NARROW.get(interval.type, []):
            if not interval.is_satisfied_by(value):
                continue
            if name in FITS and value > 3:
                continue
            plain = value.item() if isinstance(value, np.generic) else float(value)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                expected = outcome(estimator, **{name: plain})
                warnings.simplefilter("error", RuntimeWarning)
                actual = outcome(estimator, **{name: value})
            assert np.isfinite(actual).all(), (name, value)
            np.testing.assert_allclose(actual, expected, err_msg=f"{name}={value!r}")


@pytest.mark.parametrize("value", [np.array(2), 2.0, np.int64(1)])
def test_single_number_as_categorical_features_raises(value):
    with pytest.raises(
        ValueError, match=r"categorical_features.*(not understood|must be)"
    ):
        im.SMOTE(categorical_features=value).fit_resample(X, Y)
