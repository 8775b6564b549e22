"""Neighbor-based selectors search in parts: their peak memory beyond the table."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import imbsuite as im

RNG = np.random.default_rng(0)
Y = (RNG.random(100_000) < 0.1).astype(int)
X = RNG.normal(size=(100_000, 10)) + 3 * RNG.integers(0, 4, (100_000, 1)) + Y[:, None]


@pytest.mark.parametrize(
    "sampler",
    [
        im.EditedNearestNeighbours(),
        im.NearMiss(version=3),
        im.InstanceHardness(random_state=0),
        im.OneSidedSelection(random_state=0),
        im.RepeatedEditedNearestNeighbours(),
        pytest.param(im.AllKNN(), marks=pytest.mark.slow),
        pytest.param(im.NearMiss(version=1), marks=pytest.mark.slow),
        pytest.param(im.NeighbourhoodCleaningRule(), marks=pytest.mark.slow),
        pytest.param(im.CondensedNearestNeighbour(), marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_peak_memory_of_selectors(sampler):
    assert _peak(sampler, X, Y) <= 1.3 * (X.nbytes + Y.nbytes)


@pytest.mark.parametrize("n", [30_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_peak_memory_of_cluster_centroids(n):
    rows, labels = X[:n], Y[:n]
    peak = _peak(im.ClusterCentroids(random_state=0), rows, labels)
    assert peak <= 1.3 * (rows.nbytes + labels.nbytes)


def _peak(sampler, X, y):
    sampler.fit_resample(X[:1_000], y[:1_000])
    tracemalloc.start()
    try:
        sampler.fit_resample(X, y)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
