"""The exact index, compared with all pairs in float64."""

from __future__ import annotations

from functools import lru_cache, partial

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from shared import spread

from imbsuite._kernels import neighbors
from imbsuite._neighbors import index as module
from imbsuite._neighbors.index import ExactIndex
from imbsuite._neighbors.scaled import Scaled


def _no_codes(X):
    return np.empty((len(X), 0), dtype=np.int32)


def _squared(x, codes, points, point_codes, m):
    gaps = np.isnan(x), np.isnan(points)
    with np.errstate(invalid="ignore", over="ignore"):
        parts = (x.astype(float) - points.astype(float)) ** 2
    parts = np.where(gaps[0] & gaps[1], 0.0, parts)
    parts = np.where(gaps[0] != gaps[1], m**2, parts)
    return parts.sum(axis=1) + m**2 * (codes != point_codes).sum(axis=1)


def _check(nearest, squared, queries, codes, points, point_codes, m, own=None):
    """Check that distances are the smallest, and points the nearest up to ties."""
    for i, row in enumerate(nearest):
        wide = _squared(queries[i], codes[i], points, point_codes, m)
        if own is not None and own[i] >= 0:
            wide[own[i]] = np.inf
        order = np.lexsort((np.arange(len(wide)), wide))[: len(row)]
        np.testing.assert_allclose(squared[i], wide[order], rtol=1e-12)
        np.testing.assert_allclose(wide[row], wide[order], rtol=1e-12)
        assert len(set(row.tolist())) == len(row)


def _ready(X, codes, m=1.0):
    table, everyone = Scaled(X, codes), np.arange(len(X))
    return table, ExactIndex(table, everyone, m, table.gaps(everyone))


def _searched(X, codes=None, k=3, m=1.0):
    codes = _no_codes(X) if codes is None else codes
    table, engine = _ready(X, codes, m)
    return engine.search(table, np.arange(len(X)), k)


@pytest.fixture
def small_clusters(monkeypatch):
    monkeypatch.setattr(module, "_CLUSTERED_ROWS", 64)
    monkeypatch.setattr(module, "_CLUSTER_ROWS", 16)


