"""Pickling an ensemble preserves its trees and halves the bytes of their nodes."""

from __future__ import annotations

import copy
import pickle

import joblib
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier

from imbsuite import ResampledEnsembleClassifier
from imbsuite.meta._narrow_trees import _narrow

RNG = np.random.default_rng(0)
X = RNG.normal(size=(900, 4))
X[RNG.random(X.shape) < 0.05] = np.nan
Y = np.digitize(np.nan_to_num(X[:, 0]) + RNG.normal(size=900), [0.8, 1.6])


def fit_ensemble(member=None, **options) -> ResampledEnsembleClassifier:
    model = ResampledEnsembleClassifier(
        None, member, n_estimators=3, random_state=0, **options
    )
    return model.fit(X, Y)


def round_trip(model, protocol=pickle.HIGHEST_PROTOCOL):
    return pickle.loads(pickle.dumps(model, protocol))  # noqa: S301 - made here


def assert_same_trees(ours, theirs) -> None:
    for mine, other in zip(ours.estimators_, theirs.estimators_, strict=True):
        one, two = (member.tree_.__getstate__() for member in (mine, other))
        assert one.keys() == two.keys()
        assert_array_equal(one["values"], two["values"])
        assert one["nodes"].dtype == two["nodes"].dtype
        for name in one["nodes"].dtype.names:
            assert_array_equal(one["nodes"][name], two["nodes"][name])
        assert_array_equal(mine.feature_importances_, other.feature_importances_)
    assert_array_equal(ours.predict_proba(X), theirs.predict_proba(X))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_trees_are_unchanged_by_every_pickle_protocol(protocol):
    model = fit_ensemble()
    assert_same_trees(round_trip(model, protocol), model)
    assert_same_trees(copy.deepcopy(model), model)


@pytest.mark.parametrize(
    "member", [DecisionTreeClassifier(max_depth=1), ExtraTreeClassifier()]
)
def test_trees_are_unchanged_by_joblib(member, tmp_path):
    model = fit_ensemble(member)
    joblib.dump(model, tmp_path / "m.joblib")
    for mode in (None, "r"):
        assert_same_trees(joblib.load(tmp_path / "m.joblib", mmap_mode=mode), model)


def test_pickled_nodes_take_half_the_bytes():
    model = fit_ensemble(oob_score=True)
    nodes, values = (
        sum(one.tree_.__getstate__()[part].nbytes for one in model.estimators_)
        for part in ("nodes", "values")
    )
    plain = sum(len(pickle.dumps(one)) for one in model.estimators_)
    assert (
        len(pickle.dumps(model)) - (plain - nodes - values) < nodes / 2 + values + 9000
    )


def test_pickling_does_not_change_the_model():
    model = fit_ensemble()
    before = [one.tree_ for one in model.estimators_]
    pickle.dumps(model)
    assert [one.tree_ for one in model.estimators_] == before


@pytest.mark.parametrize(
    "member",
    [
        HistGradientBoostingClassifier(max_iter=3),
        make_pipeline(SimpleImputer(), DecisionTreeClassifier()),
    ],
)
def test_other_members_survive_pickling(member):
    model = fit_ensemble(member)
    again = round_trip(model)
    assert_array_equal(again.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize("n_leaves", [2, 4, 8, 16])
def test_pickle_of_small_trees_is_not_larger(n_leaves):
    model = fit_ensemble(DecisionTreeClassifier(max_leaf_nodes=n_leaves))
    plain = ResampledEnsembleClassifier()
    vars(plain).update(vars(model), estimators_=[])
    members = len(pickle.dumps(model.estimators_))
    assert len(pickle.dumps(model)) <= len(pickle.dumps(plain)) + members


def test_unfitted_ensemble_can_be_pickled():
    assert vars(round_trip(ResampledEnsembleClassifier())) == vars(
        ResampledEnsembleClassifier()
    )


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
@example([-128, 127]).via("the ends of a type, and beyond")
@example([-129, 0])
@example([2**31])
def test_narrow_preserves_integers(numbers):
    column = np.array(numbers, dtype=np.int64)
    narrow = _narrow(column)
    assert narrow.dtype.kind == "i"
    assert_array_equal(narrow.astype(np.int64), column)
