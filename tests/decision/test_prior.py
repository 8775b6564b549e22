"""PriorThresholdClassifier: class shares as thresholds."""

from __future__ import annotations

import numpy as np
import pytest
from decision.informed import two_classes
from shared import frozen
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    FixedThresholdClassifier,
)

from imbsuite import (
    PriorThresholdClassifier,
    RandomOverSampler,
    ResampledClassifier,
)


@pytest.mark.parametrize("share", [0.05, 0.25, 0.5])
def test_prior_threshold_matches_fixed_threshold_at_the_class_share(share):
    # 401 rows with probabilities from 0 to 1 in steps of 1/400.
    steps = np.arange(401) / 400
    p = np.column_stack([1 - steps, steps])
    y = np.repeat([0, 1], [400 - round(400 * share), round(400 * share) + 1])
    y = np.append(y[:-1], 1)[:401]
    q = y.mean()
    ours = PriorThresholdClassifier(frozen(p, y)).fit(p, y)
    theirs = FixedThresholdClassifier(frozen(p, y), threshold=q).fit(p, y)
    assert ours.threshold_[1] == pytest.approx(q, abs=1e-15)
    assert (ours.predict(p) == theirs.predict(p)).all()


def test_row_on_the_threshold_is_positive():
    y = np.repeat([0, 1], [8, 2])
    p = np.tile([[0.8, 0.2]], (10, 1))
    assert (PriorThresholdClassifier(frozen(p, y)).fit(p, y).predict(p) == 1).all()
    fixed = FixedThresholdClassifier(frozen(p, y), threshold=0.2).fit(p, y)
    assert (fixed.predict(p) == 1).all()


def test_prior_threshold_is_half_after_over_sampling():
    X, y = two_classes()
    inner = ResampledClassifier(RandomOverSampler(random_state=0), LogisticRegression())
    model = PriorThresholdClassifier(inner).fit(X, y)
    assert model.threshold_ == pytest.approx([0.5, 0.5])


def test_thresholds_for_targets_and_exponents():
    X, y = two_classes()
    share = y.mean()
    inner = LogisticRegression()
    even = PriorThresholdClassifier(inner, exponent=0).fit(X, y)
    assert even.threshold_ == pytest.approx([0.5, 0.5])
    same = PriorThresholdClassifier(inner, target={0: 1 - share, 1: share}).fit(X, y)
    assert same.threshold_ == pytest.approx([0.5, 0.5])
    half = PriorThresholdClassifier(inner, exponent=0.5).fit(X, y)
    odds = np.sqrt(share / (1 - share))
    assert half.threshold_[1] == pytest.approx(odds / (1 + odds))
    with pytest.raises(ValueError, match=r"'target'.*classes \[0, 1\]"):
        PriorThresholdClassifier(inner, target={0: 1}).fit(X, y)


def test_unfitted_frozen_estimator_raises():
    X, y = make_classification(100, random_state=0)
    with pytest.raises(NotFittedError):
        PriorThresholdClassifier(FrozenEstimator(LogisticRegression())).fit(X, y)


def test_large_exponents_do_not_underflow():
    X, y = make_classification(300, weights=[0.55], random_state=0)
    model = PriorThresholdClassifier(LogisticRegression(), exponent=5000.0).fit(X, y)
    assert np.isfinite(model.threshold_).all()


def test_exponent_that_underflows_two_thresholds_raises(three_classes):
    """The rarest class needs the smallest threshold; two zeros lose that order."""
    X, y = three_classes
    great = PriorThresholdClassifier(LogisticRegression(), exponent=200.0).fit(X, y)
    assert (great.predict(X) == 2).all()
    too_great = PriorThresholdClassifier(LogisticRegression(), exponent=5000.0)
    message = (
        r"'exponent' parameter of PriorThresholdClassifier .* Got 5000\.0 .*\[1, 2\]"
    )
    with pytest.raises(ValueError, match=message):
        too_great.fit(X, y)


@pytest.fixture(scope="module")
def three_classes():
    return make_classification(
        900, n_classes=3, n_informative=4, weights=[0.75, 0.18], random_state=0
    )


@pytest.mark.parametrize("weighted", [False, True])
def test_confidence_thresholds_are_a_fixed_point(three_classes, weighted):
    X, y = three_classes
    weight = np.random.default_rng(0).integers(1, 5, len(y)) if weighted else None
    p = LogisticRegression().fit(X, y).predict_proba(X)
    model = PriorThresholdClassifier(frozen(p, y), target="confidence")
    c = model.fit(p, y, sample_weight=weight).threshold_
    q = p / c
    own = q[np.arange(len(y)), y] / q.sum(axis=1)
    means = [
        np.average(own[y == k], weights=None if weight is None else weight[y == k])
        for k in range(3)
    ]
    assert c / c.max() == pytest.approx(means / np.max(means), abs=1e-5)
    assert not hasattr(model, "source_prior_")
    # The model is less confident in rare classes, so their thresholds are lower.
    assert c[2] < c[0]


def test_confidence_thresholds_with_weights_match_repeated_rows(three_classes):
    X, y = three_classes
    p = LogisticRegression().fit(X, y).predict_proba(X)
    rows = np.repeat(np.arange(len(y)), np.arange(len(y)) % 4)
    model = PriorThresholdClassifier(frozen(p, y), target="confidence")
    weighted = model.fit(p, y, sample_weight=np.arange(len(y)) % 4).threshold_
    assert model.fit(p[rows], y[rows]).threshold_ == pytest.approx(weighted, abs=1e-9)


def test_confidence_thresholds_are_out_of_fold(three_classes):
    X, y = three_classes
    model = PriorThresholdClassifier(
        LogisticRegression(), target="confidence", cv=3, random_state=0
    ).fit(X, y)
    again = PriorThresholdClassifier(
        LogisticRegression(), target="confidence", cv=3, random_state=0
    ).fit(X, y)
    assert (model.threshold_ == again.threshold_).all()
    in_fold = PriorThresholdClassifier(
        FrozenEstimator(model.estimator_), target="confidence"
    ).fit(X, y)
    assert in_fold.threshold_ != pytest.approx(model.threshold_, abs=1e-4)
    # The exponent applies to confidences as it does to priors.
    flat = PriorThresholdClassifier(model.estimator_, target="confidence", exponent=0)
    assert flat.fit(X, y).threshold_ == pytest.approx(np.full(3, 1 / 3))


def test_confidence_thresholds_of_multilabel_targets(three_classes):
    X, y = three_classes
    labels = np.column_stack([y == 1, y == 2]).astype(int)
    forest = RandomForestClassifier(20, min_samples_leaf=5, random_state=0)
    model = PriorThresholdClassifier(
        forest, target="confidence", cv=3, random_state=0
    ).fit(X, labels)
    assert model.threshold_.shape == (2,)
    assert (model.threshold_ < 0.5).all()
    assert model.predict(X).shape == labels.shape


def test_unknown_target_raises(three_classes):
    X, y = three_classes
    with pytest.raises(ValueError, match="'target' parameter"):
        PriorThresholdClassifier(LogisticRegression(), target="sure").fit(X, y)
