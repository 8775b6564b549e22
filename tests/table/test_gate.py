"""Tables: types and containers are kept, and invalid input raises a clear error."""

from __future__ import annotations

import warnings
from collections import Counter

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from imblearn.pipeline import make_pipeline as imblearn_pipeline
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import clone, config_context
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression

import imbsuite as im
from imbsuite._fast import sizes_of
from imbsuite._table.arrays import factorize
from imbsuite._table.target import refuse_pairs
from imbsuite.testing import all_samplers

RNG = np.random.default_rng(0)
STATE = RNG.bit_generator.state
N = 40
Y = np.repeat([0, 1], [29, 11])
DAYS = np.datetime64("2020-01-01", "s") + 86_400 * np.arange(N)


@pytest.fixture(autouse=True)
def _same_numbers_in_any_order():
    RNG.bit_generator.state = STATE


def _grow(X, y=Y, **params):
    sampler = im.SMOTE(random_state=0, **params)
    X_out, y_out = sampler.fit_resample(X, y)
    assert Counter(np.asarray(y_out).tolist()) == {0: 29, 1: 29}
    return sampler, X_out


COLUMNS = {
    "int8": pd.array(RNG.integers(-128, 127, N), dtype="int8"),
    "uint64": pd.array(RNG.integers(0, 9, N).astype("uint64") + np.uint64(2**63)),
    "Int64": pd.array([None, *range(1, N)], dtype="Int64"),
    "Float32": pd.array([None, *np.arange(1.0, N)], dtype="Float32"),
    "boolean": pd.array([None, *([True, False] * 19), True], dtype="boolean"),
    "string": pd.array([None, *("ab" * 19), "c"], dtype="string"),
    "category": pd.Categorical(["x", "y"] * 20, categories=["z", "y", "x"]),
    "ordered": pd.Categorical([3, 1] * 20, categories=[1, 2, 3], ordered=True),
    "datetime": pd.date_range("2020", periods=N).as_unit("s"),
    "zoned": pd.date_range("2020", periods=N, tz="Asia/Tokyo", unit="us"),
    "timedelta": pd.to_timedelta(np.arange(N), unit="h"),
    "period": pd.period_range("2020", periods=N, freq="M"),
    "interval": pd.cut(np.arange(N), 5),
    "sparse": pd.arrays.SparseArray([0.0, 1.5] * 20, fill_value=0.0),
    "objects": pd.Series([1, 2.5, None, 4] * 10, dtype=object),
    "digits": [str(i % 4) for i in range(N)],
    "missing": [np.nan] * N,
    "nothing": pd.Series([None] * N, dtype=object),
    "constant": [7.5] * N,
    "arrow": pd.array(np.arange(N), dtype="int64[pyarrow]"),
    "bytes": pd.Series([b"a", b"b"] * 20, dtype=object),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_pandas_columns_keep_their_type(name):
    X = pd.DataFrame({"it": COLUMNS[name], "x": RNG.normal(size=N)})
    _, X_out = _grow(X)
    assert (X_out.dtypes == X.dtypes).all()
    pd.testing.assert_frame_equal(X_out.iloc[:N], X)
    assert isinstance(X_out.index, pd.RangeIndex)
    if X["it"].notna().all():
        assert X_out["it"].notna().all()


def test_large_integers_and_times_are_exact():
    ids = pd.Series(RNG.integers(0, 5, N).astype("uint64") + np.uint64(2**63 - 2))
    X = pd.DataFrame({"id": ids, "when": pd.date_range("2020", periods=N, freq="ns")})
    sampler, X_out = _grow(X)
    for name in X:
        # .to_numpy().view: uint64 and nanoseconds alike, to the last digit.
        numbers = [int(v) for v in X[name].to_numpy().view("uint64")]
        new = [int(v) for v in X_out[name].iloc[N:].to_numpy().view("uint64")]
        for value, (a, b), step in zip(
            new, sampler.parents_, sampler.steps_, strict=True
        ):
            assert value == numbers[a] + round(step * (numbers[b] - numbers[a]))


def test_integers_stay_within_their_type():
    X = np.array([[250], [254], [255], [249], [252], [255]] * 5, dtype=np.uint8)
    y = np.repeat([0, 1], [20, 10])
    sampler = im.SVMSMOTE(out_step=1.0, random_state=0)
    X_out, _ = sampler.fit_resample(X, y)
    seeds, partners = (X[side].astype(float) for side in sampler.parents_.T)
    exact = np.rint(seeds + sampler.steps_[:, None] * (partners - seeds))
    assert_array_equal(X_out[30:], np.clip(exact, 0, 255))


@pytest.mark.parametrize(
    ("index", "first"),
    [
        (pd.RangeIndex(N), N),
        (pd.Index(np.arange(N) * 2 + 7), 2 * N + 6),
        (pd.Index(np.arange(N) / 2), np.floor((N - 1) / 2) + 1),
        (pd.Index([f"r{i}" for i in range(N)]), "synthetic-0"),
        (pd.Index(["synthetic-0", *map(str, range(1, N))]), "synthetic-1"),
        (pd.Index(["a"] * N), "synthetic-0"),
        (pd.date_range("2020", periods=N), pd.Timestamp("2020-02-09 00:00:01")),
        *(
            (pd.DatetimeIndex(DAYS.astype(f"M8[{unit}]")), pd.Timestamp(DAYS[-1] + 1))
            for unit in ("s", "ms", "us", "ns")
        ),
        (pd.period_range("2020-01", periods=N, freq="M"), pd.Period("2023-05", "M")),
        (pd.MultiIndex.from_product([range(N // 2), ["a", "b"]]), (N // 2, "b")),
        (pd.CategoricalIndex(["a", "b"] * (N // 2)), "synthetic-0"),
    ],
)
def test_new_rows_get_new_index_labels(index, first):
    X = pd.DataFrame({"x": RNG.normal(size=N), "y": RNG.normal(size=N)}, index=index)
    y = pd.Series(Y, index=index, name="target")
    sampler = im.SMOTE(random_state=0)
    X_out, y_out = sampler.fit_resample(X, y)
    assert list(X_out.index[:N]) == list(index)
    new = list(X_out.index[N:])
    assert len(set(new)) == len(new)
    assert not set(new) & set(index)
    if isinstance(index, pd.MultiIndex):
        assert new[0][0] == first[0]
        seeds = sampler.parents_[:, 0]
        assert [label[1] for label in new] == [index[s][1] for s in seeds]
    else:
        assert new[0] == first
    assert y_out.index.equals(X_out.index)
    assert y_out.name == "target"


@pytest.mark.parametrize("kind", ["array", "chunked_array"])
def test_arrow_labels_keep_their_container(kind):
    pa = pytest.importorskip("pyarrow")
    labels = Y.tolist()
    y = pa.array(labels) if kind == "array" else pa.chunked_array([labels])
    sampler = im.SMOTE(random_state=0)
    _, y_out = sampler.fit_resample(pa.table({"a": RNG.normal(size=N)}), y)
    assert type(y_out) is type(y)
    assert Counter(y_out.to_pylist()) == {0: 29, 1: 29}


def test_polars_and_arrow_columns_keep_their_type():
    pl = pytest.importorskip("polars")
    pa = pytest.importorskip("pyarrow")
    from datetime import date, timedelta
    from decimal import Decimal

    X = pl.DataFrame(
        {
            "f": pl.Series([None, float("nan"), *range(N - 2)], dtype=pl.Float32),
            "i": pl.Series([None, *range(N - 1)], dtype=pl.Int16),
            "d": [date(2020, 1, 1) + timedelta(days=i) for i in range(N)],
            "t": pl.Series(range(N)).cast(pl.Datetime("ms", "UTC")),
            "u": pl.Series(range(N)).cast(pl.Duration("us")),
            "m": [Decimal(i) / 4 for i in range(N)],
            "b": [None, *([True] * 20), *([False] * 19)],
            "c": pl.Series(["x", "y"] * 20, dtype=pl.Categorical),
            "e": pl.Series(["p", "q"] * 20, dtype=pl.Enum(["q", "p", "z"])),
            "n": pl.Series([None] * N, dtype=pl.Null),
            "s": [None, *("ab" * 19), "c"],
        }
    )
    _, X_out = _grow(X)
    assert X_out.schema == X.schema
    assert X_out.head(N).equals(X, null_equal=True)
    table = X.drop("n").to_arrow()
    _, arrow = _grow(table)
    assert arrow.schema == table.schema
    assert pa.types.is_decimal(arrow.schema.field("m").type)
    # Random numbers are drawn by column: compare tables without that column.
    again = _grow(X.drop("n"))[1]
    assert pl.from_arrow(arrow).equals(again, null_equal=True)


@pytest.mark.parametrize("kind", [sp.csr_matrix, sp.csc_array])
def test_sparse_missing_values_and_categories_match_dense(kind):
    X = RNG.normal(size=(N, 4)) * (RNG.random((N, 4)) < 0.7)
    X[3, 1] = np.nan
    X[:, 3] = RNG.integers(0, 3, N)
    dense = _grow(X, categorical_features=[3])[1]
    grown = _grow(kind(X), categorical_features=[3])[1]
    np.testing.assert_allclose(grown.toarray(), dense, rtol=1e-9, atol=1e-12)
    assert set(dense[:, 3]) <= {0.0, 1.0, 2.0}


def test_one_hot_targets_stay_one_hot():
    hot = np.eye(3, dtype=int)[[0] * 20 + [1] * 12 + [2] * 8]
    X = RNG.normal(size=(N, 2))
    _, y_out = im.SMOTE(random_state=0).fit_resample(X, hot)
    assert y_out.shape == (60, 3)
    assert (y_out.sum(axis=0) == 20).all()


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["no", "yes"]),
        np.array([True, False]),
        np.array([1.0, 2.0]),
        np.array(["2020-01-01", "2021-01-01"], dtype="M8[s]"),
        np.array([("a", 1), 3], dtype=object),
        pd.Categorical(["rare", "common"]),
    ],
)
def test_labels_of_any_type_keep_their_container(labels):
    y = labels.take(Y) if hasattr(labels, "take") else labels[Y]
    _, y_out = im.SMOTE(random_state=0).fit_resample(RNG.normal(size=(N, 2)), y)
    assert type(y_out) is type(y)
    assert len(y_out) == 58


def test_column_of_labels_matches_flat_labels():
    X, words = RNG.normal(size=(N, 2)), np.array(["no", "yes"])[Y]
    flat, column = (
        im.SMOTE(random_state=0).fit_resample(X, y) for y in (words, words[:, None])
    )
    assert_array_equal(column[0], flat[0])
    assert_array_equal(column[1].ravel(), flat[1])


def test_number_and_equal_string_are_different_labels():
    y = [("1", 1)[label] for label in Y]
    _, y_out = im.SMOTE(random_state=0).fit_resample(RNG.normal(size=(N, 2)), y)
    assert [y_out.count("1"), y_out.count(1)] == [29, 29]


X2 = RNG.normal(size=(N, 2))
# Pairs that NumPy's type of the whole list would merge.
PAIRS = [(1, "1"), (2**63, 2**63 + 1), ("a", "a\0"), (b"a", b"a\0"), (b"1", 1)]


@pytest.mark.parametrize("make", [list, tuple])
@pytest.mark.parametrize("pair", PAIRS, ids=repr)
def test_labels_and_groups_in_lists_stay_apart(pair, make):
    values = [pair[k % 2] for k in range(N)]
    values[0] = -1  # beside 2**63, floats would hold both
    sampler = im.RandomOverSampler(random_state=0)
    _, y_out = sampler.fit_resample(X2, make(values))
    assert set(y_out) == {*pair, -1}
    sampler = im.SMOTE(k_neighbors=3, random_state=0)
    sampler.fit_resample(X2, Y, groups=make(values))
    seeds, partners = sampler.parents_.T
    assert len(seeds)
    assert [values[i] for i in seeds] == [values[i] for i in partners]


def test_carry_accepts_any_aligned_values():
    sampler, _ = _grow(RNG.normal(size=(N, 2)))
    ids, floats = np.arange(N), RNG.normal(size=N)
    assert_array_equal(sampler.carry(ids), sampler.sample_indices_)
    seeds, partners = floats[sampler.parents_.T]
    new = seeds + sampler.steps_ * (partners - seeds)
    assert_array_equal(sampler.carry(floats)[N:], new)
    series = sampler.carry(pd.Series(floats, name="f"))
    assert series.name == "f"
    assert_array_equal(series.to_numpy(), sampler.carry(floats))
    assert sampler.carry(floats.tolist()) == sampler.carry(floats).tolist()
    rounded = sampler.carry(ids, rule="interpolate")
    assert rounded.dtype == ids.dtype
    frame = sampler.carry(pd.DataFrame({"a": floats, "b": ["x"] * N}))
    assert_array_equal(frame["a"], sampler.carry(floats))
    with pytest.raises(ValueError, match="does not hold numbers"):
        sampler.carry(np.array(["x"] * N), rule="interpolate")
    with pytest.raises(ValueError, match=r"has 3 rows, but the input of .* had 40"):
        sampler.carry([1, 2, 3])
    with pytest.raises(ValueError, match=r"'rule' argument .* Got 'mean' instead"):
        sampler.carry(ids, rule="mean")


def test_weights_are_routed_to_fit_resample():
    X, weight = RNG.normal(size=(N, 2)), RNG.uniform(1, 2, N)
    with config_context(enable_metadata_routing=True):
        sampler = im.SMOTE(random_state=0).set_fit_resample_request(sample_weight=True)
        last = LogisticRegression().set_fit_request(sample_weight=False)
        model = imblearn_pipeline(sampler, last)
        model.fit(X, Y, sample_weight=weight)
    assert_array_equal(model[0].sample_weight_[:N], weight)


FRAME = pd.DataFrame(X2, columns=["a", "b"])
BAD = [
    ({}, X2, np.zeros(N), "only one class"),
    ({}, X2, np.where(Y == 1, np.nan, 1.0), "y has missing values in 11 of"),
    ({}, X2, RNG.normal(size=N), "Unknown label type: continuous"),
    ({}, X2, pd.Series(Y / 2, dtype=object), "fractions such as 0.5"),
    ({}, X2, np.where(Y == 1, np.inf, 1.0).astype(object), "infinite values"),
    ({}, X2, np.ones((N, 2), dtype=int), "Multilabel and multioutput"),
    ({}, X2, None, "requires y to be passed"),
    ({}, X2, Y[:-1], "X has 40 rows, y has 39"),
    ({}, X2[:0], Y[:0], r"Found array with 0 sample\(s\)"),
    ({}, X2[:, :0], Y, r"0 feature\(s\)"),
    ({}, X2[:, 0], Y, "Expected 2D array"),
    ({}, X2 + 1j, Y, "Complex data not supported"),
    ({}, FRAME.set_axis(["a", "a"], axis=1), Y, "duplicate column names: .'a'"),
    ({}, FRAME.set_axis(["a", 1], axis=1), Y, "string"),
    ({}, FRAME.replace(FRAME.iloc[0, 1], np.inf), Y, "column 'b' has infinite"),
    ({}, {"a": 1}, Y, "X is a builtins.dict; pass"),
    ({}, np.ma.masked_less(X2, 0), Y, r"pass X.filled\(np.nan\)"),
    ({}, FRAME.assign(t=[["x"]] * N), Y, "column 't' holds values that cannot be"),
    ({}, [[1.0], [2.0, 3.0]], [0, 1], "rows of different lengths"),
    ({"k_neighbors": "5"}, X2, Y, "'k_neighbors' parameter of SMOTE must be an int"),
    ({"k_neighbors": 0}, X2, Y, "'k_neighbors' parameter of SMOTE must be an int"),
    ({"random_state": "x"}, X2, Y, "'random_state' parameter"),
    ({"sampling_strategy": {2: 5}}, X2, Y, r"classes in y.*Got \[2\]"),
    ({"categorical_features": ["a"]}, X2, Y, "X has no column names"),
    ({"categorical_features": ["z"]}, FRAME, Y, "names .'z'., which are not in X"),
    ({"categorical_features": [5]}, X2, Y, "which has 2 columns"),
    ({"categorical_features": "a"}, FRAME, Y, "is not understood"),
    ({"categorical_features": "auto"}, FRAME, Y, "corresponds to 'auto' in imb"),
    ({"categorical_features": []}, FRAME.assign(t="x"), Y, "column 't' is not numeric"),
]


@pytest.mark.parametrize(("params", "X", "y", "says"), BAD, ids=range(len(BAD)))
def test_invalid_input_raises_a_clear_error(params, X, y, says):
    with pytest.raises((ValueError, TypeError), match=says) as caught:
        im.SMOTE(**params).fit_resample(X, y)
    assert "Traceback" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("sample_weight", -np.ones(N), "finite and not negative; it has 40"),
        ("sample_weight", np.zeros(N), "zero in every row"),
        ("sample_weight", np.ones(3), "sample_weight has 3"),
        ("sample_weight", np.ones((N, 1)), r"one dimension, not the shape \(40, 1\)"),
        ("sample_weight", 1.0, r"one dimension, not the shape \(\)"),
        ("sample_weight", ["1.0"] * N, r"a number for each row: got .*\['1.0'\]"),
        ("sample_weight", np.array(["1"] * N, object), r"got values such as \['1'\]"),
        ("sample_weight", np.zeros(N, "m8[s]"), "got values such as"),
        ("sample_weight", np.where(Y == 1, 0.0, 1.0), "only rows of zero weight"),
        ("groups", [None, *"a" * (N - 1)], "groups has missing values, in 1 rows"),
        ("groups", [np.nan, *"a" * (N - 1)], "groups has missing values, in 1 rows"),
        ("groups", (np.nan, *"a" * (N - 1)), "groups has missing values, in 1 rows"),
        ("groups", ["a"], "groups has 1"),
    ],
)
def test_invalid_weights_and_groups_raise(name, value, says):
    with pytest.raises(ValueError, match=says):
        im.SMOTE().fit_resample(X2, Y, **{name: value})


@pytest.mark.parametrize("features", [None, ["number"]])
def test_noncategorical_text_raises_in_random_over_sampler(features):
    X = pd.DataFrame({"number": np.arange(N), "text": ["a", "b"] * (N // 2)})
    sampler = im.RandomOverSampler(categorical_features=features)
    with pytest.raises(ValueError, match="column 'text' is not numeric"):
        sampler.fit_resample(X, Y)


def test_tuple_labels_are_rejected():
    with pytest.raises(ValueError, match=r"labels such as \(1, 2\)"):
        refuse_pairs([(1, 2)])
    refuse_pairs(["one", "two"])
    refuse_pairs([])


def test_lazy_frame_error_suggests_collect():
    pl = pytest.importorskip("polars")
    with pytest.raises(TypeError, match="collect it first"):
        im.SMOTE().fit_resample(pl.from_pandas(FRAME).lazy(), Y)


@pytest.mark.parametrize("cells", [["x"], {"x": 1}], ids=["list", "struct"])
def test_nested_polars_columns_raise(cells):
    pl = pytest.importorskip("polars")
    X = pl.DataFrame({"a": X2[:, 0], "t": [cells] * N})
    with pytest.raises(TypeError, match="column 't' holds values that cannot be"):
        im.SMOTE().fit_resample(X, Y)


SAMPLERS = [
    im.SMOTE(random_state=0),
    im.BorderlineSMOTE(kind="borderline-2", random_state=0),
    im.GeometricSMOTE(random_state=0),
    im.RandomOverSampler(shrinkage=1, random_state=0),
    im.RandomUnderSampler(random_state=0),
    im.EditedNearestNeighbours(),
    im.make_chain(im.ADASYN(random_state=0), im.TomekLinks(sampling_strategy="all")),
]


@settings(max_examples=60)
@given(st.data())
def test_any_mix_of_column_types_is_resampled(data):
    sizes = data.draw(st.lists(st.integers(1, 50), min_size=2, max_size=4))
    names = data.draw(
        st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, max_size=4, unique=True)
    )
    y = np.repeat(np.arange(len(sizes)), sizes)
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    rows = rng.integers(0, N, len(y))
    X = pd.DataFrame({name: pd.Series(COLUMNS[name]).take(rows) for name in names})
    X = pd.DataFrame({name: X[name].array for name in names})
    sampler = data.draw(st.sampled_from(SAMPLERS))
    before = X.copy(deep=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        X_out, y_out = sampler.fit_resample(X, y)
    assert {k: n for k, n in sampler.plan_.items() if n} == Counter(y_out.tolist())
    assert (X_out.dtypes == X.dtypes).all()
    pd.testing.assert_frame_equal(X, before)
    kept = sampler.sample_indices_[~sampler.is_synthetic_]
    pd.testing.assert_frame_equal(X_out.iloc[: len(kept)], X.iloc[kept])


@pytest.mark.parametrize("dtype", [np.float16, np.longdouble])
@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda s: type(s).__name__)
def test_float16_and_longdouble_tables(sampler, dtype):
    X = X2.astype(dtype)
    X_out, _ = clone(sampler).fit_resample(X, Y)
    # Extended precision includes float64, so both must give the same rows.
    wide = np.float64 if dtype == np.longdouble else np.float32
    again, _ = clone(sampler).fit_resample(X.astype(wide), Y)
    assert X_out.dtype == dtype
    assert_allclose(X_out.astype(wide), again, atol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("sampler", [im.RandomUnderSampler(), im.RandomOverSampler()])
def test_samplers_that_copy_rows_accept_infinite_values(sampler):
    X = np.full((len(Y), 2), np.inf)
    copies, _ = sampler.set_params(random_state=0).fit_resample(X, Y)
    assert np.isinf(copies).all()


def test_shrinkage_with_infinite_values_raises():
    X = np.full((len(Y), 2), np.inf)
    with pytest.raises(ValueError, match="column 0 has infinite values"):
        im.RandomOverSampler(shrinkage=1.0).fit_resample(X, Y)


@pytest.mark.parametrize("dtype", ["i1", "u1", ">i2", "i8", "u8", "?"])
@given(numbers=st.lists(st.integers(0, 255), min_size=1))
def test_integers_are_factorized_as_in_pandas(dtype, numbers):
    cells = np.array(numbers, dtype=np.uint8).astype(dtype)
    codes, labels = factorize(cells, "y")
    expected, uniques = pd.factorize(cells.astype(cells.dtype.newbyteorder("=")))
    assert_array_equal(codes, expected)
    assert labels == uniques.tolist()
    assert type(labels[0]) is type(uniques.tolist()[0])


@given(st.lists(st.integers(0, 6), min_size=1))
def test_class_sizes_match_bincount(codes):
    assert sizes_of(np.array(codes)).tolist() == np.bincount(codes).tolist()


def test_lists_keep_their_cells():
    """Integers beside floats stay integers and lose no digits."""
    ids, flags = (2**53 + 1, 2**53 + 3), (True, False)
    rows = [[ids[i % 2], i / 7, np.uint8(i), flags[i % 2], "a"] for i in range(N)]
    sampler = im.SMOTE(random_state=0)
    X_out, _ = sampler.fit_resample(rows, Y.tolist())
    assert repr(X_out[:N]) == repr(rows)
    assert X_out[0] is not rows[0]
    assert {type(row[0]) for row in X_out} == {int}
    assert {row[0] for row in X_out} <= set(range(ids[0], ids[1] + 1))
    repeated, _ = im.RandomOverSampler(random_state=0).fit_resample(rows, Y.tolist())
    assert {repr(row) for row in repeated} == {repr(row) for row in rows}


def test_repeated_lists_keep_the_types_of_their_cells():
    """An array would return its cells as Python floats."""
    rows = [[np.float32(i), np.float32(i / 7)] for i in range(N)]
    repeated, _ = im.RandomOverSampler(random_state=0).fit_resample(rows, Y.tolist())
    assert len(repeated) > N
    assert {type(cell) for row in repeated for cell in row} == {np.float32}


def test_times_in_object_columns_are_only_copied():
    moments = pd.Series([pd.Timestamp("2020"), None] * (N // 2), dtype=object)
    spans = pd.Series([pd.Timedelta("1D"), None] * (N // 2), dtype=object)
    X = pd.DataFrame({"x": RNG.normal(size=N), "when": moments, "long": spans})
    _, X_out = _grow(X)
    for name in ("when", "long"):
        assert {repr(v) for v in X_out[name]} == {repr(v) for v in X[name]}


# Zero weights: plans count the rows of positive weight.

ZERO = np.repeat([0, 1, 0, 1], [4, 16, 7, 3])  # of classes 0, 0, 1, 1
SIZES = np.repeat([0, 1], [20, 10])


@pytest.mark.parametrize(
    ("sampler", "plan", "rows"),
    [
        # 16 and 3 rows have positive weight; the 11 others stay.
        (im.SMOTE(k_neighbors=2), {0: 16, 1: 16}, 16 + 16 + 11),
        (im.SMOTE(k_neighbors=2, sampling_strategy=0.5), {0: 16, 1: 8}, 16 + 8 + 11),
        (im.RandomOverSampler(), {0: 16, 1: 16}, 16 + 16 + 11),
        (im.TemperatureSampler(float("inf")), {0: 16, 1: 16}, 16 + 16 + 11),
        # Rows of zero weight are dropped.
        (im.RandomUnderSampler(), {0: 3, 1: 3}, 6),
        (im.RandomUnderSampler(sampling_strategy=0.5), {0: 6, 1: 3}, 9),
        (im.TemperatureSampler(float("inf"), mode="same"), {0: 10, 1: 9}, 19),
        (im.TemperatureSampler(float("inf"), mode="under"), {0: 3, 1: 3}, 6),
    ],
    ids=str,
)
def test_plans_count_rows_of_positive_weight(sampler, plan, rows):
    X = np.random.default_rng(0).normal(size=(30, 2))
    sampler = clone(sampler).set_params(random_state=0)
    _, y = sampler.fit_resample(X, SIZES, sample_weight=ZERO)
    heavy = y[np.asarray(sampler.sample_weight_) > 0]
    assert {k: int((heavy == k).sum()) for k in (0, 1)} == sampler.plan_ == plan
    assert len(y) == rows


@pytest.mark.filterwarnings("ignore:Class 1. no row is in a cluster")
@pytest.mark.parametrize("sampler", all_samplers(), ids=lambda s: type(s).__name__)
def test_rows_of_zero_weight_are_as_if_deleted(sampler):
    X, y = make_classification(240, weights=[0.8], flip_y=0.1, random_state=0)
    rows = np.flatnonzero(np.random.default_rng(0).random(len(y)) < 0.9)
    weight = np.zeros(len(y))
    weight[rows] = 1.0
    extreme = np.where(weight[:, np.newaxis] > 0, X, 1e4 * X)
    results = []
    for X_in, y_in, w in ((extreme, y, weight), (X[rows], y[rows], weight[rows])):
        one = clone(sampler)
        X_out, y_out = one.fit_resample(X_in, y_in, sample_weight=w)
        counted = np.asarray(one.sample_weight_) > 0
        results.append((X_out[counted], y_out[counted]))
    assert_allclose(results[0][0], results[1][0], rtol=1e-6, atol=1e-6)
    assert_array_equal(results[0][1], results[1][1])


def test_callable_plan_sees_rows_of_positive_weight():
    seen = []

    def plan(y):
        seen.append(np.bincount(y).tolist())
        return {0: 16, 1: 16}

    X = np.random.default_rng(0).normal(size=(30, 2))
    for sampler in (
        im.SMOTE(k_neighbors=2, sampling_strategy=plan),
        im.SubclassSampler(im.RandomOverSampler(sampling_strategy=plan)),
    ):
        sampler.fit_resample(X, SIZES, sample_weight=ZERO)
    assert seen == [[16, 3]] * 2


@pytest.mark.parametrize(
    "sampler",
    [
        im.RandomUnderSampler(random_state=0),
        im.RandomUnderSampler(
            sampling_strategy=im.Tempered(float("inf")), random_state=0
        ),
        im.TemperatureSampler(float("inf"), mode="under", random_state=0),
    ],
    ids=str,
)
def test_zero_weight_class_is_not_the_minority(sampler):
    y = np.repeat([0, 1, 2], [20, 10, 5])
    X = np.random.default_rng(0).normal(size=(35, 2))
    _, out = sampler.fit_resample(X, y, sample_weight=(y != 2).astype(float))
    assert np.bincount(out).tolist() == [10, 10]
    assert sampler.plan_ == {0: 10, 1: 10, 2: 0}


@pytest.mark.parametrize(
    "index", [range(N), np.arange(N)[::-1], [f"r{i}" for i in range(N)]]
)
@pytest.mark.parametrize(
    "sampler",
    [
        im.SMOTE(k_neighbors=2, random_state=0),
        im.RandomUnderSampler(random_state=0),
        im.ResampledClassifier(
            im.RandomOverSampler(random_state=0),
            LogisticRegression(),
            correction="offset",
            random_state=0,
        ),
    ],
)
def test_y_takes_the_index_of_x_with_one_warning(sampler, index):
    X = pd.DataFrame(X2, index=range(1_000, 1_000 + N))
    y = pd.Series(Y, index=index, name="label")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if isinstance(sampler, im.ResampledClassifier):
            sampler.fit(X, y)
        else:
            resampled, labels = sampler.fit_resample(X, y)
            pd.testing.assert_index_equal(resampled.index, labels.index)
            expected = sampler.fit_resample(X, y.set_axis(X.index))[1]
            pd.testing.assert_series_equal(labels, expected)
    messages = [str(w.message) for w in caught]
    assert [text for text in messages if "different indices" in text] == messages
    assert len(messages) == 1
    pd.testing.assert_index_equal(y.index, pd.Index(index))


def test_equal_indices_do_not_warn():
    X = pd.DataFrame(X2, index=range(5, 5 + N))
    im.RandomOverSampler(random_state=0).fit_resample(X, pd.Series(Y, index=[*X.index]))
    im.RandomOverSampler(random_state=0).fit_resample(X, list(Y))


def _wide(name, values):
    if name == "numpy":
        return values[:, np.newaxis]
    if name == "pandas":
        return pd.DataFrame({"x": values})
    pa = pytest.importorskip("pyarrow")
    return pa.table({"x": pa.array(values)})


@pytest.mark.parametrize("container", ["numpy", "pandas", "arrow"])
@pytest.mark.parametrize(
    "sampler",
    [
        im.RandomOverSampler(shrinkage=5.0, random_state=0),
        im.SVMSMOTE(out_step=1.0, random_state=0),
    ],
    ids=["noise", "outward steps"],
)
def test_half_floats_stay_within_their_range(container, sampler):
    """No cell is infinite, and NumPy does not warn that a cast or a sum overflows."""
    values = RNG.choice(np.array([65504, -65504, 65000, 1.5], dtype=np.float16), N)
    X_out, _ = sampler.fit_resample(_wide(container, values), Y)
    new = np.asarray(X_out if container == "numpy" else X_out["x"])[N:]
    assert new.dtype == np.float16
    assert np.isfinite(new).all()


def test_longdouble_pandas_columns_match_arrays():
    values = RNG.normal(size=N).astype(np.longdouble)
    sampler, X_out = _grow(pd.DataFrame({"x": values}))
    assert X_out["x"].dtype == np.longdouble
    array = clone(sampler).fit_resample(values[:, np.newaxis], Y)[0]
    assert_array_equal(X_out.to_numpy(), array)


@pytest.mark.parametrize("zone", ["America/St_Johns", "+05:30", "UTC", "Etc/GMT+5"])
def test_times_are_interpolated_in_every_time_zone(zone):
    """narwhals does not know zones with an underscore: they were read as categories."""
    when = pd.Series(pd.date_range("2020", periods=N, freq="7h", tz="UTC"))
    expected = _grow(pd.DataFrame({"when": when}))[1]["when"]
    times = _grow(pd.DataFrame({"when": when.dt.tz_convert(zone)}))[1]["when"]
    assert times.dt.tz is not None
    pd.testing.assert_series_equal(times.dt.tz_convert("UTC"), expected)
    assert not times[N:].isin(times[:N]).all()
