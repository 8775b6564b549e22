"""Columns that alone determine the class of every row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from comparisons import compare_quickly
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

from imbsuite._classes import check_labels
from imbsuite.profile.columns import profile
from imbsuite.profile.leaks import about_leaks
from imbsuite.profile.notes import Ways


def table(sizes=(170, 30)) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(0)
    y = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    return pd.DataFrame({"noise": rng.normal(size=len(y))}), y


def notes(X, y) -> list[str]:
    return list(about_leaks(X, profile(X), check_labels(y), Ways(X)))


def names_of_leaks(X, y) -> list[str]:
    """Return the columns that determine the class, each checked alone."""
    return [name for name in X.columns if notes(X[[name]], y)]


LEAKS = {
    "codes of the classes": lambda y: y,
    "in another order": lambda y: -3.5 * y,
    "a threshold": lambda y: y + np.linspace(0, 0.9, len(y)),
    "names of the classes": lambda y: np.where(y == 1, "yes", "no"),
    "booleans": lambda y: y == 1,
    "nullable booleans": lambda y: pd.array(y == 1, dtype="boolean"),
    "several values of a class": lambda y: np.where(y, "c", np.resize(["a", "b"], 200)),
    "a category": lambda y: pd.Categorical.from_codes(y, ["a", "b"]),
    "known for a class only": lambda y: np.where(y == 1, np.arange(200.0), np.nan),
    "missing for a class only": lambda y: np.where(y == 1, np.nan, np.arange(200.0)),
    "dates of a class": lambda y: pd.Series(
        pd.to_datetime("2024-05-01") + pd.to_timedelta(np.arange(200), "D")
    ).where(y == 1),
    "texts of a class": lambda y: [f"why {i}" if c else None for i, c in enumerate(y)],
    "with missing values": lambda y: np.where(np.arange(200) % 4, y, np.nan),
}


@pytest.mark.parametrize("make", LEAKS.values(), ids=LEAKS)
@pytest.mark.parametrize("container", [pd.DataFrame, pl.from_pandas])
def test_columns_that_determine_the_class_are_reported(make, container):
    X, y = table()
    (note,) = notes(container(X.assign(told=make(y))), y)
    assert note.startswith("column 'told' alone determines the class of every row")
    assert "--ignore told" in note


NO_LEAKS = {
    "one row of another class": lambda y: np.r_[1 - y[:1], y[1:]],
    "overlapping ranges": lambda y: y + np.linspace(0, 1.1, len(y)),
    "ends that meet": lambda y: np.clip(y + np.linspace(0, 1.1, len(y)), 0.5, 1),
    "names that all differ": lambda y: [f"{i:03} {c}" for i, c in enumerate(y)],
    "a constant": np.zeros_like,
    "missing values of both": lambda y: np.where(np.arange(200) % 4, 1.0, np.nan),
    "missing for some of a class": lambda y: np.where(
        (y == 1) & (np.arange(200) % 2 == 0), np.nan, 1.0
    ),
    "hardly any values": lambda y: np.where(np.arange(200) % 5 == 0, y, np.nan),
}


@pytest.mark.parametrize("make", NO_LEAKS.values(), ids=NO_LEAKS)
def test_columns_that_do_not_determine_the_class_are_not_reported(make):
    X, y = table()
    assert notes(X.assign(other=make(y)), y) == []


def test_identifiers_are_not_reported_as_leaks():
    X, y = table()
    order = np.argsort(y, kind="stable")
    X, y = X.iloc[order], y[order]
    assert notes(X.assign(id=range(200)), y) == []


def test_multiclass_leaks_must_separate_all_classes():
    iris = load_iris(as_frame=True)
    assert notes(iris.data, iris.target) == []
    assert names_of_leaks(iris.data, iris.target == 0) == [
        "petal length (cm)",
        "petal width (cm)",
    ]
    X, y = table((100, 60, 40))
    X = X.assign(code=np.array([2, 0, 1])[y], missing=np.where(y == 2, np.nan, 1.0))
    assert names_of_leaks(X, y) == ["code"]


def test_leaks_need_at_least_five_rows_of_each_class():
    for rare in (4, 5):
        X, y = table((196, rare))
        assert len(notes(X.assign(a=y), y)) == (rare == 5)


def test_leaks_in_arrays_are_reported_by_position():
    X, y = table()
    X = pd.concat([X, pd.Series(y, name="noise"), X], axis=1)
    (note,) = notes(X.to_numpy(), y)
    assert "column '1'" in note
    assert "np.delete(X, [1], axis=1)" in note


def test_sparse_tables_get_no_note():
    X, y = table()
    assert notes(sp.csr_array(X.assign(a=y).to_numpy()), y) == []


def test_noise_is_not_reported():
    # 20 tables of 60 columns: by chance, 1,200 / 1.9e6 columns would be reported.
    rng = np.random.default_rng(0)
    for _ in range(20):
        X = pd.DataFrame(rng.normal(size=(60, 50)))
        X = X.assign(**{f"c{j}": rng.choice([*"abcdefghij"], 60) for j in range(10)})
        assert notes(X, np.arange(60) < 5) == []


def test_compare_warns_about_leaks():
    X, y = table()
    tree = DecisionTreeClassifier(max_depth=2)
    with pytest.warns(UserWarning, match="'told' alone determines the class"):
        compare_quickly(X.assign(told=y), y, estimator=tree)
