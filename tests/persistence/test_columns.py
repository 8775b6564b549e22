"""Tables to predict: converted to the fitted columns and types, or rejected by name."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from imbsuite.persistence.columns import as_fitted, check_columns, column_types

FITTED = pd.DataFrame(
    {
        "whole": [1, 2, 3],
        "number": [0.1, 2.5, np.nan],
        "flag": [True, False, True],
        "day": pd.to_datetime(["2020-01-31", "2021-02-28", "2022-03-01"]),
        "grade": pd.Categorical([1, 2, 1], categories=[1, 2, 3]),
        "text": ["007", "a", None],
    }
)


def test_fitted_table_is_returned_unchanged():
    pd.testing.assert_frame_equal(as_fitted(FITTED, column_types(FITTED)), FITTED)


def test_text_cells_and_reordered_columns_are_converted():
    types = column_types(FITTED)
    lines = io.StringIO(FITTED.iloc[:, ::-1].to_csv(index=False))
    frame = pd.read_csv(lines, dtype=str)
    pd.testing.assert_frame_equal(as_fitted(frame, types), FITTED)


def test_missing_values_are_accepted_where_the_fit_had_none():
    types = column_types(FITTED)
    frame = FITTED.astype("object")
    frame.iloc[0] = None
    read = as_fitted(frame, types)
    assert read.isna().iloc[0].all()
    assert read["whole"].dtype == "float64"
    assert read["whole"].tolist()[1:] == [2, 3]
    assert read["flag"].tolist()[1:] == [False, True]


@pytest.mark.parametrize(
    ("name", "cell", "words"),
    [
        ("whole", "1.5", "whole numbers"),
        ("whole", "many", "whole numbers"),
        ("number", "1,5", "numbers"),
        ("flag", "maybe", "true or false"),
        ("day", "31.01.2020", "dates such as"),
    ],
)
def test_error_names_cells_of_the_wrong_type(name, cell, words):
    frame = FITTED.astype("object")
    frame.loc[1, name] = cell
    with pytest.raises(ValueError, match=rf"'{name}' must hold {words}.*{cell}.*row 1"):
        as_fitted(frame, column_types(FITTED))


def test_error_counts_rows_from_the_first_block():
    frame = FITTED.assign(number=["1", "x", "2"])
    with pytest.raises(ValueError, match="row 1,001"):
        as_fitted(frame, column_types(FITTED), start=1000)


def test_unknown_categories_become_missing_values():
    frame = FITTED.assign(grade=["1", "9", None])
    read = as_fitted(frame, column_types(FITTED))["grade"]
    assert read.cat.categories.tolist() == [1, 2, 3]
    assert read.isna().tolist() == [False, True, True]


def test_missing_columns_raise_and_new_columns_are_returned():
    types = column_types(FITTED)
    assert check_columns(types, [*FITTED, "more"]) == ["more"]
    with pytest.raises(ValueError, match=r"lacks .*'day', 'text'\..*not know: 'dya'"):
        check_columns(types, [*FITTED.drop(columns=["day", "text"]), "dya"])


ORDERED = pd.CategoricalDtype(["low", "mid", "high"], ordered=True)


@pytest.mark.parametrize(
    "cells",
    [
        pd.Categorical(["high", "low"], ["low", "high"], ordered=True),
        pd.Categorical(["high", "low"], ["high", "mid", "low"], ordered=True),
        pd.Categorical(["high", "low"]),
        ["high", "low"],
    ],
)
def test_ordered_categories_keep_the_fitted_order(cells):
    types = column_types(pd.DataFrame({"c": pd.Series(["low", "mid"], dtype=ORDERED)}))
    read = as_fitted(pd.DataFrame({"c": cells}), types)["c"]
    assert read.dtype == ORDERED
    assert read.max() == "high"


@pytest.mark.parametrize(
    ("fitted", "cells"),
    [
        ([1.0, 2.0], [1, 2]),
        ([1, 2], [1.0, 2.0]),
        ([1, 2], ["1.0", "2"]),
        ([1.0, 2.5], ["1", "2.5"]),
        ([True, False], ["true", "FALSE"]),
        ([1, "1"], [1, "1"]),
        (["1", "1.0"], ["1", "1.0"]),
    ],
)
def test_categories_match_by_value_in_any_spelling(fitted, cells):
    dtype = pd.CategoricalDtype(pd.Index(fitted, dtype="object"))
    types = column_types(pd.DataFrame({"c": pd.Series(fitted, dtype=dtype)}))
    read = as_fitted(pd.DataFrame({"c": pd.Series(cells, dtype="object")}), types)["c"]
    assert read.tolist() == fitted
    assert [*map(type, read)] == [*map(type, fitted)]


@pytest.mark.parametrize(
    ("dtype", "cells", "words"),
    [
        ("int8", [1, 300], r"whole numbers \(int8\).*300.* row 1"),
        ("uint8", [1, -1], r"whole numbers \(uint8\)"),
        ("uint8", ["1", "256"], r"whole numbers \(uint8\).*'256' in row 1"),
        ("Int16", [1, 70_000], r"whole numbers \(Int16\)"),
        ("uint8[pyarrow]", [1, 256], r"whole numbers \(uint8\[pyarrow\]\)"),
        ("float32", [1.0, 1e300], r"numbers \(float32\)"),
    ],
)
def test_numbers_out_of_range_of_the_fitted_dtype_raise(dtype, cells, words):
    types = column_types(pd.DataFrame({"c": pd.Series([1, 2], dtype=dtype)}))
    with pytest.raises(ValueError, match=words):
        as_fitted(pd.DataFrame({"c": cells}), types)


DAYS = pd.to_datetime(["2020-01-31", "2021-02-28"])
ZONED = pd.DataFrame({"c": DAYS.tz_localize("Asia/Tokyo")})


@pytest.mark.parametrize(
    "text", ["2020-01-31T10:00", "2020-01-31", "2020-01-31 10:00:00"]
)
def test_text_without_time_zone_raises_for_zoned_column(text):
    """Text without a time zone would be read as UTC, nine hours later."""
    frame = pd.DataFrame({"c": ["2020-01-31T10:00+09:00", text]})
    message = (
        rf"times with a zone, such as .*\(datetime64.*Tokyo\]\).*'{text}' in row 1"
    )
    with pytest.raises(ValueError, match=message):
        as_fitted(frame, column_types(ZONED))


@pytest.mark.parametrize(
    "text",
    ["2020-01-31T01:00Z", "2020-01-31 10:00:00+09:00", "2020-01-30T15-1000"],
)
def test_text_with_time_zone_is_converted_to_the_fitted_zone(text):
    read = as_fitted(pd.DataFrame({"c": [text, None]}), column_types(ZONED))["c"]
    assert read.dtype == ZONED["c"].dtype
    assert read[0] == pd.Timestamp("2020-01-31 10:00", tz="Asia/Tokyo")
    assert read.isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("fitted", "cells"),
    [
        ([1, 2], DAYS),
        ([1.5, 2], DAYS),
        ([1, 2], DAYS - DAYS[0]),
        ([1, 2], [1j, 2]),
        (["7", "a"], [7.0, 8.0]),  # "7.0" is a different string from "7"
        (DAYS, DAYS.tz_localize("UTC")),
        (DAYS.tz_localize("Europe/Berlin"), DAYS),
        (DAYS - DAYS[0], ["many", "few"]),
        (DAYS.to_period("M"), ["many", "few"]),
    ],
)
def test_incompatible_types_raise(fitted, cells):
    types = column_types(pd.DataFrame({"c": fitted}))
    with pytest.raises(ValueError, match=r"column 'c' must hold .* Got"):
        as_fitted(pd.DataFrame({"c": cells}), types)


def test_columns_with_only_missing_values_of_any_type_are_accepted():
    for cells in ([np.nan] * 3, [None] * 3, [pd.NaT] * 3):
        frame = pd.DataFrame(dict.fromkeys(FITTED, cells))
        assert as_fitted(frame, column_types(FITTED)).isna().all(axis=None)
