"""Folds on joblib's Dask backend."""

from __future__ import annotations

import joblib
import pandas as pd
import pytest
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression

from imbsuite import compare

distributed = pytest.importorskip("distributed")


@pytest.mark.parametrize("library", ["numpy", "polars"])
@pytest.mark.filterwarnings("ignore")  # notes of the comparison, ports in use
def test_dask_backend_gives_the_same_scores(library):
    X, y = make_classification(400, weights=[0.9], random_state=0)
    if library == "polars":
        X = pytest.importorskip("polars").DataFrame(X)
    options = {"strategies": ["smote"], "cv": 2, "estimator": LogisticRegression()}
    here = compare(X, y, **options)
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config("dask"),
    ):
        there = compare(X, y, **options)
    scores, expected = (
        result.scores.query("metric != 'fit_time'").reset_index(drop=True)
        for result in (there, here)
    )
    pd.testing.assert_frame_equal(scores, expected)
