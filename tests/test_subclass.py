"""Classes divided into subclasses: the encoder, the sampler and the classifier."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score
from sklearn.svm import LinearSVC

import imbsuite as im


def _blobs(sizes=(400, 100, 20), seed=0):
    rng = np.random.default_rng(seed)
    y = np.repeat(["head", "mid", "tail"], sizes)
    X = rng.normal(size=(len(y), 3)) + np.repeat([0.0, 2.0, 4.0], sizes)[:, np.newaxis]
    return X, y


def test_subclasses_are_as_large_as_the_smallest_class():
    X, y = _blobs()
    encoder = im.SubclassEncoder(random_state=0).fit(X, y)
    assert encoder.threshold_ == 20
    labels = encoder.subclass_labels_
    assert_array_equal(encoder.subclass_to_class_[labels], y)  # classes are not mixed
    assert_array_equal(encoder.inverse_transform(labels), y)
    assert np.bincount(labels).tolist() == [20] * 26
    assert encoder.subclass_to_class_.tolist() == ["head"] * 20 + ["mid"] * 5 + ["tail"]


@pytest.mark.parametrize(
    ("params", "parts"),
    [
        ({"delta": 60}, [6, 1, 1]),
        ({"delta": 51}, [7, 1, 1]),  # a class of fewer than 2 M rows stays whole
        ({"max_subclasses": 3}, [3, 3, 1]),
    ],
)
def test_delta_and_max_subclasses_limit_the_number(params, parts):
    encoder = im.SubclassEncoder(random_state=0, **params).fit(*_blobs())
    _, counts = np.unique(encoder.subclass_to_class_, return_counts=True)
    assert counts.tolist() == parts


def test_subclasses_ignore_units_and_accept_mixed_tables():
    X, y = _blobs()
    plain = im.SubclassEncoder(random_state=0).fit(X, y).subclass_labels_
    scaled = im.SubclassEncoder(random_state=0).fit(X * [1e-3, 1, 1e4], y)
    assert_array_equal(plain, scaled.subclass_labels_)
    frame = pd.DataFrame(X, columns=list("abc"))
    frame["text"] = np.where(X[:, 0] > 0, "yes", "no")
    frame.loc[::7, "a"] = np.nan
    mixed = im.SubclassEncoder(random_state=0).fit(frame, y)
    assert_array_equal(mixed.inverse_transform(mixed.subclass_labels_), y)


def test_unknown_subclasses_raise():
    encoder = im.SubclassEncoder(random_state=0).fit(*_blobs())
    for wrong in ([26], [-1], [0.5]):
        with pytest.raises(ValueError, match="integers from 0 to 25"):
            encoder.inverse_transform(wrong)


def test_over_sampling_balances_classes_and_subclasses():
    X, y = _blobs()
    sampler = im.SubclassSampler(im.SMOTE(), random_state=0)
    X_new, y_new = sampler.fit_resample(X, y)
    assert sampler.plan_ == {"head": 400, "mid": 400, "tail": 400}
    assert sampler.sampler_.plan_["mid, subclass 20"] == 80
    # Both parents of a new row are of one subclass.
    labels = sampler.encoder_.subclass_labels_
    assert_array_equal(*labels[sampler.parents_].T)
    assert_array_equal(y_new, y[sampler.sample_indices_])
    assert_array_equal(X_new[:520], X)


def test_under_sampling_balances_classes_and_subclasses():
    X, y = _blobs()
    sampler = im.SubclassSampler(im.RandomUnderSampler(), delta=50, random_state=0)
    _, y_new = sampler.fit_resample(X, y)
    assert dict(zip(*np.unique(y_new, return_counts=True), strict=True)) == {
        "head": 20,
        "mid": 20,
        "tail": 20,
    }
    kept = sampler.encoder_.subclass_labels_[sampler.sample_indices_]
    assert sorted(np.bincount(kept).tolist()) == [2] * 4 + [3] * 4 + [10, 10, 20]


def test_ratios_apply_to_classes():
    X, y = _blobs()
    inner = im.RandomOverSampler(sampling_strategy=0.5)
    sampler = im.SubclassSampler(inner, random_state=0)
    sampler.fit_resample(X, y)
    assert sampler.plan_ == {"head": 400, "mid": 200, "tail": 200}
    assert sampler.effective_prior_ == pytest.approx(
        {"head": 0.5, "mid": 0.25, "tail": 0.25}
    )


def test_a_subclass_may_be_left_with_a_single_row():
    X, y = _blobs((400, 100, 3))
    sampler = im.SubclassSampler(im.RandomUnderSampler(), random_state=0)
    _, y_new = sampler.fit_resample(X, y)
    assert sorted(y_new.tolist()) == ["head"] * 3 + ["mid"] * 3 + ["tail"] * 3


def test_uint64_labels_stay_integers():
    X, y = _blobs()
    labels = np.array([0, 2**64 - 1], dtype=np.uint64)[(y != "head").astype(int)]
    encoder = im.SubclassEncoder(random_state=0).fit(X, labels)
    assert encoder.classes_.tolist() == [0, 2**64 - 1]


def test_labels_of_several_types_are_kept():
    X, _ = _blobs()
    mixed = np.array([7, "mid", True], dtype=object)[
        np.repeat([0, 1, 2], [400, 100, 20])
    ]
    sampler = im.SubclassSampler(im.SMOTE(), random_state=0)
    _, y_new = sampler.fit_resample(X, mixed)
    assert sampler.plan_ == {7: 400, "mid": 400, True: 400}
    assert y_new[:520].tolist() == mixed.tolist()


def test_subclass_sampler_works_in_a_chain_and_with_tempered():
    X, y = _blobs()
    chain = im.make_chain(
        im.SubclassSampler(im.SMOTE(), random_state=0),
        im.TomekLinks(sampling_strategy="all"),
    )
    chain.fit_resample(X, y)
    assert chain.parents_.max() < len(y)
    tempered = im.SMOTE(sampling_strategy=im.Tempered(2))
    sampler = im.SubclassSampler(tempered, random_state=0)
    sampler.fit_resample(X, y)
    assert sampler.plan_ == {"head": 400, "mid": 200, "tail": 89}  # sqrt(400 * 20)


@pytest.mark.parametrize(
    "inner", [im.TomekLinks(), im.make_chain(im.SMOTE()), im.CCR()]
)
def test_samplers_without_a_plan_raise(inner):
    with pytest.raises(TypeError, match="'sampler' parameter of SubclassSampler must"):
        im.SubclassSampler(inner).fit_resample(*_blobs())


def _four_blobs_around_one(seed):
    """A common class of four blobs, and a rare one between them."""
    rng = np.random.default_rng(seed)
    places = np.array([[6, 0], [-6, 0], [0, 6], [0, -6]])
    head = [rng.normal(size=(100, 2)) + place for place in places]
    tail = 0.7 * rng.normal(size=(25, 2))
    return np.concatenate([*head, tail]), np.repeat([0, 1], [400, 25])


def test_linear_model_finds_the_rare_class_between_blobs():
    plain, cut = [], []
    for seed in range(10):
        X, y = _four_blobs_around_one(seed)
        X_test, y_test = _four_blobs_around_one(seed + 100)
        for model, predicted in (
            (LogisticRegression(), plain),
            (
                im.SubclassClassifier(
                    LogisticRegression(max_iter=1000), random_state=0
                ),
                cut,
            ),
        ):
            predicted.append(recall_score(y_test, model.fit(X, y).predict(X_test)))
    # 10 problems; the standard errors of both means are below 0.01.
    assert np.mean(plain) < 0.2
    assert np.mean(cut) > 0.9


def test_probabilities_are_sums_over_subclasses():
    X, y = _blobs()
    model = im.SubclassClassifier(LogisticRegression(max_iter=500), random_state=0)
    probability = model.fit(X, y).predict_proba(X)
    assert_allclose(probability.sum(axis=1), 1)
    of_subclass = model.estimator_.predict_proba(X)
    owner = model.encoder_.subclass_to_class_
    for row in (0, 300, 519):
        for k, label in enumerate(model.classes_):
            naive = sum(
                p for p, c in zip(of_subclass[row], owner, strict=True) if c == label
            )
            assert_allclose(probability[row, k], naive)
    assert_array_equal(model.predict(X), model.classes_[probability.argmax(axis=1)])


def test_prediction_without_probabilities_uses_the_subclass():
    X, y = _blobs()
    model = im.SubclassClassifier(LinearSVC(), delta=60, random_state=0).fit(X, y)
    assert not hasattr(model, "predict_proba")
    inner = model.estimator_.predict(X)
    assert_array_equal(model.predict(X), model.encoder_.subclass_to_class_[inner])


def test_weights_reach_the_estimator():
    X, y = _blobs()
    weight = np.random.default_rng(0).uniform(size=len(y))
    model = im.SubclassClassifier(LogisticRegression(max_iter=500), random_state=0)
    weighted = model.fit(X, y, sample_weight=weight).predict_proba(X)
    assert not np.allclose(weighted, model.fit(X, y).predict_proba(X))


def test_the_same_seed_gives_the_same_subclasses():
    X, y = _blobs()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one, same, other = (
            im.SubclassEncoder(random_state=seed).fit_transform(X, y)
            for seed in (0, 0, 1)
        )
    assert_array_equal(one, same)
    assert (one != other).any()


class _Evaluated(ClassifierMixin, BaseEstimator):
    def fit(self, X, y, eval_set=None, eval_X=None, eval_y=None):  # noqa: N803
        self.classes_, self.eval_set_ = np.unique(y), eval_set
        self.eval_X_, self.eval_y_ = eval_X, eval_y
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


@pytest.mark.parametrize("table", [np.asarray, pd.DataFrame], ids=["array", "frame"])
def test_eval_rows_get_the_subclass_of_their_nearest_training_row(table):
    # "a" lies around 0 and 9, "b" around 5.
    X = table([[0.0], [0.1], [9.0], [9.1], [5.0], [5.1]])
    y = np.array(["a", "a", "a", "a", "b", "b"])
    model = im.SubclassClassifier(_Evaluated(), delta=2, random_state=0)
    new = table([[1.0], [8.0], [8.0], [4.0], [np.nan]])
    labels = np.array(["a", "a", "b", "a", "b"])
    model.fit(X, y, eval_set=[(new, labels)])
    ((rows, subclasses),) = model.estimator_.eval_set_
    of = model.encoder_.subclass_labels_
    assert rows is new
    assert subclasses.tolist() == [of[0], of[2], of[4], of[0], of[4]]
    model.fit(X, y, eval_set=(new, labels))
    assert model.estimator_.eval_set_[1].tolist() == subclasses.tolist()
    model.fit(X, y, eval_X=new, eval_y=labels)
    assert model.estimator_.eval_X_ is new
    assert model.estimator_.eval_y_.tolist() == subclasses.tolist()
    model.fit(X, y, eval_X=(new, X), eval_y=(labels, y))
    first, second = model.estimator_.eval_y_
    assert first.tolist() == subclasses.tolist()
    assert second.tolist() == of.tolist()


def test_invalid_eval_sets_raise():
    X, y = [[0.0], [0.1], [9.0], [9.1]], ["a", "a", "b", "b"]
    model = im.SubclassClassifier(_Evaluated(), delta=2)
    with pytest.raises(ValueError, match=r"must be classes in y.*Got \['c'\]"):
        model.fit(X, y, eval_set=[(X, ["a", "b", "c", "a"])])
    with pytest.raises(
        TypeError, match=r"'eval_set' argument must be a list of \(X, y\)"
    ):
        model.fit(X, y, eval_set=object())
