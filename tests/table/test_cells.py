"""New cells are valid for their column: in range, whole or missing as others are."""

from __future__ import annotations

import datetime as dt
import importlib
import math
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from numpy.testing import assert_array_equal
from shared import in_pairs
from sklearn import clone

import imbsuite as im
from imbsuite._random import column_coins
from imbsuite._table import Draw
from imbsuite._table.cells import Cells, _majority
from imbsuite._table.containing import contain

pa = pytest.importorskip("pyarrow")
pl = pytest.importorskip("polars")

N = 40
Y = np.repeat([0, 1], [29, 11])
BESIDE = np.random.default_rng(0).normal(size=N)


def _wide(rng: np.random.Generator) -> list[int]:
    return [int(v) * 10**18 + int(w) for v, w in rng.integers(0, 10**18, (N, 2))]


def _of(cells: list[Any], dtype: Any) -> dict[str, Any]:
    """Return a table with these cells in every dataframe that has the Arrow type."""
    midnights = pa.types.is_timestamp(dtype) and not isinstance(cells[0], dt.datetime)
    column = pa.chunked_array([pa.array(cells, pa.date32() if midnights else dtype)])
    column = column.cast(dtype)
    arrow = pa.table({"it": column, "x": BESIDE})
    frame = pd.DataFrame({"it": pd.arrays.ArrowExtensionArray(column)})
    tables = {"arrow": arrow, "pandas": frame.assign(x=BESIDE)}
    decimal = pa.types.is_decimal(dtype)
    if not decimal or (dtype.bit_width == 128 and dtype.scale >= 0):
        tables["polars"] = pl.from_arrow(arrow)
    return tables


def _cells(table: Any) -> list[Any]:
    if isinstance(table, pd.DataFrame):
        return table["it"].array.__arrow_array__().to_pylist()
    return (
        table["it"].to_list()
        if isinstance(table, pl.DataFrame)
        else table["it"].to_pylist()
    )


class FarSteps(im.SMOTE):
    """Steps beyond both parents, by up to 1,000 times their distance."""

    def _propose(self, table, y, label, n, rng):
        seeds, partners, *_ = super()._propose(table, y, label, n, rng)
        return seeds, partners, rng.uniform(-1e3, 1e3, n)


GROWERS = [
    im.SMOTE(random_state=0),
    FarSteps(random_state=0),
    im.GeometricSMOTE(random_state=0),
    im.RandomOverSampler(shrinkage=9.0, random_state=0),
    im.RCALSampler(random_state=0),
]
DECIMALS = [
    pa.decimal32(9, 2),
    pa.decimal64(18, 2),
    pa.decimal128(18, 2),
    pa.decimal128(38, 2),
    pa.decimal128(38, 0),
    pa.decimal256(76, 2),
    pa.decimal128(9, -2),
]
each_decimal = pytest.mark.parametrize("dtype", DECIMALS, ids=str)
each_grower = pytest.mark.parametrize(
    "sampler", GROWERS, ids=lambda s: type(s).__name__
)


def _most(dtype: Any) -> Decimal:
    return Decimal((0, (9,) * dtype.precision, -dtype.scale))


@each_decimal
@each_grower
def test_decimals_stay_within_their_type(dtype, sampler):
    most = _most(dtype)
    cells = [most if i % 2 else most.copy_negate() for i in range(N)]
    for table in _of(cells, dtype).values():
        new = _cells(clone(sampler).fit_resample(table, Y)[0])
        assert new[:N] == cells
        assert all(v.copy_abs() <= most for v in new)
        assert len({str(v) for v in new}) > 1


def test_category_is_chosen_by_majority_vote():
    codes = np.array([7, 7, 3, 5, 5, 5, -1])
    voters = np.array([[0, 1, 2], [2, 3, 4], [2, -1, -1], [6, 6, 0], [0, 1, 6]])
    coins = np.full(voters.shape, 0.9)
    assert _majority(codes, voters, coins).tolist() == [7, 5, 3, -1, 7]
    # A tie is broken by the larger coin.
    tied = np.array([[0, 2], [0, 2]])
    coins = np.array([[0.1, 0.2], [0.2, 0.1]])
    assert _majority(codes, tied, coins).tolist() == [3, 7]


