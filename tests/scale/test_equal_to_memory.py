"""Resampling a partitioned table gives the same rows as in memory."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from imbsuite import (
    ADASYN,
    SMOTE,
    BorderlineSMOTE,
    EditedNearestNeighbours,
    GeometricSMOTE,
    InstanceHardness,
    NearMiss,
    NeighbourhoodCleaningRule,
    PolynomFitSMOTE,
    RandomOverSampler,
    RandomUnderSampler,
    RCALSampler,
    SafeLevelSMOTE,
    TemperatureSampler,
    Tempered,
    TomekLinks,
)

pytest.importorskip("dask.dataframe")
import dask
import dask.dataframe as dd
from scale_tables import assert_same, in_memory, mixed

from imbsuite.scale import resample

PARTITIONED = [
    RandomOverSampler(random_state=0),
    RandomUnderSampler(random_state=0),
    TemperatureSampler(3, mode="same", random_state=0),
    SMOTE(random_state=0, sampling_strategy=0.7),
    BorderlineSMOTE(random_state=0, kind="borderline-2"),
    TomekLinks(sampling_strategy="all"),
    NeighbourhoodCleaningRule(),
    NearMiss(),
    InstanceHardness(random_state=0),
]
OTHERS = [
    RandomOverSampler(random_state=0, sampling_strategy={"w": 90}),
    RandomOverSampler(shrinkage=1.0, random_state=0),
    RandomUnderSampler(replacement=True, random_state=0, sampling_strategy=0.5),
    TemperatureSampler(3, random_state=0),
    TemperatureSampler(3, mode="under", max_repeats=2, random_state=0),
    SMOTE(random_state=0, sampling_strategy=Tempered(2), seed_allocation="random"),
    SMOTE(random_state=0, standardize=False, categorical_rule="vote"),
    SMOTE(random_state=0, categorical_rule="seed", sampling_strategy={"w": 90}),
    BorderlineSMOTE(random_state=0),
    ADASYN(random_state=0),
    SafeLevelSMOTE(random_state=0, standardize=False),
    GeometricSMOTE(random_state=0),
    GeometricSMOTE(random_state=0, selection_strategy="majority", standardize=False),
    GeometricSMOTE(random_state=0, selection_strategy="minority"),
    PolynomFitSMOTE(random_state=0),
    PolynomFitSMOTE(kind="mesh", random_state=0),
    TomekLinks(standardize=False),
    EditedNearestNeighbours(),
    EditedNearestNeighbours(kind_sel="mode", sampling_strategy="all"),
    EditedNearestNeighbours(sampling_strategy=["v"], standardize=False),
    NeighbourhoodCleaningRule(n_neighbors=5, sampling_strategy="all"),
    NeighbourhoodCleaningRule(threshold_cleaning=4, standardize=False),
    NeighbourhoodCleaningRule(sampling_strategy=["v"]),
    NearMiss(n_neighbors=50, standardize=False),
    NearMiss(sampling_strategy={"u": 7}),
    NearMiss(sampling_strategy={"v": 0}),
    InstanceHardness(random_state=1, standardize=False, n_neighbors=20),
    InstanceHardness(random_state=1, sampling_strategy={"v": 9}),
    InstanceHardness(random_state=1, sampling_strategy={"u": 300, "v": 0, "w": 3}),
    InstanceHardness(random_state=1, sampling_strategy={"w": 3}),
]
GROUPED = [
    SMOTE(random_state=0),
    SMOTE(random_state=0, standardize=False),
    BorderlineSMOTE(random_state=0, kind="borderline-2"),
    GeometricSMOTE(random_state=0),
    RandomUnderSampler(random_state=0),
    TomekLinks(standardize=False, sampling_strategy="all"),
    EditedNearestNeighbours(standardize=False),
    NeighbourhoodCleaningRule(standardize=False),
    NearMiss(),
    NearMiss(standardize=False),
    InstanceHardness(random_state=0),
    InstanceHardness(random_state=0, standardize=False),
    TemperatureSampler(3, by="group", mode="same", random_state=0),
    TemperatureSampler(3, by="class_and_group", random_state=0),
]

emptied = pytest.mark.filterwarnings("ignore:Class .* lost all:UserWarning")
of_groups = pytest.mark.filterwarnings("ignore:Class:UserWarning")


@pytest.fixture(autouse=True)
def _in_this_thread():
    with dask.config.set(scheduler="sync"):
        yield


# With 12, some hold no row of the rarest class, and results are joined in two steps.
# All other tests here have about 3.
@pytest.mark.parametrize(
    "n_partitions",
    [12, *(pytest.param(n, marks=pytest.mark.slow) for n in (3, 33))],
)
@pytest.mark.parametrize("sampler", PARTITIONED, ids=str)
def test_same_rows_with_any_number_of_partitions(sampler, n_partitions):
    table = dd.from_pandas(mixed(), npartitions=n_partitions)
    out = resample(table, target="label", sampler=sampler).compute()
    assert_same(out, in_memory(sampler, table))


# Threads concern the scheduler, not the sampler: half of the samplers by default.
@pytest.mark.parametrize(
    "sampler",
    [
        pytest.param(sampler, marks=[pytest.mark.slow] if i % 2 else [])
        for i, sampler in enumerate(PARTITIONED)
    ],
    ids=str,
)
def test_same_rows_with_threads(sampler):
    table = dd.from_pandas(mixed(), npartitions=8)
    with dask.config.set(scheduler="threads", num_workers=4):
        out = resample(table, target="label", sampler=sampler).compute()
    assert_same(out, in_memory(sampler, table))


@emptied
@pytest.mark.parametrize("sampler", OTHERS, ids=str)
def test_same_rows_as_in_memory(sampler):
    table = dd.from_pandas(mixed(), npartitions=3)
    out = resample(table, target="label", sampler=sampler).compute()
    assert_same(out, in_memory(sampler, table))


@of_groups
@pytest.mark.parametrize("sampler", GROUPED, ids=str)
def test_same_rows_with_weights_and_groups(sampler):
    table = dd.from_pandas(mixed(), npartitions=3)
    roles = {"groups": "group", "sample_weight": "weight"}
    out = resample(table, target="label", sampler=sampler, **roles).compute()
    assert_same(out, in_memory(sampler, table, "group", "weight"))


@of_groups
@pytest.mark.parametrize(
    "sampler",
    [
        RCALSampler(outliers=None, random_state=0),
        RCALSampler(outliers=None, mode="point", covariance="diag", random_state=0),
        RCALSampler(outliers=None, standardize=False, share="both", random_state=0),
        RCALSampler(outliers=None, covariance="pooled", gamma=0, random_state=0),
    ],
    ids=str,
)
def test_gaussians_equal_in_memory_up_to_rounding(sampler):
    # A column of range 10^12 beside one of range 1 makes rounding visible in the root.
    table = dd.from_pandas(mixed().drop(columns="moment"), npartitions=3)
    roles = {"groups": "group", "sample_weight": "weight"}
    out = resample(table, target="label", sampler=sampler, **roles).compute()
    memory = in_memory(sampler, table, "group", "weight")
    pd.testing.assert_frame_equal(out, memory, check_index_type=False, rtol=1e-6)


def test_repeated_rows_of_groups_are_equal_up_to_their_order():
    table = dd.from_pandas(mixed(), npartitions=3)
    sampler = RandomOverSampler(random_state=0)
    out = resample(table, target="label", sampler=sampler, groups="group").compute()
    memory = in_memory(sampler, table, "group")
    keys = ["label", "group", "number"]
    columns = list(out.columns)
    ours, theirs = (
        frame.iloc[len(mixed()) :].sort_values(keys)[columns].reset_index(drop=True)
        for frame in (out, memory)
    )
    assert_same(ours, theirs)


@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3))]
)
def test_ties_are_broken_as_in_memory(seed):
    # Integers from 0 to 3, and duplicates: nearly all distances are tied.
    rng = np.random.default_rng(seed)
    cells = {f"x{j}": rng.integers(0, 4, 300) for j in range(3)}
    label = np.where(rng.random(300) < 0.2, "rare", "common")
    table = dd.from_pandas(pd.DataFrame(cells | {"label": label}), npartitions=4)
    for sampler in (
        BorderlineSMOTE(random_state=0, kind="borderline-2"),
        TomekLinks(sampling_strategy="all"),
        EditedNearestNeighbours(kind_sel="mode"),
        NearMiss(),
        InstanceHardness(random_state=0, sampling_strategy=0.5),
    ):
        out = resample(table, target="label", sampler=sampler).compute()
        assert_same(out, in_memory(sampler, table))


def test_column_subset_of_small_files_keeps_its_rows(tmp_path):
    # Dask joins small files if few columns are read; ranks and positions must hold.
    frame = mixed().drop(columns=["group", "weight"])
    for i in range(8):
        part = frame.iloc[50 * i : 50 * (i + 1)]
        part.to_parquet(tmp_path / f"part-{i}.parquet")
    table = dd.read_parquet(tmp_path)
    for sampler in (SMOTE(random_state=0), RandomUnderSampler(random_state=0)):
        out = resample(table, target="label", sampler=sampler)
        memory = in_memory(sampler, table)
        assert_same(out.compute(), memory)
        assert_same(out[["number"]].compute(), memory[["number"]])
        assert len(out) == len(memory)


def test_empty_partitions_and_differing_categories():
    frame = mixed().drop(columns=["group", "weight"])
    parts = [frame.iloc[:0], frame.iloc[:180], frame.iloc[180:180], frame.iloc[180:]]
    parts[1] = parts[1].assign(category=pd.Categorical(["q"] * 180))
    table = dd.from_map(lambda i: parts[i], range(4), meta=frame.iloc[:0])
    table["category"] = table["category"].cat.as_unknown()
    for sampler in (
        SMOTE(random_state=0),
        RandomUnderSampler(random_state=0),
        ADASYN(random_state=0),
        TomekLinks(),
    ):
        out = resample(table, target="label", sampler=sampler).compute()
        assert_same(out, in_memory(sampler, table))


@pytest.mark.parametrize(
    "index",
    [
        np.arange(400)[::-1],
        np.linspace(0, 1, 400),
        pd.date_range("2020-01-01", periods=400, freq="h"),
        [f"synthetic-{i}" if i % 2 else f"row-{i}" for i in range(400)],
        pd.date_range("2020-01-01", periods=400, freq="h", tz="Asia/Tokyo", unit="s"),
        pd.Index([*range(399), None], dtype="int16[pyarrow]"),
        np.arange(2.0**53 - 2400, 2.0**53 - 2000),
        np.arange(2**63 - 2400, 2**63 - 2000),
    ],
    ids=[
        *("backwards", "floats", "times", "texts"),
        *("times somewhere", "Arrow", "nearly too large", "nearly too large integers"),
    ],
)
def test_index_labels_of_new_rows_equal_in_memory(index):
    frame = mixed().drop(columns=["group", "weight"]).set_axis(index, axis=0)
    table = dd.from_pandas(frame, npartitions=5, sort=False)
    for sampler in (SMOTE(random_state=0), RandomOverSampler(random_state=0)):
        out = resample(table, target="label", sampler=sampler).compute()
        memory = in_memory(sampler, table)
        assert out.index.is_unique
        assert list(out.index) == list(memory.index)
        assert_same(out.reset_index(drop=True), memory.reset_index(drop=True))
