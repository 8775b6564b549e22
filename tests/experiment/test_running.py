"""Fits are divided into batches for processes."""

from __future__ import annotations

from copy import deepcopy
from itertools import chain, product
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils._param_validation import InvalidParameterError

from imbsuite import ResampledEnsembleClassifier, compare
from imbsuite.experiment.running import FitJob, _batches
from imbsuite.scoring.memo import EncoderTrial

MODELS, STRATEGIES = ("a", "b"), ("nothing", "smote", "random-over")


def pairs(n_folds, strategies=STRATEGIES):
    """Return tasks in the order of a comparison: by model, strategy and fold."""
    order = product(MODELS, strategies, range(n_folds))
    return [
        (SimpleNamespace(model=m, strategy=s, number=number), "")
        for m, s, number in order
    ]


@pytest.mark.parametrize("n_jobs", [1, 2, 8])
@pytest.mark.parametrize("n_folds", [1, 2, 10])
@pytest.mark.parametrize("strategies", [STRATEGIES, ("nothing",)])
def test_every_task_is_in_exactly_one_batch_of_its_fold(n_jobs, n_folds, strategies):
    tasks = pairs(n_folds, strategies)
    folds = _batches(tasks, n_jobs)
    batches = [*chain(*folds)]
    assert all(batches)
    batched = [id(task) for batch in batches for task, _ in batch]
    assert sorted(batched) == sorted(id(task) for task, _ in tasks)
    for number, fold in enumerate(folds):
        assert {task.number for batch in fold for task, _ in batch} == {number}
        of_batches = [{task.strategy for task, _ in batch} for batch in fold]
        assert sum(map(len, of_batches)) == len(strategies)


def test_one_process_gets_one_batch_per_fold():
    assert [len(fold) for fold in _batches(pairs(10), 1)] == [1] * 10


def test_only_folds_that_do_not_divide_evenly_are_split():
    # The first strategy of the first fold is a separate batch.
    assert [len(fold) for fold in _batches(pairs(10), 2)] == [2] + [1] * 9
    assert [len(fold) for fold in _batches(pairs(5), 2)] == [2, 1, 1, 1, 3]
    # This completes the first folds before the others begin.
    assert [len(fold) for fold in _batches(pairs(3), 2)] == [3, 2, 2]


@pytest.mark.parametrize(("n_jobs", "n_folds"), [(2, 10), (8, 10), (2, 1)])
def test_first_batch_of_several_processes_has_only_the_first_strategy(n_jobs, n_folds):
    first = _batches(pairs(n_folds), n_jobs)[0][0]
    assert [(t.model, t.strategy) for t, _ in first] == [(m, "nothing") for m in MODELS]


class CountingScaler(StandardScaler):
    fits = 0

    def fit(self, X, y=None, sample_weight=None):
        CountingScaler.fits += 1
        return super().fit(X, y, sample_weight)


def test_copies_of_a_job_in_one_process_share_the_encoder_trial():
    X, y = np.eye(4), np.array([0, 1, 0, 1])
    job, other = FitJob(setting=None), FitJob(setting=None)
    copies = [deepcopy(job) for _ in range(3)]
    fits = []
    for one in [*copies, other]:
        CountingScaler.fits = 0
        trial = EncoderTrial.of(X, y, one.answers)
        assert not trial.reads_labels(make_pipeline(CountingScaler()))
        fits.append(CountingScaler.fits)
    # One fit with labels and one without.
    assert fits == [2, 0, 0, 2]


@pytest.mark.parametrize("n_jobs", [0, "2", 1.5, True, 2**70])
def test_invalid_n_jobs_raises(n_jobs):
    match = rf"'n_jobs' parameter of compare must be .*Got {n_jobs!r} instead"
    with pytest.raises(InvalidParameterError, match=match):
        compare(None, None, n_jobs=n_jobs)  # before any work
    model = ResampledEnsembleClassifier(n_jobs=n_jobs)
    with pytest.raises(InvalidParameterError, match="'n_jobs' parameter"):
        model.fit(np.eye(4), [0, 1, 0, 1])
