"""The seed of a fit: where it is set."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, RepeatedStratifiedKFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, TargetEncoder

from imbsuite.experiment.fit_task import seeded
from imbsuite.experiment.strategies import STRATEGIES
from imbsuite.meta import ResampledEnsembleClassifier


def test_seed_is_set_for_every_random_state_that_is_none():
    model = STRATEGIES["smote"].around(
        make_pipeline(StandardScaler(), RandomForestClassifier())
    )
    params = seeded(model, 7).get_params()
    assert params["sampler__random_state"] == 7
    assert params["estimator__randomforestclassifier__random_state"] == 7
    assert model.get_params()["sampler__random_state"] is None


def test_random_state_set_by_the_user_is_kept():
    model = STRATEGIES["nothing"].around(RandomForestClassifier(random_state=3))
    assert seeded(model, 7).get_params()["estimator__random_state"] == 3


def _table():
    rng = np.random.default_rng(0)
    y = np.arange(90) % 3 % 2
    return np.column_stack([rng.integers(0, 9, 90), y + rng.normal(size=90)]), y


@pytest.mark.filterwarnings("error::FutureWarning")
@pytest.mark.parametrize(
    "model",
    [
        make_pipeline(TargetEncoder(), LogisticRegression()),
        make_pipeline(TargetEncoder(target_type="continuous"), LogisticRegression()),
        CalibratedClassifierCV(
            LogisticRegression(), cv=StratifiedKFold(3, shuffle=True)
        ),
        CalibratedClassifierCV(
            LogisticRegression(), cv=RepeatedStratifiedKFold(n_splits=2, n_repeats=2)
        ),
    ],
    ids=["encoder", "encoder-of-numbers", "folds", "repeated"],
)
@pytest.mark.parametrize("in_ensemble", [False, True])
def test_random_folds_inside_a_model_depend_on_the_seed(model, in_ensemble):
    X, y = _table()
    if in_ensemble:
        model = ResampledEnsembleClassifier(estimator=model, n_estimators=2)
    seven, again, eight = (
        clone(seeded(model, seed)).fit(X, y).predict_proba(X) for seed in (7, 7, 8)
    )
    np.testing.assert_array_equal(seven, again)
    assert (seven != eight).any()


@pytest.mark.parametrize(
    "cv", [3, KFold(3), StratifiedKFold(3, shuffle=True, random_state=1)]
)
def test_deterministic_folds_are_unchanged(cv):
    model = CalibratedClassifierCV(LogisticRegression(), cv=cv)
    assert repr(seeded(model, 7).cv) == repr(cv)


def test_seeding_does_not_modify_the_folds_of_the_user():
    cv = StratifiedKFold(3, shuffle=True)
    seeded(CalibratedClassifierCV(LogisticRegression(), cv=cv), 7)
    assert cv.random_state is None
