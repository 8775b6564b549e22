"""PRESTO: optimality conditions, equivalences, reference optima, and use."""

from __future__ import annotations

import json
import pickle
import re
import warnings
from functools import cache

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from shared import SHARED, load_shared, spread
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    f1_score,
    make_scorer,
    recall_score,
)
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from imbsuite import (
    SMOTE,
    CostThresholdClassifier,
    PrestoClassifier,
    PrestoClassifierCV,
    ProportionalOddsClassifier,
    RandomOverSampler,
    ResampledClassifier,
    TunedThresholdClassifier,
)
from imbsuite.ordinal import macro_averaged_absolute_error, ranked_probability_score
from imbsuite.ordinal.likelihood import OrdinalLikelihood, row_derivatives
from imbsuite.ordinal.path import alpha_max, fit_path
from imbsuite.ordinal.presto_cv import _spread
from imbsuite.ordinal.solver import Penalty, _polished, _solve, minimize


def ordered(n=400, p=4, cuts=(0, 2, 4), seed=0):
    """Return X and labels 0, 1, ..., the last of them rare."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) * np.linspace(0.5, 5, p) + 10
    latent = X[:, 0] * 2 - 20 + 0.2 * (X[:, 1] - 10) + rng.logistic(size=n)
    return X, np.digitize(latent, cuts)


def standardized(X):
    return (X - X.mean(axis=0)) / X.std(axis=0)


def likelihood_of(X, y, weight=None):
    weight = np.ones(len(y)) if weight is None else weight
    return OrdinalLikelihood(standardized(X), y, weight, y.max() + 1)


# Likelihood


@settings(max_examples=40)
@given(seed=st.integers(0, 1000), n_classes=st.integers(2, 5), weighted=st.booleans())
def test_derivatives_agree_with_finite_differences(seed, n_classes, weighted):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(60, 3))
    y = np.append(np.arange(n_classes), rng.integers(0, n_classes, 60 - n_classes))
    weight = rng.uniform(0.1, 3, 60) if weighted else np.ones(60)
    f = OrdinalLikelihood(X, y, weight, n_classes)
    x = f.start() + 0.02 * rng.normal(size=len(f.start()))
    value, gradient, rows = f.gradient(x)
    assert value == f.value(x)
    steps = 1e-6 * np.eye(len(x))
    by_value = [(f.value(x + e) - f.value(x - e)) / 2e-6 for e in steps]
    assert gradient == pytest.approx(by_value, abs=1e-6)
    whole = f.curvature(rows, np.arange(len(x)))
    by_gradient = [(f.gradient(x + e)[1] - f.gradient(x - e)[1]) / 2e-6 for e in steps]
    np.testing.assert_allclose(whole, by_gradient, atol=1e-6)
    assert np.linalg.eigvalsh(whole).min() > -1e-12  # convex
    some = np.sort(rng.choice(len(x), 3, replace=False))
    np.testing.assert_allclose(f.curvature(rows, some), whole[np.ix_(some, some)])


def test_loss_of_extreme_rows_neither_overflows_nor_vanishes():
    u = np.array([np.inf, 800.0, -700.0, 1e-9, 40.0])
    v = np.array([700.0, -np.inf, -800.0, 0.0, 30.0])
    derivatives = row_derivatives(u, v)
    for part in derivatives:
        assert np.isfinite(part).all()
    assert derivatives.loss == pytest.approx(
        [700, 0, 700, np.log(4e9), 30 - np.log1p(-np.exp(-10.0))], rel=1e-6
    )


def test_crossed_boundaries_have_infinite_loss():
    assert row_derivatives(np.array([0.0]), np.array([1.0])).loss[0] == np.inf


def test_start_is_optimal_for_the_intercepts():
    X, y = ordered()
    f = likelihood_of(X, y)
    gradient = f.gradient(f.start())[1].reshape(f.n_boundaries, -1)
    assert gradient[:, 0] == pytest.approx(0, abs=1e-12)


# Optima


REFERENCE = SHARED / "presto" / "optima.json"
FITS = json.loads(REFERENCE.read_text()) if REFERENCE.exists() else []


def reference(problem):
    X = np.loadtxt(REFERENCE.parent / f"{problem}_X.csv", delimiter=",", skiprows=1)
    y = np.loadtxt(REFERENCE.parent / f"{problem}_y.csv", delimiter=",", skiprows=1)
    return X, y.astype(int)


@pytest.mark.skipif(not FITS, reason="no reference optima beside the repository")
@pytest.mark.parametrize(
    "fit", FITS, ids=lambda f: f"{f['problem']}-{f['alpha']}-{f['l1_ratio']}"
)
def test_reference_optima_are_reached(fit):
    X, y = reference(fit["problem"])
    model = PrestoClassifier(
        fit["alpha"], l1_ratio=fit["l1_ratio"], standardize=fit["standardize"]
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X, y)
    assert len(caught) == (fit["n_crossing"] > 0)
    assert model.objective_ <= fit["objective"] * (1 + 1e-8)
    assert model.kkt_residual_ <= 1e-7
    np.testing.assert_allclose(model.psi_, fit["psi_standardized"], atol=1e-6)
    np.testing.assert_allclose(model.coef_, fit["coef"], atol=1e-6)
    np.testing.assert_allclose(model.intercept_, fit["intercept"], atol=1e-5)
    assert model.n_crossing_ == fit["n_crossing"]


@pytest.mark.skipif(not FITS, reason="no reference optima beside the repository")
@pytest.mark.parametrize(
    ("problem", "first", "wanted"),
    [
        ("p1_k3", True, 0.184128),
        ("p2_sparse_k4", True, 0.092694),
        ("p2_sparse_k4", False, 0.02373),
    ],
)
def test_largest_alpha_matches_the_reference(problem, first, wanted):
    X, y = reference(problem)
    top, _ = alpha_max(likelihood_of(X, y - 1), 1.0, first=first, tol=1e-10)
    assert top == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize("l1_ratio", [1.0, 0.5, 0.01])
@pytest.mark.parametrize("first", [True, False])
def test_differences_are_zero_from_the_largest_alpha_on(l1_ratio, first):
    X, y = ordered()
    top, _ = alpha_max(likelihood_of(X, y), l1_ratio, first=first, tol=1e-10)
    for factor, none in ((1.0001, True), (0.99, False)):
        model = PrestoClassifier(
            factor * top, l1_ratio=l1_ratio, penalize_first=first
        ).fit(X, y)
        shrunk = model.psi_ if first else model.psi_[1:]
        assert (shrunk == 0).all() == none


def test_objective_rises_with_alpha_and_ignores_the_start():
    X, y = ordered()
    f = likelihood_of(X, y)
    alphas = np.geomspace(0.1, 0.0001, 12)
    path = fit_path(f, alphas, 1.0, first=True, tol=1e-10, max_iter=100)
    values = [minimum.objective for minimum in path]
    assert (np.diff(values) < 0).all()
    for alpha, minimum in list(zip(alphas, path, strict=True))[::4]:
        alone = fit_path(f, [alpha], 1.0, first=True, tol=1e-10, max_iter=100)[0]
        np.testing.assert_allclose(alone.x, minimum.x, atol=1e-7)


@settings(max_examples=25)
@given(seed=st.integers(0, 1000), l1_ratio=st.sampled_from([0.0, 0.3, 1.0]))
def test_no_perturbation_improves_the_minimum(seed, l1_ratio):
    rng = np.random.default_rng(seed)
    X, y = ordered(200, seed=seed, cuts=(0, 2))
    f = likelihood_of(X, y)
    counted = np.ones((f.n_boundaries, f.n_columns))
    counted[:, 0] = 0
    penalty = Penalty(
        0.02 * l1_ratio * counted.ravel(), 0.02 * (1 - l1_ratio) * counted.ravel()
    )
    minimum = minimize(f, penalty, f.start(), tol=1e-10)
    assert minimum.converged
    for size in (1e-1, 1e-3, 1e-5):
        x = minimum.x + size * rng.normal(size=len(minimum.x))
        assert f.value(x) + penalty.value(x) >= minimum.objective - 1e-12


def test_polishing_finds_the_minimum_for_given_signs():
    root = np.random.default_rng(0).normal(size=(4, 4))
    Q, l1 = root @ root.T + np.eye(4), np.array([0.0, 0.3, 0.1, 0.2])
    minimum = np.array([0.5, 1.0, -2.0, 0.0])
    b = Q @ minimum + l1 * np.sign(minimum)
    # A coordinate without a penalty is free even if the rough minimum is 0.
    for rough in ([0.4, 0.9, -2.1, 0.0], [0.0, 0.9, -2.1, 0.0]):
        solution = _polished(Q, b, l1, np.array(rough))
        np.testing.assert_allclose(solution, minimum, atol=1e-12)
    other_signs = np.array([0.5, -1.0, -2.0, 0.0])
    assert _polished(Q, b, l1, other_signs) is other_signs


def test_singular_system_has_the_minimum_norm_solution():
    assert _solve(np.ones((2, 2)), np.ones(2)) == pytest.approx([0.5, 0.5])
    assert _solve(np.diag([2.0, 4.0]), np.ones(2)) == pytest.approx([0.5, 0.25])


def test_penalty_may_differ_by_coordinate():
    # The solver supports a penalty per coordinate; the estimators use a single one.
    X, y = ordered()
    f = likelihood_of(X, y)
    l1 = np.linspace(0.001, 0.05, len(f.start()))
    l1[:: f.n_columns] = 0
    minimum = minimize(f, Penalty(l1, np.zeros_like(l1)), f.start(), tol=1e-9)
    assert minimum.converged


# Equivalences


def test_binary_equals_l1_logistic_regression():
    X, y = ordered(cuts=(3,))
    alpha = 0.02
    Z = standardized(X)
    peer = LogisticRegression(
        l1_ratio=1, solver="saga", C=1 / (len(y) * alpha), tol=1e-10, max_iter=100_000
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # saga may not converge
        peer.fit(Z, y)
    model = PrestoClassifier(alpha).fit(X, y)
    np.testing.assert_allclose(model.psi_, peer.coef_, atol=1e-4)
    np.testing.assert_allclose(model.predict_proba(X), peer.predict_proba(Z), atol=1e-4)
    np.testing.assert_allclose(
        model.decision_function(X), peer.decision_function(Z), atol=1e-3
    )


def test_large_alpha_gives_intercepts_only_or_proportional_odds():
    X, y = ordered()
    none = PrestoClassifier(10.0).fit(X, y)
    assert (none.coef_ == 0).all()
    share = np.bincount(y) / len(y)
    np.testing.assert_allclose(none.predict_proba(X[:3]), np.tile(share, (3, 1)))
    parallel = PrestoClassifier(10.0, penalize_first=False).fit(X, y)
    odds = ProportionalOddsClassifier().fit(X, y)
    np.testing.assert_allclose(parallel.coef_, odds.coef_, atol=1e-8)
    np.testing.assert_allclose(parallel.intercept_, odds.intercept_, atol=1e-7)
    assert (odds.coef_ == odds.coef_[0]).all()
    assert (np.diff(odds.intercept_) < 0).all()


def test_proportional_odds_match_statsmodels():
    ordinal_model = pytest.importorskip("statsmodels.miscmodels.ordinal_model")
    exceptions = pytest.importorskip("statsmodels.tools.sm_exceptions")
    X, y = ordered()
    with warnings.catch_warnings():
        # Whether BFGS attains this gradient depends on the rounding of the BLAS.
        warnings.simplefilter("ignore", exceptions.ConvergenceWarning)
        peer = ordinal_model.OrderedModel(y, X, distr="logit").fit(
            method="bfgs", disp=False, maxiter=1000, gtol=1e-8
        )
    odds = ProportionalOddsClassifier().fit(X, y)
    np.testing.assert_allclose(odds.coef_[0], peer.params[: X.shape[1]], rtol=1e-4)
    thresholds = peer.model.transform_threshold_params(peer.params)[1:-1]
    np.testing.assert_allclose(odds.intercept_, -thresholds, rtol=1e-4)
    np.testing.assert_allclose(
        odds.predict_proba(X), peer.model.predict(peer.params, X), atol=1e-5
    )


@pytest.mark.parametrize(
    "make", [lambda: PrestoClassifier(0.005), ProportionalOddsClassifier]
)
def test_predictions_ignore_shift_and_scale_of_columns(make):
    X, y = ordered()
    moved = X * [1e-3, 2.0, -50.0, 1e4] + [1e3, -5.0, 0.0, 1e6]
    np.testing.assert_allclose(
        make().fit(moved, y).predict_proba(moved),
        make().fit(X, y).predict_proba(X),
        atol=1e-6,
    )


UNITLESS = {
    "presto": PrestoClassifier(0.01),
    "cv": PrestoClassifierCV(alphas=4, cv=3),
    "odds": ProportionalOddsClassifier(),
}


@cache
def in_plain_units(name, is_sparse):
    X, y = ordered()
    X = sp.csr_array(X) if is_sparse else X
    return X, y, clone(UNITLESS[name]).fit(X, y)


@pytest.mark.parametrize(
    ("is_sparse", "power"),
    spread(
        {"dense": False, "sparse": True},
        {str(power): power for power in [-600, -200, 600, 200]},
    ),
)
@pytest.mark.parametrize("name", UNITLESS)
def test_coefficients_scale_inversely_with_column_units(name, is_sparse, power):
    X, y, plain = in_plain_units(name, is_sparse)
    unit = np.array([2.0**power, 2.0**-power, 1.0, 1.0])
    moved = X.multiply(unit).tocsr() if is_sparse else X * unit
    other = clone(UNITLESS[name]).fit(moved, y)
    assert plain.coef_[:, :2].any(axis=0).all()
    assert np.array_equal(other.coef_ * unit, plain.coef_)
    assert np.array_equal(other.psi_, plain.psi_)
    assert np.array_equal(other.intercept_, plain.intercept_)
    assert np.array_equal(other.predict_proba(moved), plain.predict_proba(X))


@pytest.mark.parametrize("unit", [1e-170, 1e-300, 1e200, 1e300])
def test_columns_in_extreme_units_are_not_constant(unit):
    X, y = ordered()
    plain = ProportionalOddsClassifier().fit(X, y)
    other = ProportionalOddsClassifier().fit(X * unit, y)
    assert other.coef_ * unit == pytest.approx(plain.coef_, rel=1e-9)


@pytest.mark.parametrize("unit", [1e-170, 1e200])
def test_extreme_units_raise_without_standardization(unit):
    X, y = ordered()
    X[:, 2] *= unit
    says = "The numbers in column 2 have squares"
    with pytest.raises(ValueError, match=says):
        PrestoClassifier(0.01, standardize=False).fit(X, y)


def test_overflowing_coefficient_raises():
    X, y = ordered()
    X[:, 1] *= 1e-310
    with pytest.raises(ValueError, match="Column 1 varies so little"):
        ProportionalOddsClassifier().fit(X, y)


@pytest.mark.parametrize(
    "make",
    [
        lambda: PrestoClassifier(0.005),
        lambda: PrestoClassifier(0.005, standardize=False),
        ProportionalOddsClassifier,
    ],
)
def test_weights_match_repeated_rows(make):
    X, y = ordered()
    times = np.random.default_rng(0).integers(0, 4, len(y))
    by_weight = make().fit(X, y, sample_weight=times)
    by_rows = make().fit(X.repeat(times, axis=0), y.repeat(times))
    np.testing.assert_allclose(by_weight.coef_, by_rows.coef_, atol=1e-8)
    np.testing.assert_allclose(by_weight.intercept_, by_rows.intercept_, atol=1e-7)


@pytest.mark.parametrize("scoring", ["neg_log_loss", "f1_macro"])
def test_folds_of_zero_weight_are_left_out(scoring):
    X, y = ordered()
    rows = np.arange(len(y))
    weight = (rows % 4 > 0).astype(float)
    folds = [(rows[rows % 4 != k], rows[rows % 4 == k]) for k in range(4)]
    model = PrestoClassifierCV(alphas=4, cv=folds, scoring=scoring)
    by_weight = model.fit(X, y, sample_weight=weight)
    weighty = [(train, test) for train, test in folds if weight[test].any()]
    others = PrestoClassifierCV(alphas=4, cv=weighty, scoring=scoring)
    others.fit(X, y, sample_weight=weight)
    assert by_weight.scores_.shape == (4, 3)
    np.testing.assert_allclose(by_weight.scores_, others.scores_)
    with pytest.raises(ValueError, match="rows of nonzero sample_weight"):
        others.set_params(cv=folds[:1]).fit(X, y, sample_weight=weight)


@pytest.mark.parametrize("format_", [sp.csr_matrix, sp.csr_array, sp.csc_matrix])
def test_sparse_matches_dense(format_):
    X, y = ordered()
    X = np.where(np.random.default_rng(0).random(X.shape) < 0.5, 0.0, X)
    weight = np.random.default_rng(1).uniform(0.5, 2, len(y))
    for model in (PrestoClassifier(0.003), ProportionalOddsClassifier()):
        dense = clone(model).fit(X, y, sample_weight=weight)
        thin = clone(model).fit(format_(X), y, sample_weight=weight)
        np.testing.assert_allclose(thin.coef_, dense.coef_, atol=1e-7)
        np.testing.assert_allclose(
            thin.predict_proba(format_(X)), dense.predict_proba(X), atol=1e-7
        )


def test_reversed_labels_flip_the_signs():
    # P(Y > k) of reversed classes is P(Y <= .) of the original ones, as R writes it.
    X, y = ordered()
    odds = ProportionalOddsClassifier().fit(X, y)
    other = ProportionalOddsClassifier().fit(X, y.max() - y)
    np.testing.assert_allclose(other.coef_, -odds.coef_[::-1], atol=1e-8)
    np.testing.assert_allclose(other.intercept_, -odds.intercept_[::-1], atol=1e-7)


# Predictions


def test_objective_matches_the_predicted_likelihood():
    X, y = ordered()
    model = PrestoClassifier(0.01).fit(X, y)
    assert model.n_crossing_ == 0
    loss = -np.log(model.predict_proba(X)[np.arange(len(y)), y]).mean()
    assert loss + 0.01 * np.abs(model.psi_).sum() == pytest.approx(model.objective_)


def crossing():
    """Return data whose fitted boundaries cross."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(300, 2))
    y = np.where(X[:, 0] > 0.5, 1, 0)
    y[np.abs(X[:, 0]) < 0.3] = 2
    return X, np.where(rng.random(300) < 0.1, rng.integers(0, 3, 300), y)


