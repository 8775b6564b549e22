"""Splitters as ``cv``: they may read the table and its labels."""

from __future__ import annotations

import numpy as np
import pytest
from imblearn.model_selection import InstanceHardnessCV
from numpy.testing import assert_array_equal
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
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
    """Splits as StratifiedKFold does, and keeps what it was given."""

    def split(self, X, y=None, groups=None):
        self.X, self.y = X, y
        return StratifiedKFold(3).split(X, y)

    def get_n_splits(self, X=None, y=None, groups=None):
        return 3


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_a_splitter_is_given_the_table(wrapper):
    cv = Reading()
    WRAPPERS[wrapper](LINEAR, cv).fit(X, Y)
    assert_array_equal(cv.X, X)
    if wrapper != "presto":  # where places in the order are split
        assert_array_equal(cv.y, Y)


@pytest.mark.parametrize("wrapper", [k for k in WRAPPERS if k != "presto"])
def test_a_splitter_is_given_each_row_of_a_bootstrap_once(wrapper):
    cv, counts = Reading(), np.tile([0, 1, 2], 100)
    WRAPPERS[wrapper](KNeighborsClassifier(9), cv).fit(X, Y, sample_weight=counts)
    assert_array_equal(cv.X, X[counts > 0])
    assert_array_equal(cv.y, Y[counts > 0])


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_folds_by_hardness(wrapper):
    cv = InstanceHardnessCV(LINEAR, n_splits=3)
    model = WRAPPERS[wrapper](LINEAR, cv).fit(X, Y)
    assert set(model.predict(X)) == {"legit", "fraud"}
