"""Metric losses: derivatives, and agreement with the metrics at hard scores."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit
from sklearn.metrics import cohen_kappa_score, fbeta_score, recall_score

from imbsuite.decision.metrics import METRICS, PER_CLASS
from imbsuite.losses import MetricLoss
from imbsuite.losses.formulas import METRIC_NAMES, OF_ONE_CLASS

RNG = np.random.default_rng(1)


def bound(metric, n_classes, **options):
    if metric.startswith("fbeta"):
        options["beta"] = 2.0
    return MetricLoss(metric, **options).bind(np.arange(n_classes, 0, -1) * 10.0)


def numbers_of_classes(metric):
    return [2] if metric in OF_ONE_CLASS else [2, 3, 4]


CASES = [(name, k) for name in METRIC_NAMES for k in numbers_of_classes(name)]


@pytest.mark.parametrize("sharpness", [None, 8.0])
@pytest.mark.parametrize(("metric", "n_classes"), CASES)
def test_gradient_matches_finite_differences(metric, n_classes, sharpness):
    one = bound(metric, n_classes, sharpness=sharpness)
    codes = np.append(np.arange(n_classes), RNG.integers(0, n_classes, 20))
    scores = RNG.normal(size=(len(codes), n_classes))
    scores = scores[:, 0] if n_classes == 2 else scores
    weight = RNG.random(len(codes))
    gradient = one.value_gradient(scores, codes, weight)[1]
    for _ in range(5):
        step = 1e-5 * RNG.normal(size=scores.shape)
        up, down = (
            one.value_gradient(scores + s * step, codes, weight)[0] for s in (1, -1)
        )
        assert_allclose((gradient * step).sum() / 1e-5, (up - down) / 2e-5, atol=1e-7)


def hard(n_classes, n=60):
    """Return labels, predictions, and scores that make the predictions certain."""
    codes = RNG.integers(0, n_classes, n)
    predicted = RNG.integers(0, n_classes, n)
    scores = 800.0 * np.eye(n_classes)[predicted]
    return codes, predicted, scores[:, 1] - scores[:, 0] if n_classes == 2 else scores


@pytest.mark.parametrize(("metric", "n_classes"), CASES)
def test_metric_loss_at_hard_scores_equals_the_metric(metric, n_classes):
    codes, predicted, scores = hard(n_classes)
    weight = RNG.random(60)
    one = bound(metric, n_classes)
    value = 1 - one.value_gradient(scores, codes, weight)[0]
    assert one.metric(scores, codes, weight) == pytest.approx(value)
    hits = np.bincount(codes, weight * (codes == predicted), n_classes)
    n_predicted, true = (np.bincount(c, weight, n_classes) for c in (predicted, codes))
    labels = {"sample_weight": weight}
    if metric in METRICS:
        expected = METRICS[metric](hits, n_predicted, true)
    elif metric in PER_CLASS:
        expected = PER_CLASS[metric](hits, n_predicted, true)[one.positive]
    elif metric == "cohen_kappa":
        expected = cohen_kappa_score(codes, predicted, **labels)
    elif metric == "gmean":
        recalls = recall_score(codes, predicted, average=None, **labels)
        expected = np.prod(recalls) ** (1 / n_classes)
    else:
        average = metric.partition("_")[2] or "binary"
        expected = fbeta_score(codes, predicted, beta=2, average=average, **labels)
    assert value == pytest.approx(expected)


def test_soft_f1_equals_dice_loss_and_with_sharpness_anyloss():
    codes, z = np.array([0, 0, 1, 1, 0]), np.array([-1.0, 0.5, 2.0, -0.3, 0.1])
    p = expit(z)
    soft = MetricLoss("f1").bind([3.0, 2.0])
    dice = 1 - 2 * (p @ codes) / (p.sum() + codes.sum())
    assert soft.value_gradient(z, codes)[0] == pytest.approx(dice)
    a = 1 / (1 + np.exp(-7 * (p - 0.5)))
    sharp = MetricLoss("f1", sharpness=7.0).bind([3.0, 2.0])
    anyloss = 1 - 2 * (a @ codes) / (a.sum() + codes.sum())
    assert sharp.value_gradient(z, codes)[0] == pytest.approx(anyloss)


def test_class_weights_match_repeated_rows():
    codes, _, scores = hard(2)
    weighted = MetricLoss("f1").bind([40.0, 20.0], [1.0, 3.0])
    plain = MetricLoss("f1").bind([40.0, 20.0])
    rows = np.repeat(np.arange(60), np.where(codes == 1, 3, 1))
    one = weighted.value_gradient(scores, codes)[0]
    assert one == pytest.approx(plain.value_gradient(scores[rows], codes[rows])[0])


def test_positive_class_is_the_rarer_by_default():
    assert MetricLoss("f1").bind([5.0, 9.0]).positive == 0
    assert MetricLoss("f1").bind([9.0, 5.0]).positive == 1
    assert MetricLoss("f1").bind([5.0, 9.0], positive=1).positive == 1


@pytest.mark.parametrize("metric", OF_ONE_CLASS)
def test_best_threshold_is_optimal(metric):
    one = bound(metric, 2)
    z, codes, weight = (
        RNG.normal(size=50).round(1),
        RNG.integers(0, 2, 50),
        RNG.random(50),
    )
    (shift,) = one.shifts(z, codes, weight)
    every = [one.metric(z - t, codes, weight) for t in [*np.unique(z), z.max() + 1]]
    assert one.metric(z + shift, codes, weight) == pytest.approx(max(every))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MetricLoss("f2"), "'metric' parameter of MetricLoss must be one of"),
        (lambda: MetricLoss("f1", beta=2.0), "Use metric='fbeta'"),
        (lambda: MetricLoss("f1", sharpness=0.0), "'sharpness' parameter"),
        (lambda: MetricLoss("fbeta", beta=0.0), "'beta' parameter"),
    ],
)
def test_invalid_parameters_raise(make, message):
    with pytest.raises(ValueError, match=message):
        make().bind([9.0, 1.0])


@pytest.mark.parametrize("average", ["", "_macro", "_weighted"])
@pytest.mark.parametrize(("beta", "limit"), [(1e200, "recall"), (1e-200, "precision")])
def test_extreme_betas_equal_recall_or_precision(beta, limit, average):
    scores, codes = RNG.normal(size=200), RNG.integers(0, 2, 200)
    counts = np.bincount(codes)
    extreme = MetricLoss(f"fbeta{average}", beta=beta).bind(counts)
    expected = MetricLoss(f"{limit}{average}").bind(counts)
    value, gradient = extreme.value_gradient(scores, codes)
    limit_value, limit_gradient = expected.value_gradient(scores, codes)
    assert value == pytest.approx(limit_value)
    assert_allclose(gradient, limit_gradient, atol=1e-12)
    assert extreme.metric(scores, codes) == pytest.approx(
        expected.metric(scores, codes)
    )


def test_per_class_metric_raises_for_three_classes():
    with pytest.raises(ValueError, match="Use 'f1_macro' or 'f1_weighted'"):
        MetricLoss("f1").bind([9.0, 1.0, 3.0])


def test_proba_of_a_metric_loss_raises():
    with pytest.raises(ValueError, match="has no inverse link"):
        MetricLoss("f1").bind([9.0, 1.0]).proba(np.zeros(3))
