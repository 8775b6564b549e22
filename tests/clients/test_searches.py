"""Searches of scikit-learn and Optuna over the parameters of nested samplers."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_classification
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import imbsuite as im

pytestmark = [
    pytest.mark.slow,
    # The first rounds of a halving search have small classes, and Optuna's search
    # warns that it is experimental.
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore:.*is experimental"),
    pytest.mark.filterwarnings("ignore:.*optuna:FutureWarning"),
]

X, CODES = make_classification(400, weights=[0.8], flip_y=0, random_state=0)
Y = np.array(["legit", "fraud"])[CODES]
GROUPS = np.arange(400) % 40


class Shares(ClassifierMixin, BaseEstimator):
    """Predicts the shares of the classes that it was fitted on."""

    def fit(self, X, y, sample_weight=None):
        self.classes_, codes = np.unique(y, return_inverse=True)
        sums = np.bincount(codes, sample_weight)
        self.shares_ = sums / sums.sum()
        return self

    def predict_proba(self, X):
        return np.tile(self.shares_, (len(X), 1))

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def _optuna(model, grid, **options):
    optuna = pytest.importorskip("optuna", reason="Optuna is not installed")
    reason = "Optuna's integrations are not installed"
    integration = pytest.importorskip("optuna_integration", reason=reason)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space = {
        name: optuna.distributions.CategoricalDistribution(values)
        for name, values in grid.items()
    }
    return integration.OptunaSearchCV(
        model, space, n_trials=30, random_state=0, enable_pruning=False, **options
    )


SEARCHES = {
    "grid": GridSearchCV,
    "random": lambda *arguments, **options: RandomizedSearchCV(
        *arguments, n_iter=8, random_state=0, **options
    ),
    "halving grid": lambda *arguments, **options: HalvingGridSearchCV(
        *arguments, random_state=0, min_resources=100, **options
    ),
    "halving random": lambda *arguments, **options: HalvingRandomSearchCV(
        *arguments, random_state=0, n_candidates=8, min_resources=100, **options
    ),
    "optuna": _optuna,
}
CHAIN = im.make_chain(
    im.SubclassSampler(im.SMOTE(sampling_strategy=1.0), random_state=0),
    im.RandomUnderSampler(random_state=0),
)
MODEL = make_pipeline(StandardScaler(), im.ResampledClassifier(CHAIN, Shares()))
# Numbers, because Optuna stores nothing else. Only the second step can reach 0.6.
INNER = "resampledclassifier__sampler__subclasssampler__sampler__sampling_strategy"
OUTER = "resampledclassifier__sampler__randomundersampler__sampling_strategy"
GRID = {INNER: [0.3, 0.5], OUTER: [0.3, 0.5, 0.6, 0.9]}


def six_in_sixteen(model, X, y):
    """Score best if six in sixteen rows that the model was fitted on are fraud."""
    return -abs(model.predict_proba(X[:1])[0, 0] - 0.6 / 1.6)


@pytest.mark.parametrize("search", SEARCHES)
def test_best_parameters_of_nested_samplers_are_found(search):
    tuned = SEARCHES[search](MODEL, GRID, scoring=six_in_sixteen, cv=3).fit(X, Y)
    assert tuned.best_params_[OUTER] == 0.6
    best = tuned.best_estimator_[-1].sampler
    assert best.steps[1][1].sampling_strategy == 0.6
    fitted = tuned.best_estimator_[-1].sampler_.plan_
    assert abs(fitted["fraud"] / fitted["legit"] - 0.6) < 0.02
    assert abs(tuned.predict_proba(X)[0, 0] - 0.375) < 0.01
    assert list(tuned.classes_) == ["fraud", "legit"]


def balance(model, X, y):
    return -abs(model.predict_proba(X[:1])[0, 0] - 0.5)


@pytest.mark.parametrize("search", ["grid", "random", "halving grid", "halving random"])
def test_search_chooses_among_samplers(search):
    grid = {"resampledclassifier__sampler": [None, im.SMOTE(random_state=0)] * 4}
    tuned = SEARCHES[search](MODEL, grid, scoring=balance, cv=3).fit(X, Y)
    assert isinstance(tuned.best_params_["resampledclassifier__sampler"], im.SMOTE)
    assert abs(tuned.predict_proba(X)[0, 0] - 0.5) < 0.01


class Witness(LogisticRegression):
    """Records the weights that it is given."""

    seen: list = []  # noqa: RUF012

    def fit(self, X, y, sample_weight=None):
        self.seen.append(sample_weight)
        return super().fit(X, y, sample_weight)


@pytest.mark.parametrize("search", ["grid", "halving grid"])
def test_weights_and_groups_are_routed(search):
    weight = np.where(Y == "fraud", 3.0, 1.0)
    Witness.seen.clear()
    with config_context(enable_metadata_routing=True):
        inner = Witness().set_fit_request(sample_weight=True)
        model = im.ResampledClassifier(im.SMOTE(random_state=0), inner)
        model.set_fit_request(sample_weight=True, groups=True)
        grid = {"sampler__k_neighbors": [1, 5]}
        tuned = SEARCHES[search](model, grid, cv=GroupKFold(3), scoring=balance)
        tuned.fit(X, Y, sample_weight=weight, groups=GROUPS)
    assert tuned.best_params_["sampler__k_neighbors"] in {1, 5}
    assert Witness.seen
    for seen in Witness.seen:
        assert seen is not None
        # A new row of fraud interpolates between weights of fraud.
        assert set(np.unique(seen)) == {1.0, 3.0}
