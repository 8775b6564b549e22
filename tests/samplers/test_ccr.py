"""CCR: balls and removed rows, against a loop that grows each ball step by step."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression

from imbsuite import CCR, ResampledClassifier, TomekLinks, make_chain
from imbsuite.plan import largest_remainder

RNG = np.random.default_rng(0)
X = np.concatenate([RNG.normal(size=(130, 2)), RNG.normal(size=(30, 2)) + 1])
Y = np.repeat([0, 1], [130, 30])


def naive_radius(distances, energy):
    """Return the radius of a ball that grows from one other row to the next."""
    radius, left = 0.0, energy
    for inside, distance in enumerate(sorted(distances)):
        cost = (inside + 1) * (distance - radius)
        if cost >= left:
            return radius + left / (inside + 1)
        radius, left = distance, left - cost
    return radius + left / (len(distances) + 1)


def naive_balls(points, y, energy):
    """Return the radius of each row of class 1, and the rows of class 0 in the balls."""
    radii, inside = [], set()
    for row in np.flatnonzero(y == 1):
        far = {j: np.abs(points[row] - points[j]).sum() for j in np.flatnonzero(y == 0)}
        radii.append(naive_radius(far.values(), energy))
        inside |= {j for j, distance in far.items() if distance < radii[-1]}
    return np.array(radii), inside


@pytest.mark.parametrize("energy", [0.1, 0.25, 1.0, 20.0])
@pytest.mark.parametrize("standardize", [True, False])
def test_balls_match_a_naive_loop(energy, standardize):
    points = X / X.std(axis=0) if standardize else X
    radii, inside = naive_balls(points, Y, energy)
    assert 0 < len(inside) < 130
    sampler = CCR(energy=energy, standardize=standardize, random_state=0)
    X_new, y_new = sampler.fit_resample(X, Y)
    kept = sampler.sample_indices_[~sampler.is_synthetic_]
    assert set(range(160)) - set(kept.tolist()) == inside
    assert sampler.plan_ == {0: 130 - len(inside), 1: 130}
    assert_array_equal(np.bincount(y_new), [130 - len(inside), 130])
    seeds = sampler.parents_[:, 0]
    times = np.bincount(seeds, minlength=160)[130:]
    assert_array_equal(times, largest_remainder(1 / radii, 100))
    # New rows are in the balls of their seeds.
    scale = X.std(axis=0) if standardize else 1.0
    apart = np.abs((X_new[len(kept) :] - X[seeds]) / scale).sum(axis=1)
    assert (apart < radii[seeds - 130] * (1 + 1e-9)).all()


def test_radius_matches_manual_calculation():
    # Growing to 1 costs 1, and to 2 another 2; the remaining 2 of 5 buy 2 / 3 more.
    table = np.array([1.0, 2.0, -9.0, 9.0, 2.7, 0.0])[:, None]
    y = [0, 0, 0, 0, 0, 1]
    sampler = CCR(
        energy=5, standardize=False, sampling_strategy={1: 4001}, random_state=0
    )
    X_new, _ = sampler.fit_resample(table, y)
    assert sampler.sample_indices_[:4].tolist() == [2, 3, 4, 5]
    new = X_new[4:, 0]
    assert np.abs(new).max() == pytest.approx(2 + 2 / 3, abs=0.01)
    assert new.mean() == pytest.approx(0, abs=0.1)


def test_new_rows_are_uniform_in_the_ball():
    table = np.array([[9.5, 9.5, 9.5], [-9.5, -9.5, -9.5], [0.0, 0.0, 0.0]])
    plan = {1: 20_001}
    sampler = CCR(energy=1, standardize=False, sampling_strategy=plan, random_state=0)
    new = sampler.fit_resample(table, [0, 0, 1])[0][3:]
    # The share in a ball of radius s is s ** 3; all octants have equal shares.
    for s in (0.5, 0.8):
        share = (np.abs(new).sum(axis=1) < s).mean()
        assert share == pytest.approx(s**3, abs=0.015)
    octants = np.unique(new > 0, axis=0, return_counts=True)[1]
    assert len(octants) == 8
    assert_allclose(octants / len(new), 1 / 8, atol=0.01)


def test_rows_of_growing_classes_are_not_removed():
    y = np.repeat([0, 1, 2], [100, 30, 30])
    sampler = CCR(energy=5, random_state=0)
    sampler.fit_resample(X, y)
    kept = sampler.sample_indices_[~sampler.is_synthetic_]
    assert set(range(100, 160)) <= set(kept.tolist())
    assert len(kept) < 160
    assert sampler.plan_[1] == sampler.plan_[2] == 100


def test_a_class_never_loses_all_its_rows():
    table, y = np.zeros((6, 1)), [0, 0, 0, 0, 1, 1]
    with pytest.warns(UserWarning, match="Class 0: all its rows are in balls"):
        X_new, _ = CCR(random_state=0).fit_resample(table, y)
    assert len(X_new) == 8


def test_other_groups_and_zero_weight_rows_are_ignored():
    aside = np.arange(160) % 3 == 0
    alone = CCR(energy=2, standardize=False, random_state=0)
    alone.fit_resample(X[~aside], Y[~aside])
    removed = np.flatnonzero(~aside)[_removed(alone, (~aside).sum())]
    assert len(removed)
    weighted = CCR(energy=2, standardize=False, random_state=0)
    weighted.fit_resample(X, Y, sample_weight=np.where(aside, 0.0, 1.0))
    assert_array_equal(_removed(weighted, 160), removed)
    grouped = CCR(energy=2, standardize=False, random_state=0)
    grouped.fit_resample(X, Y, groups=aside)
    removed_in_groups = _removed(grouped, 160)
    assert_array_equal(removed_in_groups[~aside[removed_in_groups]], removed)


def _removed(sampler, n):
    return np.setdiff1d(np.arange(n), sampler.sample_indices_[~sampler.is_synthetic_])


def test_categories_and_missing_values_count_as_mismatches():
    # In standard deviations of "a" (0.94), a mismatch is 1.
    frame = pd.DataFrame(
        {
            "a": [0.0, 0.0, 0.0, np.nan, 2.0, 2.0, 0.0],
            "b": ["x", "y", "x", "x", "x", "x", "x"],
            "c": [np.nan, np.nan, 1.0, np.nan, np.nan, np.nan, np.nan],
        }
    )
    y = [0] * 6 + [1]
    sampler = CCR(energy=0.9, random_state=0)
    X_new, _ = sampler.fit_resample(frame, y)
    assert _removed(sampler, 7).tolist() == [0]
    new = X_new[sampler.is_synthetic_]
    assert new["c"].isna().all()
    assert set(new["b"]) == {"x"}
    # The next nearest rows are one mismatch away, at a distance of 1.
    sampler = CCR(energy=1.8, random_state=0).fit(frame, y)
    sampler.fit_resample(frame, y)
    assert _removed(sampler, 7).tolist() == [0]
    sampler = CCR(energy=2.2, random_state=0)
    sampler.fit_resample(frame, y)
    assert set(_removed(sampler, 7).tolist()) == {0, 1, 2, 3}


def test_block_size_does_not_change_the_new_rows(monkeypatch):
    whole = CCR(energy=1, random_state=0).fit_resample(X, Y)[0]
    monkeypatch.setattr("imbsuite.samplers.ccr._PAIRS", 300)
    assert_array_equal(CCR(energy=1, random_state=0).fit_resample(X, Y)[0], whole)


def test_chain_and_wrapper_account_for_removed_rows():
    chain = make_chain(CCR(energy=1, random_state=0), TomekLinks())
    model = ResampledClassifier(
        CCR(energy=1, random_state=0),
        LogisticRegression(),
        correction="offset",
        random_state=0,
    )
    _, y_new = chain.fit_resample(X, Y)
    assert chain.plan_ == {k: int((y_new == k).sum()) for k in (0, 1)}
    assert model.fit(X, Y).predict_proba(X)[:, 1].mean() == pytest.approx(
        Y.mean(), abs=0.02
    )
    assert model.sampler_.plan_[0] < 130
