"""Whole tables: columns, labels, weights, groups and an index."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import scipy.sparse as sp
from fuzz.cells import cells_of, columns_of
from fuzz.columns import COLUMNS, Kind
from hypothesis import strategies as st

__all__ = ["EVERYTHING", "INDICES", "LABELS", "NUMBERS", "Drawn", "drawn_tables"]

Draw = Callable[[st.SearchStrategy[Any]], Any]


@dataclass(frozen=True)
class Drawn:
    """A table with its labels, weights and groups."""

    container: str
    kinds: tuple[str, ...]
    labels: str
    X: Any
    y: Any
    sample_weight: Any = None
    groups: Any = None

    def __repr__(self) -> str:
        """Show what a reader needs to rebuild the table.

        Not with the repr of the container: pandas has none for some Arrow types.
        """
        return (
            f"{type(self.X)} of {self.kinds}, labels: {self.labels}\ncolumns = "
            f"{columns_of(self.X)}\nindex = {self.index}\ny = {cells_of(self.y)}\n"
            f"sample_weight = {self.sample_weight!r}\ngroups = {self.groups!r}"
        )

    @property
    def index(self) -> list[Any]:
        """The labels of the rows, where they have any."""
        return list(self.X.index) if isinstance(self.X, pd.DataFrame) else []

    def kind(self, j: int) -> Kind:
        return COLUMNS[self.container][self.kinds[j]]


# Cells -----------------------------------------------------------------------------------


def spread(draw: Draw, values: list[Any], n: int) -> list[Any]:
    """Spread a few values over n rows: much cheaper to draw than n values."""
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    return [values[k] for k in rng.integers(len(values), size=n)]


def column(draw: Draw, kind: Kind, n: int) -> list[Any]:
    """Return n cells of a kind: up to five values, rarely missing or odd ones."""
    values = draw(st.lists(kind.values, min_size=1, max_size=5))
    if kind.missing and draw(st.integers(0, 3)) == 3:
        values.append(draw(st.sampled_from(kind.missing)))
    if kind.odd and draw(st.integers(0, 9)) == 9:
        values.append(draw(st.sampled_from(kind.odd)))
    return spread(draw, values, n)


# Containers ------------------------------------------------------------------------------

_NAMES: dict[str, tuple[Any, ...]] = {
    "texts": ("a", "b", "target", "weight"),
    "odd texts": ("", " ", "synthetic-0", "\u00e4\n"),
    "integers": (0, 1, 2, 3),
    "pairs": (("a", 0), ("a", 1), ("b", 0), ("b", 1)),
    "mixed": ("a", 1, 2.5, None),
}


def _names(draw: Draw, n_columns: int, *, any_kind: bool) -> list[Any]:
    kinds = sorted(_NAMES) if any_kind else ["odd texts", "texts"]
    return list(_NAMES[draw(st.sampled_from(kinds))][:n_columns])


def _array(draw: Draw, columns: list[Any]) -> Any:
    order = draw(st.sampled_from(["C", "F", "strided"]))
    block = np.stack(columns, axis=1)
    if order == "strided":
        return np.repeat(block, 2, axis=0)[::2]
    return np.asarray(block, order=order)


def _objects(draw: Draw, columns: list[Any]) -> Any:
    block = np.empty((len(columns[0]), len(columns)), dtype=object)
    for j, cells in enumerate(columns):
        for i, cell in enumerate(cells):
            block[i, j] = cell
    return block


def _lists(draw: Draw, columns: list[Any]) -> Any:
    return [list(row) for row in zip(*columns, strict=True)]


_FORMATS = tuple(
    f"{form}_{what}" for form in ("csr", "csc", "coo") for what in ("matrix", "array")
)


def _sparse(draw: Draw, columns: list[Any]) -> Any:
    """Return a sparse table: made by SciPy from an array, or by hand, unchecked."""
    block = np.stack(columns, axis=1)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    block[rng.random(block.shape) < 0.4] = 0
    form = draw(st.sampled_from(_FORMATS))
    make = getattr(sp, form)
    by_hand = draw(st.booleans()) and block.dtype.kind in "iuf"
    return _by_hand(block, rng, make) if by_hand else make(block)


def _by_hand(block: Any, rng: np.random.Generator, make: Any) -> Any:
    """Store zeros explicitly, and cells as sums of two terms, in any order."""
    rows, places = np.indices(block.shape).reshape(2, -1)
    data = block.ravel()
    first = np.where(rng.random(len(data)) < 0.5, data, data.dtype.type(0))
    chosen = rng.permutation(
        np.tile((data != 0) | (rng.random(len(data)) < 0.5), 2).nonzero()[0]
    )
    rest = np.where(first == 0, data, data.dtype.type(0))
    twice = np.append(first, rest)[chosen]
    at = np.tile(rows, 2)[chosen], np.tile(places, 2)[chosen]
    if make.__name__.startswith("coo"):
        return make((twice, at), shape=block.shape)
    major, minor = at if make.__name__.startswith("csr") else at[::-1]
    order = np.argsort(major, kind="stable")
    n_major = block.shape[0 if make.__name__.startswith("csr") else 1]
    starts = np.searchsorted(major[order], np.arange(n_major + 1))
    return make((twice[order], minor[order], starts), shape=block.shape)


def _pandas(draw: Draw, columns: list[Any]) -> Any:
    frame = pd.concat(columns, axis=1, ignore_index=True)
    names = _names(draw, len(columns), any_kind=True)
    frame.columns = (
        pd.MultiIndex.from_tuples(names)
        if names and isinstance(names[0], tuple)
        else pd.Index(names)
    )
    name = draw(st.sampled_from(sorted(INDICES)) | st.just("range"))
    frame.index = INDICES[name](draw, len(frame))
    return frame


def _arrow_table(draw: Draw, columns: list[Any]) -> Any:
    names = _names(draw, len(columns), any_kind=False)
    table = pa.table(dict(zip(names, columns, strict=True)))
    if draw(st.booleans()):
        return table
    return pa.concat_tables([table.slice(0, 3), table.slice(3)])


def _arrow_batch(draw: Draw, columns: list[Any]) -> Any:
    names = _names(draw, len(columns), any_kind=False)
    return pa.RecordBatch.from_arrays(columns, names)


def _polars(draw: Draw, columns: list[Any]) -> Any:
    names = _names(draw, len(columns), any_kind=False)
    frame = pl.DataFrame(dict(zip(names, columns, strict=True)))
    if draw(st.booleans()):
        return frame
    return pl.concat([frame[:3], frame[3:]], rechunk=False)


_ASSEMBLE: dict[str, Callable[[Draw, list[Any]], Any]] = {
    "numpy": _array,
    "objects": _objects,
    "lists": _lists,
    "sparse": _sparse,
    "pandas": _pandas,
    "arrow table": _arrow_table,
    "arrow batch": _arrow_batch,
    "polars": _polars,
}
# These have one type for all columns.
_UNIFORM = ("numpy", "sparse")


def _table(
    draw: Draw, container: str, among: list[str], n: int
) -> tuple[Any, tuple[str, ...]]:
    width = draw(st.integers(1, 4))
    names = st.sampled_from(among)
    if container in _UNIFORM:
        kinds = [draw(names)] * width
    else:
        kinds = [draw(names) for _ in range(width)]
    columns = []
    for name in kinds:
        kind = COLUMNS[container][name]
        columns.append(kind.make(column(draw, kind, n)))
    return _ASSEMBLE[container](draw, columns), tuple(kinds)


# Index labels ----------------------------------------------------------------------------


def _index(*values: Any, dtype: Any = None) -> Callable[[Draw, int], Any]:
    """Return index labels drawn from these values, with repeats."""
    return lambda draw, n: pd.Index(spread(draw, list(values), n), dtype=dtype)


def _distinct(make: Callable[[int], Any]) -> Callable[[Draw, int], Any]:
    return lambda draw, n: make(n)


def _levels(draw: Draw, n: int) -> Any:
    first = draw(st.sampled_from(["integers", "floats", "texts", "moments, last"]))
    return pd.MultiIndex.from_arrays(
        [INDICES[first](draw, n), spread(draw, ["x", "y", None], n)], names=["k", None]
    )


INDICES: dict[str, Callable[[Draw, int], Any]] = {
    "range": _distinct(pd.RangeIndex),
    "range, by steps": _distinct(lambda n: pd.RangeIndex(5 * n, 0, -5)),
    "integers": _index(3, -1, 0, 9),
    "integers, last": _index(2**63 - 1, -(2**63), 0),
    "unsigned, last": _index(2**64 - 1, 0, dtype="uint64"),
    "small integers, last": _index(127, -128, dtype="int8"),
    "floats": _index(0.5, -3.0, float("nan")),
    "floats, large": _index(2.0**53, 2.0**53 + 2, 1.0),
    "floats, largest": _index(np.finfo("f8").max, 0.0),
    "floats, infinite": _index(float("inf"), -float("inf"), 1.0),
    "floats, minus infinity": _index(-float("inf"), float("nan")),
    "half floats": _index(2048.0, 1.0, dtype="float32"),
    "texts": _index("a", "synthetic-0", "synthetic-2", ""),
    "texts, distinct": _distinct(lambda n: pd.Index([f"r{i}" for i in range(n)])),
    "texts of Arrow": _index("a", "synthetic-1", dtype="string[pyarrow]"),
    "objects": _index("a", 1, None, 2.5, dtype=object),
    "pairs": _distinct(
        lambda n: pd.Index([(i, "a") for i in range(n)], tupleize_cols=False)
    ),
    "truth values": _index(True, False),
    "nullable integers": _index(1, 7, None, dtype="Int64"),
    "nullable integers, last": _index(2**63 - 1, None, dtype="Int64"),
    "nullable floats": _index(2.0**53, None, dtype="Float64"),
    "integers of Arrow": _index(1, 2**63 - 1, None, dtype="int64[pyarrow]"),
    "categories": lambda draw, n: pd.CategoricalIndex(spread(draw, ["a", "b"], n)),
    "moments": _distinct(lambda n: pd.date_range("2020-03-28", periods=n, freq="h")),
    "moments, last": _index(pd.Timestamp.max, pd.Timestamp.min, pd.NaT),
    "moments, zone": _index(
        pd.Timestamp("2020-01-01", tz="Europe/Berlin"),
        pd.Timestamp("2262-04-11", tz="Europe/Berlin"),
    ),
    "seconds, year 9999": _distinct(
        lambda n: pd.DatetimeIndex(["9999-12-31 23:59:59"] * n).as_unit("s")
    ),
    "spans": _index(pd.Timedelta("1D"), pd.Timedelta.max),
    "periods": _index(pd.Period("2020-01", "M"), pd.Period("9999-12", "M")),
    "intervals": _index(pd.Interval(0, 1), pd.Interval(1, 2.5)),
    "dates": _index(dt.date.max, dt.date.min, dtype=object),
    "nothing": _index(None, dtype=object),
    "levels": _levels,
}

# Labels ----------------------------------------------------------------------------------

Make = Callable[[list[int], Any], Any]


def _named(*names: Any) -> Callable[[Callable[[list[Any]], Any]], Make]:
    """Return labels with these names in a container."""
    return lambda make: lambda codes, index: make([names[k] for k in codes])


def _series(*names: Any, dtype: Any = None) -> Make:
    """Return labels as a pandas series, under the index of the table."""
    return lambda codes, index: pd.Series(
        [names[k] for k in codes], index=index, dtype=dtype, name="y"
    )


def _indicator(codes: list[int], index: Any) -> Any:
    return np.eye(max(codes) + 1, dtype=int)[codes]


_WORDS = ("ok", "fraud", "unclear")
_CATEGORY = pd.CategoricalDtype(["unclear", "ok", "never", "fraud"], ordered=True)
LABELS: dict[str, Make] = {
    "list of integers": _named(0, 1, 2)(list),
    "list of words": _named(*_WORDS)(list),
    "integers": _named(1, 2, 0)(np.array),
    "signs": _named(-1, 1, 0)(np.array),
    "large integers": _named(2**63 - 1, -(2**63), 2**53 + 1)(np.array),
    "unsigned": _named(2**64 - 1, 2**64 - 2, 0)(lambda c: np.array(c, dtype="u8")),
    "small integers": _named(0, 255, 7)(lambda c: np.array(c, dtype="u1")),
    "whole floats": _named(0.0, 1.0, -3.0)(np.array),
    "large floats": _named(1e300, -1e300, 0.0)(np.array),
    "flags": _named(False, True, True)(np.array),
    "words": _named(*_WORDS)(np.array),
    "bytes": _named(b"a", b"b", b"")(np.array),
    "objects": _named("a", "b", "")(lambda c: np.array(c, dtype=object)),
    "integers as objects": _named(3, 1, 2**70)(lambda c: np.array(c, dtype=object)),
    "moments": _named("2020-01-01", "1999-01-01", "9999-12-31")(
        lambda c: np.array(c, dtype="M8[s]")
    ),
    "one column": _named(0, 1, 2)(lambda c: np.array(c)[:, np.newaxis]),
    "indicator": _indicator,
    "pandas integers": _series(1, 0, 5),
    "pandas words": _series(*_WORDS),
    "pandas objects": _series(*_WORDS, dtype=object),
    "pandas flags": _series(False, True, True),
    "pandas nullable": _series(1, 0, 2**53 + 1, dtype="Int64"),
    "pandas boolean": _series(True, False, False, dtype="boolean"),
    "pandas category": _series(*_WORDS, dtype="category"),
    "pandas ordered": _series(*_WORDS, dtype=_CATEGORY),
    "pandas Arrow": _series(*_WORDS, dtype="string[pyarrow]"),
    "pandas Arrow integers": _series(1, 0, -5, dtype="int64[pyarrow]"),
    "pandas moments": _series(
        pd.Timestamp("2020"), pd.Timestamp("1999"), pd.Timestamp.max
    ),
    "Arrow integers": _named(1, 0, 2)(pa.array),
    "Arrow words": _named(*_WORDS)(lambda c: pa.chunked_array([c])),
    "Arrow dictionary": _named(*_WORDS)(lambda c: pa.array(c).dictionary_encode()),
    "Arrow flags": _named(False, True, True)(pa.array),
    "polars integers": _named(1, 0, 2)(lambda c: pl.Series("y", c)),
    "polars words": _named(*_WORDS)(lambda c: pl.Series("y", c)),
    "polars category": _named(*_WORDS)(
        lambda c: pl.Series("y", c, dtype=pl.Categorical)
    ),
    "polars Enum": _named(*_WORDS)(lambda c: pl.Series("y", c, dtype=pl.Enum(_WORDS))),
}


def _codes(draw: Draw, n: int) -> list[int]:
    """Return codes of two or three classes; rare classes have at least one row."""
    rare = draw(st.integers(1, n // 2 - 1))
    rarest = draw(st.sampled_from([0, 0, 1, 3]))
    codes = [1] * rare + [2] * rarest + [0] * (n - rare - rarest)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    return rng.permutation(codes).tolist()


# Weights and groups ----------------------------------------------------------------------


def _weights(draw: Draw, n: int) -> Any:
    how = draw(st.sampled_from([None, None, None, "ones", "some", "counts", "extreme"]))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    if how is None:
        return None
    if how == "ones":
        return np.ones(n)
    if how == "counts":  # as in a bootstrap
        return np.bincount(rng.integers(n, size=n), minlength=n)
    if how == "extreme":
        return rng.choice([0.0, 1e-300, 1.0, 1e300], n).tolist()
    return np.where(rng.random(n) < 0.2, 0.0, rng.random(n))


def _groups(draw: Draw, n: int) -> Any:
    how = draw(st.sampled_from([None, None, None, "integers", "words"]))
    if how is None:
        return None
    values = [1, 2, 2**60] if how == "integers" else ["", "a", "b"]
    return np.array(spread(draw, values, n))


EVERYTHING = {container: list(kinds) for container, kinds in COLUMNS.items()}
_PLAIN = ("int8", "int64", "uint8", "uint64", "float16", "float32", "float64")
# What classifiers of scikit-learn accept.
NUMBERS = {
    "numpy": list(_PLAIN),
    "pandas": [*_PLAIN, "Int8", "UInt64", "Float32"],
}


@st.composite
def drawn_tables(draw: Draw, among: dict[str, list[str]] = EVERYTHING) -> Drawn:
    """Draw a table of any container, with labels, and perhaps weights and groups."""
    more = ["pandas", "pandas"]  # pandas has twice as many kinds
    container = draw(st.sampled_from([*among, *more]))
    n = draw(st.integers(10, 30))
    X, kinds = _table(draw, container, among[container], n)
    labels = draw(st.sampled_from(list(LABELS)))
    if among is NUMBERS and labels == "indicator":
        labels = "integers"  # classifiers would read it as multilabel
    index = X.index if isinstance(X, pd.DataFrame) else None
    y = LABELS[labels](_codes(draw, n), index)
    return Drawn(container, kinds, labels, X, y, _weights(draw, n), _groups(draw, n))
