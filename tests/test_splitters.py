"""Splitters as ``cv``, which may use the table, its labels and its groups."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from imblearn.model_selection import InstanceHardnessCV
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.base import BaseEstimator
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier

import imbsuite as im

X, CODES = make_classification(300, weights=[0.7], random_state=0)
Y = np.array(["legit", "fraud"])[CODES]
LINEAR = LogisticRegression()
WRAPPERS = {
    "resampled": lambda e, cv: im.ResampledClassifier(
        im.SMOTE(random_state=0), e, correction="offset", cv=cv
    ),
    "corrected": lambda e, cv: im.PriorCorrectedClassifier(e, cv=cv),
    "tuned": lambda e, cv: im.TunedThresholdClassifier(e, cv=cv),
    "constrained": lambda e, cv: im.ConstrainedThresholdClassifier(e, cv=cv),
    "presto": lambda e, cv: im.PrestoClassifierCV(
        alphas=3, cv=cv, categories=["legit", "fraud"]
    ),
}


class Reading:
    """Splits like StratifiedKFold, and records its arguments."""

    def split(self, X, y=None, groups=None):
        self.X, self.y, self.groups = X, y, groups
        return StratifiedKFold(3).split(X, y)

    def get_n_splits(self, X=None, y=None, groups=None):
        return 3


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_splitter_receives_the_table(wrapper):
    cv = Reading()
    WRAPPERS[wrapper](LINEAR, cv).fit(X, Y)
    assert_array_equal(cv.X, X)
    if wrapper != "presto":  # which passes positions in the order of classes
        assert_array_equal(cv.y, Y)


@pytest.mark.parametrize("wrapper", [k for k in WRAPPERS if k != "presto"])
def test_splitter_receives_each_bootstrapped_row_once(wrapper):
    cv, counts = Reading(), np.tile([0, 1, 2], 100)
    WRAPPERS[wrapper](KNeighborsClassifier(9), cv).fit(X, Y, sample_weight=counts)
    assert_array_equal(cv.X, X[counts > 0])
    assert_array_equal(cv.y, Y[counts > 0])


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_instance_hardness_cv_is_accepted(wrapper):
    cv = InstanceHardnessCV(LINEAR, n_splits=3)
    model = WRAPPERS[wrapper](LINEAR, cv).fit(X, Y)
    assert set(model.predict(X)) == {"legit", "fraud"}


@pytest.mark.filterwarnings("ignore:Class 'fraud'")
@pytest.mark.parametrize("wrapper", [k for k in WRAPPERS if k != "presto"])
@pytest.mark.parametrize("weights", [None, np.tile([0, 1, 2], 100)], ids=["", "counts"])
def test_splitter_receives_original_group_names(wrapper, weights):
    cv, years = Reading(), pd.Series(2030 - np.arange(300) // 100)
    model = WRAPPERS[wrapper](KNeighborsClassifier(9), cv)
    model.fit(X, Y, sample_weight=weights, groups=years)
    kept = slice(None) if weights is None else weights > 0
    assert_array_equal(cv.groups, years[kept])


def test_compare_passes_group_names_to_the_splitter():
    cv, names = Reading(), np.tile(list("jihgfedcba"), 30)
    im.compare(X, Y, strategies=["random-under"], estimator=LINEAR, cv=cv, groups=names)
    assert_array_equal(cv.groups, names)


@pytest.mark.parametrize("container", [list, np.array, pd.Series, pl.Series, pa.array])
def test_group_folds_match_scikit_learn(container):
    names = np.random.default_rng(0).permutation(np.repeat(list("hgfedcba"), 40))[:300]
    folds = list(GroupKFold(3).split(X, Y, names))
    by_splitter = im.TunedThresholdClassifier(LINEAR, cv=GroupKFold(3))
    by_list = im.TunedThresholdClassifier(LINEAR, cv=folds)
    by_splitter.fit(X, Y, groups=container(names.tolist()))
    by_list.fit(X, Y)
    assert by_splitter.best_score_ == by_list.best_score_
    assert_array_equal(by_splitter.threshold_, by_list.threshold_)


class Asking(BaseEstimator):
    """A splitter that requests a column by metadata routing."""

    __metadata_request__split: ClassVar[dict[str, bool]] = {"season": True}

    def split(self, X, y=None, groups=None, season=None):
        for part in (0, 1):
            yield np.flatnonzero(season != part), np.flatnonzero(season == part)

    def get_n_splits(self, X=None, y=None, groups=None, season=None):
        return len(np.unique(season))


@pytest.mark.parametrize("wrapper", [k for k in WRAPPERS if k != "presto"])
@pytest.mark.parametrize("weights", [None, np.tile([0, 1, 2], 100)], ids=["", "counts"])
def test_metadata_requested_by_the_splitter_is_routed(wrapper, weights):
    season = np.arange(300) % 2
    folds = [(np.flatnonzero(season != k), np.flatnonzero(season == k)) for k in (0, 1)]
    inner = KNeighborsClassifier(9)
    by_list = WRAPPERS[wrapper](inner, folds).fit(X, Y, sample_weight=weights)
    with config_context(enable_metadata_routing=True):
        asking = WRAPPERS[wrapper](inner, Asking())
        asking.set_fit_request(sample_weight=True)
        asking.fit(X, Y, sample_weight=weights, season=season)
    proba, expected = asking.predict_proba(X), by_list.predict_proba(X)
    assert_array_equal(proba, expected)
    assert_array_equal(asking.predict(X), by_list.predict(X))


def test_get_n_splits_receives_requested_metadata():
    with config_context(enable_metadata_routing=True):
        model = im.TunedThresholdClassifier(LINEAR, cv=Asking(), refit=False)
        with pytest.raises(ValueError, match=r"With refit=False, .* a single split"):
            model.fit(X, Y, season=np.arange(300) % 2)
