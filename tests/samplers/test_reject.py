"""Rejection of new rows that are outvoted, against loops over finished rows."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from numpy.testing import assert_array_equal
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

import imbsuite as im
from imbsuite import _rejection
from imbsuite.testing import all_samplers
from imbsuite.testing.tables import blobs, mixed, resample

REJECTING = [s for s in all_samplers() if "reject" in s.get_params(deep=False)]
NAMES = [type(sampler).__name__ for sampler in REJECTING]
OTHERS = [
    sampler
    for sampler in all_samplers()
    if "reject" not in sampler.get_params(deep=False)
    and not isinstance(sampler, (im.SubclassSampler, im.Chain))
]
K = 3


def parts_of(X):
    """Return numbers (NaN where missing) and categories (None where missing) of a table."""
    if sp.issparse(X):
        return X.toarray(), np.empty((X.shape[0], 0), dtype=object)
    frame = pd.DataFrame(X)
    numbers, levels = [], []
    for column in (frame[name] for name in frame):
        if pd.api.types.is_datetime64_any_dtype(column):
            moments = column.astype("datetime64[ns]").astype("int64").astype(float)
            numbers.append(moments.where(column.notna()))
        elif pd.api.types.is_bool_dtype(column) or not (
            pd.api.types.is_numeric_dtype(column)
        ):
            cells = column.astype(object)
            levels.append(cells.where(cells.notna(), None).to_numpy())
        else:
            numbers.append(column.astype("Float64").to_numpy(float, na_value=np.nan))
    return (
        np.array(numbers, dtype=float).reshape(len(numbers), len(frame)).T,
        np.array(levels, dtype=object).reshape(len(levels), len(frame)).T,
    )


def naive_distances(points, table, scale, m):
    """Return all distances, cell by cell, as the documentation defines them."""
    (a, c), (b, d) = points, table
    a, b = a[:, None] / scale, b[None] / scale
    gaps, others = np.isnan(a), np.isnan(b)
    apart = np.where(gaps | others, (gaps != others) * m**2, np.square(a - b))
    unlike = np.equal(c[:, None], d[None]) ^ True
    return np.sqrt(apart.sum(axis=2) + m**2 * unlike.sum(axis=2))


def naive_outvoted(X_new, label, X, y, present, rows, *, standardize=True, k=K):
    """Return which finished rows are outvoted, and how much farther the next row is.

    ``rows`` are the rows of the class that may be parents.
    """
    numbers = parts_of(X)[0]
    used = np.flatnonzero(present) if standardize else rows
    spread = np.nanstd(numbers[used], axis=0)
    m = 1.0 if standardize else (np.median(spread) if len(spread) else 1.0)
    scale = np.where(spread > 0, spread, 1.0) if standardize else np.ones(len(spread))
    there = np.flatnonzero(present)
    table = tuple(part[there] for part in parts_of(X))
    wide = naive_distances(parts_of(X_new), table, scale, m)
    out, room = [], []
    for distances in wide:
        order = np.argsort(distances, kind="stable")
        near = y[there[order[:k]]]
        counts = {c: (near == c).sum() for c in np.unique(y)}
        own = counts.pop(label)
        out.append(max(counts.values()) > own)
        after = distances[order[k]] if len(order) > k else np.inf
        room.append(after - distances[order[k - 1]])
    return np.array(out), np.array(room)


def take(X, rows):
    return X.iloc[rows] if hasattr(X, "iloc") else X[rows]


def check_output(sampler, X, y, *, weight=None, groups=None):
    """Check that each new row wins its vote or repeats its seed; count the repeats."""
    X_out, y_out = resample(sampler, X, y, sample_weight=weight, groups=groups)
    present = np.ones(len(y), dtype=bool) if weight is None else weight > 0
    new = np.flatnonzero(sampler.is_synthetic_)
    repeats = sampler.steps_ == 0
    seeds = parts_of(take(X, sampler.parents_[:, 0]))
    for cells, own in zip(parts_of(take(X_out, new)), seeds, strict=True):
        repeats &= ((cells == own) | (pd.isna(cells) & pd.isna(own))).all(axis=1)
    for label in np.unique(y_out[new]):
        for group in [None] if groups is None else np.unique(groups):
            own = (y == label) & present
            seeds = sampler.parents_[:, 0]
            at = y_out[new] == label
            if groups is not None:
                own, at = own & (groups == group), at & (groups[seeds] == group)
            if own.sum() < 2 or not at.any():
                continue
            args = take(X_out, new[at]), label, X, y, present, np.flatnonzero(own)
            plain = getattr(sampler, "standardize", True)
            out, room = naive_outvoted(*args, standardize=plain)
            # Two rows at equal distances have no definite order after rounding.
            assert not (out & ~repeats[at] & (room > 1e-9)).any()
    return repeats.sum()


def rejecting(sampler, **params):
    known = sampler.get_params()
    params = {k: v for k, v in params.items() if k in known}
    return sampler.set_params(reject=K, random_state=0, **params)


@pytest.mark.parametrize(
    ("sampler", "rule", "standardize"),
    [
        *((sampler, "step", True) for sampler in REJECTING),
        *((im.SMOTE(), rule, False) for rule in ("step", "seed", "vote")),
        (im.SVMSMOTE(), "vote", True),
    ],
    ids=lambda value: getattr(type(value), "_name", str(value)),
)
def test_new_rows_of_a_mixed_table_win_their_vote(sampler, rule, standardize):
    X, y = mixed()
    X = X.drop(columns="when") if not standardize else X  # nanoseconds would dominate
    before = resample(sampler.set_params(reject=None, random_state=0), X, y)[0]
    sampler = rejecting(sampler, categorical_rule=rule, standardize=standardize)
    n_repeats = check_output(sampler, X, y)
    assert n_repeats < 0.5 * sampler.is_synthetic_.sum()
    assert not before.equals(resample(sampler, X, y)[0])


@pytest.mark.parametrize("sampler", REJECTING, ids=NAMES)
def test_new_rows_win_their_vote_with_weights_and_groups(sampler):
    X, y = blobs((90, 50, 40), d=3)
    rng = np.random.default_rng(0)
    weight = rng.uniform(1, 2, len(y)) * (rng.random(len(y)) < 0.8)
    check_output(rejecting(sampler), X, y, weight=weight)
    groups = rng.integers(2, size=len(y))
    check_output(rejecting(sampler), X, y, groups=groups)
    check_output(rejecting(sampler), X, y, groups=groups, weight=weight)


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("kind", [sp.csr_array, sp.csc_matrix])
def test_new_rows_of_a_sparse_table_win_their_vote(kind, gaps):
    X, y = blobs((90, 50, 40), d=6)
    rng = np.random.default_rng(0)
    X[rng.random(X.shape) < 0.4] = 0.0
    if gaps:
        X[rng.random(X.shape) < 0.1] = np.nan
    for sampler in (im.SMOTE(), im.GeometricSMOTE()):
        check_output(rejecting(sampler), kind(X), y)
    wide = kind(np.hstack([X, (rng.random((len(y), 400)) < 0.01).astype(float)]))
    check_output(rejecting(im.SMOTE()), wide, y)


def test_integers_and_float32_are_judged_after_rounding():
    X, y = blobs((90, 50, 40), d=3)
    for table in (np.rint(X).astype("int8"), np.rint(2 * X), X.astype("float32")):
        check_output(rejecting(im.SMOTE()), table, y)


def test_small_class_rows_win_their_vote_with_few_voters():
    X, y = mixed()
    y = y.copy()
    y[np.flatnonzero(y == 2)[4:]] = 1
    sampler = rejecting(im.SMOTE(), categorical_rule="vote")
    assert check_output(sampler, X, y) < sampler.is_synthetic_.sum()
    assert set(Counter(y[sampler.parents_[:, 0]])) == {1, 2}


def test_custom_samplers_support_reject():
    class Far(im.base.BaseInterpolator):
        """New rows on the far side of the seed."""

        def _propose(self, table, y, label, n, rng):
            seeds = self._allocate(table.rows, n, rng)
            partners, voters = self._partners(table, seeds, rng)
            return seeds, partners, -3 * rng.random(n), voters

    class Noise(im.base.BaseSynthesizer):
        """New rows are seeds with added noise."""

        standardize: bool = True
        reject: Any = None
        categorical_features: Any = "from_dtype"
        sampling_strategy: Any = "auto"
        random_state: Any = None

        def _synthesize(self, table, y, label, n, rng):
            seeds = self._allocate(table.rows, n, rng)
            rows = table.numbers(seeds)
            return rows + rng.normal(size=rows.shape), seeds

    X, y = mixed()
    X = X.drop(columns="when")
    for sampler in (Far(), Noise()):
        before = resample(sampler.set_params(random_state=0), X, y)[0]
        assert check_output(rejecting(sampler), X, y) == 0
        assert not before.equals(resample(sampler, X, y)[0])


def judge_with_scikit_learn(monkeypatch, X):
    """Write new rows to a frame, encode them, and judge them by another search."""

    def rejected(self, view, growth, draw, places, coins):
        job = self._job
        table, present = job.table, job.table.present
        cells = _rejection.Cells(draw.at(places, coins), self._rule, job.coins)
        new = table.container.grow(cells, table.categorical)
        both = pd.concat([X, new], ignore_index=True)
        numbers = both.select_dtypes("number") / X.select_dtypes("number").std(ddof=0)
        others = both.select_dtypes(exclude="number")
        hot = pd.get_dummies(others, dtype=float) / np.sqrt(2)
        points = np.hstack([numbers.to_numpy(), hot.to_numpy()])
        search = NearestNeighbors(n_neighbors=self._k, algorithm="brute")
        near = search.fit(points[: len(X)][present]).kneighbors(
            points[len(X) :], return_distance=False
        )
        votes = job.y[present[near]]
        own = (votes == growth.label).sum(axis=1)
        most = [max((row == c).sum() for c in set(row)) for row in votes]
        return own < np.array(most)

    monkeypatch.setattr(_rejection._Filling, "_rejected", rejected)


@pytest.mark.parametrize("rule", ["step", "seed", "vote"])
def test_rows_match_judging_finished_rows_with_scikit_learn(monkeypatch, rule):
    X, y = blobs((120, 70, 40))
    rng = np.random.default_rng(1)
    X = pd.DataFrame(X, columns=list("abcd"))
    X["level"] = rng.choice(["low", "mid", "high"], len(y))
    X["flag"] = np.where(y + rng.normal(size=len(y)) > 1, "yes", "no")
    weight = (rng.random(len(y)) < 0.9).astype(float)
    sampler = im.SMOTE(reject=5, categorical_rule=rule, random_state=0)
    result = resample(sampler, X, y, sample_weight=weight)
    plain = im.SMOTE(categorical_rule=rule, random_state=0)
    assert not result[0].equals(resample(plain, X, y, sample_weight=weight)[0])
    judge_with_scikit_learn(monkeypatch, X)
    again = im.SMOTE(reject=5, categorical_rule=rule, random_state=0)
    expected = resample(again, X, y, sample_weight=weight)
    assert result[0].equals(expected[0])
    assert_array_equal(sampler.parents_, again.parents_)


@pytest.mark.parametrize("sampler", REJECTING, ids=NAMES)
def test_rows_are_unchanged_when_nothing_is_rejected(sampler):
    rng = np.random.default_rng(0)
    y = rng.permutation(np.repeat([0, 1, 2], [80, 30, 20]))
    X = pd.DataFrame(rng.normal(size=(len(y), 3)) + 50 * y[:, None])
    X["level"] = rng.choice(["low", "mid", "high"], len(y))
    X.loc[rng.random(len(y)) < 0.2, 0] = np.nan
    X.columns = X.columns.astype(str)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = sampler.set_params(reject=None, random_state=0).fit_resample(X, y)[0]
        same = sampler.set_params(reject=1).fit_resample(X, y)[0]
    assert same.equals(plain)


def test_rows_do_not_depend_on_container_or_threads():
    pl = pytest.importorskip("polars")
    X, y = mixed()
    X = X.drop(columns="level")
    sampler = im.SMOTE(reject=K, random_state=0)
    expected = resample(sampler, X, y)[0].reset_index(drop=True)
    with threadpool_limits(1):
        assert resample(sampler, X, y)[0].reset_index(drop=True).equals(expected)
    got = resample(sampler, pl.from_pandas(X), y)[0]
    assert got.equals(pl.from_pandas(expected))
    numbers = X[["narrow", "whole"]].astype(float)
    dense = resample(sampler, numbers.to_numpy(), y)[0]
    assert_array_equal(resample(sampler, numbers, y)[0].to_numpy(), dense)


def surrounded_pair(n=60):
    """Return a class of two rows, each inside a cluster of the other class."""
    rng = np.random.default_rng(0)
    centers = np.repeat([[0.0], [100.0]], n, axis=0)
    X = np.vstack([centers + rng.normal(size=(2 * n, 1)), [[0.0], [100.0]]])
    X = pd.DataFrame(X, columns=["x"])
    X["color"] = ["red"] * (2 * n) + ["red", "blue"]
    X["gap"] = [*rng.normal(size=2 * n), np.nan, 0.5]
    return X, np.repeat([0, 1], [2 * n, 2])


@pytest.mark.parametrize("rule", ["step", "seed", "vote"])
def test_unplaceable_rows_repeat_their_seed_and_warn(rule):
    X, y = surrounded_pair()
    sampler = im.SMOTE(
        k_neighbors=1, reject=5, categorical_rule=rule, standardize=False
    )
    X = X.assign(x=X["x"].where(X["x"] < 50, X["x"] - 90))
    with pytest.warns(
        UserWarning, match=r"Class 1: 118 of its 118 new rows repeat a row"
    ):
        X_out, y_out = sampler.fit_resample(X, y)
    assert (y_out == 1).sum() == 120
    seeds = X.iloc[sampler.parents_[:, 0]].reset_index(drop=True)
    assert X_out[len(X) :].reset_index(drop=True).equals(seeds)
    assert (sampler.steps_ == 0).all()
    assert_array_equal(np.sort(sampler.parents_, axis=1), [[120, 121]] * 118)


def test_unplaceable_geometric_rows_repeat_their_seed():
    X, y = surrounded_pair()
    X = X.assign(x=X["x"].where(X["x"] < 50, X["x"] - 90))
    sampler = im.GeometricSMOTE(k_neighbors=1, reject=5, random_state=0)
    with pytest.warns(UserWarning, match=r"of its 118 new rows repeat a row"):
        X_out, _ = sampler.fit_resample(X, y)
    repeats = sampler.steps_ == 0
    seeds = X.iloc[sampler.parents_[repeats, 0]].reset_index(drop=True)
    assert X_out[len(X) :][repeats].reset_index(drop=True).equals(seeds)
    assert np.isnan(sampler.steps_[~repeats]).all()


def test_each_warning_about_a_class_is_issued_once():
    X = np.append(np.arange(200.0), [20.4, 70.4, 120.4, 170.4])[:, None]
    y = np.repeat([0, 1], [200, 4])
    sampler = im.BorderlineSMOTE(reject=3, k_neighbors=3, random_state=0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sampler.fit_resample(X, y)
    messages = [str(warning.message) for warning in caught]
    assert "no row is in danger" in messages[0]
    assert "196 of its 196 new rows repeat a row" in messages[1]
    assert len(messages) == 2


def test_redrawn_rows_redraw_their_categories():
    # A row is rejected if its category is the partner's: with probability u, its step.
    # The remaining steps have the density 2 (1 - u), whose mean is 1 / 3.
    n = 4_000
    X = pd.DataFrame({"color": ["red"] * 20 + ["blue"] * (n + 20)})
    y = np.repeat([0, 1], [20, n + 20])
    y[20] = 0

    class Pair(im.SMOTE):
        """Every new row lies between the first row and row 20."""

        def _propose(self, table, y, label, n, rng):
            return np.zeros(n, int), np.full(n, 20), rng.random(n)

    sampler = Pair(reject=3, random_state=0)
    X_out, _ = sampler.fit_resample(X, y)
    assert (X_out["color"][len(X) :] == "red").all()
    steps = sampler.steps_
    error = np.sqrt(1 / 18 / len(steps))
    assert abs(steps.mean() - 1 / 3) < 4 * error


def test_seeds_of_redrawn_rows_come_from_all_proposals():
    # Proposals are sorted by seed: their first rows alone would favor the first seeds.
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(1_200, 2)), np.repeat([0, 1], [1_100, 100])
    X[y == 1, 0] += 4
    sampler, plain = im.SMOTE(reject=3, random_state=0), im.SMOTE(random_state=0)
    sampler.fit_resample(X, y)
    plain.fit_resample(X, y)
    again = (sampler.steps_ != plain.steps_) & (sampler.steps_ != 0)
    assert 20 < again.sum() < 200
    seeds = sampler.parents_[again, 0] - 1_100
    error = 100 / np.sqrt(12 * again.sum())
    assert abs(seeds.mean() - 49.5) < 4 * error


def test_chain_step_judges_by_its_own_input():
    X, y = blobs()
    steps = im.SMOTE(reject=K, random_state=0), im.TomekLinks(sampling_strategy="all")
    chain = im.make_chain(*steps)
    X_out, y_out = resample(chain, X, y)
    first = resample(im.SMOTE(reject=K, random_state=0), X, y)
    last = im.TomekLinks(sampling_strategy="all").fit_resample(*first)
    assert_array_equal(X_out, last[0])
    assert_array_equal(y_out, last[1])


@pytest.mark.parametrize("value", [True, False, 0, -1, 2.5, "mode"])
def test_reject_must_be_none_or_a_positive_integer(value):
    X, y = blobs()
    match = "The 'reject' parameter of SMOTE must be None or an int in the range"
    with pytest.raises(ValueError, match=match):
        im.SMOTE(reject=value).fit_resample(X, y)


def test_reject_above_the_number_of_rows_uses_all_rows():
    X, y = blobs((12, 5))
    with pytest.warns(UserWarning, match="Class 1: 7 of its 7 new rows repeat a row"):
        im.SMOTE(reject=1_000, k_neighbors=2).fit_resample(X, y)


def test_single_row_class_is_repeated():
    X, y = blobs((30, 9, 1))
    X_out, y_out = resample(im.SMOTE(reject=K, random_state=0), X, y)
    assert np.bincount(y_out).tolist() == [30, 30, 30]
    assert (X_out[len(X) :][y_out[len(X) :] == 2] == X[y == 2]).all()


@pytest.mark.parametrize("sampler", OTHERS, ids=lambda s: type(s).__name__)
def test_other_samplers_do_not_accept_reject(sampler):
    with pytest.raises((TypeError, ValueError), match="reject"):
        type(sampler)(reject=3)


def test_reject_inside_subclass_or_label_sampler_raises():
    X, y = blobs()
    match = "The 'reject' parameter of the sampler of"
    with pytest.raises(ValueError, match=match):
        im.SubclassSampler(im.SMOTE(reject=3)).fit_resample(X, y)
    labels = np.column_stack([y == 0, y == 1]).astype(int)
    with pytest.raises(ValueError, match=match):
        im.LabelSampler(im.SMOTE(reject=3)).fit_resample(X, labels)


def test_reject_requires_all_rows_in_memory(tmp_path):
    dd = pytest.importorskip("dask.dataframe")
    from imbsuite.files.large.resample import resample_file

    X, y = blobs()
    frame = pd.DataFrame(X, columns=list("abcd")).assign(y=y)
    table = dd.from_pandas(frame, npartitions=2)
    match = r"SMOTE requires all rows at once \(unless reject is None\)"
    with pytest.raises(TypeError, match=match):
        im.SMOTE(reject=3).fit_resample(table[list("abcd")], table["y"])
    frame.to_csv(tmp_path / "table.csv", index=False)
    out = tmp_path / "out.csv"
    with pytest.raises(
        ValueError, match="SMOTE with reject=3 requires all rows at once"
    ):
        resample_file(
            tmp_path / "table.csv", out, target="y", sampler=im.SMOTE(reject=3)
        )
    assert not out.exists()


def test_numbers_that_overflow_beside_a_constant_class_raise():
    # The moments of the class do not overflow, but the distances to the others do.
    far = -np.finfo(np.float64).max
    X = np.where(np.arange(14) < 6, far, 1e292)[:, np.newaxis]
    sampler = im.SMOTE(k_neighbors=1, reject=1, standardize=False, random_state=0)
    with pytest.raises(ValueError, match="column number 0 holds values whose squares"):
        sampler.fit_resample(X, np.repeat([0, 1], [9, 5]))
