"""Pseudo-label classifiers inside an estimator, and the unlabeled rows they add."""

from __future__ import annotations

from typing import Any

from sklearn.base import clone

from imbsuite._types import Positions
from imbsuite.meta.pseudo_label import PseudoLabelClassifier
from imbsuite.meta.unlabeled_rows import UnlabeledRows


def only_beside(estimator: Any, rows: Positions) -> Any:
    """Return an estimator for a fit on some of the labeled rows.

    Its pseudo-label classifiers only add unlabeled rows that may be used in this fit:
    none from the future, and none from held-out groups.
    """
    if not any(part.others is not None for part in _pseudo_labels_in(estimator)):
        return estimator
    fresh = clone(estimator)
    for part in _pseudo_labels_in(fresh):
        part.keep_beside(rows)
    return fresh


def adding(estimator: Any, others: UnlabeledRows | None) -> Any:
    """Return a clone whose outermost pseudo-label classifier adds unlabeled rows."""
    fresh = clone(estimator)
    for part in _pseudo_labels_in(fresh)[:1]:
        part.add(others)
    return fresh


def _pseudo_labels_in(estimator: Any) -> list[PseudoLabelClassifier]:
    parts = [estimator, *estimator.get_params(deep=True).values()]
    return [part for part in parts if isinstance(part, PseudoLabelClassifier)]


def forget_unlabeled(fitted: Any) -> None:
    """Remove the unlabeled rows, which may be many, from a fitted classifier."""
    while fitted is not None:
        for part in _pseudo_labels_in(fitted):
            part.add(None)
        fitted = getattr(fitted, "estimator_", None)
