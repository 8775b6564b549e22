"""A cached run gives the same result as a fresh run, whatever is in the cache."""

from __future__ import annotations

from functools import partial

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from comparisons import numeric_table
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, fbeta_score, make_scorer
from sklearn.naive_bayes import GaussianNB

from imbsuite import SMOTE, RandomOverSampler, compare
from imbsuite._keys import digest
from imbsuite.experiment import fit_task
from imbsuite.folds.stratified import StratifiedFolds

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
RNG = np.random.default_rng
TABLE = numeric_table((80, 30))


class CountingBayes(GaussianNB):
    """Counts its fits."""

    fits = 0

    def fit(self, X, y):
        type(self).fits += 1
        return super().fit(X, y)


def run(cache, X=None, y=None, **options):
    """Compare, and return the result and the number of fits that it took."""
    table, target = TABLE
    usual = {
        "estimator": CountingBayes(),
        "strategies": {"over": RandomOverSampler()},
        "cv": StratifiedFolds(3, 1),
        "scoring": ["average_precision", "mcc"],
    }
    before = CountingBayes.fits
    X, y = (table if X is None else X), (target if y is None else y)
    comparison = compare(X, y, cache=cache, **usual | options)
    return comparison, CountingBayes.fits - before


def assert_same(one, other, *, timed=True):
    scores = [comparison.scores for comparison in (one, other)]
    if not timed:
        scores = [s[s["metric"] != "fit_time"].reset_index(drop=True) for s in scores]
    pd.testing.assert_frame_equal(*scores)
    assert one.notes == other.notes
    assert one.class_changes == other.class_changes
    for p, q in zip(one.predictions, other.predictions, strict=True):
        np.testing.assert_array_equal(p.proba, q.proba)
        np.testing.assert_array_equal(p.rows, q.rows)


def test_second_run_fits_nothing_and_gives_the_same_result(tmp_path):
    plain, n = run(None)
    first, n_first = run(tmp_path / "new" / "folder")
    second, n_second = run(str(tmp_path / "new" / "folder"))
    memory, n_memory = run(joblib.Memory(tmp_path / "new" / "folder", verbose=0))
    assert (n_first, n_second, n_memory) == (n, 0, 0)
    assert n > 0
    assert_same(plain, first, timed=False)
    assert_same(first, second)
    assert_same(first, memory)


CHANGED = [
    {"X": TABLE[0] + 1e-9},
    {"y": 1 - TABLE[1]},
    {"groups": np.arange(110)},
    {"estimator": CountingBayes(var_smoothing=1e-3)},
    {"random_state": 1},
    {"scoring": ["average_precision", "brier"]},
    {"cv": StratifiedFolds(2, 1)},
]


@pytest.mark.parametrize("change", CHANGED)
def test_changed_inputs_are_refitted(tmp_path, change):
    run(tmp_path)
    _, fits = run(tmp_path, **change)
    assert fits == run(None, **change)[1] > 0


def test_only_new_strategies_and_models_are_fitted(tmp_path):
    run(tmp_path)
    both = {"over": RandomOverSampler(), "smote": SMOTE()}
    comparison, fits = run(tmp_path, strategies=both)
    assert fits == 3  # one per fold; no metric needs more fits of smote
    assert_same(comparison, run(None, strategies=both)[0], timed=False)
    models = {"a": CountingBayes(), "b": LogisticRegression()}
    _, fits = run(tmp_path, estimator={"CountingBayes": CountingBayes(), **models})
    assert fits > 0


def test_damaged_entries_are_refitted(tmp_path):
    first, _ = run(tmp_path)
    entries = sorted(tmp_path.rglob("*.fit"))
    assert len(entries) == 6
    whole = entries[0].read_bytes()
    entries[0].write_bytes(whole[:-10])
    entries[1].write_bytes(b"")
    flipped = bytearray(entries[2].read_bytes())
    flipped[-1] ^= 1
    entries[2].write_bytes(flipped)
    comparison, fits = run(tmp_path)
    assert fits > 0
    assert_same(first, comparison, timed=False)
    assert run(tmp_path)[1] == 0
    assert not [path for path in tmp_path.rglob("*") if "partial" in path.name]


