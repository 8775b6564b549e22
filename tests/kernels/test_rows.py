"""Row kernels against the same formulas in NumPy and in Python, bit by bit."""

from __future__ import annotations

import os

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from imbsuite._kernels import rows, threads_for

FLOATS = [np.float32, np.float64]
INTEGERS = [np.dtype(kind + size) for kind in "iu" for size in "1248"]
THREADS = st.sampled_from([1, 2, 3])
LAYOUTS = st.sampled_from(["C", "F", "strided", "reversed", "read-only"])
few = settings(max_examples=60)


@st.composite
def blocks(draw, dtypes):
    """Return a block of one of these types; its cells may be extreme values."""
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    shape = draw(st.tuples(st.integers(1, 8), st.integers(1, 5)))
    if dtype.kind == "f":
        cells = st.floats(allow_infinity=False, width=8 * dtype.itemsize)
    else:
        info = np.iinfo(dtype)
        ends = st.sampled_from([info.min, info.max, info.min + 1, info.max - 1, 0, 1])
        cells = ends | st.integers(info.min, info.max)
    return draw(hnp.arrays(dtype, shape, elements=cells))


def laid_out(values, layout):
    """Return the same cells in another memory layout."""
    if layout == "F":
        return np.asfortranarray(values)
    if layout == "strided":
        wide = np.zeros((2 * len(values), 3 * values.shape[1]), values.dtype)
        wide[::2, ::3] = values
        return wide[::2, ::3]
    if layout == "reversed":
        return values[::-1, ::-1].copy()[::-1, ::-1]
    values = values.copy()
    values.flags.writeable = layout != "read-only"
    return values


def pairs(data, n, steps):
    """Return seeds, partners and steps, possibly none."""
    size = data.draw(st.integers(0, 12))
    places = st.lists(st.integers(0, n - 1), min_size=size, max_size=size)
    seeds, partners = (np.array(data.draw(places), dtype=np.intp) for _ in "ab")
    drawn = st.lists(steps, min_size=size, max_size=size)
    return seeds, partners, np.array(data.draw(drawn), dtype=np.float64)


def as_bytes(values):
    return values.view(np.uint8)


@few
@given(st.data(), blocks(FLOATS + INTEGERS), THREADS)
def test_take_rows_matches_numpy(data, values, threads):
    seeds, _, _ = pairs(data, len(values), st.just(0.0))
    out = np.empty((len(seeds), values.shape[1]), values.dtype)
    rows.take_rows(as_bytes(values), seeds, as_bytes(out), threads)
    assert out.tobytes() == values[seeds].tobytes()


@few
@given(blocks(FLOATS + INTEGERS), THREADS, st.integers(1, 400), st.integers(0, 3))
def test_take_rows_copies_contiguous_and_strided_tables(values, threads, times, left):
    source = np.tile(values, (times, 1))
    left = min(left, source.shape[1] - 1)
    narrow = source[:, left:]
    out = np.empty_like(narrow, order="C")
    rows.take_rows(as_bytes(narrow), None, as_bytes(out), threads)
    assert out.tobytes() == narrow.tobytes()


@few
@given(st.data(), blocks(FLOATS), LAYOUTS, st.sampled_from("CF"), THREADS)
def test_between_floats_matches_the_formula(data, values, layout, order, threads):
    steps = st.floats(-2, 2) | st.sampled_from([0.0, 1.0])
    seeds, partners, steps = pairs(data, len(values), steps)
    out = np.empty((len(seeds), values.shape[1]), values.dtype, order=order)
    table = laid_out(values, layout)
    rows.between_floats(table, seeds, partners, steps, out, threads)
    near, far = values[seeds], values[partners]
    expected = floats_between(near, far, steps[:, np.newaxis])
    np.testing.assert_array_equal(out, expected)
    # -0.0 equals 0.0; between the two, either may be returned.
    same = (near == far) & (np.signbit(near) == np.signbit(far))
    same |= np.isnan(near) | (steps[:, np.newaxis] == 0)
    assert out[same].tobytes() == near[same].tobytes()


