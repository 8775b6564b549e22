"""Fits are divided into batches for processes."""

from __future__ import annotations

from itertools import chain, product
from types import SimpleNamespace

import pytest

from imbsuite.experiment.running import _batches

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
def test_every_task_is_in_one_batch_of_its_fold(n_jobs, n_folds, strategies):
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


def test_one_process_has_a_batch_for_each_fold():
    assert [len(fold) for fold in _batches(pairs(10), 1)] == [1] * 10


@pytest.mark.parametrize(("n_jobs", "n_folds"), [(2, 10), (8, 10), (2, 1)])
def test_several_processes_begin_with_the_first_strategy(n_jobs, n_folds):
    first = _batches(pairs(n_folds), n_jobs)[0][0]
    assert [(t.model, t.strategy) for t, _ in first] == [(m, "nothing") for m in MODELS]
