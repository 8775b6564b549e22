"""pandas row labels: kept rows keep theirs, and new rows get unused labels."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from imbsuite._types import Positions

_TEXT = "synthetic-"
_OURS = re.compile(rf"{_TEXT}(0|[1-9][0-9]*)")
_IN_A_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_LAST = np.iinfo(np.int64).max
# Python's ``datetime`` cannot represent later times.
_LAST_DAY = np.datetime64("9999-12-31T23:59:59", "s")


def row_labels(index: Any, kept: Positions, seeds: Positions) -> Any:
    """Return the labels of the kept rows, then unused labels for the new rows.

    New integers continue after the maximum, floats after its floor, points in time and
    durations second by second after the latest, and periods period by period. If the
    range of the type is too small (or its rounding makes labels equal), and in any
    other index, new labels are the unused strings among "synthetic-0", "synthetic-1", …
    In a MultiIndex, these rules apply to the first level, and the other levels are
    those of the seed.
    """
    if len(seeds) == 0:
        return index[kept]
    if isinstance(index, pd.MultiIndex):
        return _labels_of_levels(index, kept, seeds)
    if _counts_on(index, kept, seeds):
        return pd.RangeIndex(index.start, index.stop + len(seeds), name=index.name)
    fresh = fresh_labels(index, len(seeds))
    old = index[kept]
    if fresh.dtype != old.dtype:
        old = old.astype(fresh.dtype)
    return old.append(fresh).rename(index.name)


def _counts_on(index: Any, kept: Positions, seeds: Positions) -> bool:
    """Return whether the labels are a range that the new labels can continue."""
    return (
        isinstance(index, pd.RangeIndex)
        and index.step == 1
        and len(kept) == len(index)
        and index.stop + len(seeds) <= _LAST
    )


def _labels_of_levels(index: Any, kept: Positions, seeds: Positions) -> Any:
    levels = [index.get_level_values(k) for k in range(index.nlevels)]
    first = row_labels(levels[0], kept, seeds)
    rest = [level[np.concatenate([kept, seeds])] for level in levels[1:]]
    return pd.MultiIndex.from_arrays([first, *rest], names=index.names)


def label_ends(index: Any) -> Any:
    """Return the few labels of a part of a table on which new labels depend."""
    plain = _plain(index)
    if plain.dtype.kind in "iufmM" or isinstance(plain, pd.PeriodIndex):
        return plain[[plain.argmax()]] if len(plain) else plain
    ours = [isinstance(v, str) and bool(_OURS.fullmatch(v)) for v in plain]
    return plain[np.array(ours, dtype=bool)]


def fresh_labels(index: Any, n: int, start: int = 0) -> Any:
    """Return ``n`` labels that are not in ``index``, skipping the first ``start``.

    ``index`` may consist of only the results of ``label_ends`` for the parts of a
    table.
    """
    plain = _plain(index)
    further = _further(plain, n, start) if len(plain) else None
    if further is None:
        return _fresh_texts(index, n, start)
    # A wider type is kept, because the type of the index is too small.
    return further.astype(index.dtype) if further.dtype == plain.dtype else further


def _plain(index: Any) -> Any:
    """Return the labels that are not missing, with numbers and times in NumPy types."""
    present = index.dropna()
    if isinstance(index.dtype, pd.ArrowDtype):
        return pd.Index(present.array.__arrow_array__().to_pandas()).dropna()
    if index.dtype.kind in "iuf" and not isinstance(index.dtype, np.dtype):
        kind = getattr(index.dtype, "numpy_dtype", None)
        return pd.Index(np.asarray(present, dtype=kind)).dropna()
    return present


def _further(plain: Any, n: int, start: int) -> Any:
    """Return labels after the largest, or None if the type cannot continue."""
    kind = plain.dtype.kind
    if kind in "iu":
        return _further_integers(plain, n, start)
    if kind == "f":
        return _further_floats(plain, n, start)
    if kind in "mM":
        return _further_times(plain, n, start)
    if isinstance(plain, pd.PeriodIndex):
        ordinals = _counted(plain.asi8.max(), 1, n, start)
        return None if ordinals is None else _periods(ordinals, plain.freq)
    return None


def _further_integers(plain: Any, n: int, start: int) -> Any:
    last = int(plain.max())
    for kind in (plain.dtype, np.dtype(np.int64)):
        if last + start + n <= np.iinfo(kind).max:
            wide = np.uint64 if kind == np.uint64 else np.int64
            return pd.Index(
                (np.arange(n, dtype=wide) + wide(last + start + 1)).astype(kind)
            )
    return None


def _further_floats(plain: Any, n: int, start: int) -> Any:
    base = float(np.floor(plain.max()))
    # Beyond this limit, consecutive whole numbers may be rounded to the same float.
    limit = 2.0 ** (np.finfo(plain.dtype).nmant + 1)
    # In integers, because sums of floats are rounded as well.
    if not -limit <= base <= limit or int(base) + start + n > limit:
        return None
    return pd.Index(base + np.arange(start + 1, start + n + 1), dtype=plain.dtype)


def _further_times(plain: Any, n: int, start: int) -> Any:
    values = _counted(plain.asi8.max(), _IN_A_SECOND[plain.unit], n, start)
    if values is None:
        return None
    if plain.dtype.kind == "m":
        return pd.TimedeltaIndex(values.view(f"m8[{plain.unit}]"))
    times = values.view(f"M8[{plain.unit}]")
    # NumPy would compare in the finer unit, and the year 9999 overflows in nanoseconds.
    if times[-1].astype(_LAST_DAY.dtype) > _LAST_DAY:
        return None
    index = pd.DatetimeIndex(times)
    return index if plain.tz is None else index.tz_localize("UTC").tz_convert(plain.tz)


def _counted(last: int, step: int, n: int, start: int) -> NDArray[np.int64] | None:
    """Return integers after ``last`` in steps of ``step``; None if they overflow."""
    if int(last) + step * (start + n) > _LAST:
        return None
    return last + step * np.arange(start + 1, start + n + 1, dtype=np.int64)


def _periods(ordinals: NDArray[np.int64], freq: Any) -> Any:
    kind: Any = pd.PeriodIndex  # its type stubs are out of date
    return kind.from_ordinals(ordinals, freq=freq)


def _fresh_texts(index: Any, n: int, start: int) -> Any:
    matches = (_OURS.fullmatch(v) for v in index if isinstance(v, str))
    used = [int(match[1]) for match in matches if match]
    numbers = np.arange(start + n + len(used))
    # Larger numbers may not fit into the array, and cannot collide with new labels.
    near = [number for number in used if number < len(numbers)]
    free = np.setdiff1d(numbers, np.array(near, dtype=np.int64))[start : start + n]
    texts = [f"{_TEXT}{number}" for number in free.tolist()]
    return pd.Index(texts, dtype=index.dtype if _holds_texts(index) else object)


def _holds_texts(index: Any) -> bool:
    kind = index.dtype
    arrow = isinstance(kind, pd.ArrowDtype)
    return kind.type is str if arrow else isinstance(kind, pd.StringDtype)
