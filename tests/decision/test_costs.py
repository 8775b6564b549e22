"""Costs: matched by label, never by sort order; per row from a column; clear errors."""

from __future__ import annotations

import itertools
import pickle
import warnings
from datetime import date
from decimal import Decimal
from functools import cache

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy.special import expit
from shared import spread
from sklearn.base import clone
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from imbsuite import (
    CostThresholdClassifier,
    PrestoClassifier,
    PriorCorrectedClassifier,
    PriorThresholdClassifier,
    compare,
)
from imbsuite.decision._base import decide
from imbsuite.decision._search import search_losses
from imbsuite.folds.stratified import StratifiedFolds

GRADES = ["mild", "none", "severe"]  # sorted; in order: none, mild, severe
IN_ORDER = ["none", "mild", "severe"]
DISTANCE = [[0, 1, 2], [1, 0, 1], [2, 1, 0]]


def frauds(n=600, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 2))
    return X, rng.random(n) < expit(2 * X[:, 0] - 2.6)


def fraud_labels(rare):
    return np.where(rare, "fraud", "legit")


def cost_decisions(y, cost, X=None, **options):
    """Fit a logistic regression with these costs and return its decisions."""
    X = frauds()[0] if X is None else X
    return (
        CostThresholdClassifier(LogisticRegression(), cost=cost, **options)
        .fit(X, y)
        .predict(X)
    )


def reference_decisions(matrix, rare=None):
    """Return the decisions for labels 0 and 1, with the matrix in that order."""
    X, drawn = frauds()
    return cost_decisions((drawn if rare is None else rare).astype(int), matrix, X) == 1


# Costs by label

SAID = {
    "fp and fn": {"fp": 1, "fn": 50},
    "nested": {"fraud": {"fraud": 0, "legit": 50}, "legit": {"legit": 0, "fraud": 1}},
    "frame": pd.DataFrame(
        [[50, 0], [0, 1]], index=["fraud", "legit"], columns=["legit", "fraud"]
    ),
    "other rows": pd.DataFrame(
        [[0, 1], [50, 0]], index=["legit", "fraud"], columns=["legit", "fraud"]
    ),
}


@pytest.mark.parametrize("cost", SAID.values(), ids=SAID)
def test_labeled_costs_are_matched_by_label(cost):
    rare = frauds()[1]
    decisions = cost_decisions(fraud_labels(rare), cost)
    assert (decisions == "fraud").sum() > 300
    np.testing.assert_array_equal(
        decisions == "fraud", reference_decisions([[0, 1], [50, 0]])
    )


@pytest.mark.parametrize(
    "labels", [(0, 1), (1, 0), (-1, 1), (False, True), (2, 1)], ids=str
)
def test_unlabeled_costs_follow_sorted_numeric_labels(labels):
    rare = frauds()[1]
    y = np.where(rare, labels[1], labels[0])
    matrix = np.array([[0, 1], [50, 0]])
    if labels[1] < labels[0]:
        matrix = matrix[::-1, ::-1]
    decisions = cost_decisions(y, matrix)
    np.testing.assert_array_equal(
        decisions == labels[1], reference_decisions([[0, 1], [50, 0]])
    )
    # The same costs with labels give the same decisions.
    by_label = pd.DataFrame(matrix, index=sorted(labels), columns=sorted(labels))
    np.testing.assert_array_equal(decisions, cost_decisions(y, by_label))


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_labeled_costs_ignore_row_and_column_order(order):
    X, y = graded()
    cost = pd.DataFrame([[0, 3, 5], [1, 0, 2], [9, 4, 0]], index=GRADES, columns=GRADES)
    turned = cost.iloc[list(order), list(order[::-1])]
    expected = CostThresholdClassifier(LogisticRegression(), cost=cost).fit(X, y)
    fitted = CostThresholdClassifier(LogisticRegression(), cost=turned).fit(X, y)
    nested = CostThresholdClassifier(LogisticRegression(), cost=turned.T.to_dict()).fit(
        X, y
    )
    for model in (fitted, nested):
        np.testing.assert_array_equal(model.expected_cost(X), expected.expected_cost(X))
    p = expected.predict_proba(X)
    np.testing.assert_allclose(expected.expected_cost(X), p @ cost.to_numpy())


