"""How resampling changes the classes, from the sampler's record of row origins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from imbsuite._classes import Labels
from imbsuite._types import Codes
from imbsuite.experiment.evidence import ClassChange


def describe(
    strategy: str, sampler: Any, before: Codes, after: Codes, labels: Labels
) -> list[ClassChange]:
    """Return what a fitted sampler did to each class.

    Parameters
    ----------
    strategy : str
    sampler : fitted sampler
        Samplers of imbsuite record the origins of rows. For others, only class sizes
        are known.
    before, after : ndarray of shape (n_rows,), int
        Codes of the classes of the rows before and after resampling.
    labels : Labels
    """
    classes = labels.classes.tolist()
    if not all(hasattr(sampler, name) for name in ("is_synthetic_", "parents_")):
        sizes = [np.bincount(c, minlength=len(classes)) for c in (before, after)]
        sized = zip(classes, *(n.tolist() for n in sizes), strict=True)
        return [_by_size(strategy, *sizes_of_class) for sizes_of_class in sized]
    return [
        ClassChange(strategy, label, **_by_record(sampler, before, after, k, classes))
        for k, label in enumerate(classes)
    ]


def describe_labels(
    strategy: str, sampler: Any, before: Mapping[Any, Codes], after: Mapping[Any, Codes]
) -> list[ClassChange]:
    """Return what a fitted sampler did to the rows with each label.

    Parameters
    ----------
    strategy, sampler
        See ``describe``.
    before, after : mapping of label to ndarray of shape (n_rows,), int
        0 or 1 for each row before and after resampling.
    """
    # For each label, the rows without it are the other class.
    classes = ["rows without it", "rows with it"]
    return [
        ClassChange(
            strategy, name, **_by_record(sampler, before[name], cells, 1, classes)
        )
        for name, cells in after.items()
    ]


def _by_size(strategy: str, label: Any, before: int, after: int) -> ClassChange:
    added, removed = max(0, after - before), max(0, before - after)
    return ClassChange(strategy, label, before, after, added, removed)


def _by_record(
    sampler: Any, before: Codes, after: Codes, k: int, classes: list[Any]
) -> dict[str, Any]:
    new = np.asarray(sampler.is_synthetic_)
    kept = np.asarray(sampler.sample_indices_)[~new]
    stayed = int((before[kept] == k).sum())
    # A new row whose seed is also its partner counts as one child, not two.
    seeds, partners = np.asarray(sampler.parents_)[after[new] == k].T
    others = partners[partners != seeds]
    children = np.bincount(np.append(seeds, others), minlength=len(before))
    by_class = np.bincount(before[children > 0], minlength=len(classes)).tolist()
    foreign = {label: n for label, n in zip(classes, by_class, strict=True) if n}
    foreign.pop(classes[k], None)
    n_before = int((before == k).sum())
    return {
        "before": n_before,
        "after": int((after == k).sum()),
        "added": len(seeds),
        "removed": n_before - stayed,
        "parents": sum(by_class),
        "foreign_parents": foreign,
        "most_children": int(children.max()),
    }
