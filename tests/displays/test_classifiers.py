"""Displays of thresholds, reliability and the path of PRESTO draw the actual values."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal
from scipy.stats import binomtest
from shared import spread
from sklearn.datasets import make_classification
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, make_scorer, precision_score, recall_score
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from imbsuite import (
    SMOTE,
    ConstrainedThresholdClassifier,
    CostThresholdClassifier,
    PrestoClassifierCV,
    ResampledClassifier,
    TunedThresholdClassifier,
)
from imbsuite.explore import PrestoPathDisplay, ReliabilityDisplay, ThresholdDisplay

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def closed():
    yield
    from matplotlib import pyplot as plt

    plt.close("all")


def problem(n_classes=2):
    X, y = make_classification(
        900,
        n_informative=6,
        n_classes=n_classes,
        weights=[0.8, 0.15][: n_classes - 1],
        random_state=0,
    )
    return X, np.array(["common", "rare", "rarest"])[y]


def test_curves_equal_the_metrics_at_each_threshold():
    X, y = problem()
    model = LogisticRegression().fit(X, y)
    display = ThresholdDisplay.from_estimator(model, X, y)
    p = model.predict_proba(X)[:, 1]
    assert list(display.scores) == ["rare"]
    for i in (20, 200, 350):
        alert = np.where(p >= display.threshold[i], "rare", "common")
        for name, score in [
            ("precision", precision_score),
            ("recall", recall_score),
            ("f1", f1_score),
        ]:
            expected = score(y, alert, pos_label="rare", zero_division=0)
            assert display.scores["rare"][name][i] == pytest.approx(expected)
    assert display.chosen == {"rare": 0.5}
    drawn = display.lines_["rare"]["recall"].get_ydata()
    np.testing.assert_array_equal(drawn, display.scores["rare"]["recall"])
    assert [t.get_text() for t in display.ax_.get_legend().get_texts()] == [
        "precision",
        "recall",
        "f1",
    ]


def test_undefined_precision_is_not_drawn():
    y, p = np.array([0, 0, 0, 1, 1]), np.array([0.1, 0.2, 0.6, 0.5, 0.7])
    display = ThresholdDisplay.from_predictions(y, p, pos_label=1, threshold=0.8)
    of_one = display.scores[1]
    flagged = np.array([(p >= t).any() for t in display.threshold])
    np.testing.assert_array_equal(np.isnan(of_one["precision"]), ~flagged)
    assert of_one["precision"][flagged].min() > 0
    assert not of_one["recall"][~flagged].any()
    assert np.isnan(display.chosen_scores[1]["precision"])
    assert display.chosen_scores[1]["f1"] == 0


def test_chosen_point_is_the_tuned_threshold():
    X, y = problem()
    model = TunedThresholdClassifier(
        LogisticRegression(), scoring="f1_macro", random_state=0
    ).fit(X, y)
    display = ThresholdDisplay.from_estimator(model, X, y, metrics=["f1_macro"])
    assert display.chosen["rare"] == model.threshold_[1]
    expected = f1_score(y, model.predict(X), average="macro")
    assert display.chosen_scores["rare"]["f1_macro"] == pytest.approx(expected)


def test_threshold_of_costs_is_drawn():
    X, y = problem()
    model = CostThresholdClassifier(
        LogisticRegression(), cost={"fp": 3, "fn": 18, "tn": 1}
    )
    display = ThresholdDisplay.from_estimator(model.fit(X, y), X, y, metrics=["recall"])
    assert display.chosen == {"rare": 2 / (2 + 18)}
    recall = (model.predict(X)[y == "rare"] == "rare").mean()
    assert display.chosen_scores["rare"]["recall"] == pytest.approx(recall)


@pytest.mark.parametrize(
    "cost",
    [{"fp": -1, "fn": 5}, {"fp": 1, "fn": 0}, lambda i, j, row: float(i != j)],
)
def test_costs_without_a_threshold_set_no_attribute(cost):
    X, y = problem()
    model = CostThresholdClassifier(LogisticRegression(), cost={"fp": 1, "fn": 5})
    model.fit(X, y).set_params(cost=cost).fit(X, y)
    assert not hasattr(model, "threshold_")


def test_three_classes_have_one_panel_each():
    X, y = problem(3)
    model = TunedThresholdClassifier(
        LogisticRegression(), scoring="f1_macro", random_state=0
    ).fit(X, y)
    display = ThresholdDisplay.from_estimator(model, X, y, metrics=["f1", "f1_macro"])
    assert list(display.scores) == ["common", "rare", "rarest"]
    assert len(display.axes_) == 3
    predicted = model.predict(X)
    per_class = f1_score(y, predicted, average=None)
    for k, label in enumerate(model.classes_):
        at = display.chosen_scores[label]
        assert at["f1"] == pytest.approx(per_class[k])
        assert at["f1_macro"] == pytest.approx(per_class.mean())


def test_constrained_threshold_is_drawn_one_vs_rest():
    X, y = problem(3)
    model = ConstrainedThresholdClassifier(
        LogisticRegression(), subject_to={"recall": 0.8}, random_state=0
    ).fit(X, y)
    display = ThresholdDisplay.from_estimator(model, X, y)
    assert display.chosen == {"rarest": model.threshold_}
    recall = (model.predict(X)[y == "rarest"] == "rarest").mean()
    assert display.chosen_scores["rarest"]["recall"] == pytest.approx(recall)


def test_predictions_with_weights_and_one_column():
    y, p = np.array([0, 0, 1, 1]), np.array([0.1, 0.6, 0.4, 0.9])
    display = ThresholdDisplay.from_predictions(
        y,
        p,
        threshold=0.5,
        sample_weight=[1, 1, 3, 1],
        metrics=["recall"],
        pos_label=1,
    )
    assert display.chosen_scores[1]["recall"] == 1 / 4
    other = ThresholdDisplay.from_predictions(y, p, pos_label=0, metrics=["recall"])
    assert other.chosen_scores[0]["recall"] == 1 / 2
    # A single column holds the probabilities of pos_label, like the first of these two.
    both = np.column_stack([p, 1 - p])
    same = ThresholdDisplay.from_predictions(y, both, pos_label=0, metrics=["recall"])
    assert same.chosen_scores == other.chosen_scores
    np.testing.assert_array_equal(same.scores[0]["recall"], other.scores[0]["recall"])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"y_prob": [0.1, 0.2]}, "shape"),
        ({"y_prob": [0.1, 0.2, 1.5, 0.1]}, "must be probabilities that"),
        ({"pos_label": 7}, r"one of the classes \[0, 1\]. Got 7"),
        (
            {"metrics": ["auc"]},
            r"'metrics' parameter must hold names from .* Got 'auc'",
        ),
        ({"classes": [0, 2]}, r"y_true holds the labels \[1\]"),
        ({"threshold": [0.2, 0.3, 0.5]}, "'threshold' parameter must have 2 values"),
    ],
)
def test_invalid_arguments_raise(options, says):
    usual = {"y_prob": [0.1, 0.6, 0.4, 0.9], "pos_label": 1}
    with pytest.raises(ValueError, match=says):
        ThresholdDisplay.from_predictions([0, 0, 1, 1], **usual | options)


@pytest.mark.parametrize("kind", [ThresholdDisplay, ReliabilityDisplay])
def test_axes_of_the_user_are_used(kind):
    from matplotlib import pyplot as plt

    X, y = problem()
    model = LogisticRegression().fit(X, y)
    figure, ax = plt.subplots()
    display = kind.from_estimator(model, X, y, ax=ax)
    assert display.ax_ is ax
    assert display.figure_ is figure
    X, y = problem(3)
    model = LogisticRegression().fit(X, y)
    with pytest.raises(ValueError, match=r"None or 3 axes, one for each panel. Got 1"):
        kind.from_estimator(model, X, y, ax=ax)


def test_former_name_of_annotations_warns():
    bins = {"yes": {"p": [[0.1, 0.02, 0.01, 0.04]]}}
    with pytest.warns(FutureWarning, match="now called annotations"):
        display = ReliabilityDisplay(bins, said={"yes": {"p": "slope 1.00"}})
    with pytest.warns(FutureWarning, match="now called annotations"):
        assert display.said == display.annotations == {"yes": {"p": "slope 1.00"}}
    (text,) = display.plot().ax_.get_legend().get_texts()
    assert text.get_text() == "p (slope 1.00)"


def test_reliability_before_and_after_correction():
    X, y = problem()
    model = ResampledClassifier(
        SMOTE(random_state=0), LogisticRegression(), correction="offset", random_state=0
    ).fit(X, y)
    display = ReliabilityDisplay.from_estimator(model, X, y, n_bins=5)
    by_name = display.bins["rare"]
    assert list(by_name) == ["before correction", "after"]
    after = by_name["after"]
    assert after.shape == (5, 4)
    p = np.sort(model.predict_proba(X)[:, 1])
    np.testing.assert_allclose(after[:, 0], [part.mean() for part in np.split(p, 5)])
    # Every row is in a bin.
    assert after[:, 1].mean() == pytest.approx((y == "rare").mean())
    intercepts = {
        name: float(text.split()[1].rstrip(",").replace("\N{MINUS SIGN}", "-"))
        for name, text in display.annotations["rare"].items()
    }
    assert abs(intercepts["after"]) < 0.2
    assert intercepts["before correction"] < -0.5
    assert len(display.ax_.get_legend().get_texts()) == 2


def test_single_probabilities_need_no_name():
    y, p = np.repeat([0, 1], [70, 30]), np.linspace(0.05, 0.6, 100)
    named = ReliabilityDisplay.from_predictions(y, {"probabilities": p}, n_bins=3)
    for alone in (p, list(p), pd.Series(p), np.column_stack([1 - p, p])):
        display = ReliabilityDisplay.from_predictions(y, alone, n_bins=3)
        assert list(display.bins[1]) == ["probabilities"]
        assert_array_equal(
            display.bins[1]["probabilities"], named.bins[1]["probabilities"]
        )


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
def test_dataframe_columns_are_drawn_as_separate_curves(kind):
    y, p = np.repeat([0, 1], [70, 30]), np.linspace(0.05, 0.6, 100)
    display = ReliabilityDisplay.from_predictions(y, kind({"p": p, "half": p / 2}))
    assert list(display.bins[1]) == ["p", "half"]


def test_error_bars_are_exact_intervals():
    y = np.repeat([0, 1], [70, 30])
    display = ReliabilityDisplay.from_predictions(y, {"p": np.full(100, 0.3)}, n_bins=1)
    p, seen, low, high = display.bins[1]["p"][0]
    interval = binomtest(30, 100).proportion_ci(method="exact")
    assert (p, seen) == pytest.approx((0.3, 0.3))
    assert (low, high) == pytest.approx((interval.low, interval.high))


def test_bins_of_share_0_and_1_have_one_sided_error_bars():
    y = np.repeat([0, 1], [50, 50])
    display = ReliabilityDisplay.from_predictions(
        y, {"p": np.repeat([0.0, 1.0], 50)}, n_bins=2, pos_label=1
    )
    first, last = display.bins[1]["p"]
    assert (first[1], first[2]) == (0, 0)
    assert (last[1], last[3]) == (1, 1)
    assert 0 < first[3] < 0.1
    assert 0.9 < last[2] < 1


def test_error_bar_of_a_share_of_0_is_visible():
    # All bins but one have a share of 0: their bounds, 0.07, set the axis, not 0.9.
    y = np.repeat([0, 1], [105, 45])
    p = np.repeat([0.001, 0.002, 0.9], 50)
    display = ReliabilityDisplay.from_predictions(y, {"p": p}, n_bins=3, pos_label=1)
    low = display.ax_.get_ylim()[0]
    assert low < display.bins[1]["p"][0, 3] / 3
    assert low == pytest.approx(0.01)


def test_axis_of_one_decade_has_no_minor_tick_labels():
    y, p = np.repeat([0, 1], 50), np.linspace(0.2, 0.9, 100)
    display = ReliabilityDisplay.from_predictions(y, {"p": p}, n_bins=1, pos_label=1)
    display.figure_.canvas.draw()
    assert display.ax_.get_xlim() == (0.1, 1)
    for axis in (display.ax_.xaxis, display.ax_.yaxis):
        assert not any(text.get_text() for text in axis.get_minorticklabels())


def test_slope_of_separated_classes_is_undefined():
    y, p = np.repeat([0, 1], 50), np.repeat([0.1, 0.9], 50)
    display = ReliabilityDisplay.from_predictions(y, {"p": p}, pos_label=1)
    # By symmetry the intercept is 0, which is written without a sign.
    assert display.annotations[1]["p"] == "intercept 0.00, slope undefined"


def test_plain_classifier_has_one_curve_per_class():
    X, y = problem(3)
    model = LogisticRegression().fit(X, y)
    display = ReliabilityDisplay.from_estimator(FrozenEstimator(model), X, y)
    assert list(display.bins) == ["common", "rare", "rarest"]
    assert list(display.bins["rare"]) == ["probabilities"]


@pytest.mark.parametrize("kind", [ThresholdDisplay, ReliabilityDisplay])
def test_class_names_are_not_parsed_as_math(kind):
    y = np.where(np.arange(20) % 2, r"$\frac$", "<script>alert(1)</script>")
    p = np.column_stack([np.tile([0.4, 0.6], 10), np.tile([0.6, 0.4], 10)])
    probabilities = p if kind is ThresholdDisplay else {"p": p}
    for label in np.unique(y):
        display = kind.from_predictions(y, probabilities, pos_label=label)
        display.figure_.canvas.draw()
        assert display.ax_.get_xlabel().endswith(label.replace("$", r"\$"))


@pytest.mark.filterwarnings("ignore:The boundaries cross")
def test_path_of_presto_equals_the_fitted_coefficients():
    X, y = problem(3)
    order = ["common", "rare", "rarest"]
    model = PrestoClassifierCV(alphas=5, cv=3, categories=order).fit(X, y)
    display = PrestoPathDisplay.from_estimator(model, X)
    assert display.boundaries == ["common | rare", "rare | rarest"]
    assert [len(lines) for lines in display.lines_] == [20, 20]
    for k, panel in enumerate(display.axes_):
        drawn = display.lines_[k][7].get_ydata()
        expected = model.coef_path_[:, k, 7] * X[:, 7].std()
        np.testing.assert_allclose(drawn, expected)
        left, right = panel.get_xlim()
        assert left > right  # the penalty decreases from left to right
    assert display.chosen == model.alpha_


def path_of(last, names=None):
    """Return the path of one boundary, ending at these coefficients."""
    coefs = np.linspace(0, 1, 4)[:, np.newaxis, np.newaxis] * np.asarray(last)
    names = [f"x{j}" for j in range(len(last))] if names is None else names
    alphas = np.geomspace(1, 0.01, 4)
    return PrestoPathDisplay(alphas, coefs, ["a | b"], names).plot()


def test_more_than_seven_lines_are_labeled_at_their_ends():
    last = np.r_[np.linspace(-1, 1, 15), 0.98, 0.99, 0.0]
    display = path_of(last)
    assert display.ax_.get_legend() is None
    (labels,) = display.labels_
    # The twelve with the largest coefficients, in the order of their ends.
    ends = [last[int(label.get_text()[1:])] for label in labels]
    assert sorted(map(abs, ends)) == sorted(np.abs(last))[-12:]
    assert ends == sorted(ends)
    for label, end in zip(labels, ends, strict=True):
        line = display.lines_[0][int(label.get_text()[1:])]
        assert label.get_color() == line.get_color()
        assert label.xy[1] == line.get_ydata()[-1] == end
    display.figure_.canvas.draw()
    boxes = [label.get_window_extent() for label in labels]
    frame = display.figure_.bbox
    assert all(box.x1 <= frame.x1 for box in boxes)
    texts = [(label.get_position()[1], label.get_fontsize()) for label in labels]
    height = display.ax_.bbox.height / np.ptp(display.ax_.get_ylim())
    for (low, _), (high, _) in pairwise(texts):
        assert (high - low) * height >= 0.9 * boxes[0].height / 1.6
    places = [place for place, _ in texts]
    bottom, top = display.ax_.get_ylim()
    assert bottom <= min(places) <= max(places) <= top


def test_up_to_seven_lines_have_a_legend():
    display = path_of(np.linspace(0.1, 1, 7))
    assert len(display.ax_.get_legend().get_texts()) == 7
    assert display.labels_ == [[]]


def test_lines_ending_at_0_have_no_label():
    display = path_of(np.zeros(9))
    assert display.labels_ == [[]]
    display = path_of([0.5, *np.zeros(8)], [r"a_very_long_name_of_$x$", *"bcdefghi"])
    assert [text.get_text() for text in display.labels_[0]] == ["a_very_long_nam…"]


# A figure takes a third of a second: by default, each end of the axis.
@pytest.mark.parametrize(
    ("least", "most"),
    spread(
        {f"{least}": least for least in (0.5, 0.05, 0.005, 1e-5)},
        {f"{most}": most for most in (0.24, 1.0, 31.0)},
    ),
)
def test_penalty_labels_do_not_overlap(least, most):
    alphas = most * np.geomspace(1, least, 6)
    coefs = np.ones((6, 2, 1))
    display = PrestoPathDisplay(alphas, coefs, ["a | b", "b | c"], ["x"], alphas[2])
    display.plot().figure_.canvas.draw()
    right, left = display.ax_.get_xlim()
    axis = display.ax_.xaxis
    boxes = [
        tick.label1.get_window_extent()
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]
        if left <= tick.get_loc() <= right and tick.label1.get_text()
    ]
    assert boxes
    boxes.sort(key=lambda box: box.x0)
    assert all(before.x1 < after.x0 for before, after in pairwise(boxes))


def test_probability_columns_may_be_in_any_order():
    rng = np.random.default_rng(0)
    y = np.repeat(["a", "b"], [80, 20])
    p = np.append(rng.beta(1, 5, 80), rng.beta(5, 2, 20))
    sorted_, turned = (
        ThresholdDisplay.from_predictions(y, columns, classes=classes, pos_label="b")
        for columns, classes in [
            (np.column_stack([1 - p, p]), ["a", "b"]),
            (np.column_stack([p, 1 - p]), ["b", "a"]),
        ]
    )
    assert turned.chosen_scores == sorted_.chosen_scores


def test_pos_label_other_than_that_of_the_threshold_raises():
    X, y = problem()
    model = ConstrainedThresholdClassifier(LogisticRegression(), random_state=0)
    model.fit(X, y)
    with pytest.raises(
        ValueError, match="must be 'rare', the class to which the threshold"
    ):
        ThresholdDisplay.from_estimator(model, X, y, pos_label="common")


@pytest.mark.parametrize("kind", [ThresholdDisplay, ReliabilityDisplay])
@pytest.mark.parametrize(
    "labels", [("fraud", "ok"), ("rare", "common"), (1, 2), (0, 1)]
)
def test_minority_class_is_drawn_in_any_sort_order(kind, labels):
    rare, common = labels
    X, y = problem()
    y = np.where(y == "rare", rare, common)
    model = LogisticRegression().fit(X, y)
    display = kind.from_estimator(model, X, y)
    drawn = display.scores if kind is ThresholdDisplay else display.bins
    assert list(drawn) == [rare]
    assert str(rare) in display.ax_.get_xlabel()
    other = kind.from_estimator(model, X, y, pos_label=common)
    assert str(common) in other.ax_.get_xlabel()


@pytest.mark.parametrize("kind", [ThresholdDisplay, ReliabilityDisplay])
def test_equal_classes_require_pos_label(kind):
    y = np.repeat(["fraud", "ok"], 50)
    p = np.full((100, 2), 0.5)
    probabilities = p if kind is ThresholdDisplay else {"p": p}
    with pytest.raises(ValueError, match=r"'fraud' and 'ok'.*Pass pos_label"):
        kind.from_predictions(y, probabilities)
    kind.from_predictions(y, probabilities, pos_label="fraud")


@pytest.mark.parametrize("kind", [ThresholdDisplay, ReliabilityDisplay])
def test_one_column_requires_pos_label_if_the_first_class_is_rarer(kind):
    y = np.repeat(["fraud", "ok"], [20, 80])
    probabilities = np.full(100, 0.2)
    probabilities = probabilities if kind is ThresholdDisplay else {"p": probabilities}
    with pytest.raises(ValueError, match=r"one column.*pass pos_label"):
        kind.from_predictions(y, probabilities)
    kind.from_predictions(y, probabilities, pos_label="fraud")


@pytest.mark.parametrize("pos_label", ["fraud", "ok"])
def test_class_of_a_tuned_threshold_is_drawn(pos_label):
    X, y = problem()
    y = np.where(y == "rare", "fraud", "ok")
    ours = TunedThresholdClassifier(
        LogisticRegression(), scoring="f1", pos_label=pos_label, random_state=0
    ).fit(X, y)
    display = ThresholdDisplay.from_estimator(ours, X, y)
    k = ours.classes_.tolist().index(pos_label)
    assert display.chosen == {pos_label: ours.threshold_[k]}
    score = f1_score(y, ours.predict(X), pos_label=pos_label)
    assert display.chosen_scores[pos_label]["f1"] == pytest.approx(score)


def test_class_of_a_threshold_tuned_by_sklearn_is_drawn():
    X, y = problem()
    y = np.where(y == "rare", "fraud", "ok")
    for scoring, label in [
        (make_scorer(f1_score, pos_label="fraud"), "fraud"),
        ("balanced_accuracy", "ok"),
    ]:
        # The scorer predicts once for each threshold and fold.
        model = TunedThresholdClassifierCV(
            LogisticRegression(), scoring=scoring, thresholds=20, cv=2
        )
        display = ThresholdDisplay.from_estimator(model.fit(X, y), X, y)
        assert display.chosen == {label: model.best_threshold_}
        recall = (model.predict(X)[y == label] == label).mean()
        drawn = display.chosen_scores[label]["recall"]
        assert drawn == pytest.approx(recall)


def assert_recall_of_predictions(display, model, X, y, label):
    assert list(display.chosen) == [label]
    recall = recall_score(y, model.predict(X), pos_label=label)
    assert display.chosen_scores[label]["recall"] == pytest.approx(recall)


@pytest.mark.parametrize("threshold", ["auto", 0.2, -1.5, 3.0])
@pytest.mark.parametrize("response_method", ["auto", "decision_function"])
@pytest.mark.parametrize("pos_label", [None, "rare", "common"])
def test_scikit_learns_fixed_threshold_is_drawn(threshold, response_method, pos_label):
    X, y = problem()
    model = FixedThresholdClassifier(
        LogisticRegression(),
        threshold=threshold,
        response_method=response_method,
        pos_label=pos_label,
    )
    display = ThresholdDisplay.from_estimator(model.fit(X, y), X, y)
    label = pos_label or "rare"  # the last class, as in scikit-learn
    assert_recall_of_predictions(display, model, X, y, label)
    if response_method == "decision_function":
        t = 0.0 if threshold == "auto" else threshold
        assert display.chosen[label] == pytest.approx(1 / (1 + np.exp(-t)))
    else:
        assert display.chosen == {label: 0.5 if threshold == "auto" else threshold}


@pytest.mark.parametrize("pos_label", ["rare", "common"])
def test_a_tuned_decision_value_is_drawn_as_its_probability(pos_label):
    X, y = problem()
    model = TunedThresholdClassifierCV(
        LogisticRegression(),
        scoring=make_scorer(f1_score, pos_label=pos_label),
        response_method="decision_function",
        thresholds=20,
        cv=2,
    ).fit(X, y)
    display = ThresholdDisplay.from_estimator(model, X, y)
    assert_recall_of_predictions(display, model, X, y, pos_label)
    chosen = 1 / (1 + np.exp(-model.best_threshold_))
    assert display.chosen[pos_label] == pytest.approx(chosen)


class ScaledDecisions(GaussianNB):
    """A classifier whose probabilities are the logistic function of half its decisions."""

    def decision_function(self, X):
        return 2 * np.diff(self.predict_log_proba(X), axis=1).ravel()


def test_a_decision_value_without_equivalent_probability_is_an_error():
    X, y = problem()
    model = FixedThresholdClassifier(
        ScaledDecisions(), threshold=1.0, response_method="decision_function"
    ).fit(X, y)
    with pytest.raises(ValueError, match="Pass response_method='predict_proba'"):
        ThresholdDisplay.from_estimator(model, X, y)


@pytest.mark.parametrize(
    "around",
    [
        lambda fixed: make_pipeline(StandardScaler(), fixed),
        lambda fixed: ResampledClassifier(None, fixed),
        lambda fixed: GridSearchCV(fixed, {"threshold": [0.2]}, cv=2),
        lambda fixed: GridSearchCV(
            make_pipeline(StandardScaler(), fixed),
            {"fixedthresholdclassifier__threshold": [0.2]},
            cv=2,
        ),
    ],
    ids=["pipeline", "resampled", "search", "search of a pipeline"],
)
def test_the_threshold_of_an_inner_classifier_is_drawn(around):
    X, y = problem()
    fixed = FixedThresholdClassifier(
        LogisticRegression(), threshold=0.2, pos_label="rare"
    )
    model = around(fixed).fit(X, y)
    for fitted in (model, FrozenEstimator(model)):
        display = ThresholdDisplay.from_estimator(fitted, X, y)
        assert display.chosen == {"rare": 0.2}
        assert_recall_of_predictions(display, fitted, X, y, "rare")
