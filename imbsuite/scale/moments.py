"""The first pass: rows of some classes, and moments and spacings of all columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from dask.delayed import Delayed

from imbsuite._gaussian.covariance import count_factor
from imbsuite._neighbors import joined_moments, part_moments, rounded_moments
from imbsuite._table import Spacing, join_spacings
from imbsuite._types import Codes, Floats
from imbsuite._views import Whole
from imbsuite.scale.gathered_rows import gather, gather_all, join_rows, size_of
from imbsuite.scale.partitions import Reading, fingerprint
from imbsuite.scale.passes import call, fetch, join, run
from imbsuite.scale.request import Request
from imbsuite.scale.schema import Context, Schema


@dataclass(frozen=True)
class Gathering:
    """The rows and statistics that have been gathered so far.

    Attributes
    ----------
    context : Context
        With the moments of all rows.
    reading : Reading
        The partitions, with their fingerprints from the first pass.
    rows : Delayed
        The gathered rows, which stay on a worker.
    spacings : list
        Of the columns of the table, if new rows are created; else empty.
    """

    context: Context
    reading: Reading
    rows: Delayed
    spacings: list[Spacing | None]

    @property
    def size(self) -> tuple[int, int]:
        """The number of gathered rows, and their memory in bytes."""
        size: tuple[int, int] = fetch(call(size_of, self.rows))
        return size

    def joined(self, parts: list[Delayed], what: str) -> Gathering:
        """Return a copy with additional rows, gathered from each partition."""
        named = f"{type(self.context.sampler).__name__} ({what})"
        rows = run(join(_beside, parts, self.rows, named, self.context.limit))
        return replace(self, rows=rows)


def _beside(parts: Sequence[Any], rows: Any, what: str, limit: int) -> Any:
    return join_rows([rows, gather_all(parts, what, limit)])


@dataclass(frozen=True)
class _Piece:
    """The result of the first pass for one partition.

    ``moments`` are those of the columns: by class code, and for all classes under None.
    """

    rows: Any
    fingerprint: int
    moments: dict[int | None, Any]
    spacings: Sequence[Spacing | None] | None


def gather_classes(request: Request) -> Gathering:
    """Gather the rows of some classes, and compute statistics of all rows.

    Raises
    ------
    GatherLimitError
        If the rows take more than the limit.
    ValueError
        If a numeric column holds infinite values, in any class.
    """
    context = request.context
    pieces = request.reading.for_each(_read, shared=(context,))
    joined: Any = run(join(_join, pieces, context))
    rows, (known, whole, spacings, means) = run(joined[0]), fetch(joined[1])
    reading = replace(request.reading, fingerprints=known)
    if whole is not None and context.sampler._looks_at == "moments":
        whole = _with_moments_of_classes(whole, means, request, reading)
    return Gathering(replace(context, whole=whole), reading, rows, spacings)


def _with_moments_of_classes(
    whole: Whole, means: dict[int, Any], request: Request, reading: Reading
) -> Whole:
    """Return ``whole`` with the weighted moments of each class."""
    schema, census = request.context.schema, request.census
    sizes = census.of_classes("parents")
    factor = 1.0
    if schema.roles.weight is not None:
        loads = census.of_classes("weight")
        factor = count_factor(loads, int(sizes.sum()))
        sizes = (loads * factor).astype(np.float64)
        shared = (schema, means, factor)
        shifts = fetch(join(_summed, reading.for_each(_shifts, shared=shared)))
        means = {k: mean + _ratio(*shifts[k]) for k, mean in means.items()}
    around = reading.for_each(_products, shared=(schema, means, factor))
    products = fetch(join(_summed, around))
    none = np.zeros_like(whole.center)
    classes = [
        (n, means.get(k, none), products.get(k, np.outer(none, none)))
        for k, n in enumerate(sizes.tolist())
    ]
    return replace(whole, classes=classes)


def _ratio(total: Floats, load: Floats) -> Floats:
    return np.asarray(total / np.where(load > 0, load, 1.0))


def _read(frame: Any, start: int, context: Context) -> _Piece:
    schema, sampler = context.schema, context.sampler
    classes, counts = schema.classes(frame), schema.counts(frame)
    rows = gather(frame, start, np.flatnonzero(np.isin(classes, context.gathered)))
    if not len(frame):
        return _Piece(rows, fingerprint(frame), {}, None)
    table, spacings = schema.table(frame), None
    if not table.complete:
        table.refuse_infinite()
    if sampler._kind == "over":
        spacings = table.container.spacings(schema.categorical)
    measured = _measured(sampler, classes, counts)
    moments = {key: part_moments(table.numeric[own]) for key, own in measured}
    return _Piece(rows, fingerprint(frame), moments, spacings)


def _measured(
    sampler: Any, classes: Codes, counts: Any
) -> Iterator[tuple[int | None, Any]]:
    """Yield the rows whose moments are required, with their keys in ``_Piece``."""
    by_class = sampler._looks_at == "moments"
    of_table = by_class or sampler.standardize or sampler._kind != "over"
    if of_table and counts.any():
        yield None, slice(None) if counts.all() else counts
    if by_class:
        for label in np.unique(classes[counts]).tolist():
            yield label, counts & (classes == label)


def _join(pieces: Sequence[_Piece], context: Context) -> tuple[Any, Any]:
    """Return the rows, and the statistics that the client fetches."""
    moments: dict[int | None, list[Any]] = defaultdict(list)
    for piece in pieces:
        for key, known in piece.moments.items():
            moments[key].append(known)
    joined = {key: joined_moments(known) for key, known in moments.items()}
    everywhere, whole = joined.pop(None, None), None
    if everywhere is not None:
        whole = Whole(*rounded_moments(*everywhere), context.largest, context.sizes)
    spacings = [piece.spacings for piece in pieces if piece.spacings is not None]
    rows = [piece.rows for piece in pieces]
    return gather_all(rows, type(context.sampler).__name__, context.limit), (
        [piece.fingerprint for piece in pieces],
        whole,
        join_spacings(spacings) if spacings else [],
        {label: mean for label, (mean, _) in joined.items()},
    )


def _offsets(
    frame: Any, schema: Schema, means: dict[int, Any], factor: float
) -> Iterator[tuple[int, Floats, Floats | None]]:
    """Yield each class, the offsets of its rows from its means, and their weights."""
    if not len(frame):
        return
    numeric = schema.table(frame).numeric
    counts, classes = schema.counts(frame), schema.classes(frame)
    weight = schema.weights(frame)
    for label in np.unique(classes[counts]).tolist():
        own = counts & (classes == label)
        load = None if weight is None else weight[own, np.newaxis] * factor
        yield label, numeric[own] - means[label], load


def _shifts(
    frame: Any, _start: int, schema: Schema, means: dict[int, Any], factor: float
) -> dict[int, Any]:
    """Return, for each class, the weighted sums of known offsets, and of weights."""
    shifts = {}
    for label, offset, load in _offsets(frame, schema, means, factor):
        known = load * ~np.isnan(offset)
        total = np.nan_to_num(offset) * known
        shifts[label] = np.stack([total.sum(axis=0), known.sum(axis=0)])
    return shifts


def _products(
    frame: Any, _start: int, schema: Schema, means: dict[int, Any], factor: float
) -> dict[int, Any]:
    """Return, for each class, the weighted sums of products around its means."""
    products = {}
    for label, offset, load in _offsets(frame, schema, means, factor):
        offset[np.isnan(offset)] = 0.0
        weighted = offset if load is None else offset * load
        products[label] = offset.T @ weighted
    return products


def _summed(parts: Sequence[dict[int, Any]]) -> dict[int, Any]:
    total: dict[int, Any] = defaultdict(float)
    for part in parts:
        for label, products in part.items():
            total[label] = total[label] + products
    return total
