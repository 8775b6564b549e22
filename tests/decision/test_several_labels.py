"""Multilabel decisions: each label behaves like a binary target.

Every estimator and every target type, and scikit-learn's checks, are tested in
tests/test_several_labels.py.
"""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from several_labels import ESTIMATORS, assert_same_numbers, frozen_labels, made
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import DataConversionWarning
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    balanced_accuracy_score,
    f1_score,
    make_scorer,
    matthews_corrcoef,
)
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier

from imbsuite import (
    ConstrainedThresholdClassifier,
    CostThresholdClassifier,
    PriorCorrectedClassifier,
    PriorThresholdClassifier,
    TunedThresholdClassifier,
)
from imbsuite.decision._label_search import pooled_thresholds, score_labels
from imbsuite.probability.weighing import UnreadablePriorError

EACH = ESTIMATORS["each"]
BALANCED = LogisticRegression(class_weight="balanced")
KINDS = {
    "tuned": TunedThresholdClassifier(EACH, scoring="f1", cv=2, random_state=0),
    "prior": PriorThresholdClassifier(EACH),
    "confidence": PriorThresholdClassifier(
        EACH, target="confidence", cv=2, random_state=0
    ),
    "cost": CostThresholdClassifier(EACH, cost={"fp": 1, "fn": 5}),
    "constrained": ConstrainedThresholdClassifier(
        EACH, subject_to={"recall": 0.7}, cv=2, random_state=0
    ),
    "corrected": PriorCorrectedClassifier(EACH, cv=2, random_state=0),
    "by formula": PriorCorrectedClassifier(EACH, method="prior"),
}
# Also with held-out rows, which are the only rows that some classes count.
MORE = {
    **KINDS,
    "held out": TunedThresholdClassifier(
        EACH, scoring="matthews_corrcoef", cv=0.4, refit=False, random_state=0
    ),
    "confident": ConstrainedThresholdClassifier(
        EACH, subject_to={"recall": 0.5}, confidence=0.8, random_state=0
    ),
    "corrected, held out": PriorCorrectedClassifier(EACH, cv=0.4, random_state=0),
}
every_kind = pytest.mark.parametrize("model", KINDS.values(), ids=KINDS)


# --- A single label matches the binary case


# Without weights and for more estimators: see tests/test_several_labels.py.
@pytest.mark.parametrize("model", MORE.values(), ids=MORE)
@pytest.mark.parametrize("inner", [LogisticRegression(), BALANCED], ids=["", "weighs"])
def test_single_label_with_weights_matches_binary(model, inner):
    X, Y = made(150, shares=(0.2,))
    weight = np.random.default_rng(0).integers(1, 4, len(Y))
    binary = clone(model).set_params(estimator=inner)
    if hasattr(model, "pos_label"):
        binary.pos_label = 1
    binary.fit(X, Y[:, 0], weight)
    for estimator in (inner, MultiOutputClassifier(inner)):
        one = clone(model).set_params(estimator=estimator)
        one.fit(X, pd.DataFrame(Y, columns=["a"]), weight)
        assert_same_numbers(one, binary, X)


def test_single_column_array_is_binary():
    X, Y = made(shares=(0.2,))
    model = TunedThresholdClassifier(LogisticRegression(), random_state=0)
    with pytest.warns(DataConversionWarning):
        model.fit(X, Y)
    assert model.predict(X).shape == (300,)


# --- Each label matches a single label


@every_kind
def test_each_label_is_decided_independently(model):
    X, Y = made()
    inner = FrozenEstimator(clone(EACH).fit(X, Y))
    several = clone(model).set_params(estimator=inner)
    if isinstance(several, TunedThresholdClassifier):
        several.steady = 0
    several.fit(X, Y)
    for label in range(3):
        alone = clone(several).set_params(
            estimator=FrozenEstimator(inner.estimator.estimators_[label])
        )
        alone.fit(X, sp.csr_array(Y[:, [label]]))
        np.testing.assert_array_equal(several.predict(X)[:, [label]], alone.predict(X))
        for name in ("threshold_", "offset_"):
            if hasattr(alone, name):
                own = getattr(several, name)[label]
                assert own == pytest.approx(getattr(alone, name)[0])


