"""RCAL with more columns than rows: the same draws, without d x d matrices."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.covariance import OAS, LedoitWolf, ledoit_wolf

import imbsuite as im
from imbsuite._gaussian import covariance as covariances
from imbsuite._gaussian import drawing
from imbsuite._gaussian.covariance import LowRank, estimate, estimate_low_rank
from imbsuite._gaussian.drawing import draw_normal, symmetric_root, thin_root
from imbsuite.samplers import rcal

RNG = np.random.default_rng(0)
D = 60
X = RNG.normal(size=(40, D)) @ np.diag(np.linspace(0.1, 9, D))
X[:, 5] = 3.0
Y = np.repeat(["a", "b", "c"], [20, 13, 7])
OPTIONS = [
    {},
    {"covariance": "ledoit_wolf"},
    {"covariance": "oas"},
    {"covariance": "diag"},
    {"covariance": "diag", "alpha": 0.3},
    {"covariance": LedoitWolf()},
    {"alpha": 0.3},
    {"gamma": 0.0},
    {"gamma": 1.0, "reg_covar": 0.0},
    {"mode": "point", "alpha": 0.21},
    {"standardize": False, "reg_covar": 0.5},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_low_rank_draws_match_dense_ones(monkeypatch, options):
    sampler = im.RCALSampler(random_state=0, **options)
    thin, _ = sampler.fit_resample(X, Y)
    covariances = sampler.calibrated_covariances_
    monkeypatch.setattr(rcal, "estimate_low_rank", estimate)
    dense, _ = sampler.fit_resample(X, Y)
    # In the dense root, zero eigenvalues become square roots of rounding errors.
    assert_allclose(thin, dense, atol=1e-5)
    for label, expected in sampler.calibrated_covariances_.items():
        assert_allclose(covariances[label], expected, rtol=1e-10, atol=1e-12)
    new = thin[sampler.is_synthetic_]
    assert_allclose(new[:, 5], 3.0, atol=1e-6)  # constant in the table


@pytest.mark.parametrize("columns", [7, D])
@pytest.mark.parametrize(
    ("name", "theirs"), [("ledoit_wolf", LedoitWolf()), ("oas", OAS())]
)
def test_shrinkage_matches_scikit_learn(columns, name, theirs):
    points = X[:12, :columns]
    mean, covariance = estimate_low_rank(points, name)
    assert isinstance(covariance, LowRank) == (columns > 12)
    dense = covariance.dense() if columns > 12 else covariance
    assert_allclose(dense, theirs.fit(points).covariance_, rtol=1e-10, atol=1e-14)
    assert_allclose(mean, points.mean(axis=0), rtol=1e-12)


def test_thin_root_matches_manual_calculation():
    # (3, 4) / 5 is the eigenvector of 4 u u' + 5 I: eigenvalues 9 and 5.
    u = np.array([[0.6, 0.8]])
    covariance = LowRank(((4.0, u),), np.full(2, 5.0))
    assert_allclose(covariance.dense(), 4 * u.T @ u + 5 * np.eye(2), rtol=1e-12)
    root = thin_root(covariance).apply(np.eye(2))
    expected = 3 * u.T @ u + np.sqrt(5) * (np.eye(2) - u.T @ u)
    assert_allclose(root, expected, rtol=1e-12)
    assert_allclose(root, symmetric_root(covariance.dense()), rtol=1e-12)


def test_draws_converge_to_the_gaussian():
    n = 200_000
    points = RNG.normal(size=(3, 5)) * [1, 2, 3, 4, 5]
    mean, covariance = estimate_low_rank(points)
    covariance = covariance.within(np.ones(5, dtype=bool), 0.25)
    drawn = draw_normal(mean, thin_root(covariance), n, np.random.default_rng(1))
    expected = np.cov(points.T) + 0.25 * np.eye(5)
    error = np.linalg.norm(drawn.mean(axis=0) - mean)
    assert error < 5 * np.sqrt(np.trace(expected) / n)
    spread = np.sqrt((np.outer(*2 * [np.diag(expected)]) + expected**2) / n)
    assert (np.abs(np.cov(drawn.T) - expected) < 5 * spread).all()


def test_draws_without_a_ridge_stay_in_the_span_of_the_rows():
    sampler = im.RCALSampler(
        gamma=0.0, reg_covar=0.0, outliers=None, standardize=False, random_state=0
    )
    X_new, y_new = sampler.fit_resample(X, Y)
    own = X[Y == "c"] - X[Y == "c"].mean(axis=0)
    new = X_new[sampler.is_synthetic_ & (y_new == "c")] - X[Y == "c"].mean(axis=0)
    assert np.linalg.matrix_rank(np.vstack([own, new]), tol=1e-8) == 6


def test_draws_do_not_depend_on_the_block_size(monkeypatch):
    _, covariance = estimate_low_rank(X[:9])
    root = thin_root(covariance)

    def draw(rows):
        monkeypatch.setattr(drawing, "_THIN_ROWS", rows)
        return draw_normal(np.zeros(D), root, 700, np.random.default_rng(0))

    assert_allclose(draw(10), draw(256), rtol=1e-9, atol=1e-12)


def test_very_wide_table_needs_little_memory():
    # A dense covariance would take 3.2 GB for each class.
    wide = np.random.default_rng(0).normal(size=(30, 20_000))
    sampler = im.RCALSampler(random_state=0)
    tracemalloc.start()
    X_new, y_new = sampler.fit_resample(wide, np.repeat([0, 1], [20, 10]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 * wide.nbytes
    assert (y_new == 1).sum() == 20
    assert_array_equal(X_new[:30], wide)


def test_single_row_has_zero_covariance():
    mean, covariance = estimate_low_rank(X[:1])
    assert_array_equal(mean, X[0])
    assert not covariance.dense().any()
    assert estimate_low_rank(X[:0])[1].n_rows == 0
    assert ledoit_wolf(X[:5])[1] == pytest.approx(
        covariances._ledoit_wolf_shrinkage(X[:5] - X[:5].mean(axis=0))
    )
