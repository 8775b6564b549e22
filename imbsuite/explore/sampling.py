"""A stratified sample of a table that is too large to be measured as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.random import sample_without_replacement

from imbsuite._random import draw_seed
from imbsuite._table import refuse_missing, take
from imbsuite.explore.extras import need
from imbsuite.explore.labels import check_labels
from imbsuite.plan import largest_remainder

if TYPE_CHECKING:
    from imbsuite.explore.comparison import Comparison

__all__ = ["about_sample", "choose", "count", "draw_sample", "of_sample", "pick"]

# So many rows of a class leave ten in a test fold of five.
LEAST = 50

Sizes = Mapping[Any, int]
Ranks = Mapping[Any, NDArray[np.int64]]


def draw_sample(
    X: Any, y: Any, groups: Any, rows: int | None, rng: np.random.Generator
) -> tuple[Any, Any, Any, Sizes | None]:
    """Return what is measured of a table, and the class sizes of all of it.

    Parameters
    ----------
    X : table, or Dask DataFrame
    y, groups : array-like of shape (n_rows,), or Dask Series of the same partitions
        No groups: None.
    rows : int or None
        None: everything, and no sizes; not for Dask.
    rng : Generator
        It is spawned from, not advanced.

    Raises
    ------
    ValueError
        If there are too few ``rows`` for the classes, or none are said for Dask.
    TypeError
        If ``X`` is a Dask collection and ``y`` or ``groups`` do not fit it.
    """
    lazy = hasattr(X, "__dask_graph__")
    if rows is None:
        if not lazy:
            return X, y, groups, None
        msg = (
            "X is a Dask collection, which may be larger than memory; say how many rows "
            "to measure on: sample_rows=100_000."
        )
        raise ValueError(msg)
    (stream,) = rng.spawn(1)
    if lazy:
        return _from_partitions(X, y, groups, rows, stream)
    labels = check_labels(y)
    sizes = dict(zip(labels.classes.tolist(), labels.sizes.tolist(), strict=True))
    (ranks,) = choose([sizes], rows, stream)
    kept = pick(labels.values, ranks)
    y = np.asarray(y) if isinstance(y, (list, tuple)) else y
    X = np.asarray(X) if isinstance(X, (list, tuple)) else X
    grouping = None if groups is None else np.asarray(groups)[kept]
    return take(X, kept), take(y, kept), grouping, sizes


def choose(
    parts: Sequence[Sizes], rows: int, rng: np.random.Generator
) -> list[dict[Any, NDArray[np.int64]]]:
    """Return which rows of each class are in the sample, for every part of the table.

    They are counted within the class and the part. The same rows are chosen however the
    table is cut into parts.

    Parameters
    ----------
    parts : sequence of mapping of label to number of rows
    rows : int
    rng : Generator

    Raises
    ------
    ValueError
        If ``rows`` are too few for the classes.
    """
    sizes: Counter[Any] = Counter()
    for part in parts:
        sizes.update(part)
    labels = sorted(sizes, key=str)
    wanted = _shares(np.array([sizes[label] for label in labels]), rows)
    found: list[dict[Any, NDArray[np.int64]]] = [{} for _ in parts]
    streams = rng.spawn(len(labels))
    for label, n, stream in zip(labels, wanted.tolist(), streams, strict=True):
        seed = draw_seed(stream)
        ranks = sample_without_replacement(sizes[label], n, random_state=seed)
        ends = np.cumsum([part.get(label, 0) for part in parts])
        ranks = np.sort(ranks)
        pieces = np.split(ranks, np.searchsorted(ranks, ends[:-1]))
        starts = [0, *ends[:-1].tolist()]
        for own, piece, start in zip(found, pieces, starts, strict=True):
            own[label] = piece - start
    return found


def _shares(sizes: NDArray[np.int64], rows: int) -> NDArray[np.int64]:
    """Return how many rows of each class are taken: its share, or a least number."""
    least = np.minimum(sizes, LEAST)
    needed = min(2 * int(least.sum()), int(sizes.sum()))
    if rows < needed:
        msg = (
            f"a sample of {rows:,} rows is too small for {len(sizes)} classes; take at "
            f"least {needed:,}."
        )
        raise ValueError(msg)
    if rows >= sizes.sum():
        return sizes
    wanted = np.maximum(largest_remainder(sizes, rows), least)
    wanted[sizes.argmax()] -= wanted.sum() - rows
    return np.minimum(wanted, sizes)


def pick(y: Any, ranks: Ranks) -> NDArray[np.intp]:
    """Return the positions of the chosen rows of a part, whose labels are ``y``."""
    labels = np.asarray(y)
    places = [
        np.flatnonzero(labels == label)[own] for label, own in ranks.items() if len(own)
    ]
    return np.sort(np.concatenate([np.empty(0, dtype=np.intp), *places]))


def count(parts: Sequence[Mapping[Hashable, int]], what: str) -> list[dict[Any, int]]:
    """Return the counts of labels, if these are classes.

    Raises
    ------
    ValueError
        As ``check_labels`` does.
    """
    absent, held = need("pandas").isna, [dict(part) for part in parts]
    missing = sum(n for part in held for label, n in part.items() if absent(label))
    refuse_missing(missing, sum(sum(part.values()) for part in held), what)
    check_labels(np.array(list(dict.fromkeys(k for part in held for k in part))), what)
    return held


def about_sample(table: Sizes | None, sample: Sizes) -> Iterator[str]:
    """Say how large the sample is, and of which classes it has more than their share."""
    if table is None:
        return
    rows, all_rows = sum(sample.values()), sum(table.values())
    text = (
        f"measured on a stratified sample of {rows:,} of the {all_rows:,} rows of the "
        "table; the class shares are those of the table"
    )
    sizes = {str(label): n for label, n in table.items()}
    lifted = {
        label: n
        for label, n in sample.items()
        if n > np.ceil(rows * sizes[str(label)] / all_rows)
    }
    if lifted:
        listed = ", ".join(f"{label} ({n:,})" for label, n in lifted.items())
        text += f", except that more is taken of small classes: {listed}"
    yield f"{text}."


def of_sample(found: Comparison, table: Sizes) -> Comparison:
    """Return a comparison that says of what table it has measured a sample."""
    notes = (*about_sample(table, found.class_sizes), *found.notes)
    return replace(found, notes=notes, table_sizes=table)


# --- Dask ----------------------------------------------------------------------------


def _from_partitions(
    X: Any, y: Any, groups: Any, rows: int, rng: np.random.Generator
) -> tuple[Any, Any, Any, Sizes]:
    dask = need("dask", extra="dask")
    given = {"X": X, "y": y} | ({} if groups is None else {"groups": groups})
    parts = [_partitions(name, value, X) for name, value in given.items()]
    counted = dask.compute(*[dask.delayed(_label_counts)(part) for part in parts[1]])
    sizes = count(counted, "y")
    chosen = choose(sizes, rows, rng)
    taken = dask.compute(
        *[
            dask.delayed(_taken)(ranks, *part)
            for ranks, *part in zip(chosen, *parts, strict=True)
        ]
    )
    concat = need("pandas").concat
    whole = [concat(pieces) for pieces in zip(*taken, strict=True)]
    X, y, *rest = whole
    total: Counter[Any] = Counter()
    for part in sizes:
        total.update(part)
    return X, y, rest[0].to_numpy() if rest else None, dict(total)


def _partitions(name: str, value: Any, X: Any) -> list[Any]:
    like = "DataFrame" if name == "X" else "Series"
    if type(value).__name__ != like or not hasattr(value, "to_delayed"):
        msg = f"{name} must be a Dask {like}, as X is a Dask collection."
        raise TypeError(msg)
    if value.npartitions != X.npartitions:
        msg = (
            f"{name} has {value.npartitions} partitions, X has {X.npartitions}; take "
            "both from one table."
        )
        raise TypeError(msg)
    # Optimized by itself, a single column of many small files has fewer partitions.
    found: list[Any] = value.to_delayed(optimize_graph=False)
    return found


def _label_counts(y: Any) -> dict[Any, int]:
    found: dict[Any, int] = y.value_counts(dropna=False).to_dict()
    return {label: n for label, n in found.items() if n}


def _taken(ranks: Ranks, X: Any, y: Any, *groups: Any) -> tuple[Any, ...]:
    kept = pick(y, ranks)
    return tuple(part.iloc[kept] for part in (X, y, *groups))
