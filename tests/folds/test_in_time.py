"""Folds in time: models, corrections and thresholds are fitted to earlier rows only."""

from __future__ import annotations

import datetime as dt
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from comparisons import compare_quickly
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from imbsuite._classes import check_labels
from imbsuite.experiment.options import Options
from imbsuite.experiment.setup import set_up
from imbsuite.explore import compare
from imbsuite.folds.in_time import ENOUGH_EARLIER, Times
from imbsuite.probability.units import Units

RNG = np.random.default_rng
in_time = pytest.mark.filterwarnings("ignore:.* folds in time:UserWarning")
quiet = pytest.mark.filterwarnings("ignore:class .* has fewer than:UserWarning")


ZONES = dt.datetime(2020, 1, 31), dt.datetime(2020, 1, 31, tzinfo=dt.UTC)  # noqa: DTZ001 - without a zone


def table(n: int = 400, n_times: int = 60, seed: int = 0):
    """Return rows in random order, their labels, and their times, with ties."""
    rng = RNG(seed)
    times = rng.integers(0, n_times, n)
    return rng.normal(size=(n, 2)), (rng.random(n) < 0.3).astype(int), times


def folds(times, y, n_folds=5, units=None, embargo=None):
    read = Times.read(times, embargo, len(y))
    return read.folds(n_folds, check_labels(y), units or Units())


def test_training_rows_are_all_earlier_rows():
    _, y, times = table()
    splits = folds(times, y)
    tested = np.concatenate([test for _, test in splits.pairs])
    assert len(splits.pairs) == 5
    assert len(set(tested)) == len(tested)
    for train, test in splits.pairs:
        start = times[test].min()
        assert set(train) == set(np.flatnonzero(times < start))
        # Rows of equal times stay together, and periods are about equal in size.
        assert set(test) == set(np.flatnonzero(np.isin(times, times[test])))
        assert abs(len(test) - 400 / 6) < 25
    assert max(times[tested]) == max(times)


@pytest.mark.parametrize(
    "convert",
    [
        list,
        lambda t: t / 7,
        lambda t: np.array(t, dtype=object),
        lambda t: pd.Timestamp("2020-01-01") + pd.to_timedelta(t, "D"),
        lambda t: pd.Timestamp("2020-01-01", tz="Asia/Tokyo") + pd.to_timedelta(t, "h"),
        lambda t: np.datetime64("2020-01-01") + t.astype("timedelta64[D]"),
        lambda t: [dt.date(2020, 1, 1) + dt.timedelta(int(v)) for v in t],
        lambda t: [str(dt.date(2020, 1, 1) + dt.timedelta(int(v))) for v in t],
        lambda t: pd.period_range("2020-01", periods=60, freq="M")[t],
        lambda t: pd.to_timedelta(t, "s"),
        lambda t: pd.Categorical.from_codes(
            t, [f"c{i}" for i in range(60)], ordered=True
        ),
        lambda t: pl.Series("when", t),
        lambda t: pl.Series("when", t).to_arrow(),
        lambda t: pd.Series(t, dtype="Int64", index=np.arange(len(t))[::-1]),
    ],
)
def test_all_types_of_times_give_the_same_folds(convert):
    _, y, times = table()
    for ours, expected in zip(
        folds(convert(times), y).pairs, folds(times, y).pairs, strict=True
    ):
        np.testing.assert_array_equal(ours[0], expected[0])
        np.testing.assert_array_equal(ours[1], expected[1])


@pytest.mark.parametrize(
    ("convert", "embargo"),
    [
        (np.asarray, 5),
        (lambda t: t / 2, 2.5),
        (lambda t: pd.Timestamp("2020-01-01") + pd.to_timedelta(t, "D"), "5 days"),
        (
            lambda t: pd.Timestamp("2020-01-01") + pd.to_timedelta(t, "D"),
            dt.timedelta(5),
        ),
        (
            lambda t: np.datetime64("2020-01-01") + t.astype("timedelta64[D]"),
            np.timedelta64(5, "D"),
        ),
    ],
)
def test_embargo_drops_the_rows_before_a_test_period(convert, embargo):
    _, y, times = table()
    for train, test in folds(convert(times), y, embargo=embargo).pairs:
        assert set(train) == set(np.flatnonzero(times < times[test].min() - 5))