def test_crossing_boundaries_are_counted_and_repaired():
    X, y = crossing()
    far = np.column_stack([np.linspace(-50, 50, 200), np.zeros(200)])
    with pytest.warns(
        UserWarning, match=r"boundaries cross for .* of 300 training rows"
    ):
        model = PrestoClassifier(1e-4).fit(X, y)
    own = X @ model.coef_.T + model.intercept_
    assert model.n_crossing_ == (np.diff(own, axis=1) > 0).any(axis=1).sum()
    eta = far @ model.coef_.T + model.intercept_
    assert (np.diff(eta, axis=1) > 0).any()
    p = model.predict_proba(far)
    beyond = model.predict_exceed_proba(far)
    assert (p >= 0).all()
    assert p.sum(axis=1) == pytest.approx(1)
    assert (np.diff(beyond, axis=1) <= 0).all()
    # The rare last class keeps its probability.
    assert p[:, -1] == pytest.approx(1 / (1 + np.exp(-eta[:, -1])))
    assert (beyond[:, -1] == p[:, -1]).all()


def test_decision_function_is_for_two_classes_only():
    X, y = ordered()
    assert not hasattr(PrestoClassifier().fit(X, y), "decision_function")
    two = PrestoClassifier().fit(X, y > 1)
    assert two.decision_function(X).shape == (400,)
    assert ((two.decision_function(X) > 0) == two.predict(X)).all()
    turned = PrestoClassifier(categories=["yes", "no"]).fit(
        X, np.where(y > 1, "no", "yes")
    )
    assert ((turned.decision_function(X) > 0) == (turned.predict(X) == "yes")).all()