def graded(n=300):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 2))
    place = np.digitize(2 * X[:, 0] + rng.logistic(size=n), [1, 3])
    return X, np.array(IN_ORDER)[place]


@pytest.mark.parametrize(
    "ordered",
    [
        lambda y: pd.Series(pd.Categorical(y, IN_ORDER, ordered=True)),
        lambda y: pd.DataFrame({"y": pd.Categorical(y, IN_ORDER, ordered=True)}),
        lambda y: pl.Series(y, dtype=pl.Enum(IN_ORDER)),
        lambda y: pd.Series(pd.Categorical(y, ["no", *IN_ORDER], ordered=True)),
    ],
    ids=["pandas", "one column", "polars", "unused"],
)
@pytest.mark.filterwarnings("ignore:A column-vector y was passed")
def test_cost_matrix_follows_ordered_categories(ordered):
    X, y = graded()
    model = CostThresholdClassifier(PrestoClassifier(0.05), cost=DISTANCE)
    predicted = model.fit(X, ordered(y)).predict(X)
    place = np.array([IN_ORDER.index(label) for label in y])
    plain = clone(model).fit(X, place).predict(X)
    assert "mild" in predicted
    np.testing.assert_array_equal(predicted, np.array(IN_ORDER)[plain])


def test_cost_matrix_of_all_categories_drops_unused_ones():
    X, y = graded()
    target = pd.Series(pd.Categorical(y, ["no", *IN_ORDER], ordered=True))
    matrix = np.abs(np.subtract.outer(range(4), range(4)))
    whole = CostThresholdClassifier(PrestoClassifier(0.05), cost=matrix).fit(X, target)
    part = CostThresholdClassifier(PrestoClassifier(0.05), cost=DISTANCE).fit(X, target)
    np.testing.assert_array_equal(whole.expected_cost(X), part.expected_cost(X))


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("right", [0, -2.5])
def test_order_invariant_costs_need_no_labels(k, right):
    X, y = graded()
    y = np.where(y == "severe", "none", y) if k == 2 else y
    cost = np.full((k, k), 3.0)
    np.fill_diagonal(cost, right)
    labels = sorted(set(y))
    by_label = pd.DataFrame(cost, index=labels, columns=labels)
    np.testing.assert_array_equal(
        cost_decisions(y, cost, X), cost_decisions(y, by_label, X)
    )


# The positive class of fp and fn


def test_positive_class_is_the_rarer_or_pos_label():
    X, rare = frauds()
    cost = {"fp": 1, "fn": 50}
    model = CostThresholdClassifier(LogisticRegression(), cost=cost).fit(
        X, fraud_labels(rare)
    )
    assert model.pos_label_ == "fraud"
    assert model.threshold_ == pytest.approx([1 / 51, 50 / 51])
    zero_is_rare = CostThresholdClassifier(LogisticRegression(), cost=cost)
    assert zero_is_rare.fit(X, (~rare).astype(int)).pos_label_ == 0
    np.testing.assert_array_equal(
        zero_is_rare.predict(X) == 0, model.predict(X) == "fraud"
    )
    other = clone(model).set_params(pos_label="legit").fit(X, fraud_labels(rare))
    assert other.pos_label_ == "legit"
    np.testing.assert_array_equal(
        other.predict(X),
        cost_decisions(fraud_labels(rare), {"fp": 50, "fn": 1}, pos_label="fraud"),
    )


def test_positive_class_is_the_rarer_by_weight():
    X, rare = frauds()
    weight = np.where(rare, 100.0, 1.0)
    model = CostThresholdClassifier(LogisticRegression(), cost={"fp": 1, "fn": 2})
    assert model.fit(X, fraud_labels(rare), weight).pos_label_ == "legit"


@pytest.mark.parametrize("kind", ["datetime64[D]", "datetime64[s]", "datetime64[ns]"])
def test_costs_accept_numpy_dates_as_labels(kind):
    """NumPy dates equal Python dates, but their hashes differ."""
    X = np.linspace(-1, 1, 60)[:, np.newaxis]
    late = X[:, 0] > 0.5
    days = np.array(["2020-01-01", "2021-01-01"], dtype=kind)
    cost = {days[0]: {days[0]: 0, days[1]: 1}, days[1]: {days[0]: 50, days[1]: 0}}
    thresholds = [
        CostThresholdClassifier(LogisticRegression(), cost=costs).fit(X, y).threshold_
        for costs, y in ((cost, days[late.astype(int)]), ({"fp": 1, "fn": 50}, late))
    ]
    np.testing.assert_array_equal(*thresholds)


