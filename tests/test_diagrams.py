"""scikit-learn's diagrams of meta-estimators list the steps from top to bottom."""

from __future__ import annotations

import re

import numpy as np
import pytest
from imblearn.over_sampling import RandomOverSampler
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from imbsuite import SMOTE, RandomUnderSampler, ResampledClassifier, make_chain
from imbsuite.decision import (
    ConstrainedThresholdClassifier,
    CostThresholdClassifier,
    PriorThresholdClassifier,
    TunedThresholdClassifier,
)
from imbsuite.meta import (
    PseudoLabelClassifier,
    RescaledClassifier,
    SubclassClassifier,
)
from imbsuite.probability import LabelShiftAdapter, PriorCorrectedClassifier

MODEL = make_pipeline(StandardScaler(), LogisticRegression())
RESAMPLED = ResampledClassifier(SMOTE(), MODEL, correction="offset")
INNER = ["StandardScaler", "LogisticRegression"]


def labels(model) -> list[str]:
    """Return the labels of the diagram, from top to bottom."""
    html = re.sub(r"<style>.*?</style>", "", model._repr_html_(), flags=re.DOTALL)
    diagram = html.partition('<div class="sk-container"')[2]
    return re.findall(r"<label[^>]*><div><div>(.*?)</div>", diagram)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (RESAMPLED, ["SMOTE", "estimator: Pipeline", *INNER, "correction: offset"]),
        (
            ResampledClassifier(RandomOverSampler(), LogisticRegression()),
            ["RandomOverSampler", "LogisticRegression"],
        ),
        (
            ResampledClassifier(make_chain(SMOTE(), RandomUnderSampler()), MODEL),
            [
                "sampler: Chain",
                "SMOTE",
                "RandomUnderSampler",
                "estimator: Pipeline",
                *INNER,
            ],
        ),
        (
            ResampledClassifier(None, RandomForestClassifier()),
            ["RandomForestClassifier"],
        ),
        (
            PriorCorrectedClassifier(MODEL, method="prior"),
            ["estimator: Pipeline", *INNER, "correction: prior"],
        ),
        (
            TunedThresholdClassifier(RESAMPLED),
            [
                "estimator: ResampledClassifier",
                "SMOTE",
                "estimator: Pipeline",
                *INNER,
                "correction: offset",
                "threshold: tuned",
            ],
        ),
        (
            RescaledClassifier(PseudoLabelClassifier(MODEL)),
            [
                "weights: by losses, power",
                "estimator: PseudoLabelClassifier",
                "pseudo-labels: soft",
                "estimator: Pipeline",
                *INNER,
            ],
        ),
        (
            CostThresholdClassifier(LabelShiftAdapter(LogisticRegression())),
            [
                "estimator: LabelShiftAdapter",
                "LogisticRegression",
                "correction: label shift",
                "threshold: least expected cost",
            ],
        ),
        (
            ConstrainedThresholdClassifier(LogisticRegression()),
            ["LogisticRegression", "threshold: constrained"],
        ),
        (
            PriorThresholdClassifier(LogisticRegression()),
            ["LogisticRegression", "threshold: prior"],
        ),
        (
            SubclassClassifier(LogisticRegression()),
            ["classes divided into subclasses", "LogisticRegression"],
        ),
    ],
)
def test_diagram_lists_steps_from_top_to_bottom(model, expected):
    assert labels(model)[1:] == expected
    # With parallel items, a diagram would be as wide as all of its steps together.
    assert "sk-parallel-item" not in model._repr_html_().partition("</style>")[2]


def test_a_fitted_model_has_the_same_diagram():
    X = np.random.default_rng(0).normal(size=(60, 2))
    y = np.repeat([0, 1], [45, 15])
    before = labels(RESAMPLED)
    assert labels(RESAMPLED.fit(X, y)) == before


def test_parameter_prefixes_match_get_params():
    pytest.importorskip("sklearn", minversion="1.8")
    html = RESAMPLED._repr_html_()
    for prefix in ("sampler__", "estimator__", "estimator__standardscaler__"):
        assert f'data-param-prefix="{prefix}"' in html
        assert any(name.startswith(prefix) for name in RESAMPLED.get_params())
