"""Controlled imbalance follows its formulas; bundled tables match their sources."""

from __future__ import annotations

import math
import subprocess
import sys
import warnings
from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from pandas.testing import assert_frame_equal, assert_series_equal
from shared import load_shared
from sklearn.utils import Bunch

from imbsuite import SMOTE, RandomOverSampler, datasets
from imbsuite.datasets import make_linear_imbalance, make_step_imbalance

# Controlled imbalance -----------------------------------------------------------------


def step(X, y, rho=4, random_state=0, mu=0.5):
    return make_step_imbalance(X, y, rho=rho, mu=mu, random_state=random_state)


def linear(X, y, rho=4, random_state=0):
    return make_linear_imbalance(X, y, rho=rho, random_state=random_state)


MAKERS = pytest.mark.parametrize("make", [step, linear])


def table(*counts):
    """Return row numbers as X, and y with ``counts[k]`` rows of class k, shuffled."""
    y = np.repeat(np.arange(len(counts)), counts)
    y = np.random.default_rng(0).permutation(y)
    return np.arange(len(y)).reshape(-1, 1), y


def sizes(y, n_classes):
    return np.bincount(y, minlength=n_classes).tolist()


def test_step_example_of_the_paper():
    X, y = table(*[5000] * 10)
    _, y_out = step(X, y, rho=10)
    assert sizes(y_out, 10) == [5000] * 5 + [500] * 5


def test_linear_example_of_the_paper():
    X, y = table(*[5000] * 10)
    _, y_out = linear(X, y, rho=10)
    assert sizes(y_out, 10) == list(range(5000, 0, -500))


@pytest.mark.parametrize("n_classes", [2, 4, 6, 10])
@pytest.mark.parametrize("rho", [1, 2, 10, 50])
def test_step_and_linear_totals_agree_if_half_the_classes_are_small(n_classes, rho):
    n_max = 50 * (n_classes - 1)
    X, y = table(*[n_max] * n_classes)
    total = Fraction(n_classes * n_max, 2) * (1 + Fraction(1, rho))
    assert len(step(X, y, rho=rho)[1]) == total
    # Intermediate sizes are rounded separately.
    assert abs(len(linear(X, y, rho=rho)[1]) - total) <= n_classes / 2


@pytest.mark.parametrize("m", range(11))
@pytest.mark.parametrize("rho", [2, 10, 100])
def test_step_total_for_every_number_of_minority_classes(m, rho):
    n_classes, n_max = 10, 300
    X, y = table(*[n_max] * n_classes)
    _, y_out = step(X, y, rho=rho, mu=m / n_classes)
    # With m = K, there is no majority class, and minority classes can keep all rows.
    small = Fraction(1, rho) if m < n_classes else 1
    assert len(y_out) == n_max * (n_classes - m + m * small)


@pytest.mark.parametrize(
    ("n_classes", "mu", "expected"),
    [
        (2, 0.5, 1),
        (3, 0.5, 2),
        (5, 0.5, 3),
        (3, 0.1, 1),
        (3, 0.99, 2),
        (2, 1e-9, 1),
        (10, 0.3, 3),
        (4, 0, 0),
        (4, 1, 0),
    ],
)
def test_number_of_minority_classes(n_classes, mu, expected):
    X, y = table(*[40] * n_classes)
    counts = sizes(step(X, y, rho=4, mu=mu)[1], n_classes)
    assert counts == [40] * (n_classes - expected) + [10] * expected


def test_sizes_are_the_largest_that_unequal_classes_allow():
    X, y = table(100, 37, 8, 90)
    # The class of 8 is a minority: 8 = n_max / 4, so majority classes have 32 rows.
    assert sizes(step(X, y)[1], 4) == [32, 32, 8, 8]
    # Class 1 has the share 3/4, class 2 the share 1/2: n_max is 8 / (1/2) = 16.
    assert sizes(linear(X, y)[1], 4) == [16, 12, 8, 4]


def test_fractional_ratio_loses_no_rows():
    X, y = table(100, 100, 10)
    assert sizes(step(X, y, rho=2.3, mu=0.3)[1], 3) == [23, 23, 10]
    assert sizes(step(*table(9, 9), rho=1.1, mu=1)[1], 2) == [9, 9]


