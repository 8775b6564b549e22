"""Accepted input: columns of any type, any container, and values for ``carry``."""

from __future__ import annotations

import datetime as dt
import re
import uuid
import warnings
from array import array
from collections import deque
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from shared import in_pairs
from sklearn import clone
from sklearn.utils.estimator_checks import _NotAnArray

import imbsuite as im
from imbsuite._table import stack
from imbsuite._table.frames import numbers_of, only_column

pa = pytest.importorskip("pyarrow")
pl = pytest.importorskip("polars")

N = 40
Y = np.repeat([0, 1], [29, 11])
X2 = np.random.default_rng(0).normal(size=(N, 2))
HALF = N // 2


def _extension(kind: Any, storage: Any) -> Any:
    return pa.ExtensionArray.from_storage(kind, pa.array(storage, kind.storage_type))


def _run_ends(values: list[Any]) -> Any:
    return pa.RunEndEncodedArray.from_arrays(pa.array([HALF, N], pa.int32()), values)


READABLE = {
    "string view": pa.array(["a", None] * HALF, pa.string_view()),
    "binary view": pa.array([b"a", None] * HALF, pa.binary_view()),
    "fixed binary": pa.array([b"ab", b"cd"] * HALF, pa.binary(2)),
    "runs of numbers": _run_ends(pa.array([1.5, 2.0])),
    "runs of texts": _run_ends(pa.array(["u", "v"])),
    "uuid": pa.array([uuid.UUID(int=i % 3).bytes for i in range(N)], pa.uuid()),
    "bool8": pa.array([1, 0] * HALF, pa.bool8()),
    "json": pa.array(["{}", "[]"] * HALF, pa.json_()),
    "interval": pa.array([(1, 2, 3), None] * HALF, pa.month_day_nano_interval()),
    "time32": pa.array(range(N), pa.time32("s")),
    "time64": pa.array(range(N), pa.time64("ns")),
    "duration": pa.array(range(N), pa.duration("ms")),
    "half": pa.array(np.arange(N).astype("f2")),
    "date64": pa.array([i * 86_400_000 for i in range(N)], pa.date64()),
    "dictionary": pa.array([1, 2] * HALF).dictionary_encode(),
    "null": pa.nulls(N),
}
UNREADABLE = {
    "list": pa.array([[1], [2, 3]] * HALF),
    "large list": pa.array([[1], None] * HALF, pa.large_list(pa.int64())),
    "list of two": pa.array([[1, 2]] * N, pa.list_(pa.int64(), 2)),
    "list view": pa.array([[1], [2, 3]] * HALF, pa.list_view(pa.int64())),
    "list of views": pa.array([["a"], ["b"]] * HALF, pa.list_(pa.string_view())),
    "struct": pa.array([{"a": 1}, {"a": 2}] * HALF),
    "map": pa.array([[("a", 1)], []] * HALF, pa.map_(pa.string(), pa.int64())),
    "tensor": _extension(pa.fixed_shape_tensor(pa.int64(), [2]), [[1, 2]] * N),
}
POLARS = {
    "Int128": pl.Series([2**100 + i for i in range(N)], dtype=pl.Int128),
    "UInt128": pl.Series([2**127 + i for i in range(N)], dtype=pl.UInt128),
    "Time": pl.Series([dt.time(1, 2, i) for i in range(N)]),
    "Duration": pl.Series([dt.timedelta(i) for i in range(N)]),
    "Float16": pl.Series(list(range(N)), dtype=pl.Float16),
    "Binary": pl.Series([b"a", b"b"] * HALF),
    "Object": pl.Series([object()] * N, dtype=pl.Object),
    "numbers as Object": pl.Series([None, *range(1, N)], dtype=pl.Object),
}
NESTED = {
    "List": pl.Series([[1], [2]] * HALF),
    "Array": pl.Series([[1, 2]] * N, dtype=pl.Array(pl.Int64, 2)),
    "Struct": pl.Series([{"a": 1}, {"a": 2}] * HALF),
}
COPIES = [im.RandomOverSampler(random_state=0), im.RandomUnderSampler(random_state=0)]
# Samplers that make numbers and copy categories need not compare categories.
FREE = [
    im.RandomOverSampler(shrinkage=1.0, random_state=0),
    im.RCALSampler(random_state=0),
]
READERS = [
    im.SMOTE(random_state=0),
    im.GeometricSMOTE(random_state=0),
    im.EditedNearestNeighbours(),
    im.TomekLinks(),
]


