"""RCAL: formulas against manual calculation, moments of draws, rows of donors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.covariance import OAS, LedoitWolf
from sklearn.ensemble import IsolationForest

import imbsuite as im
from imbsuite._gaussian import drawing
from imbsuite._gaussian.calibration import borrowing_weights, head_mask
from imbsuite._gaussian.covariance import estimate
from imbsuite._gaussian.drawing import draw_normal, symmetric_root

SQUARE = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0]])
TAIL = np.array([[1.0, 4.0], [1.0, 6.0], [4.0, 5.0]])
X = np.concatenate([SQUARE, SQUARE + np.array([4, 0]), TAIL])
Y = np.repeat(["a", "b", "c"], [4, 4, 3])
PLAIN = {"standardize": False, "outliers": None, "random_state": 0}


def _fit(**params):
    sampler = im.RCALSampler(**{**PLAIN, **params})
    return sampler, *sampler.fit_resample(X, Y)


def test_three_class_calibration_matches_manual_calculation():
    # Means (1, 1), (5, 1) and (2, 5); the squares have the covariance 4/3 I. Squared
    # distances of c to a and b are 17 and 25, sizes are equal: weights 17/42, 25/42.
    sampler, _, y_new = _fit(gamma=0.3, alpha=0.1)
    assert (sampler.head_classes_, sampler.tail_classes_) == (["a", "b"], ["c"])
    assert sampler.neighbor_classes_ == {"c": ["a", "b"]}
    assert_allclose(sampler.neighbor_weights_["c"], [17 / 42, 25 / 42], rtol=1e-12)
    shared = 17 / 42 * np.array([1, 1]) + 25 / 42 * np.array([5, 1])
    mean = 0.3 * shared + 0.7 * np.array([2, 5])
    assert_allclose(sampler.calibrated_means_["c"], mean, rtol=1e-12)
    own = np.array([[3.0, 0.0], [0.0, 1.0]])
    covariance = 0.3 * 4 / 3 * np.eye(2) + 0.7 * own + 0.1
    assert_allclose(sampler.covariances_["c"], own, atol=1e-12)
    assert_allclose(sampler.calibrated_covariances_["c"], covariance, rtol=1e-12)
    for head in ("a", "b"):
        assert_array_equal(sampler.calibrated_means_[head], sampler.means_[head])
    assert sorted(y_new.tolist()) == ["a"] * 4 + ["b"] * 4 + ["c"] * 4


@pytest.mark.parametrize(
    ("weighting", "raw"),
    [("paper", [17, 25]), ("inverse", [1 / 17, 1 / 25]), ("size", [1, 1])],
)
def test_weighting_options(weighting, raw):
    sampler, *_ = _fit(weighting=weighting)
    assert_allclose(
        sampler.neighbor_weights_["c"], np.array(raw) / sum(raw), rtol=1e-12
    )


def test_weights_of_classes_with_equal_means():
    sizes = np.array([3, 1])
    assert_array_equal(borrowing_weights(np.zeros(2), sizes, "paper"), [0.75, 0.25])
    assert_array_equal(
        borrowing_weights(np.array([0.0, 4.0]), sizes, "inverse"), [1, 0]
    )


@pytest.mark.parametrize(
    ("sizes", "fraction", "heads"),
    [
        ([10, 9], 0.5, [True, False]),
        ([5, 3, 3], 0.5, [True, False, False]),  # extended by ties, it would be all
        ([4, 4, 3], 0.5, [True, True, False]),
        ([3, 8, 3, 2], 0.5, [False, True, False, False]),  # 8 of 16 are half
        ([3, 7, 3, 2], 0.5, [True, True, True, False]),  # both tied classes of 3 join
        ([4, 4, 4], 0.5, [True, True, True]),  # no class borrows
        ([4, 4, 1], 1.0, [True, True, False]),  # never all classes
    ],
)
def test_head_mask_follows_the_half_rule(sizes, fraction, heads):
    assert head_mask(np.array(sizes), fraction).tolist() == heads


def test_equal_classes_borrow_nothing():
    sampler = im.RCALSampler(**PLAIN).fit_resample
    fitted = sampler.__self__
    sampler(np.concatenate([SQUARE, SQUARE + 3]), np.repeat([0, 1], 4))
    assert fitted.neighbor_classes_ == {}
    assert fitted.tail_classes_ == []


def test_two_classes_share_only_the_covariance_by_default():
    table, y = X[4:], Y[4:]
    for share, moves in (("auto", False), ("cov", False), ("both", True)):
        sampler = im.RCALSampler(**PLAIN, share=share)
        sampler.fit_resample(table, y)
        moved = sampler.calibrated_means_["c"] != sampler.means_["c"]
        assert moved.any() == moves
        assert not np.allclose(
            sampler.calibrated_covariances_["c"], sampler.covariances_["c"]
        )


def test_draws_converge_to_the_calibrated_gaussian():
    n = 200_000
    sampler = im.RCALSampler(
        **PLAIN, sampling_strategy={"c": n + 3}, alpha=0.2, reg_covar=0.0
    )
    # Shifted from whole numbers, to which new rows would be rounded.
    X_new, _ = sampler.fit_resample(X + 0.25, Y)
    drawn = X_new[sampler.is_synthetic_]
    mean = sampler.calibrated_means_["c"]
    covariance = sampler.calibrated_covariances_["c"]
    # The mean of n draws has a covariance of S / n: 5 standard errors.
    error = np.linalg.norm(drawn.mean(axis=0) - mean)
    assert error < 5 * np.sqrt(np.trace(covariance) / n)
    # An entry of the sample covariance: variance (s_ii s_jj + s_ij²) / n.
    spread = np.sqrt((np.outer(*2 * [np.diag(covariance)]) + covariance**2) / n)
    assert (np.abs(np.cov(drawn.T) - covariance) < 5 * spread).all()


def test_gamma_0_is_plain_gaussian_oversampling():
    # With gamma=0 nothing is borrowed, so both draw from the class's own Gaussian.
    none, X_none, _ = _fit(gamma=0.0, alpha=0.0)
    _, X_other, _ = _fit(gamma=0.0, n_neighbor_classes=1, weighting="size")
    assert_array_equal(X_none, X_other)
    assert_allclose(none.calibrated_means_["c"], TAIL.mean(axis=0), rtol=1e-12)
    assert_allclose(none.calibrated_covariances_["c"], np.cov(TAIL.T), atol=1e-12)


def test_draws_from_singular_covariance_stay_in_its_plane():
    # Three rows in five columns; every draw lies in the plane of the three.
    rng = np.random.default_rng(0)
    points = rng.normal(size=(3, 5))
    mean, covariance = estimate(points)
    drawn = draw_normal(mean, symmetric_root(covariance), 40, rng)
    plane = np.linalg.svd(points - points.mean(axis=0))[2][2:]
    assert_allclose((drawn - points.mean(axis=0)) @ plane.T, 0, atol=1e-6)


@pytest.mark.parametrize("d", [1, 3, 300])
def test_draws_do_not_depend_on_threads(monkeypatch, d):
    # Several batches, the last one short; OpenBLAS threads the 300 columns itself.
    n = 2 * 2**17 // d + 7
    root = symmetric_root(
        np.atleast_2d(np.cov(np.random.default_rng(1).normal(size=(d, 2 * d + 2))))
    )

    def draw(threads):
        monkeypatch.setattr(drawing, "threads_for", lambda _cells: threads)
        rng = np.random.default_rng(0)
        return draw_normal(np.arange(d), root, n, rng)

    assert_array_equal(draw(1), draw(4))


@pytest.mark.parametrize("covariance", ["ledoit_wolf", "oas", OAS(), "diag"])
def test_covariance_estimators(covariance):
    sampler, *_ = _fit(covariance=covariance)
    by_name = {"ledoit_wolf": LedoitWolf(), "oas": OAS()}
    if covariance == "diag":
        expected = np.diag(TAIL.var(axis=0, ddof=1))
    else:
        model = by_name.get(covariance, covariance) if covariance in by_name else OAS()
        expected = model.fit(TAIL).covariance_
    assert_allclose(sampler.covariances_["c"], expected, atol=1e-12)


def test_single_row_class_borrows_its_whole_covariance():
    table, y = np.concatenate([X, [[9.0, 9.0]]]), np.append(Y, "d")
    sampler = im.RCALSampler(**PLAIN, gamma=0.25)
    _, y_new = sampler.fit_resample(table, y)
    assert (y_new == "d").sum() == 4
    borrowed = sum(
        weight * sampler.covariances_[head]
        for weight, head in zip(
            sampler.neighbor_weights_["d"], sampler.neighbor_classes_["d"], strict=True
        )
    )
    assert_allclose(sampler.calibrated_covariances_["d"], borrowed, rtol=1e-12)


def _cloud(seed=0, sizes=(200, 60, 12), d=3):
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(len(sizes)), sizes)
    return rng.normal(size=(len(y), d)) + 2.0 * y[:, np.newaxis], y


def test_outliers_are_excluded_from_moments_and_parents():
    table, y = _cloud()
    table[-1] = 60  # of 12 rows, a share of 0.1 is one
    sampler = im.RCALSampler(random_state=0)
    _, y_new = sampler.fit_resample(table, y)
    assert not sampler.inlier_mask_[-1]
    assert (~sampler.inlier_mask_).sum() == 20 + 6 + 1
    assert sampler.inlier_mask_[sampler.parents_].all()
    assert_allclose(sampler.means_[2], table[-12:-1].mean(axis=0))
    assert np.bincount(y_new).tolist() == [200] * 3


def test_dropped_outliers_are_replaced():
    table, y = _cloud()
    sampler = im.RCALSampler(drop_outliers=True, random_state=0)
    X_new, y_new = sampler.fit_resample(table, y)
    kept = sampler.sample_indices_[~sampler.is_synthetic_]
    assert_array_equal(kept, np.flatnonzero(sampler.inlier_mask_))
    assert_array_equal(X_new[: len(kept)], table[kept])
    assert np.bincount(y_new).tolist() == [200] * 3


@pytest.mark.parametrize("power", [-400, 400])
def test_outliers_are_unchanged_beyond_the_float32_range(power):
    points = np.random.default_rng(0).normal(size=(60, 2))
    y = np.repeat([0, 1], [40, 20])
    params = {"standardize": False, "drop_outliers": True, "random_state": 0}
    kept = []
    for table in (points, np.ldexp(points, power)):
        sampler = im.RCALSampler(**params)
        sampler.fit_resample(table, y)
        kept.append(sampler.sample_indices_[~sampler.is_synthetic_])
    assert_array_equal(*kept)
    assert len(kept[0]) < 60


def test_outlier_detector_is_used():
    table, y = _cloud()
    detector = IsolationForest(contamination=0.25, random_state=0)
    sampler = im.RCALSampler(outliers=detector, random_state=0)
    sampler.fit_resample(table, y)
    assert (~sampler.inlier_mask_[:200]).sum() == 50


def test_outliers_of_large_classes_are_found():
    table, y = _cloud(sizes=(5_000, 40))
    table[0] = 100
    sampler = im.RCALSampler(contamination=0.01, random_state=0)
    sampler.fit_resample(table, y)
    assert not sampler.inlier_mask_[0]
    assert (~sampler.inlier_mask_[:5_000]).sum() == 50


def test_categories_and_missing_values_come_from_a_near_row():
    table, y = _cloud(sizes=(80, 30))
    frame = pd.DataFrame(table, columns=list("abc"))
    # The category and the missing value show on which side of its class a row is.
    side = table[:, 0] > np.where(y == 0, 0.0, 2.0)
    frame["side"] = np.where(side, "right", "left")
    frame.loc[~side, "b"] = np.nan
    sampler = im.RCALSampler(outliers=None, random_state=0)
    X_new, y_new = sampler.fit_resample(frame, y)
    new = X_new[sampler.is_synthetic_]
    assert_array_equal(new["b"].isna(), new["side"] == "left")
    assert_array_equal(y_new[sampler.is_synthetic_], y[sampler.parents_[:, 0]])
    # Donors are near: most new rows are on the side that their category names.
    assert ((new["a"] > 2.0) == (new["side"] == "right")).mean() > 0.8


def test_new_rows_are_made_in_every_group():
    table, y = _cloud(sizes=(80, 30))
    groups = np.arange(110) % 4
    sampler = im.RCALSampler(random_state=0)
    sampler.fit_resample(table, y, groups=groups)
    assert np.bincount(sampler.groups_[sampler.is_synthetic_]).min() > 0


def test_clip_keeps_the_range_of_the_class():
    table, y = _cloud(sizes=(300, 10))
    for clip in (False, True):
        sampler = im.RCALSampler(clip=clip, outliers=None, random_state=0)
        new = sampler.fit_resample(table, y)[0][sampler.is_synthetic_]
        low, high = table[300:].min(axis=0), table[300:].max(axis=0)
        assert ((new >= low) & (new <= high)).all() == clip


def test_tukey_powers_keep_numbers_non_negative():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], [200, 50, 9])
    table = np.column_stack([rng.exponential(size=259), rng.normal(size=259)])
    sampler = im.RCALSampler(tukey=0.5, outliers=None, random_state=0)
    new = sampler.fit_resample(table, y)[0][sampler.is_synthetic_]
    assert (new[:, 0] >= 0).all()
    assert (new[:, 1] < 0).any()
    roots = np.sqrt(table[y == 1, 0])
    assert_allclose(sampler.means_[1], [roots.mean(), table[y == 1, 1].mean()])


def test_a_constant_column_stays_constant():
    table, y = _cloud()
    table[:, 1] = 7.0
    X_new, _ = im.RCALSampler(random_state=0).fit_resample(table, y)
    assert_allclose(X_new[:, 1], 7.0, rtol=1e-12)


def test_column_scale_does_not_matter_when_standardized():
    table, y = _cloud()
    scale = np.array([1e-3, 5.0, 1e4])
    plain, scaled = (im.RCALSampler(alpha=0.1, random_state=0) for _ in range(2))
    X_plain, _ = plain.fit_resample(table, y)
    X_scaled, _ = scaled.fit_resample(table * scale, y)
    assert_allclose(X_scaled / scale, X_plain, rtol=1e-9, atol=1e-9)
    assert_allclose(scaled.means_[1], plain.means_[1] * scale)
    assert_allclose(
        scaled.calibrated_covariances_[2],
        plain.calibrated_covariances_[2] * np.outer(scale, scale),
    )


def test_point_mode_draws_from_one_gaussian_per_row():
    # Distribution Calibration: mean of the q nearest head means and the point itself,
    # mean of their covariances plus alpha; here all three points of c, q = 2.
    n = 60_000
    sampler = im.RCALSampler(
        **PLAIN,
        mode="point",
        n_neighbor_classes=2,
        alpha=0.21,
        reg_covar=0.0,
        sampling_strategy={"c": n + 3},
    )
    # Shifted from whole numbers, to which new rows would be rounded.
    X_new, _ = sampler.fit_resample(X + 0.25, Y)
    new = X_new[sampler.is_synthetic_]
    seeds = sampler.parents_[:, 0]
    expected = 4 / 3 * np.eye(2) + 0.21
    for point in (8, 9, 10):
        drawn = new[seeds == point]
        assert len(drawn) == n // 3
        mean = (np.array([1, 1]) + np.array([5, 1]) + X[point]) / 3 + 0.25
        error = np.linalg.norm(drawn.mean(axis=0) - mean)
        assert error < 5 * np.sqrt(np.trace(expected) / len(drawn))
        assert_allclose(np.cov(drawn.T), expected, atol=0.06)


def test_subclass_sampler_draws_from_one_gaussian_per_subclass():
    rng = np.random.default_rng(0)
    places = [[0, 0], [9, 0], [-9, 0], [0, 30]]
    sizes = (400, 60, 60, 30)
    table = np.concatenate(
        [rng.normal(size=(n, 2)) + c for n, c in zip(sizes, places, strict=True)]
    )
    y = np.repeat([0, 1, 1, 2], sizes)
    whole = im.RCALSampler(outliers=None, gamma=0.0, random_state=0)
    parts = im.SubclassSampler(whole, delta=30, random_state=0)
    between = []
    for sampler in (whole, parts):
        X_new, y_new = sampler.fit_resample(table, y)
        assert np.bincount(y_new).tolist() == [400] * 3
        new = X_new[sampler.is_synthetic_ & (y_new == 1)]
        between.append((np.abs(new[:, 0]) < 4).mean())
    # One Gaussian over two clusters fills the gap, two Gaussians do not.
    assert between[0] > 0.2
    assert between[1] < 0.01


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"gamma": 1.5}, "gamma"),
        ({"head_fraction": 0.0}, "head_fraction"),
        ({"contamination": 0.9}, "contamination"),
        ({"outliers": "iforest"}, "outliers"),
        ({"covariance": "robust"}, "covariance"),
        ({"tukey": 2.0}, "tukey"),
    ],
)
def test_invalid_parameters_raise(params, message):
    with pytest.raises(ValueError, match=message):
        im.RCALSampler(**params).fit_resample(X, Y)


@pytest.mark.parametrize("change", [sp.csr_array, lambda table: 10.0 * table])
def test_inliers_do_not_depend_on_container_or_scale(change):
    # Whole numbers, so that many rows have tied outlier scores.
    for seed in range(10):
        rng = np.random.default_rng(seed)
        table = np.round(2 * rng.normal(size=(300, 3)))
        y = (rng.random(300) < 0.3).astype(int)
        plain, changed = (im.RCALSampler(random_state=0) for _ in range(2))
        plain.fit_resample(table, y)
        changed.fit_resample(change(table), y)
        assert_array_equal(changed.inlier_mask_, plain.inlier_mask_)


@pytest.mark.filterwarnings("error")
def test_zero_weight_class_and_huge_float32_do_not_warn():
    table, y = _cloud()
    weight = (y != y[-1]).astype(float)
    grown = {y[0]: 300}
    sampler = im.RCALSampler(sampling_strategy=grown, random_state=0)
    sampler.fit_resample(table, y, sample_weight=weight)
    sampler.fit_resample((1e37 * table).astype(np.float32), y)
