"""LightGBM and XGBoost with any log-probability loss."""

from __future__ import annotations

import pickle
import re

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from imbsuite import BoostedLossClassifier
from imbsuite.losses import (
    CompSumLoss,
    FocalLoss,
    LogLoss,
    lightgbm_objective,
    xgboost_objective,
)
from imbsuite.persistence import column_types, load_model, save_model
from imbsuite.probability.source import source_prior


def _lightgbm(**options):
    lightgbm = pytest.importorskip("lightgbm", reason="LightGBM is not installed")
    options = {"n_estimators": 30, "verbose": -1, "n_jobs": 1} | options
    return lightgbm.LGBMClassifier(**options)


def _xgboost(**options):
    xgboost = pytest.importorskip("xgboost", reason="XGBoost is not installed")
    # Bins of the other methods depend on weights.
    options = {"n_estimators": 30, "n_jobs": 1, "tree_method": "exact"} | options
    return xgboost.XGBClassifier(**options)


LIBRARIES = {"lightgbm": _lightgbm, "xgboost": _xgboost}


# Only the environment of the slow tests has both libraries.
@pytest.fixture(params=[pytest.param(x, marks=pytest.mark.slow) for x in LIBRARIES])
def library(request):
    return request.param


@pytest.fixture(scope="module", params=[2, 3])
def table(request):
    X, y = make_classification(
        900,
        n_classes=request.param,
        n_informative=5,
        flip_y=0.05,
        weights=[0.8, 0.1] if request.param == 3 else [0.9],
        random_state=0,
    )
    return X, y


def library_scores(library, model, X, y, weight, start):
    """Return the scores of the library's own objective from the same start."""
    rows = np.tile(start, (len(y), 1))
    rows = rows[:, 0] if rows.shape[1] == 1 else rows
    if library == "lightgbm":
        return model.fit(X, y, sample_weight=weight).predict(X, raw_score=True)
    model.fit(X, y, sample_weight=weight, base_margin=rows)
    return model.predict(X, output_margin=True, base_margin=rows)


@pytest.mark.parametrize("weighted", [False, True])
def test_log_loss_matches_the_library(table, library, weighted):
    X, y = table
    weight = np.random.default_rng(0).integers(1, 4, len(y)) if weighted else None
    model = LIBRARIES[library]()
    ours = BoostedLossClassifier(model, link="exact").fit(X, y, sample_weight=weight)
    theirs = library_scores(library, model, X, y, weight, ours.init_score_)
    scores = ours.decision_function(X)
    if scores.ndim == 2:  # softmax ignores a constant
        scores, theirs = (s - s[:, :1] for s in (scores, theirs))
    assert_allclose(scores, theirs, atol=1e-10 if library == "lightgbm" else 1e-5)


@pytest.mark.parametrize("rows", ["few", "constant"])
def test_single_leaf_trees_predict_class_shares(table, library, rows):
    X, y = table
    X, y = (X[:30], y[:30]) if rows == "few" else (np.ones_like(X), y)
    model = LIBRARIES[library](min_child_weight=1e6)
    ours = BoostedLossClassifier(model, link="exact").fit(X, y)
    assert_allclose(ours.predict_proba(X)[0], np.bincount(y) / len(y), atol=1e-6)
    fitted = BoostedLossClassifier(model, cv=2, random_state=0).fit(X, y)
    assert_allclose(fitted.predict_proba(X)[0], np.bincount(y) / len(y), atol=1e-2)


def test_class_weights_match_row_weights(table, library):
    X, y = table
    weight = {0: 1.0, 1: 4.0, 2: 2.0}
    weight = {k: v for k, v in weight.items() if k in y}
    model = LIBRARIES[library]()
    by_class = BoostedLossClassifier(model, class_weight=weight, link="exact").fit(X, y)
    rows = np.array([weight[k] for k in y])
    by_row = BoostedLossClassifier(model, link="exact").fit(X, y, sample_weight=rows)
    assert_allclose(
        by_class.decision_function(X), by_row.decision_function(X), atol=1e-5
    )
    # Probabilities still keep the class shares of the table.
    shares = np.bincount(y) / len(y)
    assert_allclose(by_class.target_prior_, shares)
    assert_allclose(by_class.predict_proba(X).mean(axis=0), shares, atol=0.02)


def test_logit_adjustment_shifts_scores_by_a_constant(table, library):
    X, y = table
    model = LIBRARIES[library]()
    plain, moved = (
        BoostedLossClassifier(model, loss, link="exact").fit(X, y)
        for loss in ("log_loss", "logit_adjusted")
    )
    change = moved.decision_function(X) - plain.decision_function(X)
    assert np.ptp(change, axis=0).max() < 1e-4
    assert_allclose(plain.predict_proba(X), moved.predict_proba(X), atol=1e-4)


