"""Every kind of column of every container: its possible cells, and how it is made.

``COLUMNS`` is the registry, ``{container: {type: Kind}}``; ``test_registry.py`` checks
with NumPy, pandas, pyarrow and polars that it is complete. Dates and durations are
drawn as their underlying integers, and decimals as unscaled integers.
"""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from hypothesis import strategies as st

__all__ = ["COLUMNS", "CONTAINERS", "Kind"]


@dataclass(frozen=True)
class Kind:
    """A kind of column.

    Attributes
    ----------
    values : strategy
        One cell, as a Python object.
    make : callable
        Turns a list of such cells into a column of the container.
    missing, odd : tuple
        Missing cells, and cells that are rarely used, such as infinity.
    numeric : bool
        Whether new cells may lie between those of parents, if all cells are numbers.
        Otherwise each new cell equals that of a parent.
    bounds : pair of numbers or None
        The range of the type, as numbers that ``cells.py`` reads.
    refused : bool
        Whether every method may reject such a column, even those that read no cells.
    """

    values: st.SearchStrategy[Any]
    make: Callable[[list[Any]], Any]
    missing: tuple[Any, ...] = ()
    odd: tuple[Any, ...] = ()
    numeric: bool = False
    bounds: tuple[Any, Any] | None = None
    refused: bool = False


Kinds = dict[str, Kind]


# Values ----------------------------------------------------------------------------------


