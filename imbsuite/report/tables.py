"""The tables of the page: results compared with doing nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from imbsuite.experiment.numbers import texts
from imbsuite.experiment.sentences import primary
from imbsuite.report.axes import Axis, difference_axis

if TYPE_CHECKING:
    import pandas as pd

    from imbsuite.experiment.result import Result
    from imbsuite.scoring.metrics import Metric

# Width and height of the drawing in a cell, which has a margin at both ends.
FOREST = (200, 24)
_MARGIN = 12
_MOST_MEASURES = 4
# Intervals are drawn up to this multiple of the median distance of their farther ends.
_REACH = 3.0

# Several metrics side by side, and for each strategy a cell for each of them.
Measures: TypeAlias = "tuple[Sequence[Metric], list[tuple[Any, ...]]]"


@dataclass(frozen=True)
class Results:
    """The results of one model: the ranking metric, then all others.

    ``cells``: the rows of the summary with ``texts`` of their numbers; the difference
    and the bounds may be NaN.
    """

    model: str
    sentence: str
    metric: Metric
    cells: list[Any]
    measures: list[Measures]

    @cached_property
    def axis(self) -> Axis:
        """The axis that the differences of this model share."""
        measured = [cell for cell in self.cells if not math.isnan(cell.low)]
        if not measured:
            return difference_axis("difference from nothing", 0.0, 0.0)
        bounds = np.array([(cell.low, cell.high) for cell in measured])
        # A single wide interval must not shrink the others to points.
        ends = np.abs(bounds).max(axis=1)
        ends = ends[ends > 0]  # intervals of width 0 belong to unchanged results
        reach = _REACH * float(np.median(ends)) if ends.size else 0.0
        low, high = bounds.clip(-reach, reach).min(), bounds.clip(-reach, reach).max()
        return difference_axis("difference from nothing", float(low), float(high))

    def drawn(self, cell: Any) -> str:
        """Return the interval as path data; an end outside the axis has no cap."""
        low, high = self.across(cell.low), self.across(cell.high)
        ends = [
            f"M{self.across(end)} 8v8"
            for end in (cell.low, cell.high)
            if self.axis.low <= end <= self.axis.high
        ]
        return f"M{low} 12H{high}{''.join(ends)}"

    def across(self, value: float) -> float:
        """Return the coordinate of a difference in the drawing."""
        width = FOREST[0] - 2 * _MARGIN
        return round(_MARGIN + width * self.axis.place(value).item(), 1)


def results(result: Result) -> list[Results]:
    """Return the results of each model."""
    first = primary(result.metrics)
    others = [metric for metric in result.metrics if metric is not first]
    grouped = result.summary().groupby("model", sort=False)
    return [
        Results(
            str(model), text, first, _cells(rows, first), list(_measures(rows, others))
        )
        for (model, rows), text in zip(grouped, result.sentences, strict=True)
    ]


def by_label(result: Result) -> dict[str, dict[Any, list[Any]]]:
    """Return the metrics of each label: by model and label, a row for each strategy.

    The rarest label comes first. The result is empty unless the target is multilabel.
    """
    if result.label_scores is None:
        return {}
    frame = result.by_label.sort_values("rows", kind="stable")
    return {
        str(model): {
            label: list(rows.itertuples(index=False))
            for label, rows in of_model.groupby("label", sort=False)
        }
        for model, of_model in frame.groupby("model", sort=False)
    }


def _measures(rows: pd.DataFrame, metrics: Sequence[Metric]) -> Iterator[Measures]:
    # Only a few fit side by side on paper.
    for start in range(0, len(metrics), _MOST_MEASURES):
        some = metrics[start : start + _MOST_MEASURES]
        yield some, list(zip(*[_cells(rows, metric) for metric in some], strict=True))


def _cells(rows: pd.DataFrame, metric: Metric) -> list[Any]:
    """Return the rows of the summary, each with its numbers as ``texts``."""
    measured = rows[rows["metric"] == metric.name].copy()
    measured["texts"] = texts(measured)
    return list(measured.itertuples(index=False))
