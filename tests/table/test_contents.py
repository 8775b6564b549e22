"""Rows with equal cells are found in every container."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from shared import typed_table

from imbsuite._table import contents_of, take

RNG = np.random.default_rng


def pairs(X) -> set[tuple[int, int]]:
    """Return all pairs of rows with the same code."""
    codes = contents_of(X).codes
    n = len(codes)
    return {(i, j) for i in range(n) for j in range(i) if codes[i] == codes[j]}


NUMBERS = np.array([[1.0, np.nan], [1.0, 2.0], [1.0, np.nan], [-0.0, 2.0], [0.0, 2.0]])


@pytest.mark.parametrize(
    "container",
    [
        np.asarray,
        np.asfortranarray,
        lambda X: X.astype(object),
        lambda X: X.astype(np.float32),
        lambda X: X.tolist(),
        lambda X: X.reshape(5, 1, 2),
        pd.DataFrame,
        lambda X: pd.DataFrame(X).astype("Float64"),
        lambda X: pd.DataFrame(X, columns=["a", "a"]),
        lambda X: pl.DataFrame(X, schema=["a", "b"]),
        lambda X: pl.DataFrame(X, schema=["a", "b"]).to_arrow(),
        sp.csr_matrix,
        sp.csc_array,
    ],
)
def test_missing_values_are_equal_and_so_are_both_zeros(container):
    assert pairs(container(NUMBERS)) == {(2, 0), (4, 3)}


def test_stored_zeros_equal_implicit_zeros():
    stored = sp.csr_array(([0.0, 1.0, 1.0], ([0, 1, 2], [1, 0, 0])), shape=(3, 2))
    assert pairs(stored) == {(2, 1)}
    assert pairs(sp.csr_array(([0.0], ([0], [1])), shape=(2, 2))) == {(1, 0)}


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT])
def test_missing_objects_are_equal(missing):
    frame = pd.DataFrame({"a": ["x", None, missing, "x"]}, dtype=object)
    assert pairs(frame) == {(2, 1), (3, 0)}


@pytest.mark.parametrize(
    "convert", [lambda t: t, lambda t: t.to_pandas(), pl.from_arrow]
)
def test_duplicates_are_found_in_columns_of_every_type(convert):
    table = convert(typed_table())
    n = 48
    twice = take(table, [*range(n), *range(n)])
    assert pairs(twice) == {(n + i, i) for i in range(n)}
    for name in ("code", "count", "moment", "huge"):  # columns of distinct values
        column = twice[[name]] if not hasattr(twice, "select") else twice.select([name])
        assert len(pairs(column)) >= n


@pytest.mark.parametrize(
    "cells",
    [
        [[1, 2], [1, 2], None, {"a": 1}],
        [{"a": 1}, {"a": 1}, None, {2}],
        [np.arange(5000), np.arange(5000), None, np.r_[np.arange(4999), 0]],
    ],
    ids=["lists", "dicts", "arrays"],
)
def test_unhashable_cells_are_compared(cells):
    column = np.empty(4, dtype=object)
    column[:] = cells
    assert pairs(pd.DataFrame({"a": column, "b": 1})) == {(1, 0)}
    nested = pl.DataFrame({"a": [[1], [1], None, [2]]})
    assert pairs(nested) == {(1, 0)}


def test_one_dimensional_input_and_ragged_rows():
    assert pairs(np.array(["a b", "c", "a b"], dtype=object)) == {(2, 0)}
    assert pairs(pd.Series(["a b", "c", "a b"], index=[1, 1, 2])) == {(2, 0)}
    assert pairs([{"a": 1}, {"a": 2}, {"a": 1}]) == {(2, 0)}
    assert pairs([[1], [1, 2], [1]]) == set()  # rows of different lengths


def test_codes_match_pandas_groupby():
    rng = RNG(0)
    for _ in range(20):
        frame = pd.DataFrame(rng.integers(0, 3, size=(60, rng.integers(1, 5))))
        frame["text"] = rng.choice(["a", "b", None], 60)
        expected = frame.groupby(list(frame), dropna=False).ngroup()
        same = expected.to_numpy()[:, None] == expected.to_numpy()
        codes = contents_of(frame).codes
        np.testing.assert_array_equal(codes[:, None] == codes, same)


def test_skipped_columns_are_ignored():
    X = np.column_stack([np.arange(4), [0, 1, 0, 1]])
    assert len(set(contents_of(X, [0]).codes)) == 2
    assert len(set(contents_of(X).codes)) == 4


def test_chance_of_equal_rows():
    # Three columns of two equally frequent values: (1/2)^3, dense and sparse.
    X = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)] * 10)
    assert contents_of(X).chance == pytest.approx(1 / 8)
    assert contents_of(sp.csr_array(X)).chance == pytest.approx(1 / 8)
    assert contents_of(pd.DataFrame(X).astype(str)).chance == pytest.approx(1 / 8)
    # Values count from ten rows on, as do sparse zeros: 10 of 40 count, 9 do not.
    for n_zeros, chance in ((9, (31 / 40) ** 2), (10, (30**2 + 10**2) / 40**2)):
        column = np.repeat([0, 1], [n_zeros, 40 - n_zeros])[:, np.newaxis]
        assert contents_of(column).chance == pytest.approx(chance)
        assert contents_of(sp.csr_array(column)).chance == pytest.approx(chance)
    # Values in fewer than ten rows are equal because of duplicates, not by chance.
    assert contents_of(np.tile(RNG(0).normal(size=(40, 1)), (2, 1))).chance == 0
