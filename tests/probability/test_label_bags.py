"""cv="oob" with several labels: one fit of a forest, or of one ensemble per label."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from imblearn.ensemble import BalancedRandomForestClassifier
from imblearn.pipeline import make_pipeline as their_pipeline
from several_labels import assert_same_numbers, made
from shared import spread
from sklearn.base import clone
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, f1_score, log_loss
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

import imbsuite as im
from imbsuite._fit_inputs import FitInputs
from imbsuite._table import check_multilabel
from imbsuite.probability.label_bags import labels_out_of_bag

WRAPPERS = {
    "tuned": lambda inner, cv: im.TunedThresholdClassifier(
        inner, cv=cv, random_state=0
    ),
    "constrained": lambda inner, cv: im.ConstrainedThresholdClassifier(
        inner, subject_to={"recall": 0.8}, cv=cv, random_state=0
    ),
    "corrected": lambda inner, cv: im.PriorCorrectedClassifier(
        inner, cv=cv, random_state=0
    ),
    "confidence": lambda inner, cv: im.PriorThresholdClassifier(
        inner, target="confidence", cv=cv, random_state=0
    ),
}
FOREST = RandomForestClassifier(20, min_samples_leaf=5, random_state=0)
OURS = im.ResampledEnsembleClassifier(
    estimator=GaussianNB(), n_estimators=8, random_state=0
)
LABEL_ENSEMBLES = {
    "forest": FOREST,
    "extra trees": ExtraTreesClassifier(
        20, min_samples_leaf=5, bootstrap=True, random_state=0
    ),
    "forest of each": MultiOutputClassifier(FOREST),
    "ours": MultiOutputClassifier(OURS),
    "one vs rest": OneVsRestClassifier(OURS),
    "pipeline": make_pipeline(StandardScaler(), MultiOutputClassifier(OURS)),
    "pipeline of each": MultiOutputClassifier(make_pipeline(StandardScaler(), OURS)),
    "unknown cells": im.PartialLabelClassifier(OURS),
}


def probabilities(model, X):
    return np.clip(model.predict_proba(X), 1e-3, 1 - 1e-3)


@pytest.mark.parametrize(
    ("around", "inner"), spread(WRAPPERS, LABEL_ENSEMBLES, every=4)
)
def test_oob_agrees_with_cross_validation(around, inner):
    rows, labels = made(600, shares=(0.4, 0.2))
    labels = np.column_stack([labels, np.ones(600, dtype=int)])
    oob, folds = (around(inner, cv).fit(rows[::2], labels[::2]) for cv in ("oob", 3))
    new, truth = rows[1::2], labels[1::2]
    p, q = probabilities(oob, new), probabilities(folds, new)
    assert (oob.predict(new)[:, 2] == 1).all()
    for y, a, b, one, other in zip(
        truth.T[:2], p.T, q.T, oob.predict(new).T, folds.predict(new).T, strict=False
    ):
        assert log_loss(y, a) == pytest.approx(log_loss(y, b), abs=0.02)
        scores = [balanced_accuracy_score(y, decided) for decided in (one, other)]
        assert scores[0] == pytest.approx(scores[1], abs=0.08)


@pytest.mark.filterwarnings("ignore:.*is met by alerting on every row")
@pytest.mark.parametrize(
    ("around", "case"),
    spread(
        WRAPPERS,
        {
            "2": (2, False),
            "2-weighted": (2, True),
            "20-weighted": (20, True),
            "20": (20, False),
        },
    ),
)
def test_single_label_oob_matches_binary(around, case):
    n_members, weighted = case
    rows, labels = made(400, shares=(0.2,))
    weight = np.random.default_rng(0).integers(1, 4, 400) if weighted else None
    inner = im.ResampledEnsembleClassifier(n_estimators=n_members, random_state=0)
    binary = around(inner, "oob")
    if hasattr(binary, "pos_label"):
        binary.pos_label = 1
    binary.fit(rows, labels[:, 0], weight)
    for estimator in (inner, MultiOutputClassifier(inner)):
        one = around(estimator, "oob").fit(rows, pd.DataFrame(labels), weight)
        assert_same_numbers(one, binary, rows, name=0)


def test_single_label_forest_oob_matches_binary():
    rows, labels = made(400, shares=(0.2,))
    binary = im.TunedThresholdClassifier(FOREST, scoring="f1", cv="oob", pos_label=1)
    one = clone(binary).fit(rows, pd.DataFrame(labels))
    assert_same_numbers(one, binary.fit(rows, labels[:, 0]), rows, name=0)


def test_label_scores_are_best_f1_of_oob_predictions():
    rows, labels = made(150, seed=1)
    model = im.TunedThresholdClassifier(
        clone(FOREST).set_params(n_estimators=40), scoring="f1", steady=0, cv="oob"
    ).fit(rows, labels)
    p = model.estimator_.oob_decision_function_[:, 1]
    for j, score in model.label_scores_.items():
        decided = p[:, j] >= np.unique(p[:, j])[:, np.newaxis]
        hits = decided @ labels[:, j]
        scores = 2 * hits / (decided.sum(axis=1) + labels[:, j].sum())
        assert score == pytest.approx(scores.max())


def test_oob_fits_the_forest_once():
    class Counting(RandomForestClassifier):
        fits = 0

        def fit(self, *args, **kwargs):
            Counting.fits += 1
            return super().fit(*args, **kwargs)

    rows, labels = made(200)
    im.PriorCorrectedClassifier(Counting(30, random_state=0), cv="oob").fit(
        rows, labels
    )
    assert Counting.fits == 1


@pytest.mark.parametrize("scoring", ["f1_macro", "f1_micro", "f1_samples"])
def test_cells_without_oob_prediction_are_unknown(scoring):
    rows, labels = made(300)
    inner = im.ResampledEnsembleClassifier(n_estimators=2, random_state=0)
    model = im.TunedThresholdClassifier(
        MultiOutputClassifier(inner), scoring=scoring, cv="oob", steady=0
    ).fit(rows, labels)
    one = model.estimator_.estimators_[0].oob_decision_function_[:, 1]
    assert 0.3 < np.isnan(one).mean() < 0.5
    assert 0.1 < model.best_score_ < 1
    known = ~np.isnan(one)
    at = f1_score(labels[known, 0], one[known] >= model.threshold_[0])
    # Label scores give the weight of rows in every bag to the rest of their class.
    assert model.label_scores_[0] == pytest.approx(at, abs=0.03)


@pytest.mark.filterwarnings("ignore:Every member drew every row")
def test_label_without_oob_positives_gets_default_threshold():
    rows, labels = made(200)
    labels[:, 2] = np.arange(200) == 7
    model = im.TunedThresholdClassifier(MultiOutputClassifier(OURS), cv="oob")
    assert model.fit(rows, labels).threshold_[2] == 0.5


def test_known_share_divides_oob_probabilities():
    rows, labels = made(400, shares=(0.4, 0.2))
    labels = labels.astype(float)
    labels[::7, 0] = np.nan
    inner = im.PartialLabelClassifier(OURS, known_share=0.8)
    predictions = labels_out_of_bag(
        inner, FitInputs(rows, check_multilabel(labels, 400, unknown=True).values)
    )
    assert np.isnan(predictions.probability[np.isnan(labels)]).all()
    fitted = predictions.estimator.estimator
    own = fitted.estimators_[1].oob_decision_function_[:, 1]
    np.testing.assert_allclose(predictions.probability[:, 1], np.minimum(own / 0.8, 1))


@pytest.mark.parametrize(
    "inner",
    [
        ClassifierChain(FOREST),
        MultiOutputClassifier(LogisticRegression()),
        im.PartialLabelClassifier(OURS, recover="soft", known_share=0.5),
        MultiOutputClassifier(their_pipeline(im.SMOTE(), FOREST)),
        MultiOutputClassifier(BalancedRandomForestClassifier()),
        RandomForestClassifier(bootstrap=False),
    ],
    ids=["chain", "each", "soft", "sampler", "balanced", "no bags"],
)
def test_estimators_without_oob_rows_raise(inner):
    rows, labels = made(100)
    with pytest.raises(ValueError, match=r"requires an ensemble|bootstrap=True"):
        im.TunedThresholdClassifier(inner, cv="oob").fit(rows, labels)


def test_groups_require_an_ensemble_that_keeps_them_together():
    rows, labels = made(200)
    groups = np.arange(200) // 4
    for inner in (
        FOREST,
        MultiOutputClassifier(FOREST),
        OneVsRestClassifier(OURS),
        im.PartialLabelClassifier(FOREST),
    ):
        with pytest.raises(ValueError, match="cannot keep groups together"):
            im.TunedThresholdClassifier(inner, cv="oob").fit(
                rows, labels, groups=groups
            )
    for inner in (OURS, make_pipeline(StandardScaler(), OURS)):
        model = im.TunedThresholdClassifier(MultiOutputClassifier(inner), cv="oob")
        model.fit(rows, labels, groups=groups)
        bags = model.estimator_.estimators_[0]
        bags = bags[-1] if isinstance(bags, Pipeline) else bags
        left = ~np.isnan(bags.oob_decision_function_[:, 0])
        assert (
            left.reshape(-1, 4).min(axis=1) == left.reshape(-1, 4).max(axis=1)
        ).all()


@pytest.mark.filterwarnings("ignore:Some inputs do not have OOB")
def test_duplicate_rows_warn():
    rows, labels = made(100)
    twice = np.repeat(rows, 2, axis=0), np.repeat(labels, 2, axis=0)
    with pytest.warns(UserWarning, match="exact copies"):
        im.TunedThresholdClassifier(FOREST, cv="oob").fit(*twice)
    im.TunedThresholdClassifier(MultiOutputClassifier(OURS), cv="oob").fit(*twice)