def test_vote_returns_a_row_with_the_winning_category():
    table = contain(np.array([["b"], ["a"], ["c"], ["a"]], dtype=object))
    seeds = np.array([0, 2])
    voters = np.array([[1, 3, 0], [2, 2, 0]])
    draw = Draw(seeds, seeds, np.zeros(2), voters=voters)
    coins = partial(column_coins, np.random.default_rng(0))
    elected = Cells(draw, "vote", coins).category(table, 0)
    assert table.values[elected, 0].tolist() == ["a", "c"]
    for others in (Cells(draw, "step", coins), Cells(draw, "seed", coins)):
        assert_array_equal(others.category(table, 0), seeds)


def test_numbers_in_object_arrays_are_interpolated_as_floats():
    X = np.random.default_rng(5).normal(size=(N, 2))
    expected, _ = im.SMOTE(random_state=0).fit_resample(X, Y)
    resampled, _ = im.SMOTE(random_state=0).fit_resample(X.astype(object), Y)
    assert resampled.dtype == object
    assert_array_equal(resampled.astype(float), expected)


@each_decimal
def test_decimals_reach_the_ends_of_their_type(dtype):
    most = _most(dtype)
    digits = [(i - N // 2) * 10 ** (dtype.precision - 2) + i for i in range(N)]
    cells = [
        Decimal((v < 0, Decimal(abs(v)).as_tuple().digits, -dtype.scale))
        for v in digits
    ]
    for table in _of(cells, dtype).values():
        new = _cells(FarSteps(random_state=0).fit_resample(table, Y)[0])
        assert {most, most.copy_negate()} <= set(new[N:])


def test_step_is_the_probability_of_the_partner_category():
    n = 10_000
    draw = Draw(np.zeros(n, dtype=int), np.ones(n, dtype=int), np.full(n, 0.3))
    coins = partial(column_coins, np.random.default_rng(0))
    origins = Cells(draw, "step", coins).origin(0)
    assert set(origins) == {0, 1}
    # Five standard errors of a share of 10,000 draws.
    assert origins.mean() == pytest.approx(0.3, abs=5 * np.sqrt(0.3 * 0.7 / n))
    for step in (0.0, 1.0):
        sure = replace(draw, steps=np.full(n, step))
        assert (Cells(sure, "step", coins).origin(0) == step).all()
        assert (Cells(sure, "seed", coins).origin(0) == 0).all()
        made = replace(sure, rows=[np.zeros((n, 0))])
        assert (Cells(made, "step", coins).origin(0) == 0).all()


@each_decimal
@each_grower
def test_equal_decimals_are_kept_to_the_last_digit(dtype, sampler):
    for cell in (_most(dtype), _most(dtype).copy_negate()):
        for table in _of([cell] * N, dtype).values():
            X_out, _ = clone(sampler).fit_resample(table, Y)
            assert set(_cells(X_out)) == {cell}


@each_decimal
def test_decimals_are_exact_and_the_same_in_all_containers(dtype):
    rng = np.random.default_rng(1)
    digits = _wide(rng) if dtype.precision > 18 else rng.integers(0, 10**9, N).tolist()
    cells = [Decimal((0, Decimal(v).as_tuple().digits, -dtype.scale)) for v in digits]
    columns = []
    for table in _of(cells, dtype).values():
        sampler = im.SMOTE(random_state=0)
        new = _cells(sampler.fit_resample(table, Y)[0])[N:]
        columns.append(new)
        pairs = zip(new, sampler.parents_.tolist(), sampler.steps_, strict=True)
        for value, (a, b), step in pairs:
            exact = Fraction(step) * (digits[b] - digits[a])
            assert Fraction(value) * Fraction(10) ** dtype.scale == digits[a] + round(
                exact
            )
    assert all(new == columns[0] for new in columns)


@each_decimal
def test_new_decimals_are_missing_where_both_parents_are(dtype):
    rng = np.random.default_rng(3)
    numbers = rng.integers(1, 90, N).tolist()
    is_missing = rng.random(N) < 0.4
    cells = [
        None if gone else Decimal((0, Decimal(v).as_tuple().digits, -dtype.scale))
        for v, gone in zip(numbers, is_missing, strict=True)
    ]
    for table in _of(cells, dtype).values():
        sampler = im.SMOTE(random_state=0)
        new = _cells(sampler.fit_resample(table, Y)[0])[N:]
        n_missing = is_missing[sampler.parents_].sum(axis=1)
        assert set(n_missing) == {0, 1, 2}
        assert all(v is None for v, n in zip(new, n_missing, strict=True) if n == 2)
        assert all(v is not None for v, n in zip(new, n_missing, strict=True) if n == 0)


@pytest.mark.parametrize("dtype", [*DECIMALS, pa.decimal128(30, -2)], ids=str)
def test_decimal_distances_match_those_of_equal_floats(dtype):
    digits = np.random.default_rng(2).integers(1, 90, N)
    cells = [
        Decimal((0, Decimal(int(v)).as_tuple().digits, -dtype.scale)) for v in digits
    ]
    near = {"x": BESIDE * 10.0 ** (1 - dtype.scale)}
    sampler = im.SMOTE(standardize=False, random_state=0)
    sampler.fit_resample(pa.table(near | {"it": digits / 10.0**dtype.scale}), Y)
    expected = sampler.parents_
    sampler.fit_resample(pa.table(near | {"it": pa.array(cells, dtype)}), Y)
    assert_array_equal(sampler.parents_, expected)


def test_wide_decimal_between_equal_parents_is_exact():
    # 2**53 + 1 has no exact float: it would be rounded.
    cells = [Decimal(2**53 + 1)] * N
    X_out, _ = im.SMOTE(random_state=0).fit_resample(
        _of(cells, pa.decimal128(38, 0))["arrow"], Y
    )
    assert set(_cells(X_out)) == {Decimal(2**53 + 1)}


def test_small_and_large_whole_decimals_share_a_column():
    cells = [Decimal(9), Decimal(10**30)] * (N // 2)
    for table in _of(cells, pa.decimal128(38, 0)).values():
        X_out, _ = im.RandomOverSampler(shrinkage=1e-40, random_state=0).fit_resample(
            table, Y
        )
        assert set(_cells(X_out)) == {Decimal(9), Decimal(10**30)}


@pytest.mark.parametrize(
    ("dtype", "low", "high"),
    [(pl.Int128, -(2**127), 2**127 - 1), (pl.UInt128, 0, 2**128 - 1)],
    ids=str,
)
def test_128_bit_integers_are_clipped_to_their_range(dtype, low, high):
    inner = [low + (high - low) * (i + 1) // (N + 1) for i in range(N)]
    table = pl.DataFrame({"it": pl.Series(inner, dtype=dtype), "x": BESIDE})
    X_out, _ = FarSteps(random_state=0).fit_resample(table, Y)
    assert X_out["it"].dtype == dtype
    new = X_out["it"].to_list()[N:]
    assert (min(new), max(new)) == (low, high)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64", "uint64"])
def test_integers_at_the_ends_of_their_type_move_inward(dtype):
    ends = np.iinfo(dtype)
    cells = np.array([ends.min, ends.max], dtype)[np.arange(N) % 2]
    X = pd.DataFrame({"it": cells, "x": BESIDE})
    sampler = im.RandomOverSampler(shrinkage=1.0, random_state=0)
    new = sampler.fit_resample(X, Y)[0]["it"].to_numpy()[N:]
    seeds = cells[sampler.parents_[:, 0]]
    assert (new[seeds == ends.min] > ends.min).any()
    assert (new[seeds == ends.max] < ends.max).any()


@each_grower
def test_whole_cents_stay_whole_cents(sampler):
    rng = np.random.default_rng(2)
    cells = [Decimal(int(v)).scaleb(-2) for v in rng.integers(0, 10**6, N)]
    for table in _of(cells, pa.decimal128(20, 6)).values():
        new = _cells(clone(sampler).fit_resample(table, Y)[0])[N:]
        assert all(v * 100 == (v * 100).to_integral_value() for v in new)
        assert len(set(new)) > 3


TIMES: dict[str, Callable[[Any], Any]] = {
    "datetime64[ns]": lambda n: (
        pd.Timestamp("2020-02-03 04:05:06") + pd.to_timedelta(n, "s")
    ),
    "datetime64[s]": lambda n: n.astype("M8[s]"),
    "zoned": lambda n: pd.to_datetime(n, unit="s", utc=True).tz_convert("Asia/Tokyo"),
    "timedelta64[us]": lambda n: pd.to_timedelta(n, "s").astype("m8[us]"),
    "timestamp[us]": lambda n: pd.array(
        n.astype("M8[s]").astype("M8[us]"), pd.ArrowDtype(pa.timestamp("us"))
    ),
    "duration[ms]": lambda n: pd.array(
        n.astype("m8[s]").astype("m8[ms]"), pd.ArrowDtype(pa.duration("ms"))
    ),
}
_PLAIN_TIMES = {
    "array of datetimes": lambda n: n.astype("M8[s]").astype("M8[ns]"),
    "array of timedeltas": lambda n: n.astype("m8[s]").astype("m8[ms]"),
}


@pytest.mark.parametrize(
    ("sampler", "times", "size"),
    in_pairs(
        {type(sampler).__name__: sampler for sampler in GROWERS},
        TIMES,
        {str(size): size for size in (1, 60, 3_600, 86_400)},
    ),
)
def test_whole_units_of_time_stay_whole(sampler, times, size):
    seconds = size * np.random.default_rng(3).integers(0, 10_000, N)
    X = pd.DataFrame({"it": times(seconds), "x": BESIDE})
    X_out, _ = clone(sampler).fit_resample(X, Y)
    first = X["it"].iloc[0]
    apart = [(v - first) // pd.Timedelta(1, "s") for v in X_out["it"]]
    assert all(
        (v - first) % pd.Timedelta(size, "s") == pd.Timedelta(0) for v in X_out["it"]
    )
    assert len(set(apart[N:])) > 3
    assert X_out["it"].dtype == X["it"].dtype


@pytest.mark.parametrize("kind", _PLAIN_TIMES)
@each_grower
def test_whole_seconds_stay_whole_in_arrays(sampler, kind):
    cells = _PLAIN_TIMES[kind](np.random.default_rng(3).integers(0, 10**6, (N, 2)))
    X_out, _ = clone(sampler).fit_resample(cells, Y)
    apart = (X_out - cells[0, 0]).astype("m8[ns]").astype(np.int64)
    assert (apart % 10**9 == 0).all()
    assert X_out.dtype == cells.dtype


DATES = {
    "date32": pa.date32(),
    "date64": pa.date64(),
    "timestamp[s]": pa.timestamp("s"),
    "timestamp[us]": pa.timestamp("us"),
    "timestamp[ns]": pa.timestamp("ns"),
}


@pytest.mark.parametrize("kind", DATES)
@each_grower
def test_dates_stay_dates(sampler, kind):
    # To the limits of what Python, or 64 bits of nanoseconds, can represent.
    ends = dt.date(1, 1, 1), dt.date(9999, 12, 31)
    if kind == "timestamp[ns]":
        ends = dt.date(1677, 9, 22), dt.date(2262, 4, 11)
    cells = [ends[i % 2] for i in range(N)]
    for table in _of(cells, DATES[kind]).values():
        new = _cells(clone(sampler).fit_resample(table, Y)[0])
        assert all(dt.date(1, 1, 1) <= _date(v) <= dt.date(9999, 12, 31) for v in new)
        assert [_date(v) for v in new[:N]] == cells


def _date(moment: Any) -> dt.date:
    return moment.date() if isinstance(moment, dt.datetime) else moment


@each_grower
def test_new_times_of_day_are_valid_whole_seconds(sampler):
    cells = [dt.time(23, 59, 59) if i % 2 else dt.time(0, 0, 1) for i in range(N)]
    for dtype in (pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns")):
        for table in _of(cells, dtype).values():
            new = _cells(clone(sampler).fit_resample(table, Y)[0])
            assert all(v.microsecond == 0 for v in new)


def _equal(cell: Any, **kind: Any) -> pd.DataFrame:
    return pd.DataFrame({"it": pd.array([cell] * N, **kind), "x": BESIDE})


EQUAL = {
    "uint64": _equal(2**64 - 1, dtype="uint64"),
    "uint64, one less": _equal(2**64 - 2, dtype="uint64"),
    "UInt64": _equal(2**64 - 1, dtype="UInt64"),
    "int64": _equal(2**63 - 1, dtype="int64"),
    "int64, the smallest": _equal(-(2**63), dtype="int64"),
    "Int64": _equal(2**63 - 2, dtype="Int64"),
    "int64[pyarrow]": _equal(2**63 - 1, dtype="int64[pyarrow]"),
    "huge objects": _equal(10**40 + 1, dtype=object),
    "float": _equal(-0.0, dtype="float64"),
    "subnormal": _equal(5e-324, dtype="float64"),
    "largest": _equal(1e154, dtype="float64"),
    "Float64": _equal(0.1, dtype="Float64"),
    "float32": _equal(np.float32(0.1), dtype="float32"),
    "datetime": _equal(pd.Timestamp.max, dtype="datetime64[ns]"),
    "timedelta": _equal(pd.Timedelta.max, dtype="timedelta64[ns]"),
    "timedelta, the smallest": _equal(pd.Timedelta.min, dtype="timedelta64[ns]"),
}


@pytest.mark.parametrize("kind", EQUAL)
@pytest.mark.parametrize(
    "sampler", [GROWERS[0], GROWERS[1], GROWERS[3]], ids=lambda s: type(s).__name__
)
def test_interpolating_equal_cells_returns_the_cell(kind, sampler):
    X = EQUAL[kind]
    X_out, _ = clone(sampler).fit_resample(X, Y)
    again = X.iloc[np.zeros(len(X_out), dtype=int)].reset_index(drop=True)
    pd.testing.assert_series_equal(X_out["it"], again["it"])
    if kind == "float" and not isinstance(sampler, im.RandomOverSampler):
        zero = X["it"] == 0
        assert (
            np.signbit(X_out["it"].to_numpy(float)) == np.signbit(X["it"].iloc[0])
        ).all() or not zero.all()


def _whole_tables() -> dict[str, Any]:
    rng = np.random.default_rng(4)
    cells = rng.integers(-90, 90, (N, 3)).astype(float)
    cells[:, 2] = rng.normal(size=N)
    cells[rng.random((N, 3)) < 0.1] = np.nan
    frame = pd.DataFrame(cells, columns=list("abc"))
    return {
        "array": cells,
        "float32": cells.astype("f4"),
        "columns": np.asfortranarray(cells),
        "list": cells.tolist(),
        "objects": frame.astype(object),
        "frame": frame,
        "nullable": frame.astype("Float64"),
        "pandas-Arrow": frame.astype("float64[pyarrow]"),
        "polars": pl.from_pandas(frame),
        "Arrow": pa.Table.from_pandas(frame),
        "csr": sp.csr_array(cells),
        "csc": sp.csc_matrix(cells),
        "mixed": frame.assign(t="x"),
    }


def _numbers(table: Any) -> Any:
    if sp.issparse(table):
        return table.toarray()
    if isinstance(table, pa.Table):
        table = table.to_pandas()
    if hasattr(table, "columns"):
        return np.array([np.asarray(table[c], dtype=float) for c in "abc"]).T
    return np.asarray(table, dtype=float)


@pytest.mark.parametrize("kind", _whole_tables())
@each_grower
def test_whole_floats_stay_whole(kind, sampler):
    table = _whole_tables()[kind]
    X_out, _ = clone(sampler).fit_resample(table, Y)
    new = _numbers(X_out)[N:]
    whole, other = new[:, :2], new[:, 2]
    known = ~np.isnan(whole)
    assert (whole[known] == np.rint(whole[known])).all()
    assert not np.signbit(whole[whole == 0]).any()
    assert (other[~np.isnan(other)] != np.rint(other[~np.isnan(other)])).any()


@each_grower
def test_whole_floats_match_integers(sampler):
    cells = np.random.default_rng(5).integers(-9, 9, (N, 3))
    whole, _ = clone(sampler).fit_resample(cells.astype(float), Y)
    integers, _ = clone(sampler).fit_resample(cells, Y)
    assert_array_equal(whole, integers)


def test_one_fraction_makes_a_column_continuous():
    cells = np.random.default_rng(5).integers(-9, 9, (3_000, 2)).astype(float)
    cells[-1, 1] = 0.5
    X_out, _ = im.SMOTE(random_state=0).fit_resample(
        cells, np.repeat([0, 1], [2_000, 1_000])
    )
    new = X_out[3_000:]
    assert (new[:, 0] == np.rint(new[:, 0])).all()
    assert (new[:, 1] != np.rint(new[:, 1])).any()


def test_whole_number_weights_are_interpolated_as_floats():
    weight = np.random.default_rng(6).integers(1, 9, N).astype(float)
    sampler = im.SMOTE(random_state=0)
    sampler.fit_resample(BESIDE[:, np.newaxis], Y, sample_weight=weight)
    seeds, partners = weight[sampler.parents_.T]
    np.testing.assert_array_equal(
        sampler.sample_weight_[N:], seeds + sampler.steps_ * (partners - seeds)
    )


@pytest.mark.parametrize("kind", ["Arrow", "polars", "pandas-Arrow", "Float64"])
@each_grower
def test_nan_stays_nan_and_null_stays_null(kind, sampler):
    cells = [[float("nan"), None, 0.5][i % 3] for i in range(N)]
    table: Any = pa.table({"it": pa.array(cells), "x": BESIDE})
    if kind == "polars":
        table = pl.from_arrow(table)
    if kind == "pandas-Arrow":
        table = pd.DataFrame(
            {c: pd.arrays.ArrowExtensionArray(table[c]) for c in ("it", "x")}
        )
    if kind == "Float64":
        nulls = np.array([v is None for v in cells])
        held = pd.arrays.FloatingArray(np.array([v or 0.0 for v in cells]), nulls)
        table = pd.DataFrame({"it": held, "x": BESIDE})
    sampler = clone(sampler)
    X_out, _ = sampler.fit_resample(table, Y)
    # Each new cell is a number, NaN or null, as one of its parents is.
    sorts = _sorts(X_out)
    assert sorts[:N] == _sorts(table)
    assert {"nan", "null"} <= set(sorts[N:])
    for new, pair in zip(sorts[N:], sampler.parents_.tolist(), strict=True):
        assert new in {sorts[i] for i in pair}


@pytest.mark.parametrize(
    "kind_of_frame",
    [
        pd.DataFrame,
        lambda columns: pd.DataFrame(columns).astype(object),
        lambda columns: pd.DataFrame(columns, dtype="double[pyarrow]"),
        pl.DataFrame,
        pa.table,
    ],
    ids=["pandas", "objects", "pandas with Arrow", "polars", "Arrow"],
)
def test_nan_is_a_missing_value_in_every_library(kind_of_frame):
    rng = np.random.default_rng(4)
    X = rng.normal(size=(N, 2))
    X[rng.random((N, 2)) < 0.3] = np.nan
    expected, _ = im.SMOTE(random_state=0).fit_resample(X, Y)
    frame = kind_of_frame({"a": X[:, 0], "b": X[:, 1]})
    resampled, _ = im.SMOTE(random_state=0).fit_resample(frame, Y)
    columns = [np.asarray(resampled[name], dtype=float) for name in ("a", "b")]
    assert_array_equal(np.column_stack(columns), expected)


def _sorts(table: Any) -> list[str]:
    column = table["it"]
    if isinstance(column, pd.Series):
        array = column.array
        if hasattr(array, "_mask"):
            pairs = zip(array._data.tolist(), array._mask.tolist(), strict=True)
            cells = [None if null else v for v, null in pairs]
        else:
            cells = array.__arrow_array__().to_pylist()
    else:
        cells = (
            column.to_list() if isinstance(column, pl.Series) else column.to_pylist()
        )
    return [
        "null" if v is None else "nan" if math.isnan(v) else "number" for v in cells
    ]


@pytest.mark.parametrize("library", ["arrow", "pandas", "polars"])
@pytest.mark.parametrize("texts", [["a", None, "b", "a"], [None] * 4], ids=str)
def test_missing_categories_are_coded_as_minus_one(library, texts):
    column = pa.chunked_array([pa.array(texts, pa.string())])
    columns = {"arrow": column, "pandas": pd.Series(texts), "polars": pl.Series(texts)}
    module = importlib.import_module(f"imbsuite._table.of_{library}")
    codes = module.codes(columns[library], "x")
    assert_array_equal(codes == -1, [text is None for text in texts])
    assert len(set(codes.tolist())) == len(set(texts))
    assert codes[0] == codes[3]
