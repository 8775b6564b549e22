"""Multilabel targets in the search and in the final classifier of a comparison."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from shared import spread
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import (
    check_classifiers_multilabel_output_format_decision_function,
    check_classifiers_multilabel_output_format_predict,
    check_classifiers_multilabel_output_format_predict_proba,
    check_classifiers_multilabel_representation_invariance,
)

from imbsuite import StrategySearchCV, TunedThresholdClassifier, compare
from imbsuite.folds.stratified import StratifiedFolds
from tests.several_labels import made

LOGISTIC = LogisticRegression()
X, Y = made(240)
NAMES = ["pump", "valve", "leak"]
FRAME = pd.DataFrame(Y, columns=NAMES)
pytestmark = pytest.mark.filterwarnings(
    "ignore:label .* has fewer than:UserWarning",
    "ignore:class .* has fewer than:UserWarning",
)


def fitted_search(strategies=("mlsmote", "smote"), y=FRAME, **params):
    params = {"cv": 3, "random_state": 0} | params
    return StrategySearchCV(LOGISTIC, list(strategies), **params).fit(X, y)


def test_search_predicts_all_labels_and_keeps_their_names():
    search = fitted_search()
    assert search.label_names_ == NAMES
    assert search.predict(X).shape == search.predict_proba(X).shape == Y.shape
    assert search.threshold_.shape == (3,)
    assert isinstance(search.best_estimator_, TunedThresholdClassifier)
    assert search.score(X, Y) == pytest.approx(
        average_precision_score(Y, search.predict_proba(X), average="macro")
    )


@pytest.mark.parametrize(
    ("scoring", "decide"),
    spread(
        {name: name for name in ["f1_macro", "f1_micro", "hamming_loss", "log_loss"]},
        {"decided": "f1_macro", "plain": None},
    ),
)
def test_score_matches_scikit_learn_for_any_scoring_and_decision(scoring, decide):
    search = fitted_search(["class-weight"], scoring=scoring, decide=decide, cv=2)
    strategies = list(search.cv_results_["param_strategy"])
    assert strategies == ["nothing", "class-weight"]
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    if scoring == "f1_macro":
        predicted = search.predict(X)
        assert search.score(X, FRAME) == pytest.approx(
            f1_score(Y, predicted, average="macro")
        )
    assert search.predict_proba(X).shape == Y.shape


@pytest.mark.parametrize(
    ("decide", "share"),
    spread(
        {"decided": "balanced_accuracy", "plain": None}, {"rare": 0.2, "usual": 0.7}
    ),
)
def test_one_label_column_matches_a_binary_target(decide, share):
    y = made(240, shares=(share,))[1]
    options = {"decide": decide, "rule": "best_mean"}
    two = fitted_search(["class-weight", "smote"], y[:, 0], pos_label=1, **options)
    one = fitted_search(["class-weight", "smote"], sp.csr_array(y), **options)
    assert (one.best_strategy_, one.predict(X).shape) == (two.best_strategy_, y.shape)
    for key in ("mean_test_score", "std_test_score"):
        np.testing.assert_allclose(
            one.cv_results_[key], two.cv_results_[key], atol=1e-6
        )


@pytest.mark.parametrize("container", [np.array, sp.csr_array, pd.DataFrame])
def test_predictions_keep_the_dtype_of_the_labels(container):
    labels = container(Y.astype(bool))
    search = fitted_search(["nothing"], labels)
    assert search.predict(X).dtype == bool
    assert search.label_names_ == [0, 1, 2]


def test_prediction_methods_are_those_of_the_chosen_classifier():
    named = StrategySearchCV({"one": LOGISTIC}, ["random-over"], cv=3, random_state=0)
    for labels in (FRAME, Y[:, 0]):
        named.fit(X, labels)
        chosen = named.best_estimator_
        np.testing.assert_array_equal(named.predict_proba(X), chosen.predict_proba(X))
        # A threshold classifier has none, even if its model does.
        assert not hasattr(named, "decision_function")
    np.testing.assert_array_equal(
        named.predict_log_proba(X), np.log(named.predict_proba(X))
    )
    plain = clone(named).set_params(decide=None, strategies=["nothing"]).fit(X, Y[:, 0])
    assert plain.decision_function(X).shape == (len(X),)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "check",
    [
        check_classifiers_multilabel_representation_invariance,
        check_classifiers_multilabel_output_format_predict,
        check_classifiers_multilabel_output_format_predict_proba,
        check_classifiers_multilabel_output_format_decision_function,
    ],
    ids=lambda check: check.__name__,
)
@pytest.mark.parametrize("decide", ["balanced_accuracy", None])
def test_scikit_learn_multilabel_checks_pass(check, decide):
    search = StrategySearchCV(
        LOGISTIC, ["random-over"], cv=2, decide=decide, random_state=0
    )
    assert get_tags(search).classifier_tags.multi_label
    check("StrategySearchCV", search)


def test_costs_and_constraints_apply_to_each_label():
    costs = fitted_search(["nothing"], decide={"fp": 1, "fn": 9}, scoring="f1_macro")
    np.testing.assert_allclose(costs.threshold_, 0.1)
    safe = fitted_search(["nothing"], decide={"recall": 0.8}, scoring="f1_macro")
    assert sorted(safe.best_estimator_.reached_) == sorted(NAMES)


def test_options_that_are_not_for_multilabel_raise():
    with pytest.raises(ValueError, match=r"'pos_label' .* must be 1 or None"):
        fitted_search(pos_label=0)
    with pytest.raises(ValueError, match="PartialLabelClassifier"):
        fitted_search(y=FRAME.mask(FRAME == 1))
    with pytest.raises(ValueError, match="'unlabeled'"):
        fitted_search(unlabeled=-1)


def test_search_can_be_refitted_to_a_binary_target():
    search = fitted_search(["nothing"])
    search.fit(X, Y[:, 0])
    assert not hasattr(search, "label_names_")
    assert search.predict(X).shape == (len(X),)


METRICS = ["average_precision", "f1_macro", "f1_macro_tuned", "log_loss_corrected"]


@pytest.fixture(scope="module")
def comparison():
    return compare(
        X,
        FRAME,
        estimator=LOGISTIC,
        strategies=["class-weight", "mlsmote", "smote"],
        cv=StratifiedFolds(2, 1),
        scoring=METRICS,
    )


@pytest.mark.parametrize("metric", METRICS)
def test_fit_best_returns_a_multilabel_classifier(comparison, metric):
    fitted = comparison.fit_best(X, FRAME, metric)
    assert fitted.label_names_ == NAMES
    assert fitted.predict(X).shape == fitted.predict_proba(X).shape == Y.shape


@pytest.mark.parametrize(
    "strategy",
    [
        "mlsmote",
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in ("nothing", "class-weight", "smote")
        ),
    ],
)
def test_code_rebuilds_the_classifier_in_another_process(strategy, tmp_path):
    # With a single strategy, it wins by the F1 at its own threshold.
    comparison = compare(
        X,
        FRAME,
        estimator=LOGISTIC,
        strategies=[strategy],
        cv=StratifiedFolds(2, 1),
        scoring=["f1_macro"],
    )
    code = comparison.code("f1_macro")
    fitted = clone(comparison.estimator("f1_macro")).fit(X, FRAME)
    np.save(tmp_path / "X.npy", X)
    FRAME.to_csv(tmp_path / "y.csv", index=False)
    name = code.rsplit(".fit(", maxsplit=1)[0].rsplit("\n", maxsplit=1)[-1]
    script = (
        f"import numpy, pandas\nX = numpy.load({str(tmp_path / 'X.npy')!r})\n"
        f"y = pandas.read_csv({str(tmp_path / 'y.csv')!r})\n{code}\n"
        f"numpy.save({str(tmp_path / 'p.npy')!r}, {name}.predict_proba(X))\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
    np.testing.assert_allclose(np.load(tmp_path / "p.npy"), fitted.predict_proba(X))
