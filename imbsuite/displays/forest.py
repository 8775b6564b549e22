"""Forest plot of a comparison: differences from the baseline with their intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING, Any, Self

from imbsuite.displays.style import (
    COLORS,
    QUIET,
    SMALL,
    display_label,
    escape_tex,
    make_panels,
)
from imbsuite.experiment.numbers import NOT_MEASURED, texts
from imbsuite.experiment.sentences import metric_called, primary

if TYPE_CHECKING:
    import pandas as pd

    from imbsuite.experiment.result import Result

# Verdicts differ in color, marker and fill, so that no reader depends on a single one.
_LOOKS = {
    "better": {"color": COLORS[0], "marker": "o"},
    "worse": {"color": COLORS[1], "marker": "X"},
    "unclear": {"color": QUIET, "marker": "o", "markerfacecolor": "none"},
    "": {"color": QUIET, "marker": "|"},
}
_ARROWS = {1: "better →", -1: "← better", 0: ""}
_MOST_INTERVALS = 5  # between ticks
_WIDTH = 60  # characters below a panel


@dataclass(eq=False, repr=False)
class ComparisonDisplay:
    """Differences of all strategies from doing nothing, with one panel per model.

    Create it with :meth:`from_comparison` or ``Comparison.plot``. Bars are the
    intervals of the summary. If an interval excludes 0, the mark is a filled blue
    circle if the strategy is better and a cross if it is worse. The mean of each
    strategy is written to the right of the panel.

    Parameters
    ----------
    summary : DataFrame
        Rows of one metric; see ``Comparison.summary``.
    label : str
        The name of the metric.
    sign : {1, -1, 0}
        1: greater is better, -1: less is better, 0: neither.
    level : float, default=0.95
        Confidence level of the intervals.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        A panel for each model.
    ax_ : matplotlib Axes
        The first.
    figure_ : matplotlib Figure
    bars_ : dict
        ``{(model, strategy): matplotlib ErrorbarContainer}``, for each strategy with a
        difference.

    Raises
    ------
    ImportError
        From ``plot``, if matplotlib is missing (``pip install 'imbsuite[plot]'``).

    Notes
    -----
    **When it hurts.** Readers look at the best strategy. The intervals allow for this
    selection within a model and a metric, but not for a choice among several metrics.

    Examples
    --------
    >>> from imbsuite import compare
    >>> from imbsuite.explore import ComparisonDisplay
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> X, y = make_classification(300, weights=[0.9], random_state=0)
    >>> comparison = compare(
    ...     X, y, estimator=LogisticRegression(), strategies=["random-over"], cv=3)
    >>> rows = comparison.summary().query("metric == 'brier'")
    >>> display = ComparisonDisplay(rows, "Brier score", -1)
    """

    summary: pd.DataFrame
    label: str
    sign: int
    level: float = 0.95

    @classmethod
    def from_comparison(
        cls,
        comparison: Result,
        *,
        metric: str | None = None,
        level: float = 0.95,
        ax: Any = None,
    ) -> Self:
        """Draw one metric of a comparison.

        Parameters
        ----------
        comparison : Comparison
        metric : str, default=None
            A name in ``comparison.metrics``. None: average precision if it was
            measured, otherwise the first metric.
        level : float, default=0.95
            The probability that all intervals of a model cover the true differences.
        ax : matplotlib Axes, or array of them, default=None
            One for each model. None: a new figure.

        Returns
        -------
        display

        Raises
        ------
        ValueError
            If the metric was not measured.
        """
        metrics, owner = comparison.metrics, " of ComparisonDisplay"
        name = primary(metrics).name if metric is None else metric
        chosen = metric_called(name, metrics, "were measured", owner)
        summary = comparison.summary(level=level)
        rows = summary[summary["metric"] == chosen.name]
        return cls(rows, chosen.label, chosen.sign, level).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the panels.

        Parameters
        ----------
        ax : matplotlib Axes, or array of them, default=None
            One for each model. None: a new figure.

        Returns
        -------
        self
        """
        by_model = dict(iter(self.summary.groupby("model", sort=False)))
        height = 1.3 + 0.32 * max(map(len, by_model.values()))
        axes = make_panels(len(by_model), ax, size=(5.2, height), grid="x")
        self.bars_: dict[tuple[str, str], Any] = {}
        for panel, (model, of_model) in zip(axes, by_model.items(), strict=True):
            frame = of_model.copy()
            frame["texts"] = texts(frame)
            rows: list[Any] = frame.to_dict(orient="records")
            for y, row in enumerate(rows):
                self._draw(panel, y, row, rows[0])
            panel.axvline(0.0, color=QUIET, linewidth=1, zorder=1)
            panel.set_yticks(range(len(rows)), [*map(display_label, frame["strategy"])])
            panel.set_ylim(len(rows) - 0.5, -0.5)
            panel.set_title(display_label(model), loc="left", fontsize="medium")
            has_gaps = bool(frame["mean"].isna().any())
            panel.set_xlabel(self._axis_label(has_gaps=has_gaps))
            # Small differences have long labels, and more ticks would overlap.
            panel.locator_params(axis="x", nbins=_MOST_INTERVALS)
        self.axes_, self.ax_, self.figure_ = axes, axes[0], axes[0].figure
        return self

    def _draw(self, panel: Any, y: int, row: Any, nothing: Any) -> None:
        """Draw a difference and its interval, and write the mean beside the panel."""
        if math.isfinite(row["difference"]):
            d, low, high = row["difference"], row["low"], row["high"]
            bars = [[d - low], [high - d]] if math.isfinite(low) else None
            look = _LOOKS[row["verdict"]] | {"markersize": 5.5, "linewidth": 1.4}
            drawn = panel.errorbar([d], [y], xerr=bars, **look)
            self.bars_[row["model"], row["strategy"]] = drawn
        elif row["mean"] == nothing["mean"]:
            # The baseline, and strategies that leave this metric unchanged.
            panel.plot([0.0], [y], "d", color=QUIET, markersize=5)
        beside = {"transform": panel.get_yaxis_transform(), "va": "center"}
        panel.text(1.02, y, row["texts"].mean, fontsize=SMALL, **beside)
        if y == 0:
            panel.text(1.02, -0.75, "mean", fontsize=SMALL, color=QUIET, **beside)

    def _axis_label(self, *, has_gaps: bool) -> str:
        towards = f"    {_ARROWS[self.sign]}" if self.sign else ""
        kind = f"{100 * self.level:g} % intervals"
        label = f"{escape_tex(self.label)}: difference from nothing{towards}\n{kind}"
        return f"{label}\n{fill(NOT_MEASURED, _WIDTH)}" if has_gaps else label
