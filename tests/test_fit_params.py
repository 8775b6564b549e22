"""Arguments of fit for the inner estimator, with and without metadata routing."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from imblearn.over_sampling import RandomOverSampler as TheirOverSampler
from imblearn.pipeline import make_pipeline as imblearn_pipeline
from numpy.testing import assert_array_equal
from several_labels import made
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_classification
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_validate
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import imbsuite as im

X, Y = make_classification(120, weights=[0.75], random_state=0)
X[:, 0] = np.arange(120)
TAG = np.arange(120)
WEIGHT = np.random.default_rng(0).uniform(0.5, 2, 120)
NOTE = [(X[:5], Y[:5])]


class Spy(ClassifierMixin, BaseEstimator):
    """Records the arguments of every fit; the first column of X is the row number."""

    calls = []  # noqa: RUF012 - shared by clones

    def fit(self, X, y, sample_weight=None, tag=None, note=None):
        self._note(X, y, sample_weight, tag, note)
        return self

    def partial_fit(self, X, y, classes=None, sample_weight=None, tag=None, note=None):
        self._note(X, y, sample_weight, tag, note)
        return self

    def _note(self, X, y, sample_weight, tag, note):
        Spy.calls.append((np.asarray(X), sample_weight, tag, note))
        self.classes_ = np.unique(y)
        self.n_features_in_ = X.shape[1]

    def predict_proba(self, X):
        p = 1 / (1 + np.exp(-np.asarray(X)[:, 1]))
        rest = np.full((len(p), len(self.classes_) - 1), 1.0) / (len(self.classes_) - 1)
        return np.column_stack([rest * (1 - p)[:, np.newaxis], p])

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


UNDER = im.RandomUnderSampler(random_state=0)
WRAPPERS = {
    "resampled": (lambda e: im.ResampledClassifier(UNDER, e), 1),
    "not resampled": (lambda e: im.ResampledClassifier(None, e), 1),
    "resampled, corrected": (
        lambda e: im.ResampledClassifier(UNDER, e, correction="offset", cv=3),
        4,
    ),
    "prior": (im.PriorThresholdClassifier, 1),
    "cost": (lambda e: im.CostThresholdClassifier(e, cost=[[0, 1], [5, 0]]), 1),
    "tuned": (lambda e: im.TunedThresholdClassifier(e, cv=3), 4),
    "constrained": (
        lambda e: im.ConstrainedThresholdClassifier(
            e, cv=3, subject_to={"recall": 0.1}
        ),
        4,
    ),
    "corrected": (lambda e: im.PriorCorrectedClassifier(e, cv=3), 4),
    "shift": (im.LabelShiftAdapter, 1),
    "rescaled": (lambda e: im.RescaledClassifier(e, cv=3), 4),
    "pseudo-labels": (im.PseudoLabelClassifier, 1),
    "subclass": (lambda e: im.SubclassClassifier(e, delta=20, random_state=0), 1),
    "cooldown": (
        lambda e: im.CooldownClassifier(e, n_epochs=2, batch_size=60, random_state=0),
        4,
    ),
    "nested": (
        lambda e: im.TunedThresholdClassifier(im.ResampledClassifier(UNDER, e), cv=3),
        4,
    ),
}


@pytest.fixture(autouse=True)
def _no_calls():
    Spy.calls.clear()


def _rows_kept_their_tags(wanted=TAG):
    """Return whether every fit received the tag of each row together with the row."""
    return all(
        (np.asarray(tag) == np.asarray(wanted)[rows[:, 0].astype(int)]).all()
        for rows, _, tag, _ in Spy.calls
    )


@pytest.mark.parametrize(("wrapper", "n_fits"), WRAPPERS.values(), ids=WRAPPERS)
@pytest.mark.parametrize("kind", [np.asarray, list, pd.Series])
def test_row_arguments_follow_rows_and_others_pass_unchanged(wrapper, n_fits, kind):
    note = list(NOTE)
    wrapper(Spy()).fit(X, Y, tag=kind(TAG), note=note)
    assert len(Spy.calls) == n_fits
    assert _rows_kept_their_tags()
    assert all(handed is note for *_, handed in Spy.calls)


def test_arguments_are_carried_through_the_sampler():
    sampler = im.SMOTE(random_state=0)
    floats = np.linspace(0, 1, 120)
    for tag in (floats, TAG, sp.csr_array(np.column_stack([floats, floats]))):
        Spy.calls.clear()
        im.ResampledClassifier(sampler, Spy()).fit(X, Y, WEIGHT, tag=tag)
        own = im.SMOTE(random_state=0)
        own.fit_resample(X, Y, sample_weight=WEIGHT)
        _, weight, carried, _ = Spy.calls[0]
        assert_array_equal(weight, own.sample_weight_)
        expected = own.carry(tag)
        if sp.issparse(tag):
            carried, expected = carried.toarray(), expected.toarray()
        assert_array_equal(carried, expected)


def test_row_arguments_with_imbalanced_learn_samplers_raise():
    model = im.ResampledClassifier(TheirOverSampler(), Spy())
    with pytest.raises(
        ValueError, match=r"tag cannot be carried through RandomOverSampler"
    ):
        model.fit(X, Y, tag=TAG)
    model.fit(X, Y, note=NOTE)
    assert Spy.calls[-1][-1] is NOTE


@pytest.mark.parametrize(("wrapper", "n_fits"), WRAPPERS.values(), ids=WRAPPERS)
def test_unknown_arguments_raise_before_any_fit(wrapper, n_fits):
    del n_fits
    with pytest.raises(TypeError, match="unexpected keyword argument 'tags'"):
        wrapper(Spy()).fit(X, Y, tags=TAG)
    assert not Spy.calls


@pytest.mark.parametrize("pipe", [make_pipeline, imblearn_pipeline])
@pytest.mark.parametrize(
    "name", [n for n in WRAPPERS if n not in {"cooldown", "subclass"}]
)
def test_pipeline_steps_receive_prefixed_arguments(pipe, name):
    wrapper, n_fits = WRAPPERS[name]
    inner = pipe(FunctionTransformer(), Spy())
    wrapper(inner).fit(X, Y, WEIGHT, spy__tag=TAG, spy__note=NOTE)
    assert len(Spy.calls) == n_fits
    assert _rows_kept_their_tags()
    assert all(weight is not None for _, weight, *_ in Spy.calls)
    with pytest.raises(ValueError, match="stepname__parameter"):
        wrapper(inner).fit(X, Y, tag=TAG)


def test_a_frozen_estimator_is_not_fitted_again():
    frozen = FrozenEstimator(Spy().fit(X, Y))
    Spy.calls.clear()
    im.TunedThresholdClassifier(frozen).fit(X, Y, WEIGHT, tag=TAG)
    assert not Spy.calls


def test_grid_search_and_cross_validate_pass_arguments_on():
    wrapper = im.TunedThresholdClassifier(im.ResampledClassifier(UNDER, Spy()), cv=3)
    search = GridSearchCV(wrapper, {"cv": [2, 3]}, cv=2, error_score="raise")
    search.fit(X, Y, tag=TAG, note=NOTE)
    assert _rows_kept_their_tags()
    cross_validate(wrapper, X, Y, cv=2, params={"tag": TAG}, error_score="raise")
    assert _rows_kept_their_tags()


# With metadata routing


@pytest.fixture
def routed():
    with config_context(enable_metadata_routing=True):
        yield


@pytest.mark.usefixtures("routed")
@pytest.mark.parametrize(("wrapper", "n_fits"), WRAPPERS.values(), ids=WRAPPERS)
def test_requested_metadata_is_routed(wrapper, n_fits):
    names = {"tag": "label_of_row", "note": True, "sample_weight": True}
    spy = Spy()
    if wrapper is WRAPPERS["cooldown"][0]:
        spy.set_partial_fit_request(**names, classes=False)
    else:
        spy.set_fit_request(**names)
    model = wrapper(spy)
    if wrapper is WRAPPERS["nested"][0]:
        model.estimator.set_fit_request(sample_weight=True)
    model.fit(X, Y, sample_weight=WEIGHT, label_of_row=TAG, note=NOTE)
    assert len(Spy.calls) == n_fits
    assert _rows_kept_their_tags()
    assert all(weight is not None for _, weight, *_ in Spy.calls)


@pytest.mark.usefixtures("routed")
def test_requests_are_respected():
    model = im.TunedThresholdClassifier(Spy(), cv=3)
    with pytest.raises(UnsetMetadataPassedError, match="tag"):
        model.fit(X, Y, tag=TAG)
    with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
        model.fit(X, Y, sample_weight=WEIGHT)
    with pytest.raises(TypeError, match="strange"):
        model.fit(X, Y, strange=TAG)
    assert not Spy.calls
    silent = Spy().set_fit_request(sample_weight=False, tag=False)
    weighed = im.TunedThresholdClassifier(silent, cv=3, random_state=0)
    weighed.set_fit_request(sample_weight=True).fit(X, Y, sample_weight=WEIGHT)
    # The wrapper used the weights; the estimator did not request them.
    assert all(weight is None for _, weight, *_ in Spy.calls)
    plain = im.TunedThresholdClassifier(silent, cv=3, random_state=0).fit(X, Y)
    assert weighed.best_score_ != plain.best_score_


@pytest.mark.usefixtures("routed")
@pytest.mark.parametrize(
    "name", [n for n in WRAPPERS if n not in {"cooldown", "nested"}]
)
def test_wrapper_that_requests_weights_passes_them_on(name):
    wrapper, n_fits = WRAPPERS[name]
    model = wrapper(Spy()).set_fit_request(sample_weight=True)
    outer = make_pipeline(FunctionTransformer(), model)
    outer.fit(X, Y, sample_weight=WEIGHT)
    assert sum(weight is not None for _, weight, *_ in Spy.calls) == n_fits


@pytest.mark.usefixtures("routed")
def test_groups_are_routed_to_the_splitter():
    groups = np.arange(120) // 10
    model = im.TunedThresholdClassifier(Spy(), cv=GroupKFold(3))
    model.set_fit_request(groups=True)
    outer = make_pipeline(FunctionTransformer(), model)
    outer.fit(X, Y, groups=groups)
    for rows, *_ in Spy.calls[:3]:
        inside = groups[rows[:, 0].astype(int)]
        outside = np.setdiff1d(np.arange(120), rows[:, 0].astype(int))
        assert not set(inside) & set(groups[outside])


@pytest.mark.usefixtures("routed")
def test_grid_search_and_cross_validate_route_metadata():
    spy = Spy().set_fit_request(tag=True, sample_weight=True)
    inner = im.ResampledClassifier(UNDER, make_pipeline(FunctionTransformer(), spy))
    model = im.TunedThresholdClassifier(inner.set_fit_request(sample_weight=True))
    model.set_fit_request(sample_weight=True).set_score_request(sample_weight=False)
    search = GridSearchCV(model, {"cv": [2]}, cv=2, error_score="raise")
    search.fit(X, Y, tag=TAG, sample_weight=WEIGHT)
    scores = cross_validate(
        model,
        X,
        Y,
        cv=2,
        params={"tag": TAG, "sample_weight": WEIGHT},
        error_score="raise",
    )
    assert np.isfinite(scores["test_score"]).all()
    assert _rows_kept_their_tags()
    assert all(weight is not None for _, weight, *_ in Spy.calls)


@pytest.mark.usefixtures("routed")
def test_a_plain_estimator_needs_no_request():
    for wrapper in (im.PriorThresholdClassifier, im.PriorCorrectedClassifier):
        assert wrapper(GaussianNB()).fit(X, Y).score(X, Y) > 0.5


def test_requests_set_before_importing_samplers_are_kept():
    program = """
import numpy as np, sklearn, imbsuite as im
from sklearn.linear_model import LogisticRegression
sklearn.set_config(enable_metadata_routing=True)
inner = LogisticRegression().set_fit_request(sample_weight=True)
X = np.arange(40.0)[:, np.newaxis]
y = (np.arange(40) > 29).astype(int)
im.ResampledClassifier(im.SMOTE(), inner).fit(X, y, sample_weight=np.ones(40))
"""
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("correction", [None, "prior", "offset"])
@pytest.mark.parametrize("sampler", [None, im.MLSMOTE(random_state=0)], ids=["", "ml"])
def test_multilabel_weights_are_routed(correction, sampler):
    rows, labels = made(150)
    weight = np.random.default_rng(0).uniform(0.5, 2, 150)
    probabilities = []
    for routed in (False, True):
        with config_context(enable_metadata_routing=routed):
            inner = LogisticRegression()
            if routed:
                inner.set_fit_request(sample_weight=True)
            model = im.ResampledClassifier(
                sampler,
                MultiOutputClassifier(inner),
                correction=correction,
                cv=2,
                random_state=0,
            ).fit(rows, labels, weight)
            probabilities.append(model.predict_proba(rows))
    assert_array_equal(*probabilities)
