"""Duplicates of a row stay in one fold of a comparison, in outer and inner folds."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from comparisons import compare_quickly, quiet
from shared import RefusesKnownRows
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from imbsuite.explore import compare

RNG = np.random.default_rng
copied = pytest.mark.filterwarnings("ignore:.* repeat the features and:UserWarning")


def noise(n: int = 100, times: int = 3):
    """Return rows of noise, each repeated ``times`` times, and their labels."""
    rng = RNG(0)
    rows = rng.permutation(np.tile(np.arange(n), times))
    return rng.normal(size=(n, 2))[rows], (rng.random(n) < 0.3).astype(int)[rows]


def with_missing(X):
    frame = pd.DataFrame(X, columns=["a", "b"])
    frame["c"] = np.where(frame["a"] > 0, "high", None)
    frame["d"] = frame["b"].where(frame["a"] < 0)
    return frame


@quiet
@copied
@pytest.mark.parametrize(
    "container",
    [
        np.asarray,
        with_missing,
        lambda X: pl.from_pandas(with_missing(X)),
        lambda X: pl.from_pandas(with_missing(X)).to_arrow(),
        lambda X: with_missing(X).astype({"c": "category"}),
    ],
    ids=["numpy", "pandas", "polars", "arrow", "categories"],
)
def test_no_model_predicts_a_duplicate_of_a_training_row(container):
    X, y = noise()
    # Corrections and thresholds are fitted on inner folds.
    options = {"estimator": RefusesKnownRows(), "strategies": ["random-over"]}
    options["scoring"] = ["log_loss_corrected", "balanced_accuracy_tuned"]
    comparison = compare_quickly(container(X), y, **options)
    assert comparison.scores["value"].notna().mean() > 0.9
    with pytest.raises(ValueError, match="AssertionError"):
        compare_quickly(container(X), y, copies="split", **options)


@quiet
@copied
def test_nearest_neighbor_ranks_noise_by_chance():
    X, y = noise(200)
    options = {"estimator": KNeighborsClassifier(1), "scoring": ["roc_auc"]}
    together, split = (
        compare(X, y, strategies=["nothing"], copies=how, cv=5, **options)
        .summary()
        .query("metric == 'roc_auc' and strategy == 'nothing'")["mean"]
        .item()
        for how in (None, "split")
    )
    assert split > 0.95
    assert together == pytest.approx(0.5, abs=0.1)


@quiet
@copied
def test_folds_keep_groups_and_duplicates_together():
    rng = RNG(0)
    X, y = np.tile(rng.normal(size=(90, 2)), (2, 1)), np.tile(rng.random(90) < 0.3, 2)
    groups = np.repeat(np.arange(60), 3)  # each row has a copy 30 groups later
    compare_quickly(X, y, groups=groups, estimator=RefusesKnownRows())
    with pytest.raises(ValueError, match="AssertionError"):
        compare_quickly(
            X, y, groups=groups, estimator=RefusesKnownRows(), copies="split"
        )


def test_notes_on_duplicate_rows():
    X, y = noise(100, 3)
    X, y = np.concatenate([X, X[:5]]), np.concatenate([y, 1 - y[:5]])

    def notes(**options):
        options = {"scoring": ["mcc"], "strategies": ["nothing"]} | options
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            all_notes = compare_quickly(X, y, **options).notes
        return [note for note in all_notes if "features" in note]

    repeats, contradicted = notes()
    assert repeats.startswith("200 rows (65.6%) repeat the features and the class")
    assert repeats.endswith("Folds keep copies together; copies='split' does not.")
    assert "have the same features as a row of another class" in contradicted
    for options in ({"copies": "split"}, {"cv": StratifiedKFold(3)}):
        assert "by a model that was fitted to a copy" in notes(**options)[0]


def test_invalid_copies_parameter_raises():
    X, y = noise()
    for wrong in ("always", 1, ["split"]):
        with pytest.raises(
            ValueError, match="The 'copies' parameter of compare must be"
        ):
            compare_quickly(X, y, copies=wrong)


@quiet
@pytest.mark.filterwarnings("ignore:column '2' alone determines the class")
@pytest.mark.parametrize("label_is_seen", [False, True])
def test_label_leaked_only_into_test_rows_changes_no_score(label_is_seen):
    """A column that is constant in the training rows gives a model no information."""
    X, y = noise(120, 1)
    train, test = np.arange(80), np.arange(80, 120)
    leak = np.zeros(len(y))
    plain = np.column_stack([X, leak])
    leak[test] = y[test]
    if label_is_seen:
        leak[train] = y[train]
    models = {
        "tree": DecisionTreeClassifier(max_depth=3),
        "linear": make_pipeline(StandardScaler(), LogisticRegression()),
    }
    names = ["class-weight", "random-over", "smote", "smote-enn", "rcal"]
    options = {"estimator": models, "strategies": names, "cv": [(train, test)]}
    options["scoring"] = ["roc_auc", "log_loss_corrected", "balanced_accuracy_tuned"]
    without, planted = (
        compare(table, y, **options).scores.query("metric != 'fit_time'")["value"]
        for table in (plain, np.column_stack([X, leak]))
    )
    assert np.allclose(without, planted, equal_nan=True) is not label_is_seen
