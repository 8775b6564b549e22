"""Label and column types, classes of a few rows, and plans that change nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from shared import spread

from imbsuite import (
    ADASYN,
    SMOTE,
    BorderlineSMOTE,
    RandomOverSampler,
    RandomUnderSampler,
    TomekLinks,
)

pytest.importorskip("dask.dataframe")
import dask
import dask.dataframe as dd
from scale_tables import assert_same, in_memory, mixed

from imbsuite.scale import resample

FRAME = mixed().drop(columns=["group", "weight"])
CODE = FRAME["label"].map({"u": 0, "v": 1, "w": 2})
LABELS = {
    "unused categories": pd.Categorical(FRAME["label"], list("wzuv")),
    "ordered": pd.Categorical(FRAME["label"], ordered=True),
    "int8": CODE.astype("int8"),
    "bool": CODE > 0,
    "whole floats": CODE.astype(float),
    "nullable": CODE.astype("Int64"),
    "mixed": pd.Series(np.where(CODE == 0, "a", CODE.astype(object)), dtype=object),
    "moments": pd.Timestamp("2020-01-01") + pd.to_timedelta(CODE, unit="D"),
}
SAMPLERS = [SMOTE(random_state=0), RandomUnderSampler(random_state=0)]


@pytest.fixture(autouse=True)
def _in_this_thread():
    with dask.config.set(scheduler="sync"):
        yield


@pytest.mark.parametrize(
    ("labels", "sampler"),
    spread(LABELS, {str(sampler): sampler for sampler in SAMPLERS}),
)
def test_label_dtypes_equal_in_memory(labels, sampler):
    table = dd.from_pandas(FRAME.assign(label=labels), npartitions=4)
    out = resample(table, target="label", sampler=sampler).compute()
    assert_same(out, in_memory(sampler, table))


@pytest.mark.parametrize("backend", ["pyarrow", "numpy_nullable"])
@pytest.mark.parametrize("sampler", [*SAMPLERS, TomekLinks()], ids=str)
def test_pyarrow_and_nullable_columns_equal_in_memory(sampler, backend, tmp_path):
    for i in range(4):
        part = FRAME.iloc[100 * i : 100 * (i + 1)]
        part.to_parquet(tmp_path / f"part-{i}.parquet")
    table = dd.read_parquet(tmp_path, dtype_backend=backend)
    out = resample(table, target="label", sampler=sampler).compute()
    assert_same(out, in_memory(sampler, table))


@pytest.mark.parametrize("sampler", [SMOTE(random_state=0), TomekLinks()], ids=str)
@pytest.mark.parametrize("unit", [1e-170, 1e-290])
def test_columns_whose_squares_underflow_equal_in_memory(sampler, unit):
    frame = FRAME.assign(number=FRAME["number"] * unit, gaps=FRAME["gaps"] * unit)
    table = dd.from_pandas(frame, npartitions=4)
    out = resample(table, target="label", sampler=sampler).compute()
    assert_same(out, in_memory(sampler, table))


@pytest.mark.filterwarnings("ignore:Class 'w' has a single row:UserWarning")
@pytest.mark.parametrize(
    "sampler",
    [SMOTE(random_state=0), BorderlineSMOTE(random_state=0), ADASYN(random_state=0)],
    ids=str,
)
def test_class_of_one_row_is_repeated(sampler):
    frame = FRAME.assign(label=FRAME["label"].replace("w", "v"))
    frame.loc[7, "label"] = "w"
    table = dd.from_pandas(frame, npartitions=4)
    out = resample(table, target="label", sampler=sampler).compute()
    assert_same(out, in_memory(sampler, table))


def test_few_rows_warn_at_the_call():
    frame = FRAME[(FRAME["label"] != "w") | (CODE.groupby(CODE).cumcount() < 3)]
    table = dd.from_pandas(frame, npartitions=4)
    with pytest.warns(UserWarning, match="Class 'w' has 3 rows, too few") as caught:
        out = resample(table, target="label", sampler=SMOTE(random_state=0))
    assert [warning.filename for warning in caught] == [__file__]
    out.compute()


@pytest.mark.parametrize(
    "sampler",
    [
        SMOTE(sampling_strategy={"w": 3}),
        BorderlineSMOTE(sampling_strategy=0.01),
        RandomOverSampler(sampling_strategy={"w": 3}),
        RandomUnderSampler(sampling_strategy={"u": 3_000}),
    ],
    ids=str,
)
def test_plan_that_changes_no_class_size_keeps_the_table(sampler):
    table = dd.from_pandas(FRAME, npartitions=4)
    out = resample(table, target="label", sampler=sampler).compute()
    assert_same(out, table.compute())
