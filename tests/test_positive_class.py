"""Results are about the same positive class, whatever the labels are."""

from __future__ import annotations

import re
import warnings
from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from shared import frozen
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    f1_score,
    fbeta_score,
    make_scorer,
)
from sklearn.model_selection import (
    GridSearchCV,
    RepeatedStratifiedKFold,
    cross_val_predict,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import LabelEncoder, StandardScaler
from sklearn.utils.class_weight import compute_sample_weight

from imbsuite import (
    SMOTE,
    ConstrainedThresholdClassifier,
    CostThresholdClassifier,
    PriorCorrectedClassifier,
    RandomUnderSampler,
    ResampledClassifier,
    TunedThresholdClassifier,
    compare,
)
from imbsuite.decision.metrics import find_metric

# (rare, common), in both sort orders, and with 0 and 1 as in scikit-learn.
LABELS = [
    ("fraud", "legit"),
    ("fraud", "ok"),
    ("rare", "common"),
    (1, 2),
    (2, 1),
    (-1, 1),
    (1, -1),
    (0, 1),
    (True, False),
    (False, True),
]
# For these labels, scikit-learn's scorers would use another class; one warning says so.
TAKES_ANOTHER = [(2, 1), (-1, 1), (0, 1), (False, True)]


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 2))
    return X, rng.random(600) < expit(2 * X[:, 0] - 2.6)


def named(is_rare, labels):
    rare, common = labels
    return np.where(is_rare, rare, common)