# Labels


LEVELS = ["low", "mid", "high"]


@pytest.mark.parametrize(
    "order",
    [
        lambda y: (pd.Series(pd.Categorical(y, LEVELS, ordered=True)), None),
        lambda y: (pd.Categorical(y, LEVELS, ordered=True), None),
        lambda y: (pl.Series(y).cast(pl.Enum(LEVELS)), None),
        lambda y: (y, LEVELS),
        lambda y: (y.tolist(), LEVELS),
        lambda y: (pd.Series(y), np.array(LEVELS)),
    ],
)
def test_label_order_from_dtype_or_categories(order):
    X, y = ordered(cuts=(0, 2))
    labels, categories = order(np.array(LEVELS)[y])
    plain = PrestoClassifier(0.005).fit(X, y)
    model = PrestoClassifier(0.005, categories=categories).fit(X, labels)
    assert model.categories_.tolist() == LEVELS
    # Sorted, as scikit-learn's scorers and meta-estimators assume.
    assert model.classes_.tolist() == sorted(LEVELS)
    np.testing.assert_array_equal(model.coef_, plain.coef_)
    exceed = model.predict_exceed_proba(X)
    np.testing.assert_array_equal(exceed, plain.predict_exceed_proba(X))
    columns = [sorted(LEVELS).index(level) for level in LEVELS]
    np.testing.assert_array_equal(
        model.predict_proba(X)[:, columns], plain.predict_proba(X)
    )
    assert (model.predict(X) == np.array(LEVELS)[plain.predict(X)]).all()