@settings(max_examples=60)
@given(
    n=st.integers(2, 300),
    d=st.integers(0, 20),
    c=st.integers(0, 3),
    k=st.integers(1, 9),
    gaps=st.sampled_from([0.0, 0.0, 0.2, 1.0]),
    exponent=st.sampled_from([-120, -30, 0, 30, 120]),
    kind=st.sampled_from(["whole", "normal", "duplicates", "mixed scales"]),
    dtype=st.sampled_from(["float32", "float64"]),
    clustered=st.booleans(),
    seed=st.integers(0, 10_000),
)
@example(
    n=6,
    d=1,
    c=0,
    k=5,
    gaps=0.0,
    exponent=0,
    kind="normal",
    dtype="float64",
    clustered=False,
    seed=0,
)  # n = k + 1
def test_nearest_matches_brute_force(
    n, d, c, k, gaps, exponent, kind, dtype, clustered, seed
):
    rng = np.random.default_rng(seed)
    if kind == "whole":
        X = rng.integers(0, 4, size=(n, d)).astype(float)
    elif kind == "duplicates":
        X = rng.normal(size=(5, d))[rng.integers(0, 5, n)]
    else:
        X = rng.normal(size=(n, d))
    if kind == "mixed scales":
        X *= 10.0 ** rng.integers(-12, 12, size=(n, 1))
    X[:, : d // 5] = 7.0
    X *= 1.0 if dtype == "float32" else 10.0**exponent
    X[rng.random(X.shape) < gaps] = np.nan
    X = X.astype(dtype)
    codes = rng.integers(-1, 600, size=(n, c)).astype(np.int32)
    m = 1.5 * (1.0 if dtype == "float32" else 10.0**exponent)
    k = min(k, n - 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CLUSTERED_ROWS", 40 if clustered else 10**9)
        patch.setattr(module, "_CLUSTER_ROWS", 12)
        table, engine = _ready(X, codes, m)
    nearest, squared = engine.search(table, np.arange(n), k)
    assert (nearest != np.arange(n)[:, np.newaxis]).all()
    _check(nearest, squared, X, codes, X, codes, m, np.arange(n))
    queries = X[::2] * np.asarray(1.01, dtype=dtype)
    others = Scaled(queries, codes[::2])
    nearest, squared = engine.search(others, np.arange(len(queries)), k)
    _check(nearest, squared, queries, codes[::2], X, codes, m)


@pytest.mark.parametrize("clustered", [False, True])
def test_ties_are_broken_by_position(monkeypatch, clustered):
    monkeypatch.setattr(module, "_CLUSTERED_ROWS", 64 if clustered else 10**9)
    monkeypatch.setattr(module, "_CLUSTER_ROWS", 16)
    X = np.random.default_rng(0).integers(0, 5, size=(400, 2)).astype(float)
    nearest, _ = _searched(X, k=6)
    for i, row in enumerate(nearest):
        squared = ((X - X[i]) ** 2).sum(axis=1)
        squared[i] = np.inf
        assert_array_equal(row, np.lexsort((np.arange(400), squared))[:6])


@pytest.mark.parametrize("size", [1e-165, 1e-200, 1e-310])
def test_distances_that_underflow_are_equal(size):
    nearest, squared = _searched(np.random.default_rng(0).normal(size=(500, 3)) * size)
    assert (squared == 0).all()
    assert_array_equal(nearest[3:], np.tile([0, 1, 2], (497, 1)))


@pytest.mark.usefixtures("small_clusters")
def test_nearest_is_exact_far_from_the_origin_and_near_outliers():
    rng = np.random.default_rng(0)
    for X in (
        rng.normal(size=(500, 3)) + 1e8,
        np.append(rng.normal(size=(499, 3)), np.full((1, 3), 1e150), axis=0),
        np.append(np.full((499, 3), 1e-150), np.full((1, 3), 1e150), axis=0),
        np.linspace(0, 1, 500)[:, np.newaxis] ** 9,
    ):
        nearest, squared = _searched(X, k=4)
        codes = _no_codes(X)
        _check(nearest, squared, X, codes, X, codes, 1.0, np.arange(500))


@pytest.mark.usefixtures("small_clusters")
def test_cluster_with_only_an_outlier_is_not_skipped(monkeypatch):
    X = np.random.default_rng(0).normal(size=(600, 1))
    X[[1, 3], 0] = -1e25, 1e24
    centers = np.array([[0.0], [1e9]])
    monkeypatch.setattr(ExactIndex, "_find_centers", lambda index: centers)
    nearest, _ = _searched(X, k=598)
    assert (np.delete(nearest[:, -1], [1, 3]) == 3).all()


@pytest.mark.usefixtures("small_clusters")
def test_results_do_not_depend_on_the_number_of_threads(monkeypatch):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(10, 6))[rng.integers(0, 10, 3000)]
    X += 0.2 * rng.normal(size=X.shape)
    results = []
    for threads in (1, 2, 3):
        monkeypatch.setattr(module, "threads_for", lambda cells, t=threads: t)
        results.append(_searched(X, k=5))
    for nearest, squared in results[1:]:
        assert_array_equal(nearest, results[0][0])
        assert_array_equal(squared, results[0][1])


def test_any_memory_layout_is_accepted():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 6))
    wide = np.repeat(X, 2, axis=1)[:, ::2]
    fixed = X.copy()
    fixed.flags.writeable = False
    codes = rng.integers(0, 3, size=(100, 2)).astype(np.int32)
    expected = _searched(X, codes)[0]
    for values in (wide, fixed, np.asfortranarray(X)):
        assert_array_equal(_searched(values, np.asfortranarray(codes))[0], expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scaling_matches_numpy_bit_by_bit(dtype):
    rng = np.random.default_rng(0)
    X = (rng.normal(size=(300, 9)) * 10.0 ** np.arange(-4, 5)).astype(dtype)
    X[rng.random(X.shape) < 0.1] = np.nan
    shift, spread = np.nanmean(X, axis=0), np.nanstd(X, axis=0)
    table = Scaled(X, _no_codes(X), shift, spread)
    everyone = np.arange(len(X))
    engine = ExactIndex(table, everyone, 1.0, table.gaps(everyone))
    expected = _searched((X - shift) / spread)
    for values, known in zip(engine.search(table, everyone, 3), expected, strict=True):
        assert_array_equal(values, known)
    assert_array_equal(table.at(everyone), (X - shift) / spread)


@pytest.mark.usefixtures("small_clusters")
def test_search_is_restricted_to_given_rows():
    rng = np.random.default_rng(0)
    X, among = rng.normal(size=(900, 3)), np.arange(100, 800, 2)
    table, rows = Scaled(X, _no_codes(X)), np.array([700, 3, 101, 204, 899])
    nearest, squared = ExactIndex(table, among, 1.0, among[:0]).search(table, rows, 4)
    for row, near, far in zip(rows, nearest, squared, strict=True):
        wide = np.where(
            np.isin(np.arange(900), among), ((X - X[row]) ** 2).sum(1), np.inf
        )
        wide[row] = np.inf
        assert_array_equal(near, np.argsort(wide, kind="stable")[:4])
        np.testing.assert_allclose(far, wide[near])


def test_rows_beyond_the_distance_limit_are_not_returned():
    X = np.array([[0.0], [1.0], [3.0], [7.0]])
    table, engine = _ready(X, _no_codes(X))
    reach = np.array([1.0, 1.0, 3.9, 100.0])
    nearest, _ = engine.search(table, np.arange(4), 2, within=reach)
    assert_array_equal(nearest, [[1, -1], [0, -1], [-1, -1], [2, 1]])


@pytest.mark.usefixtures("small_clusters")
def test_local_search_finds_k_rows_no_nearer_than_exact():
    X = np.random.default_rng(0).normal(size=(600, 3))
    table, engine = _ready(X, _no_codes(X))
    _, exact = engine.search(table, np.arange(600), 4)
    nearest, squared = engine.search(table, np.arange(600), 4, local=True)
    assert (nearest >= 0).all()
    assert (squared >= exact).all()


def _to_the_bit(x, points, gaps):
    """Return squared distances, summed in the order that the kernel sums them in."""
    parts = (x.astype(float) - points.astype(float)) ** 2
    if gaps:
        parts[np.isnan(x) & np.isnan(points)] = 0.0
        parts[np.isnan(parts)] = 1.5**2
    eights = 0 if gaps else parts.shape[1] // 8 * 8
    sums, total = np.zeros((2, 4, len(points))), np.zeros(len(points))
    for i in range(eights):
        sums[i % 8 // 4, i % 4] += parts[:, i]
    for i in range(eights, parts.shape[1]):
        total += parts[:, i]
    a, b, c, d = sums[0] + sums[1]
    return total + ((a + b) + (c + d))


@lru_cache(maxsize=1)  # one reference for all register widths
def _ordered(dtype, d, kind):
    """Return tables, their codes, all squared distances, and the order of these."""
    rng = np.random.default_rng(d)
    gaps, c = kind in ("gaps", "both"), 2 * (kind in ("categories", "both"))
    tables = []
    for n in (2, 15, 16, 17, 97, 128, 161):
        X = rng.normal(size=(n, d)).round(1).astype(dtype)
        X[: n // 3] = X[n // 3 : n // 3 * 2]
        X[rng.random(X.shape) < 0.2 * gaps] = np.nan
        codes = rng.integers(0, 3, size=(n, c)).astype(np.int32)
        wide = np.array([_to_the_bit(x, X, gaps) for x in X])
        wide += 1.5**2 * (codes[:, np.newaxis] != codes).sum(axis=2)
        np.fill_diagonal(wide, np.inf)
        tables.append((X, codes, wide, np.argsort(wide, axis=1, kind="stable")))
    return tables


@pytest.mark.parametrize("width", neighbors.register_widths())
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("kind", "d"),
    spread(
        {k: k for k in ["numbers", "categories", "gaps", "both", "clusters"]},
        {str(d): d for d in [1, 7, 8, 17, 50]},
    ),
)
def test_all_register_widths_give_the_same_bits(monkeypatch, width, dtype, d, kind):
    monkeypatch.setattr(neighbors, "Index", partial(neighbors.Index, widest=width))
    monkeypatch.setattr(module, "_CLUSTERED_ROWS", 40 if kind == "clusters" else 10**9)
    monkeypatch.setattr(module, "_CLUSTER_ROWS", 12)
    monkeypatch.setattr(module, "_QUERIES_A_CLUSTER", 1)
    for X, codes, wide, order in _ordered(dtype, d, kind):
        n = len(X)
        for k in {1, min(5, n - 1), n - 1}:
            nearest, squared = _searched(X, codes, k, 1.5)
            assert_array_equal(nearest, order[:, :k])
            assert_array_equal(squared, np.take_along_axis(wide, nearest, axis=1))
