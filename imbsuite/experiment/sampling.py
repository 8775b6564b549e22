"""A stratified sample of a table that is too large for a comparison."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from imbsuite._classes import check_labels
from imbsuite._extras import need
from imbsuite._picking import RanksByClass, Sizes, choose, count, pick
from imbsuite._table import take
from imbsuite.experiment.result import Result

# A Comparison stays a Comparison.
_Result = TypeVar("_Result", bound=Result)


def draw_sample(
    X: Any,
    y: Any,
    along: Mapping[str, Any],
    rows: int | None,
    rng: np.random.Generator,
) -> tuple[Any, Any, dict[str, Any], Sizes | None]:
    """Return a sample of the rows, and the class sizes of the whole table.

    Parameters
    ----------
    X : table, or Dask DataFrame
    y : array-like of shape (n_rows,), or Dask Series with the same partitions
    along : mapping of name to a value like ``y``, or None
        Other data with an entry for each row, such as groups.
    rows : int or None
        Size of the sample; required for Dask collections. None: return all rows, and
        None for the class sizes.
    rng : Generator
        A stream is spawned from it, which does not change its state.

    Raises
    ------
    ValueError
        If ``rows`` is too small for the classes, or None for a Dask collection.
    TypeError
        If ``X`` is a Dask collection and ``y`` or ``along`` do not match it.
    """
    lazy = hasattr(X, "__dask_graph__")
    if rows is None:
        if not lazy:
            return X, y, dict(along), None
        msg = (
            "X is a Dask collection, which may be larger than memory. Pass the number of "
            "rows to measure on, for example sample_rows=100_000."
        )
        raise ValueError(msg)
    (stream,) = rng.spawn(1)
    if lazy:
        return _from_partitions(X, y, along, rows, stream)
    labels = check_labels(y)
    (ranks,) = choose([labels.size_of], rows, stream)
    kept = pick(labels.values, ranks)
    taken = {k: None if v is None else take(v, kept) for k, v in along.items()}
    return take(X, kept), take(y, kept), taken, labels.size_of


def about_sample(table: Sizes | None, sample: Sizes) -> Iterator[str]:
    """Report the size of the sample, and the classes that are overrepresented in it."""
    if table is None:
        return
    rows, all_rows = sum(sample.values()), sum(table.values())
    text = (
        f"measured on a stratified sample of {rows:,} of the {all_rows:,} rows of the "
        "table; the class shares are those of the table"
    )
    sizes = {str(label): n for label, n in table.items()}
    overrepresented = {
        label: n
        for label, n in sample.items()
        if n > np.ceil(rows * sizes[str(label)] / all_rows)
    }
    if overrepresented:
        listed = ", ".join(f"{label} ({n:,})" for label, n in overrepresented.items())
        text += f", except for small classes, which have more rows: {listed}"
    yield f"{text}."


def of_sample(result: _Result, table: Sizes) -> _Result:
    """Return a result with a note that it was measured on a sample of a table."""
    notes = (*about_sample(table, result.class_sizes), *result.notes)
    return replace(result, notes=notes, table_sizes=table)


# --- Dask ----------------------------------------------------------------------------


def _from_partitions(
    X: Any, y: Any, along: Mapping[str, Any], rows: int, rng: np.random.Generator
) -> tuple[Any, Any, dict[str, Any], Sizes]:
    dask = need("dask", extra="dask")
    passed = {name: values for name, values in along.items() if values is not None}
    collections = {"X": X, "y": y} | passed
    parts = [_partitions(name, value, X) for name, value in collections.items()]
    counted = dask.compute(*map(dask.delayed(_label_counts), parts[1]))
    sizes = count(counted, "y")
    chosen = choose(sizes, rows, rng)
    sampled = map(dask.delayed(_taken), chosen, *parts)
    taken = dask.compute(*sampled)
    concat = need("pandas").concat
    whole = [concat(pieces) for pieces in zip(*taken, strict=True)]
    X, y, *rest = whole
    total = sum(map(Counter, sizes), Counter[Any]())
    return X, y, {**along, **dict(zip(passed, rest, strict=True))}, dict(total)


def _partitions(name: str, value: Any, X: Any) -> list[Any]:
    like = "DataFrame" if name == "X" else "Series"
    if type(value).__name__ != like or not hasattr(value, "to_delayed"):
        msg = f"{name} must be a Dask {like}, because X is a Dask collection."
        raise TypeError(msg)
    if value.npartitions != X.npartitions:
        msg = (
            f"{name} has {value.npartitions} partitions, X has {X.npartitions}; they must "
            "be columns of the same collection."
        )
        raise TypeError(msg)
    # If a single column is read, Dask's optimizer joins the partitions of small files.
    return value.to_delayed(optimize_graph=False)


def _label_counts(y: Any) -> dict[Any, int]:
    counts: dict[Any, int] = y.value_counts(dropna=False).to_dict()
    return {label: n for label, n in counts.items() if n}


def _taken(ranks: RanksByClass, X: Any, y: Any, *along: Any) -> tuple[Any, ...]:
    kept = pick(y, ranks)
    return tuple(part.iloc[kept] for part in (X, y, *along))
