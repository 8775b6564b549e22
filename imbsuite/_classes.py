"""A classification target as classes, codes, sizes and order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from imbsuite._labels import rarest_classes
from imbsuite._table import (
    in_order,
    label_codes,
    ordered_labels,
    refuse_labels,
    refuse_pairs,
    single_target,
)

# Boosting fits one tree per class and iteration. A column with more distinct values is
# probably a quantity or an identifier.
MOST_CLASSES = 100


@dataclass(frozen=True)
class Labels:
    """A validated target: sorted classes, and the code of the class of each row.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted, as estimators get them.
    codes : ndarray of shape (n_rows,)
        Positions in ``classes``.
    ordered : list or None
        The labels from the first to the last, if the classes are ordered.
    positive : int or None
        The code of the positive class: the rarer of two classes until a parameter sets
        it; None if there are more than two.
    originals : tuple
        Each class as it is in ``y``, if estimators get other labels (dates and decimals
        become text); else empty.
    """

    classes: NDArray[Any]
    codes: NDArray[np.intp]
    ordered: list[Any] | None = None
    positive: int | None = None
    originals: tuple[Any, ...] = ()

    @cached_property
    def sizes(self) -> NDArray[np.intp]:
        """Rows of each class, in the order of ``classes``."""
        return np.bincount(self.codes, minlength=len(self.classes))

    @property
    def size_of(self) -> dict[Any, int]:
        """``{label: rows}``, sorted by label."""
        return dict(zip(self.classes.tolist(), self.sizes.tolist(), strict=True))

    @property
    def positive_label(self) -> Any:
        """The label of the positive class, as estimators get it; None if there is none."""
        return None if self.positive is None else self.classes[self.positive].item()

    @property
    def values(self) -> NDArray[Any]:
        """The label of each row, in the form in which estimators get it."""
        return self.classes[self.codes]

    @property
    def order(self) -> NDArray[np.intp] | None:
        """The codes of three or more ordered classes, from the first to the last."""
        if self.ordered is None or len(self.classes) < 3:
            return None
        return np.searchsorted(self.classes, np.array(self.ordered))

    def name_of(self, label: Any) -> Any:
        """Return the class of a label of y; any other value is returned unchanged."""
        # Compared without hashes, because equal dates may have different hashes.
        # pandas.NA equals no label.
        for name, original in zip(self.classes.tolist(), self.originals, strict=False):
            if np.ndim(label) == 0 and _same(original, label):
                return name
        return label

    def with_order(self, codes: NDArray[np.intp]) -> Any:
        """Return the labels of these codes, with their order if they have one."""
        return in_order(self.classes[codes], self.ordered)

    # --- Multilabel targets

    @property
    def contents(self) -> NDArray[np.intp]:
        """A code of the labels of each row: equal for rows with the same labels."""
        return self.codes

    @property
    def rarest(self) -> tuple[str, int]:
        """The smallest class, in words, and its rows."""
        code = int(self.sizes.argmin())
        return f"class {self.classes[code].item()!r}", int(self.sizes[code])

    def at(self, rows: NDArray[np.intp]) -> Any:
        """Return the labels of rows, in the form in which estimators get them."""
        return self.with_order(self.codes[rows])

    def seen_by(self, splitter: Any) -> Any:
        """Return the labels that a splitter gets."""
        return self.values

    def stratified(self, n_folds: int, units: Any) -> Self:
        """Return the labels with the codes that folds are stratified by."""
        return self

    def each(self) -> Iterator[tuple[str, Labels]]:
        """Yield the target of each label, preceded by the prefix of its messages."""
        yield "", self


def check_labels(
    y: Any,
    what: str = "y",
    ordered: Sequence[Any] | None = None,
    *,
    warn: bool = False,
) -> Labels:
    """Return the validated labels of ``y``.

    Parameters
    ----------
    y : array-like of shape (n_rows,)
    what : str
        The name of the target in messages.
    ordered : sequence of labels, default=None
        All labels in order. None: the order of an ordered categorical, if y is one.
    warn : bool, default=False
        Whether to warn about a column vector, as scikit-learn does.

    Raises
    ------
    ValueError
        If y has more than one column, missing values, fractions, a single class, or more
        than ``MOST_CLASSES`` classes; if ``ordered`` lacks a label.
    """
    values = single_target(y, what, warn=warn)
    codes, labels = label_codes(values, what)
    refuse_labels(labels, int((codes < 0).sum()), len(codes), what)
    _refuse_many(labels, what)
    refuse_pairs(labels, what)
    names = _names(labels, what)
    classes, place = np.unique(names, return_inverse=True)
    codes = place[codes].astype(np.intp)
    originals = tuple(labels[i] for i in np.argsort(place))
    known = Labels(
        classes,
        codes,
        positive=_positive(codes, len(classes)),
        originals=() if list(originals) == classes.tolist() else originals,
    )
    order = ordered_labels(y) if ordered is None else list(ordered)
    return replace(known, ordered=_ordered(known, order))


def _names(labels: list[Any], what: str) -> NDArray[Any]:
    """Return labels in the form in which estimators get them, as numbers or text.

    Dates, decimals and labels of several types become text.
    """
    names = np.array(labels)
    names = names.astype(str) if names.dtype.kind == "O" else names
    kept, times = np.unique(names, return_counts=True)
    if len(kept) < len(labels):
        one, other, *_ = np.flatnonzero(names == kept[times.argmax()])
        msg = (
            f"{what} holds {labels[one]!r} and {labels[other]!r}, which estimators would "
            "treat as the same label. Convert all labels to one type, or rename them."
        )
        raise ValueError(msg)
    return names


def _same(label: Any, other: Any) -> bool:
    try:
        return bool(label == other)
    except (TypeError, ValueError):  # pandas.NA, and dates with and without a time zone
        return False


def _positive(codes: NDArray[np.intp], n_classes: int) -> int | None:
    return int(rarest_classes(codes, None, 2)[-1]) if n_classes == 2 else None


def _ordered(labels: Labels, order: list[Any] | None) -> list[Any] | None:
    """Return the classes in the user's order, comparing labels as text."""
    if order is None:
        return None
    classes = labels.classes
    names = [str(label) for label in classes.tolist()]
    wanted = [str(labels.name_of(label)) for label in order]
    missing = [name for name in names if name not in wanted]
    if missing or len(set(wanted)) < len(wanted):
        msg = (
            f"The 'ordered' parameter must list each of the labels {classes.tolist()} "
            f"once, from the first to the last. Got {order} instead."
        )
        raise ValueError(msg)
    places = [names.index(name) for name in wanted if name in names]
    ordered: list[Any] = classes[places].tolist()
    return ordered


def label_called(text: str, classes: NDArray[Any], what: str) -> Any:
    """Return the label that a text denotes: "1" is the number 1 if labels are numbers.

    Parameters
    ----------
    text : str
    classes : ndarray of shape (n_classes,)
    what : str
        The source of the text, for messages.

    Raises
    ------
    ValueError
        If the text denotes none of the classes.
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
            f"{what} has {len(classes):,} distinct values, but a target may have at most "
            f"{MOST_CLASSES}. Choose another column, or merge classes first."
        )
        raise ValueError(msg)
