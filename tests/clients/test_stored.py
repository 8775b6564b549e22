"""Fitted estimators stored by skops, cloudpickle and pickle, and loaded again."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

import imbsuite as im
from imbsuite.testing import all_samplers

pytestmark = [
    pytest.mark.slow,
    # Folds have few rows of the minority class.
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


def _skops(estimator):
    sio = pytest.importorskip("skops.io", reason="skops is not installed")
    stored = sio.dumps(estimator)
    unknown = sio.get_untrusted_types(data=stored)
    assert all(name.startswith("imbsuite.") for name in unknown), unknown
    return sio.loads(stored, trusted=unknown)


def _cloudpickle(estimator):
    library = pytest.importorskip("cloudpickle", reason="cloudpickle is not installed")
    return pickle.loads(library.dumps(estimator))  # noqa: S301 (our own bytes)


def _pickle(estimator):
    return pickle.loads(pickle.dumps(estimator))  # noqa: S301 (our own bytes)


STORES = {"skops": _skops, "cloudpickle": _cloudpickle, "pickle": _pickle}
X, CODES = make_classification(300, weights=[0.8], random_state=0)
Y = np.array(["legit", "fraud"])[CODES]
LINEAR = LogisticRegression()
MODELS = [
    *[im.ResampledClassifier(sampler, LINEAR) for sampler in all_samplers()],
    im.ResampledClassifier(None, LINEAR),
    im.ResampledClassifier(
        im.SMOTE(random_state=0), LINEAR, correction="offset", random_state=0
    ),
    im.PriorCorrectedClassifier(LINEAR, random_state=0),
    im.LabelShiftAdapter(LINEAR),
    im.RescaledClassifier(LINEAR, random_state=0),
    im.PseudoLabelClassifier(LINEAR),
    im.PriorThresholdClassifier(LINEAR),
    im.CostThresholdClassifier(LINEAR),
    im.TunedThresholdClassifier(LINEAR, random_state=0),
    im.ConstrainedThresholdClassifier(LINEAR, random_state=0),
    im.SubclassClassifier(LINEAR, random_state=0),
    im.CooldownClassifier(GaussianNB(), n_epochs=3, random_state=0),
    im.PrestoClassifier(categories=["legit", "fraud"]),
    im.ProportionalOddsClassifier(categories=["legit", "fraud"]),
]


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("model", MODELS, ids=lambda m: type(m).__name__)
def test_loaded_models_predict_the_same(model, store):
    model.fit(X, Y)
    loaded = STORES[store](model)
    assert type(loaded) is type(model)
    assert str(loaded.get_params()) == str(model.get_params())
    assert_array_equal(loaded.classes_, model.classes_)
    assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    assert_array_equal(loaded.predict(X), model.predict(X))


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("sampler", all_samplers(), ids=lambda s: type(s).__name__)
def test_loaded_samplers_draw_and_carry_the_same(sampler, store):
    X_out, y_out = sampler.fit_resample(X, Y)
    loaded = STORES[store](sampler)
    assert loaded.plan_ == sampler.plan_
    assert_array_equal(loaded.carry(X), sampler.carry(X))
    X_again, y_again = loaded.fit_resample(X, Y)
    assert_array_equal(X_again, X_out)
    assert_array_equal(y_again, y_out)
