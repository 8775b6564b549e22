"""Prior correction: the identity, fitted offsets, and shares estimated by EM."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imblearn import over_sampling, under_sampling
from imblearn.pipeline import Pipeline as PeerPipeline
from shared import frozen
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_classification
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from imbsuite import (
    SMOTE,
    LabelShiftAdapter,
    PriorCorrectedClassifier,
    PriorThresholdClassifier,
    RandomOverSampler,
    RandomUnderSampler,
    ResampledClassifier,
)
from imbsuite._fit_inputs import FitInputs
from imbsuite.probability.offsets import add_offsets, fit_offsets, log_ratio
from imbsuite.probability.out_of_fold import predict_out_of_fold
from imbsuite.probability.source import source_prior


def gaussians(rng, sizes, distance=2.0):
    y = np.repeat(np.arange(len(sizes)), sizes)
    return rng.normal(size=(len(y), 1)) + distance * y[:, np.newaxis], y


class Bayes(ClassifierMixin, BaseEstimator):
    """Exact posteriors of unit Gaussians at 0, 2, 4, ... with the given shares."""

    def __init__(self, shares=(0.5, 0.5)):
        self.shares = shares

    def fit(self, X, y):
        self.classes_ = np.arange(len(self.shares))
        return self

    def predict_proba(self, X):
        means = 2.0 * np.arange(len(self.shares))
        density = np.exp(-((np.asarray(X)[:, :1] - means) ** 2) / 2) * self.shares
        return density / density.sum(axis=1, keepdims=True)


# The identity


@given(
    p=st.floats(1e-9, 1 - 1e-9),
    natural=st.floats(0.001, 0.999),
    seen=st.floats(0.001, 0.999),
)
def test_identity_matches_three_published_binary_formulas(p, natural, seen):
    target, source = np.array([1 - natural, natural]), np.array([1 - seen, seen])
    ours = add_offsets(np.array([[1 - p, p]]), log_ratio(target, source))[0, 1]
    saerens = natural / seen * p
    saerens /= saerens + (1 - natural) / (1 - seen) * (1 - p)
    beta = natural / (1 - natural) * (1 - seen) / seen  # kept negatives, if < 1
    dal_pozzolo = beta * p / ((beta - 1) * p + 1)
    king_zeng = np.log(p / (1 - p)) - np.log(
        (1 - natural) / natural * seen / (1 - seen)
    )
    assert ours == pytest.approx(saerens, rel=1e-10, abs=1e-12)
    assert ours == pytest.approx(dal_pozzolo, rel=1e-10, abs=1e-12)
    assert ours == pytest.approx(1 / (1 + np.exp(-king_zeng)), rel=1e-10, abs=1e-12)


def test_logistic_correction_matches_king_and_zeng_intercept():
    X, y = gaussians(np.random.default_rng(0), [950, 50])
    model = ResampledClassifier(
        RandomUnderSampler(random_state=0), LogisticRegression(), correction="prior"
    ).fit(X, y)
    inner = model.estimator_
    # Half of its training rows were positive; the true share is 5 %.
    intercept = inner.intercept_[0] - np.log((0.95 / 0.05) * (0.5 / 0.5))
    by_hand = 1 / (1 + np.exp(-(X @ inner.coef_[0] + intercept)))
    assert model.predict_proba(X)[:, 1] == pytest.approx(by_hand, rel=1e-12)


def test_formula_is_exact_for_exact_three_class_probabilities():
    X, y = gaussians(np.random.default_rng(1), [800, 150, 50])
    even, natural = Bayes((1 / 3, 1 / 3, 1 / 3)), Bayes((0.8, 0.15, 0.05))
    model = PriorCorrectedClassifier(
        even, source_prior={0: 1, 1: 1, 2: 1}, method="prior"
    ).fit(X, y)
    wanted = natural.fit(X, y).predict_proba(X)
    assert model.predict_proba(X) == pytest.approx(wanted, rel=1e-10)


def test_fitted_offsets_of_exact_probabilities_approach_the_formula():
    X, y = gaussians(np.random.default_rng(2), [80_000, 15_000, 5_000])
    model = PriorCorrectedClassifier(Bayes((1 / 3, 1 / 3, 1 / 3)), cv=2).fit(X, y)
    wanted = np.log([0.8, 0.15, 0.05]) - np.log(0.8)
    # One offset per class, from 5,000 rows or more: a standard error of about .02.
    assert model.offset_ == pytest.approx(wanted, abs=0.08)


# Fitted offsets


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(2, 6), st.booleans())
def test_offsets_meet_their_optimality_conditions(seed, n_classes, weighted):
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(n_classes), size=200)
    y = np.append(np.arange(n_classes), rng.integers(0, n_classes, 200 - n_classes))
    weight = rng.uniform(0.1, 2, size=200) if weighted else None
    offset = fit_offsets(p, y, weight)
    mean = np.average(add_offsets(p, offset), axis=0, weights=weight)
    share = np.bincount(y, weight) / (200 if weight is None else weight.sum())
    assert offset[0] == 0
    assert mean == pytest.approx(share, abs=1e-5)


def test_offsets_with_weight_2_match_repeated_rows():
    rng = np.random.default_rng(0)
    p, y = rng.dirichlet(np.ones(3), size=100), rng.integers(0, 3, 100)
    twice = rng.integers(1, 3, 100)
    repeated = np.repeat(np.arange(100), twice)
    by_weight = fit_offsets(p, y, twice.astype(float))
    by_rows = fit_offsets(p[repeated], y[repeated])
    assert by_weight == pytest.approx(by_rows, abs=1e-5)


def test_probabilities_of_0_and_1_can_be_corrected():
    p = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    moved = add_offsets(p, np.array([0.0, -3.0]))
    assert np.isfinite(moved).all()
    assert moved.sum(axis=1) == pytest.approx(1)
    assert moved[2, 1] == pytest.approx(1 / (1 + np.exp(3)))


def test_partial_folds_return_only_predicted_rows():
    y = np.array([0, 1] * 20)
    half = (np.arange(20, 40), np.arange(20))
    out_of_fold = predict_out_of_fold(
        lambda rows: rows,
        lambda model, rows: np.tile(rows[:, np.newaxis] / 100, 2),
        y,
        FitInputs(np.arange(40.0)[:, np.newaxis], y),
        cv=[half],
        rng=np.random.default_rng(0),
    )
    assert (out_of_fold.rows == np.arange(20)).all()
    assert (out_of_fold.probability[:, 0] == np.arange(20) / 100).all()
    assert (out_of_fold.estimator == half[0]).all()


def test_folds_do_not_split_groups():
    groups = np.repeat(np.arange(20), 3)
    y = np.tile([0, 0, 1], 20)
    seen = []
    predict_out_of_fold(
        seen.append,
        lambda model, rows: np.zeros((len(rows), 2)),
        y,
        FitInputs(np.arange(60.0)[:, np.newaxis], y, groups=groups),
        cv=4,
        rng=np.random.default_rng(0),
    )
    for train in seen:
        held_out = np.setdiff1d(np.arange(60), train)
        assert not set(groups[train]) & set(groups[held_out])


def test_holdout_does_not_split_groups():
    groups = np.repeat(np.arange(20), 3)
    y = np.tile([0, 0, 1], 20)
    out_of_fold = predict_out_of_fold(
        lambda rows: rows,
        lambda model, rows: np.zeros((len(rows), 2)),
        y,
        FitInputs(np.arange(60.0)[:, np.newaxis], y, groups=groups),
        cv=0.25,
        rng=np.random.default_rng(0),
    )
    assert len(out_of_fold.rows) == 15
    assert not set(groups[out_of_fold.rows]) & set(groups[out_of_fold.estimator])


# Few rows


@pytest.mark.parametrize(
    "make",
    [
        lambda: ResampledClassifier(
            RandomOverSampler(random_state=0), LogisticRegression(), correction="offset"
        ),
        lambda: PriorCorrectedClassifier(LogisticRegression(class_weight="balanced")),
    ],
)
@pytest.mark.parametrize(
    ("n_rare", "says"),
    [(3, "for cv=5: 3 folds are used"), (1, "for cv=5: no fold can be made")],
)
def test_too_few_rows_for_the_folds_warn_once(make, n_rare, says):
    X, y = gaussians(np.random.default_rng(0), [100, n_rare])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = make().fit(X, y)
    messages = [str(w.message) for w in caught if "cv=5" in str(w.message)]
    assert len(messages) == 1
    assert says in messages[0]
    if n_rare == 1:  # falls back to the formula
        assert model.offset_[1] == pytest.approx(np.log(1 / 100))


# The prior a model was trained with


def with_weights(**params):
    class Weighted(BaseEstimator):
        def __init__(self, scale_pos_weight=None):
            self.scale_pos_weight = scale_pos_weight

    return Weighted(**params)


@pytest.mark.parametrize(
    ("make", "wanted"),
    [
        (LogisticRegression, [0.9, 0.1]),
        (lambda: LogisticRegression(class_weight="balanced"), [0.5, 0.5]),
        (lambda: LogisticRegression(class_weight={0: 1, 1: 3}), [0.75, 0.25]),
        (
            lambda: make_pipeline(
                StandardScaler(), LogisticRegression(class_weight="balanced")
            ),
            [0.5, 0.5],
        ),
        (
            lambda: ResampledClassifier(
                RandomOverSampler(sampling_strategy=0.5), LogisticRegression()
            ),
            [2 / 3, 1 / 3],
        ),
        (
            lambda: make_pipeline(
                StandardScaler(),
                ResampledClassifier(RandomUnderSampler(), LogisticRegression()),
            ),
            [0.5, 0.5],
        ),
        (
            lambda: ResampledClassifier(
                SMOTE(), LogisticRegression(), correction="prior"
            ),
            [0.9, 0.1],
        ),
        (
            lambda: PeerPipeline(
                [
                    ("s", over_sampling.SMOTE(sampling_strategy=0.5)),
                    ("m", LogisticRegression()),
                ]
            ),
            [2 / 3, 1 / 3],
        ),
        (
            lambda: PeerPipeline(
                [
                    ("o", over_sampling.SMOTE(sampling_strategy=0.5)),
                    ("u", under_sampling.RandomUnderSampler()),
                    ("m", LogisticRegression()),
                ]
            ),
            [0.5, 0.5],
        ),
        (
            lambda: ResampledClassifier(
                under_sampling.RandomUnderSampler(sampling_strategy=0.5),
                LogisticRegression(),
            ),
            [2 / 3, 1 / 3],
        ),
    ],
)
def test_training_prior_is_inferred(make, wanted):
    X, y = gaussians(np.random.default_rng(0), [900, 100])
    model = make().fit(X, y)
    prior = source_prior(model, np.array([0, 1]), np.array([900, 100]))
    assert prior == pytest.approx(wanted, abs=1e-9)
    # The public estimator reads the same prior.
    decided = PriorThresholdClassifier(FrozenEstimator(model)).fit(X, y)
    assert decided.source_prior_ == pytest.approx(wanted, abs=1e-9)


def test_scale_pos_weight_is_read():
    model = with_weights(scale_pos_weight=9.0)
    prior = source_prior(model, np.array([0, 1]), np.array([0.9, 0.1]))
    assert prior == pytest.approx([0.5, 0.5])


# Estimators


def test_frozen_model_is_corrected_on_new_rows():
    rng = np.random.default_rng(0)
    X, y = gaussians(rng, [900, 100])
    balanced = LogisticRegression(class_weight="balanced").fit(X, y)
    X_new, y_new = gaussians(rng, [950, 50])
    model = PriorCorrectedClassifier(FrozenEstimator(balanced)).fit(X_new, y_new)
    assert model.estimator_.estimator is balanced
    assert model.predict_proba(X_new)[:, 1].mean() == pytest.approx(0.05, abs=1e-6)


@pytest.mark.parametrize(
    ("target", "wanted"), [("uniform", [0.5, 0.5]), ({0: 3, 1: 1}, [0.75, 0.25])]
)
def test_probabilities_are_shifted_to_target_prior(target, wanted):
    X, y = gaussians(np.random.default_rng(0), [900, 100])
    model = PriorCorrectedClassifier(
        Bayes((0.9, 0.1)), target_prior=target, method="prior"
    ).fit(X, y)
    exact = Bayes(tuple(wanted)).fit(X, y).predict_proba(X)
    assert model.predict_proba(X) == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize(
    "wrong", [{0: 0.5, 2: 0.5}, {0: 1.0}, {0: 1, 1: 0}, {0: 1, 1: -1}]
)
def test_invalid_target_prior_raises(wrong):
    X, y = gaussians(np.random.default_rng(0), [90, 10])
    model = PriorCorrectedClassifier(LogisticRegression(), target_prior=wrong)
    with pytest.raises(ValueError, match=r"'target_prior' .* the classes \[0, 1\]"):
        model.fit(X, y)


def test_offsets_beat_the_formula_for_a_tree():
    X, y = make_classification(4000, weights=[0.95], flip_y=0.02, random_state=0)
    Xt, yt = make_classification(4000, weights=[0.95], flip_y=0.02, random_state=0)
    loss = {}
    for correction in ("prior", "offset"):
        model = ResampledClassifier(
            RandomOverSampler(random_state=0),
            DecisionTreeClassifier(min_samples_leaf=10, random_state=0),
            correction=correction,
            random_state=0,
        ).fit(X[:2000], y[:2000])
        p = model.predict_proba(Xt[2000:])[np.arange(2000), yt[2000:]]
        loss[correction] = -np.log(np.maximum(p, 1e-15)).mean()
    assert loss["offset"] < loss["prior"]


@pytest.mark.parametrize("correction", ["offset", "prior"])
def test_correction_requires_predict_proba(correction):
    from sklearn.svm import LinearSVC

    model = ResampledClassifier(None, LinearSVC(), correction=correction)
    with pytest.raises(ValueError, match="LinearSVC has no predict_proba"):
        model.fit([[0.0], [1.0]], [0, 1])


def test_correction_restores_the_recall_of_the_plain_model():
    X, y = make_classification(6000, weights=[0.95], class_sep=0.8, random_state=0)

    def recall(model):
        return (model.fit(X, y).predict(X)[y == 1] == 1).mean()

    inner = LogisticRegression()
    sampler = SMOTE(random_state=0)
    raw = recall(ResampledClassifier(sampler, inner))
    corrected = recall(
        ResampledClassifier(sampler, inner, correction="offset", random_state=0)
    )
    plain = recall(inner)
    assert corrected < raw / 2
    assert corrected == pytest.approx(plain, abs=0.1)


def test_corrected_probabilities_match_across_containers():
    X, y = make_classification(400, n_features=4, weights=[0.85], random_state=0)
    names = list("abcd")
    tables = [X, pd.DataFrame(X, columns=names), pl.DataFrame(X, schema=names)]
    corrected = [
        ResampledClassifier(
            SMOTE(random_state=0),
            LogisticRegression(),
            correction="offset",
            random_state=0,
        )
        .fit(table, y)
        .predict_proba(table)
        for table in tables
    ]
    # With another memory layout, sums differ in their last digits.
    assert corrected[1] == pytest.approx(corrected[0], rel=1e-9)
    assert corrected[2] == pytest.approx(corrected[0], rel=1e-9)


# Class shares estimated by EM


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.6, 0.9])
@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_shares_are_estimated_from_unlabeled_rows(share, class_weight):
    rng = np.random.default_rng(0)
    X, y = gaussians(rng, [4500, 500], distance=3.0)
    model = LabelShiftAdapter(LogisticRegression(class_weight=class_weight)).fit(X, y)
    n = round(4000 * share)
    X_new, _ = gaussians(rng, [4000 - n, n], distance=3.0)
    model.adapt(X_new)
    assert model.target_prior_[1] == pytest.approx(share, abs=0.03)
    assert model.predict_proba(X_new)[:, 1].mean() == pytest.approx(share, abs=0.03)


def test_em_needs_the_training_prior_of_a_balanced_model():
    # This is why the training prior is inferred: with the shares of y as the source
    # prior, a share of .3 is not recovered.
    rng = np.random.default_rng(1)
    X, y = gaussians(rng, [4500, 500], distance=1.5)
    model = LabelShiftAdapter(LogisticRegression(class_weight="balanced")).fit(X, y)
    X_new, _ = gaussians(rng, [2800, 1200], distance=1.5)
    right = model.adapt(X_new).target_prior_[1]
    model.source_prior_ = np.array([0.9, 0.1])
    wrong = model.adapt(X_new).target_prior_[1]
    assert right == pytest.approx(0.3, abs=0.05)
    assert abs(wrong - 0.3) > 0.15


def test_adapt_requires_at_least_20_rows():
    X, y = gaussians(np.random.default_rng(0), [90, 10])
    model = LabelShiftAdapter(LogisticRegression()).fit(X, y)
    with pytest.raises(ValueError, match=r"X must have at least 20 rows .*Got 19"):
        model.adapt(X[:19])


def test_adapt_rejects_rows_of_classes_with_zero_source_prior():
    p, y = np.tile([0.5, 0.5], (100, 1)), np.repeat([0, 1], 50)
    model = LabelShiftAdapter(frozen(p, y)).fit(p, y)
    model.source_prior_ = np.array([1.0, 0.0])
    p[3] = [0.0, 1.0]
    with pytest.raises(ValueError, match=r"absent from the training rows \(\[1\]\)"):
        model.adapt(p)


def test_em_warns_when_max_iter_is_reached():
    X, y = gaussians(np.random.default_rng(0), [90, 10], distance=0.3)
    model = LabelShiftAdapter(LogisticRegression(), max_iter=2, tol=1e-12).fit(X, y)
    with pytest.warns(UserWarning, match="max_iter=2"):
        model.adapt(X[:40])


def test_n_iter_counts_more_than_256_iterations():
    X, y = gaussians(np.random.default_rng(0), [90, 10], distance=0.3)
    model = LabelShiftAdapter(LogisticRegression(), max_iter=301, tol=1e-300).fit(X, y)
    with pytest.warns(UserWarning, match="max_iter=301"):
        model.adapt(X[:40])
    assert model.n_iter_ == 301


def test_adapter_without_adapt_matches_the_estimator():
    X, y = gaussians(np.random.default_rng(0), [90, 10])
    model = LabelShiftAdapter(LogisticRegression()).fit(X, y)
    inner = LogisticRegression().fit(X, y)
    assert model.predict_proba(X) == pytest.approx(inner.predict_proba(X), rel=1e-9)


def test_correction_with_enough_rows_does_not_warn():
    X, y = gaussians(np.random.default_rng(0), [90, 10])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        PriorCorrectedClassifier(LogisticRegression(), random_state=0).fit(X, y)


@pytest.mark.parametrize("cv", [0.1, 0.9])
def test_holdout_has_every_class_on_both_sides(cv):
    y = np.repeat([0, 1], [396, 4])
    X = np.random.default_rng(0).normal(size=(400, 2)) + 2 * y[:, np.newaxis]
    for seed in range(5):
        model = PriorCorrectedClassifier(
            LogisticRegression(class_weight="balanced"), cv=cv, random_state=seed
        ).fit(X, y)
        assert abs(model.offset_[1]) < 15


@pytest.mark.parametrize("lacking", ["train", "test"])
def test_splits_lacking_a_class_fall_back_to_the_formula(lacking):
    y = np.tile([0, 1], 50)
    X = np.random.default_rng(0).normal(size=(100, 2)) + y[:, np.newaxis]
    one, mixed = np.flatnonzero(y == 0)[:20], np.arange(50, 100)
    split = (one, mixed) if lacking == "train" else (mixed, one)
    model = PriorCorrectedClassifier(
        LogisticRegression(class_weight={0: 1, 1: 4}), cv=[split]
    )
    with pytest.warns(UserWarning, match=r"A class has no row"):
        model.fit(X, y)
    assert model.offset_ == pytest.approx([0, -np.log(4)])


@pytest.mark.parametrize(
    "make",
    [
        PriorThresholdClassifier,
        PriorCorrectedClassifier,
        LabelShiftAdapter,
    ],
)
def test_class_with_zero_total_weight_raises(make):
    X, y = make_classification(300, n_classes=3, n_informative=4, random_state=0)
    with pytest.raises(ValueError, match=r"nonzero weight .*none of \[2\]"):
        make(LogisticRegression()).fit(X, y, sample_weight=(y != 2) * 1.0)


def test_adapter_requires_the_classes_of_a_frozen_model():
    X, y = make_classification(300, n_classes=3, n_informative=4, random_state=0)
    labels = np.array(["a", "c", "d"])[y]
    inner = FrozenEstimator(LogisticRegression().fit(X, labels))
    with pytest.raises(
        ValueError, match=r"classes of the fitted estimator.*Got \['b'\]"
    ):
        LabelShiftAdapter(inner).fit(X, np.where(labels == "a", "b", labels))
    with pytest.raises(ValueError, match=r"nonzero weight .*none of \['d'\]"):
        LabelShiftAdapter(inner).fit(X[y < 2], labels[y < 2])