def test_groups_of_test_rows_are_dropped_from_training():
    _, y, times = table()
    groups = RNG(1).integers(0, 40, len(y))
    for train, test in folds(times, y, units=Units(groups, mixed=True)).pairs:
        assert not set(groups[train]) & set(groups[test])
        earlier = np.flatnonzero(times < times[test].min())
        assert set(earlier) - set(train) == set(
            earlier[np.isin(groups[earlier], groups[test])]
        )


@pytest.mark.parametrize("copies", [None, "split"])
def test_copies_of_test_rows_are_dropped_from_training(copies):
    X, y, times = table()
    X, y, times = np.tile(X, (2, 1)), np.tile(y, 2), np.append(times, times[::-1])
    options = Options(times=times, copies=copies, estimator=GaussianNB())
    rows = np.tile(np.arange(400), 2)
    shared = [
        set(rows[train]) & set(rows[test])
        for train, test in set_up(X, y, options).folds.pairs
    ]
    assert any(shared) is (copies == "split")


def test_folds_with_too_few_earlier_rare_rows_are_dropped():
    times = np.arange(120)
    y = np.zeros(120, dtype=int)
    y[40 + np.arange(0, 80, 2)] = 1
    splits = folds(times, y)
    assert len(splits.pairs) == 4 - 1  # periods begin at 20, 40 (both without), 60, ...
    assert all(y[train].sum() >= ENOUGH_EARLIER for train, _ in splits.pairs)
    assert splits.notes[1].startswith("2 of 5 folds in time are left out")
    with pytest.raises(ValueError, match="None of the 5 folds in time has"):
        folds(times, np.arange(120) >= 115)


