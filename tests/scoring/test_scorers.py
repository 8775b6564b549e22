"""Scorers in compare: those incompatible with the labels raise before fitting."""

from __future__ import annotations

import re

import numpy as np
import pytest
from comparisons import numeric_table
from sklearn.metrics import (
    brier_score_loss,
    f1_score,
    make_scorer,
    roc_auc_score,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

from imbsuite import compare


class NeverFitted(GaussianNB):
    """A classifier that fails the test if it is fitted."""

    def fit(self, X, y, sample_weight=None):
        pytest.fail("the scorer was to be refused before any fit")


@pytest.mark.parametrize(
    ("scoring", "labels", "says"),
    [
        (
            {"mine": make_scorer(f1_score)},
            ["fraud", "legit"],
            "['fraud', 'legit']: ValueError: pos_label=1 is not a valid label",
        ),
        ({"mine": make_scorer(f1_score)}, [0, 1, 2], "f1_score, average='macro')."),
        (
            {"mine": make_scorer(brier_score_loss, response_method="predict_proba")},
            ["fraud", "legit"],
            "scoring['mine'] cannot be computed",
        ),
        (
            {"mine": make_scorer(roc_auc_score, response_method="predict_proba")},
            ["a", "b", "c"],
            "multi_class must be in",
        ),
        (
            {"mine": make_scorer(lambda *_: "good")},
            [0, 1],
            "could not convert string to float",
        ),
        (["r2"], ["fraud", "legit"], "scoring='r2' cannot be computed for the labels"),
        ({"error": "r2"}, ["fraud", "legit"], "scoring['error'] cannot be computed"),
    ],
)
def test_scorer_incompatible_with_labels_raises_before_fitting(scoring, labels, says):
    X, y = numeric_table()
    y = np.array(labels)[np.where(y == 1, np.arange(len(y)) % (len(labels) - 1) + 1, 0)]
    with pytest.raises(ValueError, match=re.escape(says)):
        compare(X, y, estimator=NeverFitted(), scoring=scoring, cv=2, strategies=[])


@pytest.mark.parametrize(
    "scorer",
    [
        make_scorer(f1_score, pos_label="fraud"),
        make_scorer(f1_score, average="macro", pos_label=None),
        make_scorer(
            brier_score_loss, response_method="predict_proba", pos_label="fraud"
        ),
        make_scorer(
            roc_auc_score, response_method=("decision_function", "predict_proba")
        ),
        lambda model, X, y: float((model.predict(X) == y).mean()),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_scorer_compatible_with_labels_is_computed(scorer):
    X, y = numeric_table()
    y = np.where(y == 1, "fraud", "legit")
    comparison = compare(X, y, estimator=GaussianNB(), scoring={"mine": scorer}, cv=2)
    values = comparison.scores.query("metric == 'mine' and strategy == 'nothing'")[
        "value"
    ]
    assert np.isfinite(values).all()


def test_probability_scorer_raises_without_predict_proba():
    X, y = numeric_table()
    scorer = make_scorer(brier_score_loss, response_method="predict_proba")
    with pytest.raises(
        TypeError, match=r"no predict_proba method, .*required by mine\."
    ):
        compare(X, y, estimator=LinearSVC(), scoring={"mine": scorer}, cv=2)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_error_names_the_scorer_that_fails_on_every_fold():
    X, y = numeric_table()
    message = (
        r"GaussianNB was fitted, and not measured on any fold: scoring\['mine'\] failed: "
        "ZeroDivisionError: division by zero"
    )
    with pytest.raises(ValueError, match=message):
        compare(
            X,
            y,
            estimator=GaussianNB(),
            scoring={"mine": lambda *_: 1 / 0},
            strategies=[],
        )
