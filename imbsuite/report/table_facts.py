"""What the table looks like, and what strategies did to its classes, for the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imbsuite.experiment.evidence import ClassChange, Column
    from imbsuite.experiment.result import Result

__all__ = [
    "ChangedClasses",
    "ClassSize",
    "Columns",
    "changed",
    "class_sizes",
    "columns",
]

# Longer lists are folded, and very long ones cut: a page must stay a page.
MOST_CLASSES = 12
MOST_COLUMNS = 20
MOST_LISTED = 300


@dataclass(frozen=True)
class ClassSize:
    """Rows of a class, their share, and the length of its bar, from 0 to 1."""

    label: Any
    rows: int
    share: float
    bar: float


def class_sizes(result: Result) -> list[ClassSize]:
    """Return the classes, the rarest first."""
    sizes = sorted(result.class_sizes.items(), key=lambda entry: entry[1])
    total, most = sum(result.class_sizes.values()), sizes[-1][1]
    return [ClassSize(label, n, n / total, n / most) for label, n in sizes]


@dataclass(frozen=True)
class Columns:
    """The columns: how many of each kind, and a list, with what was left out of it.

    ``kinds``: (kind, columns). ``gaps`` and ``empty``: columns with missing values, and
    without any other.
    """

    total: int
    rows: int
    kinds: Sequence[tuple[str, int]]
    listed: list[Column]
    unlisted: int
    gaps: int
    empty: int


def columns(result: Result) -> Columns:
    """Return what the columns are."""
    found = result.columns
    rows = sum(result.class_sizes.values())
    return Columns(
        len(found),
        rows,
        Counter(column.kind for column in found).most_common(),
        list(found[:MOST_LISTED]),
        max(0, len(found) - MOST_LISTED),
        sum(column.missing > 0 for column in found),
        sum(column.missing == rows for column in found),
    )


@dataclass(frozen=True)
class ChangedClasses:
    """What one strategy did: only classes of which rows were added or removed."""

    strategy: str
    classes: list[ClassChange]

    @property
    def most(self) -> int:
        """The largest class, before or after."""
        return max(max(t.before, t.after) for t in self.classes)


def changed(result: Result) -> list[ChangedClasses]:
    """Return the strategies that changed rows, with the classes that they changed."""
    by_strategy: dict[str, list[ClassChange]] = {}
    for change in result.class_changes:
        if change.added or change.removed:
            by_strategy.setdefault(change.strategy, []).append(change)
    return [ChangedClasses(name, classes) for name, classes in by_strategy.items()]