def test_scikit_learn_scorers_use_the_right_columns():
    X, y = ordered(cuts=(0, 2))
    plain = cross_val_score(PrestoClassifier(0.01), X, y, scoring="neg_log_loss")
    labels = np.array(LEVELS)[y]
    named = cross_val_score(
        PrestoClassifier(0.01, categories=LEVELS), X, labels, scoring="neg_log_loss"
    )
    np.testing.assert_allclose(named, plain)


@pytest.mark.parametrize(
    ("y", "categories", "says"),
    [
        (["a", "b", "c"] * 20, None, r"no order of their own\. Pass categories"),
        (["a", "b", "c"] * 20, ["a", "b"], "must list each label of y once"),
        ([0, 1, 2] * 20, [0, 1, 1, 2], "must list each label of y once"),
        ([-1, 0, 1] * 20, ["a", "b", "c"], "must list each label of y once"),
        ([1, 2, 3] * 20, ["a", "b", "c"], "must list each label of y once"),
        ([1] * 60, None, "only one class"),
        ([0.5, 1.5, 2.5] * 20, None, "continuous"),
    ],
)
def test_invalid_labels_raise(y, categories, says):
    X = np.random.default_rng(0).normal(size=(60, 2))
    with pytest.raises(ValueError, match=says):
        PrestoClassifier(categories=categories).fit(X, y)


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        (PrestoClassifier, "alpha", -1e-9),
        *[
            (kind, name, value)
            for kind in (PrestoClassifier, PrestoClassifierCV)
            for name, value in [
                ("l1_ratio", -1e-9),
                ("l1_ratio", 1 + 1e-9),
                ("tol", 0.0),
                ("max_iter", 0),
            ]
        ],
        (PrestoClassifierCV, "alphas", 0),
        (PrestoClassifierCV, "eps", 1.0),
        (PrestoClassifierCV, "cv", 1),
    ],
)
def test_out_of_range_parameters_raise(kind, name, value):
    X, y = ordered(60)
    with pytest.raises(ValueError, match=f"The '{name}' parameter of {kind.__name__}"):
        kind(**{name: value}).fit(X, y)