def whole(low: int, high: int) -> st.SearchStrategy[int]:
    """Return integers: the ends of the range, the limits of float64, and others."""
    ends = (low, low + 1, low // 2, high // 2, high - 1, high)
    known = (*ends, -1, 0, 1, 2, 3, 100, 2**53 - 1, 2**53, 2**53 + 1, -(2**53) - 1)
    inside = sorted({v for v in known if low <= v <= high})
    small = st.integers(max(low, -9), min(high, 9))
    return st.sampled_from(inside) | small | st.integers(low, high)


def reals(dtype: Any) -> st.SearchStrategy[float]:
    """Return finite floats: zeros, subnormals, the largest, whole ones, and others."""
    info = np.finfo(dtype)
    tiny, small, large = (
        float(v) for v in (info.smallest_subnormal, info.tiny, info.max)
    )
    plain = [0.0, -0.0, 1.0, -1.0, 0.1, 2.5, -7.25, 40.0]
    ends = [tiny, -tiny, small, large, -large, large / 2, float(info.eps)]
    wide = [2.0**53, 2.0**53 + 2, -(2.0**60), 1e-170, 1e200, 1e-300]
    values = [*plain, *ends, *(v for v in wide if tiny < abs(v) < large)]
    in_type = [float(v) for v in np.array(values, dtype=dtype)]
    return st.sampled_from(in_type) | st.floats(
        width=8 * np.dtype(dtype).itemsize, allow_nan=False, allow_infinity=False
    )


TEXTS = st.sampled_from(["a", "b", "", " ", "00123", "1e3", "ä\u0301", "\U0001f600"])
LABELS = st.sampled_from(["low", "mid", "high"])
BYTES = st.sampled_from([b"", b"\x00", b"a", b"\xff\xfe"])
FLAGS = st.booleans()
INF = (float("inf"), -float("inf"))
NAN = float("nan")

_PER_DAY = {
    "D": 1,
    "h": 24,
    "m": 1440,
    "s": 86_400,
    "ms": 86_400_000,
    "us": 86_400_000_000,
    "ns": 86_400_000_000_000,
}
_DAYS = (
    dt.date(1, 1, 1).toordinal() - 719_163,
    dt.date(9999, 12, 31).toordinal() - 719_163,
)


def days_to(unit: str) -> tuple[int, int]:
    """Return the first and last moment of the years 1 to 9999, or of 64 bits."""
    per = _PER_DAY[unit]
    low, high = _DAYS[0] * per, (_DAYS[1] + 1) * per - 1
    return max(low, -(2**63) + 1), min(high, 2**63 - 1)


def moments(unit: str, room: int = 0) -> st.SearchStrategy[int]:
    """Return moments: the ends, whole days, whole seconds, and others.

    ``room`` days are left at each end, for time zones.
    """
    per = _PER_DAY[unit]
    low, high = days_to(unit)
    low, high = low + room * per, high - room * per
    second = max(per // 86_400, 1)
    common = [0, 1, -1, per, 20_000 * per, 20_001 * per + 7 * second, 20_000 * second]
    return (
        st.sampled_from([low, low + 1, high - 1, high, *common])
        | st.integers(19_000, 21_000).map(lambda day: day * per)
        | st.integers(low, high)
    )


def spans() -> st.SearchStrategy[int]:
    return whole(-(2**63) + 1, 2**63 - 1)


# NumPy -----------------------------------------------------------------------------------


def _numpy(dtype: Any) -> Callable[[list[Any]], Any]:
    return partial(np.array, dtype=dtype)


def _integer(dtype: Any, make: Any = None, missing: tuple[Any, ...] = ()) -> Kind:
    info = np.iinfo(dtype)
    low, high = int(info.min), int(info.max)
    return Kind(
        whole(low, high),
        make or _numpy(dtype),
        missing,
        numeric=True,
        bounds=(low, high),
    )


def _float(dtype: Any, make: Any = None, missing: tuple[Any, ...] = (NAN,)) -> Kind:
    largest = float(np.finfo(dtype).max)
    return Kind(
        reals(dtype if np.dtype(dtype).itemsize <= 8 else np.float64),
        make or _numpy(dtype),
        missing,
        odd=INF,
        numeric=True,
        bounds=(-largest, largest),
    )


def _from_ints(cells: list[int], dtype: str) -> Any:
    return np.array(cells, dtype=np.int64).view(dtype)


_NAT = -(2**63)
_INTEGERS = [f"{kind}{size}" for kind in ("int", "uint") for size in (8, 16, 32, 64)]
_UNITS = ("Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as")


def _numpy_moments(unit: str) -> Kind:
    values = moments(unit) if unit in _PER_DAY else whole(-8000, 8000)
    return Kind(values, partial(_from_ints, dtype=f"M8[{unit}]"), (_NAT,), numeric=True)


def _numpy_spans(unit: str) -> Kind:
    return Kind(
        spans(), partial(_from_ints, dtype=f"m8[{unit}]"), (_NAT,), numeric=True
    )


NUMPY: Kinds = {
    **{name: _integer(name) for name in _INTEGERS},
    **{name: _float(name) for name in ("float16", "float32", "float64", "longdouble")},
    **{f">{code}": _integer(f">{code}") for code in ("i2", "u8")},
    **{f">{code}": _float(f">{code}") for code in ("f4", "f8")},
    **{f"datetime64[{unit}]": _numpy_moments(unit) for unit in _UNITS},
    **{f"timedelta64[{unit}]": _numpy_spans(unit) for unit in _UNITS},
    "bool": Kind(FLAGS, _numpy(bool)),
    "str": Kind(TEXTS, _numpy("U8")),
    "bytes": Kind(BYTES, _numpy("S8")),
    "complex64": Kind(reals("f4"), _numpy("c8"), (NAN,), refused=True),
    "complex128": Kind(reals("f8"), _numpy("c16"), (NAN,), refused=True),
    "clongdouble": Kind(reals("f8"), _numpy("c32"), (NAN,), refused=True),
    "void": Kind(BYTES, _numpy("V8"), refused=True),
}

# Arrays of objects, and lists ------------------------------------------------------------

_GAPS = (None, NAN)


def _cells(cells: list[Any]) -> list[Any]:
    return cells


_NUMBERS: Kinds = {
    "integers": Kind(whole(-(2**63), 2**63 - 1), _cells, _GAPS, numeric=True),
    "large integers": Kind(
        st.sampled_from([2**63, 2**64, 2**70 + 1, -(2**100)]) | st.integers(),
        _cells,
        _GAPS,
        numeric=True,
    ),
    "floats": Kind(reals("f8"), _cells, _GAPS, odd=INF, numeric=True),
    "numbers": Kind(
        reals("f8") | whole(-(2**53), 2**53), _cells, _GAPS, odd=INF, numeric=True
    ),
    "numpy integers": Kind(
        whole(0, 255).map(np.uint8) | whole(-9, 9).map(np.int64),
        _cells,
        _GAPS,
        numeric=True,
    ),
    "numpy floats": Kind(reals("f4").map(np.float32), _cells, _GAPS, numeric=True),
}
_OTHERS: Kinds = {
    "texts": Kind(TEXTS, _cells, (*_GAPS, pd.NA)),
    "booleans": Kind(FLAGS, _cells, _GAPS),
    "bytes": Kind(BYTES, _cells, _GAPS),
    "decimals": Kind(
        st.sampled_from([decimal.Decimal(v) for v in ("0.10", "1E+3", "-7", "9e99")]),
        _cells,
        _GAPS,
    ),
    "fractions": Kind(st.fractions(max_denominator=9), _cells, _GAPS),
    "complex numbers": Kind(st.sampled_from([1j, 2 + 0j]), _cells, _GAPS),
    "dates": Kind(st.sampled_from([dt.date.min, dt.date.max]), _cells, _GAPS),
    "moments": Kind(
        st.sampled_from([dt.datetime(2020, 1, 1), dt.datetime.max]),  # noqa: DTZ001, DTZ901 (no zone is meant)
        _cells,
        _GAPS,
    ),
    "stamps": Kind(
        st.sampled_from([pd.Timestamp.min, pd.Timestamp.max]), _cells, (pd.NaT, None)
    ),
    "times": Kind(st.sampled_from([dt.time.min, dt.time.max]), _cells, _GAPS),
    "spans": Kind(st.sampled_from([dt.timedelta.min, dt.timedelta.max]), _cells, _GAPS),
    "identifiers": Kind(
        st.integers(0, 9).map(lambda i: uuid.UUID(int=2**127 + i)), _cells, _GAPS
    ),
    # These may happen to hold numbers only.
    "mixed": Kind(TEXTS | whole(-9, 9) | FLAGS, _cells, (*_GAPS, pd.NA), numeric=True),
    "nothing": Kind(st.none(), _cells),
}
_NESTED: Kinds = {
    "tuples": Kind(st.tuples(whole(-9, 9), TEXTS), _cells, _GAPS, refused=True),
    "lists": Kind(st.lists(whole(-9, 9), max_size=2), _cells, _GAPS, refused=True),
    "sets": Kind(
        st.sampled_from([frozenset(), frozenset("a")]), _cells, _GAPS, refused=True
    ),
    "dicts": Kind(st.just({"a": 1}), _cells, _GAPS, refused=True),
}
OBJECTS: Kinds = {**_NUMBERS, **_OTHERS, **_NESTED}
LISTS: Kinds = {
    **_NUMBERS,
    **_OTHERS,
    "complex numbers": replace(_OTHERS["complex numbers"], refused=True),
}

# SciPy -----------------------------------------------------------------------------------

SPARSE: Kinds = {
    **{name: _integer(name) for name in _INTEGERS},
    **{name: _float(name) for name in ("float32", "float64")},
    # SciPy has no half floats.
    "longdouble": _float("longdouble"),
    "bool": Kind(FLAGS, _numpy(bool), refused=True),
    "complex128": Kind(reals("f8"), _numpy("c16"), refused=True),
}

# Arrow -----------------------------------------------------------------------------------


def _arrow(kind: Any) -> Callable[[list[Any]], Any]:
    return lambda cells: pa.array(cells, type=kind)


def _arrow_kind(values: Any, kind: Any, **more: Any) -> Kind:
    return Kind(values, _arrow(kind), (None,), **more)


def _arrow_ints(kind: Any, storage: Any) -> Callable[[list[Any]], Any]:
    return lambda cells: pa.array(cells, type=storage).cast(kind)


_INT64 = pa.int64()


def _arrow_time(
    kind: Any, values: Any, low: int, high: int, storage: Any = _INT64
) -> Kind:
    make = _arrow_ints(kind, storage)
    return Kind(values, make, (None,), numeric=True, bounds=(low, high))


def _scaled(number: int | None, scale: int) -> decimal.Decimal | None:
    if number is None:
        return None
    sign, digits, _ = decimal.Decimal(number).as_tuple()
    return decimal.Decimal((sign, digits, -scale))


def _decimal(make: Callable[[list[Any]], Any], precision: int, scale: int) -> Kind:
    top = 10**precision - 1
    return Kind(
        whole(-top, top),
        lambda cells: make([_scaled(cell, scale) for cell in cells]),
        (None,),
        numeric=True,
        bounds=(_scaled(-top, scale), _scaled(top, scale)),
    )


def _arrow_float(name: str, kind: Any) -> Kind:
    return _float(name, _arrow(kind), (None, NAN))


def _half(cells: list[Any]) -> Any:
    return pa.array([None if c is None else np.float16(c) for c in cells], pa.float16())


def _arrow_union(cells: list[Any], *, dense: bool) -> Any:
    n = len(cells)
    types, parts = pa.array([0] * n, pa.int8()), [pa.array(cells, pa.int64())]
    if dense:
        return pa.UnionArray.from_dense(types, pa.array(range(n), pa.int32()), parts)
    return pa.UnionArray.from_sparse(types, parts)


def _day_time(cells: list[Any]) -> Any:
    return pa.array(cells, pa.month_day_nano_interval())


_ZONES = ("UTC", "Europe/Berlin", "America/St_Johns", "+05:30")
_ARROW_UNITS = ("s", "ms", "us", "ns")
_TIMES = {"s": 86_400, "ms": 86_400_000, "us": 86_400 * 10**6, "ns": 86_400 * 10**9}
_SMALL = whole(-9, 9)
_LISTS = st.lists(st.none() | _SMALL, max_size=2)

_ARROW_NUMBERS: Kinds = {
    **{
        name: _integer(name, _arrow(getattr(pa, name)()), (None,)) for name in _INTEGERS
    },
    "float16": _float("float16", _half, (None, NAN)),
    "float32": _arrow_float("float32", pa.float32()),
    "float64": _arrow_float("float64", pa.float64()),
    **{
        f"decimal{bits}({p}, {s})": _decimal(
            _arrow(getattr(pa, f"decimal{bits}")(p, s)), p, s
        )
        for bits, p, s in (
            *((32, 9, 2), (64, 18, 0), (64, 18, 6), (128, 38, 0), (128, 38, 10)),
            *((128, 5, 2), (128, 20, 20), (256, 76, 0), (256, 76, 30), (256, 40, -2)),
        )
    },
}
_ARROW_TIMES: Kinds = {
    "date32": _arrow_time(pa.date32(), moments("D"), *_DAYS, pa.int32()),
    "date64": Kind(
        moments("D"),
        lambda cells: pa.array(
            [None if c is None else 86_400_000 * c for c in cells], pa.int64()
        ).cast(pa.date64()),
        (None,),
        numeric=True,
        bounds=(_DAYS[0] * 86_400_000, _DAYS[1] * 86_400_000),
    ),
    **{
        f"timestamp[{u}]": _arrow_time(pa.timestamp(u), moments(u), *days_to(u))
        for u in _ARROW_UNITS
    },
    **{
        f"timestamp[{u}, {zone}]": _arrow_time(
            pa.timestamp(u, zone), moments(u, room=2), *days_to(u)
        )
        for u in _ARROW_UNITS
        for zone in _ZONES
    },
    **{
        f"time{bits}[{u}]": _arrow_time(
            getattr(pa, f"time{bits}")(u),
            whole(0, _TIMES[u] - 1),
            0,
            _TIMES[u] - 1,
            getattr(pa, f"int{bits}")(),
        )
        for bits, u in ((32, "s"), (32, "ms"), (64, "us"), (64, "ns"))
    },
    **{
        f"duration[{u}]": _arrow_time(pa.duration(u), spans(), -(2**63), 2**63 - 1)
        for u in _ARROW_UNITS
    },
}
_ARROW_OTHERS: Kinds = {
    "null": _arrow_kind(st.none(), pa.null()),
    "bool": _arrow_kind(FLAGS, pa.bool_()),
    **{
        name: _arrow_kind(TEXTS, getattr(pa, name)())
        for name in ("string", "large_string", "string_view")
    },
    **{
        name: _arrow_kind(BYTES, getattr(pa, name)())
        for name in ("binary", "large_binary", "binary_view")
    },
    "fixed_size_binary": _arrow_kind(st.sampled_from([b"ab", b"\0\1"]), pa.binary(2)),
    "uuid": Kind(
        st.integers(0, 9),
        lambda cells: pa.ExtensionArray.from_storage(
            pa.uuid(),
            pa.array(
                [None if c is None else bytes([c] * 16) for c in cells], pa.binary(16)
            ),
        ),
        (None,),
    ),
    "dictionary of strings": Kind(
        LABELS, lambda cells: pa.array(cells, pa.string()).dictionary_encode(), (None,)
    ),
    "dictionary of numbers": Kind(
        _SMALL, lambda cells: pa.array(cells, pa.int64()).dictionary_encode(), (None,)
    ),
    "list": _arrow_kind(_LISTS, pa.list_(pa.int64())),
    "large_list": _arrow_kind(_LISTS, pa.large_list(pa.int64())),
    "list_view": _arrow_kind(_LISTS, pa.list_view(pa.int64())),
    "large_list_view": _arrow_kind(_LISTS, pa.large_list_view(pa.int64())),
    "fixed_size_list": _arrow_kind(
        st.lists(_SMALL, min_size=2, max_size=2), pa.list_(pa.int64(), 2)
    ),
    "struct": _arrow_kind(
        st.fixed_dictionaries({"a": _SMALL, "b": TEXTS}),
        pa.struct([("a", pa.int64()), ("b", pa.string())]),
    ),
    "map": _arrow_kind(
        st.lists(st.tuples(LABELS, _SMALL), max_size=2),
        pa.map_(pa.string(), pa.int64()),
    ),
    "run_end_encoded": Kind(
        _SMALL,
        lambda cells: pa.compute.run_end_encode(pa.array(cells, pa.int64())),
        (None,),
        numeric=True,
        bounds=(-(2**63), 2**63 - 1),
    ),
    "interval": Kind(st.tuples(_SMALL, _SMALL, _SMALL), _day_time, (None,)),
    "dense_union": Kind(_SMALL, partial(_arrow_union, dense=True), (None,)),
    "sparse_union": Kind(_SMALL, partial(_arrow_union, dense=False), (None,)),
}
ARROW: Kinds = {**_ARROW_NUMBERS, **_ARROW_TIMES, **_ARROW_OTHERS}

# polars ----------------------------------------------------------------------------------


def _polars(dtype: Any) -> Callable[[list[Any]], Any]:
    return lambda cells: pl.Series(cells, dtype=dtype)


def _polars_kind(values: Any, dtype: Any, **more: Any) -> Kind:
    return Kind(values, _polars(dtype), (None,), **more)


def _polars_integer(dtype: Any, low: int, high: int) -> Kind:
    return _polars_kind(whole(low, high), dtype, numeric=True, bounds=(low, high))


def _polars_time(
    dtype: Any, values: Any, low: int, high: int, storage: Any = pl.Int64
) -> Kind:
    return Kind(
        values,
        lambda cells: pl.Series(cells, dtype=storage).cast(dtype),
        (None,),
        numeric=True,
        bounds=(low, high),
    )


_POLARS_UNITS = ("ms", "us", "ns")
_POLARS_ZONES = (None, "UTC", "Europe/Berlin", "America/St_Johns")

POLARS: Kinds = {
    **{
        f"{sign}{bits}": _polars_integer(getattr(pl, f"{sign}{bits}"), low, high)
        for bits in (8, 16, 32, 64, 128)
        if hasattr(pl, f"UInt{bits}")
        for sign, low, high in (
            ("Int", -(2 ** (bits - 1)), 2 ** (bits - 1) - 1),
            ("UInt", 0, 2**bits - 1),
        )
    },
    **{
        f"Float{bits}": _float(
            f"float{bits}", _polars(getattr(pl, f"Float{bits}")), (None, NAN)
        )
        for bits in (16, 32, 64)
        if hasattr(pl, f"Float{bits}")
    },
    **{
        f"Decimal({p}, {s})": _decimal(_polars(pl.Decimal(p, s)), p, s)
        for p, s in ((38, 0), (38, 10), (9, 2), (18, 18))
    },
    "Date": _polars_time(pl.Date, moments("D"), *_DAYS, pl.Int32),
    **{
        f"Datetime({u}, {zone})": _polars_time(
            pl.Datetime(u, zone), moments(u, room=2), *days_to(u)
        )
        for u in _POLARS_UNITS
        for zone in _POLARS_ZONES
    },
    **{
        f"Duration({u})": _polars_time(pl.Duration(u), spans(), -(2**63), 2**63 - 1)
        for u in _POLARS_UNITS
    },
    "Time": _polars_time(pl.Time, whole(0, _TIMES["ns"] - 1), 0, _TIMES["ns"] - 1),
    "Null": _polars_kind(st.none(), pl.Null),
    "Boolean": _polars_kind(FLAGS, pl.Boolean),
    "String": _polars_kind(TEXTS, pl.String),
    "Binary": _polars_kind(BYTES, pl.Binary),
    "Categorical": _polars_kind(LABELS, pl.Categorical),
    "Enum": _polars_kind(LABELS, pl.Enum(["low", "mid", "high", "never"])),
    "List": _polars_kind(_LISTS, pl.List(pl.Int64)),
    "Array": _polars_kind(
        st.lists(_SMALL, min_size=2, max_size=2), pl.Array(pl.Int64, 2)
    ),
    "Struct": _polars_kind(
        st.fixed_dictionaries({"a": _SMALL, "b": TEXTS}),
        pl.Struct({"a": pl.Int64, "b": pl.String}),
    ),
    "Object": _polars_kind(TEXTS | _SMALL, pl.Object, numeric=True),
}
if hasattr(pl, "Map"):
    POLARS["Map"] = _polars_kind(
        st.dictionaries(LABELS, _SMALL, max_size=2), pl.Map(pl.String, pl.Int64)
    )

# pandas ----------------------------------------------------------------------------------


def _pandas(dtype: Any) -> Callable[[list[Any]], Any]:
    return lambda cells: pd.Series(cells, dtype=dtype)


def _pandas_ints(dtype: str) -> Callable[[list[Any]], Any]:
    return lambda cells: pd.Series(_from_ints(cells, dtype))


def _pandas_zone(unit: str, zone: str) -> Callable[[list[Any]], Any]:
    naive = _pandas_ints(f"M8[{unit}]")
    return lambda cells: naive(cells).dt.tz_localize("UTC").dt.tz_convert(zone)


def _period(freq: str) -> Kind:
    dtype = pd.PeriodDtype(freq)
    return Kind(
        whole(-2000, 60_000),
        lambda cells: pd.Series(
            pd.arrays.PeriodArray(np.array(cells, dtype=np.int64), dtype=dtype)
        ),
        (_NAT,),
    )


def _interval(breaks: Any) -> Kind:
    spans = list(pd.IntervalIndex.from_breaks(breaks))
    dtype = pd.IntervalIndex.from_breaks(breaks).dtype
    missing = () if dtype.subtype.kind == "i" else (NAN,)
    return Kind(st.sampled_from(spans), _pandas(dtype), missing)


def _categorical(values: Sequence[Any], *, ordered: bool = False) -> Kind:
    dtype = pd.CategoricalDtype(values, ordered=ordered)
    return Kind(st.sampled_from(values), _pandas(dtype), (None,))


def _in_pandas(kind: Kind) -> Kind:
    """Return the kind of pandas column that holds this kind of Arrow array."""

    def make(cells: list[Any]) -> Any:
        array = kind.make(cells)
        return pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([array])))

    return replace(kind, make=make)