def fitted(model, X, y, labels, **options):
    """Fit, and check that these labels cause the expected number of warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X, y, **options)
    messages = [text for w in caught if "Pass pos_label" in (text := str(w.message))]
    assert len(messages) == (labels in TAKES_ANOTHER), messages
    assert all("scikit-learn's scorer" in text for text in messages)
    return model


SCORINGS = ["f1", "precision", "recall", "jaccard"]


@pytest.mark.parametrize("scoring", SCORINGS)
@pytest.mark.parametrize("labels", LABELS)
def test_threshold_is_tuned_for_the_rare_class(table, labels, scoring):
    X, is_rare = table
    y = named(is_rare, labels)
    classifier = TunedThresholdClassifier(
        LogisticRegression(), scoring=scoring, random_state=0
    )
    model = fitted(classifier, X, y, labels)
    known = TunedThresholdClassifier(
        LogisticRegression(), scoring=scoring, random_state=0
    ).fit(X, is_rare.astype(int))
    assert model.pos_label_ == labels[0]
    assert model.best_score_ == pytest.approx(known.best_score_)
    assert model.argmax_score_ == pytest.approx(known.argmax_score_)
    rare = model.classes_.tolist().index(labels[0])
    assert model.threshold_[rare] == pytest.approx(known.threshold_[1], abs=1e-6)
    assert ((model.predict(X) == labels[0]) == known.predict(X)).all()


@pytest.mark.parametrize("labels", LABELS)
def test_named_scorer_without_pos_label_uses_the_positive_class(labels):
    # 15 of 20 rare rows are found; 8 of 80 common rows are predicted as rare.
    classes = np.unique(labels)
    rare = classes.tolist().index(labels[0])
    cells = np.zeros((2, 2))
    cells[[rare, rare, 1 - rare, 1 - rare], [rare, 1 - rare, rare, 1 - rare]] = [
        *(15, 5),
        *(8, 72),
    ]
    metric = find_metric("positive_likelihood_ratio", classes, rare)
    assert metric(cells.ravel()) == pytest.approx((15 / 20) / (8 / 80))


def test_tuned_f1_of_the_rare_class_improves(table):
    X, is_rare = table
    y = np.where(is_rare, 1, 2)
    model = TunedThresholdClassifier(LogisticRegression(), scoring="f1").fit(X, y)
    tuned = f1_score(y, model.predict(X), pos_label=1)
    plain = f1_score(y, LogisticRegression().fit(X, y).predict(X), pos_label=1)
    assert tuned > 0.6
    assert plain < 0.42


@pytest.mark.parametrize("labels", LABELS)
def test_constraint_applies_to_the_rare_class(table, labels):
    X, is_rare = table
    classifier = ConstrainedThresholdClassifier(
        LogisticRegression(), subject_to={"recall": 0.9}, random_state=0
    )
    model = fitted(classifier, X, named(is_rare, labels), labels)
    known = ConstrainedThresholdClassifier(
        LogisticRegression(), subject_to={"recall": 0.9}, random_state=0
    ).fit(X, is_rare)
    assert model.pos_label_ == labels[0]
    assert model.threshold_ == pytest.approx(known.threshold_, abs=1e-6)
    assert ((model.predict(X) == labels[0]) == known.predict(X)).all()


@pytest.mark.parametrize(
    "make",
    [
        lambda label: TunedThresholdClassifier(
            LogisticRegression(), scoring="f1", pos_label=label
        ),
        lambda label: ConstrainedThresholdClassifier(
            LogisticRegression(), pos_label=label
        ),
    ],
)
def test_explicit_pos_label_is_used(table, make):
    X, is_rare = table
    y = named(is_rare, ("fraud", "ok"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = make("ok").fit(X, y)
    assert model.pos_label_ == "ok"
    with pytest.raises(ValueError, match=r"\['fraud', 'ok'\]\. Got 'okay'"):
        make("okay").fit(X, y)


@pytest.mark.parametrize("scoring", ["f1", "recall"])
def test_nearly_equal_classes_use_the_last_and_warn_once(table, scoring):
    X, _ = table
    y = np.array(["fraud", "ok"] * 300)
    model = TunedThresholdClassifier(LogisticRegression(), scoring=scoring)
    with pytest.warns(UserWarning, match="'ok' as the positive class") as caught:
        model.fit(X, y)
    assert (model.pos_label_, len(caught)) == ("ok", 1)


@pytest.mark.parametrize("scoring", ["balanced_accuracy", "f1_macro", "accuracy"])
def test_metrics_of_all_classes_need_no_positive_class(table, scoring):
    X, is_rare = table
    model = TunedThresholdClassifier(
        LogisticRegression(), scoring=scoring, pos_label="ok"
    )
    y = named(is_rare, ("fraud", "ok"))
    assert model.fit(X, y).pos_label_ == "ok"
    model.set_params(pos_label=None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, np.array(["fraud", "ok"] * 300))
    assert not hasattr(model, "pos_label_")


@pytest.mark.parametrize("kind", ["f1", "constrained"])
def test_weights_decide_unless_they_are_balanced(table, kind):
    X, is_rare = table
    y = named(is_rare, ("fraud", "ok"))
    model = (
        ConstrainedThresholdClassifier(LogisticRegression())
        if kind == "constrained"
        else TunedThresholdClassifier(LogisticRegression(), scoring="f1")
    )
    balanced = compute_sample_weight("balanced", y)
    assert model.fit(X, y, sample_weight=balanced).pos_label_ == "fraud"
    turned = np.where(is_rare, 100.0, 1.0)
    assert model.fit(X, y, sample_weight=turned).pos_label_ == "ok"


def test_smallest_of_three_classes_is_found_by_weight():
    rng = np.random.default_rng(0)
    y = np.repeat(["a", "b", "c"], [60, 100, 140])
    X = (
        rng.normal(size=(300, 2))
        + 2 * np.eye(3, 2)[np.repeat([0, 1, 2], [60, 100, 140])]
    )
    weight = np.repeat([5.0, 1.0, 1.0], [60, 100, 140])
    model = ConstrainedThresholdClassifier(LogisticRegression())
    assert model.fit(X, y).pos_label_ == "a"
    assert model.fit(X, y, sample_weight=weight).pos_label_ == "b"
    weight[160 + np.arange(120)] = 0
    assert model.fit(X, y, sample_weight=weight).pos_label_ == "c"


def test_f1_of_three_classes_requires_pos_label():
    rng = np.random.default_rng(0)
    y = np.repeat(["a", "b", "c"], [40, 100, 160])
    p = rng.dirichlet([1, 1, 1], size=300)
    p[np.arange(300), np.searchsorted(["a", "b", "c"], y)] += 0.4
    p /= p.sum(axis=1, keepdims=True)
    with pytest.raises(ValueError, match=r"'f1_macro'.*pos_label"):
        TunedThresholdClassifier(frozen(p, y), scoring="f1").fit(p, y)
    model = TunedThresholdClassifier(frozen(p, y), scoring="f1", pos_label="b")
    model.fit(p, y)
    score = f1_score(y, model.predict(p), labels=["b"], average=None)[0]
    assert model.best_score_ == pytest.approx(score)
    assert model.best_score_ > model.argmax_score_


def test_threshold_is_tuned_for_scorer_objects(table):
    X, is_rare = table
    y = named(is_rare, ("fraud", "legit"))
    for label in ("fraud", "legit"):
        scorer = make_scorer(fbeta_score, beta=2, pos_label=label)
        model = TunedThresholdClassifier(
            LogisticRegression(), scoring=scorer, cv=0.5, refit=False, random_state=0
        ).fit(X, y)
        assert not hasattr(model, "pos_label_")
        assert model.best_score_ > model.argmax_score_


@pytest.mark.parametrize(
    ("scoring", "error", "message"),
    [
        ("f2", ValueError, "make_scorer(fbeta_score, beta=2, pos_label=...)"),
        ("r2", ValueError, "scoring='r2' cannot be computed for the labels ['fraud'"),
        (f1_score, ValueError, "make_scorer(f1_score, pos_label=...)"),
        (make_scorer(f1_score), ValueError, "make_scorer(f1_score, pos_label=...)"),
        (
            lambda _model, _rows, _labels: 1.0,
            TypeError,
            "a callable of (y_true, y_pred)",
        ),
        (lambda _true, _given: "good", ValueError, "cannot be computed"),
    ],
)
def test_invalid_metrics_raise_and_are_named(table, scoring, error, message):
    X, rare = table
    model = TunedThresholdClassifier(LogisticRegression(), scoring=scoring)
    with pytest.raises(error, match=re.escape(message)):
        model.fit(X, np.where(rare, "fraud", "legit"))


def test_thresholds_with_undefined_metric_are_skipped_silently(table):
    X, rare = table
    model = TunedThresholdClassifier(
        LogisticRegression(), scoring="positive_likelihood_ratio"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, np.where(rare, "fraud", "legit"))
    assert model.best_score_ > 1


@pytest.mark.parametrize("kind", ["datetime64", "timedelta64"])
@pytest.mark.parametrize("unit", ["D", "s", "us", "ns"])
def test_positive_datetime_label_is_not_a_number(table, kind, unit):
    """For nanoseconds, NumPy's ``tolist`` returns integers, which no user passes."""
    X, rare = table
    times = np.array([10, 20]).astype(f"{kind}[D]").astype(f"{kind}[{unit}]")
    model = TunedThresholdClassifier(LogisticRegression(), scoring="f1", random_state=0)
    model.fit(X, times[rare.astype(int)])
    assert not isinstance(model.pos_label_, int)
    assert model.pos_label_ == times[1]
    again = TunedThresholdClassifier(
        LogisticRegression(), scoring="f1", pos_label=times[1], random_state=0
    ).fit(X, times[rare.astype(int)])
    np.testing.assert_array_equal(again.threshold_, model.threshold_)


