"""Influential rows: the formula against exact refits, and the rows that are removed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, logit
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from imbsuite.explore import influential_rows
from tests.shared import load_shared

LINEAR = LogisticRegression(tol=1e-8, max_iter=1000)


def tables(seed, n=500, share=0.1):
    """Return training and validation rows with their labels."""
    rng = np.random.default_rng(seed)
    y = (rng.random(2 * n) < share).astype(int)
    X = rng.normal(size=(2 * n, 4)) + y[:, np.newaxis]
    return X[:n], y[:n], X[n:], y[n:]


def smooth_recall(model, X_val, y_val, label, threshold):
    sign = 1 if model.classes_[1] == label else -1
    z = sign * model.decision_function(X_val[y_val == label])
    return expit(z - logit(threshold)).mean()


def exact_changes(model, data, label, rows, threshold, weight=None):
    """Return the exact change of the smooth recall when each row is removed."""
    X, y, X_val, y_val = data
    weight = np.ones(len(y)) if weight is None else weight
    changes = []
    for row in [None, *rows]:
        kept = np.arange(len(y)) != row
        fitted = clone(model).fit(X[kept], y[kept], sample_weight=weight[kept])
        changes.append(smooth_recall(fitted, X_val, y_val, label, threshold))
    return np.array(changes[1:]) - changes[0]


def some_rows(y, n, seed=0):
    """Return ``n`` rows, half of them of the rare class if it has enough."""
    rare = np.flatnonzero(y == 1)[: n // 2]
    rng = np.random.default_rng(seed)
    common = rng.choice(np.flatnonzero(y == 0), n - len(rare), replace=False)
    return np.concatenate([rare, common])


def test_formula_matches_exact_refits():
    correlations, slopes = [], []
    for seed in range(4):
        data = tables(seed)
        rows = some_rows(data[1], 60, seed)
        result = influential_rows(LINEAR, *data, 1, n_random=1, random_state=0)
        exact = exact_changes(LINEAR, data, 1, rows, result.threshold)
        formula = result.influence[rows]
        correlations.append(np.corrcoef(exact, formula)[0, 1])
        slopes.append(exact @ formula / (formula @ formula))
    assert np.mean(correlations) > 0.95
    assert np.mean(slopes) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(
    ("params", "label"),
    [
        ({"C": 0.1}, 1),
        ({"C": np.inf}, 1),
        ({"fit_intercept": False}, 1),
        ({"solver": "liblinear", "C": 0.05}, 1),
        ({"solver": "liblinear", "C": 0.05, "intercept_scaling": 3.0}, 1),
        ({}, 0),
    ],
)
def test_formula_matches_refits_for_other_params_and_the_other_class(params, label):
    model, data = clone(LINEAR).set_params(**params), tables(3)
    rows = some_rows(data[1], 24)
    result = influential_rows(model, *data, label, n_random=1, random_state=0)
    exact = exact_changes(model, data, label, rows, result.threshold)
    formula = result.influence[rows]
    assert np.corrcoef(exact, formula)[0, 1] > 0.95
    assert exact @ formula / (formula @ formula) == pytest.approx(1, abs=0.1)


def test_class_weights_act_as_row_weights():
    data = tables(4)
    model = clone(LINEAR).set_params(class_weight={0: 1.0, 1: 9.0})
    rows = some_rows(data[1], 24)
    result = influential_rows(model, *data, 1, n_random=1, random_state=0)
    exact = exact_changes(model, data, 1, rows, result.threshold)
    assert np.corrcoef(exact, result.influence[rows])[0, 1] > 0.95
    share = 9 * data[1].sum()
    assert result.threshold == pytest.approx(share / (share + (data[1] == 0).sum()))


def test_recall_matches_refits_at_the_same_threshold():
    X, y, X_val, y_val = data = tables(0)
    result = influential_rows(LINEAR, *data, 1, k=7, n_random=3, random_state=0)
    assert result.threshold == y.mean()

    def recall(kept):
        p = clone(LINEAR).fit(X[kept], y[kept]).predict_proba(X_val)[:, 1]
        return recall_score(y_val, p >= y.mean())

    rows = result.rows["row"].to_numpy()
    assert_array_equal(rows, np.argsort(result.influence)[:7])
    assert_array_equal(result.rows["influence"], result.influence[rows])
    assert_array_equal(result.rows["label"], y[rows])
    p = clone(LINEAR).fit(X, y).predict_proba(X)[:, 1]
    assert_allclose(result.rows["p"], p[rows])
    assert result.recall == recall(np.arange(len(y)))
    assert result.recall_without == recall(np.delete(np.arange(len(y)), rows))
    assert result.recall_without_random.shape == (3,)
    assert result.recall_without < result.recall_without_random.min() < 1


def test_models_without_a_formula_choose_the_least_probable_rows():
    X, y, *_ = data = tables(1)
    three = np.where(X[:, 0] > 1.5, 2, y), np.where(data[2][:, 0] > 1.5, 2, data[3])
    forest = RandomForestClassifier(20, min_samples_leaf=5, random_state=0)
    lasso = LogisticRegression(solver="liblinear", l1_ratio=1.0)
    for model, own, other in [
        (forest, y, data[3]),
        (LINEAR, *three),
        (lasso, y, data[3]),
    ]:
        if model is lasso and lasso.penalty != "deprecated":
            continue  # before scikit-learn 1.8, l1_ratio alone changes nothing
        result = influential_rows(model, X, own, data[2], other, 1, k=5, n_random=2)
        assert result.influence is None
        p = clone(model).fit(X, own).predict_proba(X)[:, 1]
        members = np.flatnonzero(own == 1)
        expected = members[np.argsort(p[members], kind="stable")[:5]]
        assert_array_equal(result.rows["row"], expected)
        assert result.rows["influence"].isna().all()


def test_pipeline_matches_its_last_step_on_transformed_data():
    X, y, X_val, y_val = tables(2)
    scaler = StandardScaler().fit(X)
    direct = influential_rows(
        LINEAR, scaler.transform(X), y, scaler.transform(X_val), y_val, 1, n_random=1
    )
    frame, other = (pd.DataFrame(x, columns=list("abcd")) for x in (X, X_val))
    pipeline = make_pipeline(StandardScaler(), LINEAR)
    result = influential_rows(pipeline, frame, y, other, y_val, 1, n_random=1)
    assert_allclose(result.influence, direct.influence, rtol=1e-6)


def test_other_containers_and_label_types_match_arrays():
    X, y, X_val, y_val = tables(2)
    expected = influential_rows(LINEAR, X, y, X_val, y_val, 1, n_random=1)
    names = np.array(["no", "yes"])
    for train, validation in [
        (sp.csr_array(X), sp.csr_array(X_val)),
        (X.tolist(), X_val.tolist()),
    ]:
        result = influential_rows(
            LINEAR,
            train,
            names[y].tolist(),
            validation,
            names[y_val],
            "yes",
            n_random=1,
        )
        assert_allclose(result.influence, expected.influence, rtol=1e-5, atol=1e-9)


def test_collinear_columns_do_not_change_influence():
    X, y, X_val, y_val = tables(2)
    free = clone(LINEAR).set_params(C=np.inf)
    expected = influential_rows(free, X, y, X_val, y_val, 1, n_random=1)
    both = influential_rows(
        free, np.hstack([X, X[:, :1]]), y, np.hstack([X_val, X_val[:, :1]]), y_val, 1
    )
    assert_allclose(both.influence, expected.influence, rtol=1e-2, atol=1e-5)


def test_row_order_does_not_matter():
    X, y, X_val, y_val = tables(1)
    order = np.random.default_rng(0).permutation(len(y))
    result, other = (
        influential_rows(LINEAR, X[rows], y[rows], X_val, y_val, 1, k=5, n_random=1)
        for rows in (np.arange(len(y)), order)
    )
    assert_allclose(other.influence, result.influence[order], rtol=1e-5, atol=1e-9)
    assert_array_equal(order[other.rows["row"]], result.rows["row"])
    assert other.recall == pytest.approx(result.recall)
    assert other.recall_without == pytest.approx(result.recall_without)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"X_val": np.zeros((500, 3))}, "X has 3 features, but LogisticRegression"),
        ({"label": 2}, "'label' parameter of influential_rows must be one of"),
        ({"k": 0}, "The 'k' parameter of influential_rows must be an int"),
        ({"k": 60}, "The 'k' parameter of influential_rows must be less than"),
        ({"n_random": 0}, "The 'n_random' parameter of influential_rows"),
        ({"y_val": np.zeros(500, dtype=int)}, r"y_val must have rows of the class 1"),
        ({"y": [0, 1]}, "inconsistent numbers of samples"),
        ({"model": StandardScaler()}, "The 'model' parameter of influential_rows"),
        ({"model": FrozenEstimator(LINEAR)}, "Got a FrozenEstimator"),
    ],
)
def test_invalid_arguments_raise(changed, error):
    X, y, X_val, y_val = tables(0)
    names = ["model", "X", "y", "X_val", "y_val", "label"]
    call = dict(zip(names, [LINEAR, X, y, X_val, y_val, 1], strict=True)) | changed
    with pytest.raises(ValueError, match=error):
        influential_rows(**call)


def test_removing_five_wines_lowers_recall_more_than_random_rows():
    X, y, *_ = load_shared("wine_white")
    rare = (y.astype(str) == y.astype(str).value_counts().index[-3]).to_numpy()
    rows = np.random.default_rng(0).permutation(len(y))
    train, validation = rows[:2000], rows[2000:]
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
    result = influential_rows(
        model,
        X.iloc[train],
        rare[train],
        X.iloc[validation],
        rare[validation],
        label=True,
        k=5,
        random_state=0,
    )
    assert result.recall_without < result.recall
    assert result.recall_without < result.recall_without_random.mean()
