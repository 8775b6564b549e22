"""Log-probability losses: derivatives, the inverse link, and identities."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import brentq, minimize, root
from scipy.special import expit, log_softmax

from imbsuite.losses import (
    CompSumLoss,
    FocalLoss,
    LogLoss,
    MetricLoss,
    lightgbm_objective,
    xgboost_objective,
)

LOSSES = [
    LogLoss(),
    LogLoss(adjustment=1.0),
    LogLoss(max_margin=0.7),
    FocalLoss(0.0),
    FocalLoss(0.5, adjustment=0.5, max_margin=0.3),
    FocalLoss(),
    FocalLoss(5.0),
    CompSumLoss(0.0),
    CompSumLoss(0.5, adjustment=-1.0),
    CompSumLoss(1.7, max_margin=1.0),
    CompSumLoss(2.0),
]
RNG = np.random.default_rng(0)
COUNTS = np.array([50.0, 9.0, 20.0, 4.0, 7.0])


def flat(scores):
    """Return scores as losses take them: one per row for two classes."""
    return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores


def bound(loss, n_classes, class_weight=None):
    return loss.bind(COUNTS[:n_classes], class_weight)


def finite_differences(function, x, step=1e-5):
    gradient = np.empty(x.size)
    for i, unit in enumerate(np.eye(x.size)):
        up, down = (x + s * step * unit.reshape(x.shape) for s in (1, -1))
        gradient[i] = (function(up) - function(down)) / (2 * step)
    return gradient.reshape(x.shape)


@pytest.mark.parametrize("n_classes", [2, 3, 5])
@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_gradient_matches_finite_differences(loss, n_classes):
    one = bound(loss, n_classes, "effective")
    codes = RNG.integers(0, n_classes, 20)
    scores = flat(1.5 * RNG.normal(size=(20, n_classes)))
    weight = RNG.random(20)

    def value(f):
        return one.value_gradient(f, codes, weight)[0]

    gradient = one.value_gradient(scores, codes, weight)[1]
    assert_allclose(gradient, finite_differences(value, scores), atol=1e-7)
    total = weight @ one.class_weight[codes]
    rows = one.derivatives(scores, codes, weight)[0]
    assert_allclose(rows / total, gradient, atol=1e-14)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_curvature_is_the_derivative_of_the_gradient(loss, n_classes):
    one = bound(loss, n_classes, "balanced")
    codes = RNG.integers(0, n_classes, 30)
    scores = flat(1.5 * RNG.normal(size=(30, n_classes)))
    columns = scores.reshape(30, -1)
    curvature = one.curvature(scores, codes).reshape(30, -1)
    positive = one.derivatives(scores, codes)[1].reshape(30, -1)
    for k in range(columns.shape[1]):
        step = 1e-5 * np.eye(columns.shape[1])[k]
        up, down = (
            one.derivatives((columns + s * step).reshape(scores.shape), codes)[0]
            for s in (1, -1)
        )
        slope = ((up - down) / 2e-5).reshape(30, -1)[:, k]
        assert_allclose(curvature[:, k], slope, atol=1e-7)
    assert (positive >= 0).all()
    assert (positive >= curvature - 1e-12).all()


@pytest.mark.parametrize("class_weight", [None, "balanced"])
@pytest.mark.parametrize("n_classes", [2, 3, 5])
@pytest.mark.parametrize("loss", [one for one in LOSSES if one._has_link()], ids=repr)
def test_link_inverts_the_expected_loss(loss, n_classes, class_weight):
    one = bound(loss, n_classes, class_weight)
    rng = np.random.default_rng(n_classes)
    codes = np.arange(n_classes)
    for _ in range(3):
        eta = np.maximum(rng.dirichlet(np.ones(n_classes)), 0.02)
        eta /= eta.sum()

        def expected(f, eta=eta):
            scores = flat(np.tile(f, (n_classes, 1)))
            value, gradient = one.value_gradient(scores, codes, eta)
            if n_classes == 2:
                gradient = np.column_stack([-gradient, gradient])
            return value, gradient.sum(axis=0)

        start = np.log(eta * one.class_weight) - one.adjustment
        solution = minimize(
            expected, start, jac=True, method="BFGS", options={"gtol": 1e-11}
        )
        # Near a flat minimum, values are rounded, but the gradient is 0 to more digits.
        # A constant can be added to all scores, so their mean is fixed.
        solution = root(lambda f: expected(f)[1] + f.mean(), solution.x, tol=1e-14)
        p = one.proba(flat(solution.x[np.newaxis]))[0]
        assert_allclose(p, eta, atol=1e-6)


def test_focal_loss_shows_a_probability_of_1_percent_as_15():
    one = FocalLoss().bind([1.0, 1.0])
    z = brentq(lambda z: one.proba(np.array([z]))[0, 1] - 0.01, -9, 0)
    assert expit(z) == pytest.approx(0.154, abs=1e-3)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("same", [FocalLoss(0.0), CompSumLoss(1.0)], ids=repr)
def test_special_cases_equal_the_log_loss(same, n_classes):
    codes = RNG.integers(0, n_classes, 20)
    scores = flat(RNG.normal(size=(20, n_classes)))
    plain, other = bound(LogLoss(), n_classes), bound(same, n_classes)
    for a, b in zip(
        plain.value_gradient(scores, codes),
        other.value_gradient(scores, codes),
        strict=True,
    ):
        assert_allclose(a, b, atol=1e-15)
    assert_allclose(plain.proba(scores), other.proba(scores), atol=1e-15)


def test_hand_computed_values():
    codes, scores = np.array([2]), np.log([[1.0, 2.0, 1.0]])  # u = 1/4
    counts = [8.0, 8.0, 8.0]
    values = {
        LogLoss(): np.log(4),
        FocalLoss(): 0.75**2 * np.log(4),
        CompSumLoss(0.0): 4 - 1,
        CompSumLoss(2.0): 1 - 0.25,
        CompSumLoss(1.7): (1 - 0.25**0.7) / 0.7,
        LogLoss(max_margin=np.log(2)): np.log(7),  # 1/2 : 1 + 2 + 1/2
    }
    for loss, value in values.items():
        assert loss.bind(counts).value_gradient(scores, codes)[0] == pytest.approx(
            value
        )


def test_adjustments_and_margins_depend_on_counts():
    one = LogLoss(adjustment=2.0, max_margin=0.5).bind([80.0, 5.0, 15.0])
    assert_allclose(one.adjustment, 2 * np.log([0.8, 0.05, 0.15]))
    assert_allclose(one.margin, [0.5 * 16**-0.25, 0.5, 0.5 * 3**-0.25])


def test_extreme_scores_have_finite_derivatives_and_probabilities():
    codes = np.array([0, 1, 0, 1])
    scores = np.array([-600.0, -600.0, 600.0, 600.0])
    for loss in LOSSES:
        one = loss.bind([9.0, 1.0])
        for array in (*one.derivatives(scores, codes), one.curvature(scores, codes)):
            assert np.isfinite(array).all(), loss
        if one.has_link:
            assert_allclose(one.proba(scores).sum(axis=1), 1)


def test_best_constant_gives_the_class_shares():
    for loss in LOSSES:
        for n_classes in (2, 3):
            one = bound(loss, n_classes, "balanced")
            constant = one.constant()
            if loss.get_params().get("tau", 1) > 1:
                continue
            p = one.proba(constant if n_classes == 2 else constant[np.newaxis])
            share = COUNTS[:n_classes] / COUNTS[:n_classes].sum()
            assert_allclose(p[0], share, atol=1e-6)


def test_log_loss_matches_softmax():
    codes, scores = RNG.integers(0, 3, 9), RNG.normal(size=(9, 3))
    value = bound(LogLoss(), 3).value_gradient(scores, codes)[0]
    assert value == pytest.approx(
        -log_softmax(scores, axis=1)[np.arange(9), codes].mean()
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FocalLoss(-1.0), "'gamma' parameter of FocalLoss must be"),
        (lambda: CompSumLoss(2.5), "'tau' parameter of CompSumLoss must be"),
        (lambda: LogLoss(max_margin=-1.0), "'max_margin' parameter of LogLoss must be"),
    ],
)
def test_out_of_range_parameters_raise(make, message):
    with pytest.raises(ValueError, match=message):
        make().bind([9.0, 1.0])


def test_invalid_shapes_counts_and_links_raise():
    with pytest.raises(ValueError, match="has no inverse link"):
        CompSumLoss(2.0).bind([9.0, 1.0]).proba(np.zeros(2))
    with pytest.raises(ValueError, match=r"must have the shape \(4,\)"):
        LogLoss().bind([9.0, 1.0]).proba(np.zeros((4, 3)))
    with pytest.raises(ValueError, match="Leave classes without rows out"):
        LogLoss().bind([9.0, 0.0])
    with pytest.raises(ValueError, match=r"must have the shape \(4,\)"):
        LogLoss().bind([3.0, 1.0]).value_gradient(np.zeros((4, 3)), np.zeros(4, int))
    with pytest.raises(ValueError, match=r"must have the shape \(4, 3\)"):
        LogLoss().bind([2.0, 1.0, 1.0]).value_gradient(np.zeros(4), np.zeros(4, int))


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("codes", [[0, -1], [0, 7], [0.5, 1], [0, np.nan], ["a", "b"]])
def test_labels_that_are_not_codes_raise(codes, n_classes):
    scores = flat(np.zeros((2, n_classes)))
    for one in (bound(LogLoss(), n_classes), bound(MetricLoss("f1_macro"), n_classes)):
        with pytest.raises(ValueError, match="must be codes, whole numbers from 0 to"):
            one.value_gradient(scores, codes)
    for make in (lightgbm_objective, xgboost_objective):
        with pytest.raises(ValueError, match="must be codes, whole numbers from 0 to"):
            make("focal", COUNTS[:n_classes])(codes, scores)


def test_lists_match_arrays_and_weights_of_wrong_length_raise():
    one = bound(FocalLoss(), 3)
    scores, codes, weight = [[0.0, 1.0, 2.0]] * 2, [1, 2], [1, 3]
    listed = one.value_gradient(scores, codes, weight)
    arrays = one.value_gradient(*map(np.array, (scores, codes, weight)))
    assert listed[0] == arrays[0]
    assert_allclose(listed[1], arrays[1])
    with pytest.raises(ValueError, match=r"'sample_weight' .* shape \(2,\)"):
        one.value_gradient(scores, codes, [1.0, 2.0, 3.0])


@pytest.mark.parametrize("counts", [4, [4.0], [1.0, np.nan], ["a", "b"], [2.0, -1.0]])
def test_invalid_counts_raise(counts):
    with pytest.raises(
        ValueError, match="'counts' parameter must be a positive number"
    ):
        LogLoss().bind(counts)


@pytest.mark.parametrize("positive", [2, -1, "a"])
def test_positive_must_be_a_code(positive):
    with pytest.raises(ValueError, match="'positive' parameter must be a code"):
        MetricLoss("f1").bind([9.0, 1.0], positive=positive)


def test_effective_weights_are_between_none_and_balanced():
    counts = np.array([990.0, 10.0])
    balanced, effective = (
        LogLoss().bind(counts, name).class_weight for name in ("balanced", "effective")
    )
    ratio = effective[1] / effective[0] / (balanced[1] / balanced[0])
    assert ratio == pytest.approx(0.64, abs=0.01)
    assert effective.mean() == pytest.approx(1)
    beta = 1 - 1 / 1000
    assert_allclose(effective[1] / effective[0], (1 - beta**990) / (1 - beta**10))


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ("equal", "must be None, one of"),
        ({0: 1.0, 2: 1.0}, r"Got \[2\] as well"),
        ({1: -1.0}, "positive, finite number"),
        ({1: "a"}, "positive, finite number"),
        (3.0, "positive, finite number"),
        ([1.0, 2.0, 3.0], "each of 2 classes"),
    ],
)
def test_invalid_class_weights_raise(weight, message):
    with pytest.raises(ValueError, match=message):
        LogLoss().bind([9.0, 1.0], weight)
