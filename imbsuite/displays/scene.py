"""The contents of a picture of resampled rows, computed before anything is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite.displays.style import COLORS, MARKS, QUIET, display_label
from imbsuite.plan import leveled

# With more new rows than this, the lines to their parents would hide them.
_MOST_JOINED = 200
_MOST_CLASSES = 10


@dataclass(frozen=True)
class Look:
    """The style of the rows of one class, or of all classes that share the color gray.

    A class has a color and a shape; the fill shows whether a row is old or new. The
    largest class is gray, because the rare classes are the subject of the picture.
    """

    label: Any
    text: str
    color: str
    mark: str
    codes: list[int]
    depth: int


class Scene:
    """Coordinates and labels, the rows that are shown, and a style for each class.

    Parameters
    ----------
    display : ResamplingDisplay
    max_rows : int
        The maximum number of rows, and of new rows, that are shown. If new rows are
        joined to their parents, all parents are shown in addition.
    """

    def __init__(self, display: Any, max_rows: int) -> None:
        self.rows = np.asarray(display.rows, dtype=float)
        self.new = np.asarray(display.new, dtype=float).reshape(-1, 2)
        labels = list(dict.fromkeys([*display.y, *display.y_new]))
        place = {label: k for k, label in enumerate(labels)}
        self.codes = np.array([place[label] for label in display.y], dtype=np.intp)
        self.new_codes = np.array([place[k] for k in display.y_new], dtype=np.intp)
        everything = np.ones(len(self.rows), dtype=bool)
        self.kept = everything if display.kept is None else np.asarray(display.kept)
        none = np.empty((0, 2), dtype=np.intp)
        self.parents = none if display.parents is None else np.asarray(display.parents)
        self.shown = _thinned(self.codes, max_rows)
        self.shown_new = _thinned(self.new_codes, max_rows)
        if 0 < len(self.new) <= _MOST_JOINED:  # a line must end at a visible row
            self.shown = np.union1d(self.shown, self.parents.ravel())
        codes_after = np.append(self.codes[self.kept], self.new_codes)
        before = np.bincount(self.codes, minlength=len(labels))
        after = np.bincount(codes_after, minlength=len(labels))
        self.looks = _looks(labels, before, after)

    @property
    def joined(self) -> bool:
        """Whether lines join new rows to their parents."""
        return 0 < len(self.new) <= _MOST_JOINED and len(self.parents) > 0

    @property
    def size(self) -> float:
        """The area of a row's mark, in points squared."""
        return float(np.clip(16000 / max(len(self.shown), 1), 9, 34))


def _thinned(codes: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """Return at most ``most`` positions, giving priority to small classes.

    The largest classes are thinned until all rows fit, as by an under-sampler; thinning
    all classes in proportion would lose the rare rows.
    """
    if len(codes) <= most:
        return np.arange(len(codes))
    order = np.argsort(codes, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(codes))[:-1])
    sizes = leveled([len(rows) for rows in members], most).tolist()
    # Evenly spaced, because tables are often sorted by a column.
    chosen = [
        rows[np.linspace(0, len(rows) - 1, size).astype(np.intp)]
        for rows, size in zip(members, sizes, strict=True)
        if size
    ]
    return np.sort(np.concatenate(chosen))


def _looks(labels: list[Any], before: NDArray[Any], after: NDArray[Any]) -> list[Look]:
    """Return a style for each class, rarest first; if many, the largest share one."""
    rarest = np.argsort(before, kind="stable").tolist()
    n_colored = len(COLORS) if len(labels) > _MOST_CLASSES else len(labels) - 1
    looks = []
    for i, k in enumerate(rarest[:n_colored]):
        text = f"{display_label(labels[k])}: {before[k]:,} → {after[k]:,}"
        color, mark = COLORS[(i + 1) % len(COLORS)], MARKS[(i + 1) % len(MARKS)]
        looks.append(Look(labels[k], text, color, mark, [k], len(labels) - i))
    rest = rarest[n_colored:]
    alone = len(rest) == 1
    name = display_label(labels[rest[0]]) if alone else f"{len(rest)} other classes"
    text = f"{name}: {before[rest].sum():,} → {after[rest].sum():,}"
    label = labels[rest[0]] if alone else None
    return [*looks, Look(label, text, QUIET, MARKS[0], rest, 0)]
