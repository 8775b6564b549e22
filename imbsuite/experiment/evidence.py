"""What a comparison leaves behind beside scores: for pictures, and to check it by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from imbsuite._classes import Labels

__all__ = ["MOST_LABELS", "ClassChange", "Column", "Kind", "Predictions", "spoken_of"]

Kind: TypeAlias = Literal["numeric", "categorical", "text", "date", "boolean"]

# More curves than this in one picture cannot be told apart.
MOST_LABELS = 4


@dataclass(frozen=True, eq=False)
class Predictions:
    """What one model with one strategy says of rows that it was not fitted on.

    From the first round of folds: each row is there at most once, and rows of folds that
    failed or were not reached are not.

    Attributes
    ----------
    model, strategy : str
    rows : ndarray of shape (n,), intp
        Positions in the table.
    fold : ndarray of shape (n,), int
        The number of the fold, as in ``scores``.
    truth : ndarray of shape (n,), intp
        Codes of the true classes, in the order of ``Comparison.class_sizes``.
    labels : tuple of labels
        The classes that ``proba`` speaks of: the positive one of two, else at most the
        four with the fewest rows, the rarest first.
    proba : ndarray of shape (n, len(labels)), float32
        As the model says.
    corrected : ndarray of shape (n, len(labels)), float32
        At the original class proportions: equal to ``proba`` where rows were neither
        resampled nor weighted; NaN where no metric asked for the correction, which costs
        three more fits.
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
class Column:
    """One column of the table as it came.

    Attributes
    ----------
    name : str
    kind : {"numeric", "categorical", "text", "date", "boolean"}
        Of strings: text where there are 100 different ones or more, else categorical.
    missing : int
        Rows without a value.
    distinct : int
        Distinct values, missing ones not counted.
    """

    name: str
    kind: Kind
    missing: int
    distinct: int


@dataclass(frozen=True)
class ClassChange:
    """What a strategy did to one class of the training rows of the first fold.

    These rows and no others were measured with; a sampler can take minutes for a table,
    so it is not run once more for the picture.

    Attributes
    ----------
    strategy : str
    label : label
    before, after : int
        Rows of the class.
    added, removed : int
        New rows, and rows that are gone: after = before + added - removed.
    parents : int
        Distinct rows that the new ones descend from, as seed or partner; 0 where the
        sampler keeps no record.
    foreign_parents : dict
        ``{label: rows}`` of other classes among the parents.
    most_children : int
        New rows that descend from one and the same row.
    """

    strategy: str
    label: Any
    before: int
    after: int
    added: int
    removed: int
    parents: int
    foreign_parents: Mapping[Any, int]
    most_children: int


def spoken_of(labels: Labels) -> NDArray[np.intp]:
    """Return the codes of the classes whose probabilities are kept."""
    if labels.positive is not None:
        return np.array([labels.positive])
    return labels.sizes.argsort(kind="stable")[:MOST_LABELS]
