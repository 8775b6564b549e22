"""Worker processes on this machine: any number of them, and one that is killed."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import time

import pytest
from joblib import cpu_count
from threadpoolctl import threadpool_limits

from imbsuite import (
    SMOTE,
    BorderlineSMOTE,
    EditedNearestNeighbours,
    RandomUnderSampler,
    TomekLinks,
)
from imbsuite._kernels import threads_for

pytest.importorskip("distributed")
import dask.dataframe as dd
from distributed import Client, LocalCluster
from scale_tables import assert_same, in_memory, mixed

from imbsuite.scale import GatherLimitError, plan, resample
from imbsuite.scale.passes import on_all_cores

SAMPLERS = [
    SMOTE(random_state=0),
    BorderlineSMOTE(random_state=0),
    RandomUnderSampler(random_state=0),
]


@pytest.fixture(scope="module")
def cluster():
    cluster = LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address=None, silence_logs=50
    )
    yield cluster
    # distributed may try to remove a killed worker twice.
    with contextlib.suppress(KeyError):
        cluster.close()


@pytest.fixture
def client(cluster):
    with Client(cluster) as client:
        yield client


# A worker takes seconds to start.
@pytest.mark.parametrize("n_workers", [1, 2, pytest.param(4, marks=pytest.mark.slow)])
def test_same_rows_with_any_number_of_workers(cluster, client, n_workers):
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


def _threads_allowed():
    return threads_for(2**40)


def _threads_allowed_on_all_cores():
    return on_all_cores(_threads_allowed)()


def test_task_that_runs_alone_uses_all_cores(client):
    before = client.submit(_threads_allowed).result()
    assert client.submit(_threads_allowed_on_all_cores).result() == cpu_count()
    assert client.submit(_threads_allowed, pure=False).result() == before


def test_thread_limits_outside_of_workers_hold_on_all_cores():
    with threadpool_limits(1, user_api="openmp"):
        assert on_all_cores(_threads_allowed)() == 1


def test_warnings_of_workers_are_raised_at_the_call(client):
    table = dd.from_pandas(mixed(), npartitions=3)
    sampler = EditedNearestNeighbours(sampling_strategy=["w"])
    with pytest.warns(UserWarning, match="Class 'w' has lost all its rows") as caught:
        resample(table, target="label", sampler=sampler)
    assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.parametrize("sampler", [SAMPLERS[1], TomekLinks()], ids=str)
def test_gathered_rows_do_not_pass_through_the_client(client, sampler, monkeypatch):
    table = dd.from_pandas(mixed(4_000), npartitions=4)
    received = []
    gather = client.gather

    def gathering(futures, *args, **kwargs):
        results = gather(futures, *args, **kwargs)
        received.append(len(pickle.dumps(results)))
        return results

    monkeypatch.setattr(client, "gather", gathering)
    planned = plan(table, target="label", sampler=sampler)
    planned.frame.to_delayed()
    assert planned.actual().bytes_gathered > 100_000
    assert received
    assert max(received) < 20_000


def test_gather_limit_of_a_worker_raises_at_the_call(client):
    table = dd.from_pandas(mixed(), npartitions=3)
    sampler = BorderlineSMOTE(random_state=0, m_neighbors=200)
    few = int((mixed()["label"] != "u").sum() * 200)
    with pytest.raises(GatherLimitError, match="neighbors") as caught:
        resample(table, target="label", sampler=sampler, gather_limit=few)
    assert caught.value.limit == few < caught.value.size


# Workers take seconds to start, and to be found missing.
@pytest.mark.slow
@pytest.mark.parametrize("sampler", [TomekLinks(), SMOTE(random_state=0)], ids=str)
def test_killed_worker_does_not_change_the_rows(cluster, client, sampler):
    cluster.scale(2)
    client.wait_for_workers(2, timeout=60)

    def slow(part):
        time.sleep(0.1)
        return part

    table = dd.from_pandas(mixed(), npartitions=12)
    expected = in_memory(sampler, table)
    out = resample(
        table.map_partitions(slow, meta=table), target="label", sampler=sampler
    )
    future = client.compute(out)
    time.sleep(0.3)
    assert not future.done()
    os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)
    assert_same(future.result(timeout=120), expected)