@every_kind
def test_weights_match_repeated_rows(model):
    X, Y = made()
    weight = np.random.default_rng(0).integers(1, 3, len(Y))
    inner = FrozenEstimator(clone(EACH).fit(X, Y))
    model = clone(model).set_params(estimator=inner)
    if isinstance(model, TunedThresholdClassifier):
        model.steady = 0  # the default depends on the number of rows
    by_weight = clone(model).fit(X, Y, weight)
    rows = np.repeat(np.arange(len(Y)), weight)
    repeated = clone(model).fit(X[rows], Y[rows])
    for name in ("threshold_", "offset_"):
        if hasattr(by_weight, name):
            own, other = getattr(by_weight, name), getattr(repeated, name)
            np.testing.assert_allclose(own, other, rtol=1e-6)


@every_kind
def test_label_with_zero_weight_is_never_predicted(model):
    X, Y = made()
    weight = 1.0 - Y[:, 2]
    model = clone(model).fit(X, Y, weight)
    rows = weight > 0
    assert not model.predict(X[rows])[:, 2].any()
    if hasattr(model, "source_prior_"):
        assert model.source_prior_[2] == 0


@every_kind
def test_pickle_and_scoring(model):
    X, Y = made()
    model = clone(model).fit(X, pd.DataFrame(Y, columns=["a", "b", "c"]))
    again = pickle.loads(pickle.dumps(model))  # noqa: S301
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    # The names of two labels could be mistaken for the classes 0 and 1.
    options = {"cv": KFold(2), "scoring": "average_precision"}
    assert (cross_val_score(clone(model), X, Y[:, :2], **options) > 0.3).all()


def test_grid_search_inside_and_outside():
    X, Y = made()
    grid = {"estimator__estimator__C": [0.1]}
    outside = GridSearchCV(KINDS["tuned"], grid, cv=KFold(2), scoring="f1_macro")
    assert outside.fit(X, Y).predict(X).shape == Y.shape
    inside = GridSearchCV(
        EACH, {"estimator__C": [0.1]}, cv=KFold(3), scoring="f1_macro"
    )
    model = PriorThresholdClassifier(inside).fit(X, Y)
    np.testing.assert_allclose(model.threshold_, Y.mean(axis=0))


@pytest.mark.parametrize("cv", [KFold(3), StratifiedKFold(3), 0.3])
def test_splitters(cv):
    X, Y = made()
    model = TunedThresholdClassifier(EACH, scoring="f1", cv=cv, random_state=0)
    assert model.fit(X, Y).best_score_ > 0.3


# --- Metrics


@pytest.mark.parametrize(
    ("scoring", "function"),
    [
        ("f1", f1_score),
        ("f1_macro", f1_score),
        (make_scorer(f1_score, average="macro"), f1_score),
        ("balanced_accuracy", balanced_accuracy_score),
        ("matthews_corrcoef", matthews_corrcoef),
        (f1_score, f1_score),
    ],
)
def test_metric_of_each_label_is_maximized(scoring, function):
    Y = made(20)[1]
    p = np.clip(Y * 0.3 + np.random.default_rng(0).random(Y.shape) * 0.7, 0, 1)
    model = TunedThresholdClassifier(frozen_labels(p), scoring=scoring, steady=0)
    model.fit(p, Y)
    best = [
        max(function(y, q >= t) for t in np.append(q, 0.5))
        for y, q in zip(Y.T, p.T, strict=True)
    ]
    assert list(model.label_scores_.values()) == pytest.approx(best)
    assert model.best_score_ == pytest.approx(np.mean(best))
    at_half = [function(y, q >= 0.5) for y, q in zip(Y.T, p.T, strict=True)]
    assert model.argmax_score_ == pytest.approx(np.mean(at_half))


