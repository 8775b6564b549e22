"""Repeated edited nearest neighbors: naive loops, hand-placed rows, stopping rules."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from shared import naive_neighbors

import imbsuite as im

RNG = np.random.default_rng(0)
X = np.concatenate([RNG.normal(size=(160, 2)), RNG.normal(size=(90, 2)) + 2.2])
X = np.concatenate([X, RNG.normal(size=(40, 2)) - 2])
Y = np.repeat([0, 1, 2], [160, 90, 40])
ORDER = RNG.permutation(len(Y))
X, Y = X[ORDER], Y[ORDER]


def _disagree(table, y, left, k, kind):
    """Return the positions of the rows that one round removes (classes 0 and 1)."""
    rows = []
    for row, neighbors in zip(left, naive_neighbors(table[left], k), strict=True):
        votes = np.bincount(y[left[neighbors]], minlength=3)
        own = votes[y[row]]
        agrees = own == votes.sum() if kind == "all" else own == votes.max()
        if y[row] != 2 and not agrees:
            rows.append(row)
    return rows


def _naive(table, y, ks, kind, *, allow_minority):
    left = np.arange(len(y))
    for k in ks:
        after = np.setdiff1d(left, _disagree(table, y, left, k, kind))
        sizes = np.bincount(y[after], minlength=3)
        if not sizes.all() or (not allow_minority and sizes.argmin() != 2):
            break
        if len(after) == len(left) and len(set(ks)) == 1:
            break  # all further rounds would be the same
        left = after
    return left


@pytest.mark.parametrize("allow_minority", [False, True])
@pytest.mark.parametrize("kind", ["all", "mode"])
@pytest.mark.parametrize("standardize", [False, True])
def test_rounds_match_a_naive_loop(kind, allow_minority, standardize):
    table = X / X.std(axis=0) if standardize else X
    how = {"kind_sel": kind, "allow_minority": allow_minority}
    for sampler, ks in (
        (im.RepeatedEditedNearestNeighbours(), [3] * 100),
        (im.RepeatedEditedNearestNeighbours(max_iter=2), [3] * 2),
        (im.AllKNN(), [1, 2, 3]),
        (im.AllKNN(n_neighbors=5), [1, 2, 3, 4, 5]),
        (im.AllKNN(max_iter=3), [1, 2, 3] * 3),
    ):
        sampler.set_params(standardize=standardize, **how).fit_resample(X, Y)
        expected = _naive(table, Y, ks, kind, allow_minority=allow_minority)
        assert len(expected) < len(Y)
        assert_array_equal(sampler.sample_indices_, expected)


def test_variants_match_edited_nearest_neighbours_parameters():
    by_name = im.RepeatedEditedNearestNeighbours(), im.AllKNN()
    by_parameters = (
        im.EditedNearestNeighbours(max_iter=100),
        im.EditedNearestNeighbours(grow=True),
    )
    for ours, same in zip(by_name, by_parameters, strict=True):
        assert ours.get_params() == same.get_params()
        ours.fit_resample(X, Y)
        same.fit_resample(X, Y)
        assert_array_equal(ours.sample_indices_, same.sample_indices_)


def test_rounds_continue_while_rows_are_removed():
    # The border row of class 0 is nearest to class 1 once the one before it is removed.
    table = np.array([14.0, 13.5, 13.0, 6.0, 2.5, 1.0, 0.0, -0.5])[:, np.newaxis]
    y = [0, 0, 0, 0, 0, 0, 1, 1]
    removed = []
    for rounds in (1, 2, 3, 100):
        sampler = im.EditedNearestNeighbours(n_neighbors=1, max_iter=rounds)
        sampler.fit_resample(table, y)
        removed.append(sorted(set(range(8)) - set(sampler.sample_indices_.tolist())))
    assert removed == [[5], [4, 5], [3, 4, 5], [3, 4, 5]]


def test_a_round_that_would_empty_a_class_is_not_applied():
    table, y = np.arange(8.0)[:, np.newaxis], [0, 1] * 4
    table[6:] += 10
    for allow_minority in (False, True):
        sampler = im.RepeatedEditedNearestNeighbours(
            n_neighbors=1, sampling_strategy=[0], allow_minority=allow_minority
        )
        X_out, _ = sampler.fit_resample(table, y)
        assert_array_equal(X_out, table)


def test_a_round_that_would_make_a_class_the_smallest_is_not_applied():
    # Class 0 has 6 rows, of which 4 are next to one of the 4 rows of class 1.
    near = [0.0, 10.0, 20.0, 30.0]
    table = np.array([*near, 50.0, 51.0, *np.add(near, 1)])[:, np.newaxis]
    y = np.repeat([0, 1], [6, 4])
    assert len(im.AllKNN(n_neighbors=1).fit_resample(table, y)[1]) == 10
    sampler = im.AllKNN(n_neighbors=1, allow_minority=True)
    sampler.fit_resample(table, y)
    assert_array_equal(sampler.sample_indices_, np.arange(4, 10))
    # A single round is Wilson's rule, and is applied.
    once = im.EditedNearestNeighbours(n_neighbors=1)
    assert len(once.fit_resample(table, y)[1]) == 6


def test_classes_of_equal_size_can_all_be_cleaned():
    y = np.where(X[:, 0] + 0.6 * RNG.normal(size=len(X)) > np.median(X[:, 0]), 1, 0)
    sizes = np.bincount(y)
    rows = np.concatenate([np.flatnonzero(y == k)[: sizes.min()] for k in (0, 1)])
    sampler = im.RepeatedEditedNearestNeighbours(sampling_strategy="all")
    y_out = sampler.fit_resample(X[rows], y[rows])[1]
    assert (np.bincount(y_out) < sizes.min()).all()


def test_n_neighbors_can_exceed_the_remaining_rows():
    table, y = np.array([[0.0], [1.0], [2.0], [3.0], [9.0]]), [0, 0, 0, 1, 1]
    sampler = im.RepeatedEditedNearestNeighbours(n_neighbors=4, kind_sel="mode")
    assert len(sampler.fit_resample(table, y)[1]) == 5
    sampler = im.AllKNN(n_neighbors=9, allow_minority=True, sampling_strategy="all")
    assert_array_equal(np.unique(sampler.fit_resample(table, y)[1]), [0, 1])


def test_zero_weight_rows_stay_and_do_not_vote():
    weight = np.where(RNG.random(len(Y)) < 0.3, 0.0, 1.0)
    for sampler in (im.RepeatedEditedNearestNeighbours(), im.AllKNN()):
        # Standardizing would use the scale of all rows.
        sampler.set_params(standardize=False)
        sampler.fit_resample(X, Y, sample_weight=weight)
        kept = np.zeros(len(Y), dtype=bool)
        kept[sampler.sample_indices_] = True
        assert kept[weight == 0].all()
        present = np.flatnonzero(weight)
        sampler.fit_resample(X[present], Y[present])
        expected = present[sampler.sample_indices_]
        assert_array_equal(np.flatnonzero(kept & (weight > 0)), expected)