def test_sizes_are_rounded_to_nearest():
    assert sizes(step(*table(7, 7), rho=4)[1], 2) == [7, 2]
    assert sizes(linear(*table(10, 10, 10), rho=3)[1], 3) == [10, 7, 3]


@MAKERS
def test_ratio_one_balances(make):
    X, y = table(12, 5, 9)
    assert sizes(make(X, y, rho=1)[1], 3) == [5, 5, 5]


@MAKERS
def test_ratio_one_keeps_all_rows_of_a_balanced_table(make):
    X, y = table(6, 6, 6)
    X_out, y_out = make(X, y, rho=1)
    assert_array_equal(X_out, X)
    assert_array_equal(y_out, y)


@MAKERS
def test_too_large_ratio_keeps_one_row_and_warns(make):
    X, y = table(20, 20)
    with pytest.warns(UserWarning, match=r"rho=100 .* 0\.2 rows; it has 1.* is 20"):
        _, y_out = make(X, y, rho=100)
    assert sizes(y_out, 2) == [20, 1]


@MAKERS
def test_the_warning_points_at_the_caller(make):
    with pytest.warns(UserWarning, match="rho=50") as caught:
        make(*table(5, 5), rho=50)
    assert caught[0].filename == __file__


@MAKERS
def test_exact_size_of_one_row_does_not_warn(make):
    assert sizes(make(*table(7, 7), rho=7)[1], 2) == [7, 1]


@MAKERS
def test_huge_ratios_do_not_overflow(make):
    with pytest.warns(UserWarning, match="smaller rho"):
        _, y_out = make(*table(30, 30), rho=1e308)
    assert sizes(y_out, 2) == [30, 1]
    assert sizes(step(*table(30, 20), rho=1e308, mu=1)[1], 2) == [20, 20]


COUNTS = st.lists(st.integers(1, 60), min_size=2, max_size=8)
RATIOS = st.floats(1, 1e4)
LAWS = settings(max_examples=150)


def check_shape(counts, n_rows, shares):
    """Check by exact arithmetic that sizes are proportional, feasible and maximal."""
    n_max = min(Fraction(n) / share for n, share in zip(counts, shares, strict=True))
    for n, size, share in zip(counts, n_rows, shares, strict=True):
        assert 1 <= size <= n
        assert size == 1 or abs(size - n_max * share) <= 0.5 + 1e-6
    one_more = max(n_rows) + 1
    assert any(one_more * s > n for n, s in zip(counts, shares, strict=True))


