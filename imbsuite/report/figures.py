"""The figures of a comparison: each kind of chart, for each model and class.

Each strategy has its own panel, with doing nothing in the background, instead of seven
curves in one chart: two lines can be distinguished without colors, and panels wrap on a
phone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from imbsuite.experiment.strategies import NOTHING
from imbsuite.report.chart import Chart
from imbsuite.report.curves import ClassCurves, class_curves
from imbsuite.report.panels import (
    belief_panels,
    cost_panels,
    ranking_panels,
    threshold_panels,
)

if TYPE_CHECKING:
    from imbsuite.experiment.result import Result

# Keys are the kinds of charts, which templates/curves.html explains.
_PANELS = {
    "ranking": ranking_panels,
    "belief": belief_panels,
    "thresholds": threshold_panels,
    "costs": cost_panels,
}


@dataclass(frozen=True)
class Figure:
    """The panels of one model and class, one for each strategy."""

    model: str
    label: Any
    charts: list[Chart]


def figures(result: Result) -> dict[str, list[Figure]]:
    """Return the figures of each kind; models without probabilities have none."""
    entries = list(_curves(result))
    return {
        kind: [Figure(m, label, panels(*curves)) for m, label, curves in entries]
        for kind, panels in _PANELS.items()
    }


def _curves(
    result: Result,
) -> Iterator[tuple[str, Any, tuple[list[ClassCurves], ClassCurves]]]:
    """Yield model, class, the curves of all strategies, and those of doing nothing."""
    codes = {label: code for code, label in enumerate(result.class_sizes)}
    for model in result.models:
        mine = [p for p in result.predictions if p.model == model]
        for column, label in enumerate(mine[0].labels if mine else ()):
            of_all = [class_curves(p, column, codes[label]) for p in mine]
            curves = [ours for ours in of_all if ours is not None]
            for nothing in (ours for ours in curves if ours.strategy == NOTHING):
                yield model, label, (curves, nothing)
