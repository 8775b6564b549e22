"""A single column of texts or objects, which only a vectorizer can read."""

from __future__ import annotations

import warnings
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import imbsuite as im
from imbsuite.testing import all_samplers

RNG = np.random.default_rng(0)
Y = RNG.permutation(np.repeat([0, 1], [90, 30]))
WORDS = np.array(["red", "green", "blue", "car", "tree", "house", "dog", "cat"])
TEXTS = [
    f"row{i} " + " ".join(RNG.choice(WORDS, 6)) + " fraud" * int(k and i % 3 > 0)
    for i, k in enumerate(Y)
]


def _series_of(library):
    return lambda texts: pytest.importorskip(library).Series("said", texts)


CONTAINERS = {
    "list": list,
    "array": np.array,
    "objects": lambda texts: np.array(texts, dtype=object),
    "pandas": lambda texts: pd.Series(texts, name="said", index=range(7, 127)),
    "pandas string": lambda texts: pd.Series(texts, dtype="string"),
    "polars": _series_of("polars"),
    "arrow": lambda texts: pytest.importorskip("pyarrow").array(texts),
}
RANDOM = [
    im.RandomOverSampler(random_state=0),
    im.RandomUnderSampler(random_state=0),
    im.TemperatureSampler(2, random_state=0),
    im.make_chain(
        im.RandomOverSampler(sampling_strategy=0.5, random_state=0),
        im.RandomUnderSampler(random_state=0),
    ),
]
PIPELINE = make_pipeline(TfidfVectorizer(), LogisticRegression(C=100))


@pytest.mark.parametrize("kind", CONTAINERS)
@pytest.mark.parametrize("sampler", RANDOM, ids=lambda s: type(s).__name__)
def test_random_samplers_keep_the_container_of_texts(kind, sampler):
    X = CONTAINERS[kind](TEXTS)
    X_out, y_out = sampler.fit_resample(X, Y)
    assert type(X_out) is type(X)
    expected = [TEXTS[i] for i in sampler.sample_indices_]
    assert [str(text) for text in X_out] == expected
    np.testing.assert_array_equal(y_out, Y[sampler.sample_indices_])
    assert Counter(y_out.tolist()) == sampler.plan_
    if hasattr(X, "index") and not callable(X.index):
        n_kept = (~sampler.is_synthetic_).sum()
        kept = X.iloc[sampler.sample_indices_[:n_kept]]
        pd.testing.assert_series_equal(X_out.iloc[:n_kept], kept)
        assert X_out.index.is_unique


def test_random_samplers_accept_any_objects():
    X = np.empty(120, dtype=object)
    X[:] = [{"length": len(text), "word": text[-3:]} for text in TEXTS]
    sampler = im.RandomOverSampler(random_state=0)
    X_out, _ = sampler.fit_resample(X, Y)
    assert all(a is X[i] for a, i in zip(X_out, sampler.sample_indices_, strict=True))
    X_out, _ = sampler.fit_resample(X.tolist(), Y)
    assert X_out == [X[i] for i in sampler.sample_indices_]


@pytest.mark.parametrize(
    "X",
    [
        np.arange(120.0),
        list(range(120)),
        pd.Series(np.arange(120)),
        np.arange(120).astype(object),
        np.arange(120) > 60,
        np.datetime64("2026-01-01") + np.arange(120),
    ],
    ids=["floats", "list", "series", "objects", "booleans", "dates"],
)
def test_one_dimensional_numeric_x_raises(X):
    for sampler in (*RANDOM, im.SMOTE()):
        with pytest.raises(ValueError, match="Reshape your data"):
            sampler.fit_resample(X, Y)
    with pytest.raises(ValueError, match="Reshape your data"):
        im.compare(X, Y, estimator=PIPELINE, cv=2)


READING = [
    sampler
    for sampler in all_samplers()
    if getattr(sampler, "_looks_at", "table") != "labels"
    and not isinstance(sampler, im.Chain)
]


@pytest.mark.parametrize("sampler", READING, ids=lambda s: type(s).__name__)
def test_other_samplers_suggest_a_vectorizer_for_texts(sampler):
    with pytest.raises(ValueError, match="Put a vectorizer before it"):
        sampler.fit_resample(TEXTS, Y)


def test_shrinkage_with_texts_raises():
    with pytest.raises(ValueError, match="RandomOverSampler requires numbers"):
        im.RandomOverSampler(shrinkage=1.0).fit_resample(TEXTS, Y)


@pytest.mark.parametrize("kind", [kind for kind in CONTAINERS if kind != "arrow"])
@pytest.mark.parametrize("correction", [None, "offset", "prior"])
def test_resampled_text_pipeline_matches_manual_resampling(kind, correction):
    X = CONTAINERS[kind](TEXTS)
    sampler = im.RandomOverSampler(random_state=0)
    model = im.ResampledClassifier(
        sampler, PIPELINE, correction=correction, random_state=0
    ).fit(X, Y)
    by_hand = PIPELINE.fit(*sampler.fit_resample(TEXTS, Y))
    np.testing.assert_allclose(
        model.estimator_.predict_proba(X), by_hand.predict_proba(TEXTS)
    )
    assert model.predict(X).shape == (120,)
    if correction is not None:
        assert abs(model.predict_proba(X)[:, 1].mean() - 0.25) < 0.1


@pytest.mark.parametrize(
    "make",
    [
        im.PriorCorrectedClassifier,
        im.PriorThresholdClassifier,
        im.TunedThresholdClassifier,
        im.ConstrainedThresholdClassifier,
        im.LabelShiftAdapter,
        im.RescaledClassifier,
        im.PseudoLabelClassifier,
    ],
)
def test_wrappers_pass_texts_to_a_pipeline(make):
    model = make(PIPELINE).fit(TEXTS, Y)
    assert set(model.predict(TEXTS)) == {0, 1}


def test_dicts_are_resampled_before_a_vectorizer():
    X = [{"words": len(text.split()), "last": text[-5:]} for text in TEXTS]
    pipeline = make_pipeline(DictVectorizer(), LogisticRegression())
    model = im.ResampledClassifier(im.RandomUnderSampler(random_state=0), pipeline)
    assert model.fit(X, Y).predict_proba(X).shape == (120, 2)


@pytest.mark.parametrize("kind", CONTAINERS)
def test_compare_evaluates_text_pipelines(kind):
    X = CONTAINERS[kind](TEXTS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # notes about small classes
        comparison = im.compare(
            X,
            Y,
            estimator=PIPELINE,
            strategies=["random-over", "random-under", "smote"],
            scoring=["roc_auc"],
            cv=2,
            random_state=0,
        )
    means = (
        comparison.scores[comparison.scores.metric == "roc_auc"]
        .groupby("strategy")
        .value
    )
    # Two in three rare rows contain a word that common rows lack.
    assert means.mean()["nothing"] > 0.7
    assert means.mean()["random-over"] > 0.7
    assert np.isnan(means.mean()["smote"])
    assert any("smote failed" in note for note in comparison.notes)
    assert "1 columns" in comparison.recipe


def test_compare_of_texts_requires_an_estimator():
    with pytest.raises(ValueError, match="Pass an estimator that does"):
        im.compare(TEXTS, Y)
