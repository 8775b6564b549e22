"""One fit: where its seed goes."""

from __future__ import annotations

from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from imbsuite.experiment.fit_task import seeded
from imbsuite.experiment.strategies import STRATEGIES


def test_seeds_go_to_every_free_random_state():
    model = STRATEGIES["smote"].around(
        make_pipeline(StandardScaler(), RandomForestClassifier())
    )
    params = seeded(model, 7).get_params()
    assert params["sampler__random_state"] == 7
    assert params["estimator__randomforestclassifier__random_state"] == 7
    assert model.get_params()["sampler__random_state"] is None


def test_seeds_of_the_user_stay():
    model = STRATEGIES["nothing"].around(RandomForestClassifier(random_state=3))
    assert seeded(model, 7).get_params()["estimator__random_state"] == 3
