"""InstanceHardness: a naive loop, random ties, labels of any type."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest
from shared import naive_neighbors
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

import imbsuite as im

RNG = np.random.default_rng(0)
X = np.concatenate([RNG.normal(size=(300, 2)), RNG.normal(size=(100, 2)) + 1.5])
Y = np.repeat([0, 1], [300, 100])
ORDER = RNG.permutation(len(Y))
X, Y = X[ORDER], Y[ORDER]


def kept(sampler, y=Y, **options) -> np.ndarray:
    sampler.fit_resample(X, y, **options)
    return sampler.sample_indices_


@pytest.mark.parametrize("k", [1, 5])
@pytest.mark.parametrize("n", [100, 200, 250])
def test_kept_rows_are_the_easiest_of_a_naive_loop(k, n):
    shares = (Y[naive_neighbors(X, k)] != Y[:, None]).mean(axis=1)
    sampler = im.InstanceHardness(
        n_neighbors=k, sampling_strategy={0: n}, standardize=False, random_state=0
    )
    rows = kept(sampler)
    assert np.sum(Y[rows] == 0) == n
    assert np.sum(Y[rows] == 1) == 100
    removed = np.setdiff1d(np.flatnonzero(Y == 0), rows)
    assert shares[rows[Y[rows] == 0]].max() <= shares[removed].min()


def test_hardest_rows_of_large_tables_are_removed():
    # In large tables, only rows near other classes are searched for neighbors.
    X = np.concatenate([RNG.normal(size=(23_000, 2)), RNG.normal(size=(900, 2)) + 2])
    y = np.repeat([0, 1], [23_000, 900])
    neighbors = NearestNeighbors(n_neighbors=6).fit(X).kneighbors(X)[1][:, 1:]
    shares = (y[neighbors] != y[:, None]).mean(axis=1)[:23_000]
    hard = np.count_nonzero(shares)
    sampler = im.InstanceHardness(
        sampling_strategy={0: 23_000 - hard // 2}, standardize=False, random_state=0
    )
    sampler.fit_resample(X, y)
    removed = np.setdiff1d(np.arange(23_000), sampler.sample_indices_)
    assert len(removed) == hard // 2
    assert shares[removed].min() >= np.sort(shares)[-len(removed)]


def test_ties_are_broken_at_random():
    # 299 of 300 rows are equally easy: each is kept about equally often.
    X = np.arange(302.0)[:, None] ** 1.01
    y = np.repeat([0, 1], [300, 2])
    counts = np.zeros(302)
    for seed in range(200):
        sampler = im.InstanceHardness(
            n_neighbors=1, sampling_strategy={0: 150}, random_state=seed
        )
        sampler.fit_resample(X, y)
        counts[sampler.sample_indices_] += 1
    # Binomial(200, .5), the extremes of 300: within 5 standard deviations of 7.1.
    assert np.all(np.abs(counts[:299] - 100) < 36)


@pytest.mark.parametrize("hardness", ["kdn", GaussianNB()], ids=["kdn", "classifier"])
@pytest.mark.parametrize("names", [["a", "b"], [-1, 1], [5.0, 3.0]], ids=str)
def test_class_labels_do_not_matter(hardness, names):
    options = {"hardness": hardness, "random_state": 0}
    expected = kept(im.InstanceHardness(**options))
    rows = kept(im.InstanceHardness(**options), np.array(names)[Y])
    if names[0] > names[1]:  # other codes, so other draws among ties
        assert len(rows) == len(expected)
    else:
        np.testing.assert_array_equal(rows, expected)


def test_a_classifier_keeps_the_rows_that_it_predicts_best():
    model = LogisticRegression()
    sampler = im.InstanceHardness(hardness=model, sampling_strategy=0.5, random_state=0)
    rows = kept(sampler)
    scaled = StandardScaler().fit_transform(X)
    p = model.fit(scaled, Y).predict_proba(scaled)[:, 0]
    inside = rows[Y[rows] == 0]
    removed = np.setdiff1d(np.flatnonzero(Y == 0), inside)
    # Out-of-fold probabilities differ a little from those of one fit to all rows.
    assert p[inside].min() > p[removed].max() - 0.05
    assert len(inside) == 200


class Seen(LogisticRegression):
    """A classifier that records the data and weights of its fits."""

    fits: ClassVar[list] = []

    def fit(self, X, y, sample_weight=None):
        self.fits.append((X[:, 0].copy(), sample_weight))
        return super().fit(X, y, sample_weight)


def test_groups_and_weights_reach_the_folds_of_a_classifier():
    Seen.fits.clear()
    groups, weight = np.arange(len(Y)) // 4, 1.0 + np.arange(len(Y)) % 3
    sampler = im.InstanceHardness(hardness=Seen(), standardize=False, random_state=0)
    sampler.fit_resample(X, Y, groups=groups, sample_weight=weight)
    assert len(Seen.fits) == 5
    for values, weights in Seen.fits:
        train = np.abs(X[:, 0] - values[:, np.newaxis]).argmin(axis=1)
        np.testing.assert_array_equal(weights, weight[train])
        test = np.setdiff1d(np.arange(len(Y)), train)
        assert not set(groups[train]) & set(groups[test])


def test_custom_splitter_is_used():
    model = LogisticRegression()
    folds = StratifiedKFold(3)
    sampler = im.InstanceHardness(
        hardness=model, cv=folds, standardize=False, random_state=0
    )
    rows = kept(sampler)
    proba = cross_val_predict(model, X, Y, cv=folds, method="predict_proba")
    easiest = np.sort(np.flatnonzero(Y == 0)[np.argsort(-proba[Y == 0, 0])[:100]])
    np.testing.assert_array_equal(rows[Y[rows] == 0], easiest)


def test_a_classifier_requires_two_rows_of_each_class():
    y = np.where(np.arange(len(Y)) == 3, 2, Y)
    with pytest.raises(ValueError, match="Class 2 has one; use 'kdn'"):
        kept(im.InstanceHardness(hardness=GaussianNB()), y)
    with pytest.raises(ValueError, match="'hardness' parameter"):
        kept(im.InstanceHardness(hardness="knn"))


@pytest.mark.parametrize("hardness", ["kdn", GaussianNB()], ids=["kdn", "classifier"])
def test_zero_weight_rows_are_not_neighbors_and_not_fitted(hardness):
    weight = np.where(np.arange(len(Y)) % 3, 1.0, 0.0)
    options = {"hardness": hardness, "standardize": False, "random_state": 0}
    rows = kept(im.InstanceHardness(**options), sample_weight=weight)
    alone = im.InstanceHardness(**options)
    alone.fit_resample(X[weight > 0], Y[weight > 0])
    np.testing.assert_array_equal(
        rows, np.flatnonzero(weight > 0)[alone.sample_indices_]
    )
