"""Costs of a comparison, by hand and for every strategy."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from comparisons import compare_quickly, numeric_table, oracle_predictions, quiet

from imbsuite._classes import check_labels
from imbsuite.decision.cost_forms import read_costs
from imbsuite.scoring.metrics import cost_metric


def costs_of(cost, labels):
    return read_costs(
        cost, labels.classes, order=labels.ordered, positive=labels.positive
    )


@pytest.mark.parametrize("swapped", [False, True])
def test_binary_costs_match_hand_computation(swapped):
    # The rarer class is the positive one, in either sort order.
    y = np.array([0, 0, 0, 1]) if not swapped else np.array([1, 1, 1, 0])
    rare = [0.3, 0.02, 0.6, 0.04]
    proba = [[p, 1 - p] if swapped else [1 - p, p] for p in rare]
    predictions = oracle_predictions(y, range(4), [0, 1], proba)
    costs = costs_of({"fp": 1, "fn": 20}, predictions.labels)
    # The threshold is 1 / 21 = 0.048: two false alarms, and the positive row is missed.
    assert cost_metric(costs).score(predictions) == (1 + 1 + 20) / 4


def test_costs_of_three_classes_match_hand_computation():
    y = np.array(["a", "b", "c"])
    predictions = oracle_predictions(
        y, range(3), ["a", "b", "c"], np.full((3, 3), 1 / 3)
    )
    distance = np.abs(np.subtract.outer(np.arange(3), np.arange(3)))
    named = pd.DataFrame(distance, index=list("abc"), columns=list("abc"))
    costs = costs_of(named, predictions.labels)
    # The middle class is predicted, which is never more than one step away.
    assert cost_metric(costs).score(predictions) == 2 / 3


@pytest.mark.parametrize(
    ("cost", "classes", "message"),
    [
        ({"fp": 1, "fm": 2}, 2, "name fp and fn"),
        ({}, 2, "name fp and fn"),
        ({"fp": 1}, 2, "lacks the cost of 'fn'"),
        ({"fp": 1}, 3, "is for two classes, but y has the 3"),
        ([[0, 1], [1, 0]], 3, "shape (3, 3)"),
        ([[0, np.inf], [1, 0]], 2, "finite numbers"),
    ],
)
def test_invalid_costs_raise(cost, classes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        costs_of(cost, check_labels(np.arange(6) % classes))


@quiet
def test_costs_are_measured_for_every_strategy():
    X, y = numeric_table((360, 40))
    comparison = compare_quickly(X, y, cost={"fp": 1, "fn": 20}, cv=5)
    rows = comparison.summary().set_index(["strategy", "metric"])
    nothing = rows.loc[("nothing", "cost"), "mean"]
    # Doing nothing decides by expected cost, which beats no alerts and all alerts.
    assert nothing < min(0.1 * 20, 0.9 * 1)
    assert (rows.xs("cost", level="metric")["mean"] < 0.9).all()
    assert "At these costs" in comparison.sentences[0]
    assert "cost" in str(comparison)
