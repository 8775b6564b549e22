"""Distances and neighbours, by brute force."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import OneHotEncoder

from imbsuite._neighbors import Space, column_moments, index


def _space(numeric, codes=None, *, scaled=True, mismatch=1.0):
    if codes is None:
        codes = np.empty((numeric.shape[0], 0), dtype=np.int32)
    center, spread = column_moments(numeric)
    return Space(numeric, codes, center, spread, mismatch, scaled=scaled)


def _distance(numeric, codes, scale, m):
    """Return all distances, cell by cell, as the documentation puts them."""
    n = len(numeric)
    out = np.zeros((n, n))
    for j in range(numeric.shape[1]):
        a, b = numeric[:, j, None], numeric[None, :, j]
        gap_a, gap_b = np.isnan(a), np.isnan(b)
        both = ~gap_a & ~gap_b
        out += np.where(both, ((a - b) / scale[j]) ** 2, (gap_a != gap_b) * m**2)
    for j in range(codes.shape[1]):
        out += (codes[:, j, None] != codes[None, :, j]) * m**2
    return np.sqrt(out)


def _check(space, rows, among, k, distance):
    found, far = space.nearest(rows, among, k)
    wide = distance[np.ix_(rows, among)].copy()
    wide[rows[:, None] == among[None, :]] = np.inf
    expected = np.sort(wide, axis=1)[:, : found.shape[1]]
    assert found.shape[1] == min(k, len(among) - np.isin(rows, among).any())
    assert (found != rows[:, None]).all()
    assert np.isin(found, among).all()
    assert all(len(set(row)) == len(row) for row in found.tolist())
    assert_allclose(far, expected, atol=1e-6, rtol=1e-6)
    assert_allclose(distance[rows[:, None], found], expected, atol=1e-6, rtol=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 40),
    st.integers(0, 3),
    st.integers(0, 2),
    st.integers(1, 8),
    st.sampled_from([0.0, 0.3]),
    st.integers(0, 10_000),
)
@example(3, 3, 0, 1, 0.3, 1051)  # a row without gaps among rows that share one
def test_neighbours_are_the_nearest(n, d, c, k, gaps, seed):
    if d + c == 0:
        d = 1
    rng = np.random.default_rng(seed)
    # Small whole numbers: duplicates and equal distances abound.
    numeric = rng.integers(0, 4, size=(n, d)).astype(float)
    numeric[rng.random((n, d)) < gaps] = np.nan
    codes = rng.integers(-1, 3, size=(n, c)).astype(np.int32)
    space = _space(numeric, codes)
    spread = np.where(space.spread > 0, space.spread, 1.0)
    distance = _distance(numeric, codes, spread, 1.0)
    everyone = np.arange(n)
    _check(space, everyone, everyone, k, distance)
    _check(space, everyone[: n // 2], everyone[n // 3 :], k, distance)


@pytest.mark.parametrize("gaps", [0.0, 0.1])
@pytest.mark.parametrize("levels", [3, 200])
@pytest.mark.parametrize("clustered", [False, True])
def test_engines_agree(monkeypatch, clustered, levels, gaps):
    rng = np.random.default_rng(0)
    numeric = rng.normal(size=(300, 3))
    numeric[rng.random(300) < gaps, 1] = np.nan
    codes = rng.integers(0, levels, size=(300, 1)).astype(np.int32)
    monkeypatch.setattr(index, "_CLUSTERED_ROWS", 1 if clustered else 10**9)
    monkeypatch.setattr(index, "_CLUSTER_ROWS", 10)
    space = _space(numeric, codes)
    distance = _distance(numeric, codes, space.spread, 1.0)
    rows = np.arange(300)
    _check(space, rows, rows, 5, distance)
    _check(space, rows[::3], rows[100:], 5, distance)


def test_sparse_agrees_with_dense():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 5)) * (rng.random((80, 5)) < 0.9)
    rows = np.arange(80)
    dense = _space(X).kneighbors(rows, rows, 4)
    for kind in (sp.csr_matrix, sp.csr_array):
        sparse = _space(kind(X))
        assert_array_equal(sparse.kneighbors(rows, rows, 4), dense)
        assert_allclose(sparse.spread, X.std(axis=0))


def test_a_row_among_many_duplicates_is_never_its_own_neighbour():
    X = np.repeat(np.random.default_rng(0).normal(size=(5, 2)), 30, axis=0)
    rows = np.arange(150)
    found = _space(X).kneighbors(rows, rows, 3)
    assert (found != rows[:, None]).all()


def test_mixed_neighbours_are_those_of_smotenc():
    rng = np.random.default_rng(0)
    numeric, codes = rng.normal(size=(60, 3)), rng.integers(0, 4, size=(60, 2))
    m = np.median(numeric.std(axis=0))
    hot = OneHotEncoder(sparse_output=False).fit_transform(codes) * m / np.sqrt(2)
    theirs = NearestNeighbors(n_neighbors=6).fit(np.hstack([numeric, hot]))
    expected = theirs.kneighbors(np.hstack([numeric, hot]))[0][:, 1:]
    space = _space(numeric, codes.astype(np.int32), scaled=False, mismatch=m)
    rows = np.arange(60)
    assert_allclose(space.nearest(rows, rows, 5)[1], expected, atol=1e-9)


def test_moments_leave_gaps_out_and_see_constant_columns():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 4)) * [1, 1e-3, 1e6, 1] + [0, 1e6, 5, 0]
    X[:, 3] = 0.1
    X[rng.random(3000) < 0.2, 0] = np.nan
    for values in (X, np.asfortranarray(X), X[::2]):
        mean, spread = column_moments(values)
        assert_allclose(mean, np.nanmean(values, axis=0), rtol=1e-9, atol=1e-9)
        assert_allclose(spread[:3], np.nanstd(values, axis=0)[:3], rtol=1e-6)
        assert spread[3] == 0
    assert column_moments(np.full((5, 1), np.nan))[1] == 0


def test_numbers_whose_squares_overflow_are_refused():
    with pytest.raises(ValueError, match="squares overflow"):
        column_moments(np.array([[1e300], [-1e300]]))


def test_embedding_keeps_distances_without_gaps():
    rng = np.random.default_rng(0)
    numeric, codes = rng.normal(size=(20, 2)), rng.integers(0, 3, size=(20, 1))
    space = _space(numeric, codes.astype(np.int32))
    points = space.embed(np.arange(20))
    wide = np.linalg.norm(points[:, None] - points[None], axis=2)
    assert_allclose(wide, _distance(numeric, codes, space.spread, 1.0), atol=1e-12)


@pytest.mark.parametrize("mismatch", [0.3, 1.0, 5.0])
@pytest.mark.parametrize("d", [0, 2, 20])
def test_rows_of_the_same_categories_first_finds_the_same(d, mismatch):
    rng = np.random.default_rng(d)
    n = 700
    numeric = rng.normal(size=(n, d))
    codes = np.column_stack([rng.integers(0, 3, n), rng.geometric(0.3, n)])
    codes = codes.astype(np.int32)
    space = _space(numeric, codes, mismatch=mismatch)
    distance = _distance(numeric, codes, space.spread, mismatch)
    everyone = rng.permutation(n)
    _check(space, everyone, everyone, 5, distance)
    _check(space, everyone[:600], everyone[100:], 5, distance)
