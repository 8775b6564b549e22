"""Only the proportions of weights matter, and not their unit."""

from __future__ import annotations

import numpy as np
import pytest
from shared import frozen
from sklearn.naive_bayes import GaussianNB

from imbsuite import (
    SMOTE,
    ConstrainedThresholdClassifier,
    CooldownClassifier,
    LabelShiftAdapter,
    PriorCorrectedClassifier,
    PriorThresholdClassifier,
    ProportionalOddsClassifier,
    RandomOverSampler,
    RandomUnderSampler,
    ResampledClassifier,
    TemperatureSampler,
    TomekLinks,
    TunedThresholdClassifier,
)
from imbsuite.ordinal import macro_averaged_absolute_error, ranked_probability_score

# Powers of 2, so that proportions, and therefore results, are bitwise equal.
UNITS = [2.0**1020, 2.0**-1060]


def table(n_classes=2, n=300):
    """Return scores, labels and weights of 1 to 8."""
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(n_classes), size=n)
    y = (p.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
    return p, y, rng.integers(1, 9, size=n).astype(float)


class Blind(GaussianNB):
    """A classifier that ignores its weights, so that only imbsuite uses them."""

    def fit(self, X, y, sample_weight=None):
        return super().fit(X, y)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize(
    "make",
    [
        TunedThresholdClassifier,
        lambda inner: TunedThresholdClassifier(inner, scoring="matthews_corrcoef"),
        lambda inner: TunedThresholdClassifier(inner, scoring="f1_weighted"),
        lambda inner: ConstrainedThresholdClassifier(
            inner, subject_to={"recall": 0.5}, pos_label=1
        ),
        PriorCorrectedClassifier,
        lambda inner: PriorCorrectedClassifier(inner, method="prior"),
        PriorThresholdClassifier,
        LabelShiftAdapter,
    ],
)
def test_wrappers_ignore_the_unit_of_weights(make, n_classes, unit):
    p, y, weight = table(n_classes)
    pair = [
        make(frozen(p, y)).fit(p, y, sample_weight=w) for w in (weight, weight * unit)
    ]
    names = ("threshold_", "best_score_", "offset_", "source_prior_", "target_prior_")
    for name in names:
        values = [np.asarray(getattr(model, name, 0.0)) for model in pair]
        assert np.isfinite(values).all()
        assert np.array_equal(*values), name
    assert np.array_equal(*(model.predict(p) for model in pair))


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize(
    "sampler", [SMOTE, RandomOverSampler, RandomUnderSampler, TemperatureSampler, None]
)
@pytest.mark.parametrize("correction", [None, "prior", "offset"])
def test_resampled_classifier_ignores_the_unit_of_weights(sampler, correction, unit):
    p, y, weight = table()
    sampler = None if sampler is None else sampler(random_state=0)
    model = ResampledClassifier(sampler, Blind(), correction=correction, random_state=0)
    scores = []
    for w in (weight, weight * unit):
        model.fit(p, y, sample_weight=w)
        scores.append(
            [*model.effective_prior_.values(), *getattr(model, "offset_", [])]
        )
    assert np.isfinite(scores).all()
    assert scores[0] == pytest.approx(scores[1], rel=1e-12)


@pytest.mark.parametrize("unit", UNITS)
def test_effective_priors_ignore_the_unit_of_weights(unit):
    p, y, weight = table()
    for estimator in (
        TomekLinks(),
        CooldownClassifier(BlindParts(), n_epochs=2, random_state=0),
    ):
        priors = []
        for w in (weight, weight * unit):
            fit = (
                estimator.fit
                if hasattr(estimator, "predict")
                else estimator.fit_resample
            )
            fit(p, y, sample_weight=w)
            priors.append(estimator.effective_prior_)
        assert priors[0] == priors[1]


class BlindParts(GaussianNB):
    """The same, with ``partial_fit``."""

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        return super().partial_fit(X, y, classes)


@pytest.mark.parametrize("unit", UNITS)
def test_ordinal_models_and_metrics_ignore_the_unit_of_weights(unit):
    p, y, weight = table(3)
    plain = ProportionalOddsClassifier().fit(p[:, :2], y, sample_weight=weight)
    other = ProportionalOddsClassifier().fit(p[:, :2], y, sample_weight=weight * unit)
    assert np.array_equal(plain.coef_, other.coef_)
    for metric, predictions in (
        (ranked_probability_score, p),
        (macro_averaged_absolute_error, p.argmax(axis=1)),
    ):
        scores = [
            metric(y, predictions, sample_weight=w) for w in (weight, weight * unit)
        ]
        assert scores[0] == scores[1] > 0


def test_sum_of_huge_weights_does_not_overflow():
    p, y, _ = table()
    weight = np.where(y == 1, 1e308, 1e308 / 4)
    model = PriorCorrectedClassifier(frozen(p, y), method="prior")
    model.fit(p, y, sample_weight=weight)
    ones, others = np.sum(y == 1), np.sum(y == 0) / 4
    assert model.effective_prior_[1] == pytest.approx(ones / (ones + others))