def test_missing_value_as_pos_label_raises(table):
    X, rare = table
    model = TunedThresholdClassifier(LogisticRegression(), pos_label=pd.NA)
    with pytest.raises(ValueError, match=r"must be one of the classes .*<NA>"):
        model.fit(X, rare)


def test_threshold_of_zero_includes_rows_of_probability_zero():
    # Predicting all rows as positive maximizes recall, also if this class sorts first.
    p = np.array([[0.0, 1.0], [0.0, 1.0], [0.4, 0.6], [0.3, 0.7], [0.6, 0.4]])
    y = np.array(["a", "b", "a", "b", "b"])
    model = TunedThresholdClassifier(frozen(p, y), scoring="recall", pos_label="a")
    model.fit(p, y)
    assert model.best_score_ == 1
    assert (model.predict(p)[y == "a"] == "a").all()


ENSEMBLES = [
    lambda inner: BaggingClassifier(inner, 2, random_state=0),
    lambda inner: VotingClassifier([("a", inner)]),
    lambda inner: StackingClassifier([("a", inner)], cv=2),
]


@pytest.mark.parametrize("around", ENSEMBLES)
@pytest.mark.parametrize("kind", ["f1", "constrained"])
def test_ensembles_require_class_positions_as_pos_label(table, around, kind):
    X, is_rare = table
    y = named(is_rare, ("fraud", "legit"))

    def inner(label):
        if kind == "constrained":
            return ConstrainedThresholdClassifier(LogisticRegression(), pos_label=label)
        return TunedThresholdClassifier(
            LogisticRegression(), scoring="f1", pos_label=label
        )

    with pytest.raises(ValueError, match=r"VotingClassifier.*position"):
        around(inner("fraud")).fit(X, y)
    model = around(inner(0)).fit(X, y)
    assert model.estimators_[0].pos_label_ == 0


