"""Sentences claim no more than their intervals."""

from __future__ import annotations

import re

import numpy as np
import pytest
from comparisons import comparison_of, sentence_about, sentence_from, ten_scores

from imbsuite.experiment.numbers import number

RNG = np.random.default_rng


def test_sentence_if_one_strategy_beats_doing_nothing():
    text = sentence_about({"smote": ten_scores(0.6)}, {"smote": ten_scores(0.8)})
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
def test_sentence_if_several_strategies_beat_doing_nothing(others, also):
    better = {"a": ten_scores(0.7)} | {
        name: ten_scores(0.65 - i / 100) for i, name in enumerate(others)
    }
    text = sentence_about(better | {"poor": ten_scores(0.4)})
    assert text.startswith(f"tree: a beats doing nothing{also} — it changes")


def test_sentence_if_no_strategy_beats_doing_nothing():
    text = sentence_about(
        {"smote": ten_scores(0.49, 0.1), "random-over": ten_scores(0.48, 0.1)},
        {"smote": ten_scores(0.81)},
    )
    assert text.startswith(
        "tree: nothing clearly beats doing nothing — the best, smote, changes average "
        "precision by \u22120.010 (95 % interval, adjusted for 2 strategies, \u22120."
    )
    assert "it makes the probabilities worse (log-loss +0.310, 0.308 to 0.312)" in text


def test_sentence_if_every_strategy_is_worse():
    text = sentence_about({"smote": ten_scores(0.4), "random-over": ten_scores(0.3)})
    assert text.startswith(
        "tree: every strategy compared is worse than doing nothing — the best, smote, "
        "changes average precision by \u22120.100 (95 % interval, adjusted for 2 "
        "strategies, \u22120.102 to \u22120.098)"
    )


def test_sentence_if_the_only_strategy_is_worse():
    text = sentence_about({"smote": ten_scores(0.4)})
    assert text.startswith("tree: smote is worse than doing nothing — it changes")


def test_one_worse_and_one_unclear_strategy_are_not_all_worse():
    text = sentence_about(
        {"smote": ten_scores(0.3), "random-over": ten_scores(0.5, 0.2)}
    )
    assert "nothing clearly beats doing nothing — the best, random-over," in text


@pytest.mark.parametrize(
    ("loss", "text"),
    [
        (
            ten_scores(0.7),
            ", and it makes the probabilities worse (log-loss +0.200, 0.199",
        ),
        (
            ten_scores(0.3),
            ", and it makes the probabilities better (log-loss \u22120.200",
        ),
        (
            ten_scores(0.5, 0.1),
            "; its effect on the probabilities is unclear (log-loss",
        ),
    ],
)
def test_effect_on_probabilities_is_stated(loss, text):
    assert text in sentence_about({"smote": ten_scores(0.5, 0.1)}, {"smote": loss})


def test_effect_on_probabilities_is_that_of_the_named_strategy():
    text = sentence_about(
        {"good": ten_scores(0.6), "bad": ten_scores(0.4)},
        {"good": ten_scores(0.51), "bad": ten_scores(0.9)},
    )
    assert "(log-loss +0.010, 0.008 to 0.012)" in text


def test_claims_are_adjusted_for_the_number_of_strategies():
    # d = 0.05 +- 0.04: the half-width is 0.056 * 0.845 alone, and wider for six.
    good = ten_scores(0.55, 0.033)
    assert "smote beats doing nothing" in sentence_about({"smote": good})
    many = dict.fromkeys([f"other-{i}" for i in range(5)], ten_scores(0.5, 0.03))
    text = sentence_about({"smote": good} | many)
    assert "nothing clearly beats doing nothing — the best, smote, changes" in text
    assert "adjusted for 6 strategies" in text


def test_named_strategy_is_clearly_better_even_with_a_lower_mean():
    # The higher mean is uncertain, the lower one is not.
    text = sentence_about({"wild": ten_scores(0.7, 0.5), "steady": ten_scores(0.6)})
    assert text.startswith("tree: steady beats doing nothing — it changes")
    assert "wild" not in text


