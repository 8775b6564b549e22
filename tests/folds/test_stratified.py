"""Folds: stratified, repeated, by group, and fewer where classes are small."""

from __future__ import annotations

import numpy as np
import pytest
from comparisons import numeric_table
from sklearn.model_selection import StratifiedShuffleSplit

from imbsuite._classes import check_labels
from imbsuite.folds.stratified import StratifiedFolds, make_folds
from imbsuite.probability.units import Units

RNG = np.random.default_rng


def check_partition(folds, n_rows: int) -> None:
    """Check that each row is tested once, and trained on in all other folds."""
    tested = np.concatenate([test for _, test in folds])
    assert sorted(tested) == list(range(n_rows))
    for train, test in folds:
        assert sorted([*train, *test]) == list(range(n_rows))


def test_default_is_five_stratified_folds_repeated_twice():
    _, y = numeric_table((80, 20))
    folds = make_folds(None, None, check_labels(y), None, 0, units=Units())
    assert len(folds.pairs) == 10
    check_partition(folds.pairs[:5], 100)
    check_partition(folds.pairs[5:], 100)
    assert all(y[test].sum() == 4 for _, test in folds.pairs)
    assert folds.test_train_ratio == pytest.approx(0.25)
    first, again = folds.pairs[0], folds.pairs[5]
    assert first[1].tolist() != again[1].tolist()
    assert folds.notes == ()


def test_folds_depend_on_the_seed():
    labels = check_labels(numeric_table()[1])
    one, same, other = (
        make_folds(3, None, labels, None, s, units=Units()) for s in (1, 1, 2)
    )
    np.testing.assert_array_equal(one.pairs[0][1], same.pairs[0][1])
    assert one.pairs[0][1].tolist() != other.pairs[0][1].tolist()


@pytest.mark.parametrize(
    ("sizes", "n_requested", "n_folds", "named"),
    [
        ([50, 10], 5, 5, []),
        ([50, 5], 5, 5, []),
        ([50, 4], 5, 4, ["1 (4)"]),
        ([50, 2], 5, 2, ["1 (2)"]),
        ([2, 2], 5, 2, ["0 (2)", "1 (2)"]),
        ([50, 40, 2], 5, 5, ["2 (2)"]),
        ([50, 40, 1], 5, 5, ["2 (1)"]),
        ([50, 3, 1, 2], 5, 3, ["1 (3)", "2 (1)", "3 (2)"]),
    ],
)
def test_small_classes_give_fewer_folds_and_one_note(
    sizes, n_requested, n_folds, named
):
    labels = check_labels(np.repeat(range(len(sizes)), sizes))
    folds = StratifiedFolds(n_requested, 1).split(labels)
    assert len(folds.pairs) == n_folds
    check_partition(folds.pairs, sum(sizes))
    assert len(folds.notes) == bool(named)
    for text in named:
        assert text in folds.notes[0]
    assert ("are used instead" in "".join(folds.notes)) == (n_folds < n_requested)
    # Every test fold has at least two classes, which ranking metrics require.
    assert all(len(np.unique(labels.codes[test])) > 1 for _, test in folds.pairs)


def test_single_row_of_the_rare_class_raises():
    with pytest.raises(ValueError, match="two classes with 2 rows or more"):
        StratifiedFolds().split(check_labels([0] * 50 + [1]))


@pytest.mark.parametrize(("n_folds", "n_repeats"), [(1, 1), (0, 1), (5, 0)])
def test_too_few_folds_or_repeats_raise(n_folds, n_repeats):
    with pytest.raises(ValueError, match="needs at least 2 folds and 1 repeat"):
        StratifiedFolds(n_folds, n_repeats).split(check_labels([0, 0, 1, 1]))


def test_groups_are_never_split():
    groups = np.repeat(range(30), 5)
    y = RNG(0).integers(0, 2, 150)
    folds = make_folds(
        None, None, check_labels(y), groups, 0, units=Units(groups, mixed=True)
    )
    assert len(folds.pairs) == 10
    for train, test in folds.pairs:
        assert not set(groups[train]) & set(groups[test])


def test_few_groups_give_fewer_folds():
    groups = np.repeat([0, 1, 2], 20)
    labels = check_labels([0, 1] * 30)
    folds = make_folds(None, None, labels, groups, 0, units=Units(groups, mixed=True))
    assert len(folds.pairs) == 6
    assert "fewer groups than 5 folds: 0 (3), 1 (3); 3 folds" in folds.notes[0]


def test_class_in_a_single_group_raises():
    with pytest.raises(ValueError, match="two classes with 2 groups or more"):
        StratifiedFolds().split(
            check_labels([0, 0, 0, 1, 1, 1]), Units(np.array([0, 1, 2, 3, 3, 3]), True)
        )


def test_splitters_and_lists_of_folds_are_used_unchanged():
    X, y = numeric_table((40, 20))
    splitter = StratifiedShuffleSplit(4, test_size=0.5, random_state=0)
    folds = make_folds(splitter, X, check_labels(y), None, 0, units=Units())
    assert len(folds.pairs) == 4
    assert folds.test_train_ratio == pytest.approx(1)
    listed = make_folds(
        list(splitter.split(X, y)), X, check_labels(y), None, 0, units=Units()
    )
    for (_, ours), (_, theirs) in zip(folds.pairs, listed.pairs, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_folds_that_cannot_be_trained_on_are_dropped():
    labels = check_labels([0, 0, 0, 1])
    rows = np.arange(4)
    one_class, empty, good = (rows[:3], rows[3:]), (rows, rows[:0]), (rows, rows)
    folds = make_folds([one_class, empty, good], rows, labels, None, 0, units=Units())
    assert len(folds.pairs) == 1
    assert folds.notes[0].startswith("2 of 3 folds are left out")
    with pytest.raises(ValueError, match="None of the 1 folds"):
        make_folds([one_class], rows, labels, None, 0, units=Units())
