"""ProWSyn: the levels and shares of the paper, against a loop over all rows."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from imbsuite import SMOTE, ProWSyn
from imbsuite.plan import largest_remainder

RNG = np.random.default_rng(0)
X = np.concatenate([RNG.normal(size=(130, 3)), RNG.normal(size=(60, 3)) + 2])
Y = np.repeat([0, 1], [130, 60])


def naive_levels(X, y, n_neighbors=5, n_levels=5):
    """Return ``{row: level}`` of the rows of class 1, in standardized units."""
    points = X / X.std(axis=0)
    left, levels = set(np.flatnonzero(y == 1).tolist()), {}
    for level in range(1, n_levels):
        near = set()
        for other in np.flatnonzero(y != 1):
            far = {row: np.linalg.norm(points[row] - points[other]) for row in left}
            near |= set(sorted(left, key=far.get)[:n_neighbors])
        levels |= dict.fromkeys(near, level)
        left -= near
    return levels | dict.fromkeys(left, n_levels)


def seeds_of(sampler, X, y, **params):
    """Return how often each row of class 1 is a seed."""
    sampler.fit_resample(X, y, **params)
    seeds = sampler.parents_[:, 0]
    return np.bincount(seeds, minlength=len(y))[np.flatnonzero(y == 1)]


@pytest.mark.parametrize("n_neighbors", [1, 3, 5])
@pytest.mark.parametrize(("n_levels", "theta"), [(5, 1.0), (2, 0.5), (3, 3.0)])
def test_seed_counts_match_a_naive_loop(n_neighbors, n_levels, theta):
    params = {"n_neighbors": n_neighbors, "n_levels": n_levels}
    levels = naive_levels(X, Y, **params)
    assert len(set(levels.values())) > 1
    shares = [np.exp(-theta * (levels[row] - 1)) for row in range(130, 190)]
    times = seeds_of(ProWSyn(**params, theta=theta, random_state=0), X, Y)
    assert_array_equal(times, largest_remainder(shares, 70))


def test_levels_match_manual_calculation():
    # Of 10, 11, 12 and 20, 10 is nearest to 9, then 11, then 12; 20 is left over.
    table = np.array([8.0, 9.0, 0.0, 1.0, 2.0, 3.0, 10.0, 11.0, 12.0, 20.0])[:, None]
    y = np.repeat([0, 1], [6, 4])
    sampler = ProWSyn(
        n_neighbors=1,
        n_levels=4,
        theta=np.log(2),
        k_neighbors=1,
        sampling_strategy={1: 4 + 15},
        random_state=0,
    )
    assert_array_equal(seeds_of(sampler, table, y), [8, 4, 2, 1])


@pytest.mark.parametrize("params", [{"n_levels": 1}, {"theta": 0}])
def test_one_level_or_zero_theta_uses_seeds_as_often_as_smote(params):
    times = seeds_of(ProWSyn(**params, random_state=0), X, Y)
    assert sorted(times) == sorted(seeds_of(SMOTE(random_state=0), X, Y))


def test_large_theta_uses_only_the_first_level():
    levels = naive_levels(X, Y, n_neighbors=1)
    times = seeds_of(ProWSyn(n_neighbors=1, theta=1e6, random_state=0), X, Y)
    first = np.array([levels[row] == 1 for row in range(130, 190)])
    assert_array_equal(times > 0, first)


def test_zero_weight_rows_neither_have_nor_define_levels():
    weight = np.where(RNG.random(190) < 0.3, 0.0, 1.0)
    present = np.flatnonzero(weight)
    sampler = ProWSyn(standardize=False, random_state=0)
    alone = seeds_of(sampler, X[present], Y[present])
    sampler = ProWSyn(standardize=False, random_state=0)
    times = seeds_of(sampler, X, Y, sample_weight=weight)
    assert not times[weight[130:] == 0].any()
    assert_array_equal(times[weight[130:] > 0], alone)


def test_rows_of_another_group_do_not_define_levels():
    groups = np.r_[np.zeros(130), np.repeat([0, 1], 30)]
    own = np.flatnonzero(groups == 0)
    times = seeds_of(ProWSyn(random_state=0), X, Y, groups=groups)
    # The second group has rows of one class only: one level.
    assert set(times[30:]) == {1, 2}
    sampler = ProWSyn(sampling_strategy={1: 30 + 35}, standardize=False, random_state=0)
    alone = seeds_of(sampler, X[own], Y[own])
    sampler = ProWSyn(standardize=False, random_state=0)
    assert_array_equal(seeds_of(sampler, X, Y, groups=groups)[:30], alone)
