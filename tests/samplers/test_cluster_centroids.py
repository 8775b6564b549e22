"""ClusterCentroids: one row of each cluster, and its weight."""

from __future__ import annotations

import sys
from collections import Counter

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.cluster import KMeans
from sklearn.dummy import DummyClassifier

import imbsuite as im
from imbsuite._neighbors import Space, lloyd
from imbsuite.samplers import cluster_centroids


def _table(n=500):
    rng = np.random.default_rng(0)
    y = rng.choice(3, n, p=[0.6, 0.3, 0.1])
    return rng.normal(size=(n, 3)), y


@pytest.mark.parametrize("most", [10, 10_000, None])
@pytest.mark.parametrize("weighted", [False, True])
def test_cluster_weights_sum_to_the_class_weight(monkeypatch, most, weighted):
    X, y = _table()
    if most is not None:
        monkeypatch.setattr(cluster_centroids, "_MOST_ROWS", most)
        X = sp.csr_array(X)
    weight = np.ones(len(y))
    if weighted:
        weight = np.random.default_rng(1).uniform(0.5, 2, len(y))
        weight[::5] = 0
    sampler = im.ClusterCentroids(random_state=0)
    _, y_out = sampler.fit_resample(X, y, sample_weight=weight if weighted else None)
    kept = sampler.sample_indices_
    assert len(set(kept)) == len(kept)
    assert (weight[kept] > 0).all()
    assert len(set(Counter(y_out.tolist()).values())) == 1
    for label in range(3):
        before = weight[y == label].sum()
        assert_allclose(sampler.sample_weight_[y_out == label].sum(), before)
    assert_array_equal(sampler.sample_weight_[y_out == 2], weight[kept][y_out == 2])


@pytest.mark.parametrize("weighted", [False, True])
def test_clusters_match_scikit_learn_kmeans(weighted):
    X = np.random.default_rng(0).normal(size=(3_000, 4)) + 5
    weight = np.random.default_rng(1).uniform(0.5, 2, len(X)) if weighted else None
    rows = np.arange(len(X))
    cells = (X, np.empty((len(X), 0), dtype=np.int32), X.mean(axis=0), X.std(axis=0))
    points = Space(*cells, 1.0, scaled=True).embedding(rows)
    labels, squared = lloyd(points, points.at(rows[::10]), weight)
    model = KMeans(300, init=points.at(rows[::10]), n_init=1)
    model.fit(points.at(), sample_weight=weight)
    assert_array_equal(labels, model.labels_)
    apart = points.at() - model.cluster_centers_[labels]
    assert_allclose(squared, (apart**2).sum(axis=1), atol=1e-12)


@pytest.mark.parametrize("cells", [1, 50, 10**6])
def test_block_size_does_not_change_the_result(monkeypatch, cells):
    X, y = _table()
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    frame["d"] = pd.Categorical(np.sort(np.array(list("uvw"))[np.arange(len(y)) % 3]))
    sampler = im.ClusterCentroids(random_state=0)
    sampler.fit_resample(frame, y)
    kept, weight = sampler.sample_indices_, sampler.sample_weight_
    module = sys.modules["imbsuite._neighbors.lloyd"]
    monkeypatch.setattr(module, "_BLOCKS", len(y))
    monkeypatch.setattr(module, "_CELLS", cells)
    sampler.fit_resample(frame, y)
    assert_array_equal(sampler.sample_indices_, kept)
    assert_array_equal(sampler.sample_weight_, weight)


def test_sparse_and_dense_tables_keep_the_same_rows():
    X, y = _table()
    X[np.random.default_rng(1).random(X.shape) < 0.5] = 0
    kept = []
    for table in (X, sp.csr_array(X)):
        sampler = im.ClusterCentroids(random_state=0)
        sampler.fit_resample(table, y)
        kept.append(sampler.sample_indices_)
    assert_array_equal(*kept)


def test_prior_correction_ignores_cluster_weights():
    X, y = _table()
    model = im.ResampledClassifier(
        im.ClusterCentroids(random_state=0), DummyClassifier(), correction="prior"
    ).fit(X, y)
    assert_allclose(list(model.effective_prior_.values()), [1 / 3] * 3)
    assert_allclose(model.predict_proba(X[:1])[0], np.bincount(y) / len(y))


def test_chain_ignores_cluster_weights():
    X, y = _table()
    chain = im.make_chain(im.ClusterCentroids(random_state=0), im.TomekLinks())
    _, y_out = chain.fit_resample(X, y)
    assert chain.sample_weight_ is None
    shares = np.bincount(y_out) / len(y_out)
    assert_allclose([chain.effective_prior_[label] for label in range(3)], shares)


def test_totals_of_clusters_are_positive_beside_a_large_weight():
    X = np.r_[np.zeros(20), 1.0, 2.0, 3.0, np.full(3, 9.0)].reshape(-1, 1)
    y = np.repeat([0, 1], [23, 3])
    weight = np.r_[1e300, np.ones(25)]
    sampler = im.ClusterCentroids(standardize=False, random_state=0)
    _, y_out = sampler.fit_resample(X, y, sample_weight=weight)
    assert (sampler.sample_weight_ > 0).all()
    assert sampler.sample_weight_[y_out == 0].max() == pytest.approx(1e300)


def test_row_nearest_each_cluster_mean_is_kept():
    rng = np.random.default_rng(0)
    blobs = [rng.normal(size=(size, 2)) for size in (30, 50)]
    X = np.concatenate([blobs[0], blobs[1] + 1000, rng.normal(size=(2, 2))])
    y = np.repeat([0, 1], [80, 2])
    sampler = im.ClusterCentroids(standardize=False, random_state=0)
    sampler.fit_resample(X, y)
    expected = []
    for start, stop in ((0, 30), (30, 80)):
        part = X[start:stop]
        apart = np.linalg.norm(part - part.mean(axis=0), axis=1)
        expected.append(start + apart.argmin())
    assert_array_equal(sampler.sample_indices_, [*expected, 80, 81])
    assert_array_equal(sampler.sample_weight_, [30, 50, 1, 1])


def test_duplicate_rows_are_kept_as_often_as_planned():
    X = np.repeat([[0.0], [5.0], [9.0]], [20, 20, 10], axis=0)
    y = np.repeat([0, 1], [40, 10])
    sampler = im.ClusterCentroids(random_state=0)
    sampler.fit_resample(X, y)
    kept = sampler.sample_indices_
    assert len(set(kept)) == 20
    assert sampler.sample_weight_[:10].sum() == 40
    assert (sampler.sample_weight_ > 0).all()


def test_rows_with_categories_and_missing_values_are_kept():
    X, y = _table()
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    frame.loc[::7, "a"] = np.nan
    frame["d"] = pd.Categorical(np.array(list("uvw"))[np.arange(len(y)) % 3])
    sampler = im.ClusterCentroids(random_state=0)
    out, _ = sampler.fit_resample(frame, y)
    rows = frame.iloc[sampler.sample_indices_].reset_index(drop=True)
    pd.testing.assert_frame_equal(out.reset_index(drop=True), rows)
