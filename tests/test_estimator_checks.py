"""scikit-learn's and imbalanced-learn's own checks, on every public class."""

from __future__ import annotations

import warnings

import pytest
from imblearn.over_sampling.base import BaseOverSampler
from imblearn.under_sampling.base import BaseCleaningSampler, BaseUnderSampler
from imblearn.utils.estimator_checks import estimator_checks_generator
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.utils.estimator_checks import parametrize_with_checks

import imbsuite as im
from imbsuite.testing import all_samplers, expected_failed_checks

PARENTS = {
    "over": BaseOverSampler,
    "under": BaseUnderSampler,
    "clean": BaseCleaningSampler,
}
SAMPLERS = all_samplers()
for _sampler in SAMPLERS:
    # Two of imbalanced-learn's checks assert nothing for classes they do not know. A
    # chain is neither kind: it grows and cleans.
    if not isinstance(_sampler, im.Chain):
        PARENTS[_sampler._kind].register(type(_sampler))

CLASSIFIERS = [
    im.SubclassClassifier(LogisticRegression(), random_state=0),
    im.ResampledClassifier(
        im.RandomOverSampler(random_state=0),
        LogisticRegression(),
        correction="offset",
        random_state=0,
    ),
    im.PriorCorrectedClassifier(LogisticRegression(), random_state=0),
    im.PriorCorrectedClassifier(
        LogisticRegression(class_weight="balanced"), method="prior"
    ),
    im.LabelShiftAdapter(LogisticRegression()),
    im.PriorThresholdClassifier(LogisticRegression()),
    im.CostThresholdClassifier(LogisticRegression()),
    im.TunedThresholdClassifier(LogisticRegression(), random_state=0),
    im.ConstrainedThresholdClassifier(LogisticRegression(), random_state=0),
    im.PrestoClassifier(),
    im.PrestoClassifierCV(alphas=3, cv=2),
    im.ProportionalOddsClassifier(),
    im.ResampledClassifier(im.SMOTE(random_state=0), LogisticRegression()),
    im.ResampledClassifier(None, LogisticRegression()),
    im.CooldownClassifier(GaussianNB(), random_state=0),
    im.CooldownClassifier(GaussianNB(), mode="weight", random_state=0),
]


OTHERS = [im.BalancedKMeans(3, random_state=0), im.SubclassEncoder(random_state=0)]


@pytest.fixture(autouse=True)
def _quiet():
    """The checks' tables have tiny classes, of which samplers warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@parametrize_with_checks(
    [*SAMPLERS, *CLASSIFIERS, *OTHERS], expected_failed_checks=expected_failed_checks
)
def test_scikit_learn_check(estimator, check):
    check(estimator)


IMBLEARN_CASES = [
    case
    for estimator in [*SAMPLERS, *CLASSIFIERS]
    for case in estimator_checks_generator(
        estimator,
        expected_failed_checks=expected_failed_checks(estimator),
        mark="xfail",
    )
]


@pytest.mark.parametrize(("estimator", "check"), IMBLEARN_CASES)
def test_imbalanced_learn_check(estimator, check):
    check(estimator)


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda s: type(s).__name__)
def test_every_parameter_is_validated(sampler):
    assert set(sampler._parameter_constraints) == set(sampler.get_params(deep=False))
