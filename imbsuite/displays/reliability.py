"""Reliability diagrams: observed shares against predicted probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from imbsuite._table import labels_of, single_target, sorted_classes
from imbsuite._warning import warn
from imbsuite.displays.panels import as_columns, panels_of, positive_column
from imbsuite.displays.style import (
    QUIET,
    display_label,
    legend,
    line_style,
    make_panels,
    mark_style,
)
from imbsuite.experiment.reliability import Reliability, floor_of
from imbsuite.probability.columns import probability_of

_RENAMED = "The 'said' parameter of ReliabilityDisplay is now called annotations."


class ReliabilityDisplay:
    """Reliability diagram of one or more kinds of probabilities.

    Create it with :meth:`from_estimator` or :meth:`from_predictions`. Points are bins
    with equal numbers of rows, on logarithmic axes because rare classes have small
    probabilities. Bars are 95 % Clopper-Pearson intervals. Calibrated probabilities lie
    on the diagonal.

    Parameters
    ----------
    bins : dict
        ``{label: {name: ndarray of shape (n_bins, 4)}}``, a label for each panel. The
        columns are mean probability, observed share, and the bounds of its interval.
    annotations : dict
        ``{label: {name: str}}``: calibration intercept and slope, for the legend.
    said : dict
        Deprecated name of ``annotations``.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
    ax_ : matplotlib Axes
        The first.
    figure_ : matplotlib Figure
    lines_ : dict
        ``{label: {name: matplotlib Line2D}}``.

    Raises
    ------
    ImportError
        From ``plot``, if matplotlib is missing (``pip install 'imbsuite[plot]'``).

    Notes
    -----
    Bins without a row of the class, and probabilities below the smallest observed share,
    are drawn at the edge.

    **When it hurts.** Bins average over their rows: a model can look calibrated overall
    and be miscalibrated in every subgroup.

    Examples
    --------
    >>> from imbsuite.explore import ReliabilityDisplay
    >>> bins = {"yes": {"before": [[0.1, 0.02, 0.01, 0.04]]}}
    >>> display = ReliabilityDisplay(bins, {"yes": {"before": "slope 1.00"}})
    """

    def __init__(
        self,
        bins: dict[Any, dict[str, Any]],
        annotations: dict[Any, dict[str, str]] | None = None,
        *,
        said: dict[Any, dict[str, str]] | None = None,
    ) -> None:
        if said is not None:
            warn(_RENAMED, FutureWarning)
            annotations = said
        self.bins = bins
        self.annotations = annotations or {}

    @property
    def said(self) -> dict[Any, dict[str, str]]:
        """Deprecated name of ``annotations``; using it raises a warning."""
        warn(_RENAMED, FutureWarning)
        return self.annotations

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        n_bins: int = 10,
        pos_label: Any = None,
        ax: Any = None,
    ) -> Self:
        """Draw a fitted classifier, before and after its correction (if any).

        Parameters
        ----------
        estimator : fitted classifier with ``predict_proba``
        X : {array-like, sparse matrix, dataframe} of shape (n_rows, n_columns)
            Rows that the estimator was not fitted on.
        y : array-like of shape (n_rows,)
        n_bins : int, default=10
        pos_label : label, default=None
            The class to draw. None: the rarer of two classes among these rows; with
            more classes, all of them. It is required if the shares of two classes
            differ by at most 0.05.
        ax : matplotlib Axes, or array of them, default=None
            None: a new figure.

        Returns
        -------
        display
        """
        proba: Any = probability_of(estimator, X)
        if hasattr(estimator, "offset_"):
            before = probability_of(estimator.estimator_, X, estimator.classes_)
            proba = {"before correction": before, "after": proba}
        return cls.from_predictions(
            y,
            proba,
            classes=estimator.classes_,
            n_bins=n_bins,
            pos_label=pos_label,
            ax=ax,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_prob: Any,
        *,
        classes: Any = None,
        n_bins: int = 10,
        pos_label: Any = None,
        ax: Any = None,
    ) -> Self:
        """Draw one or more kinds of probabilities.

        Parameters
        ----------
        y_true : array-like of shape (n_rows,)
        y_prob : array-like of shape (n_rows,) or (n_rows, n_classes), or mapping of them
            Several kinds of probabilities are ``{name: probabilities}``, or the columns
            of a dataframe. With two classes, a single column is the probability of the
            positive class.
        classes : array-like of shape (n_classes,), default=None
            The labels of the columns. None: the sorted labels of ``y_true``.
        n_bins : int, default=10
        pos_label : label, default=None
            The class to draw. None: the rarer of two classes; with more classes, all of
            them.
        ax : matplotlib Axes, or array of them, default=None
            None: a new figure.

        Returns
        -------
        display

        Raises
        ------
        ValueError
            If labels and probabilities do not match, or ``pos_label`` is None and neither
            of two classes is clearly rarer.
        """
        y = single_target(y_true)
        known = sorted_classes(y) if classes is None else np.asarray(classes)
        positive = positive_column(y, known, pos_label, cls.__name__)
        named = pos_label is not None
        columns = {
            name: as_columns(probability, len(y), known, positive, is_named=named)
            for name, probability in _by_name(y_prob).items()
        }
        bins: dict[Any, dict[str, Any]] = {}
        annotations: dict[Any, dict[str, str]] = {}
        for label in panels_of(known, positive):
            k = labels_of(known).index(label)
            is_positive = y == label
            measured = {
                name: Reliability.of(is_positive, proba[:, k], n_bins)
                for name, proba in columns.items()
            }
            bins[label] = {name: ours.bins for name, ours in measured.items()}
            annotations[label] = {name: str(ours) for name, ours in measured.items()}
        return cls(bins, annotations).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the panels.

        Parameters
        ----------
        ax : matplotlib Axes, or array of them, default=None
            None: a new figure.

        Returns
        -------
        self
        """
        axes = make_panels(len(self.bins), ax)
        self.lines_: dict[Any, dict[str, Any]] = {}
        for panel, (label, by_name) in zip(axes, self.bins.items(), strict=True):
            floor = floor_of(by_name.values())
            panel.plot([floor, 1], [floor, 1], color=QUIET, linewidth=0.8, zorder=0)
            self.lines_[label] = {}
            for i, (name, bins) in enumerate(by_name.items()):
                p, share, low, high = np.maximum(np.asarray(bins, float), floor).T
                text = self._legend_text(label, name)
                bars = [np.maximum(share - low, 0), np.maximum(high - share, 0)]
                drawn = panel.errorbar(p, share, bars, label=text, **_points(i))
                self.lines_[label][name] = drawn.lines[0]
            panel.set(
                xscale="log",
                yscale="log",
                xlabel=f"probability of {display_label(label)}",
            )
            panel.set(xlim=(floor, 1), ylim=(floor, 1))
            # Within a single decade, matplotlib labels minor ticks, which overlap.
            for axis in (panel.xaxis, panel.yaxis):
                axis.set_minor_formatter("")
            legend(panel, loc="upper left")
        axes[0].set_ylabel("observed share")
        self.axes_, self.ax_, self.figure_ = axes, axes[0], axes[0].figure
        return self

    def _legend_text(self, label: Any, name: str) -> str:
        text = self.annotations.get(label, {}).get(name)
        return f"{name} ({text})" if text else name


def _by_name(y_prob: Any) -> Mapping[str, Any]:
    """Return ``{name: probabilities}``."""
    if isinstance(y_prob, Mapping):
        return y_prob
    if hasattr(y_prob, "columns"):
        return {name: y_prob[name] for name in y_prob.columns}
    return {"probabilities": y_prob}


def _points(i: int) -> dict[str, Any]:
    return mark_style(i) | line_style(i) | {"markersize": 4, "linewidth": 1}