def test_unused_categories_are_dropped():
    X, y = ordered(cuts=(0, 2))
    model = PrestoClassifier(categories=[0, 1, 2, 3]).fit(X, y)
    assert model.categories_.tolist() == [0, 1, 2]


# Hard data


def test_separable_classes_without_penalty_warn():
    X = np.arange(60.0)[:, np.newaxis]
    y = np.repeat([0, 1, 2], 20)
    with pytest.warns(ConvergenceWarning, match="separates all training rows"):
        ProportionalOddsClassifier().fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = PrestoClassifier(0.001).fit(X, y)
    assert model.score(X, y) > 0.9


@pytest.mark.filterwarnings("ignore:The boundaries cross")
def test_one_separated_boundary_leaves_shared_coefficients_finite():
    rng = np.random.default_rng(0)
    x = np.r_[rng.normal(size=40), rng.uniform(6, 7, 20)]
    X, y = x[:, np.newaxis], np.r_[rng.integers(0, 2, 40), np.full(20, 2)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = ProportionalOddsClassifier().fit(X, y)
    assert model.kkt_residual_ < model.tol
    longer = ProportionalOddsClassifier(tol=1e-12, max_iter=1000).fit(X, y)
    np.testing.assert_allclose(longer.coef_, model.coef_, rtol=1e-6)
    with pytest.warns(ConvergenceWarning, match="between 1 and 2 separates all"):
        PrestoClassifier(0.0).fit(X, y)


def test_spread_fills_the_boundaries_of_missing_classes():
    fitted = np.array([0.5]), np.array([[2.0, 3.0]])
    # Classes 0 and 2 of 0 to 4: P(Y >= 1) is P(Y >= 2); P(Y >= 3) and P(Y >= 4) are 0.
    intercept, coef = _spread(fitted, np.array([0, 2]), 5)
    assert intercept.tolist() == [0.5, 0.5, -np.inf, -np.inf]
    assert coef.tolist() == [[2.0, 3.0], [2.0, 3.0], [0.0, 0.0], [0.0, 0.0]]
    # Classes 1 and 2 of 0 to 2: all rows are at least 1.
    intercept, coef = _spread(fitted, np.array([1, 2]), 3)
    assert intercept.tolist() == [np.inf, 0.5]
    assert coef.tolist() == [[0.0, 0.0], [2.0, 3.0]]


def test_constant_and_collinear_columns():
    X, y = ordered()
    hard = np.column_stack([X, np.full(len(y), 1e9 / 3), X[:, 0], X[:, 0] + X[:, 1]])
    for model in (PrestoClassifier(0.005), ProportionalOddsClassifier()):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            fitted = clone(model).fit(hard, y)
        assert np.isfinite(fitted.coef_).all()
        assert (fitted.coef_[:, 4] == 0).all()
        plain = clone(model).fit(X, y)
        np.testing.assert_allclose(
            fitted.predict_proba(hard), plain.predict_proba(X), atol=0.05
        )


def test_single_row_class():
    X, y = ordered()
    y = np.where(y == 3, 2, y)
    y[0] = 3
    for model in (PrestoClassifier(0.005), ProportionalOddsClassifier()):
        fitted = clone(model).fit(X, y)
        assert fitted.predict_proba(X)[:, 3].mean() == pytest.approx(1 / 400, rel=0.2)


def test_cv_with_a_class_missing_in_a_fold():
    X, y = ordered()
    y = np.where(y == 3, 2, y)
    y[0] = 3
    model = PrestoClassifierCV(alphas=4, cv=3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        model.fit(X, y)
    assert np.isfinite(model.scores_).all()
    first = np.where(np.arange(400) == 7, 0, y + 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        clone(model).fit(X, first)


def test_more_columns_than_rows():
    X, *_ = load_shared("pd_speech")
    X = X.select_dtypes("number").to_numpy(dtype=float)
    assert X.shape[1] > len(X)
    made_up = np.digitize(X[:, 0], np.quantile(X[:, 0], [0.6, 0.95]))
    model = PrestoClassifier(0.02).fit(X, made_up)
    assert model.kkt_residual_ <= 1e-8
    assert (model.coef_ != 0).sum() < len(X)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_missing_or_infinite_values_raise(value):
    X, y = ordered()
    X[3, 1] = value
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        PrestoClassifier().fit(X, y)


def test_too_few_iterations_warn():
    X, y = ordered()
    with pytest.warns(ConvergenceWarning, match="No convergence in 1 steps"):
        PrestoClassifier(0.001, max_iter=1).fit(X, y)


# Cross-validation


@pytest.mark.parametrize("first", [True, False])
def test_alpha_grid_descends_from_the_largest_alpha(first):
    X, y = ordered()
    model = PrestoClassifierCV(alphas=6, cv=3, penalize_first=first).fit(X, y)
    top, _ = alpha_max(likelihood_of(X, y), 1.0, first=first, tol=1e-8)
    np.testing.assert_allclose(model.alphas_, np.geomspace(top, top / 100, 6))
    assert model.scores_.shape == (6, 3)
    assert model.coef_path_.shape == (6, 3, 4)
    # The largest alpha leaves only intercepts, or only parallel boundaries.
    psi = np.diff(model.coef_path_[0], axis=0, prepend=0)
    assert psi[0 if first else 1 :] == pytest.approx(0, abs=1e-9)


def test_cv_scores_match_single_fits():
    X, y = ordered()
    model = PrestoClassifierCV(alphas=[0.1, 0.001, 0.02], cv=4).fit(X, y)
    assert model.alphas_.tolist() == [0.1, 0.02, 0.001]
    for alpha, scores in zip(model.alphas_, model.scores_, strict=True):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="The boundaries cross")
            alone = cross_val_score(
                PrestoClassifier(alpha), X, y, cv=4, scoring="neg_log_loss"
            )
        np.testing.assert_allclose(scores, alone, atol=1e-6)
    best = model.scores_.mean(axis=1).argmax()
    assert model.alpha_ == model.alphas_[best]
    refitted = PrestoClassifier(model.alpha_).fit(X, y)
    np.testing.assert_allclose(model.coef_, refitted.coef_, atol=1e-7)


def test_ties_go_to_the_largest_alpha():
    X, y = ordered()
    model = PrestoClassifierCV(alphas=[5.0, 7.0, 9.0], cv=3, scoring="accuracy").fit(
        X, y
    )
    assert model.alpha_ == 9.0


def test_custom_scorer_with_n_jobs():
    X, y = ordered()
    order = [*LEVELS, "top"]
    scoring = make_scorer(
        ranked_probability_score,
        response_method="predict_proba",
        greater_is_better=False,
        categories=order,
    )
    model = PrestoClassifierCV(
        alphas=4, cv=3, scoring=scoring, categories=order, n_jobs=2
    ).fit(X, np.array(order)[y])
    assert (model.scores_ < 0).all()


def rare_and_common(labels):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 3))
    rare = X[:, 0] + rng.logistic(size=400) > 2
    return X, np.array(labels)[rare.astype(int)]


