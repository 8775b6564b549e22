"""Test labels change no prediction, and a column equal to them changes no score.

The same comparisons do show the leak if the training rows are the test rows.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import TargetEncoder
from sklearn.tree import DecisionTreeClassifier
from skrub import TableVectorizer

from imbsuite.explore import compare

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
N, N_TRAIN = 400, 300
TRAIN, TEST = np.arange(N_TRAIN), np.arange(N_TRAIN, N)
HONEST, LEAKING = [(TRAIN, TEST)], [(TEST, TEST)]
# Weights, repeated and dropped rows, interpolation and cleaning; each with corrections
# and thresholds.
FEW = ["class-weight", "random-over", "random-under", "smote-enn"]
WEIGHTS = np.random.default_rng(1).random(N - N_TRAIN)


@cache
def table() -> tuple[pd.DataFrame, np.ndarray]:
    """Return labels, and a table of two informative numbers and a town."""
    rng = np.random.default_rng(0)
    y = rng.random(N) < 0.25
    X = pd.DataFrame(
        {
            "age": rng.normal(size=N) + 1.5 * y,
            "size": rng.normal(size=N) + y,
            "town": rng.choice(["Ulm", "Bonn", "Kiel"], N),
        }
    )
    return X, y.astype(int)


def decisions(model, X, y):
    """Return a number that identifies the predicted positive rows, ignoring labels."""
    return float(WEIGHTS @ (model.predict(X) == 1))


def encoding_targets(*columns):
    encoder = TargetEncoder(random_state=0)
    return make_column_transformer((encoder, list(columns)), remainder="passthrough")


def models():
    """Return a model with an encoder that reads labels, and one without."""
    target = make_pipeline(encoding_targets("town"), LogisticRegression())
    trees = HistGradientBoostingClassifier(max_iter=5)
    return {
        "target encoder": target,
        "boosting": make_pipeline(TableVectorizer(), trees),
    }


def compared(y, folds):
    X, _ = table()
    return compare(
        X,
        y,
        estimator=models(),
        strategies=FEW,
        cv=folds,
        scoring={"decisions": decisions, "log_loss_corrected": "log_loss_corrected"},
        cost={"fp": 1, "fn": 1},
        pos_label=1,
    )


@cache
def with_both_labels(leaking):
    """Return comparisons with the labels of the test rows, and with flipped ones."""
    _, y = table()
    flipped = np.where(np.arange(N) < N_TRAIN, y, 1 - y)
    folds = LEAKING if leaking else HONEST
    return [compared(labels, folds) for labels in (y, flipped)]


def scores_of(comparison, metric):
    rows = comparison.scores[comparison.scores["metric"] == metric]
    return rows.set_index(["model", "strategy"])["value"]


def test_probabilities_and_corrections_do_not_depend_on_test_labels():
    one, other = (comparison.predictions for comparison in with_both_labels(False))
    assert len(one) == len(models()) * (1 + len(FEW))
    for mine, theirs in zip(one, other, strict=True):
        np.testing.assert_array_equal(mine.proba, theirs.proba)
        np.testing.assert_array_equal(mine.corrected, theirs.corrected)
        assert (mine.truth != theirs.truth).all()
    assert any((p.proba != p.corrected).any() for p in one)


def test_decisions_do_not_depend_on_test_labels():
    one, other = (scores_of(c, "decisions") for c in with_both_labels(False))
    assert one.nunique() > len(models())
    pd.testing.assert_series_equal(one, other)


def test_cost_decisions_do_not_depend_on_test_labels():
    # Each row is decided in the same way, so it is wrong for one of the two labels.
    one, other = (scores_of(c, "cost") for c in with_both_labels(False))
    np.testing.assert_allclose(one + other, 1)


def test_folds_that_leak_change_predictions_decisions_and_costs():
    comparisons = with_both_labels(True)
    one, other = (comparison.predictions for comparison in comparisons)
    for mine, theirs in zip(one, other, strict=True):
        assert (mine.proba != theirs.proba).any()
    one, other = (scores_of(c, "decisions") for c in comparisons)
    assert (one != other).all()
    one, other = (scores_of(c, "cost") for c in comparisons)
    assert (one + other < 0.95).all()


# --- A column that equals the label on test rows --------------------------------------


def planted(kind, *, on_test):
    """Return the table with a noise column, on test rows the label if ``on_test``."""
    X, y = table()
    noise = np.random.default_rng(2).integers(0, 2, N)
    values = np.where((np.arange(N) >= N_TRAIN) & on_test, y, noise)
    if kind == "text":
        values = np.where(values == 1, "left", "right")
    return X.assign(planted=values), y


def stump(encoder):
    """Return a model that only uses the most informative columns in training."""
    return make_pipeline(encoder, DecisionTreeClassifier(max_depth=2, random_state=0))


ENCODERS = {
    "number": (TableVectorizer(), "number"),
    "indicator": (TableVectorizer(), "text"),
    "target encoder": (encoding_targets("planted", "town"), "text"),
}


def scores_with(kind, model, *, on_test, folds=HONEST, **options):
    """Return the score of each strategy and metric; two models share their encoder."""
    X, y = planted(kind, on_test=on_test)
    comparison = compare(
        X,
        y,
        estimator={"one": model, "two": model},
        strategies=FEW,
        cv=folds,
        cost={"fp": 1, "fn": 3},
        pos_label=1,
        **options,
    )
    scores = comparison.scores[comparison.scores["metric"] != "fit_time"]
    return scores.set_index(["model", "strategy", "metric"])["value"]


# "indicator" is slow: the others cover the vectorizer (of a number) and text.
BY_ENCODER = pytest.mark.parametrize(
    "name",
    ["number", "target encoder", pytest.param("indicator", marks=pytest.mark.slow)],
)


@BY_ENCODER
def test_column_leaked_into_test_rows_changes_no_score(name, tmp_path):
    encoder, kind = ENCODERS[name]
    # The cached fits of the other table must not be reused.
    noise, leak = (
        scores_with(kind, stump(encoder), on_test=there, cache=tmp_path)
        for there in (False, True)
    )
    pd.testing.assert_series_equal(noise, leak)


@BY_ENCODER
def test_leaked_column_is_used_by_every_strategy_in_folds_that_leak(name):
    encoder, kind = ENCODERS[name]
    noise, leak = (
        scores_with(kind, stump(encoder), on_test=there, folds=LEAKING)
        for there in (False, True)
    )
    metrics = ["average_precision", "balanced_accuracy_tuned"]
    for metric in metrics:
        assert (leak.xs(metric, level="metric") > 0.99).all()
        assert (noise.xs(metric, level="metric") < 0.97).all()
    assert (leak.xs("cost", level="metric") < 0.01).all()
