"""Bagging our wrappers: bootstrap counts passed as weights stand for repeated rows."""

from typing import ClassVar

import numpy as np
import pytest
from imblearn.over_sampling import RandomOverSampler as TheirOverSampler
from numpy.testing import assert_array_equal
from shared import spread
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import make_classification
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import BaggingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import KFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import imbsuite as im

X, Y = make_classification(200, weights=[0.8], random_state=0)
RNG = np.random.default_rng(0)
COUNTS = np.bincount(RNG.integers(len(Y), size=len(Y)), minlength=len(Y))
ROWS = np.repeat(np.arange(len(Y)), COUNTS)
KNN = KNeighborsClassifier(15)
WRAPPERS = {
    "resampled": lambda e: im.ResampledClassifier(im.SMOTE(random_state=0), e),
    "not resampled": lambda e: im.ResampledClassifier(None, e),
    "their sampler": lambda e: im.ResampledClassifier(
        TheirOverSampler(random_state=0), e
    ),
    "prior": im.PriorThresholdClassifier,
    "cost": lambda e: im.CostThresholdClassifier(e, cost=[[0, 1], [5, 0]]),
    "subclass": lambda e: im.SubclassClassifier(e, random_state=0),
    "shift": im.LabelShiftAdapter,
    "pseudo-labels": lambda e: im.PseudoLabelClassifier(e, labels="hard"),
    "corrected by the formula": lambda e: im.PriorCorrectedClassifier(
        e, method="prior"
    ),
}
FOLDING = {
    "tuned": lambda e, **kw: im.TunedThresholdClassifier(e, random_state=0, **kw),
    "constrained": lambda e, **kw: im.ConstrainedThresholdClassifier(
        e, random_state=0, **kw
    ),
    "corrected": lambda e, **kw: im.PriorCorrectedClassifier(e, random_state=0, **kw),
    "resampled": lambda e, **kw: im.ResampledClassifier(
        im.RandomUnderSampler(random_state=0),
        e,
        correction="offset",
        random_state=0,
        **kw,
    ),
}


class _Spy(ClassifierMixin, BaseEstimator):
    """Records the rows that it is fitted on and predicts; takes no weights."""

    seen: ClassVar[list] = []

    def fit(self, X, y):
        self.classes_, self.rows_ = np.unique(y), set(np.asarray(X)[:, 0].tolist())
        return self

    def predict_proba(self, X):
        self.seen.append((self.rows_, set(np.asarray(X)[:, 0].tolist())))
        p = 1 / (1 + np.exp(-np.asarray(X)[:, 1]))
        return np.column_stack([1 - p, p])

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


@pytest.mark.parametrize("wrapper", WRAPPERS.values(), ids=WRAPPERS)
@pytest.mark.parametrize(
    "inner", [KNN, make_pipeline(StandardScaler(), KNN)], ids=["plain", "pipeline"]
)
def test_bootstrap_counts_equal_repeated_rows(wrapper, inner):
    by_counts = wrapper(inner).fit(X, Y, sample_weight=COUNTS)
    by_rows = wrapper(inner).fit(X[ROWS], Y[ROWS])
    assert_array_equal(by_counts.predict_proba(X), by_rows.predict_proba(X))
    assert_array_equal(by_counts.predict(X), by_rows.predict(X))


@pytest.mark.parametrize("wrapper", [*WRAPPERS.values(), *FOLDING.values()])
def test_unit_weights_equal_no_weights(wrapper):
    weighed = wrapper(KNN).fit(X, Y, sample_weight=np.ones(len(Y)))
    plain = wrapper(KNN).fit(X, Y)
    assert_array_equal(weighed.predict(X), plain.predict(X))


@pytest.mark.parametrize("wrapper", [*WRAPPERS.values(), *FOLDING.values()])
@pytest.mark.parametrize("weight", [0.5, 3.0], ids=["a-fraction", "no-bootstrap"])
def test_weights_that_are_not_counts_are_rejected(wrapper, weight):
    with pytest.raises(ValueError, match=r"KNeighborsClassifier.fit does not take it"):
        wrapper(KNN).fit(X, Y, sample_weight=np.full(len(Y), weight))


@pytest.mark.parametrize("wrapper", FOLDING.values(), ids=FOLDING)
@pytest.mark.parametrize(
    "folds",
    [{}, {"cv": 0.3}, {"cv": KFold(3, shuffle=True, random_state=0)}, {"cv": "list"}],
    ids=str,
)
def test_copies_of_a_row_stay_on_the_same_side_of_a_fold(wrapper, folds):
    numbered = np.column_stack([np.arange(len(Y)), X[:, 0]])
    if folds.get("cv") == "list":
        half = np.arange(len(Y)) % 2 == 0
        folds = {"cv": [(half, ~half), (np.flatnonzero(~half), np.flatnonzero(half))]}
    _Spy.seen.clear()
    wrapper(_Spy(), **folds).fit(numbered, Y, sample_weight=COUNTS)
    assert _Spy.seen
    assert all(not (fitted & predicted) for fitted, predicted in _Spy.seen)
    drawn = set(np.unique(ROWS).tolist())
    assert all(predicted <= drawn for _, predicted in _Spy.seen)
    if isinstance(folds.get("cv"), list):
        # Positions refer to the rows that were passed.
        assert [{k % 2 for k in predicted} for _, predicted in _Spy.seen] == [{1}, {0}]


