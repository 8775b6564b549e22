"""BalancedKMeans: clusters of equal size, the greedy assignment and exchanges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans

import imbsuite as im
from imbsuite.cluster._matching import assign_greedily, improve_by_pairs

COSTS = st.integers(1, 12).flatmap(
    lambda n: st.integers(1, n).flatmap(
        # Few distinct values, hence many ties.
        lambda m: arrays(np.float64, (n, m), elements=st.integers(0, 5).map(float))
    )
)


def _cheapest_pairs_first(cost):
    """Return the greedy assignment of the paper: all pairs, the cheapest first."""
    n, m = cost.shape
    floor, extra = divmod(n, m)
    label, sizes = np.full(n, -1), np.zeros(m, dtype=int)
    pairs = sorted((cost[i, c], i, c) for i in range(n) for c in range(m))
    for _, i, c in pairs:
        room = sizes[c] < floor or (sizes[c] == floor and extra > 0)
        if label[i] < 0 and room:
            extra -= sizes[c] == floor
            label[i] = c
            sizes[c] += 1
    return label


@given(COSTS)
@settings(max_examples=300)
def test_deferred_acceptance_equals_the_greedy_assignment(cost):
    assert_array_equal(assign_greedily(cost), _cheapest_pairs_first(cost))


@given(COSTS)
@settings(max_examples=200)
def test_exchanges_keep_sizes_and_never_increase_the_cost(cost):
    greedy = assign_greedily(cost)
    better = improve_by_pairs(cost, greedy)
    n, m = cost.shape
    sizes = np.bincount(better, minlength=m)
    assert sizes.max() - sizes.min() <= 1
    rows = np.arange(n)
    assert cost[rows, better].sum() <= cost[rows, greedy].sum() + 1e-9


def test_exchanges_approach_the_exact_assignment():
    # 20 problems in ten dimensions: greedy, improved and exact costs.
    above = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        X, centers = rng.normal(size=(120, 10)), rng.normal(size=(12, 10))
        cost = ((X[:, np.newaxis] - centers) ** 2).sum(axis=2)
        slots = np.repeat(cost, 10, axis=1)  # 10 places for each center
        exact = slots[linear_sum_assignment(slots)].sum()
        greedy = assign_greedily(cost)
        rows = np.arange(120)
        costs = [cost[rows, k].sum() for k in (greedy, improve_by_pairs(cost, greedy))]
        above.append(np.array(costs) / exact - 1)
    assert (np.array(above) >= -1e-12).all()
    greedy, improved = np.mean(above, axis=0)
    assert 0.01 < greedy < 0.25
    assert improved < 0.01


@pytest.mark.parametrize(("n", "k"), [(100, 7), (50, 50), (33, 1), (101, 20)])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_cluster_sizes_differ_by_at_most_one(n, k, metric):
    X = np.random.default_rng(0).normal(size=(n, 3))
    model = im.BalancedKMeans(k, metric=metric, random_state=0).fit(X)
    assert model.sizes_.sum() == n
    assert model.sizes_.max() - model.sizes_.min() <= 1
    assert_array_equal(np.bincount(model.labels_, minlength=k), model.sizes_)


def test_centers_are_means_and_inertia_is_the_cost():
    X = np.random.default_rng(1).normal(size=(90, 4))
    model = im.BalancedKMeans(6, random_state=0).fit(X)
    for k in range(6):
        assert_allclose(model.cluster_centers_[k], X[model.labels_ == k].mean(axis=0))
    cost = ((X - model.cluster_centers_[model.labels_]) ** 2).sum()
    assert_allclose(model.inertia_, cost)
    assert_array_equal(model.predict(model.cluster_centers_), np.arange(6))


def test_more_starts_and_iterations_never_increase_inertia():
    X = np.random.default_rng(2).normal(size=(300, 2))

    def inertia(**params):
        return im.BalancedKMeans(10, random_state=0, **params).fit(X).inertia_

    assert inertia(n_init=5) <= inertia(n_init=1) + 1e-9
    falling = [inertia(max_iter=m, tol=0) for m in (1, 2, 5, 20)]
    assert falling == sorted(falling, reverse=True)


def test_equal_blobs_are_found_and_unequal_blobs_are_split():
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(size=(50, 2)) + c for c in ([0, 0], [20, 0])])
    labels = im.BalancedKMeans(2, random_state=0).fit_predict(X)
    assert len(set(labels[:50])) == len(set(labels[50:])) == 1
    assert im.BalancedKMeans(2, random_state=0).fit(X[20:]).sizes_.tolist() == [40, 40]


def test_unbalanced_equals_k_means():
    X = np.random.default_rng(0).normal(size=(80, 2))
    X[:60] += 30
    model = im.BalancedKMeans(2, balanced=False, random_state=0).fit(X)
    assert sorted(model.sizes_) == [20, 60]
    assert_allclose(model.inertia_, KMeans(2, n_init=5).fit(X).inertia_)


def test_cosine_ignores_lengths():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    lengths = rng.uniform(0.1, 9, size=(60, 1))
    one, other = (
        im.BalancedKMeans(4, metric="cosine", random_state=0).fit_predict(table)
        for table in (X, X * lengths)
    )
    assert_array_equal(one, other)


def test_too_few_rows_raise():
    with pytest.raises(ValueError, match=r"n_samples=3 should be >= n_clusters=8"):
        im.BalancedKMeans().fit(np.zeros((3, 2)))


@pytest.mark.parametrize(("dtype", "value"), [("f4", 3e19), ("f8", -1.7e308)])
def test_overflowing_squares_raise(dtype, value):
    """All centers would be equally far, and the greedy assignment would never end."""
    X = np.array([[value, 0], [value, 1], [value, 2], [value, 3]], dtype=dtype)
    with pytest.raises(ValueError, match="X holds values up to "):
        im.BalancedKMeans(2).fit(X)
    y = [0, 0, 0, 1]
    if dtype == "f8":  # float32 is standardized in float64
        with pytest.raises(ValueError, match="squares overflow"):
            im.SubclassEncoder(delta=1).fit(X, y)


def test_identical_rows_are_split_evenly():
    assert im.BalancedKMeans(3, random_state=0).fit(np.ones((7, 2))).sizes_.max() == 3
