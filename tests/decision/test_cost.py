"""CostThresholdClassifier minimizes the expected cost."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from decision.informed import informed, pair, two_classes
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from shared import frozen
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from imbsuite import CostThresholdClassifier
from imbsuite.decision.costs import cheapest, expected_costs


@given(p=st.floats(0, 1), fp=st.floats(0.01, 100), fn=st.floats(0.01, 100))
@settings(max_examples=50)
def test_binary_costs_reduce_to_a_threshold(p, fp, fn):
    y = np.array([0, 1])
    row = np.array([[1 - p, p]])
    model = CostThresholdClassifier(frozen(np.eye(2), y), cost=[[0, fp], [fn, 0]])
    chosen = model.fit(np.eye(2), y).predict(row)[0]
    threshold = fp / (fp + fn)
    assert chosen == (p >= threshold) or p == pytest.approx(threshold, abs=1e-9)


def test_predict_minimizes_expected_cost():
    rng = np.random.default_rng(0)
    p, y = informed(rng, 100, [0.4, 0.3, 0.2, 0.1])
    distance = np.abs(np.subtract.outer(np.arange(4), np.arange(4)))
    model = CostThresholdClassifier(frozen(p, y), cost=distance).fit(p, y)
    by_hand = [
        min(range(4), key=lambda j: sum(row[i] * abs(i - j) for i in range(4)))
        for row in p
    ]
    assert model.predict(p).tolist() == by_hand
    # The median of the distribution minimizes the absolute error.
    median = (p.cumsum(axis=1) >= 0.5).argmax(axis=1)
    assert model.predict(p).tolist() == median.tolist()


def test_default_cost_predicts_the_most_probable_class():
    p, y = informed(np.random.default_rng(0), 100, [0.5, 0.3, 0.2])
    model = CostThresholdClassifier(frozen(p, y)).fit(p, y)
    assert (model.predict(p) == p.argmax(axis=1)).all()


def test_predict_accepts_costs_per_row():
    p, y = informed(np.random.default_rng(0), 60, [0.7, 0.3])
    amount = np.random.default_rng(1).uniform(1, 100, 60)
    costs = np.zeros((60, 2, 2))
    costs[:, 0, 1], costs[:, 1, 0] = 5.0, amount  # cost of a review, loss from a fraud
    model = CostThresholdClassifier(frozen(p, y)).fit(p, y)
    wanted = p[:, 1] >= 5.0 / (5.0 + amount)
    assert (model.predict(p, cost=costs) == wanted).all()


def test_costs_per_row_are_routed():
    p, y = informed(np.random.default_rng(0), 60, [0.7, 0.3])
    costs = np.tile([[0.0, 1.0], [9.0, 0.0]], (60, 1, 1))
    with sklearn.config_context(enable_metadata_routing=True):
        inner = CostThresholdClassifier(frozen(p, y)).set_predict_request(cost=True)
        model = make_pipeline("passthrough", inner).fit(p, y)
        predicted = model.predict(p, cost=costs)
    assert (predicted == (p[:, 1] >= 0.1)).all()


@pytest.mark.parametrize("table", [np.asarray, pd.DataFrame, pl.DataFrame])
def test_cost_as_a_function_of_the_row(table):
    p, y = informed(np.random.default_rng(0), 40, [0.7, 0.3])
    names = ["p0", "p1"]
    X = table(p) if table is np.asarray else table(dict(zip(names, p.T, strict=True)))

    def cost(true, decided, row):
        if true == decided:
            return 0
        return 10 * (row["p1"] if isinstance(row, dict) else row[1])

    model = CostThresholdClassifier(frozen(p, y), cost=cost).fit(X, y)
    # Within a row, both errors cost the same.
    assert (model.predict(X) == (p[:, 1] >= 0.5)).all()
    assert model.expected_cost(X)[:, 1] == pytest.approx(10 * p[:, 1] * p[:, 0])


@pytest.mark.parametrize(
    "wrong", [np.eye(3), [1.0, 2.0], [[0, np.nan], [1, 0]], np.zeros((7, 2, 2))]
)
def test_invalid_cost_matrix_raises_before_fitting(wrong):
    X, y = two_classes()

    class Unfit(LogisticRegression):
        def fit(self, X, y):
            raise AssertionError("worked")

    with pytest.raises(ValueError, match=r"shape \(2, 2\), true classes in rows"):
        CostThresholdClassifier(Unfit(), cost=wrong).fit(X, y)


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("of_each_row", [False, True])
def test_no_decision_has_a_lower_expected_cost(k, of_each_row):
    """Costs may be negative, and an error may be cheaper than a correct decision."""
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(k), 200)
    for _ in range(20):
        table = rng.normal(size=(200, k, k) if of_each_row else (k, k))
        expected = np.array(
            [q @ t for q, t in zip(p, np.broadcast_to(table, (200, k, k)), strict=True)]
        )
        assert_array_equal(cheapest(p, table), expected.argmin(axis=1))
        assert_allclose(expected_costs(p, table), expected)


def test_cost_ties_predict_the_positive_class():
    y, p = np.array([0, 1]), np.eye(2)
    for fp in range(1, 20):
        for fn in range(1, 20):
            t = fp / (fp + fn)
            model = CostThresholdClassifier(frozen(p, y), cost=[[0, fp], [fn, 0]])
            assert model.fit(p, y).predict([[1 - t, t]])[0] == 1


def test_cost_passed_to_predict_is_used_and_validated():
    p, y = pair(np.array([0.2, 0.7])), np.array([0, 1])
    model = CostThresholdClassifier(frozen(p, y)).fit(p, y)
    dear = model.predict(
        p, cost=lambda true, predicted, row: 9 * true * (true != predicted)
    )
    assert dear.tolist() == [1, 1]
    with pytest.raises(ValueError, match="finite numbers"):
        model.predict(p, cost=lambda true, predicted, row: np.nan)
    with pytest.raises(ValueError, match="shape"):
        CostThresholdClassifier(frozen(p, y), cost=np.zeros((1, 2, 2))).fit(p, y)


def test_sample_weight_passes_through_grid_search():
    X, y = make_classification(300, weights=[0.8], random_state=0)
    search = GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=2)
    weight = np.where(y == 1, 4.0, 1.0)
    by_weight = CostThresholdClassifier(search).fit(X, y, sample_weight=weight)
    plain = CostThresholdClassifier(search).fit(X, y)
    assert by_weight.predict(X).sum() > plain.predict(X).sum()
