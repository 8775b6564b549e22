"""Encoders that are shared by the strategies of a fold."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_selection import SelectFromModel, SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from skrub import TableVectorizer, tabular_pipeline

from imbsuite import SMOTE, compare
from imbsuite.experiment.encoding import SharingPipeline, share_encoder
from imbsuite.methods import SAMPLERS
from imbsuite.scoring.fold_predictions import INNER_FOLDS
from imbsuite.scoring.memo import EncoderTrial, FoldCache, MemoizedSampler
from tests.comparisons import mixed_table, numeric_table
from tests.shared import spread

FITTED: list[int] = []
ENCODED: list[int] = []


class Spy(TransformerMixin, BaseEstimator):
    """Returns rows unchanged, and records how many it has seen."""

    def fit(self, X, y=None):
        FITTED.append(len(X))
        return self

    def transform(self, X):
        ENCODED.append(len(X))
        return X

    def __sklearn_is_fitted__(self):
        return True


@pytest.fixture
def spied(monkeypatch):
    """Clear the lists, and skip the check whether an encoder reads labels."""
    monkeypatch.setattr(EncoderTrial, "reads_labels", lambda self, steps: False)
    FITTED.clear()
    ENCODED.clear()


def containers(X: np.ndarray) -> dict:
    frame = pd.DataFrame(X, columns=list("abcd")[: X.shape[1]])
    return {
        "array": X,
        "sparse": sp.csr_array(X),
        "pandas": frame.set_axis(range(7, 7 + len(X))),
    }


@pytest.mark.parametrize(
    ("name", "kind"),
    spread(
        {name: name for name in SAMPLERS},
        {kind: kind for kind in ["array", "sparse", "pandas"]},
    ),
)
def test_resampled_rows_are_encoded_as_if_directly(name, kind):
    X, y = numeric_table()
    X = containers(np.asarray(X)[:, :4])[kind]
    cache = FoldCache()
    sampler = SAMPLERS[name]()
    if "random_state" in sampler.get_params():
        sampler.set_params(random_state=0)
    memoized = MemoizedSampler(sampler, cache)
    X_drawn, y_drawn = memoized.fit_resample(X, y)
    last = Remembering()
    pipeline = share_encoder(make_pipeline(FunctionTransformer(np.tanh), last), cache)
    pipeline.fit(X_drawn, y_drawn)
    expected = FunctionTransformer(np.tanh).fit_transform(X_drawn)
    np.testing.assert_array_equal(to_dense(last.X_), to_dense(expected))
    assert type(last.X_) is type(expected)


class Remembering(LogisticRegression):
    def fit(self, X, y, sample_weight=None):
        self.X_ = X
        return super().fit(X, y, sample_weight)


def to_dense(X) -> np.ndarray:
    return X.toarray() if sp.issparse(X) else np.asarray(X)


@pytest.mark.usefixtures("spied")
def test_encoder_is_fitted_once_per_fold_and_encodes_only_new_rows():
    X, y = numeric_table()
    model = make_pipeline(Spy(), LogisticRegression())
    comparison = compare(
        X,
        y,
        estimator=model,
        strategies=["class-weight", "random-over", "random-under", "smote"],
        scoring=["average_precision"],
        cv=StratifiedKFold(2),
        n_jobs=1,
    )
    n_new = sum(
        change.added
        for change in comparison.class_changes
        if change.strategy == "smote"
    )
    assert len(FITTED) == 2
    # Training and test rows once for each fold, and the rows that SMOTE has created.
    assert sum(ENCODED) == 2 * len(y) + 2 * n_new


class NotesLabels(FunctionTransformer):
    """Records whether it got labels; has a seed, like other encoders."""

    seen: ClassVar[list[bool]] = []

    def __init__(self, random_state=None):
        super().__init__()
        self.random_state = random_state

    def fit(self, X, y=None):
        self.seen.append(y is not None)
        return super().fit(X, y)


def test_encoder_is_tested_once_for_whether_it_reads_labels():
    X, y = numeric_table()
    compare(
        X,
        y,
        estimator=make_pipeline(NotesLabels(), LogisticRegression()),
        strategies=["random-over", "smote"],
        scoring=["log_loss_corrected"],
        cv=StratifiedKFold(3),
        n_jobs=1,
    )
    # Only this check passes no labels.
    assert NotesLabels.seen.count(False) == 1


@pytest.mark.usefixtures("spied")
def test_encoders_of_inner_folds_are_fitted_on_their_training_rows():
    X, y = numeric_table()
    compare(
        X,
        y,
        estimator=make_pipeline(Spy(), LogisticRegression()),
        strategies=["random-over", "smote"],
        scoring=["log_loss_corrected"],
        cv=StratifiedKFold(2),
        n_jobs=1,
    )
    assert len(FITTED) == 2 * (1 + INNER_FOLDS)
    inner = [n for n in FITTED if n < len(y) / 2]
    assert sum(inner) == 2 * (INNER_FOLDS - 1) * len(y) / 2


# Processes take long to start, and each shares encoders in the same way.
@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_shared_encoders_give_the_same_scores(monkeypatch, n_jobs):
    X, y = mixed_table()
    options = {
        "estimator": make_pipeline(
            TableVectorizer(), FunctionTransformer(np.nan_to_num), LogisticRegression()
        ),
        "strategies": ["class-weight", "random-over", "edited-nearest-neighbours"],
        "scoring": ["average_precision", "log_loss_corrected", "balanced_accuracy"],
        "cv": StratifiedKFold(2),
    }
    shared = compare(X, y, n_jobs=n_jobs, **options).scores
    monkeypatch.setattr(
        "imbsuite.experiment.fit_task.share_encoder", lambda model, cache: model
    )
    slow = compare(X, y, n_jobs=1, **options).scores
    shared, slow = (
        scores[scores["metric"] != "fit_time"]["value"] for scores in (shared, slow)
    )
    np.testing.assert_allclose(shared, slow, rtol=1e-6)


class SubtractsClassMean(TransformerMixin, BaseEstimator):
    """Reads labels if it gets any."""

    def fit(self, X, y=None):
        self.mean_ = X.mean() if y is None else X[y == 1].mean()
        return self

    def transform(self, X):
        return X - self.mean_


@pytest.mark.parametrize(
    "encoder",
    [SelectKBest(k=1), SubtractsClassMean(), SelectFromModel(LogisticRegression())],
)
def test_encoder_that_reads_labels_is_fitted_on_resampled_rows(encoder):
    X, y = numeric_table()
    X = np.round(X)
    cache = FoldCache()
    X_drawn, y_drawn = MemoizedSampler(SMOTE(random_state=0), cache).fit_resample(X, y)
    model = make_pipeline(encoder, LogisticRegression())
    shared = share_encoder(clone(model), cache).fit(X_drawn, y_drawn)
    plain = model.fit(X_drawn, y_drawn)
    np.testing.assert_array_equal(shared.predict_proba(X), plain.predict_proba(X))


def test_predictions_on_new_rows_match_a_plain_pipeline():
    X, y = numeric_table()
    model = make_pipeline(StandardScaler(), LogisticRegression())
    shared = share_encoder(model, FoldCache()).fit(X, y)
    plain = clone(Pipeline(model.steps)).fit(X, y)
    other = np.asarray(X)[::3] + 1
    for method in ("predict", "predict_proba", "decision_function"):
        np.testing.assert_array_equal(
            getattr(shared, method)(other), getattr(plain, method)(other)
        )


@pytest.mark.parametrize(
    "model",
    [
        LogisticRegression(),
        make_pipeline(LogisticRegression()),
        Pipeline([("a", StandardScaler()), ("b", LogisticRegression())], memory="x"),
    ],
)
def test_estimators_without_an_encoder_to_share_are_unchanged(model):
    assert share_encoder(model, FoldCache()) is model


def test_clones_share_the_cache():
    model = make_pipeline(StandardScaler(), LogisticRegression(C=2.0))
    shared = share_encoder(model, FoldCache())
    fresh = clone(shared)
    assert isinstance(fresh, SharingPipeline)
    assert fresh.cache_ is shared.cache_
    assert fresh[-1].C == 2.0
    assert fresh[-1] is not shared[-1]


def test_new_rows_without_some_categories_stay_categories():
    # Encoders such as skrub's ToCategorical list only the categories of their input.
    X, y = numeric_table((90, 30))
    towns = np.where(y == 1, "f", np.random.default_rng(0).choice([*"abcdef"], 120))
    frame = pd.DataFrame({"size": X[:, 0], "town": towns})
    trees = tabular_pipeline(HistGradientBoostingClassifier(max_iter=3))
    sampled = {"smote": SMOTE(random_state=0)}
    options = {"strategies": sampled, "scoring": ["log_loss"], "cv": 2}
    shared = compare(frame, y, estimator=trees, **options)
    alone = compare(frame, y, estimator=_Unshared(trees.steps), **options)
    assert not [note for note in shared.notes if "failed" in note]
    pd.testing.assert_series_equal(
        _log_losses(shared), _log_losses(alone), check_exact=True
    )


class _Unshared(Pipeline):
    """A pipeline whose encoder is fitted to the rows of every strategy."""


def _log_losses(comparison):
    scores = comparison.scores
    return scores.loc[scores["metric"] == "log_loss", "value"].reset_index(drop=True)
