"""Errors for unknown metrics and malformed costs show what works."""

from __future__ import annotations

import ast
import re

import numpy as np
import pytest
from imblearn.metrics import geometric_mean_score
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier
from sklearn.metrics import (
    cohen_kappa_score,
    fbeta_score,
    make_scorer,
    precision_score,
    recall_score,
)

from imbsuite import CostThresholdClassifier, TunedThresholdClassifier, compare

X, y = make_classification(60, weights=[0.7], random_state=0)
NAMES = {
    "cohen_kappa_score": cohen_kappa_score,
    "fbeta_score": fbeta_score,
    "geometric_mean_score": geometric_mean_score,
    "make_scorer": make_scorer,
    "precision_score": precision_score,
    "recall_score": recall_score,
}


def tune(scoring) -> None:
    TunedThresholdClassifier(DummyClassifier(), scoring=scoring).fit(X, y)


def measure(scoring) -> None:
    compare(X, y, estimator=DummyClassifier(), scoring=scoring, cv=2, strategies=[])


@pytest.mark.parametrize("call", [tune, lambda name: measure([name])])
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("f2", "make_scorer(fbeta_score, beta=2, pos_label=...)"),
        ("F0.5", "make_scorer(fbeta_score, beta=0.5, pos_label=...)"),
        ("fbeta", "make_scorer(fbeta_score, beta=2, pos_label=...)"),
        ("specificity", "make_scorer(recall_score, pos_label=...)"),
        ("TNR", "make_scorer(recall_score, pos_label=...)"),
        ("npv", "make_scorer(precision_score, pos_label=...)"),
        ("kappa", "make_scorer(cohen_kappa_score)"),
        ("g-mean", "make_scorer(geometric_mean_score)"),
        ("recall@0.9", "ConstrainedThresholdClassifier"),
        ("precision_at_10", "ConstrainedThresholdClassifier"),
        ("sensitivity", "Did you mean 'recall'?"),
        ("balanced_acuracy", "Did you mean 'balanced_accuracy'?"),
        ("F1", "Did you mean 'f1'?"),
    ],
)
def test_unknown_metric_error_shows_a_working_call(call, name, expected):
    with pytest.raises(ValueError, match=re.escape(f"Got {name!r} instead")) as caught:
        call(name)
    text = str(caught.value)
    assert expected in text
    if "make_scorer" in expected:
        # The call in the message works once a label replaces the dots.
        scorer_call = re.search(r"make_scorer\([^()]*\)", text)[0].replace("...", "0")
        tune(eval(scorer_call, NAMES))  # noqa: S307 - our own message


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_call_in_compare_error_works():
    with pytest.raises(ValueError, match="scorer = ") as caught:
        measure(["f2"])
    match = re.search(r"scoring=(\{.*?\}), scorer = (.*?\)),", str(caught.value))
    scorer = eval(match[2].replace("...", "1"), NAMES)  # noqa: S307 - our own message
    measure(eval(match[1], {"scorer": scorer}))  # noqa: S307 - our own message


@pytest.mark.parametrize(
    ("cost", "form"),
    [
        ("fn=20", {"fp": 1, "fn": 20}),
        ("fp=2,fn=7.5", {"fp": 2, "fn": 7.5}),
        ("fp: 3, fn: amount", {"fp": 3, "fn": "amount"}),
        ("fn", {"fp": 1, "fn": 20}),
        ("20", {"fp": 1, "fn": 20}),
        (20, {"fp": 1, "fn": 20}),
        (np.float64(20), {"fp": 1, "fn": 20}),
        ({"fn": 20}, {"fp": 1, "fn": 20}),
    ],
)
def test_malformed_cost_error_shows_the_right_form(cost, form):
    with pytest.raises(ValueError, match="cost") as caught:
        CostThresholdClassifier(DummyClassifier(), cost=cost, pos_label=1).fit(X, y)
    text = str(caught.value)
    assert f"{cost!r}" in text
    literal = re.search(r"\{'fp'[^}]*\}", text)[0]
    assert ast.literal_eval(literal) == form
