"""The figures of a comparison: each kind of chart, for each model and class.

Each strategy has a panel with doing nothing behind it, instead of seven curves in one
chart: two lines need no colors to be distinguished, and panels wrap on a phone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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

__all__ = ["KINDS", "Figure", "Kind", "Section", "sections"]

Panels = Callable[[Sequence[ClassCurves], ClassCurves], list[Chart]]


@dataclass(frozen=True)
class Kind:
    """A kind of chart, and how to read it.

    ``legend``: (style of a line, its meaning).
    """

    key: str
    heading: str
    reading: str
    legend: tuple[tuple[str, str], ...]
    panels: Panels


@dataclass(frozen=True)
class Figure:
    """The panels of one model and class, one for each strategy."""

    model: str
    label: Any
    charts: list[Chart]


@dataclass(frozen=True)
class Section:
    """All figures of one kind."""

    kind: Kind
    figures: list[Figure]


KINDS = (
    Kind(
        "ranking",
        "Finding the class",
        "Precision, the share of positive predictions that are right, against recall, the "
        "share of the class that is found. A curve above the dashed one ranks better than "
        "doing nothing; if they cross, it depends on the recall that you need. For low "
        "precision the axis ends below 1, and higher values are drawn at the edge.",
        (("ours", "with the strategy"), ("nothing", "doing nothing")),
        ranking_panels,
    ),
    Kind(
        "belief",
        "Calibration of the probabilities",
        "Rows are grouped into ten bins by probability. On the gray diagonal the class is "
        "as frequent as predicted; below it, probabilities are too high. Bars are 95 % "
        "intervals. Resampling and weights raise the probabilities of rare classes; the "
        "correction restores the original class proportions. Both axes are logarithmic; "
        "values outside are drawn at the edge.",
        (
            ("raw", "as predicted"),
            ("corrected", "corrected"),
            ("guide", "calibrated probabilities"),
        ),
        belief_panels,
    ),
    Kind(
        "thresholds",
        "Choosing a threshold",
        "Rows whose probability reaches the threshold are predicted positive. Resampling "
        "shifts these curves sideways: what it gains at 0.5 (gray line), another threshold "
        "gains without it. It helps only if the F1 curve becomes higher. The axis is "
        "linear in the log-odds.",
        (("precision", "precision"), ("recall", "recall"), ("f1", "F1")),
        threshold_panels,
    ),
    Kind(
        "costs",
        "What errors cost",
        "The expected cost of errors at the best threshold for each ratio of costs, as a "
        "share of the largest possible cost; lower is better. False alarms cost more on "
        "the left, misses on the right. The edge of the shaded triangle is the cost "
        "without a model, if no row or every row is predicted positive: a model is useful "
        "where its curve is below. Thresholds were chosen on the rows that are shown, "
        "which makes all curves equally optimistic.",
        (
            ("ours", "with the strategy"),
            ("nothing", "doing nothing"),
            ("trivial", "without a model"),
        ),
        cost_panels,
    ),
)


def sections(result: Result) -> list[Section]:
    """Return the figures of each kind; no figures for models without probabilities."""
    entries = list(_curves(result))
    return [
        Section(kind, [_figure(kind, *entry) for entry in entries]) for kind in KINDS
    ]


def _figure(kind: Kind, model: str, label: Any, curves: list[ClassCurves]) -> Figure:
    nothing = next(ours for ours in curves if ours.strategy == NOTHING)
    return Figure(model, label, kind.panels(curves, nothing))


def _curves(result: Result) -> Iterator[tuple[str, Any, list[ClassCurves]]]:
    """Yield model, class, and the curves of all strategies, including doing nothing."""
    codes = {label: code for code, label in enumerate(result.class_sizes)}
    for model in result.models:
        mine = [p for p in result.predictions if p.model == model]
        for column, label in enumerate(mine[0].labels if mine else ()):
            of_all = [class_curves(p, column, codes[label]) for p in mine]
            curves = [ours for ours in of_all if ours is not None]
            if any(ours.strategy == NOTHING for ours in curves):
                yield model, label, curves