OF_ONE_CLASS = {
    "f1": make_scorer(f1_score, pos_label="rare"),
    "recall": make_scorer(recall_score, pos_label="rare"),
    "average_precision": make_scorer(
        average_precision_score,
        response_method=("decision_function", "predict_proba"),
        pos_label="rare",
    ),
}


@pytest.mark.parametrize("name", OF_ONE_CLASS)
def test_scorer_name_refers_to_the_rarer_class(name):
    X, words = rare_and_common(["usual", "rare"])
    options = {"alphas": 3, "cv": 2}
    expected = PrestoClassifierCV(**options, scoring=OF_ONE_CLASS[name])
    expected.fit(X, words)
    assert not hasattr(expected, "pos_label_")
    for labels in (["usual", "rare"], ["a", "b"], ["b", "a"], [0, 1]):
        model = PrestoClassifierCV(**options, scoring=name)
        model.fit(X, rare_and_common(labels)[1])
        np.testing.assert_allclose(model.scores_, expected.scores_)
        assert model.pos_label_ == labels[1]
    other = PrestoClassifierCV(**options, scoring=name, pos_label="usual")
    assert not np.allclose(other.fit(X, words).scores_, expected.scores_)
    assert other.pos_label_ == "usual"


def test_rarer_class_warns_if_scikit_learn_uses_the_other():
    X, y = rare_and_common([1, 0])
    model = PrestoClassifierCV(alphas=4, cv=3, scoring="f1")
    with pytest.warns(
        UserWarning, match="scoring='f1' is computed for the class 0, the rarer"
    ):
        model.fit(X, y)
    assert model.pos_label_ == 0


