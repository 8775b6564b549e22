"""Tables for the tests of Dask: every kind of column, few rows."""

from __future__ import annotations

import numpy as np
import pandas as pd


def mixed(n: int = 400, seed: int = 0) -> pd.DataFrame:
    """Return numbers, ties, strings, categories, missing values, times and weights."""
    rng = np.random.default_rng(seed)
    seconds = pd.to_timedelta(rng.integers(0, 10**6, n), unit="s")
    frame = pd.DataFrame(
        {
            "number": rng.normal(size=n),
            "whole": rng.integers(0, 9, n),
            "text": rng.choice(list("xyz"), n),
            "category": pd.Categorical(rng.choice(list("pq"), n)),
            "moment": pd.Timestamp("2020-01-01") + seconds,
            "gaps": np.where(rng.random(n) < 0.1, np.nan, rng.normal(size=n)),
            "nullable": pd.array(rng.integers(0, 99, n), dtype="Int16"),
            "label": rng.choice(["u", "v", "w"], n, p=[0.8, 0.15, 0.05]),
            "group": rng.integers(0, 4, n),
            "weight": np.where(rng.random(n) < 0.1, 0.0, rng.random(n)),
        }
    )
    # Dask's own type for strings: otherwise, Dask would convert them again for each
    # partition of each graph.
    return frame.astype(dict.fromkeys(["text", "label"], pd.StringDtype("pyarrow")))


def in_memory(sampler, table, groups=None, weight=None):
    """Return the table resampled in memory, with all columns in order."""
    frame = table.compute()
    apart = [c for c in ("label", groups, weight) if c is not None]
    columns = {"groups": groups, "sample_weight": weight}
    columns = {k: frame[c] for k, c in columns.items() if c is not None}
    X, y = sampler.fit_resample(frame.drop(columns=apart), frame["label"], **columns)
    X["label"] = y
    if groups is not None:
        X[groups] = sampler.groups_
    if weight is not None:
        X[weight] = sampler.sample_weight_
    return X[list(frame.columns)]


def assert_same(ours, theirs):
    # Only frames that differ are compared cell by cell, which is slow.
    if not (ours.equals(theirs) and _categories(ours) == _categories(theirs)):
        pd.testing.assert_frame_equal(ours, theirs, check_index_type=False)


def _categories(frame):
    chosen = frame.select_dtypes("category")
    return {name: list(chosen[name].cat.categories) for name in chosen}
