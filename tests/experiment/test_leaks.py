"""No row of a test fold reaches a sampler, a fit, a correction or a threshold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from comparisons import mixed_table, quiet
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import make_pipeline
from skrub import TableVectorizer

from imbsuite._classes import check_labels
from imbsuite.explore import compare
from imbsuite.folds.stratified import StratifiedFolds
from imbsuite.scoring.fold_predictions import INNER_FOLDS

RNG = np.random.default_rng
SEEN: list[tuple[str, set[int]]] = []
# The column of row numbers is an identifier.
numbered = pytest.mark.filterwarnings("ignore:column 'row' seems to be:UserWarning")


class SpySampler(BaseEstimator):
    """Records the rows that it gets, which the column "row" numbers."""

    def fit_resample(self, X, y, **options):
        assert list(X.columns) == ["row", "color"]
        assert set(X["color"]) <= {"red", "green"}
        SEEN.append(("sampler", set(X["row"])))
        return X, y


class SpyClassifier(ClassifierMixin, BaseEstimator):
    """Records the rows that it is fitted on, and those that it predicts."""

    def fit(self, X, y):
        SEEN.append(("fit", set(X["row"])))
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        SEEN.append(("predict", set(X["row"])))
        return np.tile([0.5, 0.5], (len(X), 1))

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


@quiet
@numbered
def test_sampler_gets_only_the_raw_training_rows():
    SEEN.clear()
    n = 60
    X = pd.DataFrame({"row": np.arange(n), "color": RNG(0).choice(["red", "green"], n)})
    y = np.arange(n) % 3 == 0
    folds = StratifiedFolds(3, 2, random_state=0).split(check_labels(y)).pairs
    compare(
        X,
        y,
        strategies={"spy": SpySampler()},
        estimator=SpyClassifier(),
        cv=folds,
        scoring=["average_precision"],
    )
    sampled = [rows for what, rows in SEEN if what == "sampler"]
    assert sampled == [set(train) for train, _ in folds]
    current: set[int] = set()
    for what, rows in SEEN:
        if what == "fit":
            current = rows
        if what == "predict":
            assert not rows & current
            assert len(rows | current) == n


@quiet
@numbered
def test_corrections_and_thresholds_use_no_test_row():
    SEEN.clear()
    n = 60
    X = pd.DataFrame({"row": np.arange(n), "color": ["red", "green"] * (n // 2)})
    y = np.arange(n) % 3 == 0
    train, test = np.arange(40), np.arange(40, 60)
    compare(
        X,
        y,
        strategies={"spy": SpySampler()},
        estimator=SpyClassifier(),
        cv=[(train, test)],
    )
    held_out = set(test)
    for what, rows in SEEN:
        if what == "predict":
            # Predicted rows are the whole test fold, or training rows only.
            assert rows == held_out or rows <= set(train)
        else:
            assert rows <= set(train)
    fitted = [rows for what, rows in SEEN if what == "fit"]
    assert len(fitted) == 2 * (1 + INNER_FOLDS)


class NoBlends(ClassifierMixin, BaseEstimator):
    """Fails if an indicator column has values other than 0 and 1."""

    def fit(self, X, y):
        colored = X.filter(like="color_")
        assert colored.shape[1] >= 2
        assert set(np.unique(colored)) <= {0, 1}
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.resize(self.classes_, len(X))


@quiet
@pytest.mark.parametrize("strategy", ["smote", "borderline-smote", "smote-enn"])
def test_indicator_columns_are_never_interpolated(strategy):
    X, y = mixed_table()
    X["color"] = RNG(0).choice(["red", "green", "blue"], len(X))
    model = make_pipeline(TableVectorizer(), NoBlends())
    comparison = compare(
        X, y, strategies=[strategy], estimator=model, cv=2, scoring=["mcc"]
    )
    assert comparison.scores["value"].notna().all()