def floats_between(near, far, step):
    """Return the formula where it is finite, else a weighted mean, within the type.

    A step of 0 returns the seed, even if the partner's cell is missing.
    """
    wide, end = near.astype(np.float64), far.astype(np.float64)
    largest = float(np.finfo(near.dtype).max)
    with np.errstate(all="ignore"):
        cells = step * (end - wide) + wide
        mean = (1 - step) * wide + step * end
        cells = np.where(np.isfinite(cells.astype(near.dtype)), cells, mean)
        cells = np.clip(cells, -largest, largest).astype(near.dtype)
    return np.where(step == 0, near, cells)


def whole_between(near, far, step, low, high):
    if 0 <= step <= 1:
        low, high = min(near, far), max(near, far)
    rises = (far > near) == (step > 0)
    room = max(0, high - near if rises else near - low)
    shift = float(np.rint(abs(step) * float(abs(far - near))))
    # Compared as floats, so that a step of 1 reaches the partner at any distance.
    size = room if shift >= float(room) else int(shift)
    return near + size if rises else near - size


@few
@given(st.data(), blocks(INTEGERS), LAYOUTS, THREADS)
def test_integers_are_exact_and_within_their_range(data, values, layout, threads):
    steps = st.floats(-2, 2) | st.sampled_from([0.0, 0.5, 1.0])
    seeds, partners, steps = pairs(data, len(values), steps)
    info = np.iinfo(values.dtype)
    bounds = int(info.min), int(info.max)
    out = np.empty((len(seeds), values.shape[1]), values.dtype)
    table = laid_out(values, layout)
    rows.between_integers(table, seeds, partners, steps, *bounds, out, threads)
    cells = values.tolist()
    expected = [
        [
            whole_between(*cell, step, *bounds)
            for cell in zip(cells[i], cells[j], strict=True)
        ]
        for i, j, step in zip(seeds, partners, steps.tolist(), strict=True)
    ]
    assert out.tolist() == expected


@pytest.mark.parametrize("dtype", ["f4", "f8", "i8", "u8", "i1"])
@given(data=st.data(), steps=st.lists(st.floats(-3, 3), min_size=1, max_size=4))
def test_interpolating_equal_parents_returns_the_seed(data, dtype, steps):
    info = np.iinfo(dtype) if np.dtype(dtype).kind != "f" else np.finfo(dtype)
    ends = [info.min, info.max, 0, -0.0 if np.dtype(dtype).kind == "f" else 1]
    if np.dtype(dtype).kind == "f":
        ends += [info.smallest_subnormal, -info.smallest_subnormal]
    elif info.max > 2**53:
        ends += [info.max - 1, info.min + 1, 2**53 + 1]
    cell = data.draw(st.sampled_from(ends))
    values, steps = np.full((2, 1), cell, dtype), np.array(steps)
    seeds = np.zeros(len(steps), np.intp)
    out = np.empty((len(steps), 1), dtype)
    pair = (values, seeds, seeds + 1, steps)
    if np.dtype(dtype).kind == "f":
        rows.between_floats(*pair, out, 1)
    else:
        rows.between_integers(*pair, int(info.min), int(info.max), out, 1)
    assert out.tobytes() == values[seeds].tobytes()


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_interpolating_the_largest_floats_stays_finite(dtype):
    largest = np.finfo(dtype).max
    values = np.array([[-largest], [largest]], dtype)
    seeds, partners = np.zeros(3, np.intp), np.ones(3, np.intp)
    out = np.empty((3, 1), dtype)
    rows.between_floats(values, seeds, partners, np.array([0.5, 1.0, 3.0]), out, 1)
    assert out.ravel().tolist() == [0.0, largest, largest]


def test_step_of_1_between_extreme_integers_reaches_the_partner():
    # The difference of 2**64 - 1 is rounded up to 2**64 as a float.
    values = np.array([[-(2**63)], [2**63 - 1]])
    out = np.empty((2, 1), dtype=np.int64)
    one, two = np.array([0, 1]), np.array([1, 0])
    rows.between_integers(values, one, two, np.ones(2), 0, 0, out, 1)
    assert out.tolist() == [[2**63 - 1], [-(2**63)]]


