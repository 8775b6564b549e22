"""Duplicate rows stay in one fold; without duplicates, folds match scikit-learn's."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from shared import RefusesKnownRows
from sklearn.model_selection import KFold, StratifiedGroupKFold, StratifiedKFold

from imbsuite import (
    ConstrainedThresholdClassifier,
    PrestoClassifierCV,
    PriorCorrectedClassifier,
    RandomOverSampler,
    ResampledClassifier,
    TunedThresholdClassifier,
)
from imbsuite._fit_inputs import FitInputs
from imbsuite.ordinal._base import OrdinalRows
from imbsuite.probability.splits import split_rows
from imbsuite.probability.units import Copies, Units, _dealt

RNG = np.random.default_rng


def copied_table(n: int = 120, most: int = 6, seed: int = 0):
    """Return random rows, each up to ``most`` times, their labels and row numbers."""
    rng = RNG(seed)
    rows = rng.permutation(np.repeat(np.arange(n), rng.integers(1, most + 1, n)))
    return rng.normal(size=(n, 3))[rows], (rng.random(n) < 0.3).astype(int)[rows], rows


def splits(X, y, cv, groups=None):
    return split_rows(y, cv, RNG(0), FitInputs(X, y, groups=groups))


@pytest.mark.parametrize("cv", [2, 5, 0.2, 0.5])
@pytest.mark.parametrize("container", [np.asarray, pd.DataFrame])
def test_splits_keep_duplicates_together_and_classes_balanced(cv, container):
    X, y, rows = copied_table()
    pairs = splits(container(X), y, cv)
    for train, test in pairs:
        assert sorted([*train, *test]) == list(range(len(y)))
        assert not set(rows[train]) & set(rows[test])
    if isinstance(cv, int):
        assert sorted(np.concatenate([test for _, test in pairs])) == list(
            range(len(y))
        )
    # Units have at most six rows, so a fold is within six rows of its class shares.
    share = cv if cv < 1 else 1 / cv
    for _, test in pairs:
        gap = np.abs(np.bincount(y[test]) - share * np.bincount(y))
        assert gap.max() <= 6


def test_single_unit_classes_go_to_different_folds():
    sizes = np.array([5, 4, 3, 3, 2, 2, 1, 1])
    fold = _dealt(np.arange(8), sizes, 4, None)
    # No fold has a row of the unit's class yet: the smallest fold gets the unit.
    assert np.bincount(fold, sizes, 4).tolist() == [6, 5, 5, 5]


def test_units_of_a_class_go_to_the_fold_with_fewest_of_its_rows():
    # Largest first: 6 | 4, then 2 goes to the second fold, then 1 to either.
    fold = _dealt(np.zeros(4, dtype=int), np.array([1, 2, 4, 6]), 2, None)
    assert fold.tolist() == [0, 1, 1, 0]


def test_one_large_unit_leaves_folds_of_equal_size():
    y = np.repeat([0, 1], [900, 100])
    codes = np.r_[np.zeros(150, dtype=int), np.arange(1, 851)]
    pairs = Units(codes).folds(y, 5, 0)
    for _, test in pairs:
        assert np.bincount(y[test]).tolist() == [180, 20]


@pytest.mark.parametrize("grouped", [False, True])
def test_folds_without_duplicates_match_scikit_learn(grouped):
    rng = RNG(0)
    X, y = rng.normal(size=(90, 2)), np.repeat([0, 1, 2], [60, 20, 10])
    groups = rng.integers(0, 30, 90) if grouped else None
    kind = StratifiedGroupKFold if grouped else StratifiedKFold
    units = Copies.find(X, y).join(groups)
    theirs = kind(3, shuffle=True, random_state=7).split(X, y, groups)
    for ours, expected in zip(units.folds(y, 3, 7), theirs, strict=True):
        assert_array_equal(ours[1], expected[1])


def test_equal_rows_with_different_labels_are_not_duplicates():
    X = np.tile(RNG(0).normal(size=(20, 2)), (2, 1))
    copies = Copies.find(X, np.repeat([0, 1], 20))
    assert not copies.repeats.any()
    assert copies.contradicted.all()
    assert copies.join(None) == Units()


def test_groups_that_share_duplicates_are_merged():
    X = np.array([[0.1], [0.2], [0.2], [0.3], [0.4], [0.5]])
    groups = np.array([0, 0, 1, 1, 2, 3])
    units = Copies.find(X, np.zeros(6, dtype=int)).join(groups, "together")
    assert len(set(units.codes[:4])) == 1
    assert len(set(units.codes)) == 3
    # By default, duplicates do not merge most rows into one group.
    assert_array_equal(
        Copies.find(X, np.zeros(6, dtype=int)).join(groups).codes, groups
    )


def test_chance_duplicates_are_split_unless_kept_together():
    rng = RNG(0)
    X = rng.integers(0, 2, size=(400, 4))
    copies = Copies.find(X, (rng.random(400) < 0.2).astype(int))
    assert copies.by_chance
    assert copies.join(None) == Units()
    assert copies.join(None, "split") == Units()
    assert len(set(copies.join(None, "together").codes)) <= 32
    # With a continuous column, rows no longer repeat by chance.
    X = np.column_stack([X, rng.normal(size=400)])
    X = np.concatenate([X, X[:50]])
    assert not Copies.find(X, np.zeros(450, dtype=int)).by_chance


@pytest.mark.parametrize("cv", [5, 0.3])
@pytest.mark.parametrize("container", [np.asarray, pd.DataFrame])
@pytest.mark.parametrize(
    "make",
    [
        partial(TunedThresholdClassifier, scoring="f1"),
        partial(ConstrainedThresholdClassifier, subject_to={"recall": 0.1}),
        PriorCorrectedClassifier,
        lambda spy, **options: ResampledClassifier(
            RandomOverSampler(random_state=0), spy, correction="offset", **options
        ),
    ],
    ids=["tuned", "constrained", "corrected", "resampled"],
)
def test_inner_folds_never_predict_duplicates_of_training_rows(make, container, cv):
    X, y, _ = copied_table()
    make(RefusesKnownRows(), cv=cv, random_state=0).fit(container(X), y)
    with pytest.raises(AssertionError):  # a splitter is used unchanged
        make(RefusesKnownRows(), cv=KFold(3)).fit(container(X), y)


def test_oversampled_duplicates_stay_on_one_side_of_a_split():
    X, y, _ = copied_table(most=1)
    X, y = RandomOverSampler(random_state=0).fit_resample(X, y)
    TunedThresholdClassifier(RefusesKnownRows(), scoring="f1", pos_label=1).fit(X, y)


def test_presto_cv_folds_keep_duplicates_together():
    X, y, rows = copied_table()
    model = PrestoClassifierCV(alphas=3)
    ordinal = OrdinalRows(X, y, np.ones(len(y)))
    for train, test in model._folds(ordinal):
        assert not set(rows[train]) & set(rows[test])


def test_class_with_one_distinct_row_warns_and_is_not_split():
    X, y, _ = copied_table()
    X[y == 1] = X[y == 1][0]
    with pytest.warns(
        UserWarning, match="too few distinct rows or groups for cv=5: no "
    ):
        assert splits(X, y, 5) is None


@pytest.mark.parametrize(
    "units",
    [Units(), Units(np.arange(300) // 2), Units(np.arange(300) // 5, mixed=True)],
)
def test_splits_do_not_depend_on_label_order(units):
    y = RNG(0).choice(3, 300, p=[0.7, 0.2, 0.1])
    if units.codes is not None and not units.mixed:
        y = np.repeat(y[::2], 2)
    renamed = np.array([2, 0, 1])[y]
    for train, test in zip(
        units.folds(y, 3, 0), units.folds(renamed, 3, 0), strict=True
    ):
        assert (train[1] == test[1]).all()
    if not units.mixed:
        once = units.held_out(y, 0.3, RNG(1))
        again = units.held_out(renamed, 0.3, RNG(1))
        assert (once[1] == again[1]).all()
