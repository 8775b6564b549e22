"""The profile of columns, for every container."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp

from imbsuite.profile.column import Column
from imbsuite.profile.columns import profile


def columns(n: int = 100) -> dict[str, list]:
    return {
        "size": [0.5, None, *range(n - 2)],
        "whole": list(range(n)),
        "flag": [True, False, None, *[True] * (n - 3)],
        "color": ["red", None, *["blue"] * (n - 2)],
        "essay": [f"words {i}" for i in range(n)],
        "when": [dt.datetime(2020, 1, 1) + dt.timedelta(i) for i in range(n)],  # noqa: DTZ001
        "nothing": [None] * n,
        "<script>alert(1)</script>": [0.0] * n,
        "🦩": ["one"] * n,
    }


EXPECTED = {
    "size": ("numeric", 1, 99, None),
    "whole": ("numeric", 0, 100, "identifier"),
    "flag": ("boolean", 1, 2, None),
    "color": ("categorical", 1, 2, None),
    "essay": ("text", 0, 100, "identifier"),
    "when": ("date", 0, 100, "in order"),
    "nothing": ("categorical", 100, 0, None),
    "<script>alert(1)</script>": ("numeric", 0, 1, None),
    "🦩": ("categorical", 0, 1, None),
}


@pytest.mark.parametrize(
    "container",
    [
        pd.DataFrame,
        pl.DataFrame,
        lambda cells: pl.DataFrame(cells).to_arrow(),
        lambda cells: pd.DataFrame(cells, dtype=object),
    ],
)
def test_profile_of_columns_in_any_container(container):
    profiles = {column.name: column for column in profile(container(columns()))}
    for name, expected in EXPECTED.items():
        assert profiles[name] == Column(name, *expected)


def test_unnamed_columns_are_numbered():
    rows = np.array([["a", 1, None], ["b", 2, None]], dtype=object)
    expected = [("0", "categorical", 0, 2), ("1", "numeric", 0, 2)]
    assert profile(rows)[:2] == tuple(Column(*column) for column in expected)
    dense = np.array([[0, 1.5], [np.nan, 1.5], [2, 0]])
    assert profile(sp.csr_array(dense)) == profile(dense)


def test_duplicate_column_names():
    frame = pd.DataFrame([[1, "a"], [2, "a"]], columns=["x", "x"])
    assert [column.kind for column in profile(frame)] == ["numeric", "categorical"]