def quietly(make, *args, **kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return make(*args, **kwargs)


@LAWS
@given(counts=COUNTS, rho=RATIOS, mu=st.floats(0, 1))
def test_step_sizes_are_proportional_and_maximal(counts, rho, mu):
    _, y_out = quietly(step, *table(*counts), rho=rho, mu=mu)
    k = len(counts)
    m = math.floor(mu * k + 0.5)
    m = min(max(m, 1), k - 1) if 0 < mu < 1 else m
    shares = [Fraction(1)] * (k - m) + [1 / Fraction(rho)] * m
    check_shape(counts, sizes(y_out, k), [share / shares[0] for share in shares])


@LAWS
@given(counts=COUNTS, rho=RATIOS)
def test_linear_sizes_are_proportional_and_maximal(counts, rho):
    _, y_out = quietly(linear, *table(*counts), rho=rho)
    k = len(counts)
    drop = 1 - 1 / Fraction(rho)
    shares = [1 - drop * Fraction(j, k - 1) for j in range(k)]
    resized = sizes(y_out, k)
    check_shape(counts, resized, shares)
    assert resized == sorted(resized, reverse=True)


@MAKERS
@given(counts=COUNTS, rho=RATIOS, seed=st.integers(0, 99))
def test_rows_stay_in_order_with_their_labels(make, counts, rho, seed):
    X, y = table(*counts)
    X_out, y_out = quietly(make, X, y, rho=rho, random_state=seed)
    rows = X_out.ravel()
    assert (np.diff(rows) > 0).all()
    assert_array_equal(y_out, y[rows])


@MAKERS
def test_seed_determines_the_rows(make):
    X, y = table(50, 50, 50)
    first, again, other = (make(X, y, random_state=s)[0] for s in (3, 3, 4))
    assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@MAKERS
@pytest.mark.parametrize("kind", [np.random.default_rng, np.random.RandomState])
def test_random_generators_are_accepted_and_advance(make, kind):
    X, y = table(50, 50, 50)
    assert_array_equal(
        make(X, y, random_state=kind(0))[0], make(X, y, random_state=kind(0))[0]
    )
    shared = kind(0)
    first, second = (make(X, y, random_state=shared)[0] for _ in range(2))
    assert not np.array_equal(first, second)


@MAKERS
def test_classes_use_independent_draws(make):
    y = np.repeat([0, 1, 2, 3], 60)
    X_out, y_out = make(np.tile(np.arange(60), 4), y, rho=5)
    by_class = [X_out[y_out == label] for label in range(4)]
    common = min(map(len, by_class[2:]))
    assert not np.array_equal(by_class[2][:common], by_class[3][:common])


@MAKERS
def test_added_rows_of_one_class_do_not_change_rows_of_others(make):
    # The class of 5 determines the sizes, whether class 0 has 20 or 70 rows.
    X, y = table(20, 20, 5)
    X_more = np.vstack([X, np.arange(45, 95)[:, np.newaxis]])
    y_more = np.append(y, np.zeros(50, dtype=int))
    (X_out, y_out), (X_new, y_new) = make(X, y), make(X_more, y_more)
    assert sizes(y_new, 3) == sizes(y_out, 3)
    assert_array_equal(X_new[y_new > 0], X_out[y_out > 0])


@MAKERS
def test_rows_are_kept_with_equal_probability(make):
    X, y = table(8, 8)
    kept = Counter()
    for seed in range(400):
        X_out, y_out = make(X, y, rho=4, random_state=seed)
        kept.update(X_out[y_out == 1].ravel().tolist())
    # Two of eight rows, 400 times: 100 each, with a standard deviation below 9.
    assert len(kept) == 8
    assert max(abs(n - 100) for n in kept.values()) < 45


@MAKERS
@pytest.mark.parametrize(
    ("labels", "in_order"),
    [
        (["b", "c", "a"], ["a", "b", "c"]),
        ([30, -1, 4], [-1, 4, 30]),
        ([2.0, 0.0, 1.0], [0.0, 1.0, 2.0]),
        (["10", "9", "1"], ["1", "10", "9"]),
        ([True, False], [False, True]),
    ],
)
def test_the_last_labels_in_sorted_order_are_rare(make, labels, in_order):
    y = np.repeat(labels, 40)
    counts = Counter(make(np.zeros(len(y)), y)[1].tolist())
    ordered = [counts[label] for label in in_order]
    assert ordered == sorted(ordered, reverse=True)
    assert (ordered[0], ordered[-1]) == (40, 10)


@MAKERS
def test_labels_of_several_types_are_sorted_as_strings(make):
    y = np.array(["a", 5] * 20, dtype=object)
    assert Counter(make(np.zeros(40), y)[1]) == {5: 20, "a": 5}


@MAKERS
def test_order_preserving_renaming_of_labels_keeps_the_rows(make):
    X, y = table(40, 40, 40)
    X_out, y_out = make(X, y)
    X_new, y_new = make(X, np.array(["x", "y", "z"])[y])
    assert_array_equal(X_new, X_out)
    assert_array_equal(y_new, np.array(["x", "y", "z"])[y_out])


# Containers ---------------------------------------------------------------------------

_, LABELS = table(30, 30, 30)
NUMBERS = np.random.default_rng(1).normal(size=(90, 3))
TEXT = np.array(["red", "green", "blue"])[np.arange(90) % 3]
INDEX = [f"row {i}" for i in range(90)]


def kept_rows(make):
    return make(np.arange(90), LABELS)[0]


@MAKERS
@pytest.mark.parametrize("dtype", [np.float32, np.int8, np.float64])
def test_arrays_keep_their_type(make, dtype):
    X = (10 * NUMBERS).astype(dtype)
    X_out, _ = make(X, LABELS)
    assert X_out.dtype == dtype
    assert_array_equal(X_out, X[kept_rows(make)])


@MAKERS
def test_images_with_infinite_and_missing_values_are_accepted(make):
    X = np.full((90, 4, 4, 3), np.inf)
    X[:, 0, 0, 0] = np.nan
    assert make(X, LABELS)[0].shape == (len(kept_rows(make)), 4, 4, 3)


@MAKERS
def test_lists_stay_lists(make):
    X, y = NUMBERS.tolist(), LABELS.tolist()
    X_out, y_out = make(X, y)
    assert X_out == [X[i] for i in kept_rows(make)]
    assert y_out == [y[i] for i in kept_rows(make)]
    texts = make(TEXT.tolist(), y)[0]
    assert texts == [TEXT[i] for i in kept_rows(make)]


@MAKERS
@pytest.mark.parametrize("kind", [sp.csr_array, sp.csc_array, sp.csr_matrix])
def test_sparse_stays_sparse(make, kind):
    X = kind(np.where(NUMBERS > 0, NUMBERS, 0))
    X_out, _ = make(X, LABELS)
    assert isinstance(X_out, kind)
    assert_array_equal(X_out.toarray(), X.toarray()[kept_rows(make)])


@MAKERS
def test_pandas_keeps_index_dtypes_and_names(make):
    X = pd.DataFrame(NUMBERS, columns=["a", "b", "c"], index=INDEX)
    X["color"] = pd.Categorical(TEXT, categories=["blue", "green", "red", "gray"])
    X["count"] = pd.array([None, *range(89)], dtype="Int64")
    y = pd.Series(LABELS, name="kind", index=INDEX)
    X_before, y_before = X.copy(deep=True), y.copy(deep=True)
    X_out, y_out = make(X, y)
    assert_frame_equal(X_out, X.iloc[kept_rows(make)])
    assert_series_equal(y_out, y.iloc[kept_rows(make)])
    assert_frame_equal(X, X_before)
    assert_series_equal(y, y_before)


@MAKERS
@pytest.mark.parametrize("dtype", ["Int64", "category", "string"])
def test_pandas_labels_of_every_type(make, dtype):
    y = pd.Series(LABELS).astype(dtype)
    y_out = make(NUMBERS, y)[1]
    assert_series_equal(y_out, y.iloc[kept_rows(make)])


@MAKERS
def test_polars_stays_polars(make):
    X = pl.DataFrame({"a": NUMBERS[:, 0], "color": TEXT})
    X = X.with_columns(pl.col("color").cast(pl.Categorical))
    y = pl.Series("kind", LABELS)
    X_out, y_out = make(X, y)
    assert X_out.equals(X[kept_rows(make)])
    assert X_out.schema == X.schema
    assert y_out.equals(y[kept_rows(make)], check_names=True)


@MAKERS
def test_pyarrow_stays_pyarrow(make):
    X = pa.table({"a": NUMBERS[:, 0], "color": pa.array(TEXT).dictionary_encode()})
    y = pa.chunked_array([LABELS[:40], LABELS[40:]])
    X_out, y_out = make(X, y)
    assert X_out.equals(X.take(kept_rows(make)))
    assert y_out.equals(y.take(kept_rows(make)))


@MAKERS
def test_one_vs_all_labels_are_accepted(make):
    X_out, y_out = make(NUMBERS, np.eye(3, dtype=int)[LABELS])
    assert_array_equal(X_out, NUMBERS[kept_rows(make)])
    assert_array_equal(y_out.argmax(axis=1), LABELS[kept_rows(make)])


# Errors -------------------------------------------------------------------------------


@MAKERS
@pytest.mark.parametrize("rho", [0.99, 0, -3, math.nan, math.inf, -math.inf])
def test_rho_out_of_range_raises(make, rho):
    with pytest.raises(ValueError, match=rf"'rho' .* at least 1.*Got {rho} instead"):
        make(NUMBERS, LABELS, rho=rho)


@MAKERS
@pytest.mark.parametrize("rho", ["10", None, True, np.True_, [10], 2 + 0j])
def test_non_numeric_rho_raises(make, rho):
    with pytest.raises(TypeError, match="'rho' parameter must be a finite number"):
        make(NUMBERS, LABELS, rho=rho)


@pytest.mark.parametrize("mu", [-0.1, 1.01, 2, math.nan, math.inf])
def test_mu_out_of_range_raises(mu):
    with pytest.raises(ValueError, match=rf"'mu' .* from 0 to 1.*Got {mu} instead"):
        step(NUMBERS, LABELS, mu=mu)


@pytest.mark.parametrize("mu", ["half", None, False, np.False_, [0.5]])
def test_non_numeric_mu_raises(mu):
    with pytest.raises(TypeError, match="'mu' parameter must be a number from 0"):
        step(NUMBERS, LABELS, mu=mu)


@MAKERS
@pytest.mark.parametrize("number", [np.float32(4), np.int64(4), Fraction(4), 4])
def test_rho_accepts_every_number_type(make, number):
    assert_array_equal(make(np.arange(90), LABELS, rho=number)[0], kept_rows(make))


@MAKERS
def test_invalid_y_raises(make):
    with pytest.raises(ValueError, match=r"requires y .* None"):
        make(NUMBERS, None)
    with pytest.raises(ValueError, match="X has 90 rows, y has 89"):
        make(NUMBERS, LABELS[:-1])
    with pytest.raises(ValueError, match="only one class, 7"):
        make(NUMBERS, [7] * 90)
    with pytest.raises(ValueError, match="missing values in 1 of"):
        make(NUMBERS, [None, *LABELS[1:].astype(str)])
    with pytest.raises(ValueError, match="fractions"):
        make(NUMBERS, NUMBERS[:, 0])


@MAKERS
@pytest.mark.parametrize("X", [None, 3.0, pl.LazyFrame({"a": [1]}), iter([1])])
def test_x_without_rows_raises(make, X):
    with pytest.raises(TypeError, match=f"X must be an array.*Got {type(X).__name__}"):
        make(X, LABELS)


def test_positional_and_unknown_parameters_raise():
    with pytest.raises(TypeError, match="positional"):
        make_step_imbalance(NUMBERS, LABELS, 10, 0.5)
    with pytest.raises(TypeError, match="ratio"):
        make_linear_imbalance(NUMBERS, LABELS, ratio=10)


# Bundled tables -----------------------------------------------------------------------

DATA = Path(datasets.__file__).parent / "data"
ABOUT = {
    "abalone19": {
        "shape": (4174, 8),
        "counts": [4142, 32],
        "categorical": 1,
        "missing": 0,
        "names": ["negative", "positive"],
    },
    "hepatitis": {
        "shape": (155, 19),
        "counts": [123, 32],
        "categorical": 13,
        "missing": 167,
        "names": ["live", "die"],
    },
    "wine_white": {
        "shape": (4898, 11),
        "counts": [20, 163, 1457, 2198, 880, 175, 5],
        "categorical": 0,
        "missing": 0,
        "names": list("3456789"),
    },
}
TABLES = pytest.mark.parametrize("name", ABOUT)


def load(name, **kwargs):
    return getattr(datasets, f"load_{name}")(**kwargs)


def test_every_loader_is_tested_here():
    loaders = {name for name in datasets.__all__ if name.startswith("load_")}
    assert loaders == {f"load_{name}" for name in ABOUT}
    assert {path.name.split(".")[0] for path in DATA.iterdir()} == set(ABOUT)


@TABLES
def test_bunch_matches_its_description(name):
    bunch, about = load(name), ABOUT[name]
    assert isinstance(bunch, Bunch)
    assert bunch.data.shape == about["shape"]
    assert np.bincount(bunch.target).tolist() == about["counts"]
    assert bunch.target.dtype == np.int8
    assert bunch.target.name == "target"
    assert bunch.data.isna().sum().sum() == about["missing"]
    assert len(bunch.data.select_dtypes("category").columns) == about["categorical"]
    assert bunch.feature_names == list(bunch.data.columns)
    assert bunch.target_names.tolist() == about["names"]
    assert_frame_equal(bunch.frame, bunch.data.assign(target=bunch.target))


@TABLES
def test_description_contains_the_sizes(name):
    text, about = load(name).DESCR, ABOUT[name]
    assert f"{about['shape'][0]} rows" in text
    assert all(str(count) in text for count in about["counts"])


@TABLES
def test_tables_equal_their_sources(name):
    X, y, groups, weight, meta = load_shared(name)
    bunch = load(name)
    assert_frame_equal(bunch.data, X, check_exact=True)
    assert_series_equal(bunch.target, y)
    assert groups is weight is None
    assert meta["licence"].startswith(("CC0", "CC BY 4.0", "MIT"))
    if "class_order" in meta:
        assert bunch.target_names.tolist() == meta["class_order"]


@TABLES
def test_tuple_equals_bunch(name):
    bunch, (X, y) = load(name), load(name, return_X_y=True)
    assert_frame_equal(X, bunch.data)
    assert_series_equal(y, bunch.target)


@TABLES
def test_arrays_equal_frames(name):
    frames, arrays = load(name), load(name, as_frame=False)
    assert arrays.frame is None
    assert isinstance(arrays.data, np.ndarray)
    assert arrays.data.dtype == (object if ABOUT[name]["categorical"] else np.float64)
    assert arrays.feature_names == frames.feature_names
    assert_array_equal(arrays.target, frames.target)
    for j, column in enumerate(frames.data):
        expected = frames.data[column]
        assert_array_equal(pd.isna(arrays.data[:, j]), expected.isna())
        there = expected.notna()
        assert arrays.data[there, j].tolist() == expected[there].tolist()
    X, y = load(name, return_X_y=True, as_frame=False)
    assert X.shape == arrays.data.shape
    assert y.dtype == np.int8


@TABLES
def test_each_call_returns_an_independent_table(name):
    first = load(name)
    del first.data[first.feature_names[0]]
    first.target[:] = 0
    assert load(name).data.shape == ABOUT[name]["shape"]
    assert load(name).target.any()


@TABLES
def test_license_file_is_complete(name):
    text = (DATA / f"{name}.LICENCE.txt").read_text(encoding="utf-8")
    assert "https://creativecommons.org/licenses/by/4.0/" in text
    assert "https://doi.org/10.24432/" in text
    for part in ("Title:", "Authors:", "Source:", "Please cite", "What was changed"):
        assert part in text
    bunch = load(name)
    assert bunch.licence == text
    assert text in bunch.DESCR


@TABLES
def test_docstring_gives_source_and_license(name):
    text = getattr(datasets, f"load_{name}").__doc__
    assert ":doi:`10.24432/" in text
    assert "CC BY 4.0" in text


def test_categories_are_strings_and_integers_stay_integers():
    X = load("hepatitis").data
    assert X["age"].dtype == np.int8
    for column in X.select_dtypes("category"):
        assert X[column].cat.categories.tolist() == ["1", "2"]
        assert not X[column].cat.ordered
    assert load("abalone19").data["Sex"].cat.categories.tolist() == ["F", "I", "M"]


def test_tables_cover_imbalance_missing_values_and_many_classes():
    counts = {name: np.bincount(load(name).target) for name in ABOUT}
    assert counts["abalone19"].max() > 50 * counts["abalone19"].min()
    X = load("hepatitis").data
    kinds = [isinstance(dtype, pd.CategoricalDtype) for dtype in X.dtypes]
    assert any(X.isna().any()[kinds])
    assert any(X.isna().any()[np.logical_not(kinds)])
    assert len(counts["wine_white"]) == 7


def test_bundled_files_are_small():
    assert sum(path.stat().st_size for path in DATA.iterdir()) < 400_000


@TABLES
@pytest.mark.parametrize("as_frame", [True, False])
def test_samplers_accept_bundled_tables(name, as_frame):
    X, y = load(name, return_X_y=True, as_frame=as_frame)
    _, y_out = RandomOverSampler(random_state=0).fit_resample(X, y)
    assert set(Counter(y_out).values()) == {max(ABOUT[name]["counts"])}


def test_smote_invents_no_categories_for_missing_values():
    X, y = load("hepatitis", return_X_y=True)
    X_out, _ = SMOTE(random_state=0).fit_resample(X, y)
    assert (X_out.dtypes == X.dtypes).all()
    for column in X.select_dtypes("category"):
        assert set(X_out[column].dropna()) <= {"1", "2"}


def test_import_is_light_and_loading_needs_no_pyarrow():
    # In one process, because its imports take longer than everything else. In this
    # process, importing pyarrow is an error.
    shapes = ", ".join(f"datasets.load_{name}().data.shape" for name in ABOUT)
    code = (
        "import sys; sys.modules['pyarrow'] = None; import sklearn.utils; "
        "before = set(sys.modules); from imbsuite import datasets; "
        "new = set(sys.modules) - before; "
        f"print({{m.split('.')[0] for m in new}} & {{'pandas', 'polars'}}); "
        f"print([{shapes}])"
    )
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    expected = [about["shape"] for about in ABOUT.values()]
    assert ran.stdout.splitlines() == ["set()", str(expected)]
