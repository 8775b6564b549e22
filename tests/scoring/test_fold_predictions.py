"""Corrected probabilities and tuned thresholds match those of the classifiers."""

from __future__ import annotations

import numpy as np
import pytest
from comparisons import compare_quickly, numeric_table, quiet
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from imbsuite import (
    PriorCorrectedClassifier,
    ResampledClassifier,
    TunedThresholdClassifier,
)
from imbsuite._classes import check_labels
from imbsuite.probability.units import Units
from imbsuite.scoring.fold_predictions import INNER_FOLDS, FoldPredictions, Training

RNG = np.random.default_rng


@pytest.mark.parametrize(
    ("inner", "n_classes"),
    [
        (HistGradientBoostingClassifier(max_iter=5), 2),
        (HistGradientBoostingClassifier(max_iter=5), 3),
        (make_pipeline(StandardScaler(), LogisticRegression()), 2),
        (LogisticRegression(), 3),
        # Does not predict the most probable class.
        (FixedThresholdClassifier(LogisticRegression(), threshold=0.3), 2),
    ],
)
def test_labels_derived_from_probabilities_equal_model_predict(inner, n_classes):
    y = RNG(0).integers(0, n_classes, 400)
    X = RNG(1).normal(size=(400, 3)) + 0.5 * y[:, None]
    model = ResampledClassifier(None, inner).fit(X[:200], y[:200])
    test = np.arange(200, 400)
    predictions = FoldPredictions(model, X[test], check_labels(y), test, 0.1)
    assert predictions.proba.shape == (200, n_classes)
    np.testing.assert_array_equal(predictions.chosen, model.predict(X[test]))


def test_labels_are_derived_from_probabilities_without_predict(
    monkeypatch,
):
    y = RNG(0).integers(0, 2, 400)
    X = RNG(1).normal(size=(400, 3)) + 0.5 * y[:, None]
    model = ResampledClassifier(None, LogisticRegression()).fit(X[:200], y[:200])
    test = np.arange(200, 400)
    predictions = FoldPredictions(model, X[test], check_labels(y), test, 0.1)
    expected = model.predict(X[test])
    monkeypatch.setattr(LogisticRegression, "predict", None)
    assert predictions.proba.shape == (200, 2)
    np.testing.assert_array_equal(predictions.chosen, expected)


def test_tied_probabilities_fall_back_to_model_predict():
    y = np.tile([0, 1], 10)
    X = np.ones((20, 1))
    model = ResampledClassifier(None, LogisticRegression()).fit(X, y)
    # The score is above 0, but its probability rounds to one half.
    model.estimator_.coef_[:], model.estimator_.intercept_[:] = 0.0, 1e-20
    predictions = FoldPredictions(model, X, check_labels(y), np.arange(20), 0.1)
    np.testing.assert_array_equal(predictions.proba, 0.5)
    np.testing.assert_array_equal(predictions.chosen, 1)


def trained_predictions(y, seed=0, moves_prior=True):
    """Return predictions of a balanced logistic regression, with its training rows."""
    rng = RNG(seed)
    X = rng.normal(size=(len(y), 2)) + 1.5 * np.asarray(y)[:, None]
    half = len(y) // 2
    train, test = np.arange(half), np.arange(half, len(y))
    model = LogisticRegression(class_weight="balanced" if moves_prior else None)
    training = Training(
        model,
        X[train],
        np.asarray(y)[train],
        seed,
        moves_prior=moves_prior,
    )
    fitted = LogisticRegression(**model.get_params()).fit(X[train], y[train])
    return FoldPredictions(fitted, X[test], check_labels(y), test, 0.1, training)


def test_corrected_probabilities_match_the_natural_prevalence():
    y = RNG(0).permutation([0] * 900 + [1] * 100)
    predictions = trained_predictions(y)
    raw, corrected = predictions.proba[:, 1].mean(), predictions.corrected[:, 1].mean()
    assert raw > 0.2
    assert corrected == pytest.approx(0.1, abs=0.03)
    untouched = trained_predictions(y, moves_prior=False)
    assert untouched.corrected is untouched.proba


def test_corrected_probabilities_match_prior_corrected_classifier():
    y = RNG(0).permutation([0] * 900 + [1] * 100)
    predictions = trained_predictions(y)
    model = PriorCorrectedClassifier(
        predictions.training.estimator, cv=INNER_FOLDS, random_state=0
    ).fit(predictions.training.X, predictions.training.y)
    np.testing.assert_allclose(
        predictions.corrected, model.predict_proba(predictions.X)
    )


