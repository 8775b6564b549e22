"""Row labels of pandas: those of old rows stay, new rows get labels that nobody has."""

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
# Beyond it, no datetime of Python's own can say when that is.
_LAST_DAY = np.datetime64("9999-12-31T23:59:59", "s")


def row_labels(index: Any, kept: Positions, seeds: Positions) -> Any:
    """Return the labels of kept rows and fresh ones that collide with none.

    Integers go on beyond the maximum, floats beyond its floor, points and spans of time
    second by second beyond the latest, periods period by period. Where a type has no room
    for these (or rounds them to equal ones), and in any other index, they are the texts
    "synthetic-0", "synthetic-1", … not yet in use. In a MultiIndex the first level is
    made so, the others repeat the seed's.
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
    """Return whether the labels are 0, 1, 2, … from any start, and can go on so."""
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
    """Return the few labels that fresh ones depend on, of a part of a table."""
    plain = _plain(index)
    if plain.dtype.kind in "iufmM" or isinstance(plain, pd.PeriodIndex):
        return plain[[plain.argmax()]] if len(plain) else plain
    ours = [isinstance(v, str) and bool(_OURS.fullmatch(v)) for v in plain]
    return plain[np.array(ours, dtype=bool)]


def fresh_labels(index: Any, n: int, start: int = 0) -> Any:
    """Return labels that are not in ``index``, the first ``start`` left out.

    ``index`` may hold no more than what ``label_ends`` finds in the parts of a table.
    """
    plain = _plain(index)
    further = _further(plain, n, start) if len(plain) else None
    if further is None:
        return _fresh_texts(index, n, start)
    # A wider type is kept: the index's own has no room.
    return further.astype(index.dtype) if further.dtype == plain.dtype else further


def _plain(index: Any) -> Any:
    """Return the labels that are not missing, numbers and times in types of NumPy."""
    present = index.dropna()
    if isinstance(index.dtype, pd.ArrowDtype):
        return pd.Index(present.array.__arrow_array__().to_pandas()).dropna()
    if index.dtype.kind in "iuf" and not isinstance(index.dtype, np.dtype):
        kind = getattr(index.dtype, "numpy_dtype", None)
        return pd.Index(np.asarray(present, dtype=kind)).dropna()
    return present


def _further(plain: Any, n: int, start: int) -> Any:
    """Return labels beyond the largest, or None where there are none to go on with."""
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
    # The next whole number of a larger one may be rounded to the same float.
    limit = 2.0 ** (np.finfo(plain.dtype).nmant + 1)
    # In integers: the sum of floats is rounded as well.
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
    # NumPy would count both in the finer unit, and in nanoseconds 9999 overflows.
    if times[-1].astype(_LAST_DAY.dtype) > _LAST_DAY:
        return None
    index = pd.DatetimeIndex(times)
    return index if plain.tz is None else index.tz_localize("UTC").tz_convert(plain.tz)


def _counted(last: int, step: int, n: int, start: int) -> NDArray[np.int64] | None:
    """Return integers that go on beyond ``last`` in steps, if there is room for them."""
    if int(last) + step * (start + n) > _LAST:
        return None
    return last + step * np.arange(start + 1, start + n + 1, dtype=np.int64)


def _periods(ordinals: NDArray[np.int64], freq: Any) -> Any:
    kind: Any = pd.PeriodIndex  # its stubs are behind
    return kind.from_ordinals(ordinals, freq=freq)


def _fresh_texts(index: Any, n: int, start: int) -> Any:
    matches = (_OURS.fullmatch(v) for v in index if isinstance(v, str))
    used = [int(match[1]) for match in matches if match]
    numbers = np.arange(start + n + len(used))
    # Those far away would fit into no array, and are in nobody's way.
    near = [number for number in used if number < len(numbers)]
    free = np.setdiff1d(numbers, np.array(near, dtype=np.int64))[start : start + n]
    texts = [f"{_TEXT}{number}" for number in free.tolist()]
    return pd.Index(texts, dtype=index.dtype if _holds_texts(index) else object)


def _holds_texts(index: Any) -> bool:
    kind = index.dtype
    arrow = isinstance(kind, pd.ArrowDtype)
    return kind.type is str if arrow else isinstance(kind, pd.StringDtype)