def test_cost_in_predict_uses_the_fitted_positive_class():
    X, rare = frauds()
    model = CostThresholdClassifier(LogisticRegression(), cost={"fp": 1, "fn": 50})
    model.fit(X, fraud_labels(rare))
    np.testing.assert_array_equal(
        model.predict(X, cost={"fp": 1, "fn": 2}) == "fraud",
        reference_decisions([[0, 1], [2, 0]]),
    )
    plain = CostThresholdClassifier(LogisticRegression()).fit(X, fraud_labels(rare))
    assert not hasattr(plain, "pos_label_")
    with pytest.raises(ValueError, match="Pass pos_label, one of"):
        plain.predict(X, cost={"fp": 1, "fn": 2})


def test_correct_decisions_may_have_costs_or_gains():
    rare = frauds()[1]
    costs = {"fp": 4, "fn": 50, "tp": 3, "tn": -1}
    np.testing.assert_array_equal(
        cost_decisions(fraud_labels(rare), costs) == "fraud",
        reference_decisions([[-1, 4], [50, 3]]),
    )


# Invalid or ambiguous costs

WORDS = ["fraud", "legit"]
REFUSED = {
    "bare": (
        [[0, 1], [50, 0]],
        WORDS,
        r"'legit': 0\}\}.* pandas.DataFrame\(cost, index=",
    ),
    "array": (np.array([[0, 1], [50, 0]]), WORDS, "have no order of their own"),
    "distance": (DISTANCE, GRADES, "have no order of their own"),
    "equal mistakes": ([[0, 1], [1, 2]], WORDS, "have no order of their own"),
    "no fn": ({"fp": 1}, WORDS, "lacks the cost of 'fn'"),
    "no fp": ({"fn": 1, "tn": 0}, WORDS, "lacks the cost of 'fp'"),
    "three": ({"fp": 1, "fn": 2}, GRADES, "is for two classes, but y has the 3"),
    "labels": ({"fp": 1, "fn": 2}, ["fn", "fp"], "its keys may be cells or labels"),
    "empty": ({}, WORDS, "must hold the cost of each decision"),
    "misspelled": ({"fp": 1, "fnn": 2}, WORDS, "must hold the cost of each decision"),
    "pairs": ({("fraud", "legit"): 2}, WORDS, "must hold the cost of each decision"),
    "diagonal": (
        {"fraud": {"legit": 5}, "legit": {"fraud": 1}},
        WORDS,
        r"decisions where 'fraud' is true, \['fraud'\] are missing",
    ),
    "a row": (
        {"fraud": {"legit": 5, "fraud": 0}},
        WORDS,
        r"true labels, \['legit'\] are missing",
    ),
    "unknown": (
        pd.DataFrame(np.eye(2), index=["fraud", "ok"], columns=WORDS),
        WORDS,
        r"the index, \['ok'\] are unknown and \['legit'\] are missing",
    ),
    "no index": (
        pd.DataFrame(np.eye(2), columns=WORDS),
        WORDS,
        r"the index, \[0, 1\] are unknown",
    ),
    "twice": (
        pd.DataFrame(np.eye(3), index=[*WORDS, "legit"], columns=[*WORDS, "legit"]),
        WORDS,
        "labels are repeated",
    ),
    "words for numbers": (
        {"0": {"0": 0, "1": 1}, "1": {"0": 5, "1": 0}},
        [0, 1],
        "'0', '1'. are unknown",
    ),
    "polars": (pl.DataFrame({"a": [0, 1], "b": [1, 0]}), WORDS, "polars, whose rows"),
    "Arrow": (pa.table({"a": [0, 1], "b": [1, 0]}), WORDS, "pyarrow, whose rows"),
    "NaN": ({"fp": 1, "fn": np.nan}, WORDS, "must be a finite number"),
    "infinite": ({"fp": 1, "fn": np.inf}, WORDS, "must be a finite number"),
    "None": ({"fp": 1, "fn": None}, WORDS, "must be a finite number"),
    "texts": (
        {"fp": 1, "fn": ["a", "b"]},
        WORDS,
        "must hold numbers, one for each row",
    ),
    "objects": (
        {"fp": 1, "fn": [{}, {}]},
        WORDS,
        "must hold numbers, one for each row",
    ),
    "NaN in numbers": ([[0, np.nan], [1, 0]], [0, 1], r"shape \(2, 2\), true classes"),
    "other shape": ([[0, 1, 2]] * 3, [0, 1], r"Got an array of shape \(3, 3\)"),
    "no squares": (np.ones((4, 2, 3)), [0, 1, 2], r"Got an array of shape \(4, 2, 3\)"),
    "one row": (
        [0, 1],
        [0, 1],
        r"Got an array of shape \(2,\) .*'?0'?: \{0: 0, 1: 1\}",
    ),
    "a number": (5, [0, 1], r"Got an array of shape \(\)"),
    "text": ("amount", [0, 1], "Got 'amount' instead"),
    "text in an array": (np.array([["0", "x"], ["1", "0"]]), [0, 1], "instead"),
    "ragged": ([[0, "amount"], [1]], [0, 1], "rows of other lengths"),
    "rows": (np.zeros((60, 2, 2)), [0, 1], "rows of a later call"),
    "rows in a cell": ({"fp": 1, "fn": np.ones(60)}, WORDS, "rows of a later call"),
}


