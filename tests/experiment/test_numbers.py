"""Printed numbers: no rounding errors, no impossible values, and matching verdicts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from comparisons import STEPS, comparison_of, sentence_about, sentence_from, ten_scores
from sklearn.metrics import accuracy_score, f1_score, make_scorer

from imbsuite.decision.cost_forms import read_costs
from imbsuite.experiment.numbers import texts, written
from imbsuite.inference.intervals import Interval, estimate_by_folds
from imbsuite.report import as_fragment, as_page
from imbsuite.report.answer import answer
from imbsuite.scoring.metrics import FIT_TIME, METRICS, cost_metric
from imbsuite.scoring.scorers import choose_metrics

RNG = np.random.default_rng
# A rounding error: its mean over the folds is not 0.
NOISE = 1e-16 * np.array([3, -1, 4, 1, -5, 9, 2, 6, -5, 3])


def value_of(text: str) -> float:
    return float(text.replace("\N{MINUS SIGN}", "-"))


def compared(**ap):
    """Return a comparison with these scores, and its row of the first strategy."""
    ap = {"nothing": ten_scores(0.5, 0)} | ap
    comparison = comparison_of(ap, scoring=["average_precision"])
    rows = comparison.summary().query("metric == 'average_precision'")
    return comparison, rows.set_index("strategy").loc[list(ap)[1]]


@pytest.mark.parametrize("size", [1.0, 1e9])
def test_rounding_error_is_not_a_difference(size):
    nothing, ours = ten_scores(0.5 * size, 0.1), ten_scores(0.5 * size, 0.1)
    comparison, row = compared(nothing=nothing, smote=ours + NOISE * size)
    assert (row["difference"], row["low"], row["high"]) == (0, 0, 0)
    assert row["verdict"] == ""
    assert "0.000 [0.000, 0.000]" in str(comparison)
    for html in (as_page(comparison), as_fragment(comparison)):
        assert "no difference" in html
        assert "0.0000" not in html


def test_differences_that_cancel_sum_to_exactly_0():
    _, row = compared(smote=0.5 + 0.1 * STEPS + NOISE)
    assert row["difference"] == 0
    assert row["low"] == pytest.approx(-row["high"], abs=1e-9)
    assert row["verdict"] == "unclear"


def test_bound_that_is_0_up_to_rounding_is_unclear():
    d = ten_scores(0.5)
    half = d.mean() - estimate_by_folds(d, test_train_ratio=0.25).interval().low
    shifted = d - d.mean() + half + 1e-13
    interval = estimate_by_folds(shifted, test_train_ratio=0.25).interval()
    assert interval.low == 0
    assert interval.verdict(1) == "unclear"


@pytest.mark.parametrize("mean", [0.02, 0.5, 0.97])
def test_intervals_are_clipped_to_possible_values(mean):
    noise = RNG(0).uniform(-0.4, 0.4, 10)
    scores = np.clip(mean + noise, 0, 1)
    _, row = compared(nothing=np.full(10, mean), smote=scores)
    whole = estimate_by_folds(scores - mean, test_train_ratio=0.25).interval()
    assert row["low"] == pytest.approx(max(whole.low, -mean))
    assert row["high"] == pytest.approx(min(whole.high, 1 - mean))


@pytest.mark.parametrize("seed", range(40))
def test_clipping_changes_no_verdict(seed):
    rng = RNG(seed)
    nothing, ours = rng.random((2, 10)) ** rng.uniform(0.1, 8, (2, 1))
    _, row = compared(nothing=nothing, smote=ours)
    whole = estimate_by_folds(ours - nothing, test_train_ratio=0.25).interval()
    assert row["verdict"] == whole.verdict(1)
    assert row["low"] <= row["difference"] <= row["high"]


def test_best_possible_score_is_inside_its_interval():
    # 1 - 0.9 is not 0.1 in floating point.
    _, row = compared(nothing=np.full(10, 0.9), smote=np.ones(10))
    assert row["low"] == row["difference"] == row["high"] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("name", "limits"),
    [
        ("average_precision", (0, 1)),
        ("mcc", (-1, 1)),
        ("log_loss", (0, np.inf)),
        ("calibration_slope", (-np.inf, np.inf)),
        ("f1", (0, 1)),
        ("f1_macro", (0, 1)),
        ("neg_log_loss", (-np.inf, 0)),
        ("neg_brier_score", (-2, 0)),
        ("d2_brier_score", (-np.inf, np.inf)),
        ("matthews_corrcoef", (-1, 1)),
    ],
)
def test_limits_of_metrics(name, limits):
    if name.startswith("d2_"):
        pytest.importorskip("sklearn", minversion="1.8")
    metric = choose_metrics([name])[0]
    assert metric.limits == limits
    assert metric.sign >= 0 or limits[0] == 0


def test_limits_depend_on_the_number_of_classes():
    ordered = choose_metrics(["brier", "neg_brier_score"], ordered=True)
    limits = {m.name: (m.limits_with(2), m.limits_with(3)) for m in ordered}
    assert limits["brier"] == ((0, 1), (0, 2))
    assert limits["neg_brier_score"] == ((-1, 0), (-2, 0))
    assert limits["ranked_probability"] == ((0, 1), (0, 1))
    assert limits["macro_absolute_error"] == ((0, 1), (0, 2))


def test_limits_of_fixed_costs_are_the_extreme_costs():
    fixed = read_costs([[0, 1], [20, -2]], np.array([0, 1]))
    assert cost_metric(fixed).limits == (-2, 20)
    by_row = read_costs(lambda true, decided, row: 1.0, np.array([0, 1]))
    assert cost_metric(by_row).limits == (-np.inf, np.inf)


def test_limits_of_unknown_scorers_are_infinite():
    def f1_score_of_mine(truth, predicted):
        return 100 * f1_score(truth, predicted)

    counts = make_scorer(accuracy_score, normalize=False)
    scorers = {"own": make_scorer(f1_score_of_mine), "counts": counts}
    scorers |= {"share": make_scorer(accuracy_score), "any": lambda *_: 7.0}
    limits = {m.name: m.limits for m in choose_metrics(scorers)}
    assert limits["share"] == (0, 1)
    for name in ("own", "counts", "any"):
        assert limits[name] == (-np.inf, np.inf)
    assert FIT_TIME.limits == (0, np.inf)


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        ((0.0123, -0.2, 0.3), ("+0.012", "\u22120.200", "0.300")),
        ((512.345, -80.26, 1105.1), ("+512", "\u221280", "1105")),
        ((5.1234, 2.06, 8.19), ("+5.12", "2.06", "8.19")),
        # A bound that a verdict rests on is not rounded to 0; other bounds may be.
        ((512.345, 0.31, 1105.1), ("+512", "0.3", "1105")),
        ((0.1, 0.00004, 0.2), ("+0.100", "0.00004", "0.200")),
        ((0.1, -0.00004, 0.2), ("+0.100", "0.000", "0.200")),
        ((0.00002, -0.0003, 0.0004), ("0.0000", "\u22120.0003", "0.0004")),
        ((0.0, 0.0, 0.0), ("0.000", "0.000", "0.000")),
        ((0.25, 0.25, 0.25), ("+0.250", "0.250", "0.250")),
        ((0.1, np.nan, np.nan), ("+0.100", "", "")),
        ((np.nan, np.nan, np.nan), ("", "", "")),
    ],
)
def test_decimals_depend_on_the_width_of_the_interval(interval, text):
    assert written(*interval) == text


@pytest.mark.parametrize("seed", range(200))
def test_printed_intervals_agree_with_their_verdict(seed):
    rng = RNG(seed)
    difference = rng.normal() * 10.0 ** rng.integers(-7, 6)
    below, above = abs(difference) * rng.uniform(0, 2, 2)
    low, high = difference - below, difference + above
    d, a, b = map(value_of, written(difference, low, high))
    assert a <= d <= b
    assert Interval(d, a, b).verdict(1) == Interval(difference, low, high).verdict(1)


def test_means_of_one_metric_have_the_same_decimals():
    rows = {"mean": [1234.5678, 1.0], "difference": [np.nan, -40.0]}
    frame = pd.DataFrame(rows | {"low": [np.nan, -64.1], "high": [np.nan, -15.9]})
    assert [text.mean for text in texts(frame)] == ["1234.57", "1.00"]


EQUAL = {"a": ten_scores(0.6), "b": ten_scores(0.6, 0.002)}


def test_tied_strategies_have_no_best():
    unclear = {name: scores - 0.1 for name, scores in EQUAL.items()}
    worse = {name: scores - 0.2 for name, scores in EQUAL.items()}
    same = {"a": ten_scores(0.5, 0), "b": ten_scores(0.5, 0)}
    assert sentence_about(EQUAL).startswith(
        "tree: a beats doing nothing, and so does b — the best are equal and change "
        "average precision by +0.100 (95 % interval, adjusted for 2 strategies, 0.09"
    )
    assert (
        "every strategy compared is worse than doing nothing — the best are equal and "
        "change average precision by \u22120.100" in sentence_about(worse)
    )
    assert "nothing clearly beats doing nothing — the best are equal and change" in (
        sentence_about({name: s + 0.01 * STEPS for name, s in unclear.items()})
    )
    for scores in (same, {"a": same["a"]}, same | {"c": ten_scores(0.4)}):
        assert sentence_about(scores).startswith(
            "tree: nothing clearly beats doing nothing — no strategy improves average "
            "precision"
        )
    # The effect on probabilities is only stated for a single strategy.
    assert "log-loss" not in sentence_about(EQUAL)


def test_strategies_tied_by_labels_and_costs_have_no_best():
    nothing = ten_scores(0.5, 0)
    ranked = {"nothing": nothing, "a": ten_scores(0.55), "b": ten_scores(0.54)}
    labels = {"nothing": nothing} | EQUAL
    costs = {"nothing": nothing, "a": nothing, "b": nothing}
    text = sentence_from(
        {"average_precision": ranked, "balanced_accuracy_tuned": labels, "cost": costs}
    )
    assert "a and b beat a tuned threshold alone: they change balanced accuracy" in text
    assert text.endswith("expected cost: no strategy improves the cost of a row.")


def test_answer_names_all_tied_strategies():
    comparison, _ = compared(**EQUAL)
    assert "(a and b: average precision +0.100, 95 %" in answer(comparison)[0]


def test_metric_without_direction_ranks_nothing():
    base = dict.fromkeys(("nothing", "a"), ten_scores(0.5))
    text = "calibration slope has no direction, so it cannot rank strategies."
    scored = comparison_of(base, scoring=["average_precision"])
    rows = scored.scores.replace({"metric": {"average_precision": "calibration_slope"}})
    metrics = (METRICS["calibration_slope"],)
    without = type(scored)(**vars(scored) | {"scores": rows, "metrics": metrics})
    assert without.sentences == [f"tree: {text}"]
    assert answer(without) == [text.capitalize()]


def test_na_is_explained_if_it_is_shown():
    gap = ten_scores(0.6)
    gap[3] = np.nan
    explained = "n/a: not measured on every fold"
    with_gap, _ = compared(smote=gap)
    whole, _ = compared(smote=ten_scores(0.6))
    for render in (str, as_page, as_fragment):
        assert explained in " ".join(render(with_gap).split())
        assert "n/a" not in render(whole)
    pytest.importorskip("matplotlib")
    assert explained in " ".join(with_gap.plot().ax_.get_xlabel().split())
    assert "n/a" not in whole.plot().ax_.get_xlabel()


def test_ties_do_not_shrink_the_other_intervals():
    from imbsuite.report.tables import results

    same = {f"same-{i}": ten_scores(0.5, 0) for i in range(5)}
    comparison, _ = compared(smote=ten_scores(0.51), **same)
    result = results(comparison)[0]
    (cell,) = [cell for cell in result.cells if cell.strategy == "smote"]
    assert result.across(cell.high) - result.across(0) > 50
