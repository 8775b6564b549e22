"""Pseudo-labels: training rows, equivalences, and how missing labels are read."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from shared import Given
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import imbsuite as im

LINEAR = LogisticRegression(tol=1e-10, max_iter=1000)


class Records(Given):
    """Its probabilities are the columns of X; it remembers what it was fitted on."""

    def fit(self, X, y, sample_weight=None, tag=None):
        self.X_, self.y_, self.weight_, self.tag_ = np.asarray(X), y, sample_weight, tag
        return super().fit(X, y)

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


P = np.array([[0.5, 0.5], [0.9, 0.1], [1.0, 0.0], [0.3, 0.7], [0.6, 0.4], [0.8, 0.2]])
Y = np.array([0, -1, -1, 1, 0, 0])


def mixed(seed=0, n=240, known_share=0.4):
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < 0.2).astype(int)
    X = rng.normal(size=(n, 2)) + 1.5 * y[:, np.newaxis]
    return X, np.where(rng.random(n) < known_share, y, -1), y


# Training rows


def test_soft_labels_by_hand():
    model = im.PseudoLabelClassifier(Records(), weight=0.5).fit(P, Y)
    fitted = model.estimator_
    # The labeled rows come first, then each other row once for each possible class.
    assert_array_equal(fitted.X_, P[[0, 3, 4, 5, 1, 1, 2]])
    assert_array_equal(fitted.y_, [0, 1, 0, 0, 0, 1, 0])
    assert_allclose(fitted.weight_, [1, 1, 1, 1, 0.45, 0.05, 0.5])
    assert_array_equal(model.transduction_, [0, 0, 0, 1, 0, 0])
    assert model.effective_prior_ == pytest.approx({0: 3.95 / 5, 1: 1.05 / 5})


def test_adjusted_hard_labels_by_hand():
    # 0.1 / 0.25 does not exceed 0.9 / 0.75, but in the new row 0.3 / 0.25 > 0.7 / 0.75.
    X = np.vstack([P, [0.7, 0.3]])
    y = np.append(Y, -1)
    model = im.PseudoLabelClassifier(Records(), labels="hard", adjust=1.0).fit(X, y)
    assert_array_equal(model.transduction_, [0, 0, 0, 1, 0, 0, 1])
    assert_array_equal(model.estimator_.y_, [0, 1, 0, 0, 0, 0, 1])
    assert model.estimator_.weight_ is None
    soft = im.PseudoLabelClassifier(Records(), adjust=1.0).fit(X, y)
    pair = np.array([0.7 / 0.75, 0.3 / 0.25])
    assert_allclose(soft.estimator_.weight_[-2:], pair / pair.sum())
    plain = im.PseudoLabelClassifier(Records(), labels="hard").fit(X, y)
    assert plain.transduction_[-1] == 0


def test_large_adjust_picks_the_rarest_possible_class():
    model = im.PseudoLabelClassifier(Records(), adjust=1e4).fit(P, Y)
    assert_array_equal(model.transduction_, [0, 1, 0, 1, 0, 0])
    assert model.estimator_.weight_ is None  # each p' is 0 or 1


def test_sample_weight_is_multiplied_and_fit_params_are_indexed():
    weight, tag = np.arange(6) + 2.0, list("abcdef")
    model = im.PseudoLabelClassifier(Records(), weight=0.5)
    fitted = model.fit(P, Y, sample_weight=weight, tag=tag).estimator_
    assert_allclose(fitted.weight_, [2, 5, 6, 7, 3 * 0.45, 3 * 0.05, 4 * 0.5])
    assert list(fitted.tag_) == list("adefbbc")
    assert model.effective_prior_[1] == pytest.approx(5.15 / 23.5)


def test_rounds_continue_from_the_last_model():
    X, y, _ = mixed()
    model = im.PseudoLabelClassifier(LINEAR, labels="hard", n_rounds=2).fit(X, y)
    once = im.PseudoLabelClassifier(LINEAR, labels="hard").fit(X, y)
    second = np.where(y == -1, once.predict(X), y)
    assert_array_equal(model.transduction_, second)
    direct = clone(LINEAR).fit(X, second)
    assert_allclose(model.predict_proba(X), direct.predict_proba(X), rtol=1e-5)


# Equivalences


@pytest.mark.parametrize("labels", ["soft", "hard"])
@pytest.mark.parametrize("weight", [0.0, 1.0, 0.3])
def test_without_unlabeled_rows_equals_the_estimator(labels, weight):
    X, _, y = mixed()
    own = np.random.default_rng(1).uniform(0.5, 2, len(y))
    model = im.PseudoLabelClassifier(LINEAR, labels=labels, weight=weight)
    for sample_weight in (None, own):
        direct = clone(LINEAR).fit(X, y, sample_weight=sample_weight)
        fitted = model.fit(X, y, sample_weight=sample_weight)
        assert_array_equal(fitted.estimator_.coef_, direct.coef_)
        assert_array_equal(fitted.transduction_, y)


@pytest.mark.parametrize("labels", ["soft", "hard"])
def test_weight_zero_equals_fitting_the_labeled_rows(labels):
    X, y, _ = mixed()
    model = im.PseudoLabelClassifier(LINEAR, labels=labels, weight=0.0).fit(X, y)
    direct = clone(LINEAR).fit(X[y >= 0], y[y >= 0])
    assert_array_equal(model.estimator_.coef_, direct.coef_)
    assert_array_equal(model.transduction_, np.where(y < 0, direct.predict(X), y))


def test_soft_labels_are_a_fixed_point_without_a_penalty():
    X, y, _ = mixed()
    free = clone(LINEAR).set_params(C=np.inf)
    model = im.PseudoLabelClassifier(free, n_rounds=3).fit(X, y)
    direct = clone(free).fit(X[y >= 0], y[y >= 0])
    assert_allclose(model.estimator_.coef_, direct.coef_, rtol=1e-4)


@pytest.mark.parametrize("labels", ["soft", "hard"])
def test_weights_match_repeated_rows_in_any_order(labels):
    X, y, _ = mixed()
    model = im.PseudoLabelClassifier(LINEAR, labels=labels, weight=0.7, adjust=0.5)
    weight = np.random.default_rng(1).integers(0, 3, len(y))
    rows = np.random.default_rng(2).permutation(np.repeat(np.arange(len(y)), weight))
    p = model.fit(X, y, sample_weight=weight).predict_proba(X)
    prior = model.effective_prior_
    assert_allclose(model.fit(X[rows], y[rows]).predict_proba(X), p, rtol=1e-5)
    assert model.effective_prior_ == pytest.approx(prior)


def test_hard_labels_increase_log_loss_and_soft_labels_do_not():
    losses = []
    for seed in range(8):
        X, y = make_classification(
            2400, 10, n_informative=5, weights=[0.93], flip_y=0.02, random_state=seed
        )
        rng = np.random.default_rng(seed)
        y_known = np.full(len(y), -1)
        for label, n in ((0, 380), (1, 20)):
            rows = rng.choice(np.flatnonzero(y[:1400] == label), n, replace=False)
            y_known[rows] = label
        inner = LogisticRegression(max_iter=1000)
        base = clone(inner).fit(X[y_known >= 0], y_known[y_known >= 0])
        models = [
            im.PseudoLabelClassifier(inner, labels=labels).fit(X[:1400], y_known[:1400])
            for labels in ("soft", "hard")
        ]
        losses.append(
            [log_loss(y[1400:], m.predict_proba(X[1400:])) for m in [base, *models]]
        )
    base, soft, hard = np.array(losses).T
    error = (soft - base).std(ddof=1) / np.sqrt(len(base))
    assert (soft - base).mean() < max(error, 0.002)
    assert (hard - base).mean() > 0.01


# How labels are read


@pytest.mark.parametrize("kind", [np.array, list, pd.Series, pl.Series])
@pytest.mark.parametrize("mark", [None, -1])
def test_string_labels_with_missing_values(kind, mark):
    X, y, _ = mixed()
    names = [mark if label < 0 else ["common", "rare"][label] for label in y]
    if kind is pl.Series and mark == -1:
        pytest.skip("a column of polars has one type")
    labels = np.array(names, dtype=object) if kind is np.array else kind(names)
    model = im.PseudoLabelClassifier(LINEAR).fit(X, labels)
    expected = im.PseudoLabelClassifier(LINEAR).fit(X, y)
    assert model.classes_.tolist() == ["common", "rare"]
    assert_allclose(model.predict_proba(X), expected.predict_proba(X))
    assert set(model.transduction_) == {"common", "rare"}


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (lambda y: np.where(y < 0, np.nan, y), "f"),
        (lambda y: pd.Series(y).where(y >= 0).astype("Int64"), "i"),
        (lambda y: pd.Series(y).where(y >= 0).astype("int8[pyarrow]"), "i"),
        (lambda y: pl.Series(y).replace(-1, None), "i"),
        (lambda y: [None if label < 0 else label for label in y.tolist()], "i"),
        (lambda y: pd.Series(y, dtype=object).where(y >= 0, None), "i"),
        (lambda y: y.astype(np.float32)[:, np.newaxis], "f"),
        (lambda y: pd.Series(y > 0).where(y >= 0).astype("boolean"), "b"),
    ],
)
@pytest.mark.filterwarnings("ignore:A column-vector y was passed")
def test_numeric_labels_with_missing_values_keep_their_dtype(labels, kind):
    X, y, _ = mixed()
    model = im.PseudoLabelClassifier(LINEAR).fit(X, labels(y))
    assert model.classes_.dtype.kind == model.transduction_.dtype.kind == kind
    assert model.classes_.tolist() == [0, 1]
    assert_array_equal(model.predict(X), model.fit(X, y).predict(X))


def test_boolean_labels_and_custom_unlabeled_marker():
    X, y, _ = mixed()
    expected = im.PseudoLabelClassifier(LINEAR).fit(X, y).predict_proba(X)
    flags = [None if label < 0 else bool(label) for label in y]
    model = im.PseudoLabelClassifier(LINEAR).fit(X, flags)
    assert model.classes_.tolist() == [False, True]
    assert_array_equal(model.predict_proba(X), expected)
    marked = np.array(["?", "no", "yes"])[y + 1]
    model = im.PseudoLabelClassifier(LINEAR, unlabeled="?").fit(X, marked)
    assert_array_equal(model.predict_proba(X), expected)
    with_zero = im.PseudoLabelClassifier(LINEAR, unlabeled=0).fit(X, y + 1)
    assert with_zero.classes_.tolist() == [1, 2]
    as_class = im.PseudoLabelClassifier(LINEAR, unlabeled=None).fit(X, y)
    assert as_class.classes_.tolist() == [-1, 0, 1]


def test_unlabeled_marker_of_another_type_raises():
    X, y, _ = mixed()
    for labels, mark, kind in ((y, "-1", "number"), (y.astype(str), -1, "text")):
        with pytest.raises(
            ValueError, match=f"y holds the {kind} '?-1'?, which may be"
        ):
            im.PseudoLabelClassifier(LINEAR, unlabeled=mark).fit(X, labels)
    with pytest.raises(TypeError, match=r"must be a label or None. Got \[-1\] instead"):
        im.PseudoLabelClassifier(LINEAR, unlabeled=[-1]).fit(X, y)


def test_category_order_reaches_the_estimator():
    X, y, _ = mixed()
    order = ["low", "middle", "high", "?"]
    names = np.where(y < 0, "?", np.where(X[:, 0] > 1, "high", "low"))
    names = names.astype(object)
    names[(y >= 0) & (np.abs(X[:, 1]) < 0.5)] = "middle"
    labels = pd.Series(pd.Categorical(names, order, ordered=True))
    inner = im.ProportionalOddsClassifier()
    model = im.PseudoLabelClassifier(inner, unlabeled="?").fit(X, labels)
    assert list(model.estimator_.categories_) == order[:3]


@pytest.mark.parametrize(
    ("y", "unlabeled", "error"),
    [
        (
            [-1, 1, -1, 1],
            -1,
            "and 2 rows with the label -1 were read as unlabeled. Pass unlabeled=None",
        ),
        ([-1, -1, -1, -1], -1, r"Got the classes \[\].* 4 rows with the label -1"),
        ([None, "a", "a", "a"], -1, r"Got the classes \['a'\]; 1 rows have a missing"),
        (["a", "a", "a", "a"], -1, "y has only one class, 'a'"),
        (["a", "b", "-1", "a"], -1, "y holds the text '-1', which may be a label"),
        ([0.5, 1.0, 2.0, -1.0], -1, "y holds fractions"),
        ([0, 1, 1], -1, "inconsistent numbers of samples"),
    ],
)
def test_invalid_labels_raise(y, unlabeled, error):
    X = np.arange(8.0).reshape(4, 2)
    with pytest.raises(ValueError, match=error):
        im.PseudoLabelClassifier(LINEAR, unlabeled=unlabeled).fit(X, y)


# Estimators


def test_estimators_without_sample_weight():
    X, y, _ = mixed()
    hard = im.PseudoLabelClassifier(KNeighborsClassifier(), labels="hard").fit(X, y)
    direct = KNeighborsClassifier().fit(X, hard.transduction_)
    assert_array_equal(hard.predict_proba(X), direct.predict_proba(X))
    for options in ({}, {"labels": "hard", "weight": 0.5}):
        model = im.PseudoLabelClassifier(KNeighborsClassifier(), **options)
        with pytest.raises(ValueError, match=r"KNeighborsClassifier.fit does not take"):
            model.fit(X, y)
    # Without unlabeled rows, nothing needs weights.
    model.fit(X[y >= 0], y[y >= 0])
    fitted = FrozenEstimator(clone(LINEAR).fit(X, y))
    with pytest.raises(ValueError, match="Got a FrozenEstimator"):
        im.PseudoLabelClassifier(fitted).fit(X, y)


def test_bootstrap_counts_repeat_rows_without_sample_weight_support():
    X, y, _ = mixed()
    counts = np.random.default_rng(5).multinomial(len(y), np.full(len(y), 1 / len(y)))
    rows = np.repeat(np.arange(len(y)), counts)
    model = im.PseudoLabelClassifier(KNeighborsClassifier(), labels="hard")
    counted = model.fit(X, y, sample_weight=counts).predict_proba(X)
    assert_array_equal(counted, model.fit(X[rows], y[rows]).predict_proba(X))


def test_tables_and_pipelines():
    X, y, _ = mixed()
    frame = pd.DataFrame(X, columns=["a", "b"], index=np.arange(len(y))[::-1])
    pipeline = make_pipeline(StandardScaler(), LINEAR)
    model = im.PseudoLabelClassifier(pipeline).fit(frame, pd.Series(y, frame.index))
    assert model.feature_names_in_.tolist() == ["a", "b"]
    plain = im.PseudoLabelClassifier(pipeline).fit(X, y)
    assert_allclose(model.predict_proba(frame), plain.predict_proba(X))
    resampled = im.ResampledClassifier(im.RandomOverSampler(random_state=0), LINEAR)
    model = im.PseudoLabelClassifier(resampled).fit(X, y)
    assert model.estimator_.effective_prior_[1] > model.effective_prior_[1]


def test_pickle_drops_transduction():
    X, y, _ = mixed()
    model = im.PseudoLabelClassifier(LINEAR).fit(X, y)
    loaded = pickle.loads(pickle.dumps(model))  # noqa: S301 - made here
    assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    with pytest.raises(AttributeError, match="transduction_ of this PseudoLabel"):
        _ = loaded.transduction_


def test_positive_class_is_chosen_from_labeled_rows():
    X, y, _ = mixed(known_share=0.5)
    inner = im.TunedThresholdClassifier(LINEAR, scoring="f1", random_state=0)
    model = im.PseudoLabelClassifier(inner).fit(X, y)
    assert model.estimator_.pos_label_ == 1