def _arrow(cells: Any) -> Any:
    return pa.table({"it": cells, "x": X2[:, 0]})


def _pandas(cells: Any) -> pd.DataFrame:
    held = pd.arrays.ArrowExtensionArray(pa.chunked_array([cells]))
    return pd.DataFrame({"it": held, "x": X2[:, 0]})


def _schema(table: Any) -> Any:
    return table.schema if hasattr(table, "schema") else list(table.dtypes)


def _rows(table: Any) -> list[Any]:
    if isinstance(table, pd.DataFrame):
        return table["it"].array.__arrow_array__().to_pylist()
    return (
        table["it"].to_list()
        if isinstance(table, pl.DataFrame)
        else table["it"].to_pylist()
    )


def _check_kept(sampler: Any, table: Any, X_out: Any) -> None:
    assert type(X_out) is type(table)
    assert _schema(X_out) == _schema(table)
    before, after = _rows(table), _rows(X_out)
    kept = sampler.sample_indices_[~sampler.is_synthetic_]
    assert after[: len(kept)] == [before[i] for i in kept]
    if np.all(sampler.steps_ == 0):
        assert after == [before[i] for i in sampler.sample_indices_]


@pytest.mark.parametrize(
    ("sampler", "kind", "make"),
    in_pairs(
        {str(sampler): sampler for sampler in (*COPIES, *FREE, *READERS)},
        {kind: kind for kind in (*READABLE, *UNREADABLE)},
        {"Arrow": _arrow, "pandas": _pandas},
    ),
)
def test_columns_of_any_type(sampler, kind, make):
    table, sampler = make((READABLE | UNREADABLE)[kind]), clone(sampler)
    _check_column(sampler, table, read=kind in UNREADABLE)


@pytest.mark.parametrize("kind", [*POLARS, *NESTED])
@pytest.mark.parametrize("sampler", [*COPIES, *FREE, *READERS], ids=str)
def test_polars_columns_of_any_type(sampler, kind):
    table = pl.DataFrame({"it": (POLARS | NESTED)[kind], "x": X2[:, 0]})
    _check_column(clone(sampler), table, read=kind in NESTED)


def _check_column(sampler: Any, table: Any, *, read: bool) -> None:
    if read and type(sampler) in {type(reader) for reader in READERS}:
        with pytest.raises(TypeError, match="column 'it' holds values that cannot be"):
            sampler.fit(table, Y)  # before any work
        return
    X_out, _ = sampler.fit_resample(table, Y)
    _check_kept(sampler, table, X_out)


RECORDS = [
    np.zeros(N, dtype=[("a", "f8"), ("b", "i8")]),
    np.zeros((N, 2), dtype=[("a", "f8")]),
    np.zeros((N, 2), dtype="V4"),
]


NESTED_CELLS = {
    "list": [[1, 2]] * len(Y),
    "dict": [{"u": 1}] * len(Y),
    "set": [{1, 2}] * len(Y),
}
NESTING = {
    "pandas": pd.DataFrame,
    "arrow": pa.table,
    "polars": pl.DataFrame,
}


@pytest.mark.parametrize("kind", NESTED_CELLS)
@pytest.mark.parametrize("container", NESTING)
def test_nested_cells_raise_a_clear_error(container, kind):
    if kind == "set" and container == "arrow":
        pytest.skip("Arrow has no sets")
    X = NESTING[container]({"a": np.arange(float(len(Y))), "l": NESTED_CELLS[kind]})
    says = (
        f"column 'l' holds values that cannot be compared, of the type {kind}: each value "
        "of this argument must be a string or a number. Convert them to text, numbers or "
        "categories, or leave them out."
    )
    for sampler in (im.SMOTE(), im.TomekLinks(), im.GeometricSMOTE()):
        with pytest.raises(TypeError, match=f"^{re.escape(says)}$"):
            sampler.fit_resample(X, Y)