@pytest.mark.parametrize(("cost", "labels", "says"), REFUSED.values(), ids=REFUSED)
def test_invalid_or_ambiguous_costs_raise_before_fitting(cost, labels, says):
    class Unfit(LogisticRegression):
        def fit(self, X, y):
            raise AssertionError

    y = np.array(labels)[np.r_[np.zeros(40, int), np.arange(20) % len(labels)]]
    with pytest.raises(ValueError, match=says):
        CostThresholdClassifier(Unfit(), cost=cost).fit(np.ones((60, 1)), y)


def test_unlabeled_costs_per_row_raise_for_string_labels():
    X, rare = frauds()
    costs = np.tile([[0.0, 1.0], [50.0, 0.0]], (600, 1, 1))
    model = CostThresholdClassifier(LogisticRegression()).fit(X, fraud_labels(rare))
    with pytest.raises(ValueError, match="have no order of their own"):
        model.predict(X, cost=costs)
    with pytest.raises(ValueError, match="cost has 600 rows, X has 10"):
        CostThresholdClassifier(LogisticRegression()).fit(X, rare).predict(
            X[:10], cost=costs
        )


@pytest.mark.parametrize(
    "ensemble",
    [
        lambda member: BaggingClassifier(member, 2, random_state=0),
        lambda member: VotingClassifier([("a", member)]),
    ],
    ids=["bagging", "voting"],
)
def test_cost_labels_inside_an_ensemble_raise_with_the_cause(ensemble):
    X, rare = frauds()
    member = CostThresholdClassifier(LogisticRegression(), cost=SAID["nested"])
    with pytest.raises(ValueError, match=r"are unknown.*to their members"):
        ensemble(member).fit(X, fraud_labels(rare))


# Costs per row

AMOUNTS = np.random.default_rng(1).integers(1, 200, 600).astype(float)
TABLES = {
    "pandas": lambda X, a: pd.DataFrame({"u": X[:, 0], "v": X[:, 1], "amount": a}),
    "polars": lambda X, a: pl.DataFrame({"u": X[:, 0], "v": X[:, 1], "amount": a}),
    "Arrow": lambda X, a: pa.table({"u": X[:, 0], "v": X[:, 1], "amount": a}),
}
KINDS = {
    "float": AMOUNTS,
    "float32": AMOUNTS.astype(np.float32),
    "uint8": AMOUNTS.astype(np.uint8),
    "nullable": pd.array(AMOUNTS, dtype="Int64"),
    "pandas-Arrow": pd.array(AMOUNTS, dtype="double[pyarrow]"),
    "objects": np.array([Decimal(int(a)) for a in AMOUNTS], dtype=object),
}


def without_amount():
    """Return a model that uses only the first two columns."""
    # A fixed memory order, because the rounding of a product depends on it.
    return make_pipeline(
        FunctionTransformer(lambda X: np.array(np.asarray(X)[:, :2], float, order="C")),
        LogisticRegression(),
    )


