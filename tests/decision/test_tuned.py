"""TunedThresholdClassifier: the search against brute force, scorers, folds, weights."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from decision.informed import informed, pair, two_classes
from hypothesis import given, settings
from hypothesis import strategies as st
from shared import frozen, spread
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
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
    GroupKFold,
    PredefinedSplit,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_val_predict,
)
from sklearn.naive_bayes import GaussianNB

from imbsuite import (
    SMOTE,
    ConstrainedThresholdClassifier,
    ResampledClassifier,
    TunedThresholdClassifier,
)
from imbsuite.decision._base import decide
from imbsuite.decision._search import search_for
from imbsuite.decision.metrics import METRICS, CellMetric, find_metric
from imbsuite.probability.by_label import both_columns


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "scoring", ["f1_macro", "balanced_accuracy", "matthews_corrcoef", "accuracy"]
)
def test_search_is_at_least_as_good_as_a_grid(seed, scoring):
    p, y = informed(np.random.default_rng(seed), 200, [0.7, 0.2, 0.1], 0.5)
    search = search_for(find_metric(scoring, np.arange(3)), p, y, None)
    threshold, best = search.best()
    steps = np.exp(np.linspace(-4, 4, 33))
    grid = [np.array([1, a, b]) for a, b in itertools.product(steps, steps)]
    assert best >= max(search.score(candidate) for candidate in grid)
    assert best >= search.score(np.ones(3))  # the most probable class
    assert threshold.sum() == pytest.approx(1)
    # The thresholds reach the reported score.
    theirs = get_scorer(scoring)
    by_hand = theirs._score_func(y, decide(p, threshold), **theirs._kwargs)
    assert best == pytest.approx(by_hand)


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    digits=st.integers(1, 3),
    scoring=st.sampled_from(["f1", "balanced_accuracy", "precision", "accuracy"]),
)
def test_binary_search_is_exact(seed, digits, scoring):
    rng = np.random.default_rng(seed)
    p, y = informed(rng, 60, [0.8, 0.2], 0.5)
    p = p.round(digits)  # ties
    p[:, 0] = 1 - p[:, 1]
    search = search_for(find_metric(scoring, np.arange(2), 1), p, y, None)
    threshold, best = search.best()
    every = [search.score(np.array([1 - t, t])) for t in np.unique(p[:, 1])]
    assert best >= max(every)
    assert best == pytest.approx(search.score(threshold))


@pytest.mark.parametrize(
    ("scoring", "seed"),
    spread(
        {name: name for name in ("f1", "balanced_accuracy", "matthews_corrcoef")},
        {str(seed): seed for seed in range(3)},
        every=3,
    ),
)
def test_at_least_as_good_as_scikit_learn_on_the_same_folds(scoring, seed):
    X, y = two_classes(400, seed=seed)
    folds = StratifiedKFold(3, shuffle=True, random_state=seed)
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


def test_search_with_weights_matches_repeated_rows():
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
def test_scorer_equal_to_a_named_metric_is_recognized(scorer, name):
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
def test_other_scorers_become_cell_metrics(scorer):
    assert isinstance(find_metric(scorer, np.array(["a", "b", "c"])), CellMetric)


def test_metric_calls_are_cached():
    calls = []

    def kappa(true, predicted, sample_weight):
        calls.append((tuple(true), tuple(predicted), tuple(sample_weight)))
        return cohen_kappa_score(true, predicted, sample_weight=sample_weight)

    rng = np.random.default_rng(0)
    y = rng.choice(3, 80, p=[0.6, 0.3, 0.1])
    p = rng.dirichlet(np.ones(3), 80)
    p[np.arange(80), y] += 0.5
    metric = find_metric(make_scorer(kappa), np.arange(3))
    search_for(metric, p / p.sum(axis=1, keepdims=True), y, None).best()
    # The search for starting points has its own cache.
    assert max(Counter(calls).values()) <= 2


def test_callable_metric_is_evaluated_at_about_200_thresholds():
    calls = []

    def kappa(true, predicted, sample_weight):
        calls.append((tuple(true), tuple(predicted), tuple(sample_weight)))
        return cohen_kappa_score(true, predicted, sample_weight=sample_weight)

    y = np.repeat([0, 1], [900, 100])
    p = both_columns(np.random.default_rng(0).permutation(1000) / 1000)
    metric = find_metric(make_scorer(kappa), np.arange(2))
    threshold, best = search_for(metric, p, y, None).best()
    # Every fifth score, 0.5, and a threshold above all scores.
    assert 195 < len(set(calls)) <= 202
    assert best == cohen_kappa_score(y, decide(p, threshold))


@pytest.mark.filterwarnings("ignore:Some inputs do not have OOB scores")
@pytest.mark.parametrize("seed", range(12))
def test_class_without_out_of_bag_rows_raises(seed):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 2)), np.repeat(["often", "rarely"], [58, 2])
    forest = RandomForestClassifier(1, random_state=seed)
    drawn = clone(forest).fit(X, y).estimators_samples_[0]
    model = TunedThresholdClassifier(forest, cv="oob")
    if {58, 59} <= set(drawn.tolist()):
        with pytest.raises(
            ValueError, match=r"row of every class. Got none of \['rarely'"
        ):
            model.fit(X, y)
    else:
        model.fit(X, y)


def test_search_starts_use_10_000_rows():
    weight_sums = set()

    def recall_of_2(true, predicted, sample_weight):
        weight_sums.add(sample_weight.sum())
        return sample_weight[(true == 2) & (predicted == 2)].sum()

    p, y = informed(np.random.default_rng(0), 10_050, [0.6, 0.3, 0.1], 0.5)
    metric = find_metric(make_scorer(recall_of_2), np.arange(3))
    search_for(metric, p, y, None).best()
    assert weight_sums == {10_000, 10_050}


def test_callable_metric_matches_named_metric():
    p, y = informed(np.random.default_rng(0), 150, [0.6, 0.3, 0.1], 0.5)

    def macro(y_true, y_pred, sample_weight=None):
        cells = np.bincount(3 * y_true + y_pred, sample_weight, 9).reshape(3, 3)
        hits = np.diag(cells)
        return np.mean(2 * hits / (cells.sum(axis=0) + cells.sum(axis=1)))

    exact = TunedThresholdClassifier(frozen(p, y), scoring="f1_macro").fit(p, y)
    by_callable = TunedThresholdClassifier(frozen(p, y), scoring=macro).fit(p, y)
    by_scorer = TunedThresholdClassifier(
        frozen(p, y), scoring=make_scorer(f1_score, average="macro")
    ).fit(p, y)
    # It breaks ties differently and may end in another local maximum.
    assert by_callable.best_score_ == pytest.approx(exact.best_score_, abs=0.01)
    assert by_callable.best_score_ == pytest.approx(macro(y, by_callable.predict(p)))
    assert by_callable.argmax_score_ == exact.argmax_score_ < by_callable.best_score_
    # A scorer equal to a named metric is searched like that metric.
    assert by_scorer.best_score_ == exact.best_score_


def test_metrics_without_weights_and_losses():
    p, y = informed(np.random.default_rng(0), 150, [0.8, 0.2], 0.5)
    model = TunedThresholdClassifier(
        frozen(p, y),
        scoring=lambda true, predicted: (
            1 - (1 - balanced_accuracy_score(true, predicted))
        ),
    ).fit(p, y)
    exact = TunedThresholdClassifier(frozen(p, y)).fit(p, y)
    assert model.best_score_ == pytest.approx(exact.best_score_)

    def loss(true, predicted):
        return (true != predicted).mean()

    less = TunedThresholdClassifier(
        frozen(p, y), scoring=make_scorer(loss, greater_is_better=False)
    ).fit(p, y)
    best = TunedThresholdClassifier(frozen(p, y), scoring="accuracy").fit(p, y)
    assert less.best_score_ == pytest.approx(best.best_score_ - 1)


def test_metric_that_cannot_score_the_labels_raises():
    p, y = informed(np.random.default_rng(0), 150, [0.8, 0.2], 0.5)
    labels = np.array(["no", "yes"])[y]
    model = TunedThresholdClassifier(
        frozen(p, labels), scoring=make_scorer(fbeta_score, beta=2)
    )
    says = r"cannot be computed for the labels \['no', 'yes'\]: .* pos_label="
    with pytest.raises(ValueError, match=says):
        model.fit(p, labels)


def test_callable_that_scores_an_estimator_raises():
    X, y = two_classes()
    model = TunedThresholdClassifier(LogisticRegression(), scoring=lambda m, X, y: 0.0)
    with pytest.raises(TypeError, match=r"must be a callable of \(y_true, y_pred\)"):
        model.fit(X, y)


def test_fbeta_of_string_labels():
    p, y = informed(np.random.default_rng(0), 150, [0.8, 0.2], 0.5)
    labels = np.array(["no", "yes"])[y]
    scoring = make_scorer(fbeta_score, beta=2, pos_label="yes")
    model = TunedThresholdClassifier(frozen(p, labels), scoring=scoring).fit(p, labels)
    score = fbeta_score(labels, model.predict(p), beta=2, pos_label="yes")
    assert score == pytest.approx(model.best_score_)
    assert score > fbeta_score(
        labels, np.array(["no", "yes"])[p.argmax(axis=1)], beta=2, pos_label="yes"
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"scoring": "roc_auc"}, "must be a metric of predicted labels"),
        ({"scoring": "neg_log_loss"}, "must be a metric of predicted labels"),
        ({"scoring": "f2"}, "f2"),
        ({"refit": False}, r"With refit=False, .* a single split"),
        ({"cv": 1}, "cv"),
        ({"cv": 1.5}, "cv"),
    ],
)
def test_invalid_parameters_raise_before_fitting(options, says):
    X, y = two_classes()

    class Unfit(LogisticRegression):
        def fit(self, X, y):
            raise AssertionError("worked")

    with pytest.raises(ValueError, match=says):
        TunedThresholdClassifier(Unfit(), **options).fit(X, y)


def test_unweighted_metric_with_sample_weight_raises():
    X, y = two_classes()
    model = TunedThresholdClassifier(LogisticRegression(), scoring=lambda a, b: 1.0)
    with pytest.raises(ValueError, match="does not take it"):
        model.fit(X, y, sample_weight=np.ones(len(y)))


def test_single_split_without_refit():
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
def test_single_split_keeps_the_fitted_estimator(as_splitter):
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


def test_frozen_estimator_is_not_refitted():
    X, y = two_classes()
    inner = LogisticRegression().fit(X[:300], y[:300])
    model = TunedThresholdClassifier(FrozenEstimator(inner)).fit(X[300:], y[300:])
    p = inner.predict_proba(X[300:])
    search = search_for(
        find_metric("balanced_accuracy", np.arange(2)), p, y[300:], None
    )
    assert model.best_score_ == search.best()[1]
    assert model.estimator_.estimator is inner


def test_groups_reach_the_sampler_and_the_splitter():
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


def test_thresholds_do_not_depend_on_n_jobs():
    X, y = two_classes()
    one, two = (
        TunedThresholdClassifier(LogisticRegression(), n_jobs=n, random_state=0).fit(
            X, y
        )
        for n in (1, 2)
    )
    assert (one.threshold_ == two.threshold_).all()


def test_tuning_improves_the_tuned_metric():
    # The mean gain on new rows over 20 draws must exceed two standard errors.
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


@pytest.mark.parametrize("as_callable", [False, True])
def test_rows_with_probability_one_can_be_negative(as_callable):
    p1 = np.repeat([1.0, 0.6, 0.1], [10, 5, 85])
    y = np.repeat([0, 1, 0], [10, 5, 85])

    def accuracy(true, predicted, sample_weight=None):
        return np.average(true == predicted, weights=sample_weight)

    model = TunedThresholdClassifier(
        frozen(pair(p1), y), scoring=accuracy if as_callable else "accuracy"
    ).fit(pair(p1), y)
    assert model.best_score_ == 0.95
    assert model.score(pair(p1), y) == 0.95


@pytest.mark.parametrize("seed", range(60, 100))
def test_predictions_reach_the_best_score(seed):
    # Rounding to tenths makes many ties between classes.
    rng = np.random.default_rng(seed)
    y = np.append([0, 1, 2], rng.choice(3, 37, p=[0.7, 0.2, 0.1]))
    p = np.round(rng.dirichlet([0.3] * 3, 40) * 10)
    p[p.sum(axis=1) == 0] = 1
    p /= p.sum(axis=1, keepdims=True)
    model = TunedThresholdClassifier(frozen(p, y)).fit(p, y)
    score = balanced_accuracy_score(y, model.predict(p))
    assert score == pytest.approx(model.best_score_)
    assert score >= model.argmax_score_ - 1e-12


@pytest.mark.parametrize("seed", range(8))
def test_search_with_one_hot_rows_is_at_least_as_good_as_a_grid(seed):
    rng = np.random.default_rng(seed)
    y = np.append([0, 1, 2], rng.choice(3, 117, p=[0.6, 0.25, 0.15]))
    p = rng.dirichlet(np.ones(3), 120) + 0.3 * np.eye(3)[y]
    p[rng.random(120) < 0.2] = [0, 0, 1]
    p /= p.sum(axis=1, keepdims=True)
    model = TunedThresholdClassifier(frozen(p, y), scoring="f1_macro").fit(p, y)
    steps = np.exp(np.linspace(-4, 4, 21))
    thresholds = np.array([[1, a, b] for a in steps for b in steps])
    chosen = (p / thresholds[:, np.newaxis]).argmax(axis=2)  # (441, n_rows)
    f1 = [
        2
        * ((chosen == k) & (y == k)).sum(axis=1)
        / ((chosen == k).sum(axis=1) + (y == k).sum())
        for k in range(3)
    ]
    grid = np.mean(f1, axis=0)
    assert grid[-1] == pytest.approx(f1_score(y, chosen[-1], average="macro"))
    assert (model.best_score_ >= grid - 1e-12).all()


def test_metric_undefined_at_some_thresholds():
    p1 = np.linspace(0.01, 0.99, 50)
    y = (p1 > 0.6).astype(int)

    def defined_for_two(true, predicted):
        return f1_score(true, predicted) if len(np.unique(predicted)) == 2 else np.nan

    model = TunedThresholdClassifier(frozen(pair(p1), y), scoring=defined_for_two)
    assert model.fit(pair(p1), y).best_score_ == 1


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_metric_that_is_never_finite_raises(value, n_classes):
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(n_classes), size=60)
    y = np.arange(60) % n_classes

    def never(y_true, y_pred, sample_weight=None):
        return value

    model = TunedThresholdClassifier(frozen(p, y), scoring=never)
    with pytest.raises(ValueError, match="is not finite at any threshold"):
        model.fit(p, y)


def test_zero_weight_rows_do_not_mislead_the_search():
    n = 24_000
    y = np.tile([0, 1, 2, 0], n // 4)
    weight = np.tile([0.0, 1.0, 1.0, 1.0], n // 4)
    p = np.random.default_rng(0).dirichlet(np.ones(3), n)
    model = TunedThresholdClassifier(frozen(p, y), scoring="accuracy")
    model.fit(p, y, sample_weight=weight)
    assert model.best_score_ >= model.argmax_score_


def test_ties_go_to_the_smaller_threshold():
    # Three of four rows are correct at thresholds 0.4 and 0.9.
    p, y = pair(np.array([0.1, 0.4, 0.6, 0.9])), np.array([0, 1, 0, 1])
    model = TunedThresholdClassifier(frozen(p, y), scoring="accuracy").fit(p, y)
    assert model.best_score_ == 0.75
    assert model.predict(p).tolist() == [0, 1, 1, 1]


def test_threshold_above_all_scores_is_a_probability():
    p, y = pair(np.array([0.1, 0.2, 0.9])), np.array([1, 0, 0])
    model = TunedThresholdClassifier(frozen(p, y), scoring="accuracy").fit(p, y)
    assert model.predict(p).tolist() == [0, 0, 0]
    assert 0.9 < model.threshold_[1] < 1
    assert model.threshold_.sum() == 1


@pytest.mark.parametrize("scoring", ["balanced_accuracy", "f1_macro", "accuracy"])
@pytest.mark.parametrize("seed", range(3))
def test_thresholds_do_not_depend_on_class_names(scoring, seed):
    rng = np.random.default_rng(seed)
    y = rng.choice(4, 120, p=[0.5, 0.25, 0.15, 0.1])
    X = rng.normal(size=(120, 3)) + 0.8 * np.eye(4)[y][:, :3]
    model = TunedThresholdClassifier(
        GaussianNB(), scoring=scoring, cv=2, random_state=0
    )
    plain = clone(model).fit(X, y)
    for names in (np.array(list("dcba")), np.array(list("bdac"))):
        named = clone(model).fit(X, names[y])
        order = np.searchsorted(named.classes_, names)
        np.testing.assert_allclose(named.threshold_[order], plain.threshold_)
        assert (named.predict(X) == names[plain.predict(X)]).all()


def _kappa(y_true, y_pred, sample_weight=None):
    right = np.average(y_true == y_pred, weights=sample_weight)
    by_chance = sum(
        np.average(y_true == k, weights=sample_weight)
        * np.average(y_pred == k, weights=sample_weight)
        for k in np.unique(y_true)
    )
    return 1 - (1 - right) / (1 - by_chance)


def test_thresholds_of_a_callable_do_not_depend_on_class_names():
    # Here two steps of the search tie but for rounding, which depends on the names.
    rng = np.random.default_rng(27)
    y = rng.choice(3, 60, p=[0.7, 0.2, 0.1])
    p = rng.dirichlet([1, 1, 1], 60) + 0.5 * np.eye(3)[y] * rng.random((60, 1))
    p /= p.sum(axis=1, keepdims=True)
    thresholds = []
    for names in (np.array(list("abc")), np.array(list("bca"))):
        X = p[:, np.argsort(names)]
        model = TunedThresholdClassifier(frozen(X, names[y]), scoring=_kappa)
        fitted = model.fit(X, names[y])
        thresholds.append(fitted.threshold_[np.searchsorted(fitted.classes_, names)])
    np.testing.assert_allclose(*thresholds)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "scoring", ["balanced_accuracy", "accuracy", cohen_kappa_score]
)
def test_binary_ties_do_not_depend_on_class_names(scoring, weighted):
    rng = np.random.default_rng(0)
    is_rare = np.arange(60) % 4 == 0
    X = is_rare[:, np.newaxis] + rng.normal(size=(60, 2))
    fit_params = {"sample_weight": rng.integers(1, 4, 60)} if weighted else {}
    if weighted and callable(scoring):
        scoring = make_scorer(scoring)
    model = TunedThresholdClassifier(
        GaussianNB(), scoring=scoring, cv=3, random_state=0
    )
    last = clone(model).fit(X, np.where(is_rare, "rare", "common"), **fit_params)
    first = clone(model).fit(X, np.where(is_rare, "a", "z"), **fit_params)
    np.testing.assert_allclose(first.threshold_[::-1], last.threshold_)
