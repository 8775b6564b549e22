"""Every multilabel classifier with every inner estimator and every type of target.

The tests of each class are next to the other tests of its module.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from several_labels import ESTIMATORS, LOGISTIC, NETWORK, assert_same_numbers, made
from shared import in_pairs
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import (
    check_classifier_multioutput,
    check_classifiers_multilabel_output_format_predict,
    check_classifiers_multilabel_output_format_predict_proba,
    check_classifiers_multilabel_representation_invariance,
)

import imbsuite as im
from imbsuite._wrapping import Decides

FOLDS = {"cv": 2, "random_state": 0}
WRAPPERS = {
    "tuned": im.TunedThresholdClassifier(LOGISTIC, scoring="f1", **FOLDS),
    "micro": im.TunedThresholdClassifier(LOGISTIC, scoring="f1_micro", **FOLDS),
    "samples": im.TunedThresholdClassifier(LOGISTIC, scoring="f1_samples", **FOLDS),
    "prior": im.PriorThresholdClassifier(LOGISTIC),
    "confidence": im.PriorThresholdClassifier(LOGISTIC, target="confidence", **FOLDS),
    "cost": im.CostThresholdClassifier(LOGISTIC, cost={"fp": 1, "fn": 5}),
    "constrained": im.ConstrainedThresholdClassifier(
        LOGISTIC, subject_to={"alert_share": 0.9}, maximize="recall", **FOLDS
    ),
    "corrected": im.PriorCorrectedClassifier(LOGISTIC, **FOLDS),
    "by formula": im.PriorCorrectedClassifier(LOGISTIC, method="prior"),
    "resampled": im.ResampledClassifier(
        im.MLSMOTE(random_state=0), LOGISTIC, correction="offset", **FOLDS
    ),
    "not resampled": im.ResampledClassifier(None, LOGISTIC),
    "label shift": im.LabelShiftAdapter(LOGISTIC),
    "unknown": im.PartialLabelClassifier(LOGISTIC),
    "hidden": im.PartialLabelClassifier(
        LOGISTIC, recover="soft", known_share=0.8, **FOLDS
    ),
}
# Binary classifiers, which PartialLabelClassifier requires.
OF_TWO = {
    "logistic": LOGISTIC,
    "forest": RandomForestClassifier(5, max_depth=3, random_state=0),
    "pipeline": make_pipeline(StandardScaler(), LOGISTIC),
    "neighbors": KNeighborsClassifier(15),
    "network": NETWORK,
}
MORE = {
    "unknown": im.PartialLabelClassifier(LOGISTIC),
    "mlsmote": im.ResampledClassifier(
        im.MLSMOTE(random_state=0), MultiOutputClassifier(LOGISTIC)
    ),
    "pipeline of each": MultiOutputClassifier(
        make_pipeline(StandardScaler(), LOGISTIC)
    ),
    "forest of each": MultiOutputClassifier(OF_TWO["forest"]),
    "calibrated": MultiOutputClassifier(CalibratedClassifierCV(LOGISTIC, cv=2)),
    "chain of forests": ClassifierChain(OF_TWO["forest"], random_state=0),
    "search": GridSearchCV(
        MultiOutputClassifier(LOGISTIC), {}, cv=2, scoring="f1_micro"
    ),
}
NAMES = ["a", "b", "c", "none", "all"]
TARGETS = {
    "bool": lambda y: y == 1,
    "int8": lambda y: y.astype(np.int8),
    "csr": sp.csr_array,
    "csc": sp.csc_matrix,
    "pandas": lambda y: pd.DataFrame(y, columns=NAMES),
    "polars": lambda y: pl.DataFrame(y, schema=NAMES),
    "list": lambda y: y.tolist(),
}
TURNS = [*TARGETS]  # so that every class is tested with every target
TABLE = {
    f"{name}-{inner}": (wrapper, estimator)
    for name, wrapper in WRAPPERS.items()
    for inner, estimator in (
        OF_TWO if name in ("unknown", "hidden") else ESTIMATORS | MORE
    ).items()
    # KNeighborsClassifier takes no weights; label sets are multiclass targets.
    if (name, inner) not in {("hidden", "neighbors"), ("label shift", "search")}
    and not (name == "label shift" and inner in ("unknown", "mlsmote"))
}
# These take longer. Each class is tested with some of them, and each of them with some
# classes; the slow tests run all combinations.
LONG = {
    f"{name}-{inner}"
    for i, name in enumerate(WRAPPERS)
    for j, inner in enumerate(MORE)
    if (i + j) % 2
}
# Warnings about few rows.
quiet = pytest.mark.filterwarnings(
    "ignore:.*is met by alerting on every row",
    "ignore:.*too few for k_neighbors",
    "ignore:The confidences of",
)


def several(n=72):
    X, Y = made(n)
    return X, np.column_stack([Y, np.zeros(n, int), np.ones(n, int)])


@quiet
@pytest.mark.parametrize(
    ("case", "target"),
    [
        (case, TURNS[(i + i // 7) % 7])
        for i, case in enumerate(TABLE)
        if case not in LONG
    ],
)
def test_wrapper_with_estimator_and_target(case, target):
    check_case(*TABLE[case], [target])


@pytest.mark.slow
@quiet
@pytest.mark.parametrize("case", TABLE)
def test_wrapper_with_estimator_and_all_targets(case):
    check_case(*TABLE[case], TARGETS)


def check_case(wrapper, estimator, targets):
    X, Y = several()
    model = clone(wrapper).set_params(estimator=estimator).fit(X, Y)
    p, predicted = model.predict_proba(X), model.predict(X)
    assert isinstance(p, np.ndarray)
    assert p.shape == predicted.shape == Y.shape
    np.testing.assert_allclose(p[:, 3:], Y[:, 3:], atol=1e-12)
    np.testing.assert_array_equal(predicted[:, 3:], Y[:, 3:])
    assert roc_auc_score(Y[:, 0], p[:, 0]) > 0.6
    for name in targets:
        target = TARGETS[name](Y)
        # In a pipeline, the target also goes through the earlier steps.
        steps = make_pipeline(StandardScaler(with_mean=False, with_std=False), model)
        other = clone(steps).fit(X, target)
        np.testing.assert_array_equal(other.predict(X), predicted)
        np.testing.assert_array_equal(other.predict_proba(X), p)
        named = NAMES if hasattr(target, "columns") else [*range(5)]
        assert other[-1].label_names_ == named
        if isinstance(target, np.ndarray):
            assert other.predict(X).dtype == target.dtype


BINARY = {
    **OF_TWO,
    "weighs": LogisticRegression(class_weight="balanced"),
}


AROUND_TWO = {
    "itself": clone,
    "each": MultiOutputClassifier,
    "chain": ClassifierChain,
    "one vs rest": OneVsRestClassifier,
}


@quiet
@pytest.mark.parametrize(
    ("name", "inner", "around"),
    in_pairs(
        {
            name: name
            for name in WRAPPERS
            # New rows of a label are drawn with other random numbers.
            if name not in ("micro", "samples", "resampled", "unknown", "hidden")
        },
        BINARY,
        AROUND_TWO,
    ),
)
def test_one_label_matches_binary_classification(name, inner, around):
    if name == "label shift" and around is OneVsRestClassifier:
        around = clone  # its classes are label sets
    X, Y = made(120, shares=(0.25,))
    binary = clone(WRAPPERS[name]).set_params(estimator=inner)
    if hasattr(binary, "pos_label"):
        binary.pos_label = 1
    binary.fit(X, Y[:, 0])
    one = clone(WRAPPERS[name]).set_params(estimator=around(inner))
    one.fit(X, pd.DataFrame(Y, columns=["a"]))
    assert_same_numbers(one, binary, X)


@pytest.mark.parametrize("inner", OF_TWO.values(), ids=OF_TWO)
def test_one_known_label_matches_binary_classification(inner):
    X, Y = made(120, shares=(0.25,))
    one = im.PartialLabelClassifier(inner).fit(X, Y)
    alone = clone(inner).fit(X, Y[:, 0])
    np.testing.assert_array_equal(
        one.predict_proba(X)[:, 0], alone.predict_proba(X)[:, 1]
    )


UNKNOWN = {
    "NaN": np.asarray,
    "pandas": pd.DataFrame,
    "nullable": lambda y: pd.DataFrame(y).mask(y == -1).astype("Int64"),
}


@quiet
@pytest.mark.parametrize(
    ("wrapper", "target", "inner"),
    in_pairs(
        {
            n: wrapper
            for n, wrapper in WRAPPERS.items()
            if hasattr(wrapper, "estimator")
        },
        UNKNOWN,
        {"logistic": LOGISTIC, "forest": OF_TWO["forest"]},
    ),
)
def test_labels_unknown_in_all_rows_have_probability_zero(wrapper, target, inner):
    X, Y = several()
    Y = np.column_stack([Y, np.full(len(Y), np.nan)])
    Y[::3, 0] = -1
    model = clone(wrapper)
    takes = isinstance(model, im.PartialLabelClassifier)
    estimator = inner if takes else im.PartialLabelClassifier(inner)
    model.set_params(estimator=estimator)
    if isinstance(model, (im.ResampledClassifier, im.LabelShiftAdapter)):
        with pytest.raises(ValueError, match=r"unknown labels"):
            model.fit(X, target(Y))
        return
    p = model.fit(X, target(Y)).predict_proba(X)
    np.testing.assert_allclose(p[:, 5], 0, atol=1e-12)
    assert np.isfinite(p).all()


# --- scikit-learn's checks, also for classes that set the tag only for some parameters

CHECKS = [
    check_classifiers_multilabel_representation_invariance,
    check_classifiers_multilabel_output_format_predict,
    check_classifiers_multilabel_output_format_predict_proba,
]
# The checks reject probabilities of exactly 0 and 1.
SMOOTH = RandomForestClassifier(2, min_samples_leaf=20, random_state=0)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("wrapper", WRAPPERS.values(), ids=WRAPPERS)
def test_scikit_learn_multilabel_checks(wrapper, check):
    estimator = clone(wrapper).set_params(estimator=SMOOTH)
    check(type(estimator).__name__, estimator)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "wrapper",
    [
        pytest.param(wrapper, id=name)
        for name, wrapper in WRAPPERS.items()
        # Threshold classifiers do not always predict the most probable value.
        if not isinstance(wrapper, Decides)
    ],
)
def test_scikit_learn_check_of_predictions(wrapper):
    estimator = clone(wrapper).set_params(estimator=SMOOTH)
    check_classifier_multioutput(type(estimator).__name__, estimator)
