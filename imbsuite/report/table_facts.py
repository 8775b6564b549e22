"""Facts about the table and the resampled classes, for the page."""

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

# Longer lists are folded, and very long ones cut, to limit the size of the page.
MOST_CLASSES = 12
MOST_COLUMNS = 20
MOST_LISTED = 300


@dataclass(frozen=True)
class ClassSize:
    """Size of a class, its share, and the length of its bar, from 0 to 1."""

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
    """Numbers of columns of each kind, a list of columns, and how many it omits.

    ``kinds``: (kind, number of columns). ``with_missing`` and ``empty``: numbers of columns
    with missing values, and with nothing else.
    """

    total: int
    rows: int
    kinds: Sequence[tuple[str, int]]
    listed: list[Column]
    unlisted: int
    with_missing: int
    empty: int


def columns(result: Result) -> Columns:
    """Return the facts about the columns."""
    described = result.columns
    rows = sum(result.class_sizes.values())
    return Columns(
        len(described),
        rows,
        Counter(column.kind for column in described).most_common(),
        list(described[:MOST_LISTED]),
        max(0, len(described) - MOST_LISTED),
        sum(column.missing > 0 for column in described),
        sum(column.missing == rows for column in described),
    )


@dataclass(frozen=True)
class ChangedClasses:
    """The classes to which one strategy added rows, or from which it removed rows."""

    strategy: str
    classes: list[ClassChange]

    @property
    def most(self) -> int:
        """The size of the largest class, before or after."""
        return max(max(t.before, t.after) for t in self.classes)


def changed(result: Result) -> list[ChangedClasses]:
    """Return the strategies that changed rows, with the classes that they changed."""
    by_strategy: dict[str, list[ClassChange]] = {}
    for change in result.class_changes:
        if change.added or change.removed:
            by_strategy.setdefault(change.strategy, []).append(change)
    return [ChangedClasses(name, classes) for name, classes in by_strategy.items()]