def test_few_distinct_times_give_fewer_folds():
    _, y, _ = table()
    splits = folds(np.arange(400) // 150, y)  # 0, 1, 2
    assert len(splits.pairs) == 2
    assert splits.notes[-1] == "times have too few values for 5 folds; 2 are made."
    # Most rows have the first time.
    assert len(folds(np.arange(400) // 390, RNG(0).integers(0, 2, 400)).pairs) == 1


def test_validation_rows_are_the_last_third_with_every_class():
    _, y, times = table()
    read = Times.read(times, None, len(y))
    train, test = read.validation(y, 1 / 3, Units())
    assert times[train].max() < times[test].min()
    assert len(test) == pytest.approx(len(y) / 3, abs=20)
    # Rare rows occur only in the first fifth, so the split must move.
    y = ((times < 12) & (np.arange(len(y)) % 3 == 0)).astype(int)
    train, test = read.validation(y, 1 / 3, Units())
    assert set(y[train]) == set(y[test]) == {0, 1}


def test_validation_respects_the_embargo():
    times, y = np.arange(90), np.arange(90) % 2
    train, test = Times.read(times, 20, 90).validation(y, 1 / 3, Units())
    assert (train.max(), test.min()) == (39, 60)
    # The embargo spans nearly all rows: only a late split leaves training rows.
    train, test = Times.read(times, 80, 90).validation(y, 1 / 3, Units())
    assert (train.max(), test.min()) == (1, 82)


@quiet
@in_time
@pytest.mark.filterwarnings("ignore:times have too few:UserWarning")
def test_thresholds_are_not_tuned_without_earlier_training_rows():
    X, y, _ = table()
    with pytest.warns(UserWarning, match="no time with earlier rows of every class"):
        comparison = compare_quickly(X, y, times=np.arange(400) // 200)
    assert comparison.n_folds == 1


class Spy(ClassifierMixin, BaseEstimator):
    """Asserts, by the last column, that predicted rows are later than fitted ones."""

    def fit(self, X, y):
        self.last_ = X[:, -1].max()
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        assert X[:, -1].min() > self.last_
        first = np.linspace(0.2, 0.8, len(X))
        return np.column_stack([first, 1 - first])

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


@quiet
@in_time
@pytest.mark.filterwarnings("ignore:.* repeat the features:UserWarning")
@pytest.mark.parametrize("embargo", [None, 3])
def test_compare_never_predicts_earlier_rows(embargo):
    X, y, times = table()
    X = np.column_stack([X, times])
    options = {"estimator": Spy(), "strategies": ["random-over"], "times": times}
    comparison = compare_quickly(X, y, embargo=embargo, **options)
    assert comparison.n_folds == 3
    assert comparison.scores["value"].notna().mean() > 0.9
    assert any("intervals are approximate" in note for note in comparison.notes)
    with pytest.raises(ValueError, match="AssertionError"):
        compare_quickly(X, y, estimator=Spy(), strategies=["random-over"])


@quiet
@in_time
def test_label_leak_in_later_rows_changes_no_score():
    """A column equals the label in the last test period, and is constant before."""
    X, y, times = table(300)
    leak = np.zeros(300)
    last = folds(times, y).pairs[-1][1]
    leak[last] = y[last]
    models = {
        "tree": DecisionTreeClassifier(max_depth=3),
        "linear": make_pipeline(StandardScaler(), LogisticRegression()),
    }
    options = {
        "estimator": models,
        "strategies": ["random-over", "smote"],
        "times": times,
    }
    without, planted = (
        compare(np.column_stack([X, column]), y, **options).scores
        for column in (np.zeros(300), leak)
    )
    tested = without["metric"] != "fit_time"
    np.testing.assert_allclose(without["value"][tested], planted["value"][tested])


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([1.0, np.nan] * 200, "times has missing values, in 200 rows"),
        ([None, "2020-01-01"] * 200, "times has missing values, in 200 rows"),
        ([3] * 400, "times must have two values or more"),
        (np.zeros(400), r"Got 0\.0 in every row"),
        (pd.Categorical([2, 1] * 200), r"such as 2 \(category\), which have no known"),
        (["b", "a"] * 200, "times must hold numbers, dates"),
        (["2020-01-31", "31.01.2020"] * 200, "times must hold numbers, dates"),
        (["2021-02-30", "2020-01-31"] * 200, "times must hold numbers, dates"),
        (["2020-01-31T10:00Z", "2020-01-31"] * 200, "times must all have a time zone"),
        ([*ZONES] * 200, "times must all have a time zone"),
        ([1, "a"] * 200, "times must hold numbers, dates"),
        ([1j, 2] * 200, "times must hold numbers, dates"),
        (pd.Categorical(["b", "a"] * 200), "times must hold numbers, dates"),
        ([1.0, np.inf] * 200, "times must be finite"),
        ([1, 2, 3], "X has 400 rows, times has 3"),
        (np.zeros((400, 2)), "times must have one dimension"),
    ],
)
def test_invalid_times_raise(times, message):
    X, y, _ = table()
    with pytest.raises(ValueError, match=message):
        compare_quickly(X, y, times=times)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"embargo": -1}, "'embargo' parameter of compare must be a number of at"),
        (
            {"embargo": "7 days"},
            "'embargo' parameter of compare must be a number of at",
        ),
        (
            {"embargo": 1, "times": None},
            "'embargo' parameter of compare requires times",
        ),
        ({"cv": KFold(3)}, "times make the folds"),
        ({"cv": 1}, "at least 2 folds"),
    ],
)
def test_options_incompatible_with_times_raise(options, message):
    X, y, times = table()
    with pytest.raises(ValueError, match=message):
        compare_quickly(X, y, **{"times": times} | options)


@pytest.mark.parametrize("embargo", [7, "soon", dt.timedelta(-1), True])
def test_embargo_of_dates_must_be_a_duration(embargo):
    X, y, times = table()
    dates = pd.Timestamp("2020-01-01") + pd.to_timedelta(times, "D")
    with pytest.raises(ValueError, match="must be a duration such as '7 days'"):
        compare_quickly(X, y, times=dates, embargo=embargo)


def test_sampled_rows_keep_their_times():
    X, y, times = table(1000)
    X = np.column_stack([X, times])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        options = {"estimator": Spy(), "strategies": ["nothing"], "sample_rows": 500}
        assert compare_quickly(X, y, times=times, **options).n_folds == 3
