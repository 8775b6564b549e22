"""The metrics of a comparison match scikit-learn or values computed by hand."""

from __future__ import annotations

import re

import numpy as np
import pytest
from comparisons import (
    LEVELS,
    Oracle,
    compare_quickly,
    metric_values,
    numeric_table,
    oracle_predictions,
    quiet,
)
from scipy import optimize
from sklearn import metrics as reference

from imbsuite._classes import check_labels
from imbsuite.scoring.fold_predictions import FoldPredictions
from imbsuite.scoring.metrics import METRICS
from imbsuite.scoring.scorers import choose_metrics

RNG = np.random.default_rng


def random_proba(n: int, k: int, seed: int = 0):
    """Return rows of probabilities that sum to 1."""
    return RNG(seed).dirichlet(np.ones(k), n)


def test_binary_metrics_match_scikit_learn():
    y = RNG(0).permutation([0] * 40 + [1] * 10)
    proba = random_proba(50, 2)
    values = metric_values(oracle_predictions(y, range(50), [0, 1], proba))
    chosen = proba.argmax(axis=1)
    # The slope and intercept, computed another way: by maximum likelihood.
    logit = np.log(proba[:, 1] / proba[:, 0])

    def surprise(a, b):
        return np.logaddexp(0, np.where(y == 1, -1, 1) * (a + b * logit)).sum()

    alone = optimize.minimize(lambda v: surprise(v[0], 1), [0.0], tol=1e-10).x[0]
    slope = optimize.minimize(lambda v: surprise(*v), [0.0, 1.0], tol=1e-10).x[1]
    assert values.pop("calibration_intercept") == pytest.approx(alone, abs=1e-4)
    assert values.pop("calibration_slope") == pytest.approx(slope, abs=1e-4)
    assert values == pytest.approx(
        {
            "average_precision": reference.average_precision_score(y, proba[:, 1]),
            "roc_auc": reference.roc_auc_score(y, proba[:, 1]),
            "log_loss": reference.log_loss(y, proba),
            # The oracle has no training rows for correction or tuning.
            "log_loss_corrected": reference.log_loss(y, proba),
            "brier": reference.brier_score_loss(y, proba[:, 1]),
            "balanced_accuracy": reference.balanced_accuracy_score(y, chosen),
            "balanced_accuracy_tuned": reference.balanced_accuracy_score(y, chosen),
            "mcc": reference.matthews_corrcoef(y, chosen),
            "fit_time": 0.5,
        }
    )


def test_rarer_class_is_positive_in_either_sort_order():
    y = RNG(0).permutation([1] * 40 + [0] * 10)
    proba = random_proba(50, 2)
    values = metric_values(oracle_predictions(y, range(50), [0, 1], proba))
    expected = reference.average_precision_score(y == 0, proba[:, 0])
    assert values["average_precision"] == pytest.approx(expected)
    assert values["brier"] == pytest.approx(np.mean((proba[:, 0] - (y == 0)) ** 2))


def test_multiclass_metrics_match_scikit_learn():
    y = RNG(0).permutation(["a"] * 30 + ["b"] * 15 + ["c"] * 5)
    proba = random_proba(50, 3)
    values = metric_values(oracle_predictions(y, range(50), ["a", "b", "c"], proba))
    chosen = np.array(["a", "b", "c"])[proba.argmax(axis=1)]
    indicator = y[:, None] == np.array(["a", "b", "c"])
    ranked = reference.average_precision_score(indicator, proba, average="macro")
    assert values["average_precision"] == pytest.approx(ranked)
    assert values["roc_auc"] == pytest.approx(
        reference.roc_auc_score(y, proba, multi_class="ovr")
    )
    assert values["log_loss"] == pytest.approx(reference.log_loss(y, proba))
    assert values["brier"] == pytest.approx(reference.brier_score_loss(y, proba))
    assert values["balanced_accuracy"] == pytest.approx(
        reference.balanced_accuracy_score(y, chosen)
    )
    assert values["mcc"] == pytest.approx(reference.matthews_corrcoef(y, chosen))


def test_class_missing_from_the_test_fold_is_left_out_of_averages():
    y = np.array(["a", "a", "b", "b", "c"])
    proba = random_proba(4, 3)
    values = metric_values(oracle_predictions(y, [0, 1, 2, 3], ["a", "b", "c"], proba))
    for name, score in [
        ("average_precision", reference.average_precision_score),
        ("roc_auc", reference.roc_auc_score),
    ]:
        by_class = [score(y[:4] == k, proba[:, j]) for j, k in enumerate("ab")]
        assert values[name] == pytest.approx(np.mean(by_class))
    right = np.array(["a", "b", "c"])[proba.argmax(axis=1)] == y[:4]
    assert values["balanced_accuracy"] == np.mean([right[:2].mean(), right[2:].mean()])