def test_weighted_average_affects_the_score_only():
    X, Y = made()
    macro = TunedThresholdClassifier(EACH, scoring="f1_macro", random_state=0).fit(X, Y)
    weighted = TunedThresholdClassifier(EACH, scoring="f1_weighted", random_state=0)
    weighted.fit(X, Y)
    np.testing.assert_array_equal(macro.threshold_, weighted.threshold_)
    scores = list(macro.label_scores_.values())
    assert weighted.best_score_ == pytest.approx(np.average(scores, weights=Y.sum(0)))


AVERAGES = ["f1_macro", "f1_weighted", "f1_micro", "f1_samples", "accuracy"]


@pytest.mark.parametrize("scoring", AVERAGES)
def test_scores_with_weights_match_repeated_rows(scoring):
    X, Y = made()
    # Different shares of the labels, and rows of weight 0.
    weight = np.random.default_rng(0).integers(0, 3, len(Y)) + 20 * Y[:, 1]
    inner = FrozenEstimator(clone(EACH).fit(X, Y))
    model = TunedThresholdClassifier(inner, scoring=scoring, steady=0)
    by_weight = clone(model).fit(X, Y, weight)
    rows = np.repeat(np.arange(len(Y)), weight)
    repeated = clone(model).fit(X[rows], Y[rows])
    assert by_weight.best_score_ == pytest.approx(repeated.best_score_)
    assert by_weight.argmax_score_ == pytest.approx(repeated.argmax_score_)
    assert by_weight.label_scores_ == pytest.approx(repeated.label_scores_)


@pytest.mark.parametrize("average", ["macro", "weighted", "micro", "samples"])
def test_scores_with_weights_match_scikit_learn(average):
    X, Y = made()
    weight = np.where(Y[:, 1] == 1, 20.0, 1.0)
    inner = FrozenEstimator(clone(EACH).fit(X, Y))
    model = TunedThresholdClassifier(inner, scoring=f"f1_{average}", steady=0)
    model.fit(X, Y, weight)
    options = {"average": average, "sample_weight": weight, "zero_division": 0}
    best = f1_score(Y, model.predict(X), **options)
    assert model.best_score_ == pytest.approx(best)
    argmax = f1_score(Y, inner.predict(X), **options)
    assert model.argmax_score_ == pytest.approx(argmax)


@pytest.mark.parametrize("steady", [0, 20])
@pytest.mark.parametrize("scoring", ["f1_macro", "f1_weighted"])
def test_label_with_zero_weight_scores_as_if_absent(scoring, steady):
    X, Y = made()
    weight = 1.0 - Y[:, 2]
    rows = weight > 0
    inner = FrozenEstimator(clone(EACH).fit(X, Y))
    model = TunedThresholdClassifier(inner, scoring=scoring, steady=steady)
    by_weight = clone(model).fit(X, Y, weight)
    without = clone(model).fit(X[rows], Y[rows])
    assert by_weight.threshold_[2] == without.threshold_[2] == 0.5
    assert by_weight.best_score_ == pytest.approx(without.best_score_)
    expected = pytest.approx(without.label_scores_, nan_ok=True)
    assert by_weight.label_scores_ == expected


@pytest.mark.parametrize("average", ["micro", "samples"])
@pytest.mark.parametrize("seed", range(10))
def test_shared_threshold_is_optimal(average, seed):
    rng = np.random.default_rng(seed)
    Y = rng.integers(0, 2, (9, 4))
    p = rng.integers(0, 8, (9, 4)) / 8  # with ties
    threshold = pooled_thresholds(Y, p, None, average=average, shared=True)
    assert len(set(threshold)) == 1
    shared_score = f1_score(Y, p >= threshold, average=average, zero_division=0)
    cuts = np.append(np.unique(p), 2.0)
    best = max(f1_score(Y, p >= t, average=average, zero_division=0) for t in cuts)
    assert shared_score == pytest.approx(best)
    score, _ = score_labels(f"f1_{average}", Y, p, None, threshold)
    assert score == pytest.approx(best)