def test_integers_are_clipped_to_the_given_bounds():
    values = np.array([[0], [200]])
    out = np.empty((2, 1), dtype=np.int64)
    one, two = np.array([0, 1]), np.array([1, 0])
    rows.between_integers(values, one, two, np.array([3.0, 3.0]), 0, 255, out, 1)
    assert out.tolist() == [[255], [0]]


@few
@given(
    st.data(),
    st.sampled_from([np.float32, np.float64, np.int64, np.uint64]),
    st.sampled_from([np.int32, np.int64]),
    THREADS,
)
def test_sparse_rows_match_dense_rows(data, dtype, kind, threads):
    shape = data.draw(st.tuples(st.integers(1, 6), st.integers(1, 9)))
    cells = st.integers(0, 9).map(lambda v: max(0, v - 5))
    dense = data.draw(hnp.arrays(dtype, shape, elements=cells))
    seeds, partners, steps = pairs(data, len(dense), st.floats(0, 1))
    starts, columns, values = merged(dense, kind, seeds, partners, steps, threads)
    matrix = sp.csr_array((values, columns, starts), shape=(len(seeds), shape[1]))
    assert matrix.has_canonical_format
    expected = np.empty((len(seeds), shape[1]), dtype)
    if np.dtype(dtype).kind == "f":
        rows.between_floats(dense, seeds, partners, steps, expected, 1)
    else:
        pair = (dense, seeds, partners, steps)
        rows.between_integers(*pair, 0, 2**62, expected, 1)
    np.testing.assert_array_equal(matrix.toarray(), expected)


def merged(dense, kind, seeds, partners, steps, threads):
    matrix = sp.csr_array(dense)
    starts, columns = matrix.indptr.astype(kind), matrix.indices.astype(kind)
    counts = np.zeros(len(seeds) + 1, dtype=np.int64)
    rows.count_entries(starts, columns, seeds, partners, counts[1:], threads)
    ends = counts.cumsum().astype(kind)
    out = np.empty(ends[-1], dtype=kind), np.empty(ends[-1], dtype=dense.dtype)
    arguments = (starts, columns, matrix.data, seeds, partners, steps, 0, 2**62)
    rows.merge_rows(*arguments, ends, *out, threads)
    return ends, *out


def test_sparse_row_paired_with_itself_is_copied_bit_by_bit():
    starts, columns, data = np.array([0, 2]), np.array([1, 3]), np.array([-0.0, np.nan])
    zero, out = np.zeros(1, np.intp), (np.empty(2, np.int64), np.empty(2))
    arguments = (starts, columns, data, zero, zero, np.array([0.7]), 0.0, 0.0)
    rows.merge_rows(*arguments, starts, *out, 1)
    assert out[1].tobytes() == data.tobytes()
    assert out[0].tolist() == [1, 3]


WORDS = [(np.float32, np.uint32, 0xFF << 23), (np.float64, np.uint64, 0x7FF << 52)]


@pytest.mark.parametrize(("dtype", "word", "exponent"), WORDS)
@few
@given(data=st.data(), threads=THREADS)
def test_all_finite_matches_numpy(data, threads, dtype, word, exponent):
    cells = st.floats(width=8 * np.dtype(dtype).itemsize)
    values = data.draw(hnp.arrays(dtype, st.integers(0, 20), elements=cells))
    unit = exponent & -exponent
    is_finite = rows.all_finite(values.view(word), exponent, unit, threads)
    assert is_finite == np.isfinite(values).all()


def test_threads_are_used_for_large_work_and_obey_limits(monkeypatch):
    from threadpoolctl import threadpool_limits

    assert threads_for(1_000) == 1 <= threads_for(10**9)
    with threadpool_limits(1):
        assert threads_for(10**9) == 1
    monkeypatch.setattr(os, "getpid", lambda: -1)  # as in a forked process
    assert threads_for(10**9) == 1
