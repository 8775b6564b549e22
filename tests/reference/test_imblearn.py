"""Parity with imbalanced-learn where both implement the same method."""

from __future__ import annotations

import numpy as np
import pytest
from imblearn import over_sampling as over
from imblearn import under_sampling as under
from numpy.testing import assert_array_equal
from shared import load_shared
from sklearn.datasets import make_classification

import imbsuite as im


def _data(name):
    if name == "made":
        return make_classification(
            600, n_classes=3, n_informative=5, weights=[0.6, 0.3], random_state=0
        )
    if name == "binary":
        return make_classification(500, weights=[0.8], flip_y=0.1, random_state=1)
    X, y, *_ = load_shared(name)
    # imbalanced-learn votes on numeric columns only.
    X, y = X.select_dtypes("number").to_numpy(float), y.factorize(sort=True)[0]
    rng = np.random.default_rng(0)
    # Rounded measurements tie; a little noise makes the order of neighbors unique.
    return X + 1e-7 * X.std(axis=0) * rng.normal(size=X.shape), y


TABLES = ["made", "binary", "abalone19", "page_blocks", "wine_white"]


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("strategy", ["auto", "all", "majority"])
def test_tomek_links_remove_the_same_rows(name, strategy):
    X, y = _data(name)
    theirs = under.TomekLinks(sampling_strategy=strategy)
    theirs.fit_resample(X, y)
    ours = im.TomekLinks(standardize=False, sampling_strategy=strategy)
    ours.fit_resample(X, y)
    assert_array_equal(ours.sample_indices_, np.sort(theirs.sample_indices_))


@pytest.mark.filterwarnings("ignore:Class .* has lost all its rows")
@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("kind", ["all", "mode"])
@pytest.mark.parametrize("k", [1, 3])
def test_edited_neighbors_remove_the_same_rows(name, kind, k):
    X, y = _data(name)
    if kind == "mode" and k == 3 and len(np.unique(y)) > 2:
        pytest.skip("three votes of three classes tie, which the two break differently")
    theirs = under.EditedNearestNeighbours(n_neighbors=k, kind_sel=kind)
    theirs.fit_resample(X, y)
    ours = im.EditedNearestNeighbours(n_neighbors=k, kind_sel=kind, standardize=False)
    ours.fit_resample(X, y)
    assert_array_equal(ours.sample_indices_, np.sort(theirs.sample_indices_))


def test_a_tied_vote_keeps_the_row():
    # Row 0's two neighbors are one of each class: no class has strictly more votes.
    X, y = [[0.0], [1.0], [-1.1], [9.0]], [0, 0, 1, 1]
    ours = im.EditedNearestNeighbours(
        n_neighbors=2, kind_sel="mode", sampling_strategy=[0]
    )
    ours.fit_resample(X, y)
    assert 0 in ours.sample_indices_


@pytest.mark.parametrize("k", [2, 4])
def test_even_votes_differ_only_in_ties(k):
    X, y = _data("binary")
    kept = []
    for labels in (y, 1 - y):
        theirs = under.EditedNearestNeighbours(n_neighbors=k, kind_sel="mode")
        theirs.fit_resample(X, labels)
        kept.append(set(theirs.sample_indices_))
    ours = im.EditedNearestNeighbours(n_neighbors=k, kind_sel="mode", standardize=False)
    ours.fit_resample(X, y)
    # imbalanced-learn gives ties to the lower label: only one labeling keeps them.
    assert kept[0] != kept[1]
    assert set(ours.sample_indices_) == kept[0] | kept[1]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (im.TomekLinks(), under.TomekLinks()),
        (im.EditedNearestNeighbours(), under.EditedNearestNeighbours()),
        (im.RandomUnderSampler(), under.RandomUnderSampler()),
    ],
    ids=["links", "neighbors", "random"],
)
def test_kept_rows_stay_in_order(ours, theirs):
    X, y = _data("binary")
    for sampler in (ours, theirs):
        sampler.fit_resample(X, y)
    assert (np.diff(ours.sample_indices_) > 0).all()
    # As docs/coming_from_imbalanced_learn.md says.
    in_order = bool((np.diff(theirs.sample_indices_) > 0).all())
    assert in_order == isinstance(theirs, under.TomekLinks)


def test_fitted_search_is_not_kept_after_the_call():
    X, y = _data("binary")
    theirs, ours = over.SMOTE(), im.SMOTE()
    for sampler in (theirs, ours):
        sampler.fit_resample(X, y)
    assert hasattr(theirs, "nn_k_")
    assert not hasattr(ours, "nn_k_")