def test_tuned_predictions_match_tuned_threshold_classifier():
    y = RNG(0).permutation([0] * 900 + [1] * 100)
    predictions = trained_predictions(y, moves_prior=False)
    for scoring in ("balanced_accuracy", "matthews_corrcoef"):
        model = TunedThresholdClassifier(
            predictions.training.estimator,
            scoring=scoring,
            cv=INNER_FOLDS,
            random_state=0,
        ).fit(predictions.training.X, predictions.training.y)
        with_tuned_threshold = predictions.with_tuned_threshold(scoring)
        np.testing.assert_array_equal(
            with_tuned_threshold.chosen, model.predict(predictions.X)
        )
        np.testing.assert_array_equal(with_tuned_threshold.proba, predictions.proba)


def test_tuned_threshold_reuses_computed_probabilities(monkeypatch):
    y = np.concatenate([RNG(0).permutation([0] * 400 + [1] * 100), [0, 1, 2] * 167])
    predictions = trained_predictions(
        y[:1000], moves_prior=False
    )  # no training row has the last class
    expected = predictions.with_tuned_threshold("balanced_accuracy").model.predict(
        predictions.X
    )
    assert predictions.proba.shape == (500, 3)
    monkeypatch.setattr(LogisticRegression, "predict_proba", None)
    tuned = predictions.with_tuned_threshold("balanced_accuracy")
    np.testing.assert_array_equal(tuned.chosen, expected)
    assert tuned.proba is predictions.proba


def test_class_with_one_training_row_is_not_tuned_but_is_corrected():
    y = np.zeros(100, dtype=int)
    y[[3, 60, 70]] = 1
    predictions = trained_predictions(y)
    with pytest.warns(UserWarning, match="no fold can be made"):
        assert predictions.with_tuned_threshold("balanced_accuracy") is predictions
    odds = predictions.proba[:, 1] / predictions.proba[:, 0]
    moved = predictions.corrected[:, 1] / predictions.corrected[:, 0]
    np.testing.assert_allclose(moved, odds / 49)  # 1 of 50, weighted to 1 of 2


def test_inner_folds_do_not_split_groups():
    y = np.tile([0, 0, 1], 40)
    groups = np.repeat(np.arange(20), 3)
    seen = []

    class Seeing(LogisticRegression):
        def fit(self, X, y):
            seen.append(X)
            return super().fit(X, y)

    X = np.column_stack([np.arange(60.0), np.tile(y[:3], 20)])
    Training(Seeing(), X, y[:60], units=Units(groups, mixed=True)).timed  # noqa: B018
    for rows in seen:
        inside = rows[:, 0].astype(int)
        assert not set(groups[inside]) & set(np.delete(groups, inside))
    assert len(seen) == INNER_FOLDS


@quiet
def test_tuned_threshold_changes_only_threshold_metrics():
    X, y = numeric_table((360, 40))
    comparison = compare_quickly(X, y, strategies=["smote"], cv=4)
    wide = comparison.scores.pivot_table(
        index="fold", columns=["metric", "strategy"], values="value"
    )
    for name in ("average_precision", "roc_auc", "log_loss", "brier"):
        assert (wide[name]["tuned-threshold"] == wide[name]["nothing"]).all()
    tuned = wide["balanced_accuracy_tuned"]["nothing"]
    assert (wide["balanced_accuracy"]["tuned-threshold"] == tuned).all()
    assert tuned.mean() > wide["balanced_accuracy"]["nothing"].mean()
    times = wide["fit_time"]
    assert (times["tuned-threshold"] > times["nothing"]).all()
    rows = comparison.summary().set_index(["strategy", "metric"])
    assert rows.loc[("tuned-threshold", "average_precision"), "verdict"] == ""
    assert rows.loc[("tuned-threshold", "balanced_accuracy"), "verdict"] != ""


@quiet
def test_no_threshold_is_tuned_without_label_metrics_or_probabilities():
    X, y = numeric_table()
    ranked = compare_quickly(X, y, scoring=["average_precision", "log_loss"])
    assert ranked.strategies("GaussianNB") == ["nothing", "random-over"]
    model = LinearSVC()
    labeled = compare_quickly(X, y, estimator=model, scoring=["balanced_accuracy"])
    assert labeled.strategies("LinearSVC") == ["nothing", "random-over"]


@quiet
def test_threshold_is_tuned_for_label_scorers():
    X, y = numeric_table((360, 40))
    comparison = compare_quickly(X, y, scoring=["f1"], strategies=[], cv=4)
    by_strategy = comparison.scores.groupby(["metric", "strategy"])["value"].mean()[
        "f1"
    ]
    assert by_strategy["tuned-threshold"] > by_strategy["nothing"]