@pytest.mark.parametrize(
    "decide",
    [
        lambda rare, _: ConstrainedThresholdClassifier(
            LogisticRegression(), pos_label=rare, random_state=0
        ),
        lambda rare, _: CostThresholdClassifier(
            LogisticRegression(), cost={"fp": 1, "fn": 5}, pos_label=rare
        ),
        lambda rare, common: CostThresholdClassifier(
            LogisticRegression(),
            cost={rare: {rare: 0, common: 5}, common: {rare: 1, common: 0}},
        ),
    ],
    ids=["constrained", "pos_label of costs", "labels of costs"],
)
def test_cross_val_predict_of_probabilities_requires_encoded_labels(table, decide):
    X, is_rare = table
    y = named(is_rare, ("fraud", "legit"))
    by_label, by_code = decide("fraud", "legit"), decide(0, 1)
    with pytest.raises(ValueError, match=r"LabelEncoder.*method='predict'"):
        cross_val_predict(by_label, X, y, cv=2, method="predict_proba")
    # Both ways that the message names work, and decide the same.
    encoder = LabelEncoder().fit(y)
    codes = encoder.transform(y)
    proba = cross_val_predict(by_code, X, codes, cv=2, method="predict_proba")
    assert proba.shape == (len(y), 2)
    expected = encoder.inverse_transform(cross_val_predict(by_code, X, codes, cv=2))
    np.testing.assert_array_equal(cross_val_predict(by_label, X, y, cv=2), expected)


# --- compare -------------------------------------------------------------------------

quiet = pytest.mark.filterwarnings("ignore:scoring='f1' is computed for:UserWarning")
NAMED = ["f1", "recall", "average_precision", "neg_brier_score", "d2_brier_score"]
CALIBRATION = ["calibration_intercept", "calibration_slope"]
SCIKIT_LEARN = [name for name in NAMED if name != "average_precision"]


def compared(X, y, **options):
    usual = {"estimator": LogisticRegression(), "strategies": ["class-weight"], "cv": 2}
    return compare(X, y, **usual | {"random_state": 0} | options)


def means(comparison):
    rows = comparison.summary()
    rows = rows[rows["metric"] != "fit_time"]
    return rows.set_index(["strategy", "metric"])["mean"]


@pytest.fixture(scope="module")
def known_means(table):
    """Return the means if the rare class is 1, as scikit-learn expects."""
    X, is_rare = table
    return means(compared(X, is_rare.astype(int), scoring=[*NAMED, *CALIBRATION]))


@quiet
@pytest.mark.parametrize("labels", LABELS)
def test_comparison_measures_the_rare_class(table, known_means, labels):
    X, is_rare = table
    comparison = compared(X, named(is_rare, labels), scoring=[*NAMED, *CALIBRATION])
    assert comparison.positive == labels[0]
    assert f"positive class: {labels[0]}" in str(comparison)
    np.testing.assert_allclose(means(comparison), known_means, atol=1e-6)


def test_named_scorers_match_scikit_learn(table):
    X, is_rare = table
    folds = [
        *RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0).split(
            X, is_rare
        )
    ]
    scores = means(compared(X, is_rare.astype(int), scoring=NAMED, cv=folds))
    for name in NAMED:
        theirs = cross_val_score(
            LogisticRegression(), X, is_rare.astype(int), scoring=name, cv=folds
        )
        assert scores["nothing", name] == pytest.approx(theirs.mean())


