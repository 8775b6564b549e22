"""The target of a comparison: labels that classes can be made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite._labels import rarest_classes
from imbsuite._table import (
    in_order,
    label_codes,
    ordered_labels,
    refuse_labels,
    single_target,
)

__all__ = ["MOST_CLASSES", "Labels", "check_labels", "label_called"]

# One tree is grown for each class and iteration, one average taken over all of them:
# beyond this the column is rather a quantity, or names the rows.
MOST_CLASSES = 100


@dataclass(frozen=True)
class Labels:
    """A checked target: sorted classes, and the code of each row's class.

    ``ordered``: the labels of classes that have an order, from the first to the last; else
    None.
    ``positive``: the code of the class that the comparison is about, None of all; until
    that is settled the rarer of two.
    ``given``: each class as it stands in y, where that is not what estimators take: dates
    and decimals become text. Else empty.
    """

    classes: NDArray[Any]
    codes: NDArray[np.intp]
    ordered: list[Any] | None = None
    positive: int | None = None
    given: tuple[Any, ...] = ()

    @cached_property
    def sizes(self) -> NDArray[np.intp]:
        """Rows of each class, in the order of ``classes``."""
        return np.bincount(self.codes, minlength=len(self.classes))

    @property
    def values(self) -> NDArray[Any]:
        """The label of each row, as estimators take it."""
        return self.classes[self.codes]

    @property
    def order(self) -> NDArray[np.intp] | None:
        """The codes of three or more ordered classes, from the first to the last."""
        if self.ordered is None or len(self.classes) < 3:
            return None
        return np.searchsorted(self.classes, np.array(self.ordered))

    def name_of(self, label: Any) -> Any:
        """Return the class that is called so in y; what is no such label, as it is."""
        # Equal labels may differ in their hash, as dates do; pandas.NA is equal to none.
        for name, given in zip(self.classes.tolist(), self.given, strict=False):
            if np.ndim(label) == 0 and _same(given, label):
                return name
        return label

    def with_order(self, codes: NDArray[np.intp]) -> Any:
        """Return the labels of these codes, with their order if they have one."""
        return in_order(self.classes[codes], self.ordered)


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
    values = single_target(y, what, warn=False)
    codes, labels = label_codes(values, what)
    refuse_labels(labels, int((codes < 0).sum()), len(codes), what)
    _refuse_many(labels, what)
    names = _names(labels, what)
    found, place = np.unique(names, return_inverse=True)
    codes = place[codes].astype(np.intp)
    given = tuple(labels[i] for i in np.argsort(place))
    known = Labels(
        found,
        codes,
        positive=_positive(codes, len(found)),
        given=() if list(given) == found.tolist() else given,
    )
    order = ordered_labels(y) if ordered is None else list(ordered)
    return replace(known, ordered=_ordered(known, order))


def _names(labels: list[Any], what: str) -> NDArray[Any]:
    """Return labels as estimators take them: numbers, or else text.

    Dates, decimals and labels of several types become text.
    """
    names = np.array(labels)
    names = names.astype(str) if names.dtype.kind == "O" else names
    kept, first, times = np.unique(names, return_index=True, return_counts=True)
    if len(kept) < len(labels):
        one = int(first[times.argmax()])
        same = [
            label
            for label, name in zip(labels, names, strict=True)
            if name == names[one]
        ]
        msg = (
            f"{what} holds {same[0]!r} and {same[1]!r}, which estimators would take for "
            "one and the same label; give all labels one type, or other names."
        )
        raise ValueError(msg)
    return names


def _same(label: Any, other: Any) -> bool:
    try:
        return bool(label == other)
    except (TypeError, ValueError):  # pandas.NA, and time zones beside none
        return False


def _positive(codes: NDArray[np.intp], n_classes: int) -> int | None:
    return int(rarest_classes(codes, None, 2)[-1]) if n_classes == 2 else None


def _ordered(labels: Labels, given: list[Any] | None) -> list[Any] | None:
    """Return the classes in the order given, labels compared as text."""
    if given is None:
        return None
    classes = labels.classes
    spoken = [str(label) for label in classes.tolist()]
    wanted = [str(labels.name_of(label)) for label in given]
    missing = [label for label in spoken if label not in wanted]
    if missing or len(set(wanted)) < len(wanted):
        msg = (
            f"ordered={given} does not fit; give each label once, from the first to the "
            f"last: there are {classes.tolist()}."
        )
        raise ValueError(msg)
    places = [spoken.index(label) for label in wanted if label in spoken]
    in_their_order: list[Any] = classes[places].tolist()
    return in_their_order


def label_called(text: str, classes: NDArray[Any], what: str) -> Any:
    """Return the label that a user has typed: "1" is the number 1 where labels are numbers.

    Parameters
    ----------
    text : str
    classes : ndarray of shape (n_classes,)
    what : str
        Where it was typed, for the error.

    Raises
    ------
    ValueError
        If it is not one of the classes.
    """
    labels = classes.tolist()
    same = [label for label in labels if _is_called(label, text)]
    if same:
        return same[0]
    msg = f"{what} must be one of the classes {labels}. Got {text!r} instead."
    raise ValueError(msg)


def _is_called(label: Any, text: str) -> bool:
    if isinstance(label, str):
        return label == text
    if isinstance(label, bool):
        return str(label).casefold() == text.strip().casefold()
    try:
        return float(text) == label
    except ValueError:
        return False


def _refuse_many(classes: list[Any], what: str) -> None:
    if len(classes) > MOST_CLASSES:
        msg = (
            f"{what} has {len(classes):,} distinct values; at most {MOST_CLASSES} are "
            "taken for classes. Choose another column, or merge classes first."
        )
        raise ValueError(msg)
