"""All steps on real tables: resample, correct, decide, inside cross-validation."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import sklearn
from shared import load_shared
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.model_selection import cross_validate, train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from skrub import TableVectorizer

from imbsuite import (
    SMOTE,
    ConstrainedThresholdClassifier,
    CostThresholdClassifier,
    PriorThresholdClassifier,
    ResampledClassifier,
    TunedThresholdClassifier,
)
from imbsuite.datasets import load_hepatitis

DOUBLES = {"dtype": np.float64, "order": "C"}


def tuned(inner, correction):
    return TunedThresholdClassifier(
        ResampledClassifier(
            SMOTE(random_state=0), inner, correction=correction, cv=2, random_state=0
        ),
        cv=2,
        random_state=0,
    )


@pytest.mark.filterwarnings("ignore:Found unknown categories")
@pytest.mark.parametrize(
    ("model", "correction"),
    [
        # Trees read the table themselves, as in the test below.
        pytest.param("boosting", "offset", marks=pytest.mark.slow),
        ("logistic", "prior"),
    ],
)
def test_mixed_table_with_missing_values_in_a_pipeline(model, correction):
    X, y, *_ = load_shared("credit_data")
    X, _, y, _ = train_test_split(X, y, train_size=800, stratify=y, random_state=0)
    assert X.isna().any(axis=None)
    assert X.select_dtypes("category").shape[1] > 2
    weight = np.random.default_rng(0).uniform(0.5, 2, len(y))
    inner = {
        "boosting": HistGradientBoostingClassifier(max_iter=10, random_state=0),
        "logistic": make_pipeline(TableVectorizer(), LogisticRegression(max_iter=500)),
    }[model]
    if model == "logistic":  # impute missing values, pass weights through
        # The encoder's float32 output keeps the memory order of the table, so its sums
        # differ in the seventh digit.
        wide = sklearn.preprocessing.FunctionTransformer(np.array, kw_args=DOUBLES)
        inner.steps.insert(1, ("widen", wide))
        inner.steps.insert(2, ("impute", sklearn.impute.SimpleImputer()))
        inner.steps.insert(3, ("scale", sklearn.preprocessing.StandardScaler()))
    measured = []
    with sklearn.config_context(enable_metadata_routing=True):
        if model == "logistic":
            inner["scale"].set_fit_request(sample_weight=False)
            inner[-1].set_fit_request(sample_weight=True)
        for table in (X, pl.from_pandas(X)):
            wrapper = tuned(inner, correction).set_fit_request(sample_weight=True)
            result = cross_validate(
                Pipeline([("model", wrapper)]),
                table,
                np.asarray(y),
                cv=2,
                params={"sample_weight": weight},
                scoring=get_scorer("balanced_accuracy").set_score_request(
                    sample_weight=True
                ),
                error_score="raise",
                return_estimator=True,
            )
            thresholds = [e[-1].threshold_ for e in result["estimator"]]
            measured.append((result["test_score"], np.array(thresholds)))
    (scores, thresholds), (other_scores, other_thresholds) = measured
    assert (scores > 0.6).all()
    np.testing.assert_allclose(scores, other_scores)
    np.testing.assert_allclose(thresholds, other_thresholds)


@pytest.mark.parametrize(
    "decide",
    [
        PriorThresholdClassifier,
        lambda inner: CostThresholdClassifier(inner, cost=[[0, 5], [1, 0]]),
        lambda inner: TunedThresholdClassifier(inner, cv=3, random_state=0),
        lambda inner: ConstrainedThresholdClassifier(inner, random_state=0),
    ],
    ids=["prior", "cost", "tuned", "constrained"],
)
def test_bundled_table_with_every_decision_classifier(decide):
    X, y = load_hepatitis(return_X_y=True)
    inner = HistGradientBoostingClassifier(max_iter=10, random_state=0)
    model = decide(inner).fit(X, y)
    polars = pl.from_pandas(X)
    again = decide(inner).fit(polars, y)
    assert (model.predict(X) == again.predict(polars)).all()
    assert set(model.predict(X)) <= set(model.classes_)
