"""compare: fair folds, right numbers, and sentences that claim no more than these."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import warnings
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import optimize, stats
from sklearn import metrics as reference
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from skrub import TableVectorizer

from imbsuite import PriorCorrectedClassifier, TunedThresholdClassifier
from imbsuite._classes import MOST_CLASSES, check_labels
from imbsuite.decision.costs import read_costs
from imbsuite.experiment.answers import INNER_FOLDS, Answers, Training
from imbsuite.experiment.fit_task import seeded
from imbsuite.experiment.folds import StratifiedFolds, make_folds
from imbsuite.experiment.intervals import Interval, corrected_interval
from imbsuite.experiment.metrics import METRICS, choose_metrics, cost_metric
from imbsuite.experiment.models import choose_models, default_models
from imbsuite.experiment.sentences import number
from imbsuite.experiment.strategies import STRATEGIES, choose_strategies
from imbsuite.explore import Comparison, compare

NAMES = [
    "nothing",
    "class-weight",
    "random-over",
    "random-under",
    "smote",
    "borderline-smote",
    "smote-enn",
]
# A tuned threshold is measured with doing nothing.
MEASURED = ["nothing", "tuned-threshold", *NAMES[1:]]
RNG = np.random.default_rng
# Few rows of the rare class are noted in most of the small tables here.
quiet = pytest.mark.filterwarnings("ignore:class .* has fewer than:UserWarning")


def numbers(n: int = 200, rare: int = 30, seed: int = 0) -> tuple:
    """Return an array of two columns and a target that the first one tells of."""
    rng = RNG(seed)
    y = np.zeros(n, dtype=int)
    y[:rare] = 1
    rng.shuffle(y)
    return np.column_stack([rng.normal(size=n) + 1.5 * y, rng.normal(size=n)]), y


def table(n: int = 120, rare: int = 30, seed: int = 0) -> tuple:
    """Return a frame of numbers, text, dates and gaps, and its target."""
    X, y = numbers(n, rare, seed)
    rng = RNG(seed)
    frame = pd.DataFrame(
        {
            "size": X[:, 0],
            "colour": rng.choice(["red", "green", None], n),
            "code": [f"{i:05d}" for i in rng.integers(0, 9, n)],
            "when": pd.date_range("2020-01-01", periods=n),
            "gaps": np.where(rng.random(n) < 0.2, np.nan, X[:, 1]),
        }
    )
    return frame, np.where(y == 1, "ill", "well")


def quick(X, y, **options) -> Comparison:
    """Compare with a fast model, three folds and few strategies."""
    usual = {"estimator": GaussianNB(), "cv": 3, "strategies": ["random-over"]}
    return compare(X, y, **usual | options)


# --- The interval --------------------------------------------------------------------


def test_interval_by_hand():
    # Mean 0.2, variance 0.01; t(2 df, 0.975) = 4.302653; (1/3 + 1/2) * 0.01 = 0.0083.
    found = corrected_interval([0.1, 0.2, 0.3], test_train_ratio=0.5)
    half = 4.302653 * np.sqrt((1 / 3 + 0.5) * 0.01)
    assert found.difference == pytest.approx(0.2)
    assert found.low == pytest.approx(0.2 - half, abs=1e-6)
    assert found.high == pytest.approx(0.2 + half, abs=1e-6)


@pytest.mark.parametrize("n_folds", [2, 3, 10, 50])
@pytest.mark.parametrize("ratio", [0.1, 0.25, 1.0])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_interval_is_the_formula(n_folds, ratio, level):
    d = RNG(n_folds).normal(0.3, 2, n_folds)
    found = corrected_interval(d, test_train_ratio=ratio, level=level)
    spread = np.sqrt((1 / n_folds + ratio) * np.var(d, ddof=1))
    half = stats.t(n_folds - 1).ppf((1 + level) / 2) * spread
    np.testing.assert_allclose(
        [found.low, found.high], [d.mean() - half, d.mean() + half]
    )


def test_without_shared_rows_it_is_the_ordinary_t_interval():
    d = RNG(1).normal(size=12)
    found = corrected_interval(d, test_train_ratio=0)
    expected = stats.ttest_1samp(d, 0).confidence_interval(0.95)
    np.testing.assert_allclose([found.low, found.high], expected)


def test_bonferroni_divides_the_error():
    d = RNG(2).normal(size=10)
    joint = corrected_interval(d, test_train_ratio=0.25, comparisons=4)
    single = corrected_interval(d, test_train_ratio=0.25, level=1 - 0.05 / 4)
    assert (joint.low, joint.high) == pytest.approx((single.low, single.high))


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("test_train_ratio", [0, 0.1, 0.5, 1]),
        ("comparisons", [1, 2, 6, 20]),
        ("level", [0.5, 0.9, 0.95, 0.99]),
    ],
)
def test_interval_widens_with(name, steps):
    d = RNG(3).normal(size=10)
    usual = {"test_train_ratio": 0.25}
    found = [corrected_interval(d, **usual | {name: step}) for step in steps]
    widths = [interval.high - interval.low for interval in found]
    assert all(narrow < wide for narrow, wide in pairwise(widths))


def test_folds_without_a_value_are_left_out():
    d = [0.1, np.nan, 0.4, 0.3, np.nan]
    with_gaps = corrected_interval(d, test_train_ratio=0.25)
    assert with_gaps == corrected_interval([0.1, 0.4, 0.3], test_train_ratio=0.25)


@pytest.mark.parametrize("d", [[], [np.nan], [0.5], [0.5, np.nan]])
def test_one_fold_has_no_interval(d):
    found = corrected_interval(d, test_train_ratio=0.25)
    assert np.isnan(found.low)
    assert np.isnan(found.high)
    assert found.verdict(1) == ""


def test_equal_differences_give_an_interval_of_no_width():
    found = corrected_interval([0.25] * 5, test_train_ratio=0.25)
    assert (found.low, found.high) == (0.25, 0.25)


def test_coverage_under_the_correlation_that_the_correction_assumes():
    # Folds that share rows: equal correlation n2 / (n1 + n2), here 0.2. Then the
    # corrected interval is exact, and the naive one covers far less than it says.
    n_sets, n_folds, ratio = 4000, 10, 0.25
    rho = ratio / (1 + ratio)
    rng = RNG(4)
    shared = rng.normal(size=(n_sets, 1))
    own = rng.normal(size=(n_sets, n_folds))
    d = np.sqrt(rho) * shared + np.sqrt(1 - rho) * own

    def coverage(ratio: float) -> float:
        found = [corrected_interval(row, test_train_ratio=ratio) for row in d]
        return float(np.mean([i.low <= 0 <= i.high for i in found]))

    assert coverage(ratio) == pytest.approx(0.95, abs=0.012)
    assert coverage(0) < 0.8


@pytest.mark.parametrize(
    ("low", "high", "sign", "verdict"),
    [
        (0.1, 0.3, 1, "better"),
        (0.1, 0.3, -1, "worse"),
        (-0.3, -0.1, 1, "worse"),
        (-0.3, -0.1, -1, "better"),
        (-0.1, 0.3, 1, "unclear"),
        (-0.1, 0.3, -1, "unclear"),
        (0.0, 0.3, 1, "unclear"),
        (-0.3, 0.0, 1, "unclear"),
        (0.0, 0.0, 1, "unclear"),
        (np.nan, np.nan, 1, ""),
    ],
)
def test_verdict(low, high, sign, verdict):
    assert Interval((low + high) / 2, low, high).verdict(sign) == verdict


# --- The target ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "y",
    [
        ["b", "a", "a"],
        np.array(["b", "a", "a"], dtype=object),
        pd.Series(["b", "a", "a"]),
        pd.Series(["b", "a", "a"], dtype="category"),
        pl.Series(["b", "a", "a"]),
        [["b"], ["a"], ["a"]],
    ],
)
def test_labels_of_any_container(y):
    labels = check_labels(y)
    assert labels.classes.tolist() == ["a", "b"]
    assert labels.codes.tolist() == [1, 0, 0]
    assert labels.sizes.tolist() == [2, 1]
    assert labels.values.tolist() == ["b", "a", "a"]


@pytest.mark.parametrize(
    "y",
    [
        pd.Series([1, 0, 0], dtype="Int64"),
        pd.Series([True, False, False], dtype="boolean"),
        np.array([1.0, 0.0, 0.0]),
        [True, False, False],
    ],
)
def test_labels_of_nullable_and_plain_types(y):
    labels = check_labels(y)
    assert labels.codes.tolist() == [1, 0, 0]
    assert labels.values.dtype != object


@pytest.mark.parametrize(
    ("y", "positive"),
    [
        ([0, 0, 1], 1),
        ([0, 1, 1], 0),
        ([0, 1], 1),
        (["yes", "no", "yes"], 0),
        (["a", "b", "c"], None),
    ],
)
def test_the_rarer_of_two_classes_is_looked_for(y, positive):
    assert check_labels(y).positive == positive


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([1, 0, None, None], "missing values in 2 of 4 rows; drop these rows"),
        ([1.0, np.nan], "missing values in 1 of 2"),
        (["a", None], "missing values"),
        (pd.Series([1, None], dtype="Int64"), "missing values"),
        ([0.5, 1.0, 2.0], "fractions such as 0.5"),
        ([1, 1, 1], "only one class, 1"),
        (["a"], "only one class, 'a'"),
        ([], "no rows"),
        (range(10_000), "10,000 distinct values; at most 100"),
        ([str(i) for i in range(101)], "101 distinct values"),
        ([[1, 0], [0, 1]], "one column"),
    ],
)
def test_what_is_no_target(y, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        check_labels(y)


def test_the_message_names_the_target():
    with pytest.raises(ValueError, match=r"^column 'price' holds fractions"):
        check_labels([0.5, 1.5], "column 'price'")


def test_as_many_classes_as_allowed():
    assert len(check_labels(range(MOST_CLASSES)).classes) == MOST_CLASSES


# --- The metrics ---------------------------------------------------------------------


class Oracle:
    """A fitted model that says what it was told to."""

    def __init__(self, classes, proba) -> None:
        self.classes_ = np.asarray(classes)
        self.proba = np.asarray(proba, dtype=float)

    def predict_proba(self, X):
        return self.proba

    def predict(self, X):
        return self.classes_[self.proba.argmax(axis=1)]


def answers(y, test, classes, proba) -> Answers:
    """Return the answers of an oracle on the ``test`` rows of the target ``y``."""
    X = np.zeros((len(test), 1))
    return Answers(Oracle(classes, proba), X, check_labels(y), np.asarray(test), 0.5)


def measured(found: Answers) -> dict[str, float]:
    """Return the value of each metric."""
    return {metric.name: metric.score(found) for metric in choose_metrics(None)}


def random_proba(n: int, k: int, seed: int = 0):
    """Return rows of probabilities that sum to 1."""
    return RNG(seed).dirichlet(np.ones(k), n)


def test_two_classes_as_scikit_learn_measures_them():
    y = RNG(0).permutation([0] * 40 + [1] * 10)
    proba = random_proba(50, 2)
    found = measured(answers(y, range(50), [0, 1], proba))
    chosen = proba.argmax(axis=1)
    # A slope and an intercept, by another route: maximum likelihood.
    logit = np.log(proba[:, 1] / proba[:, 0])

    def surprise(a, b):
        return np.logaddexp(0, np.where(y == 1, -1, 1) * (a + b * logit)).sum()

    alone = optimize.minimize(lambda v: surprise(v[0], 1), [0.0], tol=1e-10).x[0]
    slope = optimize.minimize(lambda v: surprise(*v), [0.0, 1.0], tol=1e-10).x[1]
    assert found.pop("calibration_intercept") == pytest.approx(alone, abs=1e-4)
    assert found.pop("calibration_slope") == pytest.approx(slope, abs=1e-4)
    assert found == pytest.approx(
        {
            "average_precision": reference.average_precision_score(y, proba[:, 1]),
            "roc_auc": reference.roc_auc_score(y, proba[:, 1]),
            "log_loss": reference.log_loss(y, proba),
            # An oracle has no training rows to correct or tune with.
            "log_loss_corrected": reference.log_loss(y, proba),
            "brier": reference.brier_score_loss(y, proba[:, 1]),
            "balanced_accuracy": reference.balanced_accuracy_score(y, chosen),
            "balanced_accuracy_tuned": reference.balanced_accuracy_score(y, chosen),
            "mcc": reference.matthews_corrcoef(y, chosen),
            "fit_time": 0.5,
        }
    )


def test_the_rarer_class_is_the_positive_one_wherever_it_sorts():
    y = RNG(0).permutation([1] * 40 + [0] * 10)
    proba = random_proba(50, 2)
    found = measured(answers(y, range(50), [0, 1], proba))
    expected = reference.average_precision_score(y == 0, proba[:, 0])
    assert found["average_precision"] == pytest.approx(expected)
    assert found["brier"] == pytest.approx(np.mean((proba[:, 0] - (y == 0)) ** 2))


def test_three_classes_as_scikit_learn_measures_them():
    y = RNG(0).permutation(["a"] * 30 + ["b"] * 15 + ["c"] * 5)
    proba = random_proba(50, 3)
    found = measured(answers(y, range(50), ["a", "b", "c"], proba))
    chosen = np.array(["a", "b", "c"])[proba.argmax(axis=1)]
    indicator = y[:, None] == np.array(["a", "b", "c"])
    ranked = reference.average_precision_score(indicator, proba, average="macro")
    assert found["average_precision"] == pytest.approx(ranked)
    assert found["roc_auc"] == pytest.approx(
        reference.roc_auc_score(y, proba, multi_class="ovr")
    )
    assert found["log_loss"] == pytest.approx(reference.log_loss(y, proba))
    assert found["brier"] == pytest.approx(reference.brier_score_loss(y, proba))
    assert found["balanced_accuracy"] == pytest.approx(
        reference.balanced_accuracy_score(y, chosen)
    )
    assert found["mcc"] == pytest.approx(reference.matthews_corrcoef(y, chosen))


def test_a_class_that_the_test_fold_lacks_is_not_averaged():
    y = np.array(["a", "a", "b", "b", "c"])
    proba = random_proba(4, 3)
    found = measured(answers(y, [0, 1, 2, 3], ["a", "b", "c"], proba))
    for name, score in [
        ("average_precision", reference.average_precision_score),
        ("roc_auc", reference.roc_auc_score),
    ]:
        by_class = [score(y[:4] == k, proba[:, j]) for j, k in enumerate("ab")]
        assert found[name] == pytest.approx(np.mean(by_class))
    right = np.array(["a", "b", "c"])[proba.argmax(axis=1)] == y[:4]
    assert found["balanced_accuracy"] == np.mean([right[:2].mean(), right[2:].mean()])


def test_a_class_that_no_training_row_had_gets_probability_0():
    y = np.array(["a", "b", "c", "a"])
    found = answers(y, range(4), ["a", "c"], [[0.9, 0.1]] * 4)
    np.testing.assert_array_equal(found.proba, [[0.9, 0, 0.1]] * 4)
    values = measured(found)
    expected = -np.log([0.9, np.finfo(float).eps, 0.1, 0.9]).mean()
    assert values["log_loss"] == pytest.approx(expected)
    del values["calibration_slope"]  # of rows that are all alike
    assert all(np.isfinite(list(values.values())))


def test_a_fold_of_one_class_ranks_nothing():
    found = measured(answers([0, 0, 1], [0, 1], [0, 1], [[0.8, 0.2], [0.6, 0.4]]))
    for name in ("average_precision", "roc_auc", "mcc"):
        assert np.isnan(found[name])
    assert found["log_loss"] == pytest.approx(-np.log([0.8, 0.6]).mean())
    assert found["balanced_accuracy"] == 1


def test_certainty_that_is_wrong_costs_much_but_not_everything():
    found = measured(answers([0, 1], [0, 1], [0, 1], [[0, 1], [1, 0]]))
    assert found["log_loss"] == pytest.approx(-np.log(np.finfo(float).eps))
    assert found["brier"] == 1


def test_the_ten_metrics_and_the_time():
    names = [metric.name for metric in choose_metrics(None)]
    assert names == [*METRICS, "fit_time"]
    assert len(METRICS) == 10


@pytest.mark.parametrize("scoring", ["mcc", ["mcc"], {"mcc": "mcc"}])
def test_metrics_by_name(scoring):
    assert [metric.name for metric in choose_metrics(scoring)] == ["mcc", "fit_time"]


def test_a_known_metric_under_another_name():
    loss, _ = choose_metrics({"surprise": "log_loss"})
    assert (loss.name, loss.greater_is_better, loss.needs_proba) == (
        "surprise",
        False,
        True,
    )


@pytest.mark.parametrize(
    ("scoring", "error", "message"),
    [
        (["avrage_precision"], ValueError, "Did you mean 'average_precision'?"),
        (["log_lss"], ValueError, "the known ones are ['average_precision', 'roc_auc'"),
        ([], ValueError, "scoring is empty"),
        ({"mine": 3}, TypeError, "scoring['mine'] is 3"),
    ],
)
def test_metrics_that_are_none(scoring, error, message):
    with pytest.raises(error, match=re.escape(message)):
        choose_metrics(scoring)


@quiet
def test_scorers_of_scikit_learn_and_of_the_user():
    X, y = numbers()
    half = {"half": lambda model, X, y: 0.5, "f": "f1", "ap": "average_precision"}
    found = quick(X, y, scoring=half)
    by_metric = found.scores.groupby("metric")["value"]
    assert (by_metric.get_group("half") == 0.5).all()
    assert by_metric.get_group("f").between(0, 1).all()
    standard = quick(X, y, scoring=["average_precision", "mcc"]).scores
    np.testing.assert_array_equal(
        by_metric.get_group("ap"),
        standard.loc[standard["metric"] == "average_precision", "value"],
    )


# --- Strategies and models -----------------------------------------------------------


OTHERS = [name for name in STRATEGIES if name not in NAMES]


def test_seven_strategies_unasked():
    assert [strategy.name for strategy in choose_strategies(None)] == NAMES


def test_strategies_by_name_run():
    X, y = numbers()
    found = quick(X, y, strategies=OTHERS)
    assert set(found.scores["strategy"]) == {"nothing", "tuned-threshold", *OTHERS}
    assert found.scores["value"].notna().all()


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("smote", ["nothing", "smote"]),
        (["smote", "nothing"], ["nothing", "smote"]),
        (["smote", "smote"], ["nothing", "smote"]),
        ([], ["nothing"]),
        ({"mine": "smote", "same": None}, ["nothing", "mine", "same"]),
        ({"smote": "smote", "nothing": None}, ["nothing", "smote"]),
    ],
)
def test_doing_nothing_is_always_measured_and_first(asked, names):
    assert [strategy.name for strategy in choose_strategies(asked)] == names


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        (["smot"], ValueError, "Did you mean 'smote'?"),
        (["zzz"], ValueError, "the known ones are nothing, class-weight, random-over"),
        ("", ValueError, "no strategy ''"),
        ({"mine": "smot"}, ValueError, "no strategy 'smot'"),
        ({"mine": Ridge()}, TypeError, "strategies['mine'] is Ridge()"),
        ({"nothing": "smote"}, ValueError, "strategies['nothing'] must be None"),
    ],
)
def test_strategies_that_are_none(asked, error, message):
    with pytest.raises(error, match=re.escape(message)):
        choose_strategies(asked)


def test_the_cleaner_after_smote_may_clean_every_class():
    strategy = STRATEGIES["smote-enn"]()
    parameters = strategy.sampler.get_params()
    cleaning = [v for k, v in parameters.items() if k.endswith("sampling_strategy")]
    assert "all" in cleaning


def test_class_weight_reaches_the_classifier_inside_a_pipeline():
    strategy = STRATEGIES["class-weight"]()
    model = make_pipeline(StandardScaler(), LogisticRegression())
    around = strategy.around(model)
    assert around.estimator[-1].class_weight == "balanced"
    assert around.sampler is None
    assert model[-1].class_weight is None


def test_a_strategy_never_shares_its_sampler():
    strategy = STRATEGIES["smote"]()
    first, second = (strategy.around(GaussianNB()) for _ in range(2))
    assert first.sampler is not second.sampler
    assert first.sampler is not strategy.sampler


def test_a_model_without_class_weights_goes_without():
    X, y = numbers()
    asked = ["class-weight", "random-over"]
    model = KNeighborsClassifier()
    with pytest.warns(UserWarning, match="class-weight is left out for KNeighbors"):
        found = quick(X, y, strategies=asked, estimator=model, cv=2)
    assert found.strategies("KNeighborsClassifier") == [
        "nothing",
        "tuned-threshold",
        "random-over",
    ]
    # One strategy is left to compare: nothing to adjust for.
    assert "adjusted" not in found.sentences[0]


def test_the_default_models_stand_behind_a_vectorizer():
    models = default_models()
    assert list(models) == ["logistic regression", "histogram gradient boosting"]
    for model in models.values():
        assert isinstance(model[0], TableVectorizer)
    # Copies of training rows in the held-out part would keep trees growing.
    assert models["histogram gradient boosting"][-1].early_stopping is False


def test_models_are_named_after_their_last_step():
    pipeline = make_pipeline(StandardScaler(), GaussianNB())
    assert list(choose_models(pipeline, [])) == ["GaussianNB"]
    assert list(choose_models(GaussianNB(), [])) == ["GaussianNB"]
    assert list(choose_models({"bayes": GaussianNB()}, [])) == ["bayes"]


@pytest.mark.parametrize(
    ("estimator", "error", "message"),
    [
        (Ridge(), TypeError, "'Ridge' is Ridge()"),
        (GaussianNB, TypeError, "give an instance"),
        ({"a": "forest"}, TypeError, "'a' is 'forest'"),
        ({}, ValueError, "empty mapping"),
        (LinearSVC(), TypeError, "'LinearSVC' gives no probabilities"),
    ],
)
def test_models_that_are_none(estimator, error, message):
    with pytest.raises(error, match=re.escape(message)):
        choose_models(estimator, choose_metrics(None))


@pytest.mark.parametrize(
    "around",
    [
        lambda model: model,
        lambda model: make_pipeline(StandardScaler(), model),
        TunedThresholdClassifier,
        lambda model: VotingClassifier([("a", model)]),
    ],
)
def test_a_model_that_was_fitted_before_is_not_measured(around):
    X, y = numbers()
    known = around(FrozenEstimator(GaussianNB().fit(X, y)))
    with pytest.raises(ValueError, match=r"estimator '.*' holds a FrozenEstimator"):
        quick(X, y, estimator=known)
    with pytest.raises(ValueError, match=r"strategies\['mine'\] holds a Frozen"):
        quick(X, y, strategies={"mine": known})
    # What turns columns into numbers may be known already.
    scaled = make_pipeline(FrozenEstimator(StandardScaler().fit(X)), GaussianNB())
    quick(X, y, estimator=scaled, strategies=[], scoring=["mcc"])


@quiet
def test_a_model_without_probabilities_can_be_judged_by_its_labels():
    X, y = numbers()
    found = quick(X, y, estimator=LinearSVC(), scoring=["mcc", "balanced_accuracy"])
    assert "changes MCC by" in found.sentences[0]


def test_skrub_is_asked_for_only_when_needed(monkeypatch):
    monkeypatch.setitem(sys.modules, "skrub", None)
    X, y = numbers()
    quick(X, y, cv=2)
    with pytest.raises(ImportError, match=re.escape("pip install 'imbsuite[explore]'")):
        compare(X, y)


def test_the_import_is_light():
    code = (
        "import sys, imbsuite, imbsuite.explore;"
        # pandas is not among these: scikit-learn imports it where it is installed.
        "print([m for m in ('skrub', 'matplotlib', 'typer', 'polars')"
        " if m in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"


# --- Folds ---------------------------------------------------------------------------


def check_partition(folds, n_rows: int) -> None:
    """Each round of folds tests every row once, on training rows that are others."""
    tested = np.concatenate([test for _, test in folds])
    assert sorted(tested) == list(range(n_rows))
    for train, test in folds:
        assert sorted([*train, *test]) == list(range(n_rows))


def test_five_stratified_folds_twice():
    _, y = numbers(100, 20)
    folds = make_folds(None, None, check_labels(y), None, 0)
    assert len(folds.pairs) == 10
    check_partition(folds.pairs[:5], 100)
    check_partition(folds.pairs[5:], 100)
    assert all(y[test].sum() == 4 for _, test in folds.pairs)
    assert folds.test_train_ratio == pytest.approx(0.25)
    first, again = folds.pairs[0], folds.pairs[5]
    assert first[1].tolist() != again[1].tolist()
    assert folds.notes == ()


def test_folds_follow_the_seed():
    labels = check_labels(numbers()[1])
    one, same, other = (make_folds(3, None, labels, None, s) for s in (1, 1, 2))
    np.testing.assert_array_equal(one.pairs[0][1], same.pairs[0][1])
    assert one.pairs[0][1].tolist() != other.pairs[0][1].tolist()


@pytest.mark.parametrize(
    ("sizes", "asked", "n_folds", "named"),
    [
        ([50, 10], 5, 5, []),
        ([50, 5], 5, 5, []),
        ([50, 4], 5, 4, ["1 (4)"]),
        ([50, 2], 5, 2, ["1 (2)"]),
        ([2, 2], 5, 2, ["0 (2)", "1 (2)"]),
        ([50, 40, 2], 5, 5, ["2 (2)"]),
        ([50, 40, 1], 5, 5, ["2 (1)"]),
        ([50, 3, 1, 2], 5, 3, ["1 (3)", "2 (1)", "3 (2)"]),
    ],
)
def test_small_classes_make_fewer_folds_and_one_note(sizes, asked, n_folds, named):
    labels = check_labels(np.repeat(range(len(sizes)), sizes))
    folds = StratifiedFolds(asked, 1).split(labels)
    assert len(folds.pairs) == n_folds
    check_partition(folds.pairs, sum(sizes))
    assert len(folds.notes) == bool(named)
    for text in named:
        assert text in folds.notes[0]
    assert ("are used instead" in "".join(folds.notes)) == (n_folds < asked)
    # Two classes at least in every test fold, so that there is something to rank.
    assert all(len(np.unique(labels.codes[test])) > 1 for _, test in folds.pairs)


def test_a_single_row_of_the_rare_class_cannot_be_compared():
    with pytest.raises(ValueError, match="fewer than two classes have 2 rows"):
        StratifiedFolds().split(check_labels([0] * 50 + [1]))


@pytest.mark.parametrize(("n_folds", "n_repeats"), [(1, 1), (0, 1), (5, 0)])
def test_too_few_folds(n_folds, n_repeats):
    with pytest.raises(ValueError, match="are not enough"):
        StratifiedFolds(n_folds, n_repeats).split(check_labels([0, 0, 1, 1]))


def test_groups_are_never_split():
    groups = np.repeat(range(30), 5)
    y = RNG(0).integers(0, 2, 150)
    folds = make_folds(None, None, check_labels(y), groups, 0)
    assert len(folds.pairs) == 10
    for train, test in folds.pairs:
        assert not set(groups[train]) & set(groups[test])


def test_few_groups_make_fewer_folds():
    groups = np.repeat([0, 1, 2], 20)
    labels = check_labels([0, 1] * 30)
    folds = make_folds(None, None, labels, groups, 0)
    assert len(folds.pairs) == 6
    assert "fewer groups than 5 folds: 0 (3), 1 (3); 3 folds" in folds.notes[0]


def test_a_class_in_one_group_only_cannot_be_compared():
    with pytest.raises(ValueError, match="have 2 groups or more"):
        StratifiedFolds().split(
            check_labels([0, 0, 0, 1, 1, 1]), np.array([0, 1, 2, 3, 3, 3])
        )


def test_splitters_and_lists_of_folds_are_taken_as_they_are():
    X, y = numbers(60, 20)
    splitter = StratifiedShuffleSplit(4, test_size=0.5, random_state=0)
    folds = make_folds(splitter, X, check_labels(y), None, 0)
    assert len(folds.pairs) == 4
    assert folds.test_train_ratio == pytest.approx(1)
    listed = make_folds(list(splitter.split(X, y)), X, check_labels(y), None, 0)
    for (_, ours), (_, theirs) in zip(folds.pairs, listed.pairs, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_folds_that_cannot_be_trained_on_are_left_out():
    labels = check_labels([0, 0, 0, 1])
    rows = np.arange(4)
    one_class, empty, good = (rows[:3], rows[3:]), (rows, rows[:0]), (rows, rows)
    folds = make_folds([one_class, empty, good], rows, labels, None, 0)
    assert len(folds.pairs) == 1
    assert folds.notes[0].startswith("2 of 3 folds are left out")
    with pytest.raises(ValueError, match="none of the 1 folds"):
        make_folds([one_class], rows, labels, None, 0)


# --- Nothing leaks -------------------------------------------------------------------

SEEN: list[tuple[str, set[int]]] = []


class SpySampler(BaseEstimator):
    """Records the rows that it is given; the column "row" numbers them."""

    def fit_resample(self, X, y, **options):
        assert list(X.columns) == ["row", "colour"]
        assert set(X["colour"]) <= {"red", "green"}
        SEEN.append(("sampler", set(X["row"])))
        return X, y


class SpyClassifier(ClassifierMixin, BaseEstimator):
    """Records the rows that it is fitted on, and those that it predicts."""

    def fit(self, X, y):
        SEEN.append(("fit", set(X["row"])))
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        SEEN.append(("predict", set(X["row"])))
        return np.tile([0.5, 0.5], (len(X), 1))

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


@quiet
def test_the_sampler_sees_the_raw_training_rows_and_no_other():
    SEEN.clear()
    n = 60
    X = pd.DataFrame(
        {"row": np.arange(n), "colour": RNG(0).choice(["red", "green"], n)}
    )
    y = np.arange(n) % 3 == 0
    folds = StratifiedFolds(3, 2, random_state=0).split(check_labels(y)).pairs
    compare(
        X,
        y,
        strategies={"spy": SpySampler()},
        estimator=SpyClassifier(),
        cv=folds,
        scoring=["average_precision"],
    )
    sampled = [rows for what, rows in SEEN if what == "sampler"]
    assert sampled == [set(train) for train, _ in folds]
    current: set[int] = set()
    for what, rows in SEEN:
        if what == "fit":
            current = rows
        if what == "predict":
            assert not rows & current
            assert len(rows | current) == n


@quiet
def test_corrections_and_thresholds_see_no_test_row():
    SEEN.clear()
    n = 60
    X = pd.DataFrame({"row": np.arange(n), "colour": ["red", "green"] * (n // 2)})
    y = np.arange(n) % 3 == 0
    train, test = np.arange(40), np.arange(40, 60)
    compare(
        X,
        y,
        strategies={"spy": SpySampler()},
        estimator=SpyClassifier(),
        cv=[(train, test)],
    )
    held_out = set(test)
    for what, rows in SEEN:
        if what == "predict":
            # Rows that were not fitted on: all of the test fold, or none of it.
            assert rows == held_out or rows <= set(train)
        else:
            assert rows <= set(train)
    fitted = [rows for what, rows in SEEN if what == "fit"]
    assert len(fitted) == 2 * (1 + INNER_FOLDS)


class NoBlends(ClassifierMixin, BaseEstimator):
    """Refuses indicator columns that are neither 0 nor 1."""

    def fit(self, X, y):
        coloured = X.filter(like="colour_")
        assert coloured.shape[1] >= 2
        assert set(np.unique(coloured)) <= {0, 1}
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.resize(self.classes_, len(X))


@quiet
@pytest.mark.parametrize("strategy", ["smote", "borderline-smote", "smote-enn"])
def test_indicator_columns_are_never_interpolated(strategy):
    X, y = table()
    X["colour"] = RNG(0).choice(["red", "green", "blue"], len(X))
    model = make_pipeline(TableVectorizer(), NoBlends())
    found = compare(X, y, strategies=[strategy], estimator=model, cv=2, scoring=["mcc"])
    assert found.scores["value"].notna().all()


# --- The whole -----------------------------------------------------------------------


@quiet
def test_every_score_once():
    X, y = numbers()
    models = {"bayes": GaussianNB(), "tree": RandomForestClassifier(3)}
    found = compare(X, y, strategies=["random-under"], estimator=models, cv=2)
    scores = found.scores
    assert list(scores.columns) == ["model", "strategy", "fold", "metric", "value"]
    assert len(scores) == 2 * 3 * 4 * 11
    assert not scores.duplicated(["model", "strategy", "fold", "metric"]).any()
    assert scores["value"].notna().all()
    assert sorted(scores["fold"].unique()) == [0, 1, 2, 3]
    assert found.models == ["bayes", "tree"]
    assert found.n_folds == 4
    assert found.class_sizes == {0: 170, 1: 30}
    assert found.positive == 1


@quiet
def test_summary_is_the_interval_of_the_paired_differences():
    X, y = numbers()
    found = quick(X, y, strategies=["random-over", "random-under"], cv=5)
    wide = found.scores.pivot_table(
        index="fold", columns=["metric", "strategy"], values="value"
    )
    summary = found.summary(level=0.9).set_index(["strategy", "metric"])
    for name in METRICS:
        if name.startswith("calibration"):
            assert summary.loc["random-over", name]["verdict"] == ""
        # A tuned threshold is a third to compare where labels are judged.
        together = 3 if name in {"balanced_accuracy", "mcc"} else 2
        d = wide[name]["random-over"] - wide[name]["nothing"]
        expected = corrected_interval(
            d,
            test_train_ratio=found.test_train_ratio,
            level=0.9,
            comparisons=together,
        )
        row = summary.loc["random-over", name]
        assert row["mean"] == pytest.approx(wide[name]["random-over"].mean())
        np.testing.assert_allclose(
            row[["difference", "low", "high"]].astype(float),
            [expected.difference, expected.low, expected.high],
        )
    nothing = summary.loc["nothing"]
    assert nothing[["difference", "low", "high"]].isna().all(axis=None)
    assert (nothing["verdict"] == "").all()


@quiet
def test_same_seed_same_scores():
    X, y = numbers()
    options = {
        "strategies": ["smote", "random-under"],
        "estimator": RandomForestClassifier(5),
    }

    def values(**more):
        scores = quick(X, y, **options | more).scores
        return scores.loc[scores["metric"] != "fit_time", "value"].to_numpy()

    first = values()
    np.testing.assert_array_equal(first, values())
    np.testing.assert_array_equal(first, values(n_jobs=2))
    assert not np.array_equal(first, values(random_state=1))


@quiet
def test_a_strategy_that_changes_nothing_differs_by_nothing():
    # The same folds and the same seeds: chance drops out, even that of a forest.
    X, y = numbers()
    found = quick(X, y, strategies={"same": None}, estimator=RandomForestClassifier(5))
    summary = found.summary()
    same = summary[(summary["strategy"] == "same") & (summary["metric"] != "fit_time")]
    assert (same["difference"] == 0).all()
    told = ~same["metric"].str.startswith("calibration")
    assert (same["verdict"][told] == "unclear").all()
    assert "nothing clearly beats doing nothing" in found.sentences[0]


def test_seeds_go_to_every_free_random_state():
    model = STRATEGIES["smote"]().around(
        make_pipeline(StandardScaler(), RandomForestClassifier())
    )
    found = seeded(model, 7).get_params()
    assert found["sampler__random_state"] == 7
    assert found["estimator__randomforestclassifier__random_state"] == 7
    assert model.get_params()["sampler__random_state"] is None


def test_seeds_of_the_user_stay():
    model = STRATEGIES["nothing"]().around(RandomForestClassifier(random_state=3))
    assert seeded(model, 7).get_params()["estimator__random_state"] == 3


@quiet
def test_any_table_goes_in_and_all_kinds_agree():
    X, y = table()
    frames = [X, pl.from_pandas(X), pl.from_pandas(X).to_arrow()]
    options = {"strategies": ["smote"], "cv": StratifiedFolds(2, 1)}
    found = [compare(frame, y, **options).scores for frame in frames]
    for scores in found:
        timed = scores["metric"] == "fit_time"
        assert scores["value"].notna().all()
        np.testing.assert_allclose(
            scores.loc[~timed, "value"], found[0].loc[~timed, "value"], rtol=1e-4
        )


@quiet
def test_arrays_and_lists_agree():
    X, y = numbers()
    listed, array = quick(X.tolist(), y.tolist()), quick(X, y)
    assert listed.summary()["mean"][0] == array.summary()["mean"][0]


@quiet
def test_the_input_is_left_as_it_is():
    X, y = table()
    X_before, y_before = X.copy(), y.copy()
    compare(X, y, strategies=["smote"], cv=StratifiedFolds(2, 1))
    pd.testing.assert_frame_equal(X, X_before)
    np.testing.assert_array_equal(y, y_before)


@quiet
def test_progress_is_reported_after_every_fit():
    X, y = numbers()
    reports: list[tuple[int, int]] = []
    quick(X, y, progress=lambda done, total: reports.append((done, total)))
    assert reports == [(i, 12) for i in range(13)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"X": np.zeros((3, 2))}, "X has 3 rows, y has 200"),
        ({"X": np.zeros((200, 0))}, "X has no columns"),
        ({"groups": [1, 2]}, "groups has 2"),
        ({"groups": [None] * 200}, "groups has missing values"),
        ({"random_state": -1}, "cannot seed"),
        ({"cv": 1}, "1 folds"),
    ],
)
def test_what_cannot_be_compared(change, message):
    X, y = numbers()
    with pytest.raises(ValueError, match=message):
        quick(**{"X": X, "y": y} | change)


@pytest.mark.parametrize(
    ("sizes", "groups"),
    [
        ([100, 2], None),
        ([60, 38, 2], None),
        ([60, 39, 1], None),
        ([50, 45, 3, 1], None),
        ([60, 40], np.arange(100) % 7),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_tiny_classes_do_not_crash(sizes, groups):
    y = np.repeat(range(len(sizes)), sizes)
    X = RNG(0).normal(size=(len(y), 3)) + y[:, None]
    found = compare(X, y, estimator=LogisticRegression(), groups=groups)
    assert not [note for note in found.notes if "failed" in note]
    assert found.strategies("LogisticRegression") == MEASURED
    ranked = found.scores[found.scores["metric"] == "average_precision"]
    assert ranked["value"].notna().all()


def test_notes_are_warned_of_once_each():
    X, y = numbers(60, 3)
    with pytest.warns(UserWarning, match=".") as caught:
        found = quick(X, y, cv=5, strategies=["smote"])
    said = [str(warning.message) for warning in caught]
    assert said == list(found.notes)
    assert all(warning.filename == __file__ for warning in caught)
    assert said[0].startswith("classes with fewer rows than 5 folds: 1 (3); 3 folds")
    assert said[1].startswith("class 1 has fewer than 10 rows in an average test fold")
    # Twelve fits, the six with smote say that k is clipped: one note.
    assert len(said) == 4
    assert "6 of 12 fits: smote)" in said[3]
    assert said[2].endswith("2 folds are used. (12 of 12 fits: nothing, smote)")


class Moody(ClassifierMixin, BaseEstimator):
    """Warns always; fails where the training rows are as many as ``fails_at``."""

    def __init__(self, fails_at: int = -1) -> None:
        self.fails_at = fails_at

    def fit(self, X, y):
        warnings.warn("I do not like Mondays", UserWarning, stacklevel=1)
        warnings.warn("I am old", DeprecationWarning, stacklevel=1)
        for label in (1, 2):
            warnings.warn(f"{label}: {len(y)} rows", UserWarning, stacklevel=1)
        if len(y) == self.fails_at:
            msg = "not\ntoday"
            raise RuntimeError(msg)
        self.model_ = GaussianNB().fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X):
        return self.model_.predict(X)

    def predict_proba(self, X):
        return self.model_.predict_proba(X)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_warnings_of_the_fits_are_summed_up():
    X, y = numbers()
    notes = quick(X, y, estimator=Moody()).notes
    assert "I do not like Mondays (12 of 12 fits: nothing, random-over)" in notes
    # Other numbers, the same remark; and said twice by each fit.
    assert len([note for note in notes if "rows (12 of 12 fits" in note]) == 1
    assert not [note for note in notes if "old" in note]


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_strategy_that_fails_is_not_compared_and_the_others_are():
    X, y = numbers(200, 30)
    # Random over-sampling of two thirds of 170 and 30 rows: 2 * 113 or 2 * 114.
    found = quick(
        X, y, estimator=Moody(226), strategies=["random-over", "random-under"]
    )
    failed = [note for note in found.notes if "failed" in note]
    assert len(failed) == 1
    assert failed[0].startswith("random-over failed with Moody in ")
    assert failed[0].endswith("is not compared: RuntimeError: not today")
    rows = found.summary().set_index(["strategy", "metric"])
    assert np.isnan(rows.loc[("random-over", "mcc"), "mean"])
    assert rows.loc[("random-under", "mcc"), "verdict"] != ""
    assert "random-under" in found.sentences[0]
    assert "random-over" not in found.sentences[0]
    assert "n/a" in str(found)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_model_that_cannot_be_fitted_at_all_is_an_error():
    X, y = numbers()
    X[0, 0] = np.nan
    X[1, 0] = np.nan
    folds = [
        (np.arange(150), np.arange(150, 200)),
        (np.arange(100), np.arange(150, 200)),
    ]
    message = "GaussianNB could not be fitted and measured on any fold, even without"
    with pytest.raises(ValueError, match=message):
        quick(X, y, cv=folds, strategies=[])


class BalancedOnly(ClassifierMixin, BaseEstimator):
    """Learns nothing from classes of unequal size."""

    def fit(self, X, y):
        self.classes_, sizes = np.unique(y, return_counts=True)
        balanced = sizes.min() == sizes.max()
        self.model_ = GaussianNB() if balanced else DummyClassifier()
        self.model_.fit(X, y)
        return self

    def predict(self, X):
        return self.model_.predict(X)

    def predict_proba(self, X):
        return self.model_.predict_proba(X)


def test_what_helps_is_found():
    X, y = numbers(400, 100)
    found = quick(X, y, estimator=BalancedOnly(), strategies=["random-under"], cv=5)
    assert found.sentences[0].startswith(
        "BalancedOnly: random-under beats doing nothing — it changes average precision "
        "by +0."
    )


# --- Sentences -----------------------------------------------------------------------

STEPS = np.array([-1, 1] * 5)


def around(mean: float, spread: float = 0.001):
    """Return ten values with this mean."""
    return mean + spread * STEPS


def made(
    ap: dict, loss: dict | None = None, scoring=("average_precision", "log_loss")
) -> Comparison:
    """Return the comparison of a model with these scores, strategy by strategy."""
    metrics = choose_metrics(scoring)
    by_metric = {"average_precision": ap, "log_loss": loss or {}}
    rows = [
        ("tree", strategy, fold, metric.name, value)
        for metric in metrics[:-1]
        for strategy, values in by_metric[metric.name].items()
        for fold, value in enumerate(values)
    ]
    rows += [
        ("tree", s, f, "fit_time", 1.0) for s, v in ap.items() for f in range(len(v))
    ]
    columns = ["model", "strategy", "fold", "metric", "value"]
    return Comparison(
        scores=pd.DataFrame(rows, columns=columns),
        metrics=metrics,
        class_sizes={"no": 900, "yes": 100},
        positive="yes",
        test_train_ratio=0.25,
    )


def said(ap: dict, loss: dict | None = None, **options) -> str:
    """Return the sentence; doing nothing scores 0.5 in average precision and loss."""
    n = len(next(iter(ap.values()))) if ap else 10
    base = around(0.5, 0)[:n]
    losses = dict.fromkeys(ap, base) | (loss or {})
    return made(
        {"nothing": base} | ap, {"nothing": base} | losses, **options
    ).sentences[0]


def test_something_beats_doing_nothing():
    text = said({"smote": around(0.6)}, {"smote": around(0.8)})
    # Half-width: t(9, 0.975) * sqrt((1/10 + 1/4) * 0.001**2 * 10/9) = 0.00141.
    assert text == (
        "tree: smote beats doing nothing — it changes average precision by +0.100 "
        "(95 % interval 0.099 to 0.101), and it makes the probabilities worse "
        "(log-loss +0.300, 0.299 to 0.301)."
    )


@pytest.mark.parametrize(
    ("others", "also"),
    [
        ([], ""),
        (["b"], ", and so does b"),
        (["b", "c"], ", and so do b and c"),
        (["b", "c", "d"], ", and so do b, c and d"),
    ],
)
def test_several_beat_doing_nothing(others, also):
    better = {"a": around(0.7)} | {
        name: around(0.65 - i / 100) for i, name in enumerate(others)
    }
    text = said(better | {"poor": around(0.4)})
    assert text.startswith(f"tree: a beats doing nothing{also} — it changes")


def test_nothing_beats_doing_nothing():
    text = said(
        {"smote": around(0.49, 0.1), "random-over": around(0.48, 0.1)},
        {"smote": around(0.81)},
    )
    assert text.startswith(
        "tree: nothing clearly beats doing nothing — the best, smote, changes average "
        "precision by \u22120.010 (95 % interval, adjusted for 2 strategies, \u22120."
    )
    assert "it makes the probabilities worse (log-loss +0.310, 0.308 to 0.312)" in text


def test_everything_is_worse():
    text = said({"smote": around(0.4), "random-over": around(0.3)})
    assert text.startswith(
        "tree: every strategy compared is worse than doing nothing — the best, smote, "
        "changes average precision by \u22120.100 (95 % interval, adjusted for 2 "
        "strategies, \u22120.102 to \u22120.098)"
    )


def test_the_only_one_is_worse():
    text = said({"smote": around(0.4)})
    assert text.startswith("tree: smote is worse than doing nothing — it changes")


def test_one_worse_one_unclear_is_no_defeat_of_all():
    text = said({"smote": around(0.3), "random-over": around(0.5, 0.2)})
    assert "nothing clearly beats doing nothing — the best, random-over," in text


@pytest.mark.parametrize(
    ("loss", "text"),
    [
        (around(0.7), ", and it makes the probabilities worse (log-loss +0.200, 0.199"),
        (around(0.3), ", and it makes the probabilities better (log-loss \u22120.200"),
        (
            around(0.5, 0.1),
            "; what it does to the probabilities is not clear (log-loss",
        ),
    ],
)
def test_the_price_in_probabilities(loss, text):
    assert text in said({"smote": around(0.5, 0.1)}, {"smote": loss})


def test_the_price_is_that_of_the_strategy_named():
    text = said(
        {"good": around(0.6), "bad": around(0.4)},
        {"good": around(0.51), "bad": around(0.9)},
    )
    assert "(log-loss +0.010, 0.008 to 0.012)" in text


def test_what_looks_better_alone_is_not_claimed_among_many():
    # d = 0.05 +- 0.04: half-width 0.056 * 0.845 alone, wider for six.
    good = around(0.55, 0.033)
    assert "smote beats doing nothing" in said({"smote": good})
    many = dict.fromkeys([f"other-{i}" for i in range(5)], around(0.5, 0.03))
    text = said({"smote": good} | many)
    assert "nothing clearly beats doing nothing — the best, smote, changes" in text
    assert "adjusted for 6 strategies" in text


def test_the_strategy_named_is_one_that_is_shown_to_be_better():
    # The higher mean is uncertain, the lower one is not.
    text = said({"wild": around(0.7, 0.5), "steady": around(0.6)})
    assert text.startswith("tree: steady beats doing nothing — it changes")
    assert "wild" not in text


@pytest.mark.parametrize("seed", range(60))
def test_no_sentence_claims_more_than_its_interval(seed):
    rng = RNG(seed)
    ap = {
        name: rng.normal(0.5 + rng.normal(0, 0.05), 0.05, 10)
        for name in ("a", "b", "c")
    }
    comparison = made(
        {"nothing": np.full(10, 0.5)} | ap,
        {name: rng.random(10) for name in ("nothing", *ap)},
    )
    text = comparison.sentences[0]
    rows = comparison.summary().set_index(["strategy", "metric"])
    low = {name: rows.loc[(name, "average_precision"), "low"] for name in ap}
    high = {name: rows.loc[(name, "average_precision"), "high"] for name in ap}
    beaten = "beats doing nothing" in text and "nothing clearly beats" not in text
    assert beaten == any(bound > 0 for bound in low.values())
    assert ("is worse than doing nothing" in text) == all(b < 0 for b in high.values())
    if beaten:
        named = re.match(r"tree: (\w) beats", text)[1]
        assert low[named] > 0
        assert f"{number(low[named])} to {number(high[named])}" in text


@pytest.mark.parametrize("n_folds", [2, 5, 9])
def test_few_folds_are_admitted(n_folds):
    text = said({"smote": around(0.5, 0.1)[:n_folds]})
    assert text.endswith(f"; with {n_folds} test folds only a large effect can show.")


def test_enough_folds_need_no_excuse():
    assert "test folds" not in said({"smote": around(0.5, 0.1)})


def test_one_fold_says_nothing():
    assert said({"smote": around(0.9)[:1]}) == (
        "tree: a single test fold gives no interval, so nothing can be said."
    )


def test_nothing_to_compare():
    assert said({}) == "tree: no strategy could be compared with doing nothing."


def test_a_strategy_that_lacks_a_fold_is_not_named():
    gap = around(0.9)
    gap[3] = np.nan
    text = said({"smote": gap, "random-over": around(0.4)})
    assert "smote" not in text.replace("every strategy", "")
    assert "random-over" in text


def test_folds_without_a_value_for_doing_nothing_are_left_out_for_all():
    base, ours = around(0.5, 0), around(0.6)
    base[0] = ours[0] = np.nan
    row = made({"nothing": base, "smote": ours}, {"nothing": base, "smote": ours})
    summary = row.summary().set_index(["strategy", "metric"])
    assert summary.loc[("smote", "average_precision"), "mean"] == pytest.approx(
        ours[1:].mean()
    )
    assert summary.loc[("smote", "average_precision"), "verdict"] == "better"


def test_without_log_loss_there_is_no_price():
    text = said({"smote": around(0.6)}, scoring=["average_precision"])
    assert "probabilities" not in text
    assert text.endswith("0.099 to 0.101).")


def test_ranked_by_the_first_metric_where_there_is_no_average_precision():
    text = said(
        {"a": around(0.5), "b": around(0.5)},
        {"a": around(0.4), "b": around(0.45)},
        scoring=["log_loss"],
    )
    # Less loss is better, so the lowest is the best.
    assert text.startswith(
        "tree: a beats doing nothing, and so does b — it changes log"
    )
    assert "probabilities" not in text


@pytest.mark.parametrize(
    ("value", "signed", "text"),
    [
        (0.1234, False, "0.123"),
        (0.1234, True, "+0.123"),
        (-0.1234, False, "\u22120.123"),
        (0.0, False, "0.000"),
        (0.0, True, "+0.000"),
        (0.00004, False, "0.00004"),
        (0.00004, True, "+0.00004"),
        (-0.00041, True, "\u22120.0004"),
        (12.5, False, "12.500"),
    ],
)
def test_numbers_are_never_rounded_to_0(value, signed, text):
    assert number(value, signed=signed) == text


# --- Corrections, thresholds, costs --------------------------------------------------


def trained(y, seed=0, treated=True, groups=None):
    """Return answers with training rows, of a balanced logistic regression."""
    rng = RNG(seed)
    X = rng.normal(size=(len(y), 2)) + 1.5 * np.asarray(y)[:, None]
    half = len(y) // 2
    train, test = np.arange(half), np.arange(half, len(y))
    model = LogisticRegression(class_weight="balanced" if treated else None)
    training = Training(
        model, X[train], np.asarray(y)[train], seed, groups=groups, treated=treated
    )
    fitted = LogisticRegression(**model.get_params()).fit(X[train], y[train])
    return Answers(fitted, X[test], check_labels(y), test, 0.1, training)


def test_corrected_probabilities_are_those_of_the_natural_world():
    y = RNG(0).permutation([0] * 900 + [1] * 100)
    found = trained(y)
    raw, corrected = found.proba[:, 1].mean(), found.corrected[:, 1].mean()
    assert raw > 0.2
    assert corrected == pytest.approx(0.1, abs=0.03)
    untouched = trained(y, treated=False)
    assert untouched.corrected is untouched.proba


def test_corrected_probabilities_are_those_of_the_corrected_classifier():
    y = RNG(0).permutation([0] * 900 + [1] * 100)
    found = trained(y)
    model = PriorCorrectedClassifier(
        found.training.estimator, cv=INNER_FOLDS, random_state=0
    ).fit(found.training.X, found.training.y)
    np.testing.assert_allclose(found.corrected, model.predict_proba(found.X))


def test_tuned_answers_are_those_of_the_tuned_classifier():
    y = RNG(0).permutation([0] * 900 + [1] * 100)
    found = trained(y, treated=False)
    for scoring in ("balanced_accuracy", "matthews_corrcoef"):
        model = TunedThresholdClassifier(
            found.training.estimator, scoring=scoring, cv=INNER_FOLDS, random_state=0
        ).fit(found.training.X, found.training.y)
        decided = found.decided(scoring)
        np.testing.assert_array_equal(decided.chosen, model.predict(found.X))
        np.testing.assert_array_equal(decided.proba, found.proba)


def test_a_class_of_one_training_row_leaves_labels_and_takes_the_formula():
    y = np.zeros(100, dtype=int)
    y[[3, 60, 70]] = 1
    found = trained(y)
    with pytest.warns(UserWarning, match="no fold can be made"):
        assert found.decided("balanced_accuracy") is found
    odds = found.proba[:, 1] / found.proba[:, 0]
    moved = found.corrected[:, 1] / found.corrected[:, 0]
    np.testing.assert_allclose(moved, odds / 49)  # 1 of 50, weighted to 1 of 2


def test_groups_are_not_split_inside_either():
    y = np.tile([0, 0, 1], 40)
    groups = np.repeat(np.arange(20), 3)
    seen = []

    class Seeing(LogisticRegression):
        def fit(self, X, y):
            seen.append(X)
            return super().fit(X, y)

    X = np.column_stack([np.arange(60.0), np.tile(y[:3], 20)])
    Training(Seeing(), X, y[:60], groups=groups).timed  # noqa: B018
    for rows in seen:
        inside = rows[:, 0].astype(int)
        assert not set(groups[inside]) & set(np.delete(groups, inside))
    assert len(seen) == INNER_FOLDS


@quiet
def test_the_tuned_threshold_is_the_model_at_another_threshold():
    X, y = numbers(400, 40)
    found = quick(X, y, strategies=["smote"], cv=4)
    wide = found.scores.pivot_table(
        index="fold", columns=["metric", "strategy"], values="value"
    )
    for name in ("average_precision", "roc_auc", "log_loss", "brier"):
        assert (wide[name]["tuned-threshold"] == wide[name]["nothing"]).all()
    tuned = wide["balanced_accuracy_tuned"]["nothing"]
    assert (wide["balanced_accuracy"]["tuned-threshold"] == tuned).all()
    assert tuned.mean() > wide["balanced_accuracy"]["nothing"].mean()
    times = wide["fit_time"]
    assert (times["tuned-threshold"] > times["nothing"]).all()
    rows = found.summary().set_index(["strategy", "metric"])
    assert rows.loc[("tuned-threshold", "average_precision"), "verdict"] == ""
    assert rows.loc[("tuned-threshold", "balanced_accuracy"), "verdict"] != ""


@quiet
def test_without_labels_or_probabilities_no_threshold_is_tuned():
    X, y = numbers()
    ranked = quick(X, y, scoring=["average_precision", "log_loss"])
    assert ranked.strategies("GaussianNB") == ["nothing", "random-over"]
    model = LinearSVC()
    labelled = quick(X, y, estimator=model, scoring=["balanced_accuracy"])
    assert labelled.strategies("LinearSVC") == ["nothing", "random-over"]


@quiet
def test_thresholds_are_tuned_for_scorers_of_labels():
    X, y = numbers(400, 40)
    found = quick(X, y, scoring=["f1"], strategies=[], cv=4)
    by_strategy = found.scores.groupby(["metric", "strategy"])["value"].mean()["f1"]
    assert by_strategy["tuned-threshold"] > by_strategy["nothing"]


def costs_of(cost, labels):
    return read_costs(
        cost, labels.classes, order=labels.ordered, positive=labels.positive
    )


@pytest.mark.parametrize("swapped", [False, True])
def test_costs_by_hand(swapped):
    # The rarer class is the positive one, wherever it sorts.
    y = np.array([0, 0, 0, 1]) if not swapped else np.array([1, 1, 1, 0])
    rare = [0.3, 0.02, 0.6, 0.04]
    proba = [[p, 1 - p] if swapped else [1 - p, p] for p in rare]
    found = answers(y, range(4), [0, 1], proba)
    costs = costs_of({"fp": 1, "fn": 20}, found.labels)
    # Alerts from 1 / 21 = 0.048: two false ones, and the positive is missed.
    assert cost_metric(costs).score(found) == (1 + 1 + 20) / 4


def test_costs_of_three_classes():
    y = np.array(["a", "b", "c"])
    found = answers(y, range(3), ["a", "b", "c"], np.full((3, 3), 1 / 3))
    distance = np.abs(np.subtract.outer(np.arange(3), np.arange(3)))
    named = pd.DataFrame(distance, index=list("abc"), columns=list("abc"))
    costs = costs_of(named, found.labels)
    # The middle is never more than one away.
    assert cost_metric(costs).score(found) == 2 / 3


@pytest.mark.parametrize(
    ("cost", "classes", "message"),
    [
        ({"fp": 1, "fm": 2}, 2, "name fp and fn"),
        ({}, 2, "name fp and fn"),
        ({"fp": 1}, 2, "does not say what 'fn' costs"),
        ({"fp": 1}, 3, "is for two classes, and there are 3"),
        ([[0, 1], [1, 0]], 3, "shape (3, 3)"),
        ([[0, np.inf], [1, 0]], 2, "finite numbers"),
    ],
)
def test_costs_that_do_not_fit(cost, classes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        costs_of(cost, check_labels(np.arange(6) % classes))


@quiet
def test_costs_are_measured_for_every_strategy():
    X, y = numbers(400, 40)
    found = quick(X, y, cost={"fp": 1, "fn": 20}, cv=5)
    rows = found.summary().set_index(["strategy", "metric"])
    nothing = rows.loc[("nothing", "cost"), "mean"]
    # Doing nothing decides by expected cost: cheaper than no alert, and than alerts only.
    assert nothing < min(0.1 * 20, 0.9 * 1)
    assert (rows.xs("cost", level="metric")["mean"] < 0.9).all()
    assert "At these costs" in found.sentences[0]
    assert "cost" in str(found)


def tell(by_metric: dict[str, dict]) -> str:
    """Return the sentence of a comparison with these scores by metric and strategy."""
    costs = read_costs(None, np.arange(2))
    metrics = choose_metrics(None, cost_metric(costs))
    scores = [
        ("tree", strategy, fold, metric, value)
        for metric, by_strategy in by_metric.items()
        for strategy, values in by_strategy.items()
        for fold, value in enumerate(values)
    ]
    columns = ["model", "strategy", "fold", "metric", "value"]
    return Comparison(
        scores=pd.DataFrame(scores, columns=columns),
        metrics=tuple(m for m in metrics if m.name in by_metric),
        class_sizes={0: 90, 1: 10},
        positive=1,
        test_train_ratio=0.25,
    ).sentences[0]


RANKED = {"nothing": around(0.5, 0), "smote": around(0.6)}


def test_whether_anything_beats_a_tuned_threshold():
    for value, says in [
        (
            0.8,
            "smote beats a tuned threshold alone: it changes balanced accuracy by +0.1",
        ),
        (
            0.7,
            "nothing clearly beats a tuned threshold alone: the best, smote, changes ",
        ),
        (
            0.6,
            "nothing clearly beats a tuned threshold alone: the best, smote, changes ",
        ),
    ]:
        labels = {"nothing": around(0.7, 0), "smote": around(value)}
        text = tell({"average_precision": RANKED, "balanced_accuracy_tuned": labels})
        assert f"With thresholds tuned for all, {says}" in text
        assert text.endswith(").")


def test_what_a_correction_repairs():
    losses = {"nothing": around(0.5, 0), "smote": around(0.8)}
    corrected = {"nothing": around(0.5, 0), "smote": around(0.51)}
    text = tell(
        {
            "average_precision": RANKED,
            "log_loss": losses,
            "log_loss_corrected": corrected,
        }
    )
    assert (
        "it makes the probabilities worse (log-loss +0.300, 0.299 to 0.301; after "
        "correction +0.010, 0.009 to 0.011)" in text
    )


def test_what_is_cheaper():
    for value, says in [
        (
            0.2,
            "At these costs smote is cheaper: it changes the cost of a row by \u22120.1",
        ),
        (0.4, "At these costs nothing is clearly cheaper than the model as it is"),
    ]:
        costs = {"nothing": around(0.3, 0), "smote": around(value)}
        assert says in tell({"average_precision": RANKED, "cost": costs})


# --- Ordered classes -----------------------------------------------------------------


LEVELS = ["low", "mid", "high"]


def graded(n: int = 240) -> tuple:
    """Return columns, and labels whose order is not that of the alphabet."""
    rng = RNG(0)
    X = rng.normal(size=(n, 2))
    return X, np.array(LEVELS)[np.digitize(X[:, 0] + rng.logistic(size=n), [0, 2])]


@pytest.mark.parametrize(
    "given",
    [
        lambda y: (y, LEVELS),
        lambda y: (pd.Series(pd.Categorical(y, LEVELS, ordered=True)), None),
        lambda y: (pl.Series(y).cast(pl.Enum(LEVELS)), None),
    ],
)
def test_the_order_of_labels(given):
    y, ordered = given(graded()[1])
    labels = check_labels(y, ordered=ordered)
    assert labels.classes[labels.order].tolist() == LEVELS
    assert labels.classes.tolist() == sorted(LEVELS)


def test_orders_are_compared_as_text():
    labels = check_labels(np.array([3, 1, 2, 3]), ordered=["3", "1", "2"])
    assert labels.classes[labels.order].tolist() == [3, 1, 2]


@pytest.mark.parametrize("wrong", [["low", "mid"], ["low", "mid", "mid", "high"]])
def test_orders_that_do_not_fit(wrong):
    with pytest.raises(ValueError, match="give each label once"):
        check_labels(graded()[1], ordered=wrong)


def test_plain_labels_and_two_classes_have_no_order():
    assert check_labels(graded()[1]).order is None
    assert check_labels(["b", "a"], ordered=["b", "a"]).order is None


@quiet
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_ordered_classes_bring_presto_and_their_metrics():
    X, y = graded()
    found = compare(X, y, ordered=LEVELS, strategies=[], cv=2)
    assert found.models[-1] == "PRESTO"
    names = [metric.name for metric in found.metrics]
    assert names[-3:] == ["ranked_probability", "macro_absolute_error", "fit_time"]
    assert "RPS" in str(found)
    assert (
        found.scores["value"][found.scores["metric"] == "ranked_probability"]
        .le(1)
        .all()
    )
    plain = quick(X, y, strategies=[], cv=2)
    assert "ranked_probability" not in [metric.name for metric in plain.metrics]


def test_ordinal_metrics_by_hand():
    y = np.array(["low", "high", "mid"])
    labels = check_labels(y, ordered=LEVELS)
    # Columns are high, low, mid. Right; two steps off; one step off.
    oracle = Oracle(["high", "low", "mid"], [[0, 1, 0], [0, 1, 0], [1, 0, 0]])
    found = Answers(oracle, np.zeros((3, 1)), labels, np.arange(3), 0.0)
    values = {m.name: m.score(found) for m in choose_metrics(["mcc"], ordered=True)}
    assert values["macro_absolute_error"] == 1
    assert values["ranked_probability"] == pytest.approx((0 + 1 + 0.5) / 3)


# --- Text and JSON -------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole() -> Comparison:
    """All strategies and metrics, two models, ten folds."""
    X, y = numbers(300, 100)
    models = {
        "logistic regression": LogisticRegression(),
        "a forest": RandomForestClassifier(5),
    }
    return compare(X, y, estimator=models)


def test_text_fits_into_100_columns(whole):
    assert max(map(len, str(whole).splitlines())) <= 100


@pytest.mark.parametrize("width", range(60, 100, 3))
def test_lines_of_text_break_between_words_only(whole, width, monkeypatch):
    monkeypatch.setattr("imbsuite.report.text.WIDTH", width)
    unwrapped = " ".join(str(whole).split())
    for sentence in whole.sentences:
        assert sentence in unwrapped


def test_text_holds_the_facts(whole):
    text = str(whole)
    assert (
        "300 rows; classes: 0 (200), 1 (100); positive class: 1. 10 test folds." in text
    )
    unwrapped = " ".join(text.split())
    assert "Bonferroni over 6 strategies" in unwrapped
    assert "moving the decision threshold" in unwrapped
    for sentence in whole.sentences:
        assert sentence in unwrapped
    assert "Notes" not in text


def test_text_is_aligned(whole):
    lines = str(whole).splitlines()
    start = lines.index("logistic regression")
    header, *rows = lines[start + 1 : start + 10]
    assert header.split()[:2] == ["strategy", "AP"]
    assert [row.split()[0] for row in rows] == MEASURED
    points = [{i for i, c in enumerate(row) if c == "."} for row in rows]
    # The decimal points of the means stand below each other in every row.
    assert len(set.intersection(*points)) >= 7
    assert lines[start + 10].split()[0] == "strategy"  # the other metrics


def test_marks_say_what_the_verdict_says(whole):
    marks = {"better": "+", "worse": "-"}
    text = str(whole)
    for row in whole.summary().to_dict("records"):
        if row["verdict"] in marks:
            assert f"{number(row['mean'])}{marks[row['verdict']]}" in text


def test_many_metrics_are_shown_in_blocks():
    X, y = numbers(100, 50)
    names = {f"a metric of a rather long name {i}": "mcc" for i in range(6)}
    text = str(quick(X, y, scoring=names, cv=5))
    assert max(map(len, text.splitlines())) <= 100
    for name in names:
        assert name in text
    assert text.count("\nrandom-over") > 1


def test_notes_are_shown():
    X, y = numbers(60, 3)
    with pytest.warns(UserWarning, match="."):
        text = str(quick(X, y))
    assert "Notes\n- class 1 has fewer than 10 rows" in text


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_more_than_two_classes_name_no_positive_one():
    y = np.repeat(["a", "b", "c"], [40, 30, 30])
    X = RNG(0).normal(size=(100, 2))
    found = quick(X, y)
    assert found.positive is None
    assert "positive class" not in str(found)


def test_json_holds_everything(whole):
    found = json.loads(json.dumps(whole.to_dict(), allow_nan=False))
    assert found["rows"] == 300
    assert found["classes"] == [{"label": 0, "rows": 200}, {"label": 1, "rows": 100}]
    assert found["positive"] == 1
    assert found["folds"] == 10
    assert found["sentences"] == whole.sentences
    assert len(found["scores"]) == len(whole.scores)
    assert len(found["summary"]) == 2 * 8 * 11
    nothing = found["summary"][0]
    assert nothing["strategy"] == "nothing"
    assert nothing["difference"] is nothing["low"] is nothing["high"] is None


@pytest.mark.parametrize(
    ("labels", "written"),
    [
        ([True, False], [False, True]),
        ([1.0, 0.0], [0.0, 1.0]),
        (["<script>", "b"], ["<script>", "b"]),
        ([date(2020, 1, 1), date(2021, 1, 1)], ["2020-01-01", "2021-01-01"]),
    ],
)
def test_labels_of_all_kinds_go_into_json(labels, written):
    X, y = numbers(125, 50)
    found = quick(X, np.asarray(labels)[y], cv=5).to_dict()
    text = json.dumps(found, allow_nan=False)
    assert [entry["label"] for entry in json.loads(text)["classes"]] == written
