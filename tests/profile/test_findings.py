"""Findings on columns: identifiers, groups, ordered times, and columns without any."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

from imbsuite.profile.columns import profile

N = 60
RNG = np.random.default_rng
CONTAINERS = [
    pd.DataFrame,
    pl.DataFrame,
    lambda cells: pl.DataFrame(cells).to_arrow(),
    lambda cells: pd.DataFrame(cells, dtype=object),
    lambda cells: pd.DataFrame(cells).convert_dtypes(),
]


def findings(cells: dict, container=pd.DataFrame) -> dict[str, str | None]:
    return {column.name: column.finding for column in profile(container(cells))}


def shuffled(values) -> list:
    return RNG(0).permutation(np.asarray(values)).tolist()


FOUND = {
    # Integers that number the rows: in any order, with any step, from any start.
    "": ("identifier", list(range(N))),
    "a": ("identifier", shuffled(range(1, N + 1))),
    "b": ("identifier", shuffled(range(10**6, 10**6 + 2 * N, 2))[:N]),
    "c": ("identifier", [float(i) for i in range(N)]),
    # Integers far apart, recognized by the column name.
    "customerId": ("identifier", shuffled(range(10**15, 10**15 + N**3, N**2))),
    "rownames": ("identifier", shuffled(range(10**15, 10**15 + N**3, N**2))),
    "patientid": ("identifier", shuffled(range(10**15, 10**15 + N**3, N**2))),
    # Text that differs in every row.
    "name": ("identifier", [f"Smith, Mr. J. {i}" for i in range(N)]),
    # Groups, recognized by the column name or by consecutive rows.
    "patient_id": ("repeated identifier", shuffled(np.arange(N) // 3 * 777)),
    "Patient": ("repeated identifier", [f"p{i // 2}" for i in range(N)]),
    "storm": (
        "repeated identifier",
        [f"storm {i * 7 % 30}" for i in np.arange(N) // 2],
    ),
    # A few of many patients have a second row.
    "ID": (
        "repeated identifier",
        shuffled([*range(1000, 1000 + N - 4), *range(1000, 1004)]),
    ),
    "panel": ("repeated identifier", (1 + np.arange(N) // 2).tolist()),
    "site": ("repeated identifier", ((np.arange(N) // 2) * 7 % 30).tolist()),
    # Times in order: ascending or descending, as dates, numbers or text.
    "when": ("in order", pd.date_range("2020-01-01", periods=N).tolist()),
    "back": ("in order", pd.date_range("2020-01-01", periods=N).tolist()[::-1]),
    "Year": ("in order", (1990 + np.arange(N) // 4).tolist()),
    "day": ("in order", [f"2020-01-{1 + i // 2:02d}" for i in range(N)]),
    "price": ("decimal commas", [f"{i // 7},{i % 7}" for i in range(N)]),
    "german": (
        "dates as text",
        [f"{1 + i % 28}.{1 + i // 28:02d}.2020" for i in range(N)],
    ),
    "us": (
        "dates as text",
        [f"{1 + i // 28}/{1 + i % 28}/20 10:15 AM" for i in range(N)],
    ),
    "named": (
        "dates as text",
        [f"{1 + i % 28:02d}-Sep-{i // 28:02d}" for i in range(N)],
    ),
    "grouped": ("decimal commas", ["1.234,50", "-2", "3,1"] * (N // 3)),
    "three digits": ("decimal commas", ["1,234", "0,125", "3,1"] * (N // 3)),
    "long": ("dates as text", [f"January {1 + i % 31}, {1960 + i}" for i in range(N)]),
    "spoken": (
        "dates as text",
        [f"Fri, {1 + i % 28} Mär. 20{i:02d}" for i in range(N)],
    ),
    "income": ("numbers as text", [f"{i + 1},{i:03d}.50" for i in range(N)]),
    "thousands": ("numbers as text", [f"{i + 1},{i:03d}" for i in range(N)]),
    "spaces": ("numbers as text", [f"{i + 1} {i:03d}" for i in range(N)]),
    "dollars": ("numbers as text", [f"${i}.99" for i in range(N)]),
    "euros": ("numbers as text", [f"{i},5 €" for i in range(N)]),
    "share": ("numbers as text", [f"{i}%" for i in range(N)]),
    "unknown": ("numbers as text", ["?", "unknown", *map(str, range(N - 2))]),
    "gaps": (
        "numbers as text",
        ["N.A.", str(7), str(8)] * 9 + [f"{i}" for i in range(33)],
    ),
    "persons": ("identifier", [f"{100 + i}-45-{6789 - i}" for i in range(N)]),
}
NOTHING = {
    "height": RNG(0).normal(size=N).tolist(),
    "heads": RNG(0).integers(10**6, size=N).tolist(),
    "age": shuffled([*range(20, 20 + N - 1), 20]),
    "sparse": [*range(N // 3), *[None] * (N - N // 3)],
    "town": [f"town {i}" for i in RNG(0).integers(30, size=N)],
    "review": [f"I bought this {i} days ago and it broke at once" for i in range(N)],
    "sorted": np.sort(np.r_[np.arange(N // 2), np.arange(N // 2) // 2]).tolist(),
    "descending": np.repeat(np.arange(0, -30, -1), 2).tolist(),
    "month": [f"2020M{i // 2}" for i in range(N)],
    "infinite": [np.inf, *range(N - 1)],
    "season": ["2010-11", "2011-12"] * (N // 2),
    "born": shuffled([f"2020-{1 + i % 12:02d}-{1 + i // 3:02d}" for i in range(N)]),
    "dates": shuffled(pd.date_range("2020-01-01", periods=N).tolist()),
    "period": [f"{1990 + i // 4}Q{1 + i % 4}" for i in range(N)],
    "version": ["1.2.3", "1.10.0"] * (N // 2),
    "flag": [True, False] * (N // 2),
    "body index": shuffled(np.arange(N) // 3),
    "list, of": ["a,b", "1,5"] * (N // 2),
    "one": [1] * N,
    "paid": shuffled(range(10**15, 10**15 + N**3, N**2)),
    "zip": shuffled([f"{i % 30:05d}" for i in range(N)]),
    "floor": shuffled(["1", "2", "3+"] * (N // 3)),
    "icd": shuffled([*map(str, range(N - 5)), "V27", "V27", "V3", "E8", "E9"]),
    "lines": ["4 Main Street", "5 Main Street"] * (N // 2),
    "parts": ["10-45-20", "11-46-20"] * (N // 2),
}


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("name", FOUND)
def test_findings_are_reported(name, container):
    finding, cells = FOUND[name]
    assert findings({name: cells}, container) == {name: finding}


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("name", NOTHING)
def test_measurements_and_categories_have_no_finding(name, container):
    assert findings({name: NOTHING[name]}, container) == {name: None}


def test_identifiers_with_missing_values_are_found():
    ids = [None if i % 5 == 0 else f"p{i}" for i in range(N)]
    assert findings({"a": ids}) == {"a": "identifier"}


def test_few_distinct_values_are_identifiers_only_if_consecutive():
    assert findings({"a": [3, 5, 4, 9], "b": list("abcd")}) == {"a": None, "b": None}
    assert findings({"a": [12, 14, 15, 19, 11, 16]}) == {"a": None}
    assert findings({"a": [7, 8, 9, 10, 11]}) == {"a": "identifier"}


@pytest.mark.parametrize("n", [100, 1000])
def test_row_numbers_are_found_in_a_sample_of_the_rows(n):
    """The range of the numbers is then many times the number of rows."""
    seeds = range(20)
    samples = [np.sort(RNG(s).choice(9 * n, n, replace=False)) for s in seeds]
    kinds = [findings({"a": values})["a"] for values in samples]
    assert kinds.count("identifier") >= 16
    assert findings({"a": range(0, 10 * n, 10)}) == {"a": "identifier"}
    incomes = np.unique(RNG(0).lognormal(10, 1, n).astype(int))
    assert findings({"a": incomes}) == {"a": None}
    assert findings({"a": np.arange(n) ** 2}) == {"a": None}


def test_arrays_have_findings_by_position():
    X = np.column_stack([NOTHING["height"], np.arange(N)])
    assert [column.finding for column in profile(X)] == [None, "identifier"]


def test_wide_integers_do_not_overflow():
    wide = np.array([np.iinfo(np.int64).min, np.iinfo(np.int64).max, *range(N)])
    assert findings({"a": wide}) == {"a": None}
