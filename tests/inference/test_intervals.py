"""Intervals of paired differences: by hand, by formula, and their coverage."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from imbsuite.experiment.contrast import ENOUGH_UNITS, estimate_difference
from imbsuite.inference.intervals import (
    Estimate,
    Interval,
    estimate_by_folds,
    estimate_by_rows,
)

RNG = np.random.default_rng


def test_interval_by_hand():
    # Mean 0.2, variance 0.01; t(2 df, 0.975) = 4.302653; (1/3 + 1/2) * 0.01 = 0.0083.
    interval = estimate_by_folds([0.1, 0.2, 0.3], test_train_ratio=0.5).interval()
    half = 4.302653 * np.sqrt((1 / 3 + 0.5) * 0.01)
    assert interval.difference == pytest.approx(0.2)
    assert interval.low == pytest.approx(0.2 - half, abs=1e-6)
    assert interval.high == pytest.approx(0.2 + half, abs=1e-6)


@pytest.mark.parametrize("n_folds", [2, 3, 10, 50])
@pytest.mark.parametrize("ratio", [0.1, 0.25, 1.0])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_interval_equals_the_formula(n_folds, ratio, level):
    d = RNG(n_folds).normal(0.3, 2, n_folds)
    interval = estimate_by_folds(d, test_train_ratio=ratio).interval(level=level)
    spread = np.sqrt((1 / n_folds + ratio) * np.var(d, ddof=1))
    half = stats.t(n_folds - 1).ppf((1 + level) / 2) * spread
    np.testing.assert_allclose(
        [interval.low, interval.high], [d.mean() - half, d.mean() + half]
    )


def test_interval_without_shared_rows_is_the_ordinary_t_interval():
    d = RNG(1).normal(size=12)
    interval = estimate_by_folds(d, test_train_ratio=0).interval()
    expected = stats.ttest_1samp(d, 0).confidence_interval(0.95)
    np.testing.assert_allclose([interval.low, interval.high], expected)


def test_comparisons_apply_the_bonferroni_correction():
    d = RNG(2).normal(size=10)
    joint = estimate_by_folds(d, test_train_ratio=0.25).interval(comparisons=4)
    single = estimate_by_folds(d, test_train_ratio=0.25).interval(level=1 - 0.05 / 4)
    assert (joint.low, joint.high) == pytest.approx((single.low, single.high))


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("test_train_ratio", [0, 0.1, 0.5, 1]),
        ("comparisons", [1, 2, 6, 20]),
        ("level", [0.5, 0.9, 0.95, 0.99]),
    ],
)
def test_interval_widens_with_each_parameter(name, steps):
    d = RNG(3).normal(size=10)
    intervals = []
    for step in steps:
        options = {"test_train_ratio": 0.25, name: step}
        ratio = options.pop("test_train_ratio")
        estimate = estimate_by_folds(d, test_train_ratio=ratio)
        intervals.append(estimate.interval(**options))
    widths = [interval.high - interval.low for interval in intervals]
    assert all(narrow < wide for narrow, wide in pairwise(widths))


def test_folds_without_a_value_are_ignored():
    d = [0.1, np.nan, 0.4, 0.3, np.nan]
    with_gaps = estimate_by_folds(d, test_train_ratio=0.25).interval()
    assert (
        with_gaps
        == estimate_by_folds([0.1, 0.4, 0.3], test_train_ratio=0.25).interval()
    )


@pytest.mark.parametrize("d", [[], [np.nan], [0.5], [0.5, np.nan]])
def test_one_fold_has_no_interval(d):
    interval = estimate_by_folds(d, test_train_ratio=0.25).interval()
    assert np.isnan(interval.low)
    assert np.isnan(interval.high)
    assert interval.verdict(1) == ""


def test_equal_differences_give_an_interval_of_zero_width():
    interval = estimate_by_folds([0.25] * 5, test_train_ratio=0.25).interval()
    assert (interval.low, interval.high) == (0.25, 0.25)


def test_coverage_under_the_correlation_assumed_by_the_correction():
    # Folds that share rows have equal correlations n2 / (n1 + n2), here 0.2. The
    # corrected interval is then exact, and the naive one covers far less than 95 %.
    n_sets, n_folds, ratio = 4000, 10, 0.25
    rho = ratio / (1 + ratio)
    rng = RNG(4)
    shared = rng.normal(size=(n_sets, 1))
    own = rng.normal(size=(n_sets, n_folds))
    d = np.sqrt(rho) * shared + np.sqrt(1 - rho) * own

    def coverage(ratio: float) -> float:
        intervals = [
            estimate_by_folds(row, test_train_ratio=ratio).interval() for row in d
        ]
        return float(np.mean([i.low <= 0 <= i.high for i in intervals]))

    assert coverage(ratio) == pytest.approx(0.95, abs=0.012)
    assert coverage(0) < 0.8


@pytest.mark.parametrize(
    ("low", "high", "sign", "verdict"),
    [
        (0.1, 0.3, 1, "better"),
        (0.1, 0.3, -1, "worse"),
        (-0.3, -0.1, 1, "worse"),
        (-0.3, -0.1, -1, "better"),
        (-0.1, 0.3, 1, "unclear"),
        (-0.1, 0.3, -1, "unclear"),
        (0.0, 0.3, 1, "unclear"),
        (-0.3, 0.0, 1, "unclear"),
        (0.0, 0.0, 1, ""),
        (np.nan, np.nan, 1, ""),
    ],
)
def test_verdict(low, high, sign, verdict):
    assert Interval((low + high) / 2, low, high).verdict(sign) == verdict


def test_detectable_difference_by_hand():
    # t(9 df) quantiles: 0.975 is 2.262157, 0.8 is 0.883404.
    estimate = Estimate(0.3, 0.1, 9)
    assert estimate.detectable() == pytest.approx(0.3145561, abs=1e-6)
    joint = stats.t(9).ppf(1 - 0.1 / 12) + stats.t(9).ppf(0.6)
    detectable = estimate.detectable(level=0.9, comparisons=6, power=0.6)
    assert detectable == pytest.approx(0.1 * joint)
    assert np.isnan(Estimate(0.3).detectable())


def test_detectable_difference_is_detected_in_four_of_five_cases():
    rng, n_sets, n_folds = RNG(5), 4000, 10
    noise = rng.normal(size=(n_sets, n_folds))
    # Half-widths vary with the folds; this one uses their true variance.
    true = Estimate(0, np.sqrt(1 / n_folds), n_folds - 1).detectable(comparisons=3)
    estimates = [estimate_by_folds(d + true, test_train_ratio=0) for d in noise]
    is_detected = [estimate.interval(comparisons=3).low > 0 for estimate in estimates]
    assert np.mean(is_detected) == pytest.approx(0.8, abs=0.04)


def test_estimate_by_rows_by_hand():
    d, u = np.array([0.1, 0.3]), np.array([[0.1, 0.0, -0.1], [0.1, 0.2, -0.1]])
    # Means of u are 0.1, 0.1 and -0.1. Folds vary by 0.02, their rows by 0.02 and 0.06.
    estimate = estimate_by_rows(d, u, test_train_ratio=0.25, n_units=3)
    assert estimate.difference == pytest.approx(0.2)
    assert estimate.error**2 == pytest.approx(0.03 * 1.5)
    assert estimate.freedom == 2
    # 0.18 between folds; the 95 % quantile of chi squared (1 df) is 3.841459.
    estimate = estimate_by_rows(d * [1, 7 / 3], u, test_train_ratio=0.25, n_units=50)
    assert estimate.error**2 == pytest.approx(0.03 + 0.18 - 3.841459 * 0.04)
    assert estimate.freedom == 2  # three blocks


def test_interval_by_rows_without_training_has_nominal_coverage():
    # Without training, the mean over folds is that of all rows: Student's t is exact.
    rng, n_rows = RNG(6), 40
    covered = []
    for _ in range(1500):
        values = rng.normal(size=n_rows)
        folds = values.reshape(4, -1)
        u = np.zeros((4, n_rows))
        for k, fold in enumerate(folds):
            at = slice(10 * k, 10 * k + 10)
            u[k, at] = (fold - fold.mean()) / 10 * np.sqrt(10 / 9)
        estimate = estimate_by_rows(
            folds.mean(axis=1), u, test_train_ratio=0, n_units=n_rows
        )
        interval = estimate.interval()
        covered.append(interval.low <= 0 <= interval.high)
    assert np.mean(covered) >= 0.94


@pytest.mark.parametrize(
    ("influences", "n_units"),
    [
        (None, 1000),
        (np.full((10, 3), np.nan), 1000),
        (np.ones((10, 3)), ENOUGH_UNITS - 1),
    ],
)
def test_folds_are_used_if_influences_are_unknown_or_rows_few(influences, n_units):
    d = RNG(7).normal(size=10)
    estimate = estimate_difference(
        d, influences, test_train_ratio=0.25, n_units=n_units
    )
    assert estimate == estimate_by_folds(d, test_train_ratio=0.25)


def test_known_influences_are_used():
    d, u = RNG(8).normal(size=10), np.ones((10, 3))
    options = {"test_train_ratio": 0.25, "n_units": ENOUGH_UNITS}
    expected = estimate_by_rows(d, u, **options)
    assert estimate_difference(d, u, **options) == expected
