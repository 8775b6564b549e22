"""From probabilities to labels: shares, costs, tuned metrics, constraints."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from shared import frozen
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    cohen_kappa_score,
    f1_score,
    fbeta_score,
    get_scorer,
    make_scorer,
    matthews_corrcoef,
    recall_score,
)
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GroupKFold,
    PredefinedSplit,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_validate,
)
from sklearn.pipeline import make_pipeline

from imbsuite import (
    SMOTE,
    ConstrainedThresholdClassifier,
    CostThresholdClassifier,
    PriorCorrectedClassifier,
    PriorThresholdClassifier,
    RandomOverSampler,
    ResampledClassifier,
    TunedThresholdClassifier,
)
from imbsuite.decision._base import decide
from imbsuite.decision._search import search_for
from imbsuite.decision.metrics import METRICS, PER_CLASS, CellMetric, find_metric

WRAPPERS = [
    PriorThresholdClassifier,
    CostThresholdClassifier,
    TunedThresholdClassifier,
    ConstrainedThresholdClassifier,
]


def informed(rng, n, shares, strength=1.0):
    """Return probabilities that know something of the labels, and the labels."""
    y = np.append(
        np.arange(len(shares)), rng.choice(len(shares), n - len(shares), p=shares)
    )
    p = rng.dirichlet(np.ones(len(shares)), size=n) + strength * np.eye(len(shares))[y]
    return p / p.sum(axis=1, keepdims=True), y


def two_classes(n=600, share=0.1, seed=0):
    return make_classification(
        n, n_features=5, weights=[1 - share], class_sep=0.8, random_state=seed
    )


# The rule


def test_two_classes_decide_by_at_least_the_threshold():
    p = np.array([[0.7, 0.3], [0.8, 0.2], [0.8 + 1e-12, 0.2 - 1e-12]])
    assert decide(p, np.array([0.8, 0.2])).tolist() == [1, 1, 0]


def test_of_more_than_two_the_first_of_equals():
    p = np.array([[0.2, 0.4, 0.4], [0.5, 0.3, 0.2], [0.6, 0.2, 0.2]])
    assert decide(p, np.ones(3)).tolist() == [1, 0, 0]
    assert decide(p, np.array([0.5, 0.3, 0.2])).tolist() == [2, 0, 0]


def test_zeros_and_zeros_by_zeros():
    threshold = np.array([1.0, 0.0, 1.0])
    p = np.array([[0.9, 0.1, 0.0], [0.9, 0.0, 0.1], [0.0, 0.0, 1.0]])
    # Any positive probability reaches a threshold of 0, none does not.
    assert decide(p, threshold).tolist() == [1, 0, 2]
    assert decide(
        np.array([[0.9, 0.1], [1.0, 0.0]]), np.array([1.0, 0.0])
    ).tolist() == [
        1,
        1,
    ]


@pytest.mark.parametrize("kind", WRAPPERS)
def test_probabilities_are_untouched(kind):
    X, y = two_classes()
    inner = LogisticRegression().fit(X, y)
    model = kind(FrozenEstimator(inner)).fit(X, y)
    assert (model.predict_proba(X) == inner.predict_proba(X)).all()
    assert (model.predict_log_proba(X) == np.log(inner.predict_proba(X))).all()


# Labels of all kinds


@pytest.mark.parametrize("kind", WRAPPERS)
@pytest.mark.parametrize(
    "labels",
    [
        np.array(["no", "yes"]),
        np.array([3, 7]),
        np.array([False, True]),
        np.array([-1.0, 1.0]),
        pd.Categorical(["low", "high"], ["low", "high"], ordered=True),
    ],
    ids=["text", "int", "bool", "float", "ordered"],
)
@pytest.mark.parametrize("container", [lambda y: y, pd.Series, pl.Series])
def test_labels_of_all_kinds(kind, labels, container):
    X, y = two_classes()
    given = labels[y]
    if container is pl.Series and isinstance(labels, pd.Categorical):
        given = np.asarray(given)
    model = kind(LogisticRegression()).fit(X, container(given))
    found = model.predict(X)
    assert set(found) <= set(np.asarray(labels).tolist())
    assert model.classes_.tolist() == sorted(np.asarray(labels).tolist())
    assert model.score(X, np.asarray(given)) > 0.3


@pytest.mark.parametrize("kind", [*WRAPPERS, PriorCorrectedClassifier])
def test_multilabel_targets_are_a_clear_error(kind):
    X, y = two_classes()
    with pytest.raises(ValueError, match=r"Multilabel and multioutput.* 2 columns"):
        kind(LogisticRegression()).fit(X, np.column_stack([y, y]))


@pytest.mark.parametrize("kind", WRAPPERS)
def test_three_classes_of_text(kind):
    p, y = informed(np.random.default_rng(0), 300, [0.6, 0.3, 0.1])
    labels = np.array(["a", "b", "c"])[y]
    model = kind(frozen(p, labels)).fit(p, labels)
    assert set(model.predict(p)) <= {"a", "b", "c"}


@pytest.mark.parametrize(
    "kind", [TunedThresholdClassifier, ConstrainedThresholdClassifier]
)
def test_a_class_of_one_row_cannot_be_tuned(kind):
    X, y = np.arange(20.0)[:, np.newaxis], np.repeat([0, 1], [19, 1])
    with (
        pytest.warns(UserWarning, match="no fold"),
        pytest.raises(ValueError, match="FrozenEstimator"),
    ):
        kind(LogisticRegression()).fit(X, y)


@pytest.mark.parametrize("kind", [*WRAPPERS, PriorCorrectedClassifier])
def test_a_fitted_model_that_knows_other_classes(kind):
    p, y = informed(np.random.default_rng(0), 300, [0.6, 0.3, 0.1])
    labels = np.array(["a", "c", "d"])[y]
    inner = frozen(p, labels)
    with pytest.raises(ValueError, match=r"y holds \['b'\], which .* does not know"):
        kind(inner).fit(p, np.where(labels == "a", "b", labels))
    some = y < 2
    if kind in {PriorThresholdClassifier, PriorCorrectedClassifier}:
        with pytest.raises(ValueError, match=r"no row .* of \['d'\]"):
            kind(inner).fit(p[some], labels[some])
        return
    model = kind(inner).fit(p[some], labels[some])
    assert model.classes_.tolist() == ["a", "c", "d"]
    np.testing.assert_array_equal(model.predict_proba(p), p)
    assert set(model.predict(p)) <= {"a", "c", "d"}


# Shares


@pytest.mark.parametrize("share", [0.05, 0.25, 0.5])
def test_prior_threshold_is_the_fixed_threshold_at_the_share(share):
    # 400 rows of 1/400 steps: many rows lie exactly on the threshold.
    steps = np.arange(401) / 400
    p = np.column_stack([1 - steps, steps])
    y = np.repeat([0, 1], [400 - round(400 * share), round(400 * share) + 1])
    y = np.append(y[:-1], 1)[:401]
    q = y.mean()
    ours = PriorThresholdClassifier(frozen(p, y)).fit(p, y)
    theirs = FixedThresholdClassifier(frozen(p, y), threshold=q).fit(p, y)
    assert ours.threshold_[1] == pytest.approx(q, abs=1e-15)
    assert (ours.predict(p) == theirs.predict(p)).all()


def test_a_row_on_the_threshold_is_taken_in():
    y = np.repeat([0, 1], [8, 2])
    p = np.tile([[0.8, 0.2]], (10, 1))
    assert (PriorThresholdClassifier(frozen(p, y)).fit(p, y).predict(p) == 1).all()
    fixed = FixedThresholdClassifier(frozen(p, y), threshold=0.2).fit(p, y)
    assert (fixed.predict(p) == 1).all()


def test_prior_threshold_after_over_sampling_does_not_correct_twice():
    X, y = two_classes()
    inner = ResampledClassifier(RandomOverSampler(random_state=0), LogisticRegression())
    model = PriorThresholdClassifier(inner).fit(X, y)
    assert model.threshold_ == pytest.approx([0.5, 0.5])


def test_targets_and_exponents():
    X, y = two_classes()
    share = y.mean()
    inner = LogisticRegression()
    even = PriorThresholdClassifier(inner, exponent=0).fit(X, y)
    assert even.threshold_ == pytest.approx([0.5, 0.5])
    same = PriorThresholdClassifier(inner, target={0: 1 - share, 1: share}).fit(X, y)
    assert same.threshold_ == pytest.approx([0.5, 0.5])
    half = PriorThresholdClassifier(inner, exponent=0.5).fit(X, y)
    odds = np.sqrt(share / (1 - share))
    assert half.threshold_[1] == pytest.approx(odds / (1 + odds))
    with pytest.raises(ValueError, match=r"target=.*classes \[0, 1\]"):
        PriorThresholdClassifier(inner, target={0: 1}).fit(X, y)


# Costs


@given(p=st.floats(0, 1), fp=st.floats(0.01, 100), fn=st.floats(0.01, 100))
@settings(max_examples=50)
def test_two_classes_reduce_to_a_threshold(p, fp, fn):
    y = np.array([0, 1])
    row = np.array([[1 - p, p]])
    model = CostThresholdClassifier(frozen(np.eye(2), y), cost=[[0, fp], [fn, 0]])
    chosen = model.fit(np.eye(2), y).predict(row)[0]
    threshold = fp / (fp + fn)
    assert chosen == (p >= threshold) or p == pytest.approx(threshold, abs=1e-9)


def test_least_expected_cost_by_hand():
    rng = np.random.default_rng(0)
    p, y = informed(rng, 100, [0.4, 0.3, 0.2, 0.1])
    distance = np.abs(np.subtract.outer(np.arange(4), np.arange(4)))
    model = CostThresholdClassifier(frozen(p, y), cost=distance).fit(p, y)
    by_hand = [
        min(range(4), key=lambda j: sum(row[i] * abs(i - j) for i in range(4)))
        for row in p
    ]
    assert model.predict(p).tolist() == by_hand
    # Absolute errors are least at the median of the distribution.
    median = (p.cumsum(axis=1) >= 0.5).argmax(axis=1)
    assert model.predict(p).tolist() == median.tolist()


def test_every_mistake_costs_one_by_default():
    p, y = informed(np.random.default_rng(0), 100, [0.5, 0.3, 0.2])
    model = CostThresholdClassifier(frozen(p, y)).fit(p, y)
    assert (model.predict(p) == p.argmax(axis=1)).all()


def test_costs_of_rows_are_given_to_predict():
    p, y = informed(np.random.default_rng(0), 60, [0.7, 0.3])
    amount = np.random.default_rng(1).uniform(1, 100, 60)
    costs = np.zeros((60, 2, 2))
    costs[:, 0, 1], costs[:, 1, 0] = 5.0, amount  # a review, and what a fraud takes
    model = CostThresholdClassifier(frozen(p, y)).fit(p, y)
    wanted = p[:, 1] >= 5.0 / (5.0 + amount)
    assert (model.predict(p, cost=costs) == wanted).all()


def test_costs_of_rows_are_routed():
    p, y = informed(np.random.default_rng(0), 60, [0.7, 0.3])
    costs = np.tile([[0.0, 1.0], [9.0, 0.0]], (60, 1, 1))
    with sklearn.config_context(enable_metadata_routing=True):
        inner = CostThresholdClassifier(frozen(p, y)).set_predict_request(cost=True)
        model = make_pipeline("passthrough", inner).fit(p, y)
        found = model.predict(p, cost=costs)
    assert (found == (p[:, 1] >= 0.1)).all()


@pytest.mark.parametrize("table", [np.asarray, pd.DataFrame, pl.DataFrame])
def test_costs_by_a_function_of_the_row(table):
    p, y = informed(np.random.default_rng(0), 40, [0.7, 0.3])
    names = ["p0", "p1"]
    X = table(p) if table is np.asarray else table(dict(zip(names, p.T, strict=True)))

    def cost(true, decided, row):
        if true == decided:
            return 0
        return 10 * (row["p1"] if isinstance(row, dict) else row[1])

    model = CostThresholdClassifier(frozen(p, y), cost=cost).fit(X, y)
    # Both mistakes cost the same in a row.
    assert (model.predict(X) == (p[:, 1] >= 0.5)).all()
    assert model.expected_cost(X)[:, 1] == pytest.approx(10 * p[:, 1] * p[:, 0])


@pytest.mark.parametrize(
    "wrong", [np.eye(3), [1.0, 2.0], [[0, np.nan], [1, 0]], np.zeros((7, 2, 2))]
)
def test_costs_of_another_shape_are_an_error_before_any_work(wrong):
    X, y = two_classes()

    class Unfit(LogisticRegression):
        def fit(self, X, y):
            raise AssertionError("worked")

    with pytest.raises(ValueError, match=r"shape \(2, 2\), true classes in rows"):
        CostThresholdClassifier(Unfit(), cost=wrong).fit(X, y)


# Metrics


@pytest.mark.parametrize("name", sorted(METRICS))
def test_metrics_of_counts_are_those_of_scikit_learn(name):
    rng = np.random.default_rng(0)
    y, found, w = rng.integers(0, 4, 300), rng.integers(0, 4, 300), rng.random(300)
    hits, sums, true = (
        np.bincount(v, u, 4) for v, u in [(found, w * (found == y)), (found, w), (y, w)]
    )
    scorer = get_scorer(name)
    theirs = scorer._score_func(y, found, sample_weight=w, **scorer._kwargs)
    assert float(METRICS[name](hits, sums, true)) == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("name", sorted(METRICS))
def test_metrics_of_nothing_are_zero(name):
    # All rows are of class 0 and are given 1.
    hits, sums, true = np.zeros(3), np.array([0.0, 5, 0]), np.array([5.0, 0, 0])
    assert METRICS[name](hits, sums, true) == 0


@pytest.mark.parametrize("name", sorted(PER_CLASS))
def test_metrics_of_one_class_need_two(name):
    with pytest.raises(ValueError, match=f"'{name}_macro'"):
        find_metric(name, np.arange(3))


# Tuned


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "scoring", ["f1_macro", "balanced_accuracy", "matthews_corrcoef", "accuracy"]
)
def test_brute_force_over_a_grid_is_not_better(seed, scoring):
    p, y = informed(np.random.default_rng(seed), 200, [0.7, 0.2, 0.1], 0.5)
    search = search_for(find_metric(scoring, np.arange(3)), p, y, None)
    threshold, best = search.best()
    steps = np.exp(np.linspace(-4, 4, 33))
    grid = [np.array([1, a, b]) for a, b in itertools.product(steps, steps)]
    assert best >= max(search.score(candidate) for candidate in grid)
    assert best >= search.score(np.ones(3))  # the most probable class
    assert threshold.sum() == pytest.approx(1)
    # What was promised is what the thresholds do.
    theirs = get_scorer(scoring)
    by_hand = theirs._score_func(y, decide(p, threshold), **theirs._kwargs)
    assert best == pytest.approx(by_hand)


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    digits=st.integers(1, 3),
    scoring=st.sampled_from(["f1", "balanced_accuracy", "precision", "accuracy"]),
)
def test_two_classes_are_searched_exactly(seed, digits, scoring):
    rng = np.random.default_rng(seed)
    p, y = informed(rng, 60, [0.8, 0.2], 0.5)
    p = p.round(digits)  # ties
    p[:, 0] = 1 - p[:, 1]
    search = search_for(find_metric(scoring, np.arange(2), 1), p, y, None)
    threshold, best = search.best()
    every = [search.score(np.array([1 - t, t])) for t in np.unique(p[:, 1])]
    assert best >= max(every)
    assert best == pytest.approx(search.score(threshold))


@pytest.mark.parametrize("scoring", ["f1", "balanced_accuracy", "matthews_corrcoef"])
@pytest.mark.parametrize("seed", range(3))
def test_at_least_as_good_as_scikit_learn_on_the_same_folds(scoring, seed):
    X, y = two_classes(800, seed=seed)
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    inner = LogisticRegression()
    theirs = TunedThresholdClassifierCV(inner, scoring=scoring, cv=folds).fit(X, y)
    ours = TunedThresholdClassifier(inner, scoring=scoring, cv=folds).fit(X, y)
    pooled = cross_val_predict(inner, X, y, cv=folds, method="predict_proba")[:, 1]
    measure = get_scorer(scoring)._score_func
    at_theirs = measure(y, (pooled >= theirs.best_threshold_).astype(int))
    at_ours = measure(y, (pooled >= ours.threshold_[1]).astype(int))
    assert at_ours >= at_theirs
    assert ours.best_score_ == pytest.approx(at_ours)
    assert ours.argmax_score_ == pytest.approx(measure(y, (pooled >= 0.5).astype(int)))


def test_weights_are_repetitions_to_the_search():
    rng = np.random.default_rng(0)
    p, y = informed(rng, 100, [0.6, 0.3, 0.1])
    times = rng.integers(1, 4, 100)
    rows = np.repeat(np.arange(100), times)
    metric = find_metric("f1_macro", np.arange(3))
    by_weight = search_for(metric, p, y, times.astype(float)).best()
    by_rows = search_for(metric, p[rows], y[rows], None).best()
    assert by_weight[1] == pytest.approx(by_rows[1])
    assert by_weight[0] == pytest.approx(by_rows[0])


@pytest.mark.parametrize(
    ("scorer", "name"),
    [
        (make_scorer(accuracy_score), "accuracy"),
        (make_scorer(f1_score, average="macro"), "f1_macro"),
        (
            make_scorer(recall_score, average="weighted", pos_label=None),
            "recall_weighted",
        ),
        (get_scorer("matthews_corrcoef"), "matthews_corrcoef"),
    ],
)
def test_a_scorer_that_is_that_of_a_name_is_searched_as_fast(scorer, name):
    assert find_metric(scorer, np.array(["a", "b", "c"])) is METRICS[name]


@pytest.mark.parametrize(
    "scorer",
    [
        make_scorer(f1_score, average="macro", zero_division=1),
        make_scorer(f1_score, average="macro", labels=["a", "b"]),
        make_scorer(f1_score, average="macro", greater_is_better=False),
        make_scorer(fbeta_score, beta=2, average="macro"),
    ],
)
def test_a_scorer_that_differs_from_all_names_is_used_as_it_is(scorer):
    assert isinstance(find_metric(scorer, np.array(["a", "b", "c"])), CellMetric)


def test_a_metric_is_asked_once_about_each_confusion_matrix():
    asked = []

    def kappa(true, given, sample_weight):
        asked.append((tuple(true), tuple(given), tuple(sample_weight)))
        return cohen_kappa_score(true, given, sample_weight=sample_weight)

    rng = np.random.default_rng(0)
    y = rng.choice(3, 80, p=[0.6, 0.3, 0.1])
    p = rng.dirichlet(np.ones(3), 80)
    p[np.arange(80), y] += 0.5
    metric = find_metric(make_scorer(kappa), np.arange(3))
    search_for(metric, p / p.sum(axis=1, keepdims=True), y, None).best()
    # The search of the starts has a memory of its own.
    assert max(Counter(asked).values()) <= 2


def test_any_metric_of_labels():
    p, y = informed(np.random.default_rng(0), 150, [0.6, 0.3, 0.1], 0.5)

    def macro(y_true, y_pred, sample_weight=None):
        return f1_score(y_true, y_pred, average="macro", sample_weight=sample_weight)

    exact = TunedThresholdClassifier(frozen(p, y), scoring="f1_macro").fit(p, y)
    asked = TunedThresholdClassifier(frozen(p, y), scoring=macro).fit(p, y)
    by_scorer = TunedThresholdClassifier(
        frozen(p, y), scoring=make_scorer(f1_score, average="macro")
    ).fit(p, y)
    # Of the same score, other thresholds are taken: they may end on another hill.
    assert asked.best_score_ == pytest.approx(exact.best_score_, abs=0.01)
    assert asked.best_score_ == pytest.approx(macro(y, asked.predict(p)))
    assert asked.argmax_score_ == exact.argmax_score_ < asked.best_score_
    assert by_scorer.best_score_ == asked.best_score_


def test_metrics_without_weights_and_losses():
    p, y = informed(np.random.default_rng(0), 150, [0.8, 0.2], 0.5)
    model = TunedThresholdClassifier(
        frozen(p, y),
        scoring=lambda true, found: 1 - (1 - balanced_accuracy_score(true, found)),
    ).fit(p, y)
    exact = TunedThresholdClassifier(frozen(p, y)).fit(p, y)
    assert model.best_score_ == pytest.approx(exact.best_score_)

    def loss(true, found):
        return (true != found).mean()

    less = TunedThresholdClassifier(
        frozen(p, y), scoring=make_scorer(loss, greater_is_better=False)
    ).fit(p, y)
    best = TunedThresholdClassifier(frozen(p, y), scoring="accuracy").fit(p, y)
    assert less.best_score_ == pytest.approx(best.best_score_ - 1)


def test_fbeta_of_text_labels():
    p, y = informed(np.random.default_rng(0), 150, [0.8, 0.2], 0.5)
    labels = np.array(["no", "yes"])[y]
    scoring = make_scorer(fbeta_score, beta=2, pos_label="yes")
    model = TunedThresholdClassifier(frozen(p, labels), scoring=scoring).fit(p, labels)
    found = fbeta_score(labels, model.predict(p), beta=2, pos_label="yes")
    assert found == pytest.approx(model.best_score_)
    assert found > fbeta_score(
        labels, np.array(["no", "yes"])[p.argmax(axis=1)], beta=2, pos_label="yes"
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"scoring": "roc_auc"}, "is not of labels"),
        ({"scoring": "neg_log_loss"}, "is not of labels"),
        ({"scoring": "f2"}, "f2"),
        ({"refit": False}, "refit=False would leave several estimators"),
        ({"cv": 1}, "cv"),
        ({"cv": 1.5}, "cv"),
    ],
)
def test_what_cannot_be_tuned_is_an_error_before_any_work(options, says):
    X, y = two_classes()

    class Unfit(LogisticRegression):
        def fit(self, X, y):
            raise AssertionError("worked")

    with pytest.raises(ValueError, match=says):
        TunedThresholdClassifier(Unfit(), **options).fit(X, y)


def test_a_metric_that_takes_no_weights_is_an_error_with_weights():
    X, y = two_classes()
    model = TunedThresholdClassifier(LogisticRegression(), scoring=lambda a, b: 1.0)
    with pytest.raises(ValueError, match="does not take it"):
        model.fit(X, y, sample_weight=np.ones(len(y)))


def test_one_held_out_part_and_no_refit():
    X, y = two_classes()
    model = TunedThresholdClassifier(
        LogisticRegression(), cv=0.3, refit=False, random_state=0
    ).fit(X, y)
    whole = LogisticRegression().fit(X, y)
    assert (model.estimator_.coef_ != whole.coef_).all()
    refitted = clone(model).set_params(refit=True).fit(X, y)
    assert (refitted.estimator_.coef_ == whole.coef_).all()
    assert (refitted.threshold_ == model.threshold_).all()


@pytest.mark.parametrize("as_splitter", [False, True])
def test_one_split_leaves_one_estimator(as_splitter):
    X, y = two_classes()
    train, test = np.arange(0, len(y), 2), np.arange(1, len(y), 2)
    part = np.where(np.isin(np.arange(len(y)), test), 0, -1)
    cv = PredefinedSplit(part) if as_splitter else [(train, test)]
    inner = LogisticRegression().fit(X[train], y[train])
    tuned = TunedThresholdClassifier(LogisticRegression(), cv=cv, refit=False)
    sure = ConstrainedThresholdClassifier(LogisticRegression(), cv=cv, confidence=0.8)
    for model in (tuned, sure):
        apart = clone(model).fit(X, y)
        of_frozen = clone(model).set_params(estimator=FrozenEstimator(inner), cv=5)
        assert (apart.estimator_.coef_ == inner.coef_).all()
        of_frozen.fit(X[test], y[test])
        assert np.array_equal(apart.threshold_, of_frozen.threshold_)


def test_a_frozen_estimator_is_not_fitted_again():
    X, y = two_classes()
    inner = LogisticRegression().fit(X[:300], y[:300])
    model = TunedThresholdClassifier(FrozenEstimator(inner)).fit(X[300:], y[300:])
    p = inner.predict_proba(X[300:])
    search = search_for(
        find_metric("balanced_accuracy", np.arange(2)), p, y[300:], None
    )
    assert model.best_score_ == search.best()[1]
    assert model.estimator_.estimator is inner


def test_groups_are_not_split_and_reach_the_sampler():
    X, y = two_classes()
    groups = np.repeat(np.arange(60), 10)
    inner = ResampledClassifier(SMOTE(random_state=0), LogisticRegression())
    model = TunedThresholdClassifier(inner, random_state=0)
    with pytest.warns(UserWarning, match="fewer than 6 rows"):
        model.fit(X, y, groups=groups)
    parents = model.estimator_.sampler_.parents_
    assert (groups[parents[:, 0]] == groups[parents[:, 1]]).all()
    by_splitter = TunedThresholdClassifier(LogisticRegression(), cv=GroupKFold(3))
    by_splitter.fit(X, y, groups=groups)
    assert by_splitter.threshold_.sum() == pytest.approx(1)


def test_folds_are_fitted_in_parallel_alike():
    X, y = two_classes()
    one, two = (
        TunedThresholdClassifier(LogisticRegression(), n_jobs=n, random_state=0).fit(
            X, y
        )
        for n in (1, 2)
    )
    assert (one.threshold_ == two.threshold_).all()


def test_tuning_helps_the_metric_it_tunes():
    # 20 draws of new rows; the gain must be more than two standard errors.
    gains = []
    for seed in range(20):
        X, y = two_classes(2000, share=0.1, seed=seed)
        model = TunedThresholdClassifier(
            LogisticRegression(), scoring="matthews_corrcoef", random_state=0
        ).fit(X[:1000], y[:1000])
        plain = model.estimator_.predict(X[1000:])
        tuned = model.predict(X[1000:])
        gains.append(
            matthews_corrcoef(y[1000:], tuned) - matthews_corrcoef(y[1000:], plain)
        )
    assert np.mean(gains) > 2 * np.std(gains, ddof=1) / np.sqrt(20)


# Constrained


def alerts_by_hand():
    p = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05])
    y = np.array([1, 1, 0, 1, 0, 0, 1, 0, 0, 0])
    return np.column_stack([1 - p, p]), y


@pytest.mark.parametrize(
    ("subject_to", "maximize", "alerts"),
    [
        ({"recall": 0.5}, "precision", 2),
        ({"recall": 0.6}, "precision", 4),
        ({"recall": 0.9}, "precision", 7),
        ({"precision": 0.7}, "recall", 4),
        ({"precision": 1.0}, "recall", 2),
        ({"alert_share": 0.35}, "recall", 3),  # and 2 alerts find as many: smaller wins
        ({"alert_share": 0.3, "precision": 0.6}, "recall", 3),
        ({"alert_share": 0.9}, "f1", 4),
    ],
)
def test_constraints_by_hand(subject_to, maximize, alerts):
    p, y = alerts_by_hand()
    model = ConstrainedThresholdClassifier(
        frozen(p, y), maximize=maximize, subject_to=subject_to
    ).fit(p, y)
    assert model.predict(p).sum() == alerts
    assert set(model.reached_) == set(subject_to)


def test_ties_go_to_the_smaller_threshold():
    p, y = alerts_by_hand()
    model = ConstrainedThresholdClassifier(
        frozen(p, y), maximize="recall", subject_to={"alert_share": 0.35}
    ).fit(p, y)
    # Just above the score of the first row that must not be an alert.
    assert 0.6 < model.threshold_ < 0.6 + 1e-9


def test_rows_of_equal_scores_are_alerts_together():
    p = np.array([0.9, 0.5, 0.5, 0.5, 0.1])
    y = np.array([1, 1, 0, 0, 0])
    both = np.column_stack([1 - p, p])
    model = ConstrainedThresholdClassifier(
        frozen(both, y), maximize="recall", subject_to={"alert_share": 0.5}
    ).fit(both, y)
    assert model.predict(both).tolist() == [1, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"subject_to": {"recall": 0.9}}, r"every row \(alert share 1\)"),
        (
            {"subject_to": {"precision": 0.3}, "maximize": "recall"},
            r"every row \(alert share 1\)",
        ),
        ({"subject_to": {"alert_share": 0.05}}, r"no row \(alert share 0\)"),
        (
            {"subject_to": {"recall": 0.9}, "confidence": 0.95},
            r"every row \(alert share 1\)",
        ),
    ],
)
def test_constraints_that_are_met_without_judgment_are_a_warning(options, says):
    p, y = alerts_by_hand()
    p[6] = [0.99, 0.01]  # the positive at 0.3 is the last
    model = ConstrainedThresholdClassifier(frozen(p, y), **options)
    with pytest.warns(UserWarning, match=says) as caught:
        model.fit(p, y)
    assert caught[0].filename == __file__
    assert len(np.unique(model.predict(p))) == 1


def test_infeasible_constraints_name_what_can_be_reached():
    p, y = alerts_by_hand()
    model = ConstrainedThresholdClassifier(
        frozen(p, y), subject_to={"recall": 0.9, "precision": 0.7}
    )
    with pytest.raises(
        ValueError, match=r"recall reaches at best 0\.75 and precision .* best 0\.571"
    ):
        model.fit(p, y)
    flipped = p[:, ::-1].copy()
    model = ConstrainedThresholdClassifier(
        frozen(flipped, y), subject_to={"precision": 0.5}
    )
    with pytest.raises(ValueError, match=r"precision reaches at best 0\.4\."):
        model.fit(flipped, y)


def test_weights_count_in_constraints():
    p, y = alerts_by_hand()
    weight = np.where(np.arange(10) == 6, 6.0, 1.0)  # the positive at 0.3
    model = ConstrainedThresholdClassifier(
        frozen(p, y), subject_to={"recall": 0.6}, pos_label=1
    )
    assert model.fit(p, y, sample_weight=weight).predict(p).sum() == 7
    assert model.reached_["recall"] == 1


def test_one_class_of_three_against_the_rest():
    p, y = informed(np.random.default_rng(0), 500, [0.6, 0.3, 0.1])
    model = ConstrainedThresholdClassifier(
        frozen(p, y), subject_to={"recall": 0.95}, pos_label=1
    ).fit(p, y)
    found = model.predict(p)
    assert (found[y == 1] == 1).mean() >= 0.95
    others = np.where(p[:, 0] >= p[:, 2], 0, 2)
    assert (found[found != 1] == others[found != 1]).all()
    rarest = ConstrainedThresholdClassifier(frozen(p, y)).fit(p, y)
    assert rarest.pos_label_ == 2


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"subject_to": {}}, "subject_to"),
        ({"subject_to": {"specificity": 0.9}}, "recall, precision, alert_share"),
        ({"subject_to": {"recall": 1.5}}, "from 0 to 1"),
        ({"pos_label": 9}, r"one of the classes \[0, 1\]. Got 9 instead"),
        ({"confidence": 0.95, "cv": 5}, "cv=5 makes several estimators"),
        ({"confidence": 1.0}, "confidence"),
        ({"maximize": "profit"}, "maximize"),
    ],
)
def test_what_cannot_be_promised_is_an_error_before_any_work(options, says):
    X, y = two_classes()

    class Unfit(LogisticRegression):
        def fit(self, X, y):
            raise AssertionError("worked")

    with pytest.raises(ValueError, match=says):
        ConstrainedThresholdClassifier(Unfit(), **options).fit(X, y)


def test_a_promise_is_kept_by_rows_that_are_not_fitted_on():
    X, y = two_classes(3000)
    model = ConstrainedThresholdClassifier(
        LogisticRegression(), confidence=0.95, random_state=0
    ).fit(X, y)
    whole = LogisticRegression().fit(X, y)
    assert (model.estimator_.coef_ != whole.coef_).all()
    assert model.reached_["recall"] >= 0.9


def test_bounds_are_those_of_clopper_and_pearson():
    from scipy.stats import binomtest

    from imbsuite.decision._bounds import Alerts, certified

    rng = np.random.default_rng(0)
    p, y = informed(rng, 300, [0.8, 0.2])
    alerts = Alerts.at_all_thresholds(p[:, 1], y == 1)
    bound = certified(alerts, {"recall": 0.9}, 0.05)["recall"]
    for place in (5, 50, 150):
        test = binomtest(int(alerts.hits[place]), int(y.sum()), alternative="greater")
        low = test.proportion_ci(0.95, method="exact").low
        assert bound[place] == pytest.approx(low)
    bound = certified(alerts, {"alert_share": 0.1}, 0.05)["alert_share"]
    for place in (0, 5, 150, 300):
        test = binomtest(int(alerts.given[place]), 300, alternative="less")
        high = test.proportion_ci(0.95, method="exact").high
        assert bound[place] == pytest.approx(high)


def test_no_alert_is_promised_to_be_few_only_with_enough_rows():
    p, y = informed(np.random.default_rng(0), 50, [0.8, 0.2])
    model = ConstrainedThresholdClassifier(
        frozen(p, y), subject_to={"alert_share": 0.02}, confidence=0.95
    )
    # 1 - 0.05 ** (1 / 50), with no alert among 50.
    with pytest.raises(ValueError, match=r"alert_share reaches at best 0\.0582"):
        model.fit(p, y)


# Together


@pytest.mark.parametrize("kind", WRAPPERS)
def test_inside_cross_validation_with_weights_routed(kind):
    X, y = two_classes(900)
    weight = np.random.default_rng(0).uniform(0.5, 2, 900)
    with sklearn.config_context(enable_metadata_routing=True):
        wrapper = kind(LogisticRegression()).set_fit_request(sample_weight=True)
        if "random_state" in wrapper.get_params():
            wrapper.set_params(random_state=0)
        found = cross_validate(
            make_pipeline("passthrough", wrapper),
            X,
            y,
            cv=3,
            params={"sample_weight": weight},
            scoring=get_scorer("balanced_accuracy").set_score_request(
                sample_weight=True
            ),
            error_score="raise",
            return_estimator=True,
        )
    assert (found["test_score"] > 0.45).all()
    fold = next(iter(StratifiedKFold(3).split(X, y)))[0]
    alone = clone(wrapper).fit(X[fold], y[fold], sample_weight=weight[fold])
    routed = found["estimator"][0][-1]
    assert (routed.estimator_.coef_ == alone.estimator_.coef_).all()


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
def test_thresholds_are_the_same_for_every_container(kind):
    X, y = two_classes()
    names = list("abcde")
    table = kind(dict(zip(names, X.T, strict=True)))
    model = TunedThresholdClassifier(
        ResampledClassifier(
            SMOTE(random_state=0),
            LogisticRegression(),
            correction="offset",
            random_state=0,
        ),
        random_state=0,
    )
    plain, framed = clone(model).fit(X, y), clone(model).fit(table, y)
    assert framed.threshold_ == pytest.approx(plain.threshold_, rel=1e-9)
    assert (framed.predict(table) == plain.predict(X)).all()
    assert framed.feature_names_in_.tolist() == names
