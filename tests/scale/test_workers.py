"""Processes on this machine: any number of them, and one that dies."""

from __future__ import annotations

import os
import signal
import time
import warnings

import pytest

from imbsuite import (
    SMOTE,
    BorderlineSMOTE,
    EditedNearestNeighbours,
    RandomUnderSampler,
    TomekLinks,
)

pytest.importorskip("distributed")
import dask.dataframe as dd
from distributed import Client, LocalCluster
from scale_tables import assert_same, in_memory, mixed

from imbsuite.scale import plan, resample

SAMPLERS = [
    SMOTE(random_state=0),
    BorderlineSMOTE(random_state=0),
    RandomUnderSampler(random_state=0),
]


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address=None, silence_logs=50
    ) as cluster:
        yield cluster


@pytest.fixture
def client(cluster):
    with Client(cluster) as client:
        yield client


@pytest.mark.parametrize("n_workers", [1, 2, 4])
def test_same_rows_whatever_the_workers(cluster, client, n_workers):
    cluster.scale(n_workers)
    client.wait_for_workers(n_workers, timeout=60)
    table = dd.from_pandas(mixed(), npartitions=5)
    for sampler in SAMPLERS:
        planned = plan(table, target="label", sampler=sampler)
        assert_same(planned.frame.compute(), in_memory(sampler, table))
        actual = planned.actual()
        gathers = sampler._looks_at != "labels"
        assert (actual.bytes_gathered > 0) == gathers
        assert actual.peak_bytes > 10**7


def test_what_a_worker_notes_is_told_to_the_user(client):
    table = dd.from_pandas(mixed(), npartitions=3)
    sampler = EditedNearestNeighbours(sampling_strategy=["w"])
    out = resample(table, target="label", sampler=sampler)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        out.compute()
        # It comes by another way than the result does.
        for _ in range(100):
            if told:
                break
            time.sleep(0.1)
    assert "Class 'w' has lost all its rows" in str(told[0].message)


def test_a_worker_that_dies_is_replaced_and_nothing_else(cluster, client):
    cluster.scale(2)
    client.wait_for_workers(2, timeout=60)

    def slow(part):
        time.sleep(0.1)
        return part

    table = dd.from_pandas(mixed(), npartitions=12)
    for sampler in (SMOTE(random_state=0), TomekLinks()):
        expected = in_memory(sampler, table)
        out = resample(
            table.map_partitions(slow, meta=table), target="label", sampler=sampler
        )
        future = client.compute(out)
        time.sleep(0.3)
        assert not future.done()
        os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)
        assert_same(future.result(timeout=120), expected)