def expected_alerts(p, fp, fn):
    return p * fn >= (1 - p) * fp


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_fn_cost_from_a_column(table):
    X, rare = frauds()
    frame = table(X, AMOUNTS)
    model = CostThresholdClassifier(without_amount(), cost={"fp": 30, "fn": "amount"})
    model.fit(frame, fraud_labels(rare))
    assert not hasattr(model, "threshold_")
    p = model.predict_proba(frame)[:, 0]
    expected = expected_alerts(p, 30, AMOUNTS)
    assert 0 < expected.sum() < 600
    np.testing.assert_array_equal(model.predict(frame) == "fraud", expected)
    np.testing.assert_allclose(
        model.expected_cost(frame), np.column_stack([(1 - p) * 30, p * AMOUNTS])
    )


@pytest.mark.parametrize("amounts", KINDS.values(), ids=KINDS)
def test_cost_column_of_any_numeric_dtype(amounts):
    X, rare = frauds()
    frame = TABLES["pandas"](X, amounts)
    model = CostThresholdClassifier(without_amount(), cost={"fp": 30, "fn": "amount"})
    model.fit(frame, rare)
    p = model.predict_proba(frame)[:, 1]
    np.testing.assert_array_equal(model.predict(frame), expected_alerts(p, 30, AMOUNTS))


def test_cost_column_of_decimals():
    X, rare = frauds()
    decimals = [Decimal(int(a)) for a in AMOUNTS]
    expected = None
    for name, amounts in {
        "pandas": pd.Series(decimals, dtype=pd.ArrowDtype(pa.decimal128(9, 2))),
        "polars": pl.Series(decimals, dtype=pl.Decimal(9, 2)),
        "Arrow": pa.array(decimals, pa.decimal128(9, 2)),
    }.items():
        frame = TABLES[name](X, amounts)
        model = CostThresholdClassifier(
            without_amount(), cost={"fp": 9, "fn": "amount"}
        )
        expected_cost = model.fit(frame, rare).expected_cost(frame)
        expected = expected_cost if expected is None else expected
        np.testing.assert_array_equal(expected_cost, expected)


SAME = {
    "cells": {"fp": "flat", "fn": AMOUNTS},
    "lists": {"fp": [30.0] * 600, "fn": AMOUNTS.tolist()},
    "series": {"fp": 30, "fn": pd.Series(AMOUNTS, index=np.arange(600)[::-1])},
    "nested": {
        "legit": {"legit": 0, "fraud": "flat"},
        "fraud": {"legit": AMOUNTS, "fraud": 0},
    },
    "frame": pd.DataFrame(
        [[0, "amount"], ["flat", 0]],
        index=["fraud", "legit"],
        columns=["fraud", "legit"],
    ),
    "function": lambda true, predicted, row: (
        0.0 if true == predicted else row["flat" if true == "legit" else "amount"]
    ),
}


@pytest.mark.parametrize("cost", SAME.values(), ids=SAME)
def test_costs_per_row_match_in_every_form(cost):
    X, rare = frauds()
    frame = TABLES["pandas"](X, AMOUNTS).assign(flat=30)
    usual = CostThresholdClassifier(without_amount(), cost={"fp": 30, "fn": "amount"})
    expected = usual.fit(frame, fraud_labels(rare)).expected_cost(frame)
    np.testing.assert_allclose(usual.expected_cost(frame, cost=cost), expected)


def test_cost_matrix_may_contain_column_names():
    X, rare = frauds()
    frame = TABLES["pandas"](X, AMOUNTS)
    usual = CostThresholdClassifier(without_amount(), cost={"fp": 30, "fn": "amount"})
    expected = usual.fit(frame, rare).expected_cost(frame)
    for cost in ([[0, 30], ["amount", 0]], np.array([[0, 30], ["amount", 0]], object)):
        model = CostThresholdClassifier(without_amount(), cost=cost).fit(frame, rare)
        np.testing.assert_array_equal(model.expected_cost(frame), expected)
    expected_cost = usual.expected_cost(frame, cost=[[0, 30], [AMOUNTS, 0]])
    np.testing.assert_array_equal(expected_cost, expected)


def test_cost_column_remains_a_feature():
    X, rare = frauds()
    frame = TABLES["pandas"](X, AMOUNTS)
    model = CostThresholdClassifier(
        LogisticRegression(max_iter=1000), cost={"fp": 30, "fn": "amount"}
    ).fit(frame, rare)
    assert model.estimator_.n_features_in_ == 3


