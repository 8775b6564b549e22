"""Moments of the whole table, and of its classes, from those of its partitions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._neighbors import joined_moments, rounded_moments
from imbsuite._table import contain
from imbsuite._views import Whole
from imbsuite.scale.gathering import Gathered
from imbsuite.scale.reader import Reader

__all__ = ["class_means", "join_moments", "products_of", "with_classes"]


def join_moments(parts: Sequence[Gathered], largest: int) -> Whole | None:
    """Return mean and deviation of the columns of all partitions; None if not wanted."""
    known = [part.moments for part in parts if part.moments is not None]
    if not known:
        return None
    return Whole(*rounded_moments(*joined_moments(known)), largest)


def products_of(frame: Any, reader: Reader, means: dict[int, Any]) -> dict[int, Any]:
    """Return the sums of products around the class's means, of each class here."""
    if not len(frame):
        return {}
    container = contain(frame[reader.columns.features])
    numeric = container.numbers(np.flatnonzero(~reader.categorical).tolist())
    counts, classes = reader.counts(frame), reader.classes(frame)
    found = {}
    for label in np.unique(classes[counts]).tolist():
        offset = numeric[counts & (classes == label)] - means[label]
        offset[np.isnan(offset)] = 0.0
        found[label] = offset.T @ offset
    return found


def class_means(parts: Sequence[Gathered]) -> dict[int, Any]:
    """Return the means of the columns in each class."""
    labels = {label for part in parts for label in part.by_class}
    return {
        label: joined_moments(
            [part.by_class[label] for part in parts if label in part.by_class]
        )[0]
        for label in labels
    }


def with_classes(
    products: Sequence[dict[int, Any]],
    whole: Whole,
    means: dict[int, Any],
    sizes: NDArray[np.int64],
) -> Whole:
    """Return ``whole`` with the moments of classes, of ``sizes`` rows that count."""
    none = np.zeros_like(whole.center)
    classes = [
        (
            int(n),
            means.get(label, none),
            sum(
                (part[label] for part in products if label in part),
                start=np.zeros((len(none), len(none))),
            ),
        )
        for label, n in enumerate(sizes)
    ]
    return replace(whole, classes=classes)
