"""The study on synthetic labels reproduces the reported figures within bounds."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks/reproductions/several_labels.py"

# Each figure and its tolerance: .03 for levels; for changes, four standard errors or
# .005, whichever is larger.
FIGURES = {
    "macro F1 at 0.5": (0.288, 0.03),
    "macro F1, tuned": (0.439, 0.03),
    "log-loss": (0.208, 0.03),
    "log-loss, class weights": (0.405, 0.03),
    "ML-ROS: change of macro F1, tuned": (-0.004, 4 * 0.004),
    "MLSMOTE: change of macro F1, tuned": (-0.011, 4 * 0.005),
    "soft recovery: change of macro F1, tuned": (0.011, 4 * 0.003),
    "soft recovery: change of log-loss": (-0.023, 0.005),
}
# From a table that the source of the figures does not name: four standard errors.
SHARES = {
    "label shift, true: first label": 0.40,
    "label shift, true: second label": 0.227,
    "label shift, by label: first label": 0.399,
    "label shift, by label: second label": 0.310,
    "label shift, over sets: first label": 0.399,
    "label shift, over sets: second label": 0.227,
}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*too few for k_neighbors", "ignore:.*max_new")
@pytest.mark.parametrize(
    ("name", "figures"),
    [("one", FIGURES), ("label_shift", {k: (v, 0.016) for k, v in SHARES.items()})],
)
def test_study_reproduces_the_reported_figures(name, figures):
    measure = runpy.run_path(str(SCRIPT))[name]
    rows = [measure(seed) for seed in range(10)]
    for figure, (expected, bound) in figures.items():
        mean = np.mean([row[figure] for row in rows])
        assert mean == pytest.approx(expected, abs=bound), figure
