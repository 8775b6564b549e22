"""The checks of scikit-learn and imbalanced-learn, for every public class."""

from __future__ import annotations

import contextlib
import warnings
from importlib.util import find_spec
from itertools import islice
from unittest import SkipTest

import pytest
from imblearn.over_sampling.base import BaseOverSampler
from imblearn.under_sampling.base import BaseCleaningSampler, BaseUnderSampler
from imblearn.utils.estimator_checks import (
    estimator_checks_generator as imblearn_checks,
)
from shared import NearestMean
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_estimator,
    check_param_validation,
    estimator_checks_generator,
)

import imbsuite as im
from imbsuite.testing import all_samplers, expected_failed_checks

PARENTS = {
    "over": BaseOverSampler,
    "under": BaseUnderSampler,
    "clean": BaseCleaningSampler,
}
SAMPLERS = all_samplers()
for _sampler in SAMPLERS:
    # Two of imbalanced-learn's checks assert nothing for classes without a known base
    # class. A chain is of no single kind: it both adds and removes rows.
    if not isinstance(_sampler, im.Chain):
        PARENTS[_sampler._kind].register(type(_sampler))

PLANNABLE = [
    sampler
    for sampler in SAMPLERS
    if sampler._kind != "clean"
    and not sampler._also_removes
    and not (sampler._kind == "under" and sampler._looks_at != "labels")
    and "sampling_strategy" in sampler.get_params(deep=False)
]
# LightGBM is installed where the slow tests run.
BOOSTED = []
if find_spec("lightgbm"):
    import lightgbm

    TREES = lightgbm.LGBMClassifier(
        n_estimators=9, min_child_samples=1, verbose=-1, n_jobs=1
    )
    BOOSTED = [
        im.BoostedLossClassifier(TREES, link="exact"),
        im.BoostedLossClassifier(TREES, "focal", cv=2, random_state=0),
    ]

# Some contain a classifier with a fast fit, because the inner classifier is not tested.
# A few folds and members are enough, because the checks are the same for any number.
MEAN = NearestMean()
CLASSIFIERS = [
    im.SubclassClassifier(LogisticRegression(), random_state=0),
    im.ResampledClassifier(
        im.RandomOverSampler(random_state=0),
        LogisticRegression(),
        correction="offset",
        random_state=0,
    ),
    im.PriorCorrectedClassifier(LogisticRegression(), cv=2, random_state=0),
    im.LabelShiftAdapter(MEAN),
    im.PseudoLabelClassifier(MEAN),
    im.RescaledClassifier(LogisticRegression(), cv=2, random_state=0),
    im.PriorThresholdClassifier(LogisticRegression()),
    im.CostThresholdClassifier(LogisticRegression()),
    im.TunedThresholdClassifier(LogisticRegression(), cv=2, random_state=0),
    im.ConstrainedThresholdClassifier(LogisticRegression(), cv=2, random_state=0),
    im.PrestoClassifier(),
    im.PrestoClassifierCV(alphas=2, cv=2),
    im.ProportionalOddsClassifier(),
    im.LinearLossClassifier(),
    # A decision tree supports multilabel targets; these classifiers around it do not.
    im.ResampledClassifier(None, DecisionTreeClassifier(random_state=0)),
    im.LabelShiftAdapter(DecisionTreeClassifier(random_state=0)),
    im.ResampledEnsembleClassifier(
        estimator=GaussianNB(),
        n_estimators=3,
        correction="offset",
        oob_score=True,
        random_state=0,
    ),
    im.CooldownClassifier(GaussianNB(), random_state=0),
    im.StrategySearchCV(
        GaussianNB(), {"over": im.RandomOverSampler()}, cv=2, random_state=0
    ),
]

# More instances of the classes above: every sampler within each class that takes one,
# and classifiers with other options. Each runs a twelfth of the checks, and the next
# one another twelfth; the slow tests run all of them.
AGAIN = [
    *[im.make_chain(sampler, im.TomekLinks()) for sampler in SAMPLERS],
    *[im.make_chain(im.RandomOverSampler(random_state=0), s) for s in SAMPLERS],
    *[im.SubclassSampler(sampler, random_state=0) for sampler in PLANNABLE],
    *[im.ResampledClassifier(sampler, MEAN) for sampler in SAMPLERS],
    # These may leave a single class, which linear models reject.
    im.ResampledClassifier(im.EditedNearestNeighbours(), LogisticRegression()),
    im.ResampledClassifier(im.NeighbourhoodCleaningRule(), LogisticRegression()),
    im.ResampledClassifier(None, LogisticRegression()),
    im.PriorCorrectedClassifier(
        LogisticRegression(class_weight="balanced"), method="prior"
    ),
    im.LabelShiftAdapter(LogisticRegression()),
    im.PseudoLabelClassifier(MEAN, labels="hard"),
    im.RescaledClassifier(
        LogisticRegression(), rule="z", n_iter=2, cv=2, random_state=0
    ),
    im.ConstrainedThresholdClassifier(GaussianNB(), random_state=0),
    im.LinearLossClassifier("ldam", class_weight="balanced"),
    im.LinearLossClassifier("f1_macro"),
    *[
        im.ResampledEnsembleClassifier(
            n_estimators=3, random_state=0, **{"estimator": GaussianNB()} | options
        )
        for options in (
            {"estimator": None},
            {"sampler": im.SMOTE(), "bootstrap": False},
            {"feedback": "self-paced"},
            {"feedback": "cascade"},
            {"feedback": "boost"},
        )
    ],
    im.TunedThresholdClassifier(
        im.ResampledEnsembleClassifier(estimator=MEAN, n_estimators=12, random_state=0),
        cv="oob",
    ),
    im.CooldownClassifier(GaussianNB(), mode="weight", random_state=0),
]