@pytest.mark.parametrize(
    "seed",
    [
        *range(20),
        *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(20, 60)),
    ],
)
def test_no_sentence_claims_more_than_its_interval(seed):
    rng = RNG(seed)
    ap = {
        name: rng.normal(0.5 + rng.normal(0, 0.05), 0.05, 10)
        for name in ("a", "b", "c")
    }
    comparison = comparison_of(
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
def test_few_folds_are_mentioned(n_folds):
    text = sentence_about({"smote": ten_scores(0.5, 0.1)[:n_folds]})
    assert text.endswith(
        f"; with {n_folds} test folds only large effects can be detected."
    )


def test_enough_folds_are_not_mentioned():
    assert "test folds" not in sentence_about({"smote": ten_scores(0.5, 0.1)})


def test_single_fold_gives_no_conclusion():
    assert sentence_about({"smote": ten_scores(0.9)[:1]}) == (
        "tree: a single test fold gives no interval, so there is no conclusion."
    )


def test_sentence_without_strategies_to_compare():
    assert (
        sentence_about({}) == "tree: no strategy could be compared with doing nothing."
    )


def test_strategy_with_a_missing_fold_is_not_named():
    gap = ten_scores(0.9)
    gap[3] = np.nan
    text = sentence_about({"smote": gap, "random-over": ten_scores(0.4)})
    assert "smote" not in text.replace("every strategy", "")
    assert "random-over" in text


def test_folds_without_a_value_for_nothing_are_left_out():
    base, ours = ten_scores(0.5, 0), ten_scores(0.6)
    base[0] = ours[0] = np.nan
    row = comparison_of(
        {"nothing": base, "smote": ours}, {"nothing": base, "smote": ours}
    )
    summary = row.summary().set_index(["strategy", "metric"])
    assert summary.loc[("smote", "average_precision"), "mean"] == pytest.approx(
        ours[1:].mean()
    )
    assert summary.loc[("smote", "average_precision"), "verdict"] == "better"


def test_probabilities_are_not_mentioned_without_log_loss():
    text = sentence_about({"smote": ten_scores(0.6)}, scoring=["average_precision"])
    assert "probabilities" not in text
    assert text.endswith("0.099 to 0.101).")


def test_first_metric_ranks_without_average_precision():
    text = sentence_about(
        {"a": ten_scores(0.5), "b": ten_scores(0.5)},
        {"a": ten_scores(0.4), "b": ten_scores(0.45)},
        scoring=["log_loss"],
    )
    # Lower loss is better, so the lowest is the best.
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
        (np.nan, True, "n/a"),
    ],
)
def test_nonzero_numbers_are_not_rounded_to_0(value, signed, text):
    assert number(value, signed=signed) == text


RANKED = {"nothing": ten_scores(0.5, 0), "smote": ten_scores(0.6)}


def test_sentence_about_a_tuned_threshold():
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
        labels = {"nothing": ten_scores(0.7, 0), "smote": ten_scores(value)}
        text = sentence_from(
            {"average_precision": RANKED, "balanced_accuracy_tuned": labels}
        )
        assert f"With thresholds tuned for all, {says}" in text
        assert text.endswith(").")


def test_sentence_includes_log_loss_after_correction():
    losses = {"nothing": ten_scores(0.5, 0), "smote": ten_scores(0.8)}
    corrected = {"nothing": ten_scores(0.5, 0), "smote": ten_scores(0.51)}
    text = sentence_from(
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


def test_sentence_about_costs():
    for value, says in [
        (
            0.2,
            "At these costs smote is cheaper: it changes the cost of a row by \u22120.1",
        ),
        (0.4, "At these costs nothing is clearly cheaper than the model as it is"),
    ]:
        costs = {"nothing": ten_scores(0.3, 0), "smote": ten_scores(value)}
        assert says in sentence_from({"average_precision": RANKED, "cost": costs})