@pytest.mark.parametrize("records", RECORDS, ids=lambda r: str(r.shape))
def test_record_arrays_are_copied_but_not_interpolated(records):
    X_out, _ = im.RandomOverSampler(random_state=0).fit_resample(records, Y)
    assert X_out.dtype == records.dtype
    assert X_out.shape == (58, *records.shape[1:])
    with pytest.raises(TypeError, match=r"array of records.*pandas.DataFrame\(X\)"):
        im.SMOTE().fit(records, Y)


def test_any_objects_are_copied_but_not_compared():
    X = np.empty((N, 2), dtype=object)
    X[:, 1] = X2[:, 0]
    for i in range(N):
        X[i, 0] = [i]
    sampler = im.RandomOverSampler(random_state=0)
    X_out, _ = sampler.fit_resample(X, Y)
    assert X_out[:, 0].tolist() == [[i] for i in sampler.sample_indices_]
    with pytest.raises(TypeError, match="column 0 holds values that cannot be"):
        im.SMOTE().fit(X, Y)


BOOLEANS = {
    "array": np.array([[True], [False]] * HALF),
    "objects": np.array([[True], [None]] * HALF, dtype=object),
    "frame": pd.DataFrame({"it": [True, False] * HALF}),
    "nullable": pd.DataFrame({"it": pd.array([True, None] * HALF, dtype="boolean")}),
    "pandas-Arrow": pd.DataFrame(
        {"it": pd.array([True, None] * HALF, dtype="bool[pyarrow]")}
    ),
    "sparse": pd.DataFrame({"it": pd.arrays.SparseArray([True, False] * HALF)}),
    "polars": pl.DataFrame({"it": [True, None] * HALF}),
    "Arrow": pa.table({"it": [True, None] * HALF}),
    "bool8": pa.table({"it": READABLE["bool8"]}),
}


@pytest.mark.parametrize("kind", BOOLEANS)
@pytest.mark.parametrize("sampler", [*READERS[:2], *FREE], ids=str)
def test_noncategorical_booleans_stay_booleans(sampler, kind):
    X = BOOLEANS[kind]
    sampler = clone(sampler).set_params(categorical_features=[])
    X_out, _ = sampler.fit_resample(X, Y)
    assert type(X_out) is type(X)
    if isinstance(X, np.ndarray):
        assert X_out.dtype == X.dtype
        assert {type(v) for v in X_out.ravel().tolist()} <= {bool, type(None)}
    else:
        assert _schema(X_out) == _schema(X)


def _repeated(kind: Any, dense: Any) -> Any:
    """Return a matrix that stores each cell twice, as one and three quarters of it."""
    held = kind(dense)
    pairs = list(zip(held.indptr[:-1], held.indptr[1:], strict=True))
    indices = [np.tile(held.indices[a:b][::-1], 2) for a, b in pairs]
    parts = [held.data[a:b][::-1] for a, b in pairs]
    data = [np.concatenate([part / 4, part * 3 / 4]) for part in parts]
    return kind(
        (np.concatenate(data), np.concatenate(indices), 2 * held.indptr),
        shape=dense.shape,
    )


@pytest.mark.parametrize(
    "kind", [sp.csr_array, sp.csr_matrix, sp.csc_array, sp.csc_matrix]
)
@pytest.mark.parametrize(
    "sampler", [*READERS, im.RandomOverSampler(random_state=0)], ids=str
)
def test_duplicate_sparse_entries_are_summed(sampler, kind):
    rng = np.random.default_rng(1)
    dense = rng.integers(-9, 9, (150, 5)) * 4.0 * (rng.random((150, 5)) < 0.6)
    y = (rng.random(150) < 0.3).astype(int)
    X = _repeated(kind, dense)
    before = X.data.copy(), X.indices.copy(), X.indptr.copy()
    resampled, y_found = clone(sampler).fit_resample(X, y)
    expected, y_expected = clone(sampler).fit_resample(kind(dense), y)
    assert type(resampled) is kind
    assert_array_equal(y_found, y_expected)
    assert_array_equal(resampled.toarray(), expected.toarray())
    for part, was in zip((X.data, X.indices, X.indptr), before, strict=True):
        assert_array_equal(part, was)


