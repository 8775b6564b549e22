"""The first pass: rows of some classes, and moments and spacings of all columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal

import numpy as np
from dask.delayed import Delayed
from numpy.typing import NDArray

from imbsuite._neighbors import joined_moments, part_moments, rounded_moments
from imbsuite._table import Spacing, join_spacings
from imbsuite._views import Codes, Whole
from imbsuite.scale.gathered_rows import GatheredRows, gather, gather_all
from imbsuite.scale.partitions import Reading, fingerprint
from imbsuite.scale.passes import fetch, join, run
from imbsuite.scale.request import Request
from imbsuite.scale.schema import Schema

__all__ = ["Gathering", "gather_classes"]

# Of which rows means and deviations are wanted: all; those that count; all, and those
# that count in each class; or of none.
Moments = Literal["all", "present", "classes", "none"]


@dataclass(frozen=True)
class Gathering:
    """What is known after the first pass.

    Attributes
    ----------
    reading : Reading
        The partitions, for further passes.
    rows : Delayed
        The gathered rows, on a worker.
    n_rows, n_bytes : int
        How many they are, and what they take in memory.
    whole : Whole or None
        Moments of all rows, where distances need them.
    spacings : list
        Of the columns of the table, where rows are to be made.
    """

    reading: Reading
    rows: Delayed
    n_rows: int
    n_bytes: int
    whole: Whole | None
    spacings: list[Spacing | None]


@dataclass(frozen=True)
class _Part:
    """What a partition brings to the first pass."""

    rows: GatheredRows
    fingerprint: int
    moments: Any = None
    by_class: dict[int, Any] = field(default_factory=dict)
    spacings: Sequence[Spacing | None] | None = None


@dataclass(frozen=True)
class _Facts:
    """What all partitions bring, but for the rows."""

    n_rows: int
    n_bytes: int
    fingerprints: list[int]
    whole: Whole | None
    means: dict[int, Any]
    spacings: list[Spacing | None]


@dataclass(frozen=True)
class _Joined:
    """What all partitions bring."""

    rows: GatheredRows
    facts: _Facts


def gather_classes(request: Request, wanted: Codes) -> Gathering:
    """Gather the rows of the ``wanted`` classes, and learn what depends on all others.

    Raises
    ------
    GatherLimitError
        If the rows take more than the limit.
    ValueError
        If a numeric column holds infinite values, in any class.
    """
    schema, census = request.schema, request.census
    moments = _moments_of(request.sampler)
    read = partial(_read, spaced=request.sampler._kind != "clean")
    parts = request.reading.for_each(read, shared=(schema, wanted, moments))
    bring = partial(_join, largest=census.largest, limit=request.limit)
    joined = run(join(bring, parts))
    facts: _Facts = fetch(joined.facts)
    reading = replace(request.reading, fingerprints=facts.fingerprints)
    whole = facts.whole
    if moments == "classes":
        around = reading.for_each(_products, shared=(schema, facts.means))
        products = fetch(join(_summed, around))
        whole = _with_classes(whole, census.of_classes("parents"), facts, products)
    rows = run(joined.rows)
    return Gathering(reading, rows, facts.n_rows, facts.n_bytes, whole, facts.spacings)


def _moments_of(sampler: Any) -> Moments:
    """Return of which rows moments are needed for distances."""
    if sampler._looks_at == "moments":
        return "classes"
    if sampler.standardize:
        return "all"
    return "present" if sampler._kind == "clean" else "none"


def _read(
    frame: Any,
    start: int,
    schema: Schema,
    wanted: Codes,
    moments: Moments,
    *,
    spaced: bool,
) -> _Part:
    rows = np.flatnonzero(np.isin(schema.classes(frame), wanted))
    part = _Part(gather(frame, start, rows), fingerprint(frame))
    if not len(frame):
        return part
    table = schema.table(frame)
    table.refuse_infinite()
    if spaced:
        part = replace(part, spacings=table.container.spacings(schema.categorical))
    if moments == "none":
        return part
    numeric = table.numeric
    counts = schema.counts(frame)
    if moments == "present":
        numeric = numeric[counts]
    known = part_moments(numeric) if len(numeric) else None
    by_class: dict[int, Any] = {}
    if moments == "classes":
        classes = schema.classes(frame)
        for label in np.unique(classes[counts]).tolist():
            by_class[label] = part_moments(numeric[counts & (classes == label)])
    return replace(part, moments=known, by_class=by_class)


def _join(parts: Sequence[_Part], largest: int, limit: int) -> _Joined:
    rows = gather_all([part.rows for part in parts], "classes", limit)
    known = [part.moments for part in parts if part.moments is not None]
    whole = None
    if known:
        whole = Whole(*rounded_moments(*joined_moments(known)), largest)
    spacings = [part.spacings for part in parts if part.spacings is not None]
    facts = _Facts(
        len(rows.positions),
        rows.n_bytes,
        [part.fingerprint for part in parts],
        whole,
        _means(parts),
        join_spacings(spacings) if spacings else [],
    )
    return _Joined(rows, facts)


def _means(parts: Sequence[_Part]) -> dict[int, Any]:
    """Return the means of the columns in each class."""
    labels = {label for part in parts for label in part.by_class}
    return {
        label: joined_moments(
            [part.by_class[label] for part in parts if label in part.by_class]
        )[0]
        for label in labels
    }


def _products(
    frame: Any, _start: int, schema: Schema, means: dict[int, Any]
) -> dict[int, Any]:
    """Return the sums of products around the class's means, of each class here."""
    if not len(frame):
        return {}
    numeric = schema.table(frame).numeric
    counts, classes = schema.counts(frame), schema.classes(frame)
    products = {}
    for label in np.unique(classes[counts]).tolist():
        offset = numeric[counts & (classes == label)] - means[label]
        offset[np.isnan(offset)] = 0.0
        products[label] = offset.T @ offset
    return products


def _summed(parts: Sequence[dict[int, Any]]) -> dict[int, Any]:
    total: dict[int, Any] = {}
    for part in parts:
        for label, products in part.items():
            total[label] = total.get(label, 0.0) + products
    return total


def _with_classes(
    whole: Any, sizes: NDArray[np.int64], facts: _Facts, products: dict[int, Any]
) -> Whole:
    """Return ``whole`` with the moments of classes, of ``sizes`` rows that count."""
    none = np.zeros_like(whole.center)
    square = np.zeros((len(none), len(none)))
    classes = [
        (int(n), facts.means.get(label, none), products.get(label, square))
        for label, n in enumerate(sizes)
    ]
    with_classes: Whole = replace(whole, classes=classes)
    return with_classes
