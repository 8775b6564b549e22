"""Strategies: chosen by name or instance, and applied to a model."""

from __future__ import annotations

import re

import numpy as np
import pytest
from comparisons import DEFAULT_STRATEGIES, compare_quickly, numeric_table
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from imbsuite import SMOTE, RescaledClassifier
from imbsuite.experiment.strategies import STRATEGIES, choose_strategies

OTHERS = [name for name in STRATEGIES if name not in DEFAULT_STRATEGIES]


def test_default_strategies():
    assert [strategy.name for strategy in choose_strategies(None)] == DEFAULT_STRATEGIES


def test_strategies_by_name_can_be_run():
    X, y = numeric_table((150, 50))
    # Ensembles take seconds for each fit: one fold, and metrics that need no second fit.
    half = np.arange(len(y)) % 2 == 0
    quickly = {"cv": [(half, ~half)]}
    quickly["scoring"] = ["average_precision", "balanced_accuracy"]
    comparison = compare_quickly(X, y, strategies=OTHERS, **quickly)
    assert set(comparison.scores["strategy"]) == {"nothing", "tuned-threshold", *OTHERS}
    assert comparison.scores["value"].notna().all()


@pytest.mark.parametrize(
    ("strategies", "names"),
    [
        ("smote", ["nothing", "smote"]),
        (["smote", "nothing"], ["nothing", "smote"]),
        (["smote", "smote"], ["nothing", "smote"]),
        ([], ["nothing"]),
        ({"mine": "smote", "same": None}, ["nothing", "mine", "same"]),
        ({"smote": "smote", "nothing": None}, ["nothing", "smote"]),
    ],
)
def test_nothing_is_always_the_first_strategy(strategies, names):
    assert [strategy.name for strategy in choose_strategies(strategies)] == names


@pytest.mark.parametrize(
    ("strategies", "error", "message"),
    [
        (["smot"], ValueError, "Did you mean 'smote'?"),
        (["zzz"], ValueError, "choose one of nothing, class-weight, random-over"),
        ("", ValueError, "unknown strategy ''"),
        ({"mine": "smot"}, ValueError, "unknown strategy 'smot'"),
        ({"mine": Ridge()}, TypeError, "Got Ridge() instead"),
        ({"nothing": "smote"}, ValueError, "strategies['nothing'] must be None"),
    ],
)
def test_invalid_strategies_raise(strategies, error, message):
    with pytest.raises(error, match=re.escape(message)):
        choose_strategies(strategies)


def test_smote_enn_cleans_all_classes():
    strategy = STRATEGIES["smote-enn"]
    parameters = strategy.sampler.get_params()
    cleaning = [v for k, v in parameters.items() if k.endswith("sampling_strategy")]
    assert "all" in cleaning


def test_class_weight_is_set_on_the_classifier_in_a_pipeline():
    strategy = STRATEGIES["class-weight"]
    model = make_pipeline(StandardScaler(), LogisticRegression())
    around = strategy.around(model)
    assert around.estimator[-1].class_weight == "balanced"
    assert around.sampler is None
    assert model[-1].class_weight is None


def test_strategies_clone_their_sampler():
    strategy = STRATEGIES["smote"]
    first, second = (strategy.around(GaussianNB()) for _ in range(2))
    assert first.sampler is not second.sampler
    assert first.sampler is not strategy.sampler


def test_class_weight_is_left_out_for_a_model_without_it():
    X, y = numeric_table()
    strategies = ["class-weight", "random-over"]
    model = KNeighborsClassifier()
    with pytest.warns(UserWarning, match="class-weight is left out for KNeighbors"):
        comparison = compare_quickly(X, y, strategies=strategies, estimator=model, cv=2)
    assert comparison.strategies("KNeighborsClassifier") == [
        "nothing",
        "tuned-threshold",
        "random-over",
    ]
    # One strategy is left to compare, so there is nothing to adjust for.
    assert "adjusted" not in comparison.sentences[0]


def test_rescaled_wraps_the_model_and_requires_sample_weight():
    model = make_pipeline(StandardScaler(), LogisticRegression())
    around = STRATEGIES["rescaled"].around(model).estimator
    assert isinstance(around, RescaledClassifier)
    assert around.estimator.get_params().keys() == model.get_params().keys()
    assert STRATEGIES["rescaled"].wrapper.estimator is None
    X, y = numeric_table()
    model = KNeighborsClassifier()
    with pytest.warns(
        UserWarning, match="rescaled is left out for KNeighborsClassifier"
    ):
        comparison = compare_quickly(X, y, strategies="rescaled", estimator=model, cv=2)
    assert comparison.strategies("KNeighborsClassifier") == [
        "nothing",
        "tuned-threshold",
    ]


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_classifier_as_a_strategy_replaces_every_model():
    X, y = numeric_table()
    forest = RandomForestClassifier(3, random_state=0)
    comparison = compare_quickly(
        X,
        y,
        estimator={"bayes": GaussianNB(), "line": LogisticRegression()},
        strategies={"forest": forest},
    )
    assert comparison.finished == (2 * 6 + 6, 18)
    by_model = [
        comparison.scores[comparison.scores["model"] == m] for m in comparison.models
    ]
    mine, other = (s[s["strategy"] == "forest"]["value"] for s in by_model)
    np.testing.assert_array_equal(mine, other)
    alone = compare_quickly(X, y, estimator={"forest": forest}, strategies=[])
    direct = alone.scores.query("strategy == 'nothing' and metric == 'roc_auc'")
    stood = by_model[0].query("strategy == 'forest' and metric == 'roc_auc'")
    np.testing.assert_array_equal(stood["value"], direct["value"])
    assert "RandomForestClassifier" in comparison.recipe


def test_sampler_with_a_grid_becomes_several_strategies():
    grid = {"k_neighbors": [3, 5], "sampling_strategy": [0.5]}
    _, *strategies = choose_strategies(
        {"mine": (SMOTE(), grid), "known": ("smote", {})}
    )
    assert [strategy.name for strategy in strategies] == [
        "mine(k_neighbors=3, sampling_strategy=0.5)",
        "mine(k_neighbors=5, sampling_strategy=0.5)",
        "known",
    ]
    assert [strategy.sampler.k_neighbors for strategy in strategies] == [3, 5, 5]


@pytest.mark.parametrize(
    ("entry", "error", "message"),
    [
        ((SMOTE(), {"neighbors": [3]}), ValueError, "must name parameters of SMOTE"),
        ((SMOTE(), [3]), TypeError, "pair of a sampler and a grid"),
        ((SMOTE(),), TypeError, "pair of a sampler and a grid"),
        (("class-weight", {}), TypeError, "pair of a sampler and a grid"),
    ],
)
def test_invalid_grids_raise(entry, error, message):
    with pytest.raises(error, match=message):
        choose_strategies({"mine": entry})