def test_a_sparse_matrix_keeps_its_large_integers():
    dense = np.full((N, 2), 2**63 - 1)
    dense[::2, 1] = 0
    X_out, _ = im.SMOTE(categorical_features=[1], random_state=0).fit_resample(
        sp.csr_array(dense), Y
    )
    assert (X_out.toarray()[:, 0] == 2**63 - 1).all()


BATCHES = {
    "record batch": pa.RecordBatch.from_pydict({"a": X2[:, 0], "b": ["t"] * N}),
    "narwhals of polars": nw.from_native(pl.DataFrame(X2)),
    "narwhals of pandas": nw.from_native(pd.DataFrame(X2, columns=["a", "b"])),
}


@pytest.mark.parametrize("kind", BATCHES)
@pytest.mark.parametrize("sampler", [*COPIES, READERS[0], READERS[2]], ids=str)
def test_record_batches_and_narwhals_frames_keep_their_type(kind, sampler):
    X = BATCHES[kind]
    inner = pa.Table.from_batches([X]) if kind == "record batch" else X.to_native()
    resampled, _ = clone(sampler).fit_resample(X, Y)
    expected, _ = clone(sampler).fit_resample(inner, Y)
    assert type(resampled) is type(X)
    native = (
        pa.Table.from_batches([resampled])
        if kind == "record batch"
        else resampled.to_native()
    )
    assert native.equals(expected)


def test_record_batch_can_become_empty():
    X = BATCHES["record batch"]
    sampler = im.RandomUnderSampler(sampling_strategy={0: 0, 1: 0}, random_state=0)
    X_out, _ = sampler.fit_resample(X, Y)
    assert X_out.schema == X.schema
    assert X_out.num_rows == 0


LAZY = {
    "polars": (pl.DataFrame(X2).lazy(), "collect it first"),
    "narwhals": (nw.from_native(pl.DataFrame(X2).lazy()), "collect it first"),
    "a stream": (
        pa.RecordBatchReader.from_batches(pa.schema([("a", pa.float64())]), []),
        r"pyarrow.table\(X\) reads it into memory",
    ),
}


@pytest.mark.parametrize("kind", LAZY)
def test_lazy_tables_raise_with_advice(kind):
    X, says = LAZY[kind]
    with pytest.raises(TypeError, match=says):
        im.RandomOverSampler().fit_resample(X, Y)


LABELS = {
    "index": pd.Index(Y),
    "polars": pl.Series(Y),
    "array": pa.array(Y),
    "chunked array": pa.chunked_array([Y]),
    "narwhals": nw.from_native(pl.Series(Y), series_only=True),
}


@pytest.mark.parametrize("kind", LABELS)
def test_labels_keep_their_container(kind):
    y = LABELS[kind]
    _, y_out = im.SMOTE(random_state=0).fit_resample(X2, y)
    assert type(y_out) is type(y)
    assert_array_equal(np.asarray(y_out), np.repeat([0, 1, 1], [29, 11, 18]))


@pytest.mark.parametrize("sampler", [*COPIES, READERS[0], READERS[2]], ids=str)
def test_rows_are_matched_by_position_and_take_the_index_of_x(sampler):
    X = pd.DataFrame(X2, columns=["a", "b"], index=[f"r{i}" for i in range(N)])
    y = pd.Series(Y, index=range(7, 7 + N), name="t")
    groups = pd.Series(["g"] * N)
    sampler = clone(sampler)
    with pytest.warns(
        UserWarning, match="X and (y|groups) have different indices"
    ) as caught:
        X_out, y_out = sampler.fit_resample(X, y, groups=groups)
    assert len(caught) == 2
    assert y_out.index.equals(X_out.index)
    assert sampler.groups_.index.equals(X_out.index)
    assert y_out.name == "t"
    assert_array_equal(y_out, Y[sampler.sample_indices_])
    assert y.index[0] == 7
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sampler.fit_resample(X, y.set_axis(X.index))
        sampler.fit_resample(X, Y)
        sampler.fit_resample(X2, y)