@pytest.mark.parametrize("seed", range(30))
def test_dinkelbach_finds_the_optimal_label_thresholds(seed):
    rng = np.random.default_rng(seed)
    Y = rng.integers(0, 2, (7, 3))
    p = rng.integers(0, 6, (7, 3)) / 5
    weight = rng.integers(1, 4, 7).astype(float) if seed % 2 else None

    def f1(threshold):
        return score_labels("f1_micro", Y, p, weight, np.array(threshold))[0]

    thresholds = pooled_thresholds(Y, p, weight, average="micro", shared=False)
    cuts = [np.append(np.unique(column), 2.0) for column in p.T]
    best = max(f1([a, b, c]) for a in cuts[0] for b in cuts[1] for c in cuts[2])
    assert f1(thresholds) == pytest.approx(best)


def test_pooled_metrics_with_weights_match_repeated_rows():
    rng = np.random.default_rng(0)
    Y, p = rng.integers(0, 2, (40, 3)), rng.random((40, 3))
    weight = rng.integers(1, 4, 40)
    rows = np.repeat(np.arange(40), weight)
    for options in (
        {"average": "micro", "shared": True},
        {"average": "micro", "shared": False},
        {"average": "samples", "shared": True},
    ):
        own = pooled_thresholds(Y, p, weight.astype(float), **options)
        repeated = pooled_thresholds(Y[rows], p[rows], None, **options)
        np.testing.assert_allclose(own, repeated)


# --- Steady thresholds


def test_steady_does_not_flag_most_rows_for_an_unlearnable_label():
    rng = np.random.default_rng(0)
    n = 2000
    Y = np.column_stack([rng.random(n) < 0.3, np.arange(n) % 500 == 0]).astype(int)
    p = np.column_stack(
        [np.clip(Y[:, 0] * 0.5 + rng.random(n) * 0.5, 0, 1), rng.random(n) * 0.004]
    )
    p[Y[:, 1] == 1, 1] = 1e-5  # the model ranks the positives too low
    exact = TunedThresholdClassifier(frozen_labels(p), scoring="f1", steady=0).fit(p, Y)
    assert exact.predict(p)[:, 1].mean() > 0.9
    steady = TunedThresholdClassifier(frozen_labels(p), scoring="f1").fit(p, Y)
    assert steady.predict(p)[:, 1].mean() < 0.9
    # A label with many positive rows keeps its threshold.
    assert steady.threshold_[0] == pytest.approx(exact.threshold_[0], abs=0.05)


def test_steady_thresholds_by_hand():
    # c = 1, steady = 1: weights are (y + p) / 2.
    p = np.array([[0.9, 0.5], [0.2, 0.5], [0.1, 0.4]])
    Y = np.array([[0, 1], [1, 0], [0, 0]])
    model = TunedThresholdClassifier(frozen_labels(p), scoring="f1", steady=1).fit(p, Y)
    share = (Y[:, 0] + p[:, 0]) / 2
    f1 = [2 * share[:k].sum() / (k + share.sum()) for k in (1, 2, 3)]
    assert np.argmax(f1) == 1
    assert 0.1 < model.threshold_[0] <= 0.2


def test_steady_requires_a_metric_with_weights():
    X, Y = made()

    def agreement(y, predicted):
        return (y == predicted).mean()

    model = TunedThresholdClassifier(EACH, scoring=agreement, random_state=0)
    with pytest.raises(ValueError, match=r"'steady' parameter .* must be 0"):
        model.fit(X, Y)
    assert model.set_params(steady=0).fit(X, Y).best_score_ > 0.5


# --- Parameters per label