def test_brier_score_of_string_labels_needs_no_positive_class():
    X, y = rare_and_common(["usual", "rare"])
    model = PrestoClassifierCV(alphas=4, cv=3, scoring="neg_brier_score").fit(X, y)
    assert not hasattr(model, "pos_label_")
    assert (model.scores_ < 0).all()


@pytest.mark.parametrize("scoring", ["r2", make_scorer(f1_score), f1_score])
def test_scorer_that_cannot_score_the_labels_raises(scoring):
    X, y = rare_and_common(["usual", "rare"])
    model = PrestoClassifierCV(alphas=4, cv=3, scoring=scoring)
    says = f"scoring={scoring!r} cannot be computed for the labels ['rare', 'usual']: "
    with pytest.raises(ValueError, match=re.escape(says)):
        model.fit(X, y)


def test_per_class_scorer_requires_pos_label_for_multiclass():
    X, y = ordered()
    model = PrestoClassifierCV(alphas=4, cv=3, scoring="f1")
    with pytest.raises(
        ValueError, match=r"scoring='f1' is the metric of one class, .* 'f1_macro'"
    ):
        model.fit(X, y)
    scorer = make_scorer(f1_score, labels=[2], average="macro")
    by_object = PrestoClassifierCV(alphas=4, cv=3, scoring=scorer).fit(X, y)
    by_name = model.set_params(pos_label=2).fit(X, y)
    np.testing.assert_allclose(by_name.scores_, by_object.scores_)
    with pytest.raises(ValueError, match="The 'pos_label' parameter of Presto"):
        model.set_params(pos_label=9).fit(X, y)


