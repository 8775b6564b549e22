"""What a picture of resampled rows is made of, before anything is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite.displays.style import COLORS, MARKS, QUIET, spoken
from imbsuite.plan import levelled

__all__ = ["Look", "Scene"]

# Beyond so many new rows, lines to their parents would hide them.
_MOST_JOINED = 200
_MOST_CLASSES = 10


@dataclass(frozen=True)
class Look:
    """How the rows of a class (or of all that share the gray) are drawn."""

    label: Any
    text: str
    color: str
    mark: str
    codes: list[int]
    depth: int


@dataclass(frozen=True)
class Scene:
    """What is drawn: arrays, the rows that fit, and a look for each class."""

    rows: NDArray[Any]
    codes: NDArray[np.intp]
    new: NDArray[Any]
    new_codes: NDArray[np.intp]
    kept: NDArray[np.bool_]
    parents: NDArray[np.intp]
    looks: list[Look]
    shown: NDArray[np.intp]
    shown_new: NDArray[np.intp]

    @property
    def joined(self) -> bool:
        """Whether new rows are joined to their parents."""
        return 0 < len(self.new) <= _MOST_JOINED and len(self.parents) > 0

    @property
    def size(self) -> float:
        """The area of a row's mark, in points squared."""
        return float(np.clip(16000 / max(len(self.shown), 1), 9, 34))

    @classmethod
    def of(cls, display: Any, max_rows: int) -> Scene:
        """Return the scene of a :class:`ResamplingDisplay`."""
        rows = np.asarray(display.rows, dtype=float)
        new = np.asarray(display.new, dtype=float).reshape(-1, 2)
        labels = list(dict.fromkeys([*display.y, *display.y_new]))
        place = {label: k for k, label in enumerate(labels)}
        codes = np.array([place[label] for label in display.y], dtype=np.intp)
        new_codes = np.array([place[label] for label in display.y_new], dtype=np.intp)
        everything = np.ones(len(rows), dtype=bool)
        kept = everything if display.kept is None else np.asarray(display.kept)
        none = np.empty((0, 2), dtype=np.intp)
        parents = none if display.parents is None else np.asarray(display.parents)
        shown = _thinned(codes, max_rows)
        if 0 < len(new) <= _MOST_JOINED:  # no line may end at nothing
            shown = np.union1d(shown, parents.ravel())
        before = np.bincount(codes, minlength=len(labels))
        after = np.bincount(codes[kept], minlength=len(labels))
        after = after + np.bincount(new_codes, minlength=len(labels))
        return cls(
            rows,
            codes,
            new,
            new_codes,
            kept,
            parents,
            _looks(labels, before, after),
            shown,
            _thinned(new_codes, max_rows),
        )


def _thinned(codes: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """Return at most ``most`` positions, those of small classes first."""
    if len(codes) <= most:
        return np.arange(len(codes))
    order = np.argsort(codes, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(codes))[:-1])
    sizes = levelled([len(rows) for rows in members], most).tolist()
    # Evenly spaced: tables are often sorted by something.
    chosen = [
        rows[np.linspace(0, len(rows) - 1, size).astype(np.intp)]
        for rows, size in zip(members, sizes, strict=True)
        if size
    ]
    return np.sort(np.concatenate(chosen))


def _looks(labels: list[Any], before: NDArray[Any], after: NDArray[Any]) -> list[Look]:
    """Return a look for each class, the rarest first; many share the gray one."""
    rarest = np.argsort(before, kind="stable").tolist()
    n_colored = len(COLORS) if len(labels) > _MOST_CLASSES else len(labels) - 1
    looks = []
    for i, k in enumerate(rarest[:n_colored]):
        text = f"{spoken(labels[k])}: {before[k]:,} → {after[k]:,}"
        color, mark = COLORS[(i + 1) % len(COLORS)], MARKS[(i + 1) % len(MARKS)]
        looks.append(Look(labels[k], text, color, mark, [k], len(labels) - i))
    rest = rarest[n_colored:]
    alone = len(rest) == 1
    name = spoken(labels[rest[0]]) if alone else f"{len(rest)} other classes"
    text = f"{name}: {before[rest].sum():,} → {after[rest].sum():,}"
    label = labels[rest[0]] if alone else None
    return [*looks, Look(label, text, QUIET, MARKS[0], rest, 0)]
