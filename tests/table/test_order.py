"""The order of labels: read from ordered categories, or added to labels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from imbsuite._table import in_order, ordered_column, ordered_labels

pl = pytest.importorskip("polars")

WORDS = ["small", "large", "medium"]
RANKED = ["small", "medium", "large"]
ORDERED = {
    "pandas.Categorical": pd.Categorical(WORDS, RANKED, ordered=True),
    "pandas.Series": pd.Series(pd.Categorical(WORDS, RANKED, ordered=True)),
    "polars.Enum": pl.Series(WORDS, dtype=pl.Enum(RANKED)),
}
UNORDERED = [WORDS, np.array(WORDS), pd.Series(WORDS), pd.Categorical(WORDS)]


@pytest.mark.parametrize("kind", ORDERED)
def test_order_is_read_from_ordered_categories(kind):
    assert list(ordered_labels(ORDERED[kind])) == RANKED
    assert list(ordered_column(ORDERED[kind])) == WORDS


@pytest.mark.parametrize("y", UNORDERED, ids=lambda y: type(y).__name__)
def test_other_labels_have_no_order(y):
    assert ordered_labels(y) is None
    assert ordered_column(y) is None


def test_in_order_returns_an_ordered_series():
    series = in_order(np.array(WORDS), RANKED)
    assert series.cat.ordered
    assert list(series.cat.categories) == RANKED
    assert list(series) == WORDS


@pytest.mark.parametrize(
    ("labels", "order"),
    [
        (np.array(WORDS), None),
        (np.array(WORDS), ["small", "large"]),
        (np.array([3, 1, 2]), [1, 2, 3]),
    ],
    ids=["no order", "not of all labels", "numbers in ascending order"],
)
def test_in_order_returns_labels_unchanged_without_a_new_order(labels, order):
    assert in_order(labels, order) is labels


def test_in_order_accepts_descending_numbers():
    assert list(in_order(np.array([1, 2]), [2, 1]).cat.categories) == [2, 1]
