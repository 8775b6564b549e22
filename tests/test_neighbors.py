"""Distances and neighbors, compared with brute force."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import example, given, settings
from hypothesis import strategies as st
from imblearn import under_sampling as under
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

from imbsuite import (
    ADASYN,
    SMOTE,
    BorderlineSMOTE,
    EditedNearestNeighbours,
    RCALSampler,
    ResampledClassifier,
    TomekLinks,
    _neighborhoods,
)
from imbsuite._neighbors import (
    Space,
    column_moments,
    index,
    joined_moments,
    local_outlier_factor,
    part_moments,
    rounded_moments,
)


def _space(numeric, codes=None, *, scaled=True, mismatch=1.0):
    if codes is None:
        codes = np.empty((numeric.shape[0], 0), dtype=np.int32)
    center, spread = column_moments(numeric)
    return Space(numeric, codes, center, spread, mismatch, scaled=scaled)


def _distance(numeric, codes, scale, m):
    """Return all distances, cell by cell, as the documentation defines them."""
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
    nearest, far = space.nearest(rows, among, k)
    wide = distance[np.ix_(rows, among)].copy()
    wide[rows[:, None] == among[None, :]] = np.inf
    expected = np.sort(wide, axis=1)[:, : nearest.shape[1]]
    assert nearest.shape[1] == min(k, len(among) - np.isin(rows, among).any())
    assert (nearest != rows[:, None]).all()
    assert np.isin(nearest, among).all()
    assert all(len(set(row)) == len(row) for row in nearest.tolist())
    assert_allclose(far, expected, atol=1e-6, rtol=1e-6)
    assert_allclose(distance[rows[:, None], nearest], expected, atol=1e-6, rtol=1e-6)


@settings(max_examples=60)
@given(
    st.integers(2, 40),
    st.integers(0, 3),
    st.integers(0, 2),
    st.integers(1, 8),
    st.sampled_from([0.0, 0.3]),
    st.integers(0, 10_000),
)
@example(3, 3, 0, 1, 0.3, 1051)  # a complete row among rows that lack the same cell
def test_neighbors_match_brute_force(n, d, c, k, gaps, seed):
    if d + c == 0:
        d = 1
    rng = np.random.default_rng(seed)
    # Small integers cause many duplicates and equal distances.
    numeric = rng.integers(0, 4, size=(n, d)).astype(float)
    numeric[rng.random((n, d)) < gaps] = np.nan
    codes = rng.integers(-1, 3, size=(n, c)).astype(np.int32)
    space = _space(numeric, codes)
    spread = np.where(space.spread > 0, space.spread, 1.0)
    distance = _distance(numeric, codes, spread, 1.0)
    everyone = np.arange(n)
    _check(space, everyone, everyone, k, distance)
    _check(space, everyone[: n // 2], everyone[n // 3 :], k, distance)


@settings(max_examples=60)
@given(
    st.integers(1, 40),
    st.integers(0, 3),
    st.integers(0, 2),
    st.integers(1, 8),
    st.sampled_from([0.0, 0.3]),
    st.sampled_from(["dense", "float32", "sparse"]),
    st.integers(0, 10_000),
)
def test_neighbors_of_points_match_those_of_added_rows(n, d, c, k, gaps, kind, seed):
    if d + c == 0 or kind == "sparse":
        d = max(d, 1)
    rng = np.random.default_rng(seed)
    numeric = rng.integers(0, 4, size=(n + 9, d)).astype(float)
    numeric[rng.random((n + 9, d)) < gaps] = np.nan
    codes = rng.integers(-1, 3, size=(n + 9, c)).astype(np.int32)
    table = numeric.astype("f4") if kind == "float32" else numeric
    table = sp.csr_array(table) if kind == "sparse" else table
    center, spread = column_moments(table[:n])
    small, large = (
        Space(table[:m], codes[:m], center, spread, 1.0, scaled=True)
        for m in (n, n + 9)
    )
    among = np.flatnonzero(rng.random(n) < 0.8)
    points = np.arange(n, n + 9)
    near, far = small.nearest_of(table[n:], codes[n:], among, k)
    assert near.shape == (9, min(k, len(among)))
    distance = large.distances(points, among) if len(among) else np.empty((9, 0))
    expected = np.sort(distance, axis=1)[:, : near.shape[1]]
    assert_allclose(far, expected, atol=1e-6, rtol=1e-6)
    if len(among):
        places = np.searchsorted(among, near)
        assert_array_equal(among[places], near)
        near_distance = np.take_along_axis(distance, places, axis=1)
        assert_allclose(near_distance, expected, atol=1e-6, rtol=1e-6)
    if kind != "sparse":
        assert_array_equal(near, large.nearest(points, among, k)[0])


def test_clustered_search_uses_the_values_of_new_points(monkeypatch):
    rng = np.random.default_rng(0)
    # More points than rows, so that the positions of points are not those of rows.
    rows, points = rng.normal(size=(300, 3)), rng.normal(size=(2_000, 3))
    monkeypatch.setattr(index, "_CLUSTERED_ROWS", 1)
    monkeypatch.setattr(index, "_CLUSTER_ROWS", 10)
    none = np.empty((2_000, 0), dtype=np.int32)
    space = _space(rows)
    near, _ = space.nearest_of(points, none, np.arange(300), 4)
    assert space._indices[0][1]._centers is not None
    scale = rows.std(axis=0)
    search = NearestNeighbors(n_neighbors=4, algorithm="brute").fit(rows / scale)
    assert_array_equal(near, search.kneighbors(points / scale)[1])


@pytest.mark.parametrize("gaps", [0.0, 0.1])
@pytest.mark.parametrize("levels", [3, 200])
@pytest.mark.parametrize("clustered", [False, True])
def test_search_engines_match_brute_force(monkeypatch, clustered, levels, gaps):
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


def test_a_row_among_many_duplicates_is_never_its_own_neighbor():
    X = np.repeat(np.random.default_rng(0).normal(size=(5, 2)), 30, axis=0)
    rows = np.arange(150)
    nearest = _space(X).kneighbors(rows, rows, 3)
    assert (nearest != rows[:, None]).all()


def test_mixed_distances_match_smotenc():
    rng = np.random.default_rng(0)
    numeric, codes = rng.normal(size=(60, 3)), rng.integers(0, 4, size=(60, 2))
    m = np.median(numeric.std(axis=0))
    hot = OneHotEncoder(sparse_output=False).fit_transform(codes) * m / np.sqrt(2)
    theirs = NearestNeighbors(n_neighbors=6).fit(np.hstack([numeric, hot]))
    expected = theirs.kneighbors(np.hstack([numeric, hot]))[0][:, 1:]
    space = _space(numeric, codes.astype(np.int32), scaled=False, mismatch=m)
    rows = np.arange(60)
    assert_allclose(space.nearest(rows, rows, 5)[1], expected, atol=1e-9)


def test_moments_ignore_missing_values_and_detect_constant_columns():
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


def test_constant_huge_column_does_not_affect_neighbors():
    """A column of one large value has no spread, although its sum overflows."""
    numeric = np.c_[np.full(30, 9e307), np.arange(30.0)]
    codes, zeros = np.empty((30, 0), np.int32), np.zeros(2)
    space = Space(numeric, codes, zeros, zeros, 1.0, scaled=False)
    nearest = space.kneighbors(np.arange(30), np.arange(30), 1)[:, 0]
    assert (np.abs(nearest - np.arange(30)) == 1).all()


@pytest.mark.parametrize(
    ("values", "unit", "nearest"),
    [
        ([-1.5, -1.3, 1.0, 1.6, 1.1, -0.9], 2.0**127, [1, 0, 4, 4, 2, 1]),
        ([-7, -5, 0, 9, 1, -2], 2.0**-149, [1, 0, 4, 4, 2, 2]),
    ],
    ids=["differences overflow", "deviation underflows"],
)
def test_neighbors_at_the_limits_of_float32(values, unit, nearest):
    numeric = (np.array(values) * unit).astype(np.float32)[:, np.newaxis]
    codes, rows = np.empty((6, 0), np.int32), np.arange(6)
    space = Space(numeric, codes, *column_moments(numeric), 1.0, scaled=True)
    assert space.kneighbors(rows, rows, 1)[:, 0].tolist() == nearest


@pytest.mark.parametrize("large", [1e150, 1e200, 1e308])
@pytest.mark.parametrize("gap", [False, True])
def test_sparse_rows_at_infinite_distance_match_dense(large, gap):
    rng = np.random.default_rng(0)
    X = np.vstack([[[large, 0.0], [-large, 3.0]], rng.normal(size=(30, 2))])
    X[5, 1] = np.nan if gap else 0.0
    y = np.repeat([0, 1], [24, 8])
    sampler = BorderlineSMOTE(standardize=False, k_neighbors=3, random_state=0)
    (rows, _), (sparse_rows, _) = (
        sampler.fit_resample(Z, y) for Z in (X, sp.csr_array(X))
    )
    assert_allclose(sparse_rows.toarray(), rows)


def test_overflowing_squares_in_sparse_columns_raise():
    with pytest.raises(ValueError, match="column number 0 holds values whose squares"):
        column_moments(sp.csr_array([[1.7e308], [1.7e308], [0.0]]))


def test_overflowing_squares_in_dense_columns_raise():
    with pytest.raises(ValueError, match="squares overflow"):
        column_moments(np.array([[1e300], [-1e300]]))


@pytest.mark.parametrize("power", [0, -565, -900, -1010])
def test_joined_moments_match_the_whole_at_any_scale(power):
    """Tiny values are not squared, because their squares would underflow."""
    rng = np.random.default_rng(0)
    values = rng.integers(-50, 50, size=(90, 4)).astype(float)
    values[rng.random(values.shape) < 0.1] = np.nan
    values[:30, 1] = 0.0  # a part with only zeros
    values[:, 2] = 0.0
    values[:, 3] += 1000.0
    expected = column_moments(values)
    small = np.ldexp(values, power)
    joined = joined_moments([part_moments(small[i : i + 30]) for i in (0, 30, 60)])
    for moments in (joined, column_moments(small)):
        for moment, right in zip(moments, expected, strict=True):
            assert_allclose(np.ldexp(moment, -power), right, rtol=1e-13)


def test_tiny_parts_are_negligible_in_joined_moments():
    parts = [np.array([[3e-170], [1e-170]]), np.array([[2.0], [4.0]])]
    for order in (parts, parts[::-1]):
        mean, spread = joined_moments([part_moments(part) for part in order])
        assert_allclose(mean, 1.5)
        assert_allclose(spread, np.std([0, 0, 2, 4]))


@pytest.mark.parametrize("power", range(-1074, -1040))
def test_rounded_moments_of_subnormal_numbers_are_kept(power):
    sd = np.ldexp([1.0, 1.5, 1.75], power)
    mean, rounded = rounded_moments(3 * sd, sd)
    np.testing.assert_array_equal(rounded, sd)
    np.testing.assert_allclose(mean, 3 * sd, rtol=1e-3)


@pytest.mark.parametrize("power", [-500, -600, -1000])
@pytest.mark.parametrize("is_sparse", [False, True])
def test_moments_scale_with_tiny_units(is_sparse, power):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 4)) * (rng.random((500, 4)) < 0.7)
    X[:, 3] = 0
    X[7, 0] = np.nan
    unit = np.array([2.0**power, 1.0, 2.0**power, 1.0])
    pair = [sp.csr_array(Z) if is_sparse else Z for Z in (X, X * unit)]
    (mean, spread), others = (column_moments(Z) for Z in pair)
    assert spread[:3].all()
    assert_allclose(others, [mean * unit, spread * unit], rtol=1e-12)
    assert others[1][3] == 0


@pytest.mark.parametrize("kind", [SMOTE, ADASYN, EditedNearestNeighbours, RCALSampler])
def test_column_units_do_not_change_neighbors(kind):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    y = (X[:, 0] + rng.normal(size=200) > 1).astype(int)
    unit = np.array([1.0, 2.0**-560])
    sampler = kind()
    if "random_state" in sampler.get_params():
        sampler.set_params(random_state=0)
    plain, origins = sampler.fit_resample(X, y)[0], sampler.sample_indices_
    moved = sampler.fit_resample(X * unit, y)[0]
    assert_array_equal(sampler.sample_indices_, origins)
    assert_allclose(moved / unit, plain, rtol=1e-9)


def test_embedding_keeps_distances_without_missing_values():
    rng = np.random.default_rng(0)
    numeric, codes = rng.normal(size=(20, 2)), rng.integers(0, 3, size=(20, 1))
    space = _space(numeric, codes.astype(np.int32))
    points = space.embed(np.arange(20))
    wide = np.linalg.norm(points[:, None] - points[None], axis=2)
    assert_allclose(wide, _distance(numeric, codes, space.spread, 1.0), atol=1e-12)


@pytest.mark.parametrize("mismatch", [0.3, 1.0, 5.0])
@pytest.mark.parametrize("d", [0, 2, 20])
def test_search_within_equal_categories_matches_brute_force(d, mismatch):
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


def _far_apart(n=1500):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 5))[rng.integers(0, 20, n)] + 0.3 * rng.normal(size=(n, 5))
    return X, (rng.random(n) < 0.2).astype(int)


def test_outlier_factors_match_scikit_learn():
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(size=(150, 3)), 9 * rng.normal(size=(5, 3))])
    points[10:14] = points[10]  # duplicates, which have the largest density
    everyone, some = np.arange(155), np.arange(0, 155, 3)
    alone = LocalOutlierFactor(n_neighbors=7).fit(points)
    expected = -alone.negative_outlier_factor_
    assert_allclose(local_outlier_factor(points, everyone, 7), expected)
    against = LocalOutlierFactor(n_neighbors=7, novelty=True).fit(points[some])
    expected = -against.score_samples(points)
    expected[some] = -against.negative_outlier_factor_  # not its own neighbor
    assert_allclose(local_outlier_factor(points, some, 7), expected)


def test_concurrent_fits_match_sequential_fits(monkeypatch):
    monkeypatch.setattr(index, "_CLUSTERED_ROWS", 200)
    monkeypatch.setattr(index, "_CLUSTER_ROWS", 16)
    monkeypatch.setattr(index, "threads_for", lambda cells: 2)
    X, y = _far_apart()

    def fit(seed):
        return SMOTE(random_state=seed).fit_resample(X, y)[0]

    with ThreadPoolExecutor(10) as pool:
        together = list(pool.map(fit, range(10)))
    for seed, resampled in enumerate(together):
        assert_array_equal(resampled, fit(seed))


def test_parallel_grid_search_matches_serial():
    X, y = _far_apart(600)
    scores = []
    for n_jobs in (1, 2):
        model = ResampledClassifier(SMOTE(random_state=0), DecisionTreeClassifier())
        grid = {"sampler__k_neighbors": [3, 5], "estimator__random_state": [0]}
        search = GridSearchCV(model, grid, cv=3, n_jobs=n_jobs).fit(X, y)
        scores.append(search.cv_results_["mean_test_score"])
    assert_array_equal(*scores)


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("few", [0, 20_000])
def test_cleaners_with_clustered_search_match_imbalanced_learn(monkeypatch, k, few):
    monkeypatch.setattr(_neighborhoods, "_FEW_ROWS", few)
    monkeypatch.setattr(index, "_CLUSTERED_ROWS", 200)
    monkeypatch.setattr(index, "_CLUSTER_ROWS", 16)
    X, y = _far_apart(1200)
    pairs = [
        (
            EditedNearestNeighbours(n_neighbors=k, standardize=False),
            under.EditedNearestNeighbours(n_neighbors=k),
        ),
        (TomekLinks(standardize=False), under.TomekLinks()),
    ]
    for ours, theirs in pairs:
        theirs.fit_resample(X, y)
        ours.fit_resample(X, y)
        assert_array_equal(ours.sample_indices_, np.sort(theirs.sample_indices_))


@pytest.mark.parametrize("k", [1, 4, 5])
def test_exact_search_object_matches_default_search(k):
    X, y = _far_apart(300)
    ours = SMOTE(k_neighbors=k, random_state=0)
    theirs = SMOTE(k_neighbors=NearestNeighbors(n_neighbors=k + 1), random_state=0)
    assert_array_equal(ours.fit_resample(X, y)[0], theirs.fit_resample(X, y)[0])
    assert theirs.neighbors_recall_ == {1: 1.0}
    assert not hasattr(ours, "neighbors_recall_")


class _Anybody:
    """A search that is always wrong, and returns positions without distances."""

    def __init__(self, n_neighbors=6, shift=0):
        self.n_neighbors = n_neighbors
        self.shift = shift

    def fit(self, X):
        self.n_ = len(X)
        return self

    def kneighbors(self, X, n_neighbors, return_distance):
        return np.tile(np.arange(n_neighbors) + self.shift, (len(X), 1))


def test_recall_of_search_object_is_measured():
    X, y = _far_apart(600)
    sampler = SMOTE(k_neighbors=_Anybody(), random_state=0).fit(X, y)
    sampler.fit_resample(X, y)
    assert 0 <= sampler.neighbors_recall_[1] < 0.5
    assert (sampler.parents_[:, 0] != sampler.parents_[:, 1]).all()


def test_invalid_search_objects_raise():
    X, y = _far_apart(300)
    with pytest.raises(ValueError, match="n_neighbors=1; it must be an integer"):
        SMOTE(k_neighbors=NearestNeighbors(n_neighbors=1)).fit_resample(X, y)
    with pytest.raises(ValueError, match="rows of positions from 0 to"):
        SMOTE(k_neighbors=_Anybody(shift=1000)).fit_resample(X, y)
    with pytest.raises(ValueError, match="k_neighbors"):
        SMOTE(k_neighbors="five").fit_resample(X, y)


class _Descent:
    """pynndescent with the two required methods."""

    def __init__(self, n_neighbors=6):
        self.n_neighbors = n_neighbors

    def fit(self, X):
        from pynndescent import NNDescent

        self.index_ = NNDescent(X, n_neighbors=30, random_state=0)
        return self

    def kneighbors(self, X, n_neighbors, return_distance):
        return self.index_.query(X, k=n_neighbors)[0]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_pynndescent_has_high_recall():
    pytest.importorskip("pynndescent")
    X, y = _far_apart(4000)
    sampler = SMOTE(k_neighbors=_Descent(), random_state=0)
    sampler.fit_resample(X, y)
    assert sampler.neighbors_recall_[1] > 0.9


@pytest.mark.parametrize("columns", [1, 3])
def test_ties_between_integers_are_broken_by_position(columns):
    # Without scaling: after a division by deviations, distances may differ.
    numbers = np.random.default_rng(0).integers(0, 30, (90, columns))
    center, spread = column_moments(numbers.astype(float))
    no_codes = np.empty((90, 0), dtype=np.int32)
    space = Space(numbers.astype(float), no_codes, center, spread, 1.0, scaled=False)
    rows = np.arange(90)
    squares = ((numbers[:, np.newaxis] - numbers) ** 2).sum(axis=2)
    np.fill_diagonal(squares, squares.max() + 1)
    expected = np.argsort(squares, axis=1, kind="stable")[:, :5]
    np.testing.assert_array_equal(space.kneighbors(rows, rows, 5), expected)


@pytest.mark.parametrize("kind", ["dense", "gaps", "sparse"])
@pytest.mark.parametrize("clustered", [False, True])
@pytest.mark.parametrize("k", [1, 4, 10**6])
def test_neighbors_in_parts_match_the_whole(monkeypatch, kind, clustered, k):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3_000, 2)) + 9 * rng.integers(0, 5, size=(3_000, 1))
    if kind == "gaps":
        X[rng.random(3_000) < 0.1, 1] = np.nan
    monkeypatch.setattr(index, "_CLUSTERED_ROWS", 99 if clustered else 10**9)
    monkeypatch.setattr(index, "_CLUSTER_ROWS", 50)
    # The pilot is one block in five; each part has two blocks.
    monkeypatch.setattr(index, "_PILOT_STEP", 5)
    monkeypatch.setattr(index, "_PART_NEIGHBORS", 200 * min(k, 29))
    space = _space(sp.csr_array(X) if kind == "sparse" else X)
    rows, among = rng.permutation(3_000), np.arange(0, 3_000, 1 if k < 9 else 100)
    within = rng.uniform(0, 0.2, size=3_000)
    for limit in (None, within):
        near, far = space.nearest(rows, among, k, within=limit)
        parts = []
        for at, neighbors, apart in space.in_parts(rows, among, k, within=limit):
            assert len(at) <= (3_000 if kind == "sparse" else 600)
            assert_array_equal(neighbors, near[at])
            assert_array_equal(apart[neighbors >= 0], far[at][neighbors >= 0])
            parts.append(at)
        assert_array_equal(np.sort(np.concatenate(parts)), np.arange(3_000))
    assert list(space.in_parts(rows[:0], among, k)) == []
