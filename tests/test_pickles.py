"""Pickles of classifiers do not include attributes of the training rows."""

import copy
import io
import pickle

import cloudpickle
import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import imbsuite as im
from imbsuite.testing import all_samplers

RNG = np.random.default_rng(0)
N = 20_000
X = RNG.normal(size=(N, 3))
Y = (RNG.random(N) < 1 / (1 + np.exp(3 - X[:, 0]))).astype(int)
DRAW = ("sample_indices_", "is_synthetic_", "parents_", "steps_")
LINEAR = LogisticRegression()


def _joblib(model):
    file = io.BytesIO()
    joblib.dump(model, file)
    file.seek(0)
    return joblib.load(file)


def _revived(stored):
    return pickle.loads(stored)  # noqa: S301 - made here


WAYS = {
    "pickle": lambda model: _revived(pickle.dumps(model)),
    "cloudpickle": lambda model: _revived(cloudpickle.dumps(model)),
    "joblib": _joblib,
}


@pytest.mark.filterwarnings("ignore:Class 1. no row is in a cluster")
@pytest.mark.parametrize(
    "model",
    [
        im.ResampledClassifier(im.SMOTE(), LINEAR),
        im.ResampledClassifier(im.KMeansSMOTE(), LINEAR),
        im.ResampledClassifier(im.RandomOverSampler(), LINEAR, correction="prior"),
        im.ResampledClassifier(
            im.make_chain(im.RandomOverSampler(), im.RandomUnderSampler()), LINEAR
        ),
        im.ResampledClassifier(im.SubclassSampler(im.RandomOverSampler()), LINEAR),
        im.PriorThresholdClassifier(im.ResampledClassifier(im.SMOTE(), LINEAR)),
        make_pipeline(StandardScaler(), im.ResampledClassifier(im.SMOTE(), LINEAR)),
        im.SubclassClassifier(LINEAR, max_subclasses=3),
        im.CooldownClassifier(SGDClassifier(), n_epochs=2),
    ],
    ids=str,
)
def test_pickle_size_does_not_grow_with_the_table(model):
    model.fit(X, Y)
    stored = pickle.dumps(model)
    assert len(stored) < 100_000
    assert_array_equal(_revived(stored).predict(X[:99]), model.predict(X[:99]))


SMALL, LABELS = X[:300], Y[:300]


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("sampler", all_samplers(), ids=lambda s: type(s).__name__)
@pytest.mark.filterwarnings("ignore:Class:UserWarning")
def test_unpickled_sampler_explains_missing_row_attributes(sampler, way):
    model = im.ResampledClassifier(sampler, LINEAR).fit(SMALL, LABELS)
    revived = way(model)
    for name in DRAW:
        assert hasattr(model.sampler_, name)
        assert not hasattr(revived.sampler_, name)
        with pytest.raises(AttributeError, match=f"{name} of this .* was not stored"):
            getattr(revived.sampler_, name)
    with pytest.raises(NotFittedError, match="was not stored"):
        revived.sampler_.carry(LABELS)
    # Small attributes are stored, and the sampler can be used again.
    assert revived.sampler_.plan_ == model.sampler_.plan_
    assert revived.effective_prior_ == model.effective_prior_
    # ClusterCentroids creates weights, one for each row.
    weighs = model.sampler_.sample_weight_ is not None
    assert hasattr(revived.sampler_, "sample_weight_") != weighs
    assert revived.sampler_._repr_html_()
    again = clone(revived).fit(SMALL, LABELS)
    assert_array_equal(again.sampler_.sample_indices_, model.sampler_.sample_indices_)
    revived.sampler_.fit_resample(SMALL, LABELS)
    assert_array_equal(revived.sampler_.carry(LABELS), model.sampler_.carry(LABELS))


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy])
def test_copies_keep_row_attributes(way):
    model = im.ResampledClassifier(im.SMOTE(), LINEAR).fit(SMALL, LABELS)
    other = way(model)
    for name in DRAW:
        assert_array_equal(getattr(other.sampler_, name), getattr(model.sampler_, name))
    assert (other.sampler_ is model.sampler_) == (way is copy.copy)
    assert other.get_params()["sampler"].get_params() == im.SMOTE().get_params()


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_sampler_pickled_alone_keeps_row_attributes(way):
    sampler = im.SMOTE(random_state=0)
    sampler.fit_resample(SMALL, LABELS)
    assert_array_equal(way(sampler).carry(LABELS), sampler.carry(LABELS))
    model = im.ResampledClassifier(im.SMOTE(random_state=0), LINEAR)
    model.fit(SMALL, LABELS)
    assert_array_equal(way(model.sampler_).parents_, sampler.parents_)
    way(model)
    assert_array_equal(model.sampler_.parents_, sampler.parents_)


def test_subclasses_of_the_training_rows_are_not_stored():
    model = im.SubclassClassifier(LINEAR, delta=50).fit(SMALL, LABELS)
    revived = _revived(pickle.dumps(model))
    with pytest.raises(AttributeError, match="subclass_labels_ of this SubclassEnc"):
        _ = revived.encoder_.subclass_labels_
    assert_array_equal(revived.predict_proba(SMALL), model.predict_proba(SMALL))


def test_models_from_worker_processes_predict_the_same():
    model = im.ResampledClassifier(im.SMOTE(random_state=0), LINEAR)
    one, two = (
        cross_validate(model, SMALL, LABELS, cv=2, n_jobs=n, return_estimator=True)[
            "estimator"
        ]
        for n in (1, 2)
    )
    for a, b in zip(one, two, strict=True):
        assert_array_equal(a.predict_proba(SMALL), b.predict_proba(SMALL))


def test_unfitted_sampler_raises_the_usual_attribute_error():
    sampler = im.SMOTE()
    assert not hasattr(sampler, "parents_")
    with pytest.raises(AttributeError, match="'SMOTE' object has no attribute"):
        _ = sampler.parents_
