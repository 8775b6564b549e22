"""Dates in text files: only those in ISO 8601 are parsed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from imbsuite.files import sample_file
from imbsuite.files.dates import with_dates
from imbsuite.files.reading import read_table


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (["2020-01-31", "1999-12-01"], ["2020-01-31", "1999-12-01"]),
        (["2020-01-31", None], ["2020-01-31", None]),
        (["2020-01-31 10:00"] * 2, ["2020-01-31T10:00:00"] * 2),
        (
            ["2020-01-31T10:00:00.25", "2020-01-31"],
            ["2020-01-31T10:00:00.25", "2020-01-31"],
        ),
        (["2020-01-31T10:00Z"] * 2, ["2020-01-31T10:00+00:00"] * 2),
        (
            ["2020-01-31T10:00+01:00", "2020-01-31T10:00-0200"],
            ["2020-01-31T09:00+00:00", "2020-01-31T12:00+00:00"],
        ),
        (["0001-01-01", "9999-12-31"], ["0001-01-01", "9999-12-31"]),
    ],
)
def test_iso_dates_are_parsed(fields, expected):
    dates = with_dates(pd.DataFrame({"a": fields}))["a"]
    assert pd.api.types.is_datetime64_any_dtype(dates.dtype)
    assert (
        dates.tolist() == pd.to_datetime(pd.Series(expected), format="ISO8601").tolist()
    )


@pytest.mark.parametrize(
    "fields",
    [
        ["2020-01-31", "2021-02-30"],
        ["2020-01-31", "soon"],
        ["2010-11", "2011-12"],
        ["31.01.2020", "01.02.2020"],
        ["01/02/2020", "03/02/2020"],
        ["0000-01-01", "2020-01-01"],
        ["2020-01-31T25:00", "2020-01-31T10:00"],
        ["2020-01-31T10:00Z", "2020-01-31T10:00"],
        ["2020-01-31T10:00+01:00", None, "2020-01-31"],
        [20200131, 20200201],
        [None, None],
    ],
)
def test_other_columns_are_unchanged(fields):
    frame = pd.DataFrame({"a": fields})
    assert with_dates(frame)["a"].equals(frame["a"])


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "tsv"])
def test_dates_are_parsed_except_in_the_target(tmp_path, suffix):
    path, separator = tmp_path / f"t.{suffix}", "\t" if suffix == "tsv" else ","
    days = np.resize(["2020-01-01", "2020-01-02", "2020-01-03"], 30)
    frame = pd.DataFrame({"when": days, "x": range(30), "y": days})
    frame.to_csv(path, index=False, sep=separator)
    whole = read_table(path, as_text=["y"])
    sample = sample_file(path, 30, target="y").rows
    for table in (whole, sample):
        assert pd.api.types.is_datetime64_any_dtype(table["when"])
        assert set(table["y"]) == set(days)
    pd.testing.assert_frame_equal(whole, sample)
