"""The result: scores, their summary, and JSON."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest
from comparisons import (
    compare_quickly,
    comparison_of,
    numeric_table,
    quiet,
)
from scipy import stats
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from imbsuite.experiment.sentences import can_show
from imbsuite.explore import Comparison, compare
from imbsuite.folds.stratified import StratifiedFolds
from imbsuite.inference.intervals import estimate_by_folds, estimate_by_rows
from imbsuite.scoring.metrics import METRICS
from imbsuite.scoring.scorers import choose_metrics

WITHOUT_INFLUENCES = {"calibration_intercept", "calibration_slope", "mcc"}


@quiet
def test_scores_have_one_row_for_each_score():
    X, y = numeric_table()
    models = {"bayes": GaussianNB(), "tree": RandomForestClassifier(3)}
    comparison = compare(X, y, strategies=["random-under"], estimator=models, cv=2)
    scores = comparison.scores
    assert list(scores.columns) == ["model", "strategy", "fold", "metric", "value"]
    assert len(scores) == 2 * 3 * 4 * 11
    assert not scores.duplicated(["model", "strategy", "fold", "metric"]).any()
    assert scores["value"].notna().all()
    assert sorted(scores["fold"].unique()) == [0, 1, 2, 3]
    assert comparison.models == ["bayes", "tree"]
    assert comparison.n_folds == 4
    assert comparison.class_sizes == {0: 170, 1: 30}
    assert comparison.positive == 1


@quiet
def test_summary_has_intervals_of_paired_differences():
    X, y = numeric_table()
    comparison = compare_quickly(X, y, strategies=["random-over", "random-under"], cv=5)
    wide = comparison.scores.pivot_table(
        index="fold", columns=["metric", "strategy"], values="value"
    )
    summary = comparison.summary(level=0.9).set_index(["strategy", "metric"])
    for name in METRICS:
        if name.startswith("calibration"):
            assert summary.loc["random-over", name]["verdict"] == ""
        # For label metrics, the tuned threshold is a third strategy to compare.
        together = 3 if name in {"balanced_accuracy", "mcc"} else 2
        d = wide[name]["random-over"] - wide[name]["nothing"]
        ours, nothing = (
            comparison.influences.get(("GaussianNB", strategy, name), {})
            for strategy in ("random-over", "nothing")
        )
        if name in WITHOUT_INFLUENCES:
            assert not ours
            estimate = estimate_by_folds(d, test_train_ratio=0.25)
        else:
            u = np.array([ours[fold] - nothing[fold] for fold in d.index])
            estimate = estimate_by_rows(
                d.to_numpy(), u, test_train_ratio=0.25, n_units=30
            )
        expected = estimate.interval(level=0.9, comparisons=together)
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
def test_detectable_difference_is_reported_for_each_model():
    X, y = numeric_table()
    comparison = compare_quickly(X, y, strategies=["random-over", "smote"], cv=5)
    rows = comparison.summary().query("metric == 'average_precision'")
    halves = (rows["high"] - rows["low"]).dropna() / 2
    # Intervals are not clipped here, so half-widths are the quantile times the error.
    t = stats.t(29)
    expected = halves.median() * (1 + t.ppf(0.8) / t.ppf(1 - 0.05 / 4))
    detectable = comparison.detectable()
    assert detectable == {"GaussianNB": pytest.approx(expected)}
    assert comparison.to_dict()["detectable"] == detectable
    sentence = (
        f"differences in average precision of about {float(f'{expected:.2g}')} (80 %"
    )
    assert sentence in comparison.can_show
    assert sentence in " ".join(str(comparison).split())


@quiet
def test_impossible_detectable_differences_are_not_reported():
    rng = np.random.default_rng(0)
    by_folds = {"a": rng.uniform(0.2, 0.8, 2), "b": rng.uniform(0.2, 0.8, 2)}
    few = comparison_of(
        {"nothing": np.full(2, 0.5)} | by_folds, scoring=["average_precision"]
    )
    (size,) = few.detectable().values()
    assert size > 0.5
    assert few.can_show == (
        "This table is too small to show a difference in average precision (80 % power)."
    )
    assert can_show("AP", {"a": None, "b": 0.25}) == (
        "This table can show differences in AP of about 0.25 with b, and none with a "
        "(80 % power)."
    )


@quiet
def test_single_fold_has_no_detectable_difference():
    X, y = numeric_table()
    half = np.arange(len(y)) % 2 == 0
    comparison = compare_quickly(X, y, strategies=["random-over"], cv=[(half, ~half)])
    assert comparison.detectable() == {}
    assert comparison.can_show == ""
    assert "can show" not in str(comparison)


def test_json_contains_everything():
    X, y = numeric_table((200, 100))
    models = {
        "a stump": DecisionTreeClassifier(max_depth=1),
        "a tree": DecisionTreeClassifier(max_depth=5),
    }
    whole = compare(X, y, estimator=models, cv=StratifiedFolds(2, 1))
    document = json.loads(json.dumps(whole.to_dict(), allow_nan=False))
    assert document["rows"] == 300
    assert document["classes"] == [{"label": 0, "rows": 200}, {"label": 1, "rows": 100}]
    assert document["positive"] == 1
    assert document["folds"] == 2
    assert document["sentences"] == whole.sentences
    assert len(document["scores"]) == len(whole.scores)
    assert len(document["summary"]) == 2 * 8 * 11
    nothing = document["summary"][0]
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
def test_labels_of_any_type_are_written_to_json(labels, written):
    X, y = numeric_table((75, 50))
    y = np.asarray(labels)[y]
    comparison = compare_quickly(X, y, cv=2, scoring=["log_loss"]).to_dict()
    text = json.dumps(comparison, allow_nan=False)
    assert [entry["label"] for entry in json.loads(text)["classes"]] == written


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_to_frame_contains_every_score():
    X, y = numeric_table()
    comparison = compare_quickly(
        X, y, estimator={"bayes": GaussianNB(), "line": LogisticRegression()}, cv=2
    )
    frame = comparison.to_frame()
    names = [metric.name for metric in comparison.metrics]
    assert list(frame.columns) == ["model", "strategy", "fold", *names]
    keys = ["model", "strategy", "fold"]
    long = frame.melt(keys, var_name="metric")
    pd.testing.assert_frame_equal(
        long.sort_values([*keys, "metric"], ignore_index=True),
        comparison.scores[long.columns].sort_values(
            [*keys, "metric"], ignore_index=True
        ),
    )


def comparison_of_losses(**by_strategy):
    """Return a comparison with these means of log-loss, nearly equal in all folds."""
    rows = [
        (model, strategy, fold, metric, mean + fold * 1e-4)
        for name, mean in by_strategy.items()
        for metric in ("log_loss", "calibration_slope")
        for model, strategy in [name.split("_")]
        for fold in range(10)
    ]
    columns = ["model", "strategy", "fold", "metric", "value"]
    return Comparison(
        scores=pd.DataFrame(rows, columns=columns),
        metrics=choose_metrics(["log_loss", "calibration_slope"])[:2],
        class_sizes={0: 90, 1: 10},
        positive=1,
        test_train_ratio=0.25,
    )


def test_best_is_nothing_unless_a_strategy_is_better():
    assert comparison_of_losses(a_nothing=0.5, a_x=0.4, a_y=0.3).best("log_loss") == (
        "a",
        "y",
    )
    assert comparison_of_losses(a_nothing=0.5, a_x=0.6).best() == ("a", "nothing")
    # Strategies without any difference are not better.
    assert comparison_of_losses(a_nothing=0.5, a_x=0.5).best() == ("a", "nothing")
    two = comparison_of_losses(a_nothing=0.5, a_x=0.4, b_nothing=0.35, b_x=0.36)
    assert two.best() == ("b", "nothing")


@pytest.mark.parametrize("metric", ["calibration_slope", "elegance"])
def test_best_raises_for_metrics_that_cannot_rank(metric):
    with pytest.raises(ValueError, match=r"can rank strategies: .*log_loss"):
        comparison_of_losses(a_nothing=0.5).best(metric)