def test_positive_class_is_chosen_before_resampling():
    """After resampling, neither class is rarer."""
    X, y = rare_and_common(["usual", "rare"])
    inner = PrestoClassifierCV(alphas=4, cv=3, scoring="f1")
    model = ResampledClassifier(RandomOverSampler(random_state=0), inner).fit(X, y)
    assert model.estimator_.pos_label_ == "rare"


@pytest.mark.parametrize("wrong", [[], [-1.0], [np.nan], 0, "many"])
def test_invalid_alphas_raise(wrong):
    X, y = ordered()
    with pytest.raises(ValueError, match="alphas"):
        PrestoClassifierCV(alphas=wrong).fit(X, y)


# Integration


@pytest.mark.filterwarnings("ignore:The boundaries cross")
def test_works_with_pipelines_searches_calibration_and_samplers():
    X, y = ordered()
    search = GridSearchCV(
        make_pipeline(StandardScaler(), PrestoClassifier()),
        {"prestoclassifier__alpha": [0.1, 0.01]},
        scoring="neg_log_loss",
    ).fit(X, y)
    assert search.best_params_["prestoclassifier__alpha"] == 0.01
    calibrated = CalibratedClassifierCV(PrestoClassifier(), cv=3).fit(X, y)
    assert calibrated.predict_proba(X).shape == (400, 4)
    distance = np.abs(np.subtract.outer(np.arange(4), np.arange(4)))
    median = CostThresholdClassifier(PrestoClassifier(), cost=distance).fit(X, y)
    below = median.predict_proba(X).cumsum(axis=1)
    assert (median.predict(X) == (below >= 0.5).argmax(axis=1)).mean() > 0.99
    tuned = TunedThresholdClassifier(
        PrestoClassifier(), scoring="f1_macro", random_state=0
    ).fit(X, y)
    assert tuned.best_score_ >= tuned.argmax_score_
    resampled = ResampledClassifier(
        SMOTE(random_state=0), PrestoClassifier(), correction="offset", random_state=0
    ).fit(X, y)
    assert resampled.predict_proba(X).mean(axis=0) == pytest.approx(
        np.bincount(y) / 400, abs=0.03
    )


def test_feature_names_and_pickling():
    X, y = ordered()
    frame = pd.DataFrame(X, columns=list("abcd"))
    model = pickle.loads(pickle.dumps(PrestoClassifier().fit(frame, y)))  # noqa: S301
    assert model.feature_names_in_.tolist() == list("abcd")
    same = PrestoClassifier().fit(pl.from_pandas(frame), y)
    np.testing.assert_array_equal(same.predict_proba(frame), model.predict_proba(frame))
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[list("dcba")])


# Metrics


def test_binary_ranked_probability_equals_the_brier_score():
    rng = np.random.default_rng(0)
    p, y, w = rng.random(50), rng.integers(0, 2, 50), rng.random(50)
    both = np.column_stack([1 - p, p])
    score = ranked_probability_score(y, both, sample_weight=w)
    assert score == pytest.approx(brier_score_loss(y, p, sample_weight=w))


def test_ranked_probability_by_hand():
    # Certain and two steps off; certain and one step off; right.
    scores = [
        ranked_probability_score([2], [row], categories=[0, 1, 2])
        for row in ([1, 0, 0], [0, 1, 0], [0, 0, 1])
    ]
    assert scores == [1.0, 0.5, 0.0]
    named = ranked_probability_score(
        ["high"], [[0, 0, 1]], categories=LEVELS
    )  # columns are high, low, mid
    assert named == 0.5


def test_absolute_errors_weight_classes_equally():
    y = np.repeat([0, 1, 2], [90, 9, 1])
    assert macro_averaged_absolute_error(y, np.zeros(100, int)) == 1
    assert macro_averaged_absolute_error(y, y) == 0
    ordered_ = pd.Series(pd.Categorical(np.array(LEVELS)[y], LEVELS, ordered=True))
    assert macro_averaged_absolute_error(ordered_, np.full(100, "high")) == 1
    weight = np.where(y == 1, 7.0, 1.0)
    score = macro_averaged_absolute_error(y, np.zeros(100, int), sample_weight=weight)
    assert score == 1


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: ranked_probability_score([0, 2], [[1, 0, 0]] * 2), "Pass categories"),
        (
            lambda: macro_averaged_absolute_error(["a", "b", "c"], ["a", "b", "c"]),
            "no order of their own",
        ),
        (
            lambda: macro_averaged_absolute_error([0, 1], [0, 5], categories=[0, 1]),
            "'categories' parameter",
        ),
    ],
)
def test_invalid_metric_inputs_raise(call, says):
    with pytest.raises(ValueError, match=says):
        call()
