"""Helpers for tests of comparisons: tables, results, predictions and sentences."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from imbsuite._classes import check_labels
from imbsuite.decision.cost_forms import read_costs
from imbsuite.explore import Comparison, compare
from imbsuite.scoring.fold_predictions import FoldPredictions
from imbsuite.scoring.metrics import cost_metric
from imbsuite.scoring.scorers import choose_metrics

DEFAULT_STRATEGIES = [
    "nothing",
    "class-weight",
    "random-over",
    "random-under",
    "smote",
    "borderline-smote",
    "smote-enn",
]
# Measuring "nothing" also measures a tuned threshold.
MEASURED_STRATEGIES = ["nothing", "tuned-threshold", *DEFAULT_STRATEGIES[1:]]
RNG = np.random.default_rng
# Most of the small tables here cause a warning about few rows of the rare class.
quiet = pytest.mark.filterwarnings("ignore:class .* has fewer than:UserWarning")


def numeric_table(sizes=(170, 30), seed: int = 0) -> tuple:
    """Return two columns, of which the first increases with the class, and a target."""
    rng = RNG(seed)
    y = np.repeat(np.arange(len(sizes))[::-1], sizes[::-1])
    rng.shuffle(y)
    n = len(y)
    return np.column_stack([rng.normal(size=n) + 1.5 * y, rng.normal(size=n)]), y


def mixed_table() -> tuple:
    """Return a frame of numbers, text, dates and missing values, and its target."""
    X, y = numeric_table((90, 30))
    rng, n = RNG(0), len(y)
    frame = pd.DataFrame(
        {
            "size": X[:, 0],
            "color": rng.choice(["red", "green", None], n),
            "code": [f"{i:05d}" for i in rng.integers(0, 9, n)],
            "when": rng.permutation(pd.date_range("2020-01-01", periods=n)),
            "gaps": np.where(rng.random(n) < 0.2, np.nan, X[:, 1]),
        }
    )
    return frame, np.where(y == 1, "ill", "well")


def compare_quickly(X, y, **options) -> Comparison:
    """Compare with a fast model, three folds and few strategies."""
    usual = {"estimator": GaussianNB(), "cv": 3, "strategies": ["random-over"]}
    return compare(X, y, **usual | options)


@cache
def full_comparison() -> Comparison:
    """Return a comparison of all strategies and metrics, two models, ten folds."""
    X, y = numeric_table((200, 100))
    models = {
        "logistic regression": LogisticRegression(),
        "a tree": DecisionTreeClassifier(max_depth=5),
    }
    return compare(X, y, estimator=models)


class Oracle:
    """A fitted model that returns the given probabilities."""

    def __init__(self, classes, proba) -> None:
        self.classes_ = np.asarray(classes)
        self.proba = np.asarray(proba, dtype=float)

    def predict_proba(self, X):
        return self.proba

    def predict(self, X):
        return self.classes_[self.proba.argmax(axis=1)]


def oracle_predictions(y, test, classes, proba) -> FoldPredictions:
    """Return the predictions of an oracle on the ``test`` rows of the target ``y``."""
    X = np.zeros((len(test), 1))
    return FoldPredictions(
        Oracle(classes, proba), X, check_labels(y), np.asarray(test), 0.5
    )


def metric_values(predictions: FoldPredictions) -> dict[str, float]:
    """Return the value of each metric."""
    return {metric.name: metric.score(predictions) for metric in choose_metrics(None)}


STEPS = np.array([-1, 1] * 5)


def ten_scores(mean: float, spread: float = 0.001):
    """Return ten scores with this mean."""
    return mean + spread * STEPS


def comparison_of(
    ap: dict, loss: dict | None = None, scoring=("average_precision", "log_loss")
) -> Comparison:
    """Return the comparison of one model from its scores by strategy."""
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


def sentence_about(ap: dict, loss: dict | None = None, **options) -> str:
    """Return the sentence; "nothing" has an average precision and a loss of 0.5."""
    n = len(next(iter(ap.values()))) if ap else 10
    base = ten_scores(0.5, 0)[:n]
    losses = dict.fromkeys(ap, base) | (loss or {})
    return comparison_of(
        {"nothing": base} | ap, {"nothing": base} | losses, **options
    ).sentences[0]


def sentence_from(by_metric: dict[str, dict]) -> str:
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


LEVELS = ["low", "mid", "high"]


def graded_table(n: int = 240) -> tuple:
    """Return columns, and labels whose order is not alphabetical."""
    rng = RNG(0)
    X = rng.normal(size=(n, 2))
    return X, np.array(LEVELS)[np.digitize(X[:, 0] + rng.logistic(size=n), [0, 2])]
