"""Labels and their classes: containers, invalid targets, sizes and order."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from comparisons import LEVELS, graded_table

from imbsuite._classes import MOST_CLASSES, check_labels


@pytest.mark.parametrize(
    "y",
    [
        ["b", "a", "a"],
        np.array(["b", "a", "a"], dtype=object),
        pd.Series(["b", "a", "a"]),
        pd.Series(["b", "a", "a"], dtype="category"),
        pl.Series(["b", "a", "a"]),
        [["b"], ["a"], ["a"]],
    ],
)
def test_labels_in_any_container(y):
    labels = check_labels(y)
    assert labels.classes.tolist() == ["a", "b"]
    assert labels.codes.tolist() == [1, 0, 0]
    assert labels.sizes.tolist() == [2, 1]
    assert labels.values.tolist() == ["b", "a", "a"]


@pytest.mark.parametrize(
    "y",
    [
        pd.Series([1, 0, 0], dtype="Int64"),
        pd.Series([True, False, False], dtype="boolean"),
        np.array([1.0, 0.0, 0.0]),
        [True, False, False],
    ],
)
def test_nullable_and_plain_dtypes_are_accepted(y):
    labels = check_labels(y)
    assert labels.codes.tolist() == [1, 0, 0]
    assert labels.values.dtype != object


@pytest.mark.parametrize(
    ("y", "positive"),
    [
        ([0, 0, 1], 1),
        ([0, 1, 1], 0),
        ([0, 1], 1),
        (["yes", "no", "yes"], 0),
        (["a", "b", "c"], None),
    ],
)
def test_positive_class_is_the_rarer_of_two(y, positive):
    assert check_labels(y).positive == positive


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([1, 0, None, None], "missing values in 2 of 4 rows; drop these rows"),
        ([1.0, np.nan], "missing values in 1 of 2"),
        (["a", None], "missing values"),
        (pd.Series([1, None], dtype="Int64"), "missing values"),
        ([0.5, 1.0, 2.0], "fractions such as 0.5"),
        ([1, 1, 1], "only one class, 1"),
        (["a"], "only one class, 'a'"),
        ([], "no rows"),
        (range(10_000), "10,000 distinct values, but a target may have at most 100"),
        ([str(i) for i in range(101)], "101 distinct values"),
        ([[1, 0], [0, 1]], "one column"),
    ],
)
def test_invalid_targets_raise(y, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        check_labels(y)


def test_error_names_the_target():
    with pytest.raises(ValueError, match=r"^column 'price' holds fractions"):
        check_labels([0.5, 1.5], "column 'price'")


def test_maximum_number_of_classes_is_accepted():
    assert len(check_labels(range(MOST_CLASSES)).classes) == MOST_CLASSES


@pytest.mark.parametrize(
    "as_target",
    [
        lambda y: (y, LEVELS),
        lambda y: (pd.Series(pd.Categorical(y, LEVELS, ordered=True)), None),
        lambda y: (pl.Series(y).cast(pl.Enum(LEVELS)), None),
    ],
)
def test_label_order_comes_from_argument_or_dtype(as_target):
    y, ordered = as_target(graded_table()[1])
    labels = check_labels(y, ordered=ordered)
    assert labels.classes[labels.order].tolist() == LEVELS
    assert labels.classes.tolist() == sorted(LEVELS)


def test_ordered_labels_are_matched_as_strings():
    labels = check_labels(np.array([3, 1, 2, 3]), ordered=["3", "1", "2"])
    assert labels.classes[labels.order].tolist() == [3, 1, 2]


@pytest.mark.parametrize("wrong", [["low", "mid"], ["low", "mid", "mid", "high"]])
def test_incomplete_or_repeated_order_raises(wrong):
    with pytest.raises(ValueError, match="must list each of the labels"):
        check_labels(graded_table()[1], ordered=wrong)


def test_plain_labels_and_two_classes_have_no_order():
    assert check_labels(graded_table()[1]).order is None
    assert check_labels(["b", "a"], ordered=["b", "a"]).order is None
