"""The first pass: rows of some classes, and moments and spacings of all columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal

import numpy as np

from imbsuite._neighbors import joined_moments, part_moments, rounded_moments
from imbsuite._table import Spacing, join_spacings
from imbsuite._types import Codes
from imbsuite._views import Whole
from imbsuite.scale.gathered_rows import GatheredRows, gather, gather_all
from imbsuite.scale.partitions import fingerprint
from imbsuite.scale.passes import call, fetch, join, run
from imbsuite.scale.request import Request
from imbsuite.scale.schema import Context, Schema

__all__ = ["Gathering", "gather_classes"]

# Of which rows means and deviations are wanted: all; those that count; all, and those
# that count in each class; or of none.
Moments = Literal["all", "present", "classes", "none"]


@dataclass(frozen=True)
class Gathering:
    """What was gathered in the first pass.

    Attributes
    ----------
    rows : GatheredRows
        At the client, the lazy result that stays on a worker.
    fingerprints : list of int
        Of partitions, compared when these are read again.
    whole : Whole or None
        Moments of all rows, where distances need them.
    means : dict
        Of the columns in each class, where they are needed.
    spacings : list
        Of the columns of the table, where rows are to be made.
    """

    rows: Any
    fingerprints: list[int]
    whole: Whole | None
    means: dict[int, Any]
    spacings: list[Spacing | None]


@dataclass(frozen=True)
class _Part:
    """What a partition brings to the first pass."""

    rows: GatheredRows
    fingerprint: int
    moments: Any = None
    by_class: dict[int, Any] = field(default_factory=dict)
    spacings: Sequence[Spacing | None] | None = None


def gather_classes(request: Request, wanted: Codes) -> Gathering:
    """Gather the rows of the ``wanted`` classes, and learn what depends on all others.

    Raises
    ------
    GatherLimitError
        If the rows take more than the limit.
    ValueError
        If a numeric column holds infinite values, in any class.
    """
    context = request.context
    parts = request.reading().for_each(_read, shared=(context, wanted))
    joined = run(join(partial(_join, context), parts))
    gathering: Gathering = fetch(call(_without_rows, joined))
    gathering = replace(gathering, rows=run(joined.rows))
    whole, means = gathering.whole, gathering.means
    if whole is None or context.sampler._looks_at != "moments":
        return gathering
    reading = request.reading(gathering.fingerprints)
    around = reading.for_each(_products, shared=(context.schema, means))
    products = fetch(join(_summed, around))
    sizes = request.census.of_classes("parents").tolist()
    none = np.zeros_like(whole.center)
    classes = [
        (n, means.get(k, none), products.get(k, np.outer(none, none)))
        for k, n in enumerate(sizes)
    ]
    return replace(gathering, whole=replace(whole, classes=classes))


def _without_rows(gathering: Gathering) -> Gathering:
    return replace(gathering, rows=None)


def _moments_of(sampler: Any) -> Moments:
    """Return of which rows moments are needed for distances."""
    if sampler._looks_at == "moments":
        return "classes"
    if sampler.standardize:
        return "all"
    return "present" if sampler._kind == "clean" else "none"


def _read(frame: Any, start: int, context: Context, wanted: Codes) -> _Part:
    schema, moments = context.schema, _moments_of(context.sampler)
    rows = np.flatnonzero(np.isin(schema.classes(frame), wanted))
    part = _Part(gather(frame, start, rows), fingerprint(frame))
    if not len(frame):
        return part
    table = schema.table(frame)
    table.refuse_infinite()
    if context.sampler._kind != "clean":
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


def _join(context: Context, parts: Sequence[_Part]) -> Gathering:
    known = [part.moments for part in parts if part.moments is not None]
    whole = None
    if known:
        whole = Whole(*rounded_moments(*joined_moments(known)), context.largest)
    spacings = [part.spacings for part in parts if part.spacings is not None]
    name = type(context.sampler).__name__
    return Gathering(
        gather_all([part.rows for part in parts], name, context.limit),
        [part.fingerprint for part in parts],
        whole,
        _means(parts),
        join_spacings(spacings) if spacings else [],
    )


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
