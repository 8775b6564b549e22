"""A chart as coordinates, which the template renders as SVG."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import chain, repeat
from typing import Any

import numpy as np

from imbsuite._types import Floats
from imbsuite.report.axes import Axis

WIDTH, HEIGHT = 230, 204
# The corners of the plot, which the template repeats.
_LEFT, _RIGHT, _TOP, _BOTTOM = 38, 222, 26, 164


@dataclass(frozen=True)
class Series:
    """A line of a chart.

    ``style``: its name in the legend and the style sheet. ``stepped``: constant until the
    next point. ``marked``: points are drawn as well, with bars from ``low`` to ``high``.
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
    """Lines over two axes, and a description in words.

    ``name`` and ``note``: the heading of the panel and the line below it. ``title`` and
    ``words``: the description for screen readers. ``guides``: lines behind the others.
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
        """Coordinates and labels of the ticks."""
        return [(self._across(value).item(), text) for value, text in self.x.ticks]

    @cached_property
    def y_ticks(self) -> list[tuple[float, str]]:
        """Coordinates and labels of the ticks."""
        return [(self._up(value).item(), text) for value, text in self.y.ticks]

    def path(self, series: Series) -> str:
        """Return the line as SVG path data, which consists of commands and numbers."""
        step = "H{:g}V{:g}" if series.stepped else "L{:g} {:g}"
        points, forms = self.points(series), chain(["M{:g} {:g}"], repeat(step))
        return "".join(next(forms).format(x, y) for x, y in points)

    def points(self, series: Series) -> list[tuple[float, float]]:
        """Return the coordinates of the points of a line."""
        across, up = self._across(series.x).tolist(), self._up(series.y).tolist()
        return list(zip(across, up, strict=True))

    def bars(self, series: Series) -> list[tuple[float, float, float]]:
        """Return coordinates (x, low, high) of the bars."""
        if series.low is None:
            return []
        ends = self._across(series.x), self._up(series.low), self._up(series.high)
        return list(zip(*(part.tolist() for part in ends), strict=True))

    def _across(self, values: Any) -> Floats:
        return np.round(_LEFT + (_RIGHT - _LEFT) * self.x.place(values), 1)

    def _up(self, values: Any) -> Floats:
        return np.round(_BOTTOM - (_BOTTOM - _TOP) * self.y.place(values), 1)