def test_cost_column_survives_clone_pickle_search_and_freezing():
    X, rare = frauds()
    frame = pd.DataFrame(X, columns=["u", "v"]).assign(amount=AMOUNTS)
    frozen = FrozenEstimator(LogisticRegression(max_iter=1000).fit(frame, rare))
    model = CostThresholdClassifier(frozen, cost={"fp": 30, "fn": "amount"})
    model = pickle.loads(pickle.dumps(clone(model).fit(frame, rare)))  # noqa: S301
    p = frozen.predict_proba(frame)[:, 1]
    np.testing.assert_array_equal(model.predict(frame), expected_alerts(p, 30, AMOUNTS))
    costs = [{"fp": 30, "fn": "amount"}, {"fp": 1, "fn": 1}]
    search = GridSearchCV(model, {"cost": costs}, cv=2).fit(frame, rare)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
@pytest.mark.parametrize("odd", [None, np.nan, np.inf], ids=str)
def test_nonfinite_costs_raise_with_column_and_first_row(table, odd):
    X, rare = frauds()
    model = CostThresholdClassifier(without_amount(), cost={"fp": 30, "fn": "amount"})
    model.fit(table(X, AMOUNTS), rare)
    amounts = AMOUNTS.tolist()
    amounts[7] = amounts[9] = odd
    with pytest.raises(ValueError, match=r"column 'amount' of X .* in row 7 "):
        model.predict(table(X, amounts))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda X: X.drop(columns="amount"), "not in X. Its columns are .'u', 'v'"),
        (lambda X: X.to_numpy(), "X is ndarray, whose columns have no names"),
        (lambda X: X.assign(amount="9"), "Row 0 holds '9'"),
        (lambda X: X.assign(amount=pd.Timestamp(0)), "must hold numbers"),
        (lambda X: X.assign(amount=True), "must hold numbers"),
    ],
    ids=["lacking", "array", "text", "times", "bool"],
)
@pytest.mark.parametrize("when", ["fit", "predict"])
@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_invalid_cost_columns_raise(spoil, says, when):
    X, rare = frauds()
    frame = TABLES["pandas"](X, AMOUNTS)
    bare = FrozenEstimator(LogisticRegression().fit(X, rare))
    bare.predict_proba = lambda X: np.tile([0.8, 0.2], (len(X), 1))
    model = CostThresholdClassifier(bare, cost={"fp": 30, "fn": "amount"})
    if when == "predict":
        model.fit(frame, rare)
    with pytest.raises(ValueError, match=says):
        getattr(model, when)(
            *([spoil(frame), rare] if when == "fit" else [spoil(frame)])
        )


def test_non_numeric_cost_raises_with_its_row():
    X, rare = frauds()
    amounts = AMOUNTS.astype(object)
    amounts[3] = "many"
    frame = TABLES["pandas"](X, amounts)
    model = CostThresholdClassifier(without_amount(), cost={"fp": 30, "fn": "amount"})
    with pytest.raises(ValueError, match=r"column 'amount' of X .* in row 3 "):
        model.fit(frame, rare).predict(frame)


