"""Targets with a column for each label: how they are recognized and validated."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp

from imbsuite._table import check_multilabel, is_multilabel

Y = np.array([[0, 1], [1, 1], [0, 0]])
CONTAINERS = {
    "int": lambda y: y,
    "bool": lambda y: y.astype(bool),
    "float": lambda y: y.astype(np.float32),
    "list": lambda y: y.tolist(),
    "list of arrays": list,
    "csr": sp.csr_array,
    "csc matrix": sp.csc_matrix,
    "pandas": lambda y: pd.DataFrame(y, columns=["a", "b"]),
    "pandas, nullable": lambda y: pd.DataFrame(y, columns=["a", "b"]).astype("Int8"),
    "pandas, mixed": lambda y: pd.DataFrame({"a": y[:, 0], "b": y[:, 1] == 1}),
    "polars": lambda y: pl.DataFrame(y, schema=["a", "b"]),
    "polars, bool": lambda y: pl.DataFrame(y == 1, schema=["a", "b"]),
}


@pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS)
def test_multilabel_containers(container):
    target = container(Y)
    assert is_multilabel(target)
    known = check_multilabel(target, 3)
    assert known.values.tolist() == Y.tolist()
    assert known.names == (["a", "b"] if hasattr(target, "columns") else [0, 1])


def test_labels_keep_their_type():
    assert check_multilabel(Y == 1, 3).dtype == bool
    assert check_multilabel(Y.astype(np.int8), 3).dtype == np.int8
    assert check_multilabel(pd.DataFrame(Y).astype("Int8"), 3).dtype == np.intp


@pytest.mark.parametrize(
    "y",
    [
        Y[:, 0],
        Y[:, :1],
        Y[:, 0].tolist(),
        Y[:, :1].tolist(),
        ["a", "b"],
        pd.Series(Y[:, 0]),
        pl.Series(Y[:, 0]),
        pd.DataFrame({"a": ["no", "yes", "no"]}),
        pd.DataFrame({"a": [0, 1, 2]}),
        None,
    ],
)
def test_single_target_is_not_multilabel(y):
    assert not is_multilabel(y)


@pytest.mark.parametrize(
    "y",
    [pd.DataFrame({"a": [0, 1]}), pl.DataFrame({"a": [0, 1]}), sp.csr_array(Y[:, :1])],
)
def test_single_column_frame_or_sparse_matrix_is_multilabel(y):
    assert is_multilabel(y)
    assert check_multilabel(y, y.shape[0]).values.shape == y.shape


@pytest.mark.parametrize("unknown", [np.nan, -1.0])
@pytest.mark.parametrize("container", [np.asarray, pd.DataFrame, sp.csr_array])
def test_unknown_labels_are_rejected(unknown, container):
    values = Y.astype(float)
    values[1, 1] = unknown
    with pytest.raises(
        ValueError, match=r"unknown labels .* in 1 cells, first of label 1"
    ):
        check_multilabel(container(values), 3)


def test_missing_values_of_nullable_columns_are_unknown():
    for frame in (
        pd.DataFrame({"a": [0, 1], "b": pd.array([True, None])}),
        pl.DataFrame({"a": [0, 1], "b": [True, None]}),
    ):
        with pytest.raises(ValueError, match="first of label 'b'"):
            check_multilabel(frame, 2)


@pytest.mark.parametrize(
    ("y", "match"),
    [
        (np.array([[0, 2], [1, 1]]), "with 2 in row 0 of label 1"),
        (np.array([["a", "b"], ["a", "c"]]), "with 'a' in row 0 of label 0"),
        (
            pd.DataFrame({"a": [0, 1], "b": ["x", "y"]}),
            "with 'x' in row 0 of label 'b'",
        ),
        (sp.csr_array(np.array([[0, 3], [1, 1]])), "with 3 in row 0 of label 1"),
        (
            pd.DataFrame([[0, 1], [1, 0]], columns=["a", "a"]),
            "several columns named 'a'",
        ),
        (np.zeros((3, 2)), "X has 2 rows, y has 3"),
    ],
)
def test_invalid_multilabel_targets_raise(y, match):
    with pytest.raises(ValueError, match=match):
        check_multilabel(y, 2)


@pytest.mark.parametrize(
    "y", [pd.DataFrame(index=range(3)), sp.csr_array((3, 0)), np.zeros((3, 0))]
)
def test_target_without_columns_raises(y):
    with pytest.raises(ValueError, match="no columns"):
        check_multilabel(y, 3)


@pytest.mark.parametrize("shape", [(), (4,), (4, 2, 2), (4, 1, 1)])
def test_target_with_other_dimensions_raises(shape):
    with pytest.raises(ValueError, match=r"a column for each label\. Got shape \("):
        check_multilabel(np.zeros(shape), 4, unknown=True)


def test_target_without_rows_raises():
    with pytest.raises(ValueError, match="no rows"):
        check_multilabel(np.zeros((0, 2)), 0)


@pytest.mark.parametrize("kind", [set, frozenset])
def test_error_for_label_sets_names_the_binarizer(kind):
    with pytest.raises(ValueError, match="MultiLabelBinarizer"):
        is_multilabel([kind("ab"), kind("b")])


@pytest.mark.parametrize("cells", [["0", "1"], [b"1", b"0"], ["yes", "no"]])
@pytest.mark.parametrize(
    "container",
    [
        np.array,
        lambda rows: np.array(rows, dtype=object),
        pd.DataFrame,
        lambda rows: pd.DataFrame(rows, dtype=object),
        lambda rows: pl.DataFrame(np.array(rows).T.tolist()),
    ],
    ids=["numpy", "objects", "pandas", "pandas objects", "polars"],
)
def test_strings_are_rejected_even_if_numeric(cells, container):
    with pytest.raises(ValueError, match="must hold 0 and 1 only"):
        check_multilabel(container([cells] * 3), 3, unknown=True)