def test_certified_constraint_counts_repeated_rows_once():
    p = np.linspace(0.01, 0.99, 400)
    y = (RNG.random(400) < p).astype(int)
    numbered = np.column_stack([np.arange(400), np.log(p / (1 - p))])

    def reached(weight):
        model = im.ConstrainedThresholdClassifier(
            _Spy(),
            subject_to={"recall": 0.5},
            confidence=0.9,
            pos_label=1,
            cv=0.5,
            random_state=0,
        )
        return model.fit(numbered, y, sample_weight=weight).reached_

    assert reached(np.full(400, 2)) == reached(None)


@pytest.mark.parametrize(
    "inner", [KNN, LinearDiscriminantAnalysis()], ids=lambda e: type(e).__name__
)
@pytest.mark.parametrize("correction", [None, "offset"])
def test_bagging_models_that_take_no_weights(inner, correction):
    member = im.ResampledClassifier(
        im.SMOTE(random_state=0), inner, correction=correction, cv=3, random_state=0
    )
    bag = BaggingClassifier(member, n_estimators=4, random_state=0).fit(X, Y)
    for one in bag.estimators_:
        assert set(one.effective_prior_.values()) == {0.5}
    assert bag.score(X, Y) > 0.85


def test_fit_params_are_repeated_with_their_rows():
    class Noting(_Spy):
        def fit(self, X, y, tag=None, note=None):
            self.tag_, self.note_ = tag, note
            return super().fit(X, y)

    tag = np.arange(len(Y))
    model = im.PriorThresholdClassifier(Noting())
    model.fit(X, Y, sample_weight=COUNTS, tag=tag, note=[1, 2])
    assert_array_equal(model.estimator_.tag_, ROWS)
    assert model.estimator_.note_ == [1, 2]


@pytest.mark.parametrize(
    "sampler",
    [
        im.SMOTE(random_state=0),
        im.RandomOverSampler(random_state=0),
        im.RandomUnderSampler(random_state=0),
        im.make_chain(im.SMOTE(random_state=0), im.TomekLinks(sampling_strategy="all")),
        im.SubclassSampler(im.SMOTE(random_state=0), random_state=0),
        im.SubclassSampler(im.RandomUnderSampler(random_state=0), random_state=0),
    ],
    ids=lambda s: type(s).__name__,
)
def test_bagged_members_are_balanced(sampler):
    X, y = make_classification(1000, weights=[0.9], random_state=0)
    member = im.ResampledClassifier(sampler, LogisticRegression())
    bag = BaggingClassifier(member, n_estimators=3, random_state=0).fit(X, y)
    for one in bag.estimators_:
        assert one.effective_prior_ == pytest.approx({0: 0.5, 1: 0.5}, abs=0.05)
        weighs = np.asarray(one.sampler_.sample_weight_) > 0
        # Rows of positive weight are those of the plan, which counts the rows drawn.
        assert weighs.sum() == sum(one.sampler_.plan_.values())
    assert balanced_accuracy_score(y, bag.predict(X)) > 0.75


@pytest.mark.parametrize(
    ("inner", "n_classes"),
    spread(
        {"weights": LogisticRegression(), "none": KNeighborsClassifier(1)},
        {"two": 2, "three": 3},
    ),
)
@pytest.mark.parametrize(
    "sampler", [im.SMOTE(random_state=0), im.RandomUnderSampler(random_state=0)]
)
@pytest.mark.filterwarnings("ignore:Class:UserWarning")
def test_member_may_have_drawn_no_row_of_a_class(sampler, inner, n_classes):
    y = np.repeat([0, 1, 2], [80, 17, 3])
    X = np.random.default_rng(0).normal(size=(100, 2)) + 2 * y[:, np.newaxis]
    y = y if n_classes == 3 else y // 2
    counts = np.ones(100, dtype=int)
    counts[-3:] = 0
    counts[:3] = 2
    model = im.ResampledClassifier(sampler, inner).fit(X, y, sample_weight=counts)
    assert 2 not in model.predict(X) if n_classes == 3 else not model.predict(X).any()
    bag = BaggingClassifier(clone(model), n_estimators=40, random_state=0).fit(X, y)
    assert bag.score(X, y) > 0.7
