"""The evidence that a comparison keeps besides scores: predictions and class changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._classes import Labels

# More curves than this in one plot are hard to distinguish.
MOST_LABELS = 4


@dataclass(frozen=True, eq=False)
class Predictions:
    """Out-of-fold predictions of one model with one strategy.

    They come from the first repeat of the folds, so each row occurs at most once. Rows of
    folds that failed or were not reached are missing.

    Attributes
    ----------
    model, strategy : str
    rows : ndarray of shape (n,), intp
        Positions among the rows that were compared: with ``unlabeled``, the rows with a
        label; with ``sample_rows``, those of the sample.
    fold : ndarray of shape (n,), int
        The number of the fold, as in ``scores``.
    truth : ndarray of shape (n,), intp
        Codes of the true classes, in the order of ``Comparison.class_sizes``.
    labels : tuple of labels
        The classes of the columns of ``proba``: the positive class if there is one,
        else at most the four smallest classes, the rarest first.
    proba : ndarray of shape (n, len(labels)), float32
        Probabilities that the model predicts.
    corrected : ndarray of shape (n, len(labels)), float32
        Probabilities at the original class proportions. Equal to ``proba`` if rows were
        neither resampled nor weighted. NaN if no metric needed the correction, which
        takes up to three more fits.
    """

    model: str
    strategy: str
    rows: NDArray[np.intp]
    fold: NDArray[np.intp]
    truth: NDArray[np.intp]
    labels: tuple[Any, ...]
    proba: NDArray[np.float32]
    corrected: NDArray[np.float32]


@dataclass(frozen=True)
class ClassChange:
    """Effect of a strategy on one class, among the training rows of the first fold.

    It is recorded during the comparison. Samplers can take minutes, so they are not run
    again for this record.

    Attributes
    ----------
    strategy : str
    label : label
    before, after : int
        Number of rows of the class.
    added, removed : int
        Numbers of new and of removed rows: after = before + added - removed.
    parents : int
        Number of distinct parents (seeds or partners) of the new rows; 0 if the sampler
        keeps no record.
    foreign_parents : dict
        ``{label: rows}``: parents that belong to other classes.
    most_children : int
        The largest number of new rows with a common parent.
    """

    strategy: str
    label: Any
    before: int
    after: int
    added: int
    removed: int
    parents: int = 0
    foreign_parents: Mapping[Any, int] = field(default_factory=dict)
    most_children: int = 0


def kept_classes(labels: Labels) -> NDArray[np.intp]:
    """Return the codes of the classes whose probabilities are kept."""
    if labels.positive is not None:
        return np.array([labels.positive])
    return labels.sizes.argsort(kind="stable")[:MOST_LABELS]
