"""imbalanced-learn's ensembles and combinations around our samplers."""

import numpy as np
import pytest
from imblearn.combine import SMOTEENN, SMOTETomek
from imblearn.ensemble import BalancedBaggingClassifier
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression

from imbsuite import (
    SMOTE,
    EditedNearestNeighbours,
    RandomUnderSampler,
    TomekLinks,
    make_chain,
)
from imbsuite.testing import all_samplers

X, CODES = make_classification(200, weights=[0.8], random_state=0)
Y = np.array(["no", "yes"])[CODES]
MODEL = LogisticRegression()


@pytest.mark.parametrize("sampler", all_samplers(), ids=lambda s: type(s).__name__)
def test_balanced_bagging_takes_every_sampler(sampler):
    bagging = BalancedBaggingClassifier(
        MODEL, n_estimators=2, sampler=sampler, random_state=0
    )
    members = bagging.fit(X, Y).estimators_
    # The sampler of each member was fitted to as many rows as were drawn for it.
    assert all(sum(one[0]._class_sizes.values()) == len(Y) for one in members)
    assert bagging.score(X, Y) > 0.8


def test_balanced_bagging_sets_the_sampling_strategy():
    bagging = BalancedBaggingClassifier(
        MODEL,
        n_estimators=2,
        sampler=RandomUnderSampler(),
        sampling_strategy={"no": 30, "yes": 20},
        random_state=0,
    )
    members = bagging.fit(X, Y).estimators_
    assert [one[0].plan_ for one in members] == [{0: 30, 1: 20}] * 2


def test_sampling_types_are_those_of_imbalanced_learn():
    named = {type(s).__name__: s._sampling_type for s in all_samplers()}
    assert named["SMOTE"] == "over-sampling"
    assert named["RandomUnderSampler"] == "under-sampling"
    assert named["TomekLinks"] == "clean-sampling"
    # imbalanced-learn sets sampling_strategy unless the type is "bypass".
    without = {
        type(s).__name__ for s in all_samplers() if not hasattr(s, "sampling_strategy")
    }
    assert without == {n for n, kind in named.items() if kind == "bypass"}


@pytest.mark.parametrize(
    ("theirs", "cleaner"),
    [
        (lambda smote, tomek: SMOTETomek(smote=smote, tomek=tomek), TomekLinks),
        (lambda smote, enn: SMOTEENN(smote=smote, enn=enn), EditedNearestNeighbours),
    ],
    ids=["SMOTETomek", "SMOTEENN"],
)
def test_smotetomek_and_smoteenn_equal_a_chain(theirs, cleaner):
    smote, cleaning = SMOTE(random_state=0), cleaner(sampling_strategy="all")
    # They require their own classes, by isinstance, unless validation is switched off.
    with config_context(skip_parameter_validation=True):
        resampled = theirs(smote, cleaning).fit_resample(X, Y)
    for one, other in zip(
        resampled, make_chain(smote, cleaning).fit_resample(X, Y), strict=True
    ):
        assert_array_equal(one, other)