# Only for multilabel targets, whereas the checks here have a single target. The tests
# of these classes run the multilabel checks.
SEVERAL = [
    im.LabelSampler(random_state=0),
    im.MLSMOTE(random_state=0),
    im.PartialLabelClassifier(LogisticRegression()),
]
OTHERS = [im.BalancedKMeans(3, random_state=0), im.SubclassEncoder(random_state=0)]


@pytest.fixture(autouse=True)
def _quiet():
    """Ignore warnings, because samplers warn about the tiny classes of the checks."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _cases(checks, estimators, every=1):
    """Return the checks of ``estimators``, and why each is expected to fail, or None.

    With ``every=12``, the first estimator gets the first of twelve checks, the next one
    the twelfth, the one after it the eleventh, and so on.

    The name of an estimator is computed once. ``parametrize_with_checks`` of both
    packages computes it for each of its checks.
    """
    cases = []
    for place, estimator in enumerate(estimators):
        name = " ".join(repr(estimator).split())
        expected = expected_failed_checks(estimator)
        for each, check in islice(checks(estimator), -place % every, None, every):
            options = [f"{key}={value}" for key, value in check.keywords.items()]
            words = "-".join([name, check.func.__name__, *options])
            reason = expected.get(check.func.__name__)
            cases.append(pytest.param(each, check, reason, id=words))
    return cases


def _run(estimator, check, reason):
    if reason is None:
        check(estimator)
    else:
        # Without a mark, because reporting its traceback takes longer than the check.
        with pytest.raises(Exception):  # noqa: B017, PT011 (of any kind)
            check(estimator)


@pytest.mark.parametrize(
    ("estimator", "check", "reason"),
    [
        *_cases(estimator_checks_generator, [*SAMPLERS, *CLASSIFIERS, *OTHERS]),
        *_cases(estimator_checks_generator, AGAIN, every=12),
    ],
)
def test_scikit_learn_check(estimator, check, reason):
    _run(estimator, check, reason)


@pytest.mark.parametrize(
    ("estimator", "check", "reason"),
    [
        *_cases(imblearn_checks, [*SAMPLERS, *CLASSIFIERS]),
        *_cases(imblearn_checks, AGAIN, every=12),
    ],
)
def test_imbalanced_learn_check(estimator, check, reason):
    _run(estimator, check, reason)


# scikit-learn runs these only on its own classes.
OWN_CLASS_CHECKS = [check_param_validation, check_dataframe_column_names_consistency]


@pytest.mark.parametrize("check", OWN_CLASS_CHECKS)
@pytest.mark.parametrize("estimator", [*SAMPLERS, *CLASSIFIERS, *OTHERS], ids=repr)
def test_scikit_learn_internal_check(estimator, check):
    check(type(estimator).__name__, estimator)


@pytest.mark.slow
@pytest.mark.parametrize("estimator", AGAIN, ids=repr)
def test_all_checks_of_more_instances(estimator):
    for checks in (estimator_checks_generator, imblearn_checks):
        for case in _cases(checks, [estimator]):
            with contextlib.suppress(SkipTest):
                _run(*case.values)
    for check in OWN_CLASS_CHECKS:
        check(type(estimator).__name__, estimator)


@pytest.mark.slow
@pytest.mark.parametrize("estimator", BOOSTED, ids=repr)
def test_all_checks_of_boosted_trees(estimator):
    expected = expected_failed_checks(estimator)
    check_estimator(estimator, expected_failed_checks=expected)
    for each, check in imblearn_checks(
        estimator, expected_failed_checks=expected, mark="skip"
    ):
        with contextlib.suppress(SkipTest):
            check(each)
    for check in OWN_CLASS_CHECKS:
        check(type(estimator).__name__, estimator)


@pytest.mark.parametrize("estimator", SEVERAL, ids=repr)
def test_parameters_of_multilabel_estimators_are_validated(estimator):
    check_param_validation(type(estimator).__name__, estimator)
    assert set(estimator._parameter_constraints) == set(
        estimator.get_params(deep=False)
    )


def test_all_public_classes_are_checked():
    every = [*SAMPLERS, *CLASSIFIERS, *BOOSTED, *OTHERS, *SEVERAL]
    checked = {type(e) for e in every}
    public = {getattr(im, name) for name in im.__all__}
    estimators = {
        kind
        for kind in public
        if isinstance(kind, type) and issubclass(kind, BaseEstimator)
    }
    assert checked == estimators - (set() if BOOSTED else {im.BoostedLossClassifier})


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda s: type(s).__name__)
def test_every_parameter_is_validated(sampler):
    assert set(sampler._parameter_constraints) == set(sampler.get_params(deep=False))