def test_comparison_tunes_the_threshold_for_the_rare_class(table):
    X, is_rare = table
    scores = means(compared(X, np.where(is_rare, 1, 2), scoring=["f1"]))
    assert scores["tuned-threshold", "f1"] > scores["nothing", "f1"] + 0.1


@pytest.mark.parametrize("label", ["fraud", "legit"])
def test_comparison_measures_the_class_of_pos_label(table, label):
    X, is_rare = table
    y = named(is_rare, ("fraud", "legit"))
    comparison = compared(X, y, scoring=SCIKIT_LEARN, pos_label=label)
    expected = compared(X, (y == label).astype(int), scoring=SCIKIT_LEARN, pos_label=1)
    np.testing.assert_allclose(means(comparison), means(expected), atol=1e-6)
    assert comparison.positive == label
    assert f"pos_label={label!r}" in comparison.recipe
    assert comparison.to_dict()["positive"] == label
    assert {saved.labels for saved in comparison.predictions} == {(label,)}


def compare_without_positive_training_rows(rare, scoring):
    """Compare on two folds; the training rows of the second lack the positive class."""
    rng = np.random.default_rng(1)
    y = rng.permutation(np.repeat([0, 1, 2], [200, 70, 30]))
    X = rng.normal(size=(300, 3)) + y[:, np.newaxis]
    few, others = np.flatnonzero(y == 2), np.flatnonzero(y != 2)
    cv = [
        (np.r_[others[:150], few[:15]], np.r_[others[150:], few[15:]]),
        (others[:150], np.r_[others[150:], few]),
    ]
    return compare(
        X,
        np.array(["m", "n", rare])[y],
        estimator=LogisticRegression(),
        strategies=["random-over"],
        cv=cv,
        pos_label=rare,
        scoring=scoring,
        random_state=0,
    )


def test_positive_class_without_training_rows_is_handled_under_any_name():
    scoring = ["f1", "recall", "balanced_accuracy", "f1_macro"]
    with pytest.warns(UserWarning, match="lack the positive class"):
        last, first = (
            compare_without_positive_training_rows(rare, scoring) for rare in ("z", "a")
        )
    scores, of_first = (c.to_frame().drop(columns="fit_time") for c in (last, first))
    pd.testing.assert_frame_equal(scores, of_first)
    assert not scores.isna().any(axis=None)
    note = (
        "The training rows of a fold lack the positive class 'z', so thresholds are not "
        "tuned for metrics of this class. (1 of 4 fits: tuned-threshold)"
    )
    assert note in last.notes
    assert note.replace("'z'", "'a'") in first.notes
    of_second = scores[scores["fold"] == 1].set_index("strategy")
    plain, tuned = of_second.loc["nothing"], of_second.loc["tuned-threshold"]
    assert plain["f1"] == tuned["f1"] == 0
    assert plain["balanced_accuracy"] < tuned["balanced_accuracy"]


def test_metrics_of_all_classes_are_tuned_without_the_positive_class():
    # A warning would be an error.
    comparison = compare_without_positive_training_rows("a", ["balanced_accuracy"])
    assert comparison.notes == ()


def test_threshold_is_tuned_for_custom_scorer(table):
    X, is_rare = table
    y = named(is_rare, ("fraud", "legit"))
    mine = make_scorer(fbeta_score, beta=3, pos_label="fraud")
    scores = means(compared(X, y, scoring={"mine": mine}))
    # A threshold for balanced accuracy would be different, and worse for this scorer.
    balanced = means(compared(X, y, scoring={"mine": partial(mine)}))
    assert scores["nothing", "mine"] == balanced["nothing", "mine"]
    assert scores["tuned-threshold", "mine"] != balanced["tuned-threshold", "mine"]
    assert scores["tuned-threshold", "mine"] > scores["nothing", "mine"] + 0.1


def test_probability_scorer_ignores_the_threshold(table):
    X, is_rare = table
    y = named(is_rare, ("fraud", "legit"))
    own = make_scorer(
        brier_score_loss, response_method="predict_proba", pos_label="fraud"
    )
    scores = means(compared(X, y, scoring={"own": own, "f1": "f1"}))
    assert scores["tuned-threshold", "own"] == scores["nothing", "own"]


