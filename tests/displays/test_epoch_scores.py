"""Scores after each epoch equal those of the classifiers, and are drawn unchanged."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import balanced_accuracy_score

import imbsuite as im
from imbsuite._extras import need
from imbsuite.explore import EpochScoresDisplay

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")


def test_former_name_warns():
    from imbsuite import explore

    with pytest.warns(FutureWarning, match="now called EpochScoresDisplay"):
        assert explore.LearningCurvesDisplay is EpochScoresDisplay


@pytest.fixture
def display():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [180, 20])
    X = rng.normal(size=(200, 2)) + y[:, np.newaxis]
    inner = SGDClassifier(loss="log_loss", random_state=0)
    models = {
        name: im.CooldownClassifier(inner, schedule, n_epochs=6, random_state=0)
        for name, schedule in (("T = 1", 1), ("5, then 1", None))
    }
    return (
        models,
        EpochScoresDisplay.from_estimators(
            models, X, y, X_test=X, y_test=y, scoring="balanced_accuracy"
        ),
        X,
        y,
    )


def test_scores_equal_those_after_each_epoch(display):
    models, drawn, X, y = display
    for name, model in models.items():
        expected = [
            balanced_accuracy_score(y, m.predict(X)) for m in model.fit_epochs(X, y)
        ]
        assert_array_equal(drawn.scores[name], expected)
        assert_array_equal(drawn.lines_[name].get_ydata(), expected)
        assert_array_equal(drawn.lines_[name].get_xdata(), np.arange(1, 7))


def test_switches_are_marked_and_axes_are_labeled(display):
    *_, drawn, _, _ = display
    never, once = (dots.get_offsets() for dots in drawn.ax_.collections)
    assert len(never) == 0
    assert_array_equal(once, [[3, drawn.scores["5, then 1"][2]]])
    assert drawn.ax_.get_ylabel() == "balanced accuracy on held-out rows"
    labels = [text.get_text() for text in drawn.ax_.get_legend().get_texts()]
    assert labels == ["T = 1", "5, then 1"]


def test_axes_of_the_user_are_used(display):
    *_, drawn, _, _ = display
    figure, ax = matplotlib.pyplot.subplots()
    assert drawn.plot(ax).figure_ is figure
    matplotlib.pyplot.close("all")


def test_missing_package_names_the_extra():
    with pytest.raises(ImportError, match=r"needs nothing_like_it; .*imbsuite\[plot\]"):
        need("nothing_like_it.pyplot", extra="plot")


@pytest.mark.parametrize("loss", ["log_loss", "hinge"])
@pytest.mark.parametrize("labels", [("fraud", "legit"), (1, 2), (0, 1)])
def test_curves_are_those_of_the_minority_class_by_default(loss, labels):
    rng = np.random.default_rng(0)
    is_rare = np.repeat([False, True], [180, 20])
    X = rng.normal(size=(200, 2)) + is_rare[:, np.newaxis]
    inner = SGDClassifier(loss=loss, random_state=0)
    models = {"one": im.CooldownClassifier(inner, n_epochs=3, random_state=0)}

    def curve(y, **options):
        display = EpochScoresDisplay.from_estimators(
            models, X, y, X_test=X, y_test=y, **options
        )
        matplotlib.pyplot.close(display.ax_.figure)
        return display.scores["one"]

    expected = curve(is_rare.astype(int), scoring="average_precision")
    np.testing.assert_allclose(curve(np.where(is_rare, *labels)), expected)
    common = curve(np.where(is_rare, *labels), pos_label=labels[1])
    np.testing.assert_allclose(common, curve((~is_rare).astype(int), pos_label=1))
    assert (common > expected).all()


def test_equal_classes_require_pos_label():
    models = {"one": im.CooldownClassifier(SGDClassifier(), n_epochs=2)}
    X, y = np.zeros((20, 1)), np.array(["a", "b"] * 10)
    with pytest.raises(ValueError, match="Pass pos_label"):
        EpochScoresDisplay.from_estimators(models, X, y, X_test=X, y_test=y)
