"""A table in parts gives the rows that the same table gives in memory."""

from __future__ import annotations

import pytest

from imbsuite import (
    SMOTE,
    RandomOverSampler,
    RandomUnderSampler,
    TemperatureSampler,
    Tempered,
)

pytest.importorskip("dask.dataframe")
import dask
import dask.dataframe as dd
from scale_tables import assert_same, in_memory, mixed

from imbsuite.scale import resample

PLAIN = [
    RandomOverSampler(random_state=0),
    RandomOverSampler(random_state=0, sampling_strategy={"w": 90}),
    RandomOverSampler(shrinkage=1.0, random_state=0),
    RandomUnderSampler(random_state=0),
    RandomUnderSampler(replacement=True, random_state=0, sampling_strategy=0.5),
    TemperatureSampler(3, random_state=0),
    TemperatureSampler(3, mode="same", random_state=0),
    SMOTE(random_state=0, sampling_strategy=0.7),
    SMOTE(random_state=0, sampling_strategy=Tempered(2), seed_allocation="random"),
    SMOTE(random_state=0, standardize=False, categorical_rule="vote"),
    SMOTE(random_state=0, categorical_rule="seed", sampling_strategy={"w": 90}),
]


@pytest.mark.parametrize("n_partitions", [1, 3, 17, 64])
@pytest.mark.parametrize("sampler", PLAIN, ids=str)
def test_same_rows_as_in_memory(sampler, n_partitions):
    table = dd.from_pandas(mixed(), npartitions=n_partitions)
    with dask.config.set(scheduler="sync"):
        out = resample(table, target="label", sampler=sampler).compute()
        assert_same(out, in_memory(sampler, table))