_PANDAS_UNITS = ("s", "ms", "us", "ns")
_MASKED_INTEGERS = {
    name.replace("int", "Int").replace("u", "U"): name for name in _INTEGERS
}
_MOMENTS = list(pd.to_datetime(["2020-01-01 00:00:00", "2021-02-03 04:05:06"]))

_PANDAS_NUMBERS: Kinds = {
    **{name: _integer(name, _pandas(name)) for name in _INTEGERS},
    **{
        name: _float(name, _pandas(name))
        for name in ("float16", "float32", "float64", "longdouble")
    },
    **{
        masked: _integer(name, _pandas(masked), (pd.NA,))
        for masked, name in _MASKED_INTEGERS.items()
    },
    **{
        name: _float(name.lower(), _pandas(name), (pd.NA,))
        for name in ("Float32", "Float64")
    },
    **{
        f"Sparse[{name}, {fill}]": kind(name, _pandas(pd.SparseDtype(name, fill)))
        for kind, name, fill in (
            *((_float, "float64", NAN), (_float, "float64", 0.0)),
            *((_float, "float32", 0.0), (_integer, "int64", 0), (_integer, "uint8", 0)),
        )
    },
}
_PANDAS_TIMES: Kinds = {
    **{
        f"datetime64[{u}]": Kind(
            moments(u),
            _pandas_ints(f"M8[{u}]"),
            (_NAT,),
            numeric=True,
            bounds=days_to(u),
        )
        for u in _PANDAS_UNITS
    },
    **{
        f"datetime64[{u}, {zone}]": Kind(
            moments(u, room=2),
            _pandas_zone(u, zone),
            (_NAT,),
            numeric=True,
            bounds=days_to(u),
        )
        for u in _PANDAS_UNITS
        for zone in _ZONES
    },
    **{
        f"timedelta64[{u}]": Kind(
            spans(), _pandas_ints(f"m8[{u}]"), (_NAT,), numeric=True
        )
        for u in _PANDAS_UNITS
    },
}
_PANDAS_OTHERS: Kinds = {
    "bool": Kind(FLAGS, _pandas(bool)),
    "boolean": Kind(FLAGS, _pandas("boolean"), (pd.NA,)),
    "complex128": Kind(st.sampled_from([1j, 2 + 0j]), _pandas("complex128"), (NAN,)),
    **{
        f"string[{storage}, {missing}]": Kind(
            TEXTS, _pandas(pd.StringDtype(storage, na_value=missing)), (missing,)
        )
        for storage in ("python", "pyarrow")
        for missing in (pd.NA, NAN)
    },
    "category of strings": _categorical(["low", "mid", "high"]),
    "category, ordered": _categorical(["low", "mid", "high"], ordered=True),
    "category of integers": _categorical([3, -1, 2**60]),
    "category of floats": _categorical([0.5, -0.0, 1e300]),
    "category of moments": _categorical(_MOMENTS),
    "category of intervals": _categorical(list(pd.interval_range(0, 3))),
    "category of booleans": _categorical([True, False]),
    **{f"period[{freq}]": _period(freq) for freq in ("Y", "Q", "M", "W", "D", "h")},
    "interval of integers": _interval([-(2**62), 0, 5, 2**62]),
    "interval of floats": _interval([-1e300, 0.0, 0.5, 1e300]),
    "interval of moments": _interval(_MOMENTS),
    "Sparse[bool]": Kind(FLAGS, _pandas(pd.SparseDtype(bool))),
    "Sparse[datetime64[ns]]": Kind(
        moments("ns"),
        lambda cells: pd.Series(
            pd.arrays.SparseArray(_from_ints(cells, "M8[ns]"), fill_value=pd.NaT)
        ),
        (_NAT,),
    ),
}
PANDAS: Kinds = {
    **_PANDAS_NUMBERS,
    **_PANDAS_TIMES,
    **_PANDAS_OTHERS,
    **{
        f"object of {name}": replace(kind, make=_pandas(object), refused=False)
        for name, kind in OBJECTS.items()
    },
    **{f"{name}[pyarrow]": _in_pandas(kind) for name, kind in ARROW.items()},
}

# -----------------------------------------------------------------------------------------

COLUMNS: dict[str, Kinds] = {
    "numpy": NUMPY,
    "objects": OBJECTS,
    "lists": LISTS,
    "sparse": SPARSE,
    "pandas": PANDAS,
    "arrow table": ARROW,
    "arrow batch": ARROW,
    "polars": POLARS,
}
CONTAINERS = tuple(COLUMNS)
