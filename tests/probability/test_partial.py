"""Partial labels: unknown cells, and positives recorded as zeros."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from several_labels import made
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import KFold, cross_val_score
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from imbsuite import (
    ConstrainedThresholdClassifier,
    CostThresholdClassifier,
    PartialLabelClassifier,
    PriorCorrectedClassifier,
    PriorThresholdClassifier,
    TunedThresholdClassifier,
)
from imbsuite.probability.partial import share_positive

LOGISTIC = LogisticRegression()


def partly_known(n=300, share=0.4, seed=0):
    X, Y = made(n, seed=seed)
    hidden = np.random.default_rng(seed).random(Y.shape) < share
    return X, np.where(hidden, np.nan, Y), Y


def test_each_label_is_fitted_on_its_known_rows():
    X, known, _ = partly_known()
    model = PartialLabelClassifier(LOGISTIC).fit(X, known)
    for label in range(3):
        rows = ~np.isnan(known[:, label])
        alone = clone(LOGISTIC).fit(X[rows], known[rows, label])
        expected = alone.predict_proba(X)[:, 1]
        np.testing.assert_allclose(model.predict_proba(X)[:, label], expected)
        assert model.known_rows_[label] == rows.sum()
    np.testing.assert_array_equal(model.predict(X), model.predict_proba(X) >= 0.5)


@pytest.mark.parametrize(
    "model",
    [
        PartialLabelClassifier(LOGISTIC),
        PartialLabelClassifier(LOGISTIC, known_share=0.8),
        PartialLabelClassifier(LOGISTIC, recover="soft", known_share=0.8, cv=KFold(3)),
        TunedThresholdClassifier(PartialLabelClassifier(LOGISTIC), cv=KFold(3)),
        CostThresholdClassifier(
            PartialLabelClassifier(LOGISTIC), cost={"fp": 1, "fn": 5}
        ),
        PriorThresholdClassifier(PartialLabelClassifier(LOGISTIC)),
    ],
    ids=["plain", "share", "soft", "tuned", "cost", "prior"],
)
def test_label_known_only_in_rows_of_zero_weight_is_unknown(model):
    X, known, _ = partly_known()
    weight = np.where(np.isnan(known[:, 1]), 1.0, 0.0)
    hidden = known.copy()
    hidden[:, 1] = np.nan
    by_weight = clone(model).fit(X, known, sample_weight=weight)
    absent = clone(model).fit(X, hidden, sample_weight=weight)
    p = by_weight.predict_proba(X)
    np.testing.assert_allclose(p, absent.predict_proba(X))
    assert not p[:, 1].any()
    np.testing.assert_array_equal(by_weight.predict(X), absent.predict(X))


@pytest.mark.parametrize("recover", [None, "soft"])
def test_rows_of_zero_weight_are_absent(recover):
    X, known, _ = partly_known()
    weight = np.random.default_rng(0).integers(0, 2, len(X)).astype(float)
    # All marked rows of the first label have no weight.
    weight[known[:, 0] == 1] = 0.0
    rows = weight > 0
    model = PartialLabelClassifier(
        LOGISTIC, recover=recover, known_share=0.8, random_state=0
    )
    by_weight = clone(model).fit(X, known, sample_weight=weight)
    absent = clone(model).fit(X[rows], known[rows], sample_weight=weight[rows])
    np.testing.assert_allclose(by_weight.predict_proba(X), absent.predict_proba(X))
    assert by_weight.known_rows_ == absent.known_rows_


def test_unknown_cells_are_excluded_from_fitting():
    X, known, _ = partly_known()
    weight = np.random.default_rng(1).random(len(X))
    parts = []

    class Recording(LogisticRegression):
        def fit(self, X, y, sample_weight=None):
            parts.append((X, y, sample_weight))
            return super().fit(X, y, sample_weight)

    PartialLabelClassifier(Recording()).fit(X, known, weight)
    for (rows, labels, own), column in zip(parts, known.T, strict=True):
        there = ~np.isnan(column)
        np.testing.assert_array_equal(rows, X[there])
        np.testing.assert_array_equal(labels, column[there])
        np.testing.assert_array_equal(own, weight[there])


@pytest.mark.parametrize(
    "container",
    [
        lambda y: np.where(np.isnan(y), -1, y),
        lambda y: np.where(np.isnan(y), -1, y).astype(int).tolist(),
        lambda y: sp.csr_array(np.where(np.isnan(y), -1, y)),
        lambda y: pd.DataFrame(y).astype("Int8"),
        lambda y: pd.DataFrame(y).astype("boolean"),
    ],
)
def test_containers_with_unknown_labels_give_equal_results(container):
    X, known, _ = partly_known()
    plain = PartialLabelClassifier(LOGISTIC).fit(X, known)
    other = PartialLabelClassifier(LOGISTIC).fit(X, container(known))
    np.testing.assert_array_equal(plain.predict_proba(X), other.predict_proba(X))


@pytest.mark.parametrize("recover", [None, "soft"])
def test_constant_and_fully_unknown_labels_predict_constants(recover):
    X, known, _ = partly_known()
    known[:, 0] = np.nan
    known[:, 1] = np.where(np.isnan(known[:, 1]), np.nan, 1)
    model = PartialLabelClassifier(LOGISTIC, recover=recover, known_share=0.5)
    p = model.fit(X, known).predict_proba(X)
    assert (p[:, 0] == 0).all()
    assert (p[:, 1] == 1).all()
    assert 0 < p[:, 2].min() < p[:, 2].max() <= 1
    assert model.known_rows_[0] == 0
    around = TunedThresholdClassifier(clone(model), scoring="f1", random_state=0)
    predicted = around.fit(X, known).predict(X)
    assert not predicted[:, 0].any()
    assert predicted[:, 1].all()


def test_single_label_column_matches_the_joint_fit():
    X, known, _ = partly_known()
    model = PartialLabelClassifier(LOGISTIC).fit(X, known[:, [1]])
    both = PartialLabelClassifier(LOGISTIC).fit(X, known)
    np.testing.assert_array_equal(model.predict_proba(X), both.predict_proba(X)[:, [1]])


# --- Positives among the zeros


def test_share_positive_matches_the_formula():
    y, marked = np.array([1, 0, 0, 0]), np.array([0.3, 0.5, 0.2, 0.9])
    # With p = s / c, P(positive | unmarked) = (p - s) / (1 - s).
    c = 0.5
    unmarked = (marked / c - marked) / (1 - marked)
    expected = np.where(y == 1, 1.0, np.minimum(unmarked, 1.0))
    np.testing.assert_allclose(share_positive(y, marked, c), expected)
    np.testing.assert_array_equal(share_positive(y, marked, 1.0), y)
    assert share_positive(np.array([0]), np.array([1.0]), 0.5) == [1.0]


def test_known_share_of_1_matches_plain_fit():
    X, Y = made()
    plain = PartialLabelClassifier(LOGISTIC).fit(X, Y).predict_proba(X)
    for recover in (None, "soft"):
        model = PartialLabelClassifier(LOGISTIC, recover=recover, known_share=1.0)
        np.testing.assert_array_equal(model.fit(X, Y).predict_proba(X), plain)


def test_known_share_divides_probabilities():
    X, Y = made()
    plain = PartialLabelClassifier(LOGISTIC).fit(X, Y).predict_proba(X)
    share = {0: 0.9, 1: 0.8, 2: 0.5}
    model = PartialLabelClassifier(LOGISTIC, known_share=share).fit(X, Y)
    expected = np.minimum(plain / [0.9, 0.8, 0.5], 1)
    np.testing.assert_allclose(model.predict_proba(X), expected)


@pytest.mark.parametrize("weighted", [False, True])
def test_soft_recovery_weights_rows_as_positive_and_negative(weighted):
    X, Y = made(shares=(0.3,))
    weight = np.random.default_rng(0).random(len(X)) if weighted else None
    splits = [
        (np.arange(150), np.arange(150, 300)),
        (np.arange(150, 300), np.arange(150)),
    ]
    model = PartialLabelClassifier(LOGISTIC, recover="soft", known_share=0.6, cv=splits)
    p = model.fit(X, Y, weight).predict_proba(X)[:, 0]
    y, w = Y[:, 0], np.ones(len(X)) if weight is None else weight
    s = np.empty(len(X))
    for train, test in splits:
        inner = clone(LOGISTIC).fit(X[train], y[train], w[train])
        s[test] = inner.predict_proba(X[test])[:, 1]
    soft = share_positive(y, s, 0.6)
    again = clone(LOGISTIC).fit(
        np.vstack([X, X]),
        np.repeat([1, 0], len(X)),
        np.append(w * soft, w * (1 - soft)),
    )
    np.testing.assert_allclose(p, again.predict_proba(X)[:, 1], atol=1e-4)


def test_soft_recovery_restores_label_shares():
    rng = np.random.default_rng(0)
    X, Y = made(4000)
    seen = np.where(rng.random(Y.shape) < 0.4, 0, Y)
    ours, naive = (
        PartialLabelClassifier(LOGISTIC, recover=r, known_share=c, random_state=0)
        .fit(X, seen)
        .predict_proba(X)
        for r, c in (("soft", 0.6), (None, None))
    )
    np.testing.assert_allclose(ours.mean(axis=0), Y.mean(axis=0), rtol=0.1)
    np.testing.assert_allclose(naive.mean(axis=0), seen.mean(axis=0), rtol=0.01)


def test_soft_recovery_with_one_positive_row():
    X, Y = made()
    Y[:, 2] = np.arange(len(Y)) == 3
    model = PartialLabelClassifier(LOGISTIC, recover="soft", known_share=0.5)
    assert model.fit(X, Y).predict_proba(X)[:, 2].max() <= 1


# --- Inside threshold and correction classifiers


@pytest.mark.parametrize("steps", [[], [StandardScaler()]], ids=["alone", "last step"])
def test_thresholds_are_tuned_on_known_cells_only(steps):
    X, known, _ = partly_known(100)
    pipeline = make_pipeline(*steps, PartialLabelClassifier(LOGISTIC))
    inner = FrozenEstimator((pipeline if steps else pipeline[-1]).fit(X, known))
    model = TunedThresholdClassifier(inner, scoring="f1", steady=0).fit(X, known)
    for label in range(3):
        rows = ~np.isnan(known[:, label])
        q, y = model.predict_proba(X)[rows, label], known[rows, label]
        best = max(f1_score(y, q >= t) for t in q)
        assert model.label_scores_[label] == pytest.approx(best)
        assert f1_score(y, q >= model.threshold_[label]) == pytest.approx(best)


@pytest.mark.parametrize(
    ("average", "shared"), [("micro", True), ("micro", False), ("samples", True)]
)
def test_pooled_metrics_use_known_cells_only(average, shared):
    X, known, Y = partly_known()
    options = {"scoring": f"f1_{average}", "shared": shared}
    inner = FrozenEstimator(PartialLabelClassifier(LOGISTIC).fit(X, known))
    model = TunedThresholdClassifier(inner, **options).fit(X, known)
    there = ~np.isnan(known)
    p = model.predict_proba(X)
    if average == "micro":
        score = f1_score(Y[there], (p >= model.threshold_)[there])
    else:
        flagged = (p >= model.threshold_) & there
        score = f1_score(Y * there, flagged, average="samples", zero_division=0)
    assert model.best_score_ == pytest.approx(score)
    assert model.best_score_ >= model.argmax_score_


@pytest.mark.parametrize(
    "model",
    [
        TunedThresholdClassifier(LOGISTIC, scoring="f1", random_state=0),
        PriorThresholdClassifier(LOGISTIC),
        CostThresholdClassifier(LOGISTIC, cost={"fp": 1, "fn": 3}),
        ConstrainedThresholdClassifier(LOGISTIC, random_state=0),
        PriorCorrectedClassifier(LOGISTIC, random_state=0),
    ],
    ids=lambda model: type(model).__name__,
)
def test_wrappers_accept_unknown_labels(model):
    X, known, Y = partly_known()
    frame = pd.DataFrame(known, columns=["a", "b", "c"])
    inner = PartialLabelClassifier(LOGISTIC)
    for estimator in (inner, make_pipeline(StandardScaler(), inner)):
        around = clone(model).set_params(estimator=estimator).fit(X, frame)
        assert f1_score(Y, around.predict(X), average="macro") > 0.4
    filled = clone(model).set_params(estimator=inner).fit(X, Y)
    assert filled.predict(X).shape == Y.shape
    with pytest.raises(ValueError, match="use PartialLabelClassifier"):
        clone(model).fit(X, frame)


def test_thresholds_account_for_missed_positives():
    rng = np.random.default_rng(0)
    X, Y = made(2000)
    seen = pd.DataFrame(
        np.where(rng.random(Y.shape) < 0.4, 0, Y), columns=["a", "b", "c"]
    )
    share = dict.fromkeys("abc", 0.6)
    inner = PartialLabelClassifier(
        LOGISTIC, recover="soft", known_share=share, random_state=0
    )
    aware = TunedThresholdClassifier(inner, scoring="f1", random_state=0).fit(X, seen)
    fitted = FrozenEstimator(clone(inner).fit(X, seen))
    by_marks = TunedThresholdClassifier(
        PartialLabelClassifier(LOGISTIC), scoring="f1", random_state=0
    ).fit(X, seen)
    scores = [f1_score(Y, m.predict(X), average="macro") for m in (aware, by_marks)]
    assert scores[0] > scores[1] - 0.01
    np.testing.assert_allclose(
        TunedThresholdClassifier(fitted, scoring="f1").fit(X, seen).threshold_,
        aware.threshold_,
        atol=0.1,
    )


def test_source_prior_is_estimated_for_each_label():
    X, known, _ = partly_known()
    balanced = PartialLabelClassifier(LogisticRegression(class_weight="balanced"))
    model = PriorThresholdClassifier(balanced).fit(X, known)
    np.testing.assert_allclose(model.source_prior_, 0.5)
    plain = PriorThresholdClassifier(PartialLabelClassifier(LOGISTIC)).fit(X, known)
    np.testing.assert_allclose(plain.source_prior_, np.nanmean(known, axis=0))
    hidden = PartialLabelClassifier(LOGISTIC, known_share=0.5)
    model = PriorThresholdClassifier(hidden).fit(X, known)
    np.testing.assert_allclose(model.source_prior_, 2 * np.nanmean(known, axis=0))


# --- Invalid input, and conventions


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"recover": "soft"}, "'known_share' parameter .* Got None"),
        ({"known_share": {0: 0.5}}, "'known_share' parameter must have an entry"),
        ({"known_share": {0: 0.5, 1: 2, 2: 0.1}}, "Got 2 for 1"),
        ({"known_share": 0.0}, "'known_share' parameter"),
        (
            {
                "estimator": KNeighborsClassifier(),
                "recover": "soft",
                "known_share": 0.5,
            },
            "does not take it",
        ),
        (
            {
                "estimator": make_pipeline(
                    StandardScaler(), MultiOutputClassifier(LOGISTIC)
                )
            },
            r"pass only its estimator: LogisticRegression\(\)",
        ),
    ],
)
def test_invalid_parameters_raise(options, match):
    X, Y = made(50)
    model = PartialLabelClassifier(**{"estimator": LOGISTIC} | options)
    with pytest.raises(ValueError, match=match):
        model.fit(X, Y)


def test_one_dimensional_y_is_rejected():
    X, Y = made(50)
    with pytest.raises(ValueError, match=r"Got shape \(50,\)"):
        PartialLabelClassifier(LOGISTIC).fit(X, Y[:, 0])


def test_cross_val_score_with_a_forest():
    X, Y = made()
    model = PartialLabelClassifier(RandomForestClassifier(10, random_state=0))
    scores = cross_val_score(model, X, Y, cv=KFold(2), scoring="average_precision")
    assert (scores > 0.3).all()


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        (estimator, check)
        for one in [
            PartialLabelClassifier(LOGISTIC),
            PartialLabelClassifier(LOGISTIC, recover="soft", known_share=0.7),
        ]
        for estimator, check in estimator_checks_generator(one)
        # The other checks have a single target with any classes.
        if "multilabel" in getattr(check, "func", check).__name__
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_checks(estimator, check):
    check(estimator)
