"""A chart as coordinates; the template writes them down."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite.report.axes import Axis

__all__ = ["HEIGHT", "WIDTH", "Chart", "Series"]

Floats = NDArray[np.floating[Any]]

WIDTH, HEIGHT = 230, 204
# The corners of the plot; the template has them too.
_LEFT, _RIGHT, _TOP, _BOTTOM = 38, 222, 26, 164


@dataclass(frozen=True)
class Series:
    """A line of a chart.

    ``style``: its name in the legend and the style sheet. ``stepped``: level until the
    next point. ``marked``: points are drawn too, with ``low`` and ``high`` as bars.
    """

    style: str
    x: Any
    y: Any
    stepped: bool = False
    marked: bool = False
    low: Any = None
    high: Any = None


@dataclass(frozen=True)
class Chart:
    """Lines over two axes, and the same in words.

    ``name``: what the panel is of. ``note``: under the name. ``title`` and ``words``:
    what is seen, for those who do not see it. ``guides``: lines under the others.
    """

    name: str
    note: str
    title: str
    words: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    guides: tuple[Series, ...] = ()

    @cached_property
    def x_ticks(self) -> list[tuple[float, str]]:
        """Where the ticks are, and what they say."""
        return [(self._across(value).item(), told) for value, told in self.x.ticks]

    @cached_property
    def y_ticks(self) -> list[tuple[float, str]]:
        """Where the ticks are, and what they say."""
        return [(self._up(value).item(), told) for value, told in self.y.ticks]

    def path(self, series: Series) -> str:
        """Return the line as SVG's path data."""
        points = list(self.points(series))
        if series.stepped:
            steps = (f"H{x:g}V{y:g}" for x, y in points[1:])
        else:
            steps = (f"L{x:g} {y:g}" for x, y in points[1:])
        if not points:
            return ""
        x, y = points[0]
        return f"M{x:g} {y:g}{''.join(steps)}"

    def points(self, series: Series) -> list[tuple[float, float]]:
        """Return the points of a line on paper."""
        across, up = self._across(series.x).tolist(), self._up(series.y).tolist()
        return list(zip(across, up, strict=True))

    def bars(self, series: Series) -> list[tuple[float, float, float]]:
        """Return (x, low, high) of the bars on paper."""
        if series.low is None:
            return []
        low, high = self._up(series.low), self._up(series.high)
        triples = zip(self._across(series.x), low, high, strict=True)
        return [(float(x), float(a), float(b)) for x, a, b in triples]

    def _across(self, values: Any) -> Floats:
        return np.round(_LEFT + (_RIGHT - _LEFT) * self.x.place(values), 1)

    def _up(self, values: Any) -> Floats:
        return np.round(_BOTTOM - (_BOTTOM - _TOP) * self.y.place(values), 1)
