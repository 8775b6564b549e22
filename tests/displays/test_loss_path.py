"""The path of a metric loss is drawn unchanged."""

from __future__ import annotations

import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import make_classification

from imbsuite import LinearLossClassifier
from imbsuite.explore import LossPathDisplay
from imbsuite.losses import MetricLoss

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")


def test_lines_equal_the_objective_and_the_metric_of_each_step():
    X, y = make_classification(300, weights=[0.85], random_state=0)
    model = LinearLossClassifier(MetricLoss("f1", sharpness=12.0)).fit(X, y)
    display = LossPathDisplay.from_estimator(model)
    assert_array_equal(display.lines_["objective"].get_ydata(), model.path_objective_)
    assert_array_equal(display.lines_["metric"].get_ydata(), model.path_metric_)
    names = [text.get_text() for text in display.ax_.get_xticklabels()]
    assert names == ["start", "MetricLoss()", "MetricLoss(sharpness=12.0)"]


def test_other_losses_have_no_metric_line():
    X, y = make_classification(300, weights=[0.85], random_state=0)
    _, ax = plt.subplots()
    display = LossPathDisplay.from_estimator(
        LinearLossClassifier("focal").fit(X, y), ax=ax
    )
    assert display.ax_ is ax
    assert list(display.lines_) == ["objective"]
