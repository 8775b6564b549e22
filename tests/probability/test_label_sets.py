"""Label shift with several labels: each set of labels is a class."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from several_labels import made
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from imbsuite import LabelShiftAdapter, PriorCorrectedClassifier
from imbsuite.probability.label_sets import LabelSets

LOGISTIC = LogisticRegression()


def test_rare_label_sets_are_pooled_except_the_empty_set():
    sets = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    Y = np.repeat(sets, [3, 30, 4, 6], axis=0)
    label_sets = LabelSets.find(Y)
    assert np.bincount(label_sets.codes).tolist() == [3, 30, 10]
    # Of ten pooled rows, all have the first label, and six the second.
    np.testing.assert_allclose(label_sets.members, [[0, 0], [0, 1], [1, 0.6]])
    np.testing.assert_allclose(
        label_sets.members[label_sets.codes].mean(axis=0), Y.mean(axis=0)
    )


def test_zero_weight_rows_do_not_count():
    Y = np.repeat([[0, 1], [1, 0], [1, 1]], 25, axis=0)
    weight = np.ones(75)
    weight[25:40] = 0
    label_sets = LabelSets.find(Y, weight)
    assert label_sets.members.tolist() == [
        [0, 1],
        [1, 0],
        [1, 1],
    ]  # a single rare set is pooled with itself
    weight[50:60] = 0
    label_sets = LabelSets.find(Y, weight)
    np.testing.assert_allclose(label_sets.members, [[0, 1], [1, 0.6]])


def test_single_label_matches_binary_adapter():
    X, Y = made(400, (0.3,))
    new, _ = made(200, (0.3,), seed=1)
    binary = LabelShiftAdapter(LOGISTIC).fit(X, Y[:, 0]).adapt(new)
    for estimator in (
        LOGISTIC,
        MultiOutputClassifier(LOGISTIC),
        ClassifierChain(LOGISTIC),
    ):
        one = LabelShiftAdapter(estimator).fit(X, sp.csr_array(Y)).adapt(new)
        np.testing.assert_array_equal(
            one.predict_proba(new)[:, 0], binary.predict_proba(new)[:, 1]
        )
        np.testing.assert_array_equal(one.predict(new)[:, 0], binary.predict(new))
        assert one.target_prior_.tolist() == [binary.target_prior_[1]]
        assert one.source_prior_.tolist() == [binary.source_prior_[1]]
        assert one.n_iter_ == binary.n_iter_


def draw_label_sets(rng, n, shares):
    """Return Gaussian rows of four sets of two labels; one mean depends on both."""
    Y = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])[rng.choice(4, n, p=shares)]
    mean = np.column_stack([2 * Y[:, 0], 2 * Y[:, 1] - 1.5 * Y[:, 0]])
    return mean + rng.normal(size=(n, 2)), Y


def test_shifted_shares_of_correlated_labels_are_estimated():
    rng = np.random.default_rng(0)
    X, Y = draw_label_sets(rng, 4000, [0.6, 0.2, 0.15, 0.05])
    new, truth = draw_label_sets(rng, 4000, [0.3, 0.2, 0.1, 0.4])
    model = LabelShiftAdapter(MultiOutputClassifier(LOGISTIC))
    model.fit(X, pd.DataFrame(Y, columns=["a", "b"]))
    np.testing.assert_allclose(model.source_prior_, Y.mean(axis=0))
    np.testing.assert_allclose(model.target_prior_, Y.mean(axis=0))
    before = model.predict_proba(new)
    model.adapt(new)
    np.testing.assert_allclose(model.target_prior_, truth.mean(axis=0), atol=0.04)
    after = model.predict_proba(new)
    np.testing.assert_allclose(after.mean(axis=0), model.target_prior_, atol=1e-3)
    error = [((p - truth) ** 2).mean() for p in (before, after)]
    assert error[1] < error[0]
    assert model.label_names_ == ["a", "b"]
    by_label = [
        LabelShiftAdapter(LOGISTIC).fit(X, Y[:, j]).adapt(new).target_prior_[1]
        for j in range(2)
    ]
    ours = np.abs(model.target_prior_ - truth.mean(axis=0)).max()
    assert np.abs(by_label - truth.mean(axis=0)).max() > 2 * ours


def test_adapter_accepts_weights_forests_and_constant_labels():
    X, Y = made(400)
    Y = np.column_stack([Y, np.zeros(400, int)])
    model = LabelShiftAdapter(LOGISTIC).fit(X, Y, sample_weight=np.ones(400))
    plain = LabelShiftAdapter(LOGISTIC).fit(X, Y)
    np.testing.assert_array_equal(model.predict_proba(X), plain.predict_proba(X))
    forest = RandomForestClassifier(10, random_state=0)
    assert LabelShiftAdapter(forest).fit(X, Y).predict(X).shape == Y.shape
    assert not plain.predict(X)[:, 3].any()
    assert plain.predict(X).dtype == Y.dtype


def test_identical_labels_in_all_rows_raise():
    X, Y = made()
    with pytest.raises(ValueError, match="same labels in all 300 rows"):
        LabelShiftAdapter(LOGISTIC).fit(X, Y * 0)


def test_frozen_multilabel_estimator_is_rejected():
    X, Y = made()
    inner = FrozenEstimator(MultiOutputClassifier(LOGISTIC).fit(X, Y))
    with pytest.raises(ValueError, match="Pass an unfitted classifier"):
        LabelShiftAdapter(inner).fit(X, Y)


def test_multioutput_wrapper_inside_a_pipeline_is_unwrapped():
    X, Y = made(400)
    new, _ = made(200, seed=1)
    plain = LabelShiftAdapter(make_pipeline(StandardScaler(), LOGISTIC)).fit(X, Y)
    for inner in (MultiOutputClassifier(LOGISTIC), ClassifierChain(LOGISTIC)):
        steps = make_pipeline(StandardScaler(), make_pipeline(inner))
        model = LabelShiftAdapter(steps).fit(X, Y).adapt(new)
        assert steps[-1][-1] is inner
        np.testing.assert_array_equal(
            model.target_prior_, plain.adapt(new).target_prior_
        )


def test_multilabel_only_estimator_is_rejected():
    X, Y = made()
    inner = PriorCorrectedClassifier(MultiOutputClassifier(LOGISTIC))
    with pytest.raises(
        ValueError, match=r"pass only its estimator: LogisticRegression\(\)"
    ):
        LabelShiftAdapter(inner).fit(X, Y)
