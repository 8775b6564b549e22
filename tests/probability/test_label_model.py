"""Label probabilities from every kind of multilabel estimator."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from several_labels import ESTIMATORS, GivenLabels, made
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import MultiOutputClassifier

from imbsuite._fit_inputs import FitInputs
from imbsuite.probability.label_folds import labels_out_of_fold, strata_of
from imbsuite.probability.label_model import (
    fit_labels,
    label_probability,
    refuse_single_label,
)


def positive(raw):
    """Return P(label), computed as scikit-learn documents the output."""
    if isinstance(raw, list):
        return np.column_stack([one[:, 1] for one in raw])
    return raw


@pytest.mark.parametrize("estimator", ESTIMATORS.values(), ids=ESTIMATORS)
def test_every_output_format_gives_label_probabilities(estimator):
    X, Y = made()
    p = fit_labels(estimator, FitInputs(X, Y)).probability(X)
    expected = positive(clone(estimator).fit(X, Y).predict_proba(X))
    np.testing.assert_array_equal(p, expected)


@pytest.mark.parametrize("estimator", ESTIMATORS.values(), ids=ESTIMATORS)
def test_constant_labels_are_not_fitted(estimator):
    X, Y = made()
    with_constants = np.insert(Y, [0, 2], [1, 0], axis=1)
    model = fit_labels(estimator, FitInputs(X, with_constants))
    p = model.probability(X)
    assert (p[:, 0] == 1).all()
    assert (p[:, 3] == 0).all()
    alone = fit_labels(estimator, FitInputs(X, Y)).probability(X)
    np.testing.assert_array_equal(p[:, [1, 2, 4]], alone)


@pytest.mark.parametrize("estimator", ESTIMATORS.values(), ids=ESTIMATORS)
def test_single_label_is_fitted(estimator):
    X, Y = made(shares=(0.3,))
    p = fit_labels(estimator, FitInputs(X, Y)).probability(X)
    assert p.shape == Y.shape
    assert p[Y == 1].mean() > p[Y == 0].mean()


def test_only_constant_labels_use_a_dummy_classifier():
    X, Y = made()
    model = fit_labels(ESTIMATORS["each"], FitInputs(X, Y * 0))
    assert isinstance(model.estimator, DummyClassifier)
    assert not model.probability(X).any()


def test_positive_column_is_looked_up_in_classes():
    class Listed(GivenLabels):
        def predict_proba(self, X):
            n = len(X)
            return [np.full((n, 1), 1.0), np.tile([0.2, 0.8], (n, 1))]

    model = Listed()
    model.classes_ = [np.array([0]), np.array([1, 0])]
    p = label_probability(model, np.zeros((3, 1)), 2)
    np.testing.assert_array_equal(p, np.tile([0.0, 0.2], (3, 1)))


def test_sparse_probabilities_are_accepted():
    class Sparse(GivenLabels):
        def predict_proba(self, X):
            return sp.csr_array(X)

    p = np.array([[0.0, 0.5], [1.0, 0.0]])
    np.testing.assert_array_equal(label_probability(Sparse(), p, 2), p)


@pytest.mark.parametrize(
    ("p", "match"),
    [
        ([[0.1, 0.2, 0.3]], r"of 2 labels for 1 rows. Got .* \(1, 3\)"),
        ([[0.1, np.nan]], "finite and lie between 0 and 1"),
        ([[0.1, 1.5]], "finite and lie between 0 and 1"),
    ],
)
def test_invalid_label_probabilities_raise(p, match):
    with pytest.raises(ValueError, match=f"GivenLabels.predict_proba.*{match}"):
        label_probability(GivenLabels(), np.array(p), 2)


def test_rows_belong_to_the_stratum_of_their_rarest_label():
    Y = np.array([[1, 0, 0], [1, 1, 0], [1, 1, 1], [0, 0, 0], [1, 0, 0]])
    # Labels of 4, 2 and 1 rows, and no label.
    assert len(set(strata_of(Y).tolist())) == 4
    strata = strata_of(Y)
    assert strata[0] == strata[4]
    # Single-row strata are merged into the largest, that of the first label.
    assert strata_of(Y, 2).tolist() == [0, 0, 0, 0, 0]


def test_small_strata_of_two_labels_are_merged():
    Y = np.array([[1, 0]] * 4 + [[0, 1]] + [[0, 0]] * 2)
    assert strata_of(Y, 2).tolist() == [0] * 5 + [1] * 2
    assert len(set(strata_of(Y).tolist())) == 3


def test_single_label_estimator_is_rejected_for_two_labels():
    with pytest.raises(ValueError, match=r"LogisticRegression: y has 2 columns; pass"):
        refuse_single_label(LogisticRegression(), 2)
    refuse_single_label(LogisticRegression(), 1)
    for estimator in (MultiOutputClassifier(LogisticRegression()), DummyClassifier()):
        refuse_single_label(estimator, 2)


def test_strata_of_one_label_are_its_classes():
    y = np.array([0, 1, 0, 0, 0])
    assert (strata_of(y[:, np.newaxis], 5) == strata_of(y[:, np.newaxis])).all()
    assert len(set(strata_of(y[:, np.newaxis]).tolist())) == 2


def out_of_fold(X, Y, cv, **others):  # noqa: N803
    return labels_out_of_fold(
        lambda part: fit_labels(MultiOutputClassifier(LogisticRegression()), part),
        FitInputs(X, Y, **others),
        cv=cv,
        rng=np.random.default_rng(0),
    )


def test_out_of_fold_predictions_come_from_models_without_the_row():
    X, Y = made()
    splits = [
        (np.arange(100, 300), np.arange(100)),
        (np.arange(100), np.arange(100, 300)),
    ]
    predictions = out_of_fold(X, Y, splits)
    for train, test in splits:
        inner = MultiOutputClassifier(LogisticRegression()).fit(X[train], Y[train])
        rows = np.isin(predictions.rows, test)
        expected = positive(inner.predict_proba(X[predictions.rows[rows]]))
        np.testing.assert_array_equal(predictions.probability[rows], expected)


def test_folds_split_rare_labels_evenly():
    X, Y = made(500, (0.5, 0.02))
    trained_on = []

    def fit(part):
        trained_on.append(part.y.sum(axis=0))
        return fit_labels(MultiOutputClassifier(LogisticRegression()), part)

    labels_out_of_fold(fit, FitInputs(X, Y), cv=5, rng=np.random.default_rng(0))
    assert [n.tolist()[1] for n in trained_on] == [8] * 5


def test_label_of_one_row_still_gets_out_of_fold_predictions():
    X, Y = made()
    Y[:, 2] = np.arange(len(Y)) == 7
    predictions = out_of_fold(X, Y, 5)
    # The model that predicts the row has not seen the label.
    assert predictions.probability[predictions.rows == 7, 2] == 0
    assert sorted(predictions.rows) == list(range(len(Y)))


def test_groups_and_duplicates_stay_in_one_fold():
    X, Y = made(150)
    seen = []

    def fit(part):
        seen.append({tuple(row) for row in part.X})
        return fit_labels(MultiOutputClassifier(LogisticRegression()), part)

    twice = FitInputs(np.vstack([X, X]), np.vstack([Y, Y]))
    predictions = labels_out_of_fold(fit, twice, cv=3, rng=np.random.default_rng(0))
    n_apart = [len(rows) for rows in seen]
    assert (
        sum(n_apart) == 2 * 150
    )  # each distinct row is in two of the three training parts
    assert len(predictions.rows) == 300
    with_groups = FitInputs(X, Y, groups=np.repeat(np.arange(50), 3))
    seen.clear()
    labels_out_of_fold(fit, with_groups, cv=3, rng=np.random.default_rng(0))
    for rows in seen:
        inside = [tuple(row) in rows for row in X]
        assert (np.reshape(inside, (50, 3)).sum(axis=1) % 3 == 0).all()
