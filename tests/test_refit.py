"""A fit replaces the previous fit completely, and a failed fit changes nothing."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn import clone
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import NearestNeighbors

import imbsuite as im
from imbsuite.cluster import SubclassEncoder
from imbsuite.testing import all_samplers

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 3)) + np.repeat([0.0, 1.0], [90, 30])[:, None]
Y = np.repeat([0, 1], [90, 30])
FRAME = pd.DataFrame(X, columns=["a", "b", "c"])
SAMPLERS = [im.SubclassSampler(im.SMOTE()), im.make_chain(im.SMOTE(), im.TomekLinks())]
SAMPLERS += all_samplers()
LR = LogisticRegression()
# An estimator with two sets of parameters whose fits set different attributes.
WRAPPERS = [
    (im.ResampledClassifier(im.SMOTE(), LR), {"correction": "offset"}, {}),
    (im.PriorCorrectedClassifier(LR), {"method": "offset"}, {"method": "prior"}),
    (im.TunedThresholdClassifier(LR, pos_label=1), {"cv": 3}, {"cv": "prefit"}),
    (im.CooldownClassifier(GaussianNB(), n_epochs=2), {}, {"mode": "weight"}),
    (im.SubclassClassifier(LR), {}, {"delta": 50}),
    (im.PriorThresholdClassifier(LR), {}, {"target": "confidence"}),
    (im.LinearLossClassifier(), {"loss": "f1"}, {"loss": "focal"}),
    (SubclassEncoder(), {}, {"delta": 50}),
]


def names(fitted) -> set[str]:
    return {name for name in dir(fitted) if hasattr(fitted, name)}


def seeded(sampler):
    seeds = [name for name in sampler.get_params() if name.endswith("random_state")]
    return clone(sampler).set_params(**dict.fromkeys(seeds, 0))


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("sampler", SAMPLERS, ids=str)
def test_fit_removes_attributes_of_fit_resample(sampler):
    used, fresh = seeded(sampler), seeded(sampler)
    used.fit_resample(FRAME, Y)
    used.fit(X, Y)
    fresh.fit(X, Y)
    # This includes feature_names_in_, because an array has no column names.
    assert names(used) == names(fresh)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("sampler", SAMPLERS, ids=str)
def test_fit_and_fit_resample_set_feature_names(sampler):
    for method in ("fit", "fit_resample"):
        fitted = seeded(sampler)
        getattr(fitted, method)(FRAME, Y)
        assert fitted.n_features_in_ == 3
        assert fitted.feature_names_in_.tolist() == ["a", "b", "c"]
        assert fitted.get_feature_names_out().tolist() == ["a", "b", "c"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("model", "first", "second"), WRAPPERS, ids=str)
def test_refit_with_other_parameters_removes_old_attributes(model, first, second):
    if second.get("cv") == "prefit":
        second = {"estimator": clone(LR).fit(X, Y), "cv": 2}
    for one, other in ((first, second), (second, first)):
        used = clone(model).set_params(**one).fit(FRAME, Y)
        used.set_params(**clone(model).set_params(**other).get_params(deep=False))
        fresh = clone(model).set_params(**other)
        assert names(used.fit(X, Y)) == names(fresh.fit(X, Y))


class Nothing:
    """A value that no parameter accepts."""


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (model, name)
        for model in [*SAMPLERS, *(wrapper for wrapper, *_ in WRAPPERS)]
        for name in model.get_params(deep=False)
    ],
    ids=str,
)
def test_error_names_the_parameter_of_wrong_type(model, name):
    wrong = clone(model)
    setattr(wrong, name, Nothing())
    with pytest.raises((ValueError, TypeError), match=rf"\b{name}\b"):
        wrong.fit(X, Y)


def test_refit_removes_neighbors_recall():
    sampler = im.SMOTE(k_neighbors=NearestNeighbors(n_neighbors=6), random_state=0)
    sampler.fit_resample(X, Y)
    assert hasattr(sampler, "neighbors_recall_")
    sampler.set_params(k_neighbors=5).fit_resample(X, Y)
    assert not hasattr(sampler, "neighbors_recall_")


def test_failed_fit_keeps_the_previous_fit():
    sampler = im.SMOTE(random_state=0)
    sampler.fit_resample(X, Y)
    before = sampler.sample_indices_
    with pytest.raises(ValueError, match="class"):
        sampler.fit_resample(X, np.zeros(120))
    assert sampler.sample_indices_ is before
    assert sampler.plan_ == {0: 90, 1: 90}


def test_refit_removes_private_attributes():
    sampler = im.KMeansSMOTE(random_state=0, cluster_balance_threshold=0.0)
    sampler.fit_resample(X, Y)
    sampler = pickle.loads(pickle.dumps(sampler))  # noqa: S301 - made here
    sampler.fit(X, Y)
    assert not hasattr(sampler, "kmeans_estimator_")
    assert "_clusters" not in vars(sampler)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("sampler", SAMPLERS, ids=str)
def test_threads_may_share_a_sampler(sampler):
    # Tables of different shapes and numbers of classes, so that a mix would be noticed.
    rng = np.random.default_rng(1)
    tables = []
    for columns in (2, 3, 5, 8):
        y = np.repeat(np.arange(columns), rng.integers(30, 60, columns))
        tables.append((rng.normal(size=(len(y), columns)) + y[:, None], y))
    alone = [seeded(sampler).fit_resample(*table) for table in tables]
    shared = seeded(sampler)
    with ThreadPoolExecutor(4) as pool:
        resampled = list(
            pool.map(lambda table: shared.fit_resample(*table), tables * 2)
        )
    for (X_new, y_new), (X_old, y_old) in zip(resampled, alone * 2, strict=True):
        assert_array_equal(X_new, X_old)
        assert_array_equal(y_new, y_old)
    assert sum(shared.plan_.values()) == len(shared.sample_indices_)