def test_equal_class_sizes_warn_only_for_unlabeled_costs():
    equal = fraud_labels(np.arange(600) % 2 == 0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cost_decisions(equal, SAID["nested"])
    with pytest.warns(UserWarning, match="uses 'legit' as the positive class"):
        cost_decisions(equal, {"fp": 1, "fn": 2})


# In compare


def compare_costs(X, y, **options):
    usual = {
        "estimator": LogisticRegression(max_iter=1000),
        "cv": StratifiedFolds(3, 1),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        comparison = compare(
            X, y, scoring=["mcc"], strategies=["random-over"], **usual | options
        )
    rows = comparison.scores[comparison.scores["metric"] == "cost"]
    return rows.pivot_table(index="strategy", columns="fold", values="value")


@cache
def compare_costs_by_position():
    X, rare = frauds()
    return compare_costs(X, rare.astype(int), cost=[[0, 1], [50, 0]])


@pytest.mark.parametrize("cost", SAID.values(), ids=SAID)
def test_compare_matches_costs_by_label(cost):
    X, rare = frauds()
    scores = compare_costs(X, fraud_labels(rare), cost=cost)
    pd.testing.assert_frame_equal(scores, compare_costs_by_position())


def test_compare_costs_do_not_depend_on_label_names():
    X, rare = frauds()
    two = {"cv": StratifiedFolds(2, 1)}  # several thresholds cost the same here
    numbers = compare_costs(X, rare.astype(int), cost=[[0, 1], [50, 0]], **two)
    names = compare_costs(X, fraud_labels(rare), cost=SAID["nested"], **two)
    pd.testing.assert_frame_equal(names, numbers)


DATES = {
    "dates": np.array([date(2020, 1, 1), date(2021, 1, 1)], dtype=object),
    "timestamps": pd.to_datetime(["2020-01-01", "2021-01-01"]),
    "days of NumPy": np.array(["2020-01-01", "2021-01-01"], dtype="datetime64[D]"),
    "nanoseconds": np.array(["2020-01-01", "2021-01-01"], dtype="datetime64[ns]"),
    "spans": np.array([1, 2], dtype="timedelta64[ns]"),
    "decimals": np.array([Decimal("0.5"), Decimal(2)], dtype=object),
    "periods": pd.period_range("2020", periods=2, freq="Y"),
}


def cost_frame(no, yes):
    axis = pd.Index([yes, no], dtype=object)
    return pd.DataFrame([[0, 50], [1, 0]], index=axis, columns=axis)


COSTS_OF_DATES = {
    "mapping": lambda no, yes: {"cost": {no: {no: 0, yes: 1}, yes: {no: 50, yes: 0}}},
    "frame": lambda no, yes: {"cost": cost_frame(no, yes)},
    "positive class": lambda _, yes: {"cost": {"fp": 1, "fn": 50}, "pos_label": yes},
    "function": lambda _, yes: {
        "cost": lambda i, j, _: 0 if i == j else 50 if i == yes else 1
    },
}


@pytest.mark.parametrize(("labels", "costs"), spread(DATES, COSTS_OF_DATES, every=4))
def test_compare_accepts_date_and_decimal_labels(labels, costs):
    """Estimators get labels as text; costs and pos_label keep the types of y."""
    X, rare = frauds()
    scores = compare_costs(X, labels[rare.astype(int)], **costs(*labels))
    pd.testing.assert_frame_equal(scores, compare_costs_by_position())


@pytest.mark.parametrize("labels", DATES.values(), ids=DATES)
def test_compare_requires_costs_for_every_date_or_decimal_label(labels):
    X, rare = frauds()
    no, yes = labels
    with pytest.raises(ValueError, match="must name each of the classes"):
        compare_costs(X, labels[rare.astype(int)], cost={no: {no: 0, yes: 1}})


@pytest.mark.parametrize(
    "cost",
    [lambda _true, _decided: 1.0, lambda: 1.0, lambda **_: 1.0, dict.fromkeys],
)
def test_cost_function_with_wrong_signature_raises(cost):
    X, rare = frauds()
    says = r"must take three arguments, such as lambda true, decided, row: .* Got <"
    for call in (
        lambda: cost_decisions(rare, cost),
        lambda: compare_costs(X, rare, cost=cost),
        lambda: (
            CostThresholdClassifier(LogisticRegression())
            .fit(X, rare)
            .predict(X, cost=cost)
        ),
    ):
        with pytest.raises(TypeError, match=says):
            call()


@pytest.mark.parametrize("returned", ["much", [1, 2]])
def test_cost_function_returning_a_non_number_raises(returned):
    _, rare = frauds()
    with pytest.raises(ValueError, match="given as 'cost' must return"):
        cost_decisions(rare, lambda true, _decided, _row: returned if true else 1.0)


def test_compare_raises_for_invalid_or_ambiguous_costs():
    X, rare = frauds()
    for cost, says in [
        ([[0, 1], [50, 0]], "no order of their own"),
        ({"fp": 1}, "'fn'"),
    ]:
        with pytest.raises(ValueError, match=says):
            compare(X, fraud_labels(rare), cost=cost)
    frame = TABLES["pandas"](X, np.r_[AMOUNTS[:-1], np.nan])
    with pytest.raises(ValueError, match=r"column 'amount' of X .* in row 599 "):
        compare(frame, fraud_labels(rare), cost={"fp": 5, "fn": "amount"})
    with pytest.raises(ValueError, match="rows of a later call"):
        compare(frame, fraud_labels(rare), cost={"fp": 5, "fn": AMOUNTS})


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_compare_computes_costs_per_row(table):
    X, rare = frauds()
    frame = table(X, AMOUNTS)
    folds = list(StratifiedKFold(3).split(X, rare))
    costs_by_fold = compare_costs(
        frame,
        fraud_labels(rare),
        cost={"fp": 30, "fn": "amount"},
        cv=folds,
        estimator=without_amount(),
    )
    for fold, (train, test) in enumerate(folds):
        model = LogisticRegression().fit(X[train], rare[train])
        alert = expected_alerts(model.predict_proba(X[test])[:, 1], 30, AMOUNTS[test])
        paid = np.where(alert, 30 * ~rare[test], AMOUNTS[test] * rare[test])
        assert costs_by_fold.loc["nothing", fold] == pytest.approx(paid.mean())


def test_constant_cost_column_equals_a_number():
    X, rare = frauds()
    frame = TABLES["pandas"](X, np.full(600, 20.0))
    pd.testing.assert_frame_equal(
        compare_costs(frame, rare, cost={"fp": 1, "fn": "amount"}),
        compare_costs(frame, rare, cost={"fp": 1, "fn": 20}),
    )


def test_compare_cost_matrix_follows_ordered_categories():
    X, rare = frauds()
    y = pd.Series(pd.Categorical(fraud_labels(rare), ["legit", "fraud"], ordered=True))
    expected = compare_costs(X, rare, cost=[[0, 1], [50, 0]])
    pd.testing.assert_frame_equal(compare_costs(X, y, cost=[[0, 1], [50, 0]]), expected)


@pytest.mark.parametrize("k", [2, 3])
def test_searched_thresholds_minimize_the_loss(k):
    rng = np.random.default_rng(k)
    p = rng.dirichlet(np.ones(k), 40).round(2)
    p[:, -1] = 1 - p[:, :-1].sum(axis=1)
    y = rng.integers(0, k, 40)
    losses = rng.exponential(size=(40, k))
    losses[np.arange(40), y] = 0
    search = search_losses(losses, p, y)
    threshold, score = search.best()
    assert score == pytest.approx(-losses[np.arange(40), decide(p, threshold)].mean())
    if k == 2:
        every = [
            -losses[np.arange(40), (p[:, 1] >= theta).astype(int)].mean()
            for theta in [*np.unique(p[:, 1]), 2]
        ]
        assert score == pytest.approx(max(every))
    else:
        # Moving a single threshold does not improve the score.
        for c in range(k):
            for theta in np.geomspace(1e-3, 1e3, 400):
                moved = threshold.copy()
                moved[c] *= theta
                assert search.score(moved) <= score + 1e-12


@pytest.mark.parametrize("seed", range(20))
def test_ties_between_losses_do_not_depend_on_class_order(seed):
    rng = np.random.default_rng(seed)
    p = (2 * rng.integers(0, 32, 60) + 1) / 64  # exact in binary, like 1 - p
    y = (rng.random(60) < 0.3 * p).astype(int)
    both = np.column_stack([1 - p, p])
    losses = np.array([[0, 1], [3, 0]])[y]  # integers, so many sums are equal
    one = search_losses(losses, both, y).best()
    other = search_losses(losses[:, ::-1], both[:, ::-1], 1 - y).best()
    assert one[1] == pytest.approx(other[1])
    np.testing.assert_array_equal(
        decide(both, one[0]), 1 - decide(both[:, ::-1], other[0])
    )


@pytest.mark.parametrize(
    "member",
    [
        PriorThresholdClassifier(
            LogisticRegression(), target={"fraud": 0.5, "legit": 0.5}
        ),
        PriorCorrectedClassifier(
            LogisticRegression(), target_prior={"fraud": 0.5, "legit": 0.5}
        ),
    ],
    ids=["threshold", "correction"],
)
def test_target_labels_inside_an_ensemble_raise_with_the_cause(member):
    X, rare = frauds()
    with pytest.raises(ValueError, match=r"'target.*to their members"):
        BaggingClassifier(member, 2, random_state=0).fit(X, fraud_labels(rare))
