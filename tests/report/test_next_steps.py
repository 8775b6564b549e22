"""Next steps: the classifier at the end of a report, and its expected decisions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from comparisons import numeric_table
from sklearn.linear_model import LogisticRegression

from imbsuite import compare
from imbsuite.report import as_page
from imbsuite.report.next_steps import next_steps

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def compared(y_names=None, **options):
    X, y = numeric_table((170, 30))
    y = y if y_names is None else np.array(y_names)[y]
    usual = {"estimator": LogisticRegression(), "strategies": ["random-over"], "cv": 2}
    # Counts come from predictions: more metrics and folds would only take longer.
    few = {"scoring": ["average_precision", "log_loss"]}
    return compare(X, y, **usual | few | options)


@pytest.mark.parametrize("names", [None, ["well", "ill"], ["a", "b"]])
def test_counts_match_hand_computation(names):
    comparison = compared(names, cost={"fp": 1, "fn": 20})
    by_rank, by_cost = next_steps(comparison)
    assert by_rank.chosen.metric.name == "average_precision"
    assert by_cost.chosen.metric.name == "cost"
    _, y = numeric_table((170, 30))
    for step, threshold in ((by_rank, 0.5), (by_cost, 1 / 21)):
        (p,) = (
            p
            for p in comparison.predictions
            if (p.model, p.strategy) == step.chosen.pair
        )
        alert, rare = p.corrected[:, 0] >= threshold, y[p.rows] == 1
        expected = [
            np.mean(rare & alert),
            np.mean(~rare & alert),
            np.mean(rare & ~alert),
            np.mean(~rare & ~alert),
        ]
        assert step.counts == pytest.approx([1000 * share for share in expected])
        assert sum(step.counts) == pytest.approx(1000)
        assert step.code == comparison.code(step.chosen.metric.name)


@pytest.mark.parametrize("weighted", [False, True])
def test_page_says_that_counts_ignore_weights(weighted):
    weights = {"sample_weight": np.arange(200) + 1.0} if weighted else {}
    page = as_page(compared(**weights))
    assert "Of 1,000 rows like these" in page
    assert ("these (counted without their weights), it is" in page) == weighted


@pytest.mark.parametrize("kind", ["column", "function"])
@pytest.mark.parametrize("names", [["well", "ill"], ["a", "b"]])
def test_counts_with_costs_that_depend_on_the_row(kind, names):
    X, y = numeric_table((170, 30))
    frame = pd.DataFrame(X, columns=["a", "amount"]).abs()
    amount = frame["amount"].to_numpy()

    def of_row(true, decided, row):
        if true == decided:
            return 0.0
        return 5.0 if decided == names[1] else row["amount"]

    cost = {
        "column": {"fp": 5, "fn": "amount"},
        "function": of_row,
    }[kind]
    comparison = compare(
        frame,
        np.array(names)[y],
        estimator=LogisticRegression(),
        strategies=[],
        cost=cost,
        scoring=["average_precision"],
        cv=2,
    )
    _, step = next_steps(comparison)
    (p,) = (
        q for q in comparison.predictions if (q.model, q.strategy) == step.chosen.pair
    )
    alert = p.corrected[:, 0] * amount[p.rows] >= (1 - p.corrected[:, 0]) * 5
    rare = y[p.rows] == 1
    cells = (rare & alert, ~rare & alert, rare & ~alert, ~rare & ~alert)
    assert step.counts == pytest.approx([1000 * cell.mean() for cell in cells])
    assert 0 < step.counts[0] < 1000 * rare.mean()


def test_counts_are_none_for_three_classes():
    X, y = numeric_table((100, 60, 40))
    usual = {"estimator": LogisticRegression(), "strategies": [], "cv": 2}
    of_three = compare(X, y, **usual, scoring=["average_precision"])
    assert [step.counts for step in next_steps(of_three)] == [None]


def test_metric_without_a_direction_has_no_next_steps():
    assert next_steps(compared(scoring=["calibration_slope"])) == []


def test_page_ends_with_the_chosen_classifier(tmp_path):
    comparison = compared(cost={"fp": 1, "fn": 20})
    comparison.report(tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    section = page.partition('id="next"')[2].partition("</section>")[0]
    assert "as it is, because no strategy is shown to be better" in section
    assert "false alarms, at the least expected cost" in section
    assert "cost_threshold.fit(X, y)" in section
