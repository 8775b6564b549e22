"""compare for grown users: any classifier as a strategy, tidy frames, the best of all."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import fbeta_score, make_scorer
from sklearn.model_selection import GroupKFold, PredefinedSplit, TimeSeriesSplit
from sklearn.naive_bayes import GaussianNB

from imbsuite import RandomUnderSampler, compare
from imbsuite.experiment.metrics import choose_metrics
from imbsuite.explore import Comparison

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
RNG = np.random.default_rng
MODELS = {"bayes": GaussianNB(), "line": LogisticRegression()}


def numbers(sizes=(170, 30)):
    y = RNG(0).permutation(np.repeat(np.arange(len(sizes)), sizes))
    return RNG(1).normal(size=(len(y), 2)) + y[:, None], y


def quick(X, y, **options):
    usual = {"estimator": GaussianNB(), "cv": 3, "strategies": ["random-over"]}
    return compare(X, y, **usual | options)


def test_a_classifier_stands_in_place_of_every_model():
    X, y = numbers()
    forest = RandomForestClassifier(3, random_state=0)
    found = quick(X, y, estimator=MODELS, strategies={"forest": forest})
    assert found.finished == (2 * 6 + 6, 18)
    by_model = [found.scores[found.scores["model"] == m] for m in found.models]
    mine, other = (s[s["strategy"] == "forest"]["value"] for s in by_model)
    np.testing.assert_array_equal(mine, other)
    alone = quick(X, y, estimator={"forest": forest}, strategies=[])
    direct = alone.scores.query("strategy == 'nothing' and metric == 'roc_auc'")
    stood = by_model[0].query("strategy == 'forest' and metric == 'roc_auc'")
    np.testing.assert_array_equal(stood["value"], direct["value"])
    assert "RandomForestClassifier" in found.recipe


@pytest.mark.parametrize(
    ("cv", "folds"),
    [
        (TimeSeriesSplit(4), 4),
        (PredefinedSplit(np.arange(200) % 3), 3),
        (GroupKFold(5), 5),
        (((range(100), range(100, 200)) for _ in range(2)), 2),
    ],
)
def test_any_splitter_and_any_scorer(cv, folds):
    X, y = numbers()
    scoring = {
        "f2": make_scorer(fbeta_score, beta=2),
        "auc": "roc_auc",
        "mine": lambda model, X, y: float(len(y)),
    }
    found = quick(X, y, cv=cv, groups=np.arange(200) // 4, scoring=scoring)
    assert found.n_folds == folds
    assert found.scores["value"].notna().all()


def test_the_frame_holds_every_score():
    X, y = numbers()
    found = quick(X, y, estimator=MODELS)
    frame = found.to_frame()
    names = [metric.name for metric in found.metrics]
    assert list(frame.columns) == ["model", "strategy", "fold", *names]
    keys = ["model", "strategy", "fold"]
    long = frame.melt(keys, var_name="metric")
    pd.testing.assert_frame_equal(
        long.sort_values([*keys, "metric"], ignore_index=True),
        found.scores[long.columns].sort_values([*keys, "metric"], ignore_index=True),
    )


def made(**by_strategy):
    """Return a comparison with these means of log-loss, each nearly alike in all folds."""
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


def test_the_best_is_shown_to_be_better_or_nothing():
    assert made(a_nothing=0.5, a_x=0.4, a_y=0.3).best("log_loss") == ("a", "y")
    assert made(a_nothing=0.5, a_x=0.6).best() == ("a", "nothing")
    # No fold differs: that is not better.
    assert made(a_nothing=0.5, a_x=0.5).best() == ("a", "nothing")
    two = made(a_nothing=0.5, a_x=0.4, b_nothing=0.35, b_x=0.36)
    assert two.best() == ("b", "nothing")


@pytest.mark.parametrize("metric", ["calibration_slope", "elegance"])
def test_what_ranks_nothing(metric):
    with pytest.raises(ValueError, match=r"ranks nothing here; choose .*log_loss"):
        made(a_nothing=0.5).best(metric)


def test_hostile_tables_go_through():
    n = 400
    y = np.arange(n) % 40
    cells = {f"column {j}": RNG(j).normal(size=n) for j in range(297)}
    cells |= {"<script>alert(1)</script>": y, "\N{FLAMINGO} a": y, "\N{FLAMINGO}  a": y}
    frame = pd.DataFrame(cells | {"nothing": np.full(n, np.nan)})
    found = compare(
        frame.fillna(0),
        np.array([f"<b>{k}</b>" for k in y]),
        estimator=GaussianNB(),
        strategies={"under": RandomUnderSampler()},
        cv=2,
    )
    assert len(found.columns) == 301
    assert len(found.predictions[0].labels) == 4
    assert found.best("log_loss")
