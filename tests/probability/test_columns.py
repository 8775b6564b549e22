"""Validation of predicted probabilities: what is rejected and what is accepted."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from shared import Given
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from imbsuite import (
    ConstrainedThresholdClassifier,
    CooldownClassifier,
    CostThresholdClassifier,
    LabelShiftAdapter,
    PriorCorrectedClassifier,
    PriorThresholdClassifier,
    RandomOverSampler,
    ResampledClassifier,
    SubclassClassifier,
    TunedThresholdClassifier,
)
from imbsuite.explore import ReliabilityDisplay, ThresholdDisplay, compare
from imbsuite.ordinal import ranked_probability_score
from imbsuite.probability.columns import (
    check_probability,
    codes_of,
    in_columns,
    probability_of,
)


class Spoiled(ClassifierMixin, BaseEstimator):
    """Logistic regression that returns ``row`` where the first feature is 100 or more.

    ``form`` converts the probabilities before they are returned; ``order`` permutes the
    sorted classes.
    """

    def __init__(self, row=None, form=None, order=None):
        self.row = row
        self.form = form
        self.order = order

    def fit(self, X, y):
        self.model_ = LogisticRegression().fit(np.asarray(X) % 100, y)
        known = self.model_.classes_
        self.classes_ = known if self.order is None else known[self.order]
        return self

    def predict_proba(self, X):
        X = np.asarray(X)
        proba = self.model_.predict_proba(X % 100)
        if self.row is not None:
            proba[X[:, 0] >= 100] = self.row
        proba = proba if self.order is None else proba[:, self.order]
        return proba if self.form is None else self.form(proba)

    def predict(self, X):
        return self.classes_[np.asarray(self.predict_proba(X)).argmax(axis=1)]


BAD = {
    "missing": [np.nan, 0.5],
    "all missing": [np.nan, np.nan],
    "infinite": [np.inf, 0.5],
    "minus infinity": [0.5, -np.inf],
    "negative": [-2e-6, 1.0],
    "above 1": [0.0, 1 + 2e-6],
    "all zero": [0.0, 0.0],
    "no sum of 1": [0.3, 0.6],
}
WRAPPERS = {
    "prior": PriorThresholdClassifier,
    "cost": CostThresholdClassifier,
    "tuned": lambda inner: TunedThresholdClassifier(inner, cv=3, random_state=0),
    "constrained": lambda inner: ConstrainedThresholdClassifier(
        inner, cv=3, random_state=0
    ),
    "certain": lambda inner: ConstrainedThresholdClassifier(
        inner, subject_to={"recall": 0.5}, confidence=0.8, random_state=0
    ),
    "corrected": lambda inner: PriorCorrectedClassifier(inner, cv=3, random_state=0),
    "shift": LabelShiftAdapter,
    "resampled": lambda inner: ResampledClassifier(
        RandomOverSampler(random_state=0),
        inner,
        correction="offset",
        cv=3,
        random_state=0,
    ),
}


class AsItIs(Given):
    """Returns X itself as its probabilities."""

    def predict_proba(self, X):
        return X


def table(n=120):
    rng = np.random.default_rng(0)
    X = rng.uniform(1, 5, size=(n, 2))
    return X, (X[:, 0] + rng.normal(size=n) > 3.5).astype(int)


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("kind", WRAPPERS)
def test_invalid_probabilities_raise_in_predict(kind, bad):
    X, y = table()
    scaler = StandardScaler(with_mean=False, with_std=False)
    inner = make_pipeline(scaler, Spoiled(BAD[bad]))
    model = WRAPPERS[kind](inner).fit(X, y)
    new = X[:9].copy()
    new[[4, 7], 0] += 100
    says = r"Spoiled\.predict_proba must .*Got \[.*\] in row 4"
    for ask in (model.predict, model.predict_proba):
        with pytest.raises(ValueError, match=says):
            ask(new)


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("kind", ["tuned", "constrained", "certain", "corrected"])
@pytest.mark.parametrize("is_frozen", [False, True])
def test_invalid_probabilities_raise_in_fit(kind, bad, is_frozen):
    X, y = table()
    inner = Spoiled(BAD[bad])
    inner = FrozenEstimator(inner.fit(X, y)) if is_frozen else inner
    X[70, 0] += 100
    # With a confidence, the held-out part is drawn at random: take nearly all rows.
    cv = 0.9 if kind == "certain" else [(np.arange(60), np.arange(60, 120))]
    model = WRAPPERS[kind](inner).set_params(cv=cv)
    with pytest.raises(
        ValueError, match=r"Spoiled\.predict_proba must .*Got .* in row 70"
    ):
        model.fit(X, y)


@pytest.mark.parametrize("bad", BAD)
def test_invalid_probabilities_raise_in_displays_and_metrics(bad):
    X, y = table()
    model = Spoiled(BAD[bad]).fit(X, y)
    X[3, 0] += 100
    p = model.predict_proba(X)
    for call in (
        lambda: ThresholdDisplay.from_estimator(model, X, y),
        lambda: ReliabilityDisplay.from_estimator(model, X, y),
        lambda: LabelShiftAdapter(FrozenEstimator(model)).fit(X, y).adapt(X),
    ):
        with pytest.raises(
            ValueError, match=r"Spoiled\.predict_proba must .*Got .* in row 3"
        ):
            call()
    for call in (
        lambda: ThresholdDisplay.from_predictions(y, p),
        lambda: ReliabilityDisplay.from_predictions(y, {"p": p}),
        lambda: ranked_probability_score(y, p),
    ):
        with pytest.raises(ValueError, match=r"y_prob.* must .*Got .* in row 3"):
            call()
    plt.close("all")


def test_subclass_classifier_rejects_invalid_probabilities():
    X, y = table()
    inner = Spoiled([np.nan, 0.5, 0.5])
    model = SubclassClassifier(inner, delta=40, random_state=0)
    model.fit(X, y)
    model.estimator_.row = np.full(len(model.estimator_.classes_), np.nan)
    with pytest.raises(
        ValueError, match=r"Spoiled\.predict_proba must .*Got .* in row 0"
    ):
        model.predict(X[:1] + 100)


def test_compare_rejects_invalid_probabilities():
    X, y = table()
    with pytest.raises(
        ValueError, match=r"Spoiled\.predict_proba must .*Got \[0\.0, 0\.0\]"
    ):
        compare(
            X,
            y,
            estimator=Spoiled(form=np.zeros_like),
            scoring=["log_loss"],
            cv=2,
            random_state=0,
        )


# Accepted probabilities


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda p: np.ma.masked_array(p, p < 0.2),
            "must be probabilities .*nan.* in row 0",
        ),
        (lambda p: p + 0.1j, "must be real numbers"),
    ],
)
def test_masked_and_complex_probabilities_are_rejected(spoil, message):
    p = np.array([[0.9, 0.1], [0.4, 0.6]])
    with pytest.raises(ValueError, match=message):
        probability_of(AsItIs().fit(p, [0, 1]), spoil(p))


def test_single_class_probability_must_be_1():
    with pytest.raises(ValueError, match="row 1"):
        check_probability(np.array([[1.0], [0.5]]), (2, 1), whose="p")
    assert check_probability(np.ones((2, 1)), (2, 1), whose="p").tolist() == [
        [1.0],
        [1.0],
    ]


@pytest.mark.parametrize("unknown", ["a", "c", "z"])
def test_unknown_labels_are_rejected(unknown):
    assert codes_of(["d", "b"], ["d", "b"]).tolist() == [0, 1]
    with pytest.raises(ValueError, match=unknown):
        codes_of(["b", unknown], ["d", "b"])


@pytest.mark.parametrize("row", [[-9e-7, 1.0], [0.0, 1 + 9e-7]])
def test_rounding_errors_are_clipped(row):
    X, y = table()
    model = PriorThresholdClassifier(Spoiled(row)).fit(X, y)
    assert model.predict_proba(X[:2] + 100).tolist() == [[0.0, 1.0]] * 2


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("n_classes", [2, 3, 50])
def test_low_precision_probabilities_are_accepted(dtype, n_classes):
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(n_classes), size=2000).astype(dtype)

    class Short(BaseEstimator):
        classes_ = np.arange(n_classes)

        def predict_proba(self, X):
            return p

    proba = probability_of(Short(), np.empty((2000, 1)))
    assert proba.dtype == np.float64
    assert np.array_equal(proba, p)


@pytest.mark.parametrize(
    "form",
    [
        pd.DataFrame,
        lambda p: pd.DataFrame(p, columns=[0, 1]),
        lambda p: pd.DataFrame(p[:, ::-1], columns=[1, 0]),
        np.ndarray.tolist,
        np.asfortranarray,
        lambda p: p.astype(object),
    ],
)
def test_probability_containers_give_equal_results(form):
    X, y = table()
    wanted = PriorThresholdClassifier(Spoiled()).fit(X, y)
    model = PriorThresholdClassifier(Spoiled(form=form)).fit(X, y)
    assert np.array_equal(model.predict_proba(X), wanted.predict_proba(X))
    assert np.array_equal(model.predict(X), wanted.predict(X))


@pytest.mark.parametrize("kind", ["prior", "tuned", "cost"])
def test_one_vs_rest_scores_are_normalized_with_a_warning(kind):
    X, _ = table(300)
    y = np.digitize(X[:, 0], [2.5, 3.5])
    scale = np.linspace(0.2, 0.9, 300)[:, np.newaxis]
    model = WRAPPERS[kind](FrozenEstimator(Spoiled(form=lambda p: scale * p).fit(X, y)))
    says = r"Spoiled\.predict_proba has rows that do not sum to 1, such as row 0"
    wanted = WRAPPERS[kind](FrozenEstimator(Spoiled().fit(X, y))).fit(X, y)
    if kind == "tuned":
        with pytest.warns(UserWarning, match=says):
            model.fit(X, y)
    else:
        model.fit(X, y)
    with pytest.warns(UserWarning, match=says):
        proba = model.predict_proba(X)
    assert proba == pytest.approx(wanted.predict_proba(X), rel=1e-12)
    with pytest.warns(UserWarning, match=says):
        assert np.array_equal(model.predict(X), wanted.predict(X))
    model.estimator_.estimator.form = np.zeros_like
    with pytest.raises(ValueError, match=r"Got \[0\.0, 0\.0, 0\.0\] in row 0"):
        model.predict(X)


@pytest.mark.parametrize("kind", WRAPPERS)
@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_transform_output_does_not_change_predictions(kind, output):
    pytest.importorskip(output)
    X, y = table()
    X = pd.DataFrame(X, columns=["a", "b"])
    inner = make_pipeline(StandardScaler(), LogisticRegression())
    plain = WRAPPERS[kind](inner).fit(X, y)
    with config_context(transform_output=output):
        model = WRAPPERS[kind](inner).fit(X, y)
        predicted = model.predict(X), model.predict_proba(X)
    assert np.array_equal(predicted[0], plain.predict(X))
    assert np.array_equal(predicted[1], plain.predict_proba(X))


@pytest.mark.parametrize("kind", WRAPPERS)
def test_estimator_class_order_does_not_matter(kind):
    rng = np.random.default_rng(0)
    X = rng.uniform(1, 5, size=(300, 2))
    y = np.digitize(X[:, 0] + rng.normal(size=300), [2.5, 3.5])
    y = np.array(["a", "b", "c"])[y]
    order = np.array([2, 0, 1])
    pair = [WRAPPERS[kind](inner) for inner in (Spoiled(), Spoiled(order=order))]
    if kind in {"constrained", "certain"}:
        for model in pair:
            model.set_params(pos_label="b")
    plain, turned = (model.fit(X, y) for model in pair)
    assert np.array_equal(turned.predict(X), plain.predict(X))
    columns = codes_of(plain.classes_, turned.classes_)
    assert np.allclose(turned.predict_proba(X)[:, columns], plain.predict_proba(X))
    inner = Spoiled(order=order).fit(X, y)
    if kind != "resampled":
        model = pair[1].set_params(estimator=FrozenEstimator(inner)).fit(X, y)
        assert model.classes_.tolist() == ["a", "b", "c"]
        right = inner.predict_proba(X)[:, codes_of(model.classes_, inner.classes_)]
        assert kind == "corrected" or np.allclose(model.predict_proba(X), right)


@pytest.mark.parametrize(
    ("form", "shape"),
    [
        (lambda p: p[:, 1], r"\(120,\)"),
        (lambda p: p[:, 1:], r"\(120, 1\)"),
        (lambda p: np.column_stack([p, 0 * p[:, 0]]), r"\(120, 3\)"),
        (lambda p: p[:-1], r"\(119, 2\)"),
        (lambda p: [p, p], r"\(2, 120, 2\)"),
    ],
)
def test_wrong_probability_shapes_are_rejected(form, shape):
    X, y = table()
    model = PriorThresholdClassifier(Spoiled(form=form)).fit(X, y)
    wanted = (
        r"an array of shape \(120, 2\): 120 rows, and a column for each of 2 classes"
    )
    with pytest.raises(
        ValueError, match=f"Spoiled.predict_proba must be {wanted}. Got {shape} instead"
    ):
        model.predict(X)


def test_estimator_without_classes_attribute_raises():
    X, y = table()
    model = PriorThresholdClassifier(Spoiled()).fit(X, y)
    del model.estimator_.classes_
    with pytest.raises(ValueError, match=r"Spoiled has no classes_"):
        model.predict(X)


def test_single_column_of_y_prob_equals_1d_array():
    y, p = np.array([0, 1, 1, 0]), np.array([0.1, 0.6, 0.4, 0.9])
    flat, column = (
        ThresholdDisplay.from_predictions(y, proba, pos_label=1)
        for proba in (p, p[:, np.newaxis])
    )
    for name, scores in flat.scores[1].items():
        assert np.array_equal(scores, column.scores[1][name], equal_nan=True)
    plt.close("all")


def test_columns_are_reordered_to_the_given_labels():
    p = np.array([[0.1, 0.2, 0.7]])
    columns = in_columns(p, ["c", "a", "b"], ["b", "x", "c", "a"])
    assert columns.tolist() == [[0.7, 0.0, 0.1, 0.2]]
    with pytest.raises(ValueError, match=r"labels \['b'\] are not among the classes"):
        in_columns(p, ["c", "a", "b"], ["a", "c"])


class OneColumn(LogisticRegression):
    """Predicts labels of shape (n_rows, 1), as CatBoost does for three classes."""

    def predict(self, X):
        return super().predict(X)[:, np.newaxis]


class OneColumnSGD(SGDClassifier):
    """The same, with ``partial_fit``."""

    def predict(self, X):
        return super().predict(X)[:, np.newaxis]


class NoProbabilities(LinearSVC):
    """The same, without probabilities."""

    def predict(self, X):
        return super().predict(X)[:, np.newaxis]


@pytest.mark.parametrize(
    "around",
    [
        lambda: ResampledClassifier(None, OneColumn()),
        lambda: CooldownClassifier(
            OneColumnSGD(random_state=0), n_epochs=3, random_state=0
        ),
        lambda: SubclassClassifier(NoProbabilities(), delta=50),
    ],
)
def test_column_of_predicted_labels_is_flattened(around):
    X, y = table()
    model = around().fit(X, y)
    labels = model.predict(X)
    assert labels.shape == (len(X),)
    assert set(labels) <= set(y)
    assert model.score(X, y) == (labels == y).mean() > 0.5


def test_compare_accepts_a_column_of_predicted_labels():
    X, y = table()
    options = {"scoring": ["accuracy"], "cv": 2, "random_state": 0}
    column, flat = (
        compare(X, y, estimator=inner, **options)
        .summary()
        .query("metric == 'accuracy'")
        for inner in (OneColumn(), LogisticRegression())
    )
    assert column["mean"].tolist() == flat["mean"].tolist()


def test_strings_are_not_parsed_as_numbers():
    with pytest.raises(
        ValueError, match=r"\['0', '1'\] are not among the classes \[0, 1\]"
    ):
        codes_of(["0", "1"], [0, 1])
