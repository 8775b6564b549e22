"""The panels of the four kinds of charts: ranking, calibration, thresholds, costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbsuite.experiment.numbers import rounded
from imbsuite.experiment.reliability import Reliability, floor_of
from imbsuite.report.axes import cost_axis, log_axis, odds_axis, plain_axis
from imbsuite.report.chart import Chart, Series
from imbsuite.report.curves import GRID, MEASURES, PROBABILITY_COST, ClassCurves

_QUARTERS = (0.0, 0.25, 0.5, 0.75, 1)
# Below this recall, precision depends on a few rows and does not determine the axis.
_FIRST_FOUND = 0.1
# The points of the curves that the descriptions quote.
_READ_RECALL = 0.5
_READ_THRESHOLD = 0.5


def ranking_panels(curves: Sequence[ClassCurves], nothing: ClassCurves) -> list[Chart]:
    """Return precision-recall curves, with the curve of doing nothing behind each."""
    top = _top([ours.precision[ours.recall >= _FIRST_FOUND].max() for ours in curves])
    return [_ranking(ours, nothing, top) for ours in curves]


def _top(reached: Sequence[float]) -> float:
    """Return a round number as the end of an axis: rare classes have low precision."""
    return next(top for top in (0.1, 0.2, 0.4, 1.0) if top >= max(reached) or top == 1)


def _ranking(ours: ClassCurves, nothing: ClassCurves, top: float) -> Chart:
    alone = ours is nothing
    beside = "" if alone else f", nothing {nothing.area:.3f}"
    at_half = _precision_at(ours, _READ_RECALL)
    words = (
        f"At a recall of one half, {at_half:.0%} of the positive predictions are right. "
        f"The area under the curve is {ours.area:.3f}"
    )
    words += "." if alone else f", that of doing nothing {nothing.area:.3f}."
    return Chart(
        ours.strategy,
        f"area {ours.area:.3f}{beside}",
        "Precision against recall",
        words,
        plain_axis("recall", _QUARTERS),
        plain_axis("precision", [top * part for part in _QUARTERS]),
        (Series("ours", ours.recall, ours.precision, stepped=True),),
        ()
        if alone
        else (Series("nothing", nothing.recall, nothing.precision, stepped=True),),
    )


def _precision_at(curves: ClassCurves, recall: float) -> float:
    return float(curves.precision[curves.recall >= recall].max())


def belief_panels(curves: Sequence[ClassCurves], _: ClassCurves) -> list[Chart]:
    """Return reliability diagrams of predicted and of corrected probabilities."""
    drawn = [part for ours in curves for part in (ours.raw, ours.corrected) if part]
    low = floor_of([part.bins for part in drawn])
    return [_belief_panel(ours, low) for ours in curves]


def _belief_panel(ours: ClassCurves, low: float) -> Chart:
    raw, corrected = ours.raw, ours.corrected
    words = f"The mean predicted probability is {raw.mean:.3g}; the observed share is "
    words += f"{ours.share:.3g}. {str(raw).capitalize()}."
    note = f"intercept {rounded(raw.intercept, 1)}"
    lines = [_bins("raw", raw)]
    if corrected is not None:
        words += f" After correction the mean is {corrected.mean:.3g}; {corrected}."
        note += f", corrected {rounded(corrected.intercept, 1)}"
        lines.append(_bins("corrected", corrected))
    axes = log_axis("predicted probability", low), log_axis("observed share", low)
    diagonal = Series("guide", [low, 1.0], [low, 1.0])
    title = "Observed share against probability"
    return Chart(ours.strategy, note, title, words, *axes, tuple(lines), (diagonal,))


def _bins(style: str, measured: Reliability) -> Series:
    p, share, low, high = measured.bins.T
    return Series(style, p, share, marked=True, low=low, high=high)


def threshold_panels(curves: Sequence[ClassCurves], _: ClassCurves) -> list[Chart]:
    """Return precision, recall and F1 against the threshold."""
    low, high = _range(curves)
    return [_threshold(ours, low, high) for ours in curves]


def _range(curves: Sequence[ClassCurves]) -> tuple[float, float]:
    """Return round bounds between which recall changes."""
    recalls = np.array([ours.scores["recall"] for ours in curves])
    starts = GRID[np.any(recalls < 0.98, axis=0).argmax()]
    ends = GRID[::-1][np.any(recalls > 0.02, axis=0)[::-1].argmax()]
    lows = [bound for bound in (1e-4, 1e-3, 1e-2) if bound <= starts]
    highs = [bound for bound in (0.9, 0.99, 0.999) if bound >= ends]
    return max(lows, default=1e-4), min(highs, default=0.999)


def _threshold(ours: ClassCurves, low: float, high: float) -> Chart:
    best = int(ours.scores["f1"].argmax())
    read = int(np.abs(GRID - _READ_THRESHOLD).argmin())
    precision, recall, f1 = (ours.scores[name] for name in MEASURES)
    words = (
        f"The best F1 is {f1[best]:.2f}, at a threshold of {GRID[best]:.2g}, where "
        f"precision is {precision[best]:.2f} and recall {recall[best]:.2f}. At 0.5 "
    )
    words += (
        "no row is predicted positive."
        if np.isnan(precision[read])
        else f"precision is {precision[read]:.2f} and recall {recall[read]:.2f}."
    )
    return Chart(
        ours.strategy,
        f"best F1 {f1[best]:.2f} at {GRID[best]:.2g}",
        "Precision, recall and F1 against the threshold",
        words,
        odds_axis("threshold", low, high),
        plain_axis("score", _QUARTERS),
        tuple(_scored(name, ours.scores[name]) for name in MEASURES),
        (Series("guide", [_READ_THRESHOLD] * 2, [0.0, 1.0]),),
    )


def _scored(name: str, scores: NDArray[np.floating[Any]]) -> Series:
    defined = np.isfinite(scores)
    return Series(name, GRID[defined], scores[defined])


def cost_panels(curves: Sequence[ClassCurves], nothing: ClassCurves) -> list[Chart]:
    """Return the least expected cost against the ratio of costs."""
    return [_cost(ours, nothing) for ours in curves]


def _cost(ours: ClassCurves, nothing: ClassCurves) -> Chart:
    trivial = np.minimum(PROBABILITY_COST, 1 - PROBABILITY_COST)
    alone = ours is nothing
    mean, plain = ours.cost.mean(), nothing.cost.mean()
    words = (
        f"Averaged over all ratios, the expected cost is {mean:.3f}; without a model it is "
        f"{trivial.mean():.3f}"
    )
    words += "." if alone else f", for doing nothing {plain:.3f}."
    guides = [Series("trivial", PROBABILITY_COST, trivial)]
    if not alone:
        guides.append(Series("nothing", PROBABILITY_COST, nothing.cost))
    return Chart(
        ours.strategy,
        f"mean {mean:.3f}" + ("" if alone else f", nothing {plain:.3f}"),
        "Expected cost against the ratio of costs",
        words,
        cost_axis("a miss : a false alarm", ours.share),
        plain_axis("expected cost", (0, 0.1, 0.2, 0.3, 0.4, 0.5)),
        (Series("ours", PROBABILITY_COST, ours.cost),),
        tuple(guides),
    )