@pytest.mark.parametrize("name", ["made", "binary", "wine_white"])
def test_borderline_smote_uses_the_same_rows_in_danger(name):
    X, y = _data(name)
    theirs = over.BorderlineSMOTE(random_state=0, k_neighbors=3)
    keep = np.isin(
        y, [k for k, n in zip(*np.unique(y, return_counts=True), strict=True) if n > 10]
    )
    X, y = X[keep], y[keep]
    theirs.fit_resample(X, y)
    ours = im.BorderlineSMOTE(
        standardize=False, seed_allocation="even", k_neighbors=3, random_state=0
    )
    ours.fit_resample(X, y)
    for label, rows in theirs.in_danger_indices.items():
        # Even allocation uses every row in danger once there are enough new rows.
        seeds = ours.parents_[y[ours.parents_[:, 0]] == label, 0]
        assert set(seeds) <= set(rows)
        if len(seeds) >= len(rows):
            assert set(seeds) == set(rows)


@pytest.mark.parametrize("name", ["made", "binary"])
def test_adasyn_class_sizes_agree_up_to_rounding(name):
    X, y = _data(name)
    theirs = over.ADASYN(random_state=0)
    counts = np.bincount(y)
    _, y_theirs = theirs.fit_resample(X, y)
    ours = im.ADASYN(standardize=False, random_state=0)
    ours.fit_resample(X, y)
    for label in range(1, len(counts)):
        mine = np.sum(y[ours.parents_[:, 0]] == label)
        assert mine == counts.max() - counts[label]
        assert abs(np.sum(y_theirs == label) - counts.max()) <= counts[label]


@pytest.mark.filterwarnings("ignore:Class .* is in a cluster that qualifies")
@pytest.mark.parametrize("make", [over.SMOTE, over.KMeansSMOTE, over.SVMSMOTE])
def test_classes_are_exactly_balanced(make):
    X, y = _data("binary")
    ours = getattr(im, make.__name__)(random_state=0)
    _, y_ours = ours.fit_resample(X, y)
    assert len(set(np.bincount(y_ours))) == 1


def test_smote_rows_match_the_formula_of_imbalanced_learn():
    X, y = _data("binary")
    ours = im.SMOTE(standardize=False, random_state=0)
    X_ours, _ = ours.fit_resample(X, y)
    theirs = over.SMOTE()
    theirs._validate_estimator()
    seeds, partners = ours.parents_.T
    # Its own row maker, given our choices: neighbor 0 of row i is partner i.
    generated = theirs._generate_samples(
        X[seeds],
        X,
        partners[:, None],
        np.arange(len(seeds)),
        np.zeros(len(seeds), dtype=int),
        ours.steps_[:, None],
    )
    assert_array_equal(X_ours[len(X) :], generated)
    # Every partner is one of imbalanced-learn's k nearest.
    for label in np.unique(y[seeds]):
        rows = np.flatnonzero(y == label)
        nearest = theirs.nn_k_.fit(X[rows]).kneighbors(X[rows], return_distance=False)
        place = {row: set(rows[nearest[i]]) for i, row in enumerate(rows)}
        assert all(p in place[s] for s, p in zip(seeds, partners, strict=True))


def test_vote_category_shares_match_smotenc():
    rng = np.random.default_rng(0)
    n = 400
    y = np.repeat([0, 1], [300, 100])
    numeric = rng.normal(size=(n, 3)) + y[:, None]
    category = rng.choice(4, size=n, p=[0.5, 0.3, 0.15, 0.05])
    X = np.column_stack([numeric, category])
    shares = []
    for seed in range(10):
        theirs = over.SMOTENC([3], random_state=seed).fit_resample(X, y)[0][n:, 3]
        ours = im.SMOTE(
            categorical_features=[3],
            categorical_rule="vote",
            standardize=False,
            seed_allocation="random",
            random_state=seed,
        ).fit_resample(X, y)[0][n:, 3]
        shares.append(
            [[np.mean(part == c) for c in range(4)] for part in (ours, theirs)]
        )
    shares = np.array(shares)
    difference = shares[:, 0] - shares[:, 1]
    error = difference.std(axis=0, ddof=1) / np.sqrt(len(shares))
    # 10 repetitions; 4 standard errors, and half a row in a thousand for zero spread.
    assert (np.abs(difference.mean(axis=0)) < 4 * error + 5e-4).all()
