"""Laziness: when partitions are read, how often, and how many are held in memory."""

from __future__ import annotations

import subprocess
import sys
import weakref

import numpy as np
import pandas as pd
import pytest

from imbsuite import (
    SMOTE,
    BorderlineSMOTE,
    EditedNearestNeighbours,
    InstanceHardness,
    NearMiss,
    NeighbourhoodCleaningRule,
    RandomOverSampler,
    RandomUnderSampler,
    RCALSampler,
    TomekLinks,
)

pytest.importorskip("dask.dataframe")
import dask
import dask.dataframe as dd
from scale_tables import assert_same, in_memory, mixed

from imbsuite.scale import Cost, plan, resample

PARTS = 8
ROWS = 400 // PARTS


@pytest.fixture(autouse=True)
def _in_this_thread():
    with dask.config.set(scheduler="sync"):
        yield


class Reads:
    """A table that counts how often its parts are read, and how many are still held."""

    def __init__(self):
        self.frame = mixed().drop(columns=["group", "weight"])
        self.count = self.most_alive = 0
        self.parts = []

    def read(self, i):
        part = self.frame.iloc[i * ROWS : (i + 1) * ROWS].copy()
        self.count += 1
        # Frames are derived from one another; the array of numbers keeps its memory.
        numbers = part["number"].to_numpy()
        self.parts.append(
            weakref.ref(numbers if numbers.base is None else numbers.base)
        )
        alive = sum(ref() is not None for ref in self.parts)
        self.most_alive = max(self.most_alive, alive)
        return part

    def table(self):
        # A pickled reader would count in a copy.
        return dd.from_map(self.read, range(PARTS), meta=self.frame.iloc[:0])


@pytest.mark.filterwarnings("ignore:Class .* lost all:UserWarning")
@pytest.mark.parametrize(
    ("sampler", "passes"),
    [
        (RandomOverSampler(random_state=0), 1),
        (RandomUnderSampler(random_state=0), 1),
        (SMOTE(random_state=0), 2),
        (RCALSampler(outliers=None, random_state=0), 3),
        (BorderlineSMOTE(random_state=0), 4),
        (TomekLinks(), 6),
        (EditedNearestNeighbours(), 5),
        (EditedNearestNeighbours(sampling_strategy=["v"]), 4),
        (NearMiss(), 3),
        (InstanceHardness(random_state=0), 6),
        (InstanceHardness(sampling_strategy={"v": 3}, random_state=0), 5),
        (NeighbourhoodCleaningRule(), 7),
        (NeighbourhoodCleaningRule(sampling_strategy=["v"]), 6),
    ],
    ids=str,
)
def test_partitions_are_read_only_when_needed(sampler, passes):
    reads = Reads()
    planned = plan(reads.table(), target="label", sampler=sampler)
    # Labels, and one partition to measure the size of a row.
    assert reads.count == PARTS + 1
    assert planned.cost.passes == passes
    # All passes except the one that writes run when the frame is requested.
    frame = planned.frame
    assert reads.count == passes * PARTS + 1
    frame.map_partitions(len, meta=(None, int)).compute()
    assert reads.count == (passes + 1) * PARTS + 1


@pytest.mark.parametrize(
    "sampler",
    [
        RandomUnderSampler(random_state=0),
        SMOTE(random_state=0),
        BorderlineSMOTE(random_state=0),
        TomekLinks(),
    ],
    ids=str,
)
def test_partitions_are_not_kept_in_memory(sampler):
    reads = Reads()
    out = resample(reads.table(), target="label", sampler=sampler)
    out.map_partitions(len, meta=(None, int)).compute()
    assert reads.most_alive <= 4


def test_cleaners_gather_only_rows_near_other_classes():
    rng = np.random.default_rng(0)
    label = np.repeat([0, 1], [780, 20])
    frame = pd.DataFrame({"x": rng.normal(size=800) + 99 * label, "label": label})
    frame.loc[777, "x"] = 99.0
    planned = plan(
        dd.from_pandas(frame, npartitions=4),
        target="label",
        sampler=EditedNearestNeighbours(),
    )
    assert len(planned.frame.compute()) == 799
    # The rare class, the common row within it, and the three other rows nearest to it.
    assert planned.actual().rows_gathered == 20 + 1 + 3


def test_cost_is_reported_before_and_after_computing():
    table = dd.from_pandas(mixed(), npartitions=5)
    counts = mixed()["label"].value_counts()
    sampler = SMOTE(sampling_strategy={"w": 60}, random_state=0)
    planned = plan(table, target="label", sampler=sampler)
    assert planned.cost.rows_gathered == counts["w"]
    with pytest.raises(ValueError, match="Nothing has been computed"):
        planned.actual()
    assert planned.lengths == [80] * 5 + [60 - counts["w"]]
    assert list(planned.frame.map_partitions(len).compute()) == planned.lengths
    actual = planned.actual()
    assert isinstance(actual, Cost)
    assert actual.rows_gathered == counts["w"]
    assert 0.5 < actual.bytes_gathered / planned.cost.bytes_gathered < 2
    assert actual.peak_bytes > 10**7


def test_undersampling_gathers_no_bytes():
    table = dd.from_pandas(mixed(), npartitions=5)
    planned = plan(table, target="label", sampler=RandomUnderSampler(random_state=0))
    assert planned.cost.bytes_gathered == planned.actual().bytes_gathered == 0


def test_computing_twice_gives_the_same_rows():
    table = dd.from_pandas(mixed(), npartitions=5)
    for sampler in (SMOTE(), RandomOverSampler(), RandomUnderSampler()):
        out = resample(table, target="label", sampler=sampler)
        assert_same(out.compute(), out.compute())


def test_shuffled_or_persisted_tables_equal_in_memory():
    table = dd.from_pandas(mixed(), npartitions=5)
    with dask.config.set({"dataframe.shuffle.method": "tasks"}):
        shuffled = table.shuffle("whole")
        for partitioned in (shuffled, table.persist()):
            for sampler in (TomekLinks(), SMOTE(random_state=0)):
                out = resample(partitioned, target="label", sampler=sampler)
                assert_same(out.compute(), in_memory(sampler, partitioned))


def test_other_modules_do_not_import_dask():
    program = (
        "import sys, numpy as np, pandas as pd\n"
        "import imbsuite, imbsuite.cli, imbsuite.files, imbsuite.explore.compare\n"
        "X, y = pd.DataFrame({'x': np.arange(20.0)}), np.arange(20) < 8\n"
        "imbsuite.SMOTE().fit_resample(X, y)\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "assert not loaded & {'dask', 'distributed'}, 'dask is loaded'\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
