"""Splits of training rows: every class on both sides, copies with their origin."""

from __future__ import annotations

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.model_selection import KFold, ShuffleSplit

from imbsuite._fit_inputs import FitInputs
from imbsuite.probability.splits import is_share, makes_one_split, split_rows

Y = np.repeat([0, 1, 2], [30, 12, 4])


def _split(y, cv, groups=None, origins=None):
    inputs = FitInputs(np.empty((len(y), 1)), y, groups=groups, origins=origins)
    return split_rows(y, cv, np.random.default_rng(0), inputs)


@pytest.mark.parametrize("cv", [0.01, 0.3, 0.99, 2, 4])
@pytest.mark.parametrize("grouped", [False, True])
def test_every_class_is_on_both_sides(cv, grouped):
    groups = np.arange(len(Y)) // 2 if grouped else None
    with warnings.catch_warnings():
        # The 4 rows of the smallest class are in 2 groups.
        warnings.filterwarnings(
            "ignore", "A class has too few distinct rows or groups for cv=4"
        )
        pairs = _split(Y, cv, groups)
    assert len(pairs) == (1 if is_share(cv) else min(cv, 2) if grouped else cv)
    for train, test in pairs:
        assert sorted([*train, *test]) == list(range(len(Y)))
        assert set(Y[train]) == {0, 1, 2}
        assert set(Y[test]) == {0, 1, 2}
        if grouped:
            assert not set(groups[train]) & set(groups[test])


def test_fractional_cv_takes_its_share_of_each_class():
    ((_, test),) = _split(Y, 0.25)
    assert np.bincount(Y[test]).tolist() == [8, 3, 1]  # 7.5 is rounded to even


@pytest.mark.parametrize("cv", [0.5, 3])
def test_single_row_class_warns_and_is_not_split(cv):
    y = np.repeat([0, 1], [10, 1])
    with pytest.warns(
        UserWarning, match=f"too few distinct rows or groups for cv={cv}: no "
    ):
        assert _split(y, cv) is None


@pytest.mark.parametrize("cv", [0.5, 3, KFold(3, shuffle=True, random_state=0)])
def test_resampled_copies_stay_with_their_origin(cv):
    origins = np.concatenate([np.arange(len(Y)), np.arange(len(Y))[::-1]])
    for train, test in _split(Y[origins], cv, origins=origins):
        assert sorted([*train, *test]) == list(range(len(origins)))
        assert not set(origins[train]) & set(origins[test])


@pytest.mark.parametrize(
    ("cv", "is_one"),
    [
        (0.5, True),
        (np.float32(0.5), True),
        (2, False),
        ([(0, 1)], True),
        ([(0, 1), (1, 0)], False),
        (KFold(2), False),
        (ShuffleSplit(1), True),
    ],
    ids=str,
)
def test_makes_one_split_recognizes_single_splits(cv, is_one):
    inputs = SimpleNamespace(
        X=np.empty((4, 1)), y=np.arange(4), groups=None, splitting={}
    )
    assert makes_one_split(cv, inputs) is is_one