def test_costs_per_label():
    X, Y = made()
    frame = pd.DataFrame(Y, columns=["a", "b", "c"])
    cost = {
        "a": {"fp": 1, "fn": 1},
        "b": [[0, 1], [3, 0]],
        "c": {0: {0: 0, 1: 1}, 1: {0: 9, 1: 0}},
    }
    model = CostThresholdClassifier(EACH, cost=cost).fit(X, frame)
    np.testing.assert_allclose(model.threshold_, [0.5, 0.25, 0.1])
    for_all = CostThresholdClassifier(
        EACH, cost={0: {0: 0, 1: 1}, 1: {0: 3, 1: 0}}
    ).fit(X, Y)
    np.testing.assert_allclose(for_all.threshold_, [0.25] * 3)
    np.testing.assert_array_equal(
        for_all.predict(X, cost=costs_by_position(cost)), model.predict(X)
    )
    expected = for_all.expected_cost(X)
    np.testing.assert_array_equal(expected.argmin(axis=2), for_all.predict(X))


def costs_by_position(cost):
    return dict(enumerate(cost.values()))


def test_cost_from_a_column():
    X, Y = made()
    table = pd.DataFrame(X, columns=list("vwxyz")).assign(amount=np.arange(300) / 10)
    model = CostThresholdClassifier(EACH, cost={"fp": 5, "fn": "amount"}).fit(table, Y)
    threshold = 5 / (5 + table["amount"].to_numpy())
    flagged = model.predict_proba(table) >= threshold[:, np.newaxis]
    np.testing.assert_array_equal(model.predict(table), flagged)


def test_constraints_per_label():
    X, Y = made()
    frame = pd.DataFrame(Y, columns=["a", "b", "c"])
    wanted = {"a": {"recall": 0.9}, "b": {"recall": 0.5}, "c": {"alert_share": 0.2}}
    model = ConstrainedThresholdClassifier(EACH, subject_to=wanted, random_state=0)
    model.fit(X, frame)
    assert model.reached_["a"]["recall"] >= 0.9
    assert model.reached_["b"]["recall"] >= 0.5
    assert model.reached_["c"]["alert_share"] <= 0.2
    assert set(model.best_score_) == {"a", "b", "c"}


def test_errors_and_warnings_name_the_label():
    X, Y = made()
    frame = pd.DataFrame(Y, columns=["a", "b", "c"])
    hard = {"precision": 1.0, "recall": 1.0}
    easy = {"recall": 0.1}
    wanted = {"a": easy, "b": hard, "c": easy}
    model = ConstrainedThresholdClassifier(EACH, subject_to=wanted, random_state=0)
    with pytest.raises(ValueError, match=r"^Label 'b': No threshold meets"):
        model.fit(X, frame)
    trivial = {"a": easy, "b": easy, "c": {"recall": 1.0}}
    p = Y * 0.5 + 0.25
    p[:, 2] = 0.5
    model = ConstrainedThresholdClassifier(frozen_labels(p), subject_to=trivial)
    with pytest.warns(UserWarning, match=r"^Label 'c': subject_to=.* every row"):
        model.fit(p, frame)


def test_confidence_for_all_labels_is_stricter():
    X, Y = made(900)
    each, together = (
        ConstrainedThresholdClassifier(
            EACH,
            subject_to={"recall": 0.6},
            confidence=0.9,
            confidence_for=which,
            random_state=0,
        ).fit(X, Y)
        for which in ("label", "all")
    )
    assert (together.threshold_ <= each.threshold_).all()
    bound = ConstrainedThresholdClassifier(
        EACH, subject_to={"recall": 0.6}, confidence=1 - 0.1 / 3, random_state=0
    ).fit(X, Y)
    np.testing.assert_array_equal(bound.threshold_, together.threshold_)


