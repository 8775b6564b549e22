"""Neighbor-based cleaning rules: naive loops, hand-placed rows, order and ties."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from shared import naive_neighbors

import imbsuite as im
from imbsuite import _neighborhoods
from imbsuite._neighborhoods import mislabeled
from imbsuite.samplers import one_sided_selection

RNG = np.random.default_rng(0)
SIZES = [160, 90, 40]
X = np.concatenate([RNG.normal(size=(n, 2)) + 1.5 * i for i, n in enumerate(SIZES)])
Y = np.repeat([0, 1, 2], SIZES)
ORDER = RNG.permutation(len(Y))
X, Y = X[ORDER], Y[ORDER]
LATTICE = RNG.integers(0, 6, size=(200, 2)).astype(float)
LABELS = RNG.permutation(np.repeat([0, 1, 2], [110, 60, 30]))
PLAIN = [
    im.NeighbourhoodCleaningRule(standardize=False),
    im.CondensedNearestNeighbour(standardize=False),
    im.OneSidedSelection(standardize=False, random_state=0),
]


def _square(a, b):
    return ((a[:, np.newaxis] - b) ** 2).sum(axis=2)


def _mislabeled(table, y, stored):
    """Return which rows have a nearer stored row of another class than of their own."""
    far, same = _square(table, table[stored]), y[:, np.newaxis] == y[stored]
    own = np.where(same, far, np.inf).min(axis=1)
    return np.where(same, np.inf, far).min(axis=1) < own


@pytest.mark.parametrize(
    ("strategy", "cleaned"), [("auto", [0, 1]), ("all", [0, 1, 2]), ([0], [0])]
)
@pytest.mark.parametrize("threshold", [0.5, 3.0])
def test_neighborhood_cleaning_matches_a_naive_loop(strategy, cleaned, threshold):
    removed = set()
    for row, near in enumerate(naive_neighbors(X, 3)):
        votes = np.bincount(Y[near], minlength=3)
        if votes[Y[row]] < votes.max():
            removed |= {row} if Y[row] in cleaned else set()
            around = near if Y[row] == 2 else []
            removed |= {
                other
                for other in around
                if Y[other] in cleaned and SIZES[Y[other]] >= threshold * SIZES[2]
            }
    sampler = im.NeighbourhoodCleaningRule(
        threshold_cleaning=threshold, sampling_strategy=strategy, standardize=False
    )
    sampler.fit_resample(X, Y)
    assert_array_equal(sampler.sample_indices_, np.delete(np.arange(290), [*removed]))


@pytest.mark.parametrize("strategy", ["auto", "all"])
def test_large_tables_are_cleaned_by_the_same_rule(strategy, monkeypatch):
    sampler = im.NeighbourhoodCleaningRule(sampling_strategy=strategy)
    sampler.fit_resample(X, Y)
    expected = sampler.sample_indices_
    monkeypatch.setattr(_neighborhoods, "_FEW_ROWS", 0)
    sampler.fit_resample(X, Y)
    assert_array_equal(sampler.sample_indices_, expected)


def _condensed(table, y):
    """Return the fast condensed rows, class 2 stored completely, without ties."""
    stored = set(np.flatnonzero(y == 2))
    for label in (0, 1):
        rows = np.flatnonzero(y == label)
        far = ((table[rows] - table[rows].mean(axis=0)) ** 2).sum(axis=1)
        stored.add(rows[far.argmin()])
    while True:
        listed = np.array(sorted(stored))
        far = _square(table, table[listed])
        nearest = listed[far.argmin(axis=1)]
        new = set()
        for store in listed:
            wrong = np.flatnonzero((nearest == store) & (y != y[store]))
            if len(wrong):
                new.add(
                    wrong[((table[wrong] - table[store]) ** 2).sum(axis=1).argmin()]
                )
        if not new:
            return listed
        stored |= new


def test_condensing_matches_a_naive_loop():
    sampler = im.CondensedNearestNeighbour(standardize=False)
    sampler.fit_resample(X, Y)
    assert_array_equal(sampler.sample_indices_, _condensed(X, Y))
    sampler = im.CondensedNearestNeighbour()
    sampler.fit_resample(X, Y)
    assert_array_equal(sampler.sample_indices_, _condensed(X / X.std(axis=0), Y))


@pytest.mark.parametrize(("table", "y"), [(X, Y), (LATTICE, LABELS)])
def test_condensing_is_consistent_and_independent_of_row_order(table, y):
    kept = set()
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(len(y))
        sampler = im.CondensedNearestNeighbour(standardize=False)
        X_out, y_out = sampler.fit_resample(table[order], y[order])
        rows = order[sampler.sample_indices_]
        assert not _mislabeled(table, y, rows).any()
        kept.add(tuple(sorted(map(tuple, np.column_stack([X_out, y_out])))))
    assert len(kept) == 1
    assert len(next(iter(kept))) < len(y)


def test_duplicate_rows_are_stored_once():
    table = np.repeat([[0.0], [5.0], [9.0]], [50, 30, 10], axis=0)
    y = np.repeat([0, 1, 2], [50, 30, 10])
    X_out, _ = im.CondensedNearestNeighbour().fit_resample(table, y)
    assert X_out.ravel().tolist() == [0.0, 5.0, *[9.0] * 10]


@pytest.mark.parametrize("n_seeds", [1, 5, 500])
def test_one_sided_selection_matches_a_naive_loop(n_seeds, monkeypatch):
    stores = []

    def recording(table, y, rows, stored):
        stores.append(stored)
        return mislabeled(table, y, rows, stored)

    monkeypatch.setattr(one_sided_selection, "mislabeled", recording)
    sampler = im.OneSidedSelection(n_seeds=n_seeds, standardize=False, random_state=0)
    sampler.fit_resample(X, Y)
    kept, stored = sampler.sample_indices_, stores[0]
    assert len(np.unique(stored)) == len(stored)
    sizes = [min(n_seeds, SIZES[0]), min(n_seeds, SIZES[1]), SIZES[2]]
    assert_array_equal(np.bincount(Y[stored]), sizes)
    rows = np.union1d(stored, np.flatnonzero(_mislabeled(X, Y, stored)))
    links = im.TomekLinks(sampling_strategy=[0, 1], standardize=False)
    links.fit_resample(X[rows], Y[rows])
    assert_array_equal(kept, rows[links.sample_indices_])


@pytest.mark.filterwarnings("ignore:Class 0 has lost all its rows")
def test_one_sided_selection_keeps_unlinked_seeds_and_mislabeled_rows():
    # With any other seed, the row at 4.6 is mislabeled; its link with 5.0 drops it.
    table = np.array([[0.0], [0.1], [0.2], [4.0], [4.6], [5.0], [9.0]])
    y = [0, 0, 0, 0, 0, 1, 1]
    outcomes = set()
    for seed in range(20):
        sampler = im.OneSidedSelection(standardize=False, random_state=seed)
        sampler.fit_resample(table, y)
        outcomes.add(tuple(sampler.sample_indices_.tolist()))
    near = {(i, 3, 5, 6) for i in range(3)}
    # With 4.0 or 4.6 as the seed, no row but 4.6 is mislabeled.
    assert outcomes == near | {(3, 5, 6), (5, 6)}


def test_seeds_are_distinct():
    table = np.concatenate([np.arange(6.0), np.arange(6.0) + 100])[:, np.newaxis]
    y = np.repeat([0, 1], 6)
    for seed in range(20):
        sampler = im.OneSidedSelection(
            n_seeds=5, sampling_strategy=[0], standardize=False, random_state=seed
        )
        assert len(sampler.fit_resample(table, y)[0]) == 5 + 6


@pytest.mark.parametrize("sampler", PLAIN, ids=lambda sampler: type(sampler).__name__)
def test_zero_weight_rows_stay_and_are_not_used_as_reference(sampler):
    if isinstance(sampler, im.OneSidedSelection):  # which rows are drawn may differ
        sampler.set_params(n_seeds=len(Y))
    weight = np.where(RNG.random(len(Y)) < 0.4, 0.0, 1.0)
    sampler.fit_resample(X, Y, sample_weight=weight)
    kept = np.isin(np.arange(len(Y)), sampler.sample_indices_)
    assert kept[weight == 0].all()
    present = np.flatnonzero(weight)
    sampler.fit_resample(X[present], Y[present])
    assert_array_equal(
        np.flatnonzero(kept & (weight > 0)), present[sampler.sample_indices_]
    )


@pytest.mark.parametrize("sampler", PLAIN[1:], ids=lambda s: type(s).__name__)
def test_plan_for_all_classes_raises(sampler):
    sampler = type(sampler)(sampling_strategy="all")
    with pytest.raises(
        ValueError, match=r"'sampling_strategy' parameter of .* leave a class"
    ):
        sampler.fit_resample(X, Y)
