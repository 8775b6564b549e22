"""Tables to predict: the columns and types of the fit, or an error that names them."""

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


def test_the_table_of_the_fit_is_unchanged():
    pd.testing.assert_frame_equal(as_fitted(FITTED, column_types(FITTED)), FITTED)


def test_text_and_other_orders_are_read_as_the_table_of_the_fit():
    types = column_types(FITTED)
    lines = io.StringIO(FITTED.iloc[:, ::-1].to_csv(index=False))
    frame = pd.read_csv(lines, dtype=str)
    pd.testing.assert_frame_equal(as_fitted(frame, types), FITTED)


def test_missing_values_where_the_fit_had_none():
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
def test_cells_of_another_type_are_named(name, cell, words):
    frame = FITTED.astype("object")
    frame.loc[1, name] = cell
    with pytest.raises(ValueError, match=rf"'{name}' must hold {words}.*{cell}.*row 1"):
        as_fitted(frame, column_types(FITTED))


def test_rows_of_later_blocks_are_counted_from_the_first():
    frame = FITTED.assign(number=["1", "x", "2"])
    with pytest.raises(ValueError, match="row 1,001"):
        as_fitted(frame, column_types(FITTED), start=1000)


def test_categories_that_the_fit_did_not_know_are_missing():
    frame = FITTED.assign(grade=["1", "9", None])
    read = as_fitted(frame, column_types(FITTED))["grade"]
    assert read.cat.categories.tolist() == [1, 2, 3]
    assert read.isna().tolist() == [False, True, True]


def test_columns_that_are_missing_and_new():
    types = column_types(FITTED)
    assert check_columns(types, [*FITTED, "more"]) == ["more"]
    with pytest.raises(ValueError, match=r"lacks .*'day', 'text'\..*not know: 'dya'"):
        check_columns(types, [*FITTED.drop(columns=["day", "text"]), "dya"])
