"""A comparison uses the folds that are complete when its budget ends."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from comparisons import compare_quickly, numeric_table
from sklearn.naive_bayes import GaussianNB

from imbsuite.experiment.budget import Budget
from imbsuite.folds.stratified import StratifiedFolds

pytestmark = pytest.mark.filterwarnings(
    "ignore:class .* has fewer than:UserWarning", "ignore:the budget ended:UserWarning"
)
# Two models with two strategies: four fits in a fold, without inner fits.
OPTIONS = {"cv": StratifiedFolds(3, 1), "scoring": ["average_precision"]}


class SlowNB(GaussianNB):
    """Takes a tenth of a second to fit."""

    def fit(self, X, y):
        time.sleep(0.1)
        return super().fit(X, y)


class Clock:
    """A clock that advances by one second for each fit."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def count(self, done, total):
        self.now = float(done)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(time, "time", clock)
    return clock


def compare_two(model=GaussianNB, **options):
    X, y = numeric_table((80, 30))
    models = {"a": model(), "b": model(var_smoothing=0.1)}
    return compare_quickly(X, y, estimator=models, **OPTIONS | options)


def without_times(scores):
    return scores[scores["metric"] != "fit_time"].reset_index(drop=True)


@pytest.mark.parametrize(
    ("budget", "n_folds"), [(5, 1), (7, 1), (8, 2), (9, 2), (12, 3), (10**9, 3)]
)
def test_only_complete_folds_are_compared(clock, budget, n_folds):
    part = compare_two(budget=budget, progress=clock.count)
    whole = compare_two()
    assert (part.n_folds, part.finished) == (n_folds, (4 * n_folds, 12))
    expected = whole.scores[whole.scores["fold"] < n_folds]
    assert without_times(part.scores).equals(without_times(expected))
    noted = [note for note in part.notes if "budget" in note]
    if n_folds == 3:
        assert not noted
    else:
        note = (
            f"the budget ended after {4 * n_folds} of 12 fits: the comparison is on the "
            f"{n_folds} of 3 folds that all models and strategies had finished."
        )
        assert noted == [note]
    assert not part.interrupted
    assert not part.to_dict()["interrupted"]


def test_no_fit_starts_after_the_budget_ends(clock):
    calls = []

    def count(done, total):
        calls.append(done)
        clock.count(done, total)

    # Progress is reported after both models of a strategy.
    with pytest.raises(ValueError, match=r"budget ended after 2 s, .*2 fits of 4 in"):
        compare_two(budget=1.5, progress=count)
    assert calls[:2] == [0, 2]


def test_fold_that_would_exceed_the_budget_is_not_started():
    budget = Budget(100)
    budget.started -= 60
    folds = budget.affordable([[["fit"] * 10], [["fit"] * 20], [["fit"] * 10]])
    next(folds)
    budget.done = 10
    # Twenty fits take about 120 s. 100 s are left, but estimates have a tolerance.
    assert next(folds) == ["fit"] * 20
    # Thirty fits take 180 s, which is too long.
    assert next(folds, None) is None


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_budget_is_kept_in_real_time(n_jobs):
    whole = compare_two()
    compare_two(n_jobs=n_jobs)  # starts the processes
    started = time.monotonic()
    part = compare_two(
        SlowNB, cv=StratifiedFolds(3, 50), budget=4, n_jobs=n_jobs, strategies=[]
    )
    assert time.monotonic() - started < 30
    done, planned = part.finished
    assert 2 <= done < planned == 300
    counts = part.scores.groupby("fold").size()
    assert counts.nunique() == 1
    both = part.scores.merge(whole.scores, on=["model", "strategy", "fold", "metric"])
    both = without_times(both)
    assert len(both)
    np.testing.assert_array_equal(both["value_x"], both["value_y"])


def test_ctrl_c_within_a_budget_is_reported_as_an_interruption():
    def stop(done, total):
        if done == 4:
            raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="interrupted after 4 of 12 fits"):
        part = compare_two(budget=1000, progress=stop)
    assert part.interrupted


@pytest.mark.parametrize(
    ("budget", "error"),
    [
        *((value, ValueError) for value in (0, -1, math.nan, math.inf, np.float64(-2))),
        *((value, TypeError) for value in ("5", True, [1], 1j)),
    ],
)
def test_invalid_budget_raises(budget, error):
    message = "'budget' parameter of compare must be a positive number of seconds"
    with pytest.raises(error, match=message):
        compare_two(budget=budget, progress=pytest.fail)