@pytest.mark.parametrize(
    "loss",
    ["focal", "ldam", FocalLoss(0.5), CompSumLoss(1.7), CompSumLoss(2.0)],
    ids=str,
)
def test_fitted_links_calibrate_probabilities(table, library, loss):
    X, y = table
    X, X_test, y, y_test = train_test_split(X, y, stratify=y, random_state=0)
    model = BoostedLossClassifier(
        LIBRARIES[library](), loss, class_weight="balanced", cv=3, random_state=0
    ).fit(X, y)
    p = model.predict_proba(X_test)
    shares = np.bincount(y_test) / len(y_test)
    assert_allclose(p.mean(axis=0), shares, atol=0.05)
    assert log_loss(y_test, p) < log_loss(y_test, np.tile(shares, (len(p), 1)))
    scores = model.decision_function(X_test)
    decided = scores >= 0 if scores.ndim == 1 else scores.argmax(axis=1)
    assert_array_equal(model.predict(X_test), decided)


def test_exact_link_has_a_higher_log_loss(library):
    X, y = make_classification(900, n_informative=5, flip_y=0.2, random_state=0)
    X, X_test, y, y_test = train_test_split(X, y, random_state=0)
    sigmoid, exact = (
        BoostedLossClassifier(
            LIBRARIES[library](), "focal", link=link, cv=3, random_state=0
        ).fit(X, y)
        for link in ("sigmoid", "exact")
    )
    assert_array_equal(sigmoid.predict(X_test), exact.predict(X_test))
    losses = [log_loss(y_test, m.predict_proba(X_test)) for m in (sigmoid, exact)]
    assert losses[0] < losses[1]


def test_labels_containers_priors_and_pickles(library):
    X, y = make_classification(300, weights=[0.8], random_state=0)
    words = np.array(["usual", "rare"])[y]
    weight = np.random.default_rng(0).random(len(y))
    model = BoostedLossClassifier(
        LIBRARIES[library](), "ldam", class_weight={"rare": 3.0}, cv=3, random_state=0
    ).fit(X, words, sample_weight=weight)
    assert set(model.predict(X)) == {"rare", "usual"}
    shares = np.array([weight[words == k].sum() for k in model.classes_]) / weight.sum()
    assert_allclose(source_prior(model, model.classes_, [1.0, 1.0]), shares)
    loaded = pickle.loads(pickle.dumps(model))  # noqa: S301 - made here
    assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    sparse = BoostedLossClassifier(LIBRARIES[library](), link="exact")
    sparse.fit(sp.csr_matrix(X), words)
    assert sparse.predict_proba(sp.csr_matrix(X)).shape == (300, 2)


@pytest.mark.parametrize("link", ["sigmoid", "exact"])
def test_loading_requires_trust_in_the_library_only(library, link, tmp_path):
    X, y = make_classification(200, weights=[0.8], random_state=0)
    X = pd.DataFrame(X).rename(columns=str)
    model = BoostedLossClassifier(
        LIBRARIES[library](), "focal", link=link, cv=3, random_state=0
    ).fit(X, y)
    path = tmp_path / "model.skops"
    save_model(model, path, columns=column_types(X), positive=1)
    with pytest.raises(ValueError, match=library) as error:
        load_model(path)
    unknown = re.findall(r"[\w.]+\.[A-Z]\w+", str(error.value))
    assert not any(name.startswith("imbsuite") for name in unknown)
    predictions = load_model(path, trust=unknown).predict(X)
    assert_array_equal(predictions["probability_1"], model.predict_proba(X)[:, 1])
    assert_array_equal(predictions["predicted"], model.predict(X))


@pytest.mark.parametrize(
    ("inner", "options", "message"),
    [
        ({}, {"loss": "f1"}, "Tune a threshold for a metric"),
        ({}, {"loss": "focl"}, "Did you mean 'focal'"),
        ({}, {"loss": CompSumLoss(2.0), "link": "exact"}, "'link' parameter"),
        ({}, {"cv": "oob"}, "'cv' parameter"),
        ({}, {"class_weight": {7: 1.0}}, r"Got \[7\] as well"),
        (
            {"scale_pos_weight": 3.0},
            {},
            "'scale_pos_weight' parameter of the estimator",
        ),
        ({"objective": lambda y, p: (y, p)}, {}, "left at its default"),
        ({"early_stopping_rounds": 3}, {}, "no rows to stop by"),
        ({"num_class": 3}, {}, "the labels determine it"),
    ],
)
def test_invalid_parameters_raise(library, inner, options, message):
    X, y = make_classification(60, random_state=0)
    model = BoostedLossClassifier(LIBRARIES[library](**inner), **options)
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)