# --- carry -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fitted():
    sampler = im.SMOTE(random_state=0)
    sampler.fit_resample(X2, Y)
    return sampler


F = X2[:, 0]


def test_images_are_carried_pixel_by_pixel(fitted):
    images = np.random.default_rng(2).random((N, 3, 4))
    out = fitted.carry(images)
    assert out.shape == (58, 3, 4)
    assert_allclose(out[:, 1, 2], fitted.carry(images[:, 1, 2]))
    pixels = (255 * images).astype(np.uint8)
    assert_array_equal(fitted.carry(pixels), pixels[fitted.sample_indices_])
    assert fitted.carry(pixels, rule="interpolate").shape == (58, 3, 4)
    assert_allclose(fitted.carry(images.tolist()), out)


def test_lists_of_pairs_are_carried(fitted):
    pairs = [(float(a), float(b)) for a, b in X2]
    out = fitted.carry(pairs)
    assert {type(pair) for pair in out} == {tuple}
    assert_allclose(np.array(out), fitted.carry(X2))
    mixed = [("a", i) for i in range(N)]
    assert fitted.carry(mixed) == [mixed[i] for i in fitted.sample_indices_]
    ragged = [[1] * (i % 3) for i in range(N)]
    assert fitted.carry(ragged) == [ragged[i] for i in fitted.sample_indices_]


@pytest.mark.parametrize(
    "values",
    [
        range(N),
        deque(range(N)),
        array("i", range(N)),
        array("d", F),
        memoryview(bytes(range(N))),
        _NotAnArray(F),  # has no length, only a conversion to an array
    ],
    ids=lambda values: type(values).__name__,
)
def test_array_likes_are_carried_as_arrays(fitted, values):
    out = fitted.carry(values)
    assert type(out) is np.ndarray
    assert_array_equal(out, fitted.carry(np.asarray(values)))


@pytest.mark.parametrize("form", [sp.coo_array, sp.csr_array])
def test_one_dimensional_sparse_arrays_are_carried(fitted, form):
    for values in (np.where(F > 0, F, 0), np.arange(N)):
        out = fitted.carry(form(values))
        assert type(out) is form
        assert_array_equal(out.toarray(), fitted.carry(values))


@pytest.mark.parametrize(
    "values",
    [None, 3, np.float64(3), np.array(3), "x" * N, b"x" * N, set(range(N)), iter(F)],
    ids=lambda values: type(values).__name__,
)
@pytest.mark.parametrize("kind", [im.SMOTE, im.RandomOverSampler])
def test_values_without_ordered_rows_are_not_carried(kind, values):
    sampler = kind(random_state=0)
    sampler.fit_resample(X2, Y)
    with pytest.raises(TypeError, match="whose rows have no order"):
        sampler.carry(values)


@pytest.mark.parametrize("values", [F, X2, np.arange(N), X2 > 0])
def test_carried_masked_arrays_keep_their_mask(fitted, values):
    masked = np.ma.masked_array(
        values.copy(), mask=X2 < 0 if values.ndim == 2 else F < 0
    )
    # Values under the mask must not leak.
    masked.data[masked.mask] = values.dtype.type(77)
    out = fitted.carry(masked)
    assert isinstance(out, np.ma.MaskedArray)
    assert out.dtype == values.dtype
    assert_array_equal(out.mask[:N], masked.mask)
    seeds, partners = masked.mask[fitted.parents_.T]
    new = out.mask[N:]
    assert not new[~seeds & ~partners].any()
    assert out[N:].compressed().max() <= max(masked.compressed().max(), 1)


SERIES = {
    "polars": pl.Series("n", F),
    "Arrow": pa.array(F),
    "chunks": pa.chunked_array([F]),
    "extension array": pd.array(F, dtype="Float64"),
    "narwhals": nw.from_native(pl.Series("n", F), series_only=True),
    "pandas": pd.Series(F),
}


