"""Each fit runs on one core, even if its process may use more; n_jobs adds cores."""

from __future__ import annotations

import os

import joblib
import pytest
from comparisons import compare_quickly, numeric_table
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads
from threadpoolctl import threadpool_info, threadpool_limits

pytestmark = pytest.mark.filterwarnings("ignore:class .* has fewer than:UserWarning")


def threads(*_):
    """Return the number of threads that BLAS or OpenMP may use; it is also a scorer."""
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    of_blas = [pool["num_threads"] for pool in pools]
    # The compiled loops of scikit-learn and imbsuite call this function.
    return float(max([_openmp_effective_n_threads(), *of_blas]))


class Watching(HistGradientBoostingClassifier):
    """Records the number of threads that its fit may use."""

    def fit(self, X, y):
        self.threads_ = threads()
        return super().fit(X, y)


def threads_in_fit(model, *_):
    while not isinstance(model, Watching):
        model = model.estimator_
    return model.threads_


# Each fit sets the limit itself, in any process; processes take long to start.
@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_each_fit_has_one_thread(n_jobs):
    models = {"trees": Watching(max_iter=2), "more": Watching(max_iter=3)}
    with (
        threadpool_limits(2),
        joblib.parallel_config("loky", n_jobs=n_jobs, inner_max_num_threads=2),
    ):
        before = threads()
        comparison = compare_quickly(
            *numeric_table(),
            estimator=models,
            scoring={"scored": threads, "fitted": threads_in_fit},
            n_jobs=n_jobs,
        )
        assert threads() == before == 2
    counted = comparison.scores[comparison.scores["metric"] != "fit_time"]
    assert set(counted["metric"]) == {"scored", "fitted"}
    assert (counted["value"] == 1).all()


def test_default_is_one_process():
    seen = []

    def process(*_):
        seen.append(os.getpid())
        return 0.0

    compare_quickly(
        *numeric_table(), estimator=LogisticRegression(), scoring={"p": process}
    )
    assert set(seen) == {os.getpid()}