def test_priors_per_label():
    X, Y = made()
    frame = pd.DataFrame(Y, columns=["a", "b", "c"])
    target = {"a": 0.5, "b": 0.4, "c": 0.3}
    model = PriorThresholdClassifier(EACH, target=target).fit(X, frame)
    q, t = Y.mean(axis=0), np.array([0.5, 0.4, 0.3])
    positive, negative = q / t, (1 - q) / (1 - t)
    np.testing.assert_allclose(model.threshold_, positive / (positive + negative))
    moved = PriorCorrectedClassifier(EACH, target_prior=target, method="prior")
    moved.fit(X, frame)
    odds = np.log(t / (1 - t)) - np.log(q / (1 - q))
    np.testing.assert_allclose(moved.offset_, odds)
    assert moved.effective_prior_ == pytest.approx(target)


@pytest.mark.parametrize(
    ("model", "match"),
    [
        (
            PriorThresholdClassifier(EACH, target={"a": 0.5}),
            "'target' parameter must have",
        ),
        (
            PriorThresholdClassifier(EACH, target={"a": 0.5, "b": 0.5, "c": 1.5}),
            "above 0 and below 1. Got 1.5 for 'c'",
        ),
        (
            CostThresholdClassifier(EACH, cost={"a": {"fp": 1, "fn": 2}}),
            r"'cost' parameter must have an entry for each of the labels \['a', 'b', 'c'\]",
        ),
        (
            ConstrainedThresholdClassifier(EACH, subject_to={"a": {"recall": 0.5}}),
            "'subject_to' parameter must have an entry",
        ),
        (
            TunedThresholdClassifier(EACH, pos_label=0),
            "'pos_label' parameter .* 1 or None",
        ),
        (TunedThresholdClassifier(EACH, scoring="recall_micro"), "'scoring' parameter"),
        (TunedThresholdClassifier(EACH, refit=False), "must make a single split"),
        (
            TunedThresholdClassifier(LogisticRegression()),
            r"pass MultiOutputClassifier\(Log",
        ),
    ],
)
def test_invalid_parameters_raise(model, match):
    X, Y = made()
    with pytest.raises(ValueError, match=match):
        model.fit(X, pd.DataFrame(Y, columns=["a", "b", "c"]))


# --- Priors of the estimator


@pytest.mark.parametrize("estimator", [MultiOutputClassifier, OneVsRestClassifier])
def test_prior_of_each_label_is_read(estimator):
    X, Y = made()
    Y = np.insert(Y, 1, 0, axis=1)  # no positive rows
    model = PriorThresholdClassifier(estimator(BALANCED)).fit(X, Y)
    np.testing.assert_allclose(model.source_prior_, [0.5, 0.0, 0.5, 0.5])


def test_prior_of_a_chain_in_custom_order():
    X, Y = made()
    model = PriorThresholdClassifier(ClassifierChain(BALANCED, order=[2, 0, 1])).fit(
        X, Y
    )
    np.testing.assert_allclose(model.source_prior_, [0.5] * 3)


def test_prior_of_a_corrected_classifier():
    X, Y = made()
    corrected = PriorCorrectedClassifier(
        EACH, target_prior={0: 0.3, 1: 0.3, 2: 0.2}, random_state=0
    )
    model = PriorThresholdClassifier(corrected).fit(X, Y)
    np.testing.assert_allclose(model.threshold_, [0.3, 0.3, 0.2])
    around = PriorThresholdClassifier(PriorThresholdClassifier(EACH)).fit(X, Y)
    np.testing.assert_allclose(around.threshold_, Y.mean(axis=0))


def test_prior_of_a_class_weighted_forest_raises():
    X, Y = made()
    forest = RandomForestClassifier(10, class_weight="balanced", random_state=0)
    with pytest.raises(UnreadablePriorError, match="multiplies the class weights"):
        PriorThresholdClassifier(forest).fit(X, Y)
    assert PriorCorrectedClassifier(forest, random_state=0).fit(X, Y).offset_.shape == (
        3,
    )