@pytest.mark.parametrize("scoring", [None, ["f1"], ["average_precision"]])
def test_comparison_of_equal_classes_requires_pos_label(scoring):
    X, y = np.zeros((60, 1)), np.array(["fraud", "ok"] * 30)
    with pytest.raises(ValueError, match=r"'fraud' and 'ok'.*Pass pos_label"):
        compared(X, y, scoring=scoring)


def test_symmetric_metrics_do_not_require_pos_label(table):
    X, _ = table
    y = np.where(np.arange(len(X)) % 2, "a", "b")
    scores = [
        means(compared(X, target, scoring=["neg_brier_score"]))
        for target in (y, (y == "a").astype(int))
    ]
    np.testing.assert_allclose(*scores)


@pytest.mark.parametrize("kind", ["datetime64[D]", "datetime64[s]", "datetime64[ns]"])
def test_date_is_accepted_as_pos_label(table, kind):
    X, rare = table
    days = np.array(["2020-01-01", "2021-01-01"], dtype=kind)
    y = pd.Series(days[rare.astype(int)])
    scores = [
        means(compared(X, target, scoring=["f1"], pos_label=label))
        for target, label in ((y, y.iloc[int(rare.argmin())]), (rare, False))
    ]
    np.testing.assert_allclose(*scores)


@pytest.mark.parametrize(
    ("scoring", "message"),
    [
        (make_scorer(f1_score), "scoring={'name': scorer}"),
        ([make_scorer(f1_score)], "scoring={'name': scorer}"),
        ([None], "scoring={'name': scorer}"),
        ({"mine": f1_score}, "wrap a function of (y_true, y_pred) as make_scorer"),
        (
            {"mine": lambda _true, _given: 1.0},
            "wrap a function of (y_true, y_pred) as make_scorer",
        ),
    ],
)
def test_invalid_scorers_raise(table, scoring, message):
    X, rare = table
    with pytest.raises(TypeError, match=re.escape(message)):
        compared(X, rare, scoring=scoring)


def test_costs_of_equal_classes_require_pos_label():
    X, y = np.zeros((60, 1)), np.array(["fraud", "ok"] * 30)
    with pytest.raises(ValueError, match="Pass pos_label"):
        compared(X, y, scoring=["accuracy"], cost={"fp": 1, "fn": 5})


def test_positive_class_is_none_if_no_metric_needs_it(table):
    X, _ = table
    y = np.array(["fraud", "ok"] * 300)
    comparison = compared(X, y, scoring=["balanced_accuracy", "brier", "roc_auc"])
    assert comparison.positive is None
    assert "positive class" not in str(comparison)
    known = compared(
        X, y, scoring=["balanced_accuracy", "brier", "roc_auc"], pos_label="ok"
    )
    np.testing.assert_allclose(means(comparison), means(known))


def test_one_warning_if_scikit_learn_would_use_another_class(table):
    X, is_rare = table
    y = np.where(is_rare, 0, 1)
    with pytest.warns(UserWarning, match="would use 1") as caught:
        comparison = compared(X, y, scoring=["f1", "recall"])
    assert len(caught) == len(comparison.notes) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compared(X, y, scoring=["f1", "recall"], pos_label=0)
        compared(X, y)  # no scorer is named


def test_positive_class_is_passed_to_inner_classifiers(table):
    X, is_rare = table
    y = named(is_rare, ("fraud", "legit"))
    models = {
        # After balancing, neither class is rarer.
        "resampled": ResampledClassifier(
            SMOTE(random_state=0),
            TunedThresholdClassifier(LogisticRegression(), scoring="f1"),
        ),
        "piped": make_pipeline(
            StandardScaler(), ConstrainedThresholdClassifier(LogisticRegression())
        ),
    }
    comparison = compared(X, y, estimator=models, scoring=["f1", "recall"])
    assert not comparison.notes
    recall = comparison.summary().set_index(["model", "strategy", "metric"])["mean"]
    assert recall["piped", "nothing", "recall"] > 0.8


