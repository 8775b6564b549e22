"""NearMiss: naive loops, imbalanced-learn's rows, hand-placed points."""

from __future__ import annotations

import imblearn.under_sampling
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from scipy.spatial.distance import cdist

import imbsuite as im
from imbsuite._neighbors import Space
from imbsuite.samplers import near_miss

RNG = np.random.default_rng(0)
X = np.concatenate([RNG.normal(size=(900, 3)), RNG.normal(size=(320, 3)) + 1.5])
Y = np.repeat([0, 1], [900, 320])
ORDER = RNG.permutation(len(Y))
X, Y = X[ORDER], Y[ORDER]


def naive(version: int, k: int, n: int) -> list[int]:
    """Return the rows of class 0 that are kept."""
    rows, reference = np.flatnonzero(Y == 0), np.flatnonzero(Y != 0)
    distances = cdist(X[rows], X[reference])
    if version == 3:
        places = distances.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
        least = places.min(axis=1)
        nearest = np.where(places == least[:, None], distances, np.inf).min(axis=1)
        order = np.lexsort((nearest, least))
    else:
        ordered = np.sort(distances, axis=1)
        k_distances = ordered[:, :k] if version == 1 else ordered[:, -k:]
        order = k_distances.mean(axis=1).argsort(kind="stable")
    return np.sort(rows[order[:n]]).tolist()


@pytest.mark.parametrize("ratio", [1.0, 0.5])
@pytest.mark.parametrize("k", [1, 3, 40])
@pytest.mark.parametrize("version", [1, 2, 3])
def test_rows_match_a_naive_loop(version, k, ratio):
    sampler = im.NearMiss(
        version=version, n_neighbors=k, standardize=False, sampling_strategy=ratio
    )
    sampler.fit_resample(X, Y)
    kept = sampler.sample_indices_
    assert kept[Y[kept] == 0].tolist() == naive(version, k, int(320 / ratio))
    assert (Y[kept] == 1).sum() == 320


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("k", [1, 3])
def test_rows_match_imbalanced_learn(version, k):
    theirs = imblearn.under_sampling.NearMiss(version=version, n_neighbors=k)
    theirs.fit_resample(X, Y)
    ours = im.NearMiss(version=version, n_neighbors=k, standardize=False)
    ours.fit_resample(X, Y)
    assert set(ours.sample_indices_) == set(theirs.sample_indices_)


def test_all_classes_that_are_not_undersampled_are_the_reference():
    X = np.array([[0.0], [1.0], [9.0], [5.0], [2.0], [20.0], [10.0], [11.0]])
    y = np.array([0, 0, 0, 0, 1, 1, 2, 2])
    # The row at 9 is near class 2, which imbalanced-learn ignores if 1 is smaller.
    ours = im.NearMiss(n_neighbors=1, sampling_strategy={0: 2})
    assert ours.fit_resample(X, y)[0][:, 0].tolist() == [1, 9, 2, 20, 10, 11]


def test_version_3_alternates_between_reference_rows():
    # First the nearest row to each reference row, however far; then the second nearest.
    X = np.array([[0.0], [0.1], [0.2], [50.0], [60.0], [-1.0], [40.0]])
    y = np.array([0, 0, 0, 0, 0, 1, 1])
    kept = {}
    for n in (2, 3, 4):
        sampler = im.NearMiss(version=3, sampling_strategy={0: n}, standardize=False)
        kept[n] = sampler.fit_resample(X, y)[0][:-2, 0].tolist()
    assert kept == {2: [0, 50], 3: [0, 0.1, 50], 4: [0, 0.1, 50, 60]}


@pytest.mark.parametrize("version", [1, 2, 3])
def test_plan_for_all_classes_raises(version):
    with pytest.raises(ValueError, match="NearMiss must leave at least one class"):
        im.NearMiss(version=version, sampling_strategy={0: 10, 1: 10}).fit_resample(
            X, Y
        )


@pytest.mark.parametrize("version", [1, 2, 3])
def test_zero_weight_rows_are_not_used_as_reference(version):
    weight = np.ones(len(Y))
    weight[np.flatnonzero(Y == 1)[::2]] = 0
    weight[np.flatnonzero(Y == 0)[::3]] = 0
    positive = weight > 0
    sampler = im.NearMiss(version=version, standardize=False)
    sampler.fit_resample(X, Y, sample_weight=weight)
    alone = im.NearMiss(version=version, standardize=False).fit(
        X[positive], Y[positive]
    )
    alone.fit_resample(X[positive], Y[positive])
    expected = np.flatnonzero(positive)[alone.sample_indices_]
    assert_array_equal(sampler.sample_indices_, expected)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_mixed_tables_with_missing_values(version):
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    frame.loc[::5, "a"] = np.nan
    frame["town"] = pd.Categorical(RNG.choice(["x", "y", None], len(Y)))
    sampler = im.NearMiss(version=version, n_neighbors=2).fit(frame, Y)
    resampled, _ = sampler.fit_resample(frame, Y)
    kept = sampler.sample_indices_
    pd.testing.assert_frame_equal(resampled, frame.iloc[kept])
    numbers = frame[["a", "b", "c"]].to_numpy()
    numbers = numbers / np.nanstd(numbers, axis=0)
    town = frame["town"].astype(object).where(frame["town"].notna(), "missing")
    rows, reference = np.flatnonzero(Y == 0), np.flatnonzero(Y == 1)
    squares = np.zeros((len(rows), len(reference)))
    for column in numbers.T:
        a, b = column[rows][:, None], column[reference]
        missing = np.isnan(a) | np.isnan(b)
        both = np.isnan(a) & np.isnan(b)
        squares += np.where(missing, ~both, np.nan_to_num((a - b) ** 2))
    squares += town.to_numpy()[rows][:, None] != town.to_numpy()[reference]
    ordered = np.sort(np.sqrt(squares), axis=1)
    if version == 3:
        return
    k_distances = ordered[:, :2] if version == 1 else ordered[:, -2:]
    worst = np.sort(k_distances.mean(axis=1))[319]
    of_row = dict(zip(rows, k_distances.mean(axis=1), strict=True))
    assert max(of_row[row] for row in kept[Y[kept] == 0]) <= worst * (1 + 1e-9)


def test_ranks_of_distant_rows_are_counted_in_blocks(monkeypatch):
    # All reference rows rank the rows in the same order, so all ranks are needed.
    X = np.concatenate([np.arange(200.0), 1e4 + np.arange(50.0)])[:, np.newaxis]
    y = np.repeat([0, 1], [200, 50])
    sizes, nearest = [], Space.nearest

    def counting(space, rows, among, k, **options):
        sizes.append(len(rows) * k)
        return nearest(space, rows, among, k, **options)

    monkeypatch.setattr(Space, "nearest", counting)
    monkeypatch.setattr(near_miss, "_PAIRS", 1000)
    sampler = im.NearMiss(version=3)
    sampler.fit_resample(X, y)
    assert_array_equal(sampler.sample_indices_, np.arange(150, 250))
    assert max(sizes) <= 1000
