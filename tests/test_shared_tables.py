"""Every sampler on every real table, which is an unencoded DataFrame."""

from __future__ import annotations

import json
import warnings
from collections import Counter
from functools import cache

import numpy as np
import pandas as pd
import pytest
from shared import SHARED, load_shared, spread
from sklearn.base import clone
from sklearn.model_selection import train_test_split

from imbsuite.testing import all_samplers
from imbsuite.testing.tables import can_plan, grows

CATALOG = SHARED / "data" / "catalogue.json"
TABLES = (
    [
        entry["name"]
        for entry in json.loads(CATALOG.read_text())["datasets"]
        if entry["task"] != "multilabel"
    ]
    if CATALOG.exists()
    else []
)
# Larger tables are subsampled; the slow tests use all of their rows.
LARGE, SAMPLE = 1_500, 1_000

pytestmark = pytest.mark.skipif(not TABLES, reason="no tables beside the repository")


def _assert_same(one, other):
    # Like assert_frame_equal, which compares categories cell by cell and would take ten
    # times as long as the sampler.
    assert one.equals(other)
    assert (one.dtypes == other.dtypes).all()
    pd.testing.assert_index_equal(one.index, other.index)


def _check(sampler, X, y):
    before = X.copy(deep=True)
    with warnings.catch_warnings():
        # Samplers warn about tiny or well separated classes; both occur in real tables.
        warnings.simplefilter("ignore", UserWarning)
        X_out, y_out = sampler.fit_resample(X, y)
    assert Counter(y_out) == {k: n for k, n in sampler.plan_.items() if n}
    if grows(sampler) and can_plan(sampler):
        assert set(Counter(y_out).values()) == {y.value_counts().max()}
    if sampler._kind == "under":
        assert set(Counter(y_out).values()) == {y.value_counts().min()}
    assert list(X_out.columns) == list(X.columns)
    assert (X_out.dtypes == X.dtypes).all()
    for name in X.select_dtypes("category"):
        assert (X_out[name].cat.categories == X[name].cat.categories).all()
    kept = sampler.sample_indices_[~sampler.is_synthetic_]
    _assert_same(X_out.iloc[: len(kept)], before.iloc[kept])
    assert X_out.index.is_unique
    _assert_same(X, before)
    np.testing.assert_array_equal(y_out, y.iloc[sampler.sample_indices_])


@cache
def _part_of(name):
    """Return a table, or a stratified sample that keeps all rows of tiny classes."""
    X, y, *_ = load_shared(name)
    if len(X) <= LARGE:
        return X, y
    rare = y.map(y.value_counts()) < 20
    left = SAMPLE - int(rare.sum())
    _, rows = train_test_split(
        np.flatnonzero(~rare), test_size=left, stratify=y[~rare], random_state=0
    )
    rows = np.sort(np.append(rows, np.flatnonzero(rare)))
    return X.iloc[rows], y.iloc[rows]


@pytest.mark.parametrize(
    ("sampler", "name"),
    spread(
        {type(sampler).__name__: sampler for sampler in all_samplers()},
        {name: name for name in TABLES},
    ),
)
def test_sampler_on_table(sampler, name):
    _check(clone(sampler), *_part_of(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("sampler", all_samplers(), ids=lambda s: type(s).__name__)
def test_sampler_on_whole_table(sampler, name):
    X, y, *_ = load_shared(name)
    _check(clone(sampler), X, y)
