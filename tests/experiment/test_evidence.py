"""What compare keeps for reports: predictions, class changes and the recipe."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from comparisons import compare_quickly, numeric_table
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import RidgeClassifier
from sklearn.metrics import average_precision_score, log_loss
from sklearn.model_selection import ShuffleSplit, StratifiedKFold

from imbsuite import SMOTE, RandomUnderSampler, make_chain
from imbsuite.experiment.evidence import MOST_LABELS

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
RNG = np.random.default_rng
# One metric, for tests that are not about scores.
ONE = {"scoring": ["log_loss"]}


# --- Predictions ---------------------------------------------------------------------


def test_every_row_is_predicted_once_and_scores_match():
    X, y = numeric_table()
    comparison = compare_quickly(X, y)
    scores = comparison.scores.set_index(["strategy", "metric", "fold"])["value"]
    assert [p.strategy for p in comparison.predictions] == ["nothing", "random-over"]
    for p in comparison.predictions:
        assert sorted(p.rows) == list(range(200))
        assert (p.truth == y[p.rows]).all()
        assert p.labels == (1,)
        assert p.proba.dtype == p.corrected.dtype == np.float32
        for fold in range(3):
            mine = p.fold == fold
            truth, proba = p.truth[mine], p.proba[mine, 0]
            assert average_precision_score(truth, proba) == pytest.approx(
                scores[p.strategy, "average_precision", fold], abs=1e-5
            )
            assert log_loss(truth, p.corrected[mine, 0]) == pytest.approx(
                scores[p.strategy, "log_loss_corrected", fold], abs=1e-4
            )
    nothing, treated = comparison.predictions
    np.testing.assert_array_equal(nothing.proba, nothing.corrected)
    assert treated.corrected.mean() < treated.proba.mean()


def test_predictions_keep_only_the_rarest_of_many_classes():
    X, y = numeric_table((60, 9, 30, 12, 25, 10))
    comparison = compare_quickly(X, y, scoring=["log_loss"])
    for p in comparison.predictions:
        assert p.labels == (1, 5, 3, 4)
        assert p.proba.shape == (146, MOST_LABELS)
    # No metric needs the correction, which would take three more fits.
    assert np.isnan(comparison.predictions[1].corrected).all()


def test_positive_class_is_the_rarer_one_if_it_sorts_first():
    X, y = numeric_table((30, 170))
    comparison = compare_quickly(X, np.array(["good", "spoilt"])[y], **ONE)
    assert comparison.predictions[0].labels == ("good",)


def test_no_predictions_of_a_model_without_probabilities():
    X, y = numeric_table()
    comparison = compare_quickly(X, y, estimator=RidgeClassifier(), scoring=["mcc"])
    assert comparison.predictions == ()


def test_predictions_leave_out_folds_that_repeat_test_rows():
    X, y = numeric_table()
    comparison = compare_quickly(
        X, y, cv=ShuffleSplit(4, test_size=0.7, random_state=0), **ONE
    )
    assert set(comparison.predictions[0].fold) == {0}
    assert len(comparison.predictions[0].rows) == 140


def test_folds_as_masks_match_folds_as_positions():
    X, y = numeric_table()
    pairs = list(StratifiedKFold(3).split(X, y))
    masks = [tuple(np.isin(np.arange(200), part) for part in pair) for pair in pairs]
    by_mask, by_position = (compare_quickly(X, y, cv=cv) for cv in (masks, pairs))
    timed = by_mask.scores["metric"] == "fit_time"
    pd.testing.assert_frame_equal(by_mask.scores[~timed], by_position.scores[~timed])
    assert by_mask.test_train_ratio == by_position.test_train_ratio


# --- Class changes -----------------------------------------------------------------


def test_class_changes_add_up():
    X, y = numeric_table((150, 40, 20))
    thin = RandomUnderSampler(sampling_strategy={0: 50})
    samplers = {"smote": SMOTE(), "both": make_chain(thin, SMOTE()), "none": None}
    comparison = compare_quickly(
        X, y, strategies=samplers, cv=StratifiedKFold(5), **ONE
    )
    changes = {(t.strategy, t.label): t for t in comparison.class_changes}
    assert {strategy for strategy, _ in changes} == {"smote", "both"}
    for t in changes.values():
        assert t.after == t.before + t.added - t.removed
        assert t.parents <= t.before
        assert t.foreign_parents == {}
        assert (t.most_children > 0) == (t.added > 0)
        assert t.most_children <= 2 * t.added
    assert [changes["smote", k].before for k in range(3)] == [120, 32, 16]
    assert [changes["smote", k].after for k in range(3)] == [120] * 3
    assert changes["both", 0].removed == 70
    assert [changes["both", k].after for k in range(3)] == [50] * 3


def test_borderline_2_has_foreign_parents():
    from imbsuite import BorderlineSMOTE

    X, y = numeric_table((150, 40))
    comparison = compare_quickly(
        X, y, strategies={"2": BorderlineSMOTE(kind="borderline-2")}, **ONE
    )
    grown = next(t for t in comparison.class_changes if t.label == 1)
    assert set(grown.foreign_parents) == {0}
    assert 0 < grown.foreign_parents[0] < grown.parents


def test_deprecated_treatments_attribute_warns():
    comparison = compare_quickly(*numeric_table(), **ONE)
    with pytest.warns(FutureWarning, match="class_changes"):
        assert comparison.treatments is comparison.class_changes


# --- Recipe --------------------------------------------------------------------------


def test_recipe_reproduces_the_comparison():
    X, y = numeric_table()
    comparison = compare_quickly(
        X,
        y,
        estimator={"forest": RandomForestClassifier(3, max_depth=2)},
        strategies={"mine": SMOTE(sampling_strategy=0.5), "known": "random-under"},
        cv=StratifiedKFold(3, shuffle=True, random_state=1),
        cost={"fp": 1, "fn": 20.5},
        random_state=7,
    )
    world = {"X": X, "y": y}
    exec(comparison.recipe.replace("print(comparison)", ""), world)  # noqa: S102
    timed = comparison.scores["metric"] == "fit_time"
    pd.testing.assert_frame_equal(
        world["comparison"].scores[~timed], comparison.scores[~timed]
    )
    assert "from imbsuite import SMOTE\n" in comparison.recipe
    assert "from sklearn.ensemble import RandomForestClassifier\n" in comparison.recipe
    # Lists over several lines are indented.
    lines = comparison.recipe.splitlines()
    assert [line for line in lines if line.startswith(("]", "}", ")"))] == [")"]


def test_recipe_names_objects_that_cannot_be_written_as_code():
    X, y = numeric_table()
    comparison = compare_quickly(
        X, y, scoring={"one": lambda model, X, y: 1.0}, groups=np.arange(200)
    )
    compile(comparison.recipe, "recipe", "exec")
    assert "    scoring=scoring,\n" in comparison.recipe
    assert "\n# scoring: {'one': <function" in comparison.recipe
    assert "    groups=groups,\n" in comparison.recipe


def test_metadata_and_dictionary_of_a_comparison():
    X, y = numeric_table()
    comparison = compare_quickly(X, y, random_state=5, **ONE)
    assert comparison.seed == 5
    assert comparison.finished == (12, 12)
    assert {"python", "imbsuite", "numpy", "scikit-learn"} <= set(comparison.versions)
    written = json.loads(json.dumps(comparison.to_dict(), allow_nan=False))
    assert written["columns"][0]["name"] == "0"
    assert written["class_changes"][1]["strategy"] == "random-over"
    assert written["recipe"] == comparison.recipe
    assert written["finished"] == [12, 12]