@pytest.mark.parametrize(
    "name", ["eval_set", "init_score", "base_margin", "init_model"]
)
def test_fit_arguments_set_by_the_loss_raise(library, name):
    X, y = make_classification(60, random_state=0)
    model = BoostedLossClassifier(LIBRARIES[library]())
    with pytest.raises((ValueError, TypeError), match=f"'{name}'"):
        model.fit(X, y, **{name: [(X, y)]})


def test_scale_pos_weight_of_1_has_no_effect(library):
    X, y = make_classification(60, random_state=0)
    plain, one = (
        BoostedLossClassifier(LIBRARIES[library](**weight), link="exact").fit(X, y)
        for weight in ({}, {"scale_pos_weight": 1})
    )
    assert_array_equal(plain.predict_proba(X), one.predict_proba(X))


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        {"application": "cross_entropy"},
        {"loss": "binary_logloss"},
        {"boosting_type": "rf", "subsample": 0.5, "subsample_freq": 1},
        {"n_iter_no_change": 3},
        {"num_classes": 2},
    ],
)
def test_lightgbm_parameter_aliases_are_recognized(options):
    X, y = make_classification(60, random_state=0)
    name = next(iter(options))
    with pytest.raises(ValueError, match=f"'{name}' parameter of the estimator"):
        BoostedLossClassifier(_lightgbm(**options)).fit(X, y)


@pytest.mark.slow
def test_lightgbm_class_weights_raise():
    X, y = make_classification(60, random_state=0)
    for options in (
        {"class_weight": "balanced"},
        {"is_unbalance": True},
        {"unbalance": "true"},
        {"pos_bagging_fraction": 0.5, "bagging_freq": 1},
        {"neg_subsample": 0.5, "subsample_freq": 1},
    ):
        model = BoostedLossClassifier(_lightgbm(**options), class_weight="balanced")
        with pytest.raises(
            ValueError, match=f"'{next(iter(options))}' parameter of the"
        ):
            model.fit(X, y)


@pytest.mark.parametrize(
    "inner",
    [LogisticRegression(), make_pipeline(StandardScaler(), LogisticRegression())],
    ids=["linear", "pipeline"],
)
def test_other_estimators_raise(inner):
    X, y = make_classification(60, random_state=0)
    with pytest.raises(ValueError, match="must be a classifier of LightGBM or XGBoost"):
        BoostedLossClassifier(inner).fit(X, y)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("make", [lightgbm_objective, xgboost_objective])
def test_objectives_return_gradients_and_scaled_curvatures(make, n_classes):
    rng = np.random.default_rng(0)
    codes, counts = rng.integers(0, n_classes, 20), np.arange(1.0, n_classes + 1)
    scores = rng.normal(size=(20, n_classes))[:, : n_classes if n_classes > 2 else 1]
    scores = scores.reshape((20,) if n_classes == 2 else (20, n_classes))
    objective = make("log_loss", counts, "balanced")
    gradient, curvature = objective(codes.astype(float), scores.astype("f4"), codes + 1)
    factor = 1.0
    if n_classes == 3:
        factor = 1.5 if make is lightgbm_objective else 2.0
    bound = LogLoss().bind(counts, "balanced")
    expected = bound.derivatives(scores.astype("f4"), codes, codes + 1)
    assert_allclose(gradient, expected[0])
    assert_allclose(curvature, factor * expected[1])

    class Data:  # as LightGBM's and XGBoost's train() pass it
        def get_label(self):
            return codes.astype("f4")

        def get_weight(self):
            return None

    again = objective(scores, Data())
    assert_allclose(again[0], bound.derivatives(scores, codes)[0])
    with pytest.raises(ValueError, match="'scores' parameter must have the shape"):
        objective(codes, np.zeros((20, 7)))


@pytest.mark.slow
def test_objectives_work_with_native_training():
    lightgbm = pytest.importorskip("lightgbm", reason="LightGBM is not installed")
    X, y = make_classification(300, weights=[0.8], random_state=0)
    objective = lightgbm_objective("log_loss", np.bincount(y))
    data = lightgbm.Dataset(X, y, init_score=np.tile(objective.init_score, len(y)))
    params = {"objective": objective, "verbose": -1, "num_threads": 1}
    scores = lightgbm.train(params, data, 20).predict(X) + objective.init_score
    plain = _lightgbm(n_estimators=20).fit(X, y)
    assert_allclose(objective.bound.proba(scores), plain.predict_proba(X), atol=1e-10)