@pytest.mark.parametrize("kind", SERIES)
def test_series_of_any_library_are_carried_like_arrays(fitted, kind):
    values = SERIES[kind]
    out = fitted.carry(values)
    assert type(out) is type(values)
    assert_allclose(np.asarray(out, dtype=float), fitted.carry(F))


def test_carry_copies_index_labels_by_default(fitted):
    names = pd.Index(F, name="q")
    out = fitted.carry(names)
    assert_array_equal(out, F[fitted.sample_indices_])
    assert out.name == "q"
    assert_allclose(fitted.carry(names, rule="interpolate"), fitted.carry(F))
    levels = pd.MultiIndex.from_product([range(HALF), ["a", "b"]])
    assert list(fitted.carry(levels)) == [levels[i] for i in fitted.sample_indices_]
    with pytest.raises(ValueError, match="MultiIndex is not numeric"):
        fitted.carry(levels, rule="interpolate")


@pytest.mark.parametrize(
    "kind", [sp.coo_array, sp.lil_array, sp.csr_matrix, sp.csc_array]
)
def test_sparse_values_of_any_format_are_carried(fitted, kind):
    out = fitted.carry(kind(X2))
    assert type(out) is kind
    assert_allclose(out.toarray(), fitted.carry(X2))


def test_stack_finds_a_common_dtype():
    first = pd.DataFrame(
        {
            "number": [1, 2],
            "equal": pd.Categorical(["b", "a"], categories=["b", "a"]),
            "different": pd.Categorical(["b", "c"]),
            "ordered": pd.Categorical(["b", "c"], ordered=True),
        }
    )
    second = first.assign(
        number=[0.5, 1.5],
        different=pd.Categorical(["a", "b"]),
        ordered=pd.Categorical(["a", "b"], ordered=True),
    )
    stacked = stack(first, second)
    assert stacked.index.tolist() == [0, 1, 2, 3]
    assert stacked["number"].tolist() == [1.0, 2.0, 0.5, 1.5]
    assert stacked["equal"].dtype == first["equal"].dtype
    assert stacked["different"].cat.categories.tolist() == ["a", "b", "c"]
    assert stacked["different"].tolist() == ["b", "c", "a", "b"]
    # Two different orders have no union.
    assert not isinstance(stacked["ordered"].dtype, pd.CategoricalDtype)
    assert stacked["ordered"].tolist() == ["b", "c", "a", "b"]


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_only_column_unwraps_a_single_column_frame(make):
    one, two = make({"a": [1, 2]}), make({"a": [1, 2], "b": [3, 4]})
    assert list(only_column(one)) == list(one["a"])
    assert only_column(two) is two
    assert only_column([[1], [2]]) == [[1], [2]]


def test_adding_and_removing_rows_works_in_every_container():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    y = np.repeat([0, 1], [45, 15])
    X[45:] += 0.5
    plain = im.CCR(energy=1.0, random_state=0)
    expected, _ = plain.fit_resample(X, y)
    kept = plain.sample_indices_[~plain.is_synthetic_]
    assert 15 < len(kept) < 60
    frame = pd.DataFrame(X, columns=["a", "b"]).assign(c="t")
    for table in (frame, pl.from_pandas(frame), pa.Table.from_pandas(frame)):
        sampler = im.CCR(energy=1.0, random_state=0)
        resampled, _ = sampler.fit_resample(table, y)
        rows = nw.from_native(resampled, eager_only=True).select("a", "b").to_numpy()
        assert_array_equal(sampler.sample_indices_, plain.sample_indices_)
        assert_array_equal(rows, expected)
        assert_array_equal(rows[: len(kept)], X[kept])


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_numbers_of_returns_floats_or_none_for_text(make):
    frame = make({"number": [1.0, None, 3.5], "text": ["1", "2", "3"]})
    assert_array_equal(numbers_of(frame, "number"), [1.0, np.nan, 3.5])
    assert numbers_of(frame, "text") is None
    if make is pd.DataFrame:
        mixed = pd.DataFrame({"mixed": pd.Series([2, "2", None], dtype=object)})
        assert_array_equal(numbers_of(mixed, "mixed"), [2.0, np.nan, np.nan])