def test_pos_label_can_be_one_of_three_classes():
    rng = np.random.default_rng(0)
    y = np.repeat(["a", "b", "c"], [40, 80, 180])
    X = rng.normal(size=(300, 2)) + np.searchsorted(["a", "b", "c"], y)[:, np.newaxis]
    with pytest.raises(
        ValueError, match=r"f1 is a metric of one class.*pass pos_label"
    ):
        compared(X, y, scoring=["f1"])
    comparison = compared(X, y, scoring=["f1", "average_precision"], pos_label="b")
    against = compared(
        X,
        y,
        scoring={
            "f1": lambda m, X, y: f1_score(y == "b", m.predict(X) == "b"),
            "average_precision": lambda m, X, y: average_precision_score(
                y == "b", m.predict_proba(X)[:, 1]
            ),
        },
    )
    ours, theirs = means(comparison)["nothing"], means(against)["nothing"]
    np.testing.assert_allclose(ours, theirs)
    assert comparison.positive == "b"


def test_positive_class_is_that_of_the_whole_table():
    # Shares differ by 0.052, and by 0.05 in the sample.
    X = np.random.default_rng(0).normal(size=(10_000, 1))
    y = np.repeat(["a", "z"], [4_740, 5_260])
    with pytest.warns(UserWarning, match="sample"):
        comparison = compared(X, y, scoring=["f1"], sample_rows=200)
    assert comparison.positive == "a"
    assert comparison.class_sizes == {"a": 95, "z": 105}


# --- Wrappers around wrappers --------------------------------------------------------


def tuned(**options):
    return TunedThresholdClassifier(LogisticRegression(), scoring="f1", **options)


@pytest.mark.parametrize(
    "around",
    [
        lambda inner: ResampledClassifier(SMOTE(random_state=0), inner),
        lambda inner: ResampledClassifier(
            SMOTE(random_state=0), inner, correction="offset", random_state=0
        ),
        lambda inner: ResampledClassifier(
            RandomUnderSampler(random_state=0), make_pipeline(StandardScaler(), inner)
        ),
        lambda inner: PriorCorrectedClassifier(inner, random_state=0),
        lambda inner: PriorCorrectedClassifier(
            ResampledClassifier(SMOTE(random_state=0), inner), random_state=0
        ),
    ],
)
def test_positive_class_is_determined_before_resampling(table, around):
    X, is_rare = table
    y = named(is_rare, ("fraud", "legit"))
    model = around(tuned())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, y)
    inner = model.estimator_
    while not hasattr(inner, "pos_label_"):
        inner = inner[-1] if isinstance(inner, Pipeline) else inner.estimator_
    assert inner.pos_label_ == "fraud"
    nearly = np.array(["fraud", "legit"] * 300)
    with pytest.warns(UserWarning, match="'legit' as the positive") as caught:
        model.fit(X, nearly)
    assert sum("Pass pos_label" in str(w.message) for w in caught) == 1


def test_pos_label_of_the_given_estimator_is_unchanged(table):
    X, is_rare = table
    model = ResampledClassifier(SMOTE(random_state=0), tuned())
    model.fit(X, named(is_rare, ("fraud", "legit")))
    assert model.estimator.pos_label is None
    assert model.estimator_.pos_label == "fraud"


@pytest.mark.parametrize("labels", [("fraud", "legit"), (1, 2)])
def test_grid_search_and_cross_validate_use_the_rare_class(table, labels):
    X, is_rare = table
    y = named(is_rare, labels)
    search = GridSearchCV(tuned(random_state=0), {"estimator__C": [0.1, 1.0]}, cv=3)
    search.fit(X, y)
    assert search.best_estimator_.pos_label_ == labels[0]
    scorer = make_scorer(f1_score, pos_label=labels[0])
    scores = cross_validate(
        tuned(random_state=0), X, y, scoring=scorer, cv=3, return_estimator=True
    )
    assert {model.pos_label_ for model in scores["estimator"]} == {labels[0]}
    assert scores["test_score"].mean() > 0.55


def test_costs_within_resampled_classifier_use_the_rare_class(table):
    X, is_rare = table
    y = named(is_rare, ("fraud", "legit"))
    inner = CostThresholdClassifier(LogisticRegression(), cost={"fp": 1, "fn": 9})
    model = ResampledClassifier(SMOTE(random_state=0), inner).fit(X, y)
    assert model.estimator_.pos_label_ == "fraud"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, np.where(is_rare, 0, 1))  # no scorer is named
    assert model.estimator_.pos_label_ == 0
