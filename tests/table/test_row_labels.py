"""Row labels of pandas: old ones are unchanged, new ones are unique."""

from __future__ import annotations

import re
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared import in_pairs

import imbsuite as im

N = 40
Y = np.repeat([0, 1], [29, 11])
CELLS = np.random.default_rng(0).normal(size=N)


def ending(last: object, like: object = 0, dtype: object = None) -> pd.Index:
    """Return N labels, all but the last of them ``like``."""
    return pd.Index([like] * (N - 1) + [last], dtype=dtype)


DAYS = pd.date_range("2020", periods=N)
LAST_NS = pd.Timestamp.max.as_unit("ns")
LAST_64 = np.iinfo(np.int64).max
# An index, and whether its type has room for the labels of new rows.
LABELS = {
    "floats to 2^53": (ending(2.0**53, 0.0), False),
    "floats near 2^53": (ending(2.0**53 - 10, 0.0), False),
    "floats with room": (ending(2.0**53 - 40, 0.0), True),
    "large floats": (ending(1e300, 0.0), False),
    "large negative floats": (ending(-1e300, -2e300), False),
    "negative floats": (ending(-1.5, -7.0), True),
    "infinite floats": (ending(np.inf, 0.0), False),
    "floats from minus infinity": (ending(3.0, -np.inf), True),
    "float32": (ending(2.0**24, 0.0, "float32"), False),
    "float32 with room": (ending(5.0, np.nan, "float32"), True),
    "nullable floats": (ending(2.0**53, None, "Float64"), False),
    "no float": (ending(np.nan, np.nan), False),
    "int64": (ending(LAST_64), False),
    "int64 near its end": (ending(LAST_64 - 10), False),
    "int64 with room": (ending(LAST_64 - 40), True),
    "negative int64": (ending(-5, -9), True),
    "uint64": (ending(2**64 - 1, dtype="uint64"), False),
    "uint64 with room": (ending(2**63 + 5, dtype="uint64"), True),
    "range": (pd.RangeIndex(LAST_64 - N, LAST_64), False),
    "range downwards": (pd.RangeIndex(N, 0, -1), True),
    "int8 with room": (ending(-5, -128, "int8"), True),
    "nullable integers": (ending(7, None, "Int16"), True),
    "Arrow integers": (ending(7, None, "int16[pyarrow]"), True),
    "Arrow integers at their end": (ending(LAST_64, None, "int64[pyarrow]"), False),
    "Arrow texts": (ending("synthetic-0", "a", "string[pyarrow]"), True),
    "Arrow times": (
        ending(DAYS[0], None, "timestamp[us, Europe/Berlin][pyarrow]"),
        True,
    ),
    "texts": (ending("synthetic-0", "a", "string"), True),
    "times": (ending(LAST_NS, pd.Timestamp(0)), False),
    "times of seconds": (DAYS.as_unit("s") + pd.Timedelta(days=365 * 1000), True),
    "times of nanoseconds": (DAYS.as_unit("ns"), True),
    "times to year 9999": (ending(pd.Timestamp("9999-12-31 23:59:59"), DAYS[0]), False),
    "no time": (ending(pd.NaT, pd.NaT), False),
    "some times": (ending(DAYS[0], pd.NaT), True),
    "times somewhere": (DAYS.tz_localize("Asia/Tokyo"), True),
    "last times somewhere": (
        ending(LAST_NS.tz_localize("UTC"), pd.Timestamp(0, tz="UTC")),
        False,
    ),
    "when clocks change": (
        pd.date_range("2020-10-25", periods=N, freq="4min", tz="Europe/Berlin"),
        True,
    ),
    "spans": (ending(pd.Timedelta.max, pd.Timedelta(0)), False),
    "spans with room": (ending(pd.Timedelta(days=-3), pd.Timedelta(days=-9)), True),
    "periods": (pd.period_range("2020", periods=N, freq="Q"), True),
    "no period": (ending(pd.NaT, pd.NaT, "period[D]"), False),
    "decimals": (ending(Decimal("1.5"), Decimal(1)), False),
    "categories": (pd.CategoricalIndex(["synthetic-0", *range(N - 1)]), False),
    "intervals": (pd.interval_range(0, N), False),
    "booleans": (ending(True, False), False),
    "complex": (ending(2j, 1j), False),
    "mixed": (ending("synthetic-1", 1.5), False),
    "other zeros": (ending("synthetic-00", "synthetic-0"), False),
}


def same_labels(labels: pd.Index, index: pd.Index) -> bool:
    """Return whether labels are equal one by one, missing ones in the same places."""
    both = zip(labels, index, strict=True)
    return all(a == b if pd.notna(b) else pd.isna(a) for a, b in both)


@pytest.mark.parametrize(
    ("case", "sampler", "levels"),
    in_pairs(
        LABELS,
        {"new": im.SMOTE(random_state=0), "repeated": im.RandomOverSampler()},
        {"1": 1, "2": 2},
    ),
)
def test_new_row_labels_are_unique(case, sampler, levels):
    index, room = case
    first = index.rename("key")
    if levels == 2:
        index = pd.MultiIndex.from_arrays([first, ["a", "b"] * (N // 2)])
    X = pd.DataFrame({"x": CELLS}, index=index if levels == 2 else first)
    X_out, y_out = sampler.fit_resample(X, pd.Series(Y, index=X.index))
    assert y_out.index.equals(X_out.index)
    labels = X_out.index.get_level_values(0)
    assert same_labels(labels[:N], first)
    new = list(labels[N:])
    assert len(set(new)) == len(new) == 18
    assert not set(new) & set(first)
    assert labels.name == "key"
    if room:
        assert labels.dtype == first.dtype
    else:
        assert all(re.fullmatch(r"synthetic-\d+", label) for label in new)


def test_integer_labels_are_widened_rather_than_made_strings():
    X = pd.DataFrame({"x": CELLS}, index=ending(120, dtype="int8"))
    labels = im.SMOTE(random_state=0).fit_resample(X, Y)[0].index
    assert labels.tolist()[N:] == list(range(121, 139))


@settings(max_examples=60)
@given(
    index=st.one_of(
        st.lists(st.floats(width=width), min_size=N, max_size=N).map(
            lambda values, kind=f"float{width}": pd.Index(values, dtype=kind)
        )
        for width in (32, 64)
    )
)
def test_new_float_labels_are_unique(index):
    X = pd.DataFrame({"x": np.arange(N)}, index=index)
    labels = im.RandomOverSampler(random_state=0).fit_resample(X, Y)[0].index
    assert same_labels(labels[:N], index)
    assert len(set(labels[N:])) == 18
    assert not set(labels[N:]) & set(index)


@pytest.mark.parametrize(("last", "dtype"), [(2.0**53, "f8"), (2.0**24, "f4")])
def test_labels_beyond_exact_whole_floats_become_strings(last, dtype):
    X = pd.DataFrame({"x": CELLS}, index=ending(last, 0.0, dtype))
    sampler = im.RandomOverSampler(sampling_strategy={1: 12}, random_state=0)
    assert sampler.fit_resample(X, Y)[0].index.tolist()[N:] == ["synthetic-0"]