class Moody(CountingBayes):
    """Fails as long as ``fails`` is True."""

    fails = True

    def fit(self, X, y):
        if self.fails and len(y) > 110 * 2 / 3 + 5:
            msg = "not today"
            raise RuntimeError(msg)
        return super().fit(X, y)


def test_failures_are_not_cached(tmp_path, monkeypatch):
    comparison, _ = run(tmp_path, estimator=Moody())
    assert any("not today" in note for note in comparison.notes)
    monkeypatch.setattr(Moody, "fails", False)
    comparison, _ = run(tmp_path, estimator=Moody())
    assert not any("not today" in note for note in comparison.notes)


def test_interrupted_run_resumes(tmp_path, monkeypatch):
    once = fit_task._evidence
    reached = 0

    def stop(*arguments):
        nonlocal reached
        reached += 1
        if reached == 4:
            raise KeyboardInterrupt
        return once(*arguments)

    monkeypatch.setattr(fit_task, "_evidence", stop)
    part, _ = run(tmp_path)
    assert part.finished == (3, 6)
    monkeypatch.undo()
    comparison, fits = run(tmp_path)
    plain, all_fits = run(None)
    assert 0 < fits < all_fits
    assert_same(comparison, plain, timed=False)


def test_concurrent_runs_share_a_folder(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    # With processes of joblib, two comparisons write the same entries at once.
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(run, tmp_path, n_jobs=2) for _ in range(2)]
        comparisons = [future.result()[0] for future in runs]
    assert_same(*comparisons, timed=False)
    assert_same(comparisons[0], run(tmp_path)[0], timed=False)
    assert run(tmp_path)[1] == 0


@pytest.mark.parametrize(
    ("cache", "error", "message"),
    [
        (3, TypeError, "'cache' parameter of compare must be .*Got 3 instead"),
        ("file/in", OSError, "cannot use"),
    ],
)
def test_invalid_cache_raises(tmp_path, monkeypatch, cache, error, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(error, match=message):
        run(cache)


# --- The key -------------------------------------------------------------------------


def scorer(scale):
    return lambda model, X, y: scale


class Named(BaseEstimator):
    def __init__(self, value=None):
        self.value = value


DIFFERENT = [
    1,
    "1",
    [1],
    (1,),
    {"a": 1},
    {"a": "1"},
    np.arange(3),
    np.arange(3.0),
    pd.DataFrame({"a": [1, 2]}),
    pd.DataFrame({"b": [1, 2]}),
    pd.DataFrame({"a": ["1", "2"]}),
    pl.DataFrame({"a": [1, 2]}),
    pl.DataFrame({"a": [1, 3]}),
    Named(),
    Named(1),
    Named(Named(1)),
    Named(np.random.RandomState(0)),
    Named(np.random.RandomState(1)),
    SMOTE(),
    SMOTE(k_neighbors=4),
    scorer(1),
    scorer(2),
    partial(scorer, 1),
    make_scorer(f1_score),
    make_scorer(fbeta_score, beta=2),
    make_scorer(fbeta_score, beta=3),
    Named,
    SMOTE,
]


def test_different_objects_have_different_keys():
    keys = [digest(thing) for thing in DIFFERENT]
    assert len(set(keys)) == len(DIFFERENT)
    assert keys == [digest(thing) for thing in DIFFERENT]


def test_equal_objects_have_equal_keys():
    assert digest(SMOTE(k_neighbors=5)) == digest(SMOTE())
    assert digest(scorer(1)) == digest(scorer(1))
    assert digest(np.arange(3)) == digest(np.arange(6)[:3])
