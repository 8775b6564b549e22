"""The target of a comparison: labels that classes can be made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._table import in_order, ordered_labels
from imbsuite.explore.extras import need

__all__ = ["MOST_CLASSES", "Labels", "check_labels", "refuse_missing"]

# One tree is grown for each class and iteration, one average taken over all of them:
# beyond this the column is rather a quantity, or names the rows.
MOST_CLASSES = 100


@dataclass(frozen=True)
class Labels:
    """A checked target: sorted classes, and the code of each row's class.

    ``order``: the codes of ordered classes, from the first to the last; else None.
    """

    classes: NDArray[Any]
    codes: NDArray[np.intp]
    order: NDArray[np.intp] | None = None

    @cached_property
    def sizes(self) -> NDArray[np.intp]:
        """Rows of each class, in the order of ``classes``."""
        return np.bincount(self.codes, minlength=len(self.classes))

    @property
    def values(self) -> NDArray[Any]:
        """The label of each row, as estimators take it."""
        return self.classes[self.codes]

    @property
    def ordered(self) -> list[Any] | None:
        """The labels of ordered classes, from the first to the last; else None."""
        return None if self.order is None else self.classes[self.order].tolist()

    def with_order(self, codes: NDArray[np.intp]) -> Any:
        """Return the labels of these codes, with their order if they have one."""
        return in_order(self.classes[codes], self.ordered)

    @property
    def positive(self) -> int | None:
        """The code of the rarer of two classes (of two equals, the later); or None."""
        if len(self.classes) > 2:
            return None
        return int(self.sizes[1] <= self.sizes[0])


def check_labels(
    y: Any, what: str = "y", ordered: Sequence[Any] | None = None
) -> Labels:
    """Return the labels of ``y``; refuse what is no classification target.

    Parameters
    ----------
    y : array-like of shape (n_rows,)
    what : str
        How messages call it.
    ordered : sequence of labels, default=None
        All of them, in order. None: the order of an ordered categorical, if it is one.

    Raises
    ------
    ValueError
        If it has more than one column, missing values, fractions, one class only, or
        more than ``MOST_CLASSES`` classes; if ``ordered`` lacks a label.
    """
    values = np.asarray(y)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        msg = f"{what} must have one column of labels, not the shape {values.shape}."
        raise ValueError(msg)
    codes, classes = need("pandas").factorize(values)
    refuse_missing(int((codes < 0).sum()), len(codes), what)
    _refuse_fractions(values, what)
    _refuse_number_of_classes(classes, what)
    names = np.array(classes.tolist())
    # Dates, decimals and the like: estimators take labels that are text or numbers.
    names = names.astype(str) if names.dtype.kind == "O" else names
    found, place = np.unique(names, return_inverse=True)
    given = ordered_labels(y) if ordered is None else list(ordered)
    return Labels(found, place[codes].astype(np.intp), _order(found, given))


def _order(classes: NDArray[Any], given: list[Any] | None) -> NDArray[np.intp] | None:
    """Return the codes of the classes in the order given, labels compared as text."""
    if given is None or len(classes) < 3:
        return None
    spoken = [str(label) for label in classes.tolist()]
    wanted = [str(label) for label in given]
    missing = [label for label in spoken if label not in wanted]
    if missing or len(set(wanted)) < len(wanted):
        msg = (
            f"ordered={given} does not fit; give each label once, from the first to the "
            f"last: there are {classes.tolist()}."
        )
        raise ValueError(msg)
    return np.array([spoken.index(label) for label in wanted if label in spoken])


def refuse_missing(missing: int, rows: int, what: str) -> None:
    """Raise a ValueError if labels are missing."""
    if missing:
        msg = (
            f"{what} has missing values in {missing:,} of {rows:,} rows; drop these "
            "rows, or give them a label of their own."
        )
        raise ValueError(msg)


def _refuse_fractions(values: NDArray[Any], what: str) -> None:
    if values.dtype.kind != "f":
        return
    fractions = values[values != np.floor(values)]
    if len(fractions):
        msg = (
            f"{what} holds fractions such as {float(fractions[0])!r}: a quantity, not "
            "classes. Choose another column, or cut the values into classes first."
        )
        raise ValueError(msg)


def _refuse_number_of_classes(classes: Any, what: str) -> None:
    if len(classes) < 2:
        held = f"only one class, {classes.tolist()[0]!r}" if len(classes) else "no rows"
        msg = f"{what} holds {held}; rows of at least 2 classes are needed."
        raise ValueError(msg)
    if len(classes) > MOST_CLASSES:
        msg = (
            f"{what} has {len(classes):,} distinct values; at most {MOST_CLASSES} are "
            "taken for classes. Choose another column, or merge classes first."
        )
        raise ValueError(msg)
