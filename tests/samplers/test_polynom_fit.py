"""Polynomial fitting: rows of a star and of a mesh, against loops over the formula."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from imbsuite import PolynomFitSMOTE

RNG = np.random.default_rng(0)
X = np.concatenate([RNG.normal(size=(103, 3)), RNG.normal(size=(17, 3)) + 1])
Y = np.repeat([0, 1], [103, 17])


def resampled(X, y, kind, **params):
    """Return the sampler after ``fit_resample``, and the new rows."""
    sampler = PolynomFitSMOTE(kind=kind, random_state=0, **params)
    X_new, _ = sampler.fit_resample(X, y)
    return sampler, X_new[len(X) :]


@pytest.mark.parametrize("allocation", ["even", "random"])
def test_star_rows_are_equally_spaced_toward_the_mean(allocation):
    sampler, new = resampled(X, Y, "star", seed_allocation=allocation)
    mean, at = X[Y == 1].mean(axis=0), 0
    seeds = sampler.parents_[:, 0].tolist()
    for seed in range(103, 120):
        k = seeds.count(seed)
        for j in range(1, k + 1):
            assert seeds[at] == seed
            assert_allclose(new[at], X[seed] + j / (k + 1) * (mean - X[seed]))
            at += 1
    assert at == len(new) == 86


def test_mesh_uses_all_pairs_equally_often():
    rows = np.r_[0:103, 103:107]
    plan = {0: 103, 1: 4 + 1200}
    sampler, new = resampled(X[rows], Y[rows], "mesh", sampling_strategy=plan)
    seeds, ends = sampler.parents_.T
    pairs, times = np.unique(sampler.parents_, axis=0, return_counts=True)
    assert len(pairs) == 4 * 3
    assert (pairs[:, 0] != pairs[:, 1]).all()
    # 100 each, with a standard deviation of 8.
    assert times.min() > 60
    assert times.max() < 140
    lines = X[rows][ends] - X[rows][seeds]
    steps = (new - X[rows][seeds]) / lines
    assert_allclose(steps, steps[:, :1] * np.ones(3), atol=1e-9)
    assert 0 <= steps.min() < 0.02
    assert 0.98 < steps.max() <= 1
    assert steps[:, 0].mean() == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("kind", ["star", "mesh"])
def test_a_single_row_is_repeated_with_a_warning(kind):
    with pytest.warns(UserWarning, match="has a single row, which is repeated"):
        _, new = resampled(X[:104], Y[:104], kind)
    assert (new == X[103]).all()


@pytest.mark.parametrize("kind", ["star", "mesh"])
@pytest.mark.parametrize("value", [0.1, 1e300, -1e-300])
def test_a_column_that_is_constant_in_the_class_stays_constant(kind, value):
    table = X.copy()
    table[Y == 1, 0] = value
    if value == 1e300:
        table[Y == 0, 0] = -value
    assert (resampled(table, Y, kind)[1][:, 0] == value).all()


def test_mean_ignores_missing_values_and_seeds_stay_missing():
    table = pd.DataFrame({"a": [0.5] * 4 + [1.5, np.nan, 3.5], "b": list("xxxxpqr")})
    y = [0] * 4 + [1] * 3
    plan = {0: 4, 1: 6}
    _, new = resampled(table, y, "star", sampling_strategy=plan)
    assert_array_equal(new["a"], [2.0, np.nan, 3.0])
    assert new["b"].tolist() == ["p", "q", "r"]


def test_zero_weight_rows_are_excluded_from_the_mean():
    weight = np.ones(120)
    weight[[103, 110]] = 0
    sampler = PolynomFitSMOTE(sampling_strategy={0: 103, 1: 30}, random_state=0)
    X_new, _ = sampler.fit_resample(X, Y, sample_weight=weight)
    mean = X[(Y == 1) & (weight > 0)].mean(axis=0)
    seeds = sampler.parents_[:, 0]
    assert (weight[seeds] > 0).all()
    # One new row of each seed is halfway to the mean.
    assert_allclose(X_new[120:], (X[seeds] + mean) / 2)


@pytest.mark.parametrize("kind", ["star", "mesh"])
def test_each_group_has_its_own_mean_and_pairs(kind):
    groups = np.r_[np.zeros(103), np.repeat([0, 1], [9, 8])]
    sampler = PolynomFitSMOTE(kind=kind, random_state=0)
    X_new, _ = sampler.fit_resample(X, Y, groups=groups)
    of_seed = groups[sampler.parents_[:, 0]]
    assert_array_equal(groups[sampler.parents_[:, 1]], of_seed)
    for group in (0, 1):
        own = X[(Y == 1) & (groups == group)]
        new = X_new[len(X) :][of_seed == group]
        assert (new >= own.min(axis=0)).all()
        assert (new <= own.max(axis=0)).all()