def test_class_without_training_rows_gets_probability_0():
    y = np.array(["a", "b", "c", "a"])
    predictions = oracle_predictions(y, range(4), ["a", "c"], [[0.9, 0.1]] * 4)
    np.testing.assert_array_equal(predictions.proba, [[0.9, 0, 0.1]] * 4)
    values = metric_values(predictions)
    expected = -np.log([0.9, np.finfo(float).eps, 0.1, 0.9]).mean()
    assert values["log_loss"] == pytest.approx(expected)
    del values["calibration_slope"]  # undefined, because all rows are alike
    assert all(np.isfinite(list(values.values())))


def test_ranking_metrics_are_nan_in_a_fold_with_one_class():
    values = metric_values(
        oracle_predictions([0, 0, 1], [0, 1], [0, 1], [[0.8, 0.2], [0.6, 0.4]])
    )
    for name in ("average_precision", "roc_auc", "mcc"):
        assert np.isnan(values[name])
    assert values["log_loss"] == pytest.approx(-np.log([0.8, 0.6]).mean())
    assert values["balanced_accuracy"] == 1


def test_log_loss_of_certain_but_wrong_predictions_is_finite():
    values = metric_values(oracle_predictions([0, 1], [0, 1], [0, 1], [[0, 1], [1, 0]]))
    assert values["log_loss"] == pytest.approx(-np.log(np.finfo(float).eps))
    assert values["brier"] == 1


def test_default_metrics_are_the_ten_metrics_and_fit_time():
    names = [metric.name for metric in choose_metrics(None)]
    assert names == [*METRICS, "fit_time"]
    assert len(METRICS) == 10


@pytest.mark.parametrize("scoring", ["mcc", ["mcc"], {"mcc": "mcc"}])
def test_metrics_are_chosen_by_name(scoring):
    assert [metric.name for metric in choose_metrics(scoring)] == ["mcc", "fit_time"]


def test_known_metric_can_be_renamed():
    loss, _ = choose_metrics({"surprise": "log_loss"})
    assert (loss.name, loss.greater_is_better, loss.needs_proba) == (
        "surprise",
        False,
        True,
    )


@pytest.mark.parametrize(
    ("scoring", "error", "message"),
    [
        (["avrage_precision"], ValueError, "Did you mean 'average_precision'?"),
        (["log_lss"], ValueError, "must hold names of ['average_precision', 'roc_auc'"),
        ([], ValueError, "at least one metric"),
        ({"mine": 3}, TypeError, "Got 3 instead"),
    ],
)
def test_invalid_metrics_raise(scoring, error, message):
    with pytest.raises(error, match=re.escape(message)):
        choose_metrics(scoring)


@quiet
def test_scikit_learn_and_custom_scorers():
    X, y = numeric_table()
    half = {"half": lambda model, X, y: 0.5, "f": "f1", "ap": "average_precision"}
    comparison = compare_quickly(X, y, scoring=half)
    by_metric = comparison.scores.groupby("metric")["value"]
    assert (by_metric.get_group("half") == 0.5).all()
    assert by_metric.get_group("f").between(0, 1).all()
    standard = compare_quickly(X, y, scoring=["average_precision", "mcc"]).scores
    np.testing.assert_array_equal(
        by_metric.get_group("ap"),
        standard.loc[standard["metric"] == "average_precision", "value"],
    )


def test_ordinal_metrics_match_hand_computation():
    y = np.array(["low", "high", "mid"])
    labels = check_labels(y, ordered=LEVELS)
    # Columns are high, low, mid. Rows are correct, two steps off, one step off.
    oracle = Oracle(["high", "low", "mid"], [[0, 1, 0], [0, 1, 0], [1, 0, 0]])
    predictions = FoldPredictions(oracle, np.zeros((3, 1)), labels, np.arange(3), 0.0)
    values = {
        m.name: m.score(predictions) for m in choose_metrics(["mcc"], ordered=True)
    }
    assert values["macro_absolute_error"] == 1
    assert values["ranked_probability"] == pytest.approx((0 + 1 + 0.5) / 3)
